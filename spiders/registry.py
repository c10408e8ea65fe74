"""The sources we know: one TOML file each, read into frozen values.

What a file may say, with every default, is ``spiders/sourcefile.py`` and docs/sources.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeAlias

from archive.errors import Problem, SourceError
from archive.urls import canonical_url
from spiders.hostgroups import host_groups, host_key
from spiders.sourcefile import EndpointKey, ExtractKeys, SourceFile, read_source_file

EndpointKind: TypeAlias = Literal["feed", "sitemap", "listing"]
SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
MAX_FILE_BYTES = 1 << 20  # a source file is some 1 kB; more is not one


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address that announces articles."""

    kind: EndpointKind
    url: str
    confidence: Literal["high", "medium", "low"] = "high"
    """How sure we are that it exists; a ``low`` one that fails is no news."""
    link_css: str | None = None
    next_css: str | None = None
    max_pages: int = 1
    """Pages of a listing that one poll walks, the first included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRules:
    """Which of the announced URLs are this source's articles. Patterns are searched in path and query."""

    allow: tuple[re.Pattern[str], ...] = ()
    deny: tuple[re.Pattern[str], ...] = ()
    strip_params: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractRule:
    """Selectors for this site's pages captured between two days, both included; None is open."""

    valid_from: date | None = None
    valid_until: date | None = None
    prune_css: tuple[str, ...] = ()
    body_css: str | None = None
    title_css: str | None = None
    author_css: str | None = None
    date_css: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What a healthy source brings; a breach is an alarm."""

    articles_per_week_min: float | None = None
    articles_per_week_max: float | None = None
    fill_rate: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Field of an article → least share of articles that have it, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publisher, or one section of it, as its file says."""

    id: str
    name: str
    homepage: str
    publisher_kind: str = "trade"
    language: str | None = None
    country: str | None = None
    family: str | None = None
    """Sources of one publisher share it: a copy within it is no syndication."""
    interval: timedelta = timedelta(hours=3)
    min_interval: timedelta = timedelta(minutes=15)
    max_interval: timedelta = timedelta(days=1)
    """The pace follows what the source publishes, between these two."""
    max_age: timedelta | None = None
    download_delay: float = 1.0
    """Seconds between two requests to the host group: the largest that any of its sources asks for."""
    concurrency: int = 1
    """Requests in flight to the host group: the smallest that any of its sources asks for."""
    request_timeout: float = 60.0
    """Seconds for one request in total, connecting and the slowest drip included."""
    with_requisites: bool = False
    """Also what its pages need to be seen as they were: pictures, styles, fonts. Evidence only."""
    max_articles: int | None = None
    """Articles that one run asks for at most; the rest stays due."""
    max_time: timedelta | None = None
    """Of one run that this source may take; what is not asked for by then stays due."""
    status: Literal["active", "paused", "ended"] = "active"
    host_group: str
    endpoints: tuple[Endpoint, ...]
    """Feeds, then sitemaps, then listings, each in the order of the file."""
    urls: UrlRules = UrlRules()
    extract: tuple[ExtractRule, ...] = ()
    expect: Expectations = Expectations()
    verified_on: date | None = None
    """The day somebody saw the endpoints work; None = nobody did."""
    note: str = ""
    obey: tuple[str, ...] = ("noarchive", "tdm_reserved")
    """Wishes of publishers (archive.wishes) for which a page is not taken."""
    file: str = ""
    """As messages name it: ``sources/esa.toml``."""

    @property
    def feeds(self) -> tuple[Endpoint, ...]:
        return tuple(endpoint for endpoint in self.endpoints if endpoint.kind == "feed")

    @property
    def sitemaps(self) -> tuple[Endpoint, ...]:
        return tuple(endpoint for endpoint in self.endpoints if endpoint.kind == "sitemap")

    @property
    def listings(self) -> tuple[Endpoint, ...]:
        return tuple(endpoint for endpoint in self.endpoints if endpoint.kind == "listing")

    @property
    def host_keys(self) -> frozenset[str]:
        """Hosts this source is asked on, without ``www.``; see :func:`spiders.hostgroups.host_key`."""
        return frozenset(host_key(url) for url in (self.homepage, *(endpoint.url for endpoint in self.endpoints)))


class Registry(dict[str, Source]):
    """Sources by id, in the order of their ids. ``ESA`` finds ``esa``."""

    def __getitem__(self, source_id: str) -> Source:
        return super().__getitem__(source_id.lower())

    def __contains__(self, source_id: object) -> bool:
        return isinstance(source_id, str) and super().__contains__(source_id.lower())

    def get(self, source_id: str, default: Source | None = None) -> Source | None:  # type: ignore[override]  # one type
        return super().get(source_id.lower(), default)


def load_sources(directory: Path | None) -> Registry:
    """Every source of a folder of ``*.toml`` files; None means the packaged registry.

    Sources that share a host, or name the same ``host_group``, come back with one ``host_group``, one
    ``download_delay`` and one ``concurrency``. Raises ``SourceError`` with every problem of every file.
    """
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    for file, source_id, content in source_files(directory):
        source, found = read_source(content, source_id=source_id, file=file)
        problems += found
        if source and source.id in sources:
            problems.append(Problem(file=file, key="", reason=f"the same id as {sources[source.id].file}"))
        elif source:
            sources[source.id] = source
    problems += shared_endpoints(sources.values())
    if problems:
        raise SourceError(problems)
    return Registry(sorted(share_budgets(sources).items()))


