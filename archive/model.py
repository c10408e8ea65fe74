"""The words of the archive: what travels between the packages. The project's glossary.

Frozen values; datetimes are aware UTC; digests read ``sha256:<hex>``; ``url_key`` is a SURT
(see :mod:`archive.urls`). Rows never leave ``archive``: these do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

DiscoveredVia: TypeAlias = Literal["feed", "sitemap", "listing", "import"]
Precision: TypeAlias = Literal["second", "minute", "day", "unknown"]
DateOrigin: TypeAlias = Literal["json-ld", "meta", "microdata", "time", "feed", "sitemap", "url", "text", "payload"]
AliasKind: TypeAlias = Literal["requested", "redirect", "canonical", "guid", "variant"]
ArticleState: TypeAlias = Literal["live", "gone", "blocked"]
Outcome: TypeAlias = Literal[
    "new",
    "revision",
    "unchanged",
    "duplicate",
    "rejected",
    "failed",
    "deferred",
    "gone",
    "endpoint_ok",
    "endpoint_failed",
]
DuplicateReason: TypeAlias = Literal["same_url", "same_text", "near_text"]
FEED_TEXT = "(feed)"  # ends the ``extractor`` of an article whose text is its feed's, not its page's
Relation: TypeAlias = Literal["identical", "light_edit", "excerpt", "contains", "related"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """An article URL as a source announced it, and where."""

    source_id: str
    url: str
    discovered_via: DiscoveredVia
    endpoint_url: str
    discovered_at: datetime
    guid: str | None = None
    title: str | None = None
    published_at: datetime | None = None
    content_html: str | None = None
    """The feed's own full text (``content:encoded``, Atom ``content``), where it gives one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """Where a record starts in the archive: bytes of a file under ``warc/``."""

    filename: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One exchange as it was kept in WARC (the CDX fields), with the decoded body for those who read it."""

    source_id: str
    run_id: int
    target_uri: str
    redirected_from: tuple[str, ...] = ()
    """Earlier URIs of the redirect chain, first asked first."""
    status: int
    mime_type: str
    charset: str | None = None
    """As the Content-Type header says; None when it says nothing."""
    etag: str | None = None
    last_modified: str | None = None
    captured_at: datetime
    warc_record_id: str
    """``<urn:uuid:…>``, as in WARC-Record-ID."""
    payload_digest: str
    """sha256 of the body with transfer encoding undone and content encoding kept."""
    locator: Locator
    revisit_of: str | None = None
    """WARC-Record-ID of the original response when this is a revisit; never that of another revisit."""
    truncated: str | None = None
    """WARC-Truncated reason: length | time | disconnect | unspecified."""
    wishes: tuple[str, ...] = ()
    """What the headers ask of robots and miners: see :mod:`archive.wishes`."""
    body: bytes = field(default=b"", repr=False)
    """Content-decoded body; empty once stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """An endpoint was asked: what it answered, and how many URLs it announced."""

    source_id: str
    endpoint_url: str
    kind: DiscoveredVia
    polled_at: datetime
    status: int | None
    """HTTP status; None when no answer came."""
    announced: int = 0
    is_unchanged: bool = False
    """304, or a body with the digest of last time: nothing was parsed."""
    etag: str | None = None
    last_modified: str | None = None
    payload_digest: str | None = None
    reason: str | None = None
    """Why it failed, in the words of docs/operate; None when it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An announced article was fetched and captured: what the pipelines take in."""

    discovered: Discovered
    capture: Capture


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An announced article could not be fetched, or was not worth extracting; ``reason`` as in docs/operate."""

    discovered: Discovered
    reason: str
    detail: str = ""
    status: int | None = None
    missed_at: datetime
    capture: Capture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCandidate:
    """A publication or modification date some part of the page names."""

    value: datetime
    """Aware UTC; a day is its midnight UTC together with precision ``day``: never show it as an instant."""
    precision: Precision
    offset_minutes: int | None
    """UTC offset as printed; None where the page prints none."""
    origin: DateOrigin
    role: Literal["published", "modified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of the page's text, for learning a site's template."""

    text: str
    tag: str
    path: str
    """Place in the tree: tags and classes of the block and of what it stands in, without positions; may be empty."""


