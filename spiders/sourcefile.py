"""What a source file may say: the keys, their defaults, and what makes one wrong.

Pydantic stands here because source files come from strangers; past :func:`read_source_file` there
are only the frozen values of ``spiders.registry``. docs/sources.md explains each key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from archive.errors import Problem
from archive.urls import canonical_url
from archive.wishes import Wish

DURATION = re.compile(r"(\d+)\s*([smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
MAX_DURATION_S = 100 * 365 * 86_400  # a century: more is a slip of the finger
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*")
FILL_RATE_FIELDS = frozenset({
    "published_at", "authors", "lang", "description", "lead_image_url", "canonical_link", "tags", "modified_at",
})  # fmt: skip  # fields of archive.model.Article that a page may lack


def a_url(value: str) -> str:
    """An http(s) URL with a host and without credentials, as it was written."""
    try:
        parts = urlsplit(value)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or re.search(r"[\s\x00-\x1f\x7f\ud800-\udfff]", value):
        raise ValueError(f"not a URL: {value!r}")
    if parts.username or parts.password:
        raise ValueError(f"user name and password do not belong in a URL: {parts.hostname}")
    return value


def a_host(value: str) -> str:
    """A host name in ASCII, lower case."""
    host = value.lower().rstrip(".")
    if not HOST.fullmatch(host):
        raise ValueError(f"not a host name: {value!r}")
    return host


def a_pattern(value: str) -> str:
    """A regular expression that compiles."""
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as exc:
        raise ValueError(f"not a regular expression: {value!r}: {exc}") from exc
    return value


def a_selector(value: str) -> str:
    """A CSS selector of elements; ``::text`` and ``::attr()`` are not CSS."""
    from cssselect import HTMLTranslator, SelectorError  # most files have no selector

    try:
        HTMLTranslator().css_to_xpath(value)
    except (SelectorError, RecursionError) as exc:
        raise ValueError(f"not a CSS selector: {value!r}: {exc}") from exc
    return value


def a_duration(value: object) -> object:
    """``"3h"`` or a number of seconds as a timedelta; units s, m, h, d, w."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f'not a duration: {value!r}: write "30m", "3h", "2d" or seconds')
    hit = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and not hit:
        raise ValueError(f'not a duration: {value!r}: write "30m", "3h", "2d" or seconds')
    seconds = int(hit[1]) * SECONDS[hit[2]] if hit else int(value)
    if not 0 <= seconds <= MAX_DURATION_S:
        raise ValueError(f"not a duration between 0 and a century: {value!r}")
    return timedelta(seconds=seconds)


def a_list(value: object) -> object:
    """A single string where a list of them is meant."""
    return [value] if isinstance(value, str) else value


Url = Annotated[str, AfterValidator(a_url)]
Pattern = Annotated[str, AfterValidator(a_pattern)]
Selector = Annotated[str, AfterValidator(a_selector)]
Duration = Annotated[timedelta, BeforeValidator(a_duration)]
Host = Annotated[str, AfterValidator(a_host)]