def source_files(directory: Path | None) -> Iterator[tuple[str, str, bytes]]:
    """(name for messages, id, content) of each source file, by name. Raises ``SourceError`` when there are none."""
    place: Traversable = directory if directory is not None else resources.files("spiders") / "sources"
    label = str(directory) if directory is not None else "spiders/sources"
    if not place.is_dir():
        raise SourceError([Problem(file=label, key="", reason="no such directory")])
    files = sorted((entry for entry in place.iterdir() if is_source_file(entry.name)), key=lambda entry: entry.name)
    if not files:
        raise SourceError([Problem(file=label, key="", reason="no source files (*.toml) here")])
    for entry in files:
        yield f"{place.name}/{entry.name}", entry.name[: -len(".toml")].lower(), read_bounded(entry, place.name)


def is_source_file(name: str) -> bool:
    return name.lower().endswith(".toml") and not name.startswith(".")


def read_bounded(entry: Traversable, folder: str) -> bytes:
    """The file's bytes, one more than allowed at most. Raises ``SourceError`` when it can't be read."""
    try:
        with entry.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise SourceError([Problem(file=f"{folder}/{entry.name}", key="", reason=f"can't be read: {reason}")]) from exc


def read_source(content: bytes, *, source_id: str, file: str) -> tuple[Source | None, list[Problem]]:
    """One file's source, or None and what is wrong with it. Its host group is not yet shared with others."""
    if not SOURCE_ID.fullmatch(source_id):
        reason = f"not a source id: {source_id!r}: the file name takes a-z, 0-9, - and _, such as esa.toml"
        return None, [Problem(file=file, key="", reason=reason)]
    if len(content) > MAX_FILE_BYTES:
        return None, [Problem(file=file, key="", reason=f"larger than {MAX_FILE_BYTES} bytes")]
    keys, problems = read_source_file(content, file=file)
    return (source_of(keys, source_id=source_id, file=file), problems) if keys else (None, problems)


def source_of(keys: SourceFile, *, source_id: str, file: str) -> Source:
    """The frozen value of a valid file."""
    feeds = [endpoint_of("feed", key) for key in keys.feeds]
    sitemaps = [endpoint_of("sitemap", key) for key in keys.sitemaps]
    listings = [endpoint_of("listing", key) for key in keys.listings]
    per_week = keys.expect.articles_per_week
    plain = keys.model_dump(
        include={"name", "homepage", "publisher_kind", "language", "country", "family", "interval", "max_age"}
        | {"min_interval", "max_interval"}
        | {
            "download_delay",
            "concurrency",
            "request_timeout",
            "with_requisites",
            "max_articles",
            "max_time",
            "status",
            "verified_on",
            "note",
        }
    )
    return Source(
        **plain,
        id=source_id,
        file=file,
        host_group=keys.host_group or "",
        obey=tuple(keys.obey),
        endpoints=(*feeds, *sitemaps, *listings),
        urls=UrlRules(
            allow=tuple(re.compile(pattern) for pattern in keys.urls.allow),
            deny=tuple(re.compile(pattern) for pattern in keys.urls.deny),
            strip_params=tuple(keys.urls.strip_params),
            hosts=tuple(keys.urls.hosts),
        ),
        extract=tuple(extract_of(rule) for rule in keys.extract),
        expect=Expectations(
            articles_per_week_min=per_week.min if per_week else None,
            articles_per_week_max=per_week.max if per_week else None,
            fill_rate=dict(keys.expect.fill_rate),
        ),
    )


def endpoint_of(kind: EndpointKind, key: EndpointKey) -> Endpoint:
    return Endpoint(kind=kind, **key.model_dump())


def extract_of(rule: ExtractKeys) -> ExtractRule:
    return ExtractRule(**rule.model_dump(exclude={"prune_css"}), prune_css=tuple(rule.prune_css))


def shared_endpoints(sources: Iterable[Source]) -> Iterator[Problem]:
    """Endpoints that two files list: one endpoint's articles belong to one source."""
    seen: dict[str, str] = {}
    for source in sources:
        for endpoint in source.endpoints:
            url = canonical_url(endpoint.url)
            if url in seen and seen[url] != source.file:
                reason = f"already listed by {seen[url]}: {endpoint.url}"
                yield Problem(file=source.file, key=f"{endpoint.kind}s", reason=reason)
            seen.setdefault(url, source.file)


def share_budgets(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Each source with the group, delay and concurrency of all sources on its hosts."""
    groups = host_groups({source.id: (source.host_group or None, source.host_keys) for source in sources.values()})
    members: defaultdict[str, list[Source]] = defaultdict(list)
    for source in sources.values():
        members[groups[source.id]].append(source)
    return {
        source.id: replace(
            source,
            host_group=group,
            download_delay=max(member.download_delay for member in together),
            concurrency=min(member.concurrency for member in together),
        )
        for group, together in members.items()
        for source in together
    }