TemplateState: TypeAlias = Literal["learned", "pinned", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateBlock:
    """A block as a source's articles have shown it; ``text_digest`` folds case, white space and Unicode form."""

    text_digest: str
    text: str
    tag: str
    path: str
    article_count: float = 0.0
    """Articles that had it, faded, as of ``counted_at_article``."""
    counted_at_article: int = 0
    """Number of the source's article in which it was seen last, counted from 1."""
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    state: TemplateState = "learned"
    """``pinned`` by a person: always the site's; ``released``: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text with everything that follows from its words alone."""

    text: str
    word_count: int
    text_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What tells an article from a listing, a wall or an error: measured on the whole page, before anything is cut."""

    visible_chars: int = 0
    """Characters a reader sees, links included."""
    linked_chars: int = 0
    """Those of them that are links."""
    headings: tuple[str, ...] = ()
    """Parts of ``<title>``, then the first h1s and h2s."""
    opening: str = ""
    """The first visible text outside menus, on one line; empty on a page with much text."""
    is_article: bool = False
    """The page's data calls it an article."""
    is_collection: bool = False
    """The page's data or its body's class calls it a collection, an archive, search results."""
    has_password: bool = False
    players: int = 0
    """Videos: ``<video>`` elements and frames of video hosts."""
    has_shell: bool = False
    """An empty element that a script would fill, or a call to turn JavaScript on."""
    has_challenge: bool = False
    """A captcha's element."""
    teasers: tuple[str, ...] = ()
    """Linked headlines, and what is said under each, where several stand side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a page says of its article beside title, people, dates and text; None where it says nothing."""

    section: str | None = None
    """The part of the site that it stands in, in the site's words."""
    lead_image_url: str | None = None
    lead_image_width: int | None = None
    """Pixels, as ``lead_image_height``."""
    lead_image_height: int | None = None
    lead_image_caption: str | None = None
    lead_image_credit: str | None = None
    credit_line: str | None = None
    """Where it says its text comes from, as printed: "Source: ESA press release", an agency's name."""
    credit_url: str | None = None
    """The address that goes with that, or that the page's data names as the original."""
    is_live_blog: bool = False
    is_press_release: bool = False
    """It says so itself; whoever publishes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted(Particulars):
    """What one page says, before any decision."""

    title: str
    text: str
    """Paragraphs joined by blank lines."""
    blocks: tuple[Block, ...] = ()
    authors: tuple[str, ...] = ()
    dates: tuple[DateCandidate, ...] = ()
    lang: str | None = None
    description: str | None = None
    canonical_link: str | None = None
    variant_links: tuple[str, ...] = ()
    """AMP, print and mobile addresses the page itself names."""
    tags: tuple[str, ...] = ()
    is_paywalled: bool | None = None
    wishes: tuple[str, ...] = ()
    """What the page itself asks of robots and miners: see :mod:`archive.wishes`."""
    extractor: str = ""
    """Name and version of what produced the text and the reason it was chosen."""
    facts: PageFacts = PageFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article(Particulars):
    """A clean article, ready to be decided on."""

    source_id: str
    canonical_url: str
    url_key: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_at_precision: Precision = "unknown"
    published_at_origin: DateOrigin | None = None
    published_at_offset_minutes: int | None = None
    modified_at: datetime | None = None
    lang: str | None = None
    description: str | None = None
    canonical_link: str | None = None
    tags: tuple[str, ...] = ()
    is_paywalled: bool | None = None
    wishes: tuple[str, ...] = ()
    """What page and headers ask of robots and miners."""
    word_count: int = 0
    text_digest: str = ""
    extractor: str = ""
    blocks: tuple[Block, ...] = ()
    """The paragraphs of ``text`` with their places on the page; empty where they are not known."""
    alias_urls: tuple[tuple[AliasKind, str], ...] = ()
    """Every address (or ``guid``) under which this article was met, with how."""
    capture: Capture


@dataclass(frozen=True, slots=True, kw_only=True)
class Groundwork:
    """What storing an article takes from its words, worked out where it was extracted: one thread writes for all."""

    text_digest: str
    """Of the text it was made of; where less of the page is stored, it is made anew."""
    sketch: tuple[int, ...]
    words: bytes
    """:func:`archive.indexing.packed_words`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored article that may be the one in hand: what ``decide`` compares with."""

    id: int
    source_id: str
    url_key: str
    title: str
    text_digest: str
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_at_precision: Precision = "unknown"
    alias_keys: frozenset[str] = frozenset()
    claimed_keys: frozenset[str] = frozenset()
    """Those of ``alias_keys`` that only a page names (canonical and variant links, stops of a redirect)."""
    captured_at: datetime | None = None
    """When the page was fetched that the stored text was read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much of one text is in another: shares of their shingles, 0 to 1 (Broder 1997)."""

    contained: float
    """Share of the text that is in the other."""
    containing: float
    """Share of the other that is in the text."""
    resemblance: float
    """Share of all that both have: the Jaccard coefficient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """Not held under any address, nor its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Held under this address with other words; ``changed`` names the fields (``title``, ``text``, …)."""

    of: int
    changed: tuple[str, ...]
    copy_of: int | None = None
    """The stored article elsewhere whose text the new one is; None when nobody else has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """Held under this or another address of the same source, word for word."""

    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A copy of an article held elsewhere: kept, and linked."""

    of: int
    reason: DuplicateReason
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Not an article, or not to be kept; ``reason`` is one of the names in docs/operate."""

    reason: str
    detail: str = ""


Decision: TypeAlias = New | Revision | Unchanged | Duplicate | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one item of a run: what the ledger counts."""

    source_id: str
    url: str
    outcome: Outcome
    reason: str | None = None
    article_id: int | None = None
