"""The sample as a whole: serve every publisher, write their source files, say what an archive of them must hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crawler.demo.catalogue import make_publisher, outlets
from crawler.demo.publishers.publisher import Carried, Outlet, Publisher
from crawler.demo.server import PORT, LogEntry, SiteServer, bind_all

FIRST_EDITION = 1
LAST_EDITION = 2  # later editions only add: a run over edition 2 after 1 meets what is new


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueArticle:
    """What an archive must hold of one article: exact, but for white space in the text."""

    source_id: str
    url: str
    """Canonical as the publisher sees it; other addresses of the page are aliases of this one."""
    title: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...]
    day: date
    """Day of publication in the publisher's zone."""
    lang: str
    original_url: str | None
    """For a republished story, the page of the outlet that wrote it: same text, to be linked as a duplicate."""
    links_original: bool
    """The page's ``rel=canonical`` names ``original_url``."""
    is_paywalled: bool
    edition: int

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The publishers while they are served."""

    publishers: Mapping[str, Publisher]
    servers: Mapping[str, SiteServer]

    @property
    def log(self) -> list[LogEntry]:
        """Requests to all publishers, in order of arrival."""
        entries = [entry for server in self.servers.values() for entry in server.log]
        return sorted(entries, key=lambda entry: entry.started_s)

    @property
    def truth(self) -> list[TrueArticle]:
        """Every article that is out, publisher by publisher."""
        return [article for publisher in self.publishers.values() for article in truth(publisher)]

    def write_sources(self, directory: Path) -> list[Path]:
        """A source file for each publisher, for the port they are served on."""
        return write_sources(directory, port=next(iter(self.servers.values())).port)


@contextmanager
def serve_publishers(*, edition: int = FIRST_EDITION, port: int = PORT) -> Iterator[Sample]:
    """Serve every publisher on its own loopback address until the block ends; port 0 takes a free one.

    Raises ``ConfigError`` when an address or the port can't be had.
    """
    servers = dict(zip((one.id for one in outlets()), bind_all([one.address for one in outlets()], port), strict=True))
    bases = {publisher_id: server.base_url for publisher_id, server in servers.items()}
    publishers = {one.id: make_publisher(one, edition=edition, bases=bases) for one in outlets()}
    with ExitStack() as stack:
        for publisher_id, server in servers.items():
            server.site = publishers[publisher_id]
            stack.enter_context(server)
        yield Sample(publishers=publishers, servers=servers)


def truth(publisher: Publisher) -> list[TrueArticle]:
    """What a publisher has out, newest first."""
    return [true_article(publisher, carried) for carried in publisher.carried]


def true_article(publisher: Publisher, carried: Carried) -> TrueArticle:
    story = carried.story
    return TrueArticle(
        source_id=publisher.outlet.id,
        url=publisher.url(carried.path),
        title=story.title,
        paragraphs=story.paragraphs,
        authors=story.authors,
        day=story.day,
        lang=publisher.outlet.language,
        original_url=carried.original_url if carried.is_copy else None,
        links_original=carried.links_original,
        is_paywalled=story.is_paywalled,
        edition=story.edition,
    )


def write_sources(directory: Path, *, port: int = PORT) -> list[Path]:
    """A source file for each publisher of the sample; the folder is made where it is missing."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for outlet in outlets():
        path = directory / f"{outlet.id}.toml"
        path.write_text(source_toml(outlet, f"http://{outlet.address}:{port}"), encoding="utf-8")
        paths.append(path)
    return paths


def source_toml(outlet: Outlet, base_url: str) -> str:
    """The text of a publisher's source file."""
    head = {
        "name": outlet.name,
        "publisher_kind": outlet.publisher_kind,
        "homepage": f"{base_url}/",
        "language": outlet.language,
        "country": outlet.country,
        "interval": "1h",
        "download_delay": 0.0,
        "status": "active",
        "host_group": outlet.id,
    }
    notes = {"download_delay": "seconds; the sample is served on loopback", "status": "part of perilune's sample"}
    lines = [assignment(key, value, notes.get(key, "")) for key, value in head.items()]
    for kind in ("feeds", "sitemaps", "listings"):
        for endpoint in outlet.source.get(kind, ()):
            facts = {"path": endpoint} if isinstance(endpoint, str) else endpoint
            lines += ["", f"[[{kind}]]", assignment("url", base_url + facts["path"])]
            lines += [assignment(key, value) for key, value in facts.items() if key != "path"]
    if urls := outlet.source.get("urls"):
        lines += ["", "[urls]", *(assignment(key, value) for key, value in urls.items())]
    return "\n".join([*lines, ""])


def assignment(key: str, value: object, note: str = "") -> str:
    """A line of TOML; strings, numbers and lists of them read the same in JSON."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}" + (f"  # {note}" if note else "")