class Keys(BaseModel):
    """A table of a source file: unknown keys are wrong, types are not guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EndpointKey(Keys):
    url: Url
    confidence: Literal["high", "medium", "low"] = "high"


class ListingKey(EndpointKey):
    link_css: Selector | None = None
    next_css: Selector | None = None
    max_pages: int = Field(default=5, ge=1, le=1000)


class UrlKeys(Keys):
    allow: Annotated[list[Pattern], BeforeValidator(a_list)] = []
    deny: Annotated[list[Pattern], BeforeValidator(a_list)] = []
    strip_params: Annotated[list[str], BeforeValidator(a_list)] = []
    hosts: Annotated[list[Host], BeforeValidator(a_list)] = []


class ExtractKeys(Keys):
    valid_from: date | None = None
    valid_until: date | None = None
    prune_css: Annotated[list[Selector], BeforeValidator(a_list)] = []
    body_css: Selector | None = None
    title_css: Selector | None = None
    author_css: Selector | None = None
    date_css: Selector | None = None

    @model_validator(mode="after")
    def begins_before_it_ends(self) -> ExtractKeys:
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValueError(f"valid_from {self.valid_from} is after valid_until {self.valid_until}")
        return self


class PerWeek(Keys):
    min: float | None = Field(default=None, ge=0)
    max: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def is_a_range(self) -> PerWeek:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is more than max {self.max:g}")
        return self


def a_fill_rate_field(value: str) -> str:
    if value not in FILL_RATE_FIELDS:
        raise ValueError(f"not a field that can be counted: {value!r}: one of {', '.join(sorted(FILL_RATE_FIELDS))}")
    return value


class ExpectKeys(Keys):
    articles_per_week: PerWeek | None = None
    fill_rate: dict[Annotated[str, AfterValidator(a_fill_rate_field)], Annotated[float, Field(ge=0, le=1)]] = {}


class SourceFile(Keys):
    """The whole file. Only ``name``, ``homepage`` and one endpoint are required."""

    name: str = Field(min_length=1, max_length=200)
    homepage: Url
    publisher_kind: Literal["agency", "trade", "science", "astronomy", "defence", "company", "enthusiast"] = "trade"
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    family: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)
    interval: Duration = timedelta(hours=3)
    min_interval: Duration = timedelta(minutes=15)
    max_interval: Duration = timedelta(days=1)
    max_age: Duration | None = None
    download_delay: float = Field(default=1.0, ge=0, le=600)
    concurrency: int = Field(default=1, ge=1, le=16)
    request_timeout: float = Field(default=60.0, ge=1, le=600)
    with_requisites: bool = False
    max_articles: int | None = Field(default=None, ge=1, le=1_000_000)
    max_time: Duration | None = None
    status: Literal["active", "paused", "ended"] = "active"
    host_group: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9._-]*$")
    verified_on: date | None = None
    note: str = ""
    obey: Annotated[list[Wish], BeforeValidator(a_list)] = ["noarchive", "tdm_reserved"]
    feeds: list[EndpointKey] = []
    sitemaps: list[EndpointKey] = []
    listings: list[ListingKey] = []
    urls: UrlKeys = UrlKeys()
    extract: list[ExtractKeys] = []
    expect: ExpectKeys = ExpectKeys()


def read_source_file(content: bytes, *, file: str) -> tuple[SourceFile | None, list[Problem]]:
    """The file's keys, or None and every problem found in it."""
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        return None, [Problem(file=file, key="", reason=f"not UTF-8: byte {exc.start} is {content[exc.start]:#04x}")]
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        return None, [Problem(file=file, key="", reason=f"not TOML: {exc}")]
    problems = [Problem(file=file, key=key, reason=reason) for key, reason in endpoint_problems(table)]
    try:
        keys = SourceFile.model_validate(table)
    except ValidationError as exc:
        return None, [*(problem_of(error, file=file) for error in exc.errors(include_url=False)), *problems]
    return (None, problems) if problems else (keys, [])


def endpoint_problems(table: dict[str, Any]) -> Iterator[tuple[str, str]]:  # Any: what TOML may hold
    """(key, reason) of endpoints listed twice, and of a file without any."""
    seen: dict[str, str] = {}
    count = 0
    for kind in ("feeds", "sitemaps", "listings"):
        entries = table.get(kind)
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            count += 1
            url = entry.get("url") if isinstance(entry, dict) else None
            same = comparable(url)
            if same in seen:
                yield f"{kind}[{number}].url", f"the same endpoint as {seen[same]}: {url!r}"
            elif same:
                seen[same] = f"{kind}[{number}]"
    if not count:
        yield "", "no endpoint: give at least one of [[feeds]], [[sitemaps]], [[listings]]"


def comparable(url: object) -> str:
    """Canonical form of an endpoint's URL; empty for what is no URL (reported elsewhere)."""
    try:
        return canonical_url(url) if isinstance(url, str) else ""
    except ValueError:
        return ""


def problem_of(error: Any, *, file: str) -> Problem:  # Any: pydantic's ErrorDetails, a TypedDict of its core
    """One pydantic error in our words: ``feeds[0].url: not a URL: …``."""
    steps = [step for step in error["loc"] if step != "[key]"]
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    if error["type"] == "extra_forbidden":
        reason = "unknown key"
    elif error["type"] == "missing":
        reason = "required"
    elif error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
    else:
        said = error["msg"][0].lower() + error["msg"][1:]
        reason = said if error["type"] in ("model_type", "list_type") else f"{said}: {error['input']!r:.80}"
    return Problem(file=file, key=key, reason=reason)
