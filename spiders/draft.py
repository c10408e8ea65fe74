"""A source file for a site nobody described yet: what to fetch, and the file that comes of it.

Pure: ``perilune sources new`` fetches what :func:`next_fetches` names until it names nothing more, and
writes what :func:`draft_source` returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import tomlkit
from tomlkit.items import AoT, Table

from archive.errors import PeriluneError
from archive.urls import WWW, canonical_url, host_of
from spiders.discovery.autodiscovery import Lead, crawl_delay, guesses, leads_in_page, leads_in_robots, site_facts
from spiders.discovery.endpoint import EndpointReport, describe_endpoint
from spiders.discovery.scope import Scope, scope_of
from spiders.registry import SOURCE_ID, Endpoint

MAX_ENDPOINTS = 5  # of a kind in a draft; the operator adds the others
KINDS = ("feed", "sitemap", "listing")


class Answer(Protocol):
    """What was fetched from ``url``; ``final_url`` is where redirects ended."""

    @property
    def url(self) -> str: ...
    @property
    def final_url(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source file to be, and what each address tried turned out to be."""

    source_id: str
    text: str
    kept: tuple[EndpointReport, ...]
    tried: tuple[EndpointReport, ...]
    """Answered, but no use: with the reason."""


def next_fetches(homepage: str, fetched: Mapping[str, Answer]) -> tuple[str, ...]:
    """URLs worth asking that were not asked yet; empty when it is time to write.

    First the page and robots.txt; then what these name; usual places only for the kind (feed, sitemap) of
    which nothing named works; pages that list news only when neither feed nor sitemap does.
    """
    first = [homepage, urljoin(homepage, "/robots.txt")]
    missing = [url for url in first if url not in fetched]
    if missing:
        return tuple(missing)
    named = named_leads(homepage, fetched)
    wanted = [lead.url for lead in named if lead.kind != "listing"]
    missing = [url for url in dict.fromkeys(wanted) if url not in fetched]
    if missing:
        return tuple(missing)
    useful = {kind for kind, _ in useful_reports(homepage, fetched)} - {"listing"}
    wanted = [lead.url for lead in guesses(final_url(homepage, fetched)) if lead.kind not in useful]
    missing = [url for url in wanted if url not in fetched]
    if missing or useful:
        return tuple(missing)
    wanted = [lead.url for lead in named if lead.kind == "listing"]
    return tuple(url for url in dict.fromkeys(wanted) if url not in fetched)


def draft_source(
    homepage: str, fetched: Mapping[str, Answer], *, today: date, agent: str = "Perilune", source_id: str | None = None
) -> Draft:
    """The file for the site at ``homepage``, from all that was fetched.

    Raises ``PeriluneError`` when the page did not answer, or nothing found announces articles.
    """
    page = fetched.get(homepage)
    if page is None or page.status != 200:
        raise PeriluneError(
            f"{homepage}: {'no answer' if page is None or page.status is None else f'HTTP {page.status}'}"
        )
    reports = useful_reports(homepage, fetched)
    if not reports:
        raise PeriluneError(f"{homepage}: no feed, no sitemap and no page that lists articles was found")
    name = source_id or id_for(page.final_url)
    if not SOURCE_ID.fullmatch(name):
        raise PeriluneError(f"not a source id: {name!r}: give one with --id, such as esa")
    kept = [one for kind in KINDS for one in [report for its, report in reports if its == kind][:MAX_ENDPOINTS]]
    kinds = {report.url: kind for kind, report in reports}
    text = file_text(
        page, [(kinds[report.url], report) for report in kept], robots(homepage, fetched), today=today, agent=agent
    )
    tried = tuple(report for _, report in all_reports(homepage, fetched) if report not in kept)
    return Draft(source_id=name, text=text, kept=tuple(kept), tried=tried)


def file_text(
    page: Answer, endpoints: Iterable[tuple[str, EndpointReport]], robots_txt: bytes, *, today: date, agent: str
) -> str:
    """The TOML file, with what was seen and when as comments."""
    facts = site_facts(page.body, content_type=page.content_type)
    file = tomlkit.document()
    file.add(tomlkit.comment(f"Drafted by perilune sources new from {page.final_url} on {today}."))
    file.add("name", tomlkit.string(facts.name or host_of(page.final_url)))
    kind = tomlkit.string("trade")
    file.add("publisher_kind", kind.comment("agency | trade | science | astronomy | defence | company | enthusiast"))
    file.add("homepage", tomlkit.string(page.final_url))
    if facts.language:
        file.add("language", tomlkit.string(facts.language))
    if delay := crawl_delay(robots_txt, agent=agent):
        file.add("download_delay", tomlkit.float_(min(delay, 600.0)).comment(f"Crawl-delay in robots.txt, {today}"))
    file.add("verified_on", tomlkit.date(today.isoformat()))
    tables: dict[str, AoT] = {}
    for its_kind, report in endpoints:
        tables.setdefault(f"{its_kind}s", tomlkit.aot()).append(endpoint_table(report, today))
    for key, table in tables.items():
        file.add(key, table)
    return tomlkit.dumps(file)


def endpoint_table(report: EndpointReport, today: date) -> Table:
    table = tomlkit.table()
    table.add("url", tomlkit.string(report.url).comment(f"{today}: {re.sub(r'[^ -~]', '?', str(report))[:160]}"))
    return table


def useful_reports(homepage: str, fetched: Mapping[str, Answer]) -> list[tuple[str, EndpointReport]]:
    """(kind, report) of the addresses that announce articles of this site, one for each place they lead to.

    Listings only where neither feed nor sitemap does, and the page asked for only where no other lists any.
    """
    useful: dict[str, tuple[str, EndpointReport]] = {}
    for kind, report in all_reports(homepage, fetched):
        if report.reason is None and (report.announced or report.children):
            useful.setdefault(canonical_url(fetched[report.url].final_url), (kind, report))
    found = [one for one in useful.values() if one[0] != "listing"] or list(useful.values())
    return [one for one in found if one[1].url != homepage] or found


def all_reports(homepage: str, fetched: Mapping[str, Answer]) -> list[tuple[str, EndpointReport]]:
    """(kind, report) of every lead that was fetched; the page itself counts as a listing, last."""
    leads = [*named_leads(homepage, fetched), *guesses(final_url(homepage, fetched))]
    leads.append(Lead(kind="listing", url=homepage, how="guess"))
    scope = scope_of([homepage, final_url(homepage, fetched)])
    asked = {lead.url: lead for lead in reversed(leads)}
    return [
        (lead.kind, report_of(lead, fetched[lead.url], scope))
        for lead in reversed(asked.values())
        if lead.url in fetched
    ]


def report_of(lead: Lead, answer: Answer, scope: Scope) -> EndpointReport:
    """What the answer holds; an answer other than 200 holds nothing."""
    if answer.status != 200:
        return failed_report(lead.url, "no_answer" if answer.status is None else f"http_{answer.status}")
    endpoint = Endpoint(kind=lead.kind, url=lead.url)
    return describe_endpoint(endpoint, answer.body, url=answer.final_url, content_type=answer.content_type, scope=scope)


def failed_report(url: str, reason: str) -> EndpointReport:
    return EndpointReport(
        url=url, version="", announced=0, dropped=0, children=0, newest_at=None, sample=(), problems=(), reason=reason
    )


def named_leads(homepage: str, fetched: Mapping[str, Answer]) -> list[Lead]:
    """Leads that the page and robots.txt name."""
    page = fetched.get(homepage)
    from_page = (
        leads_in_page(page.body, url=page.final_url, content_type=page.content_type)
        if page and page.status == 200
        else ()
    )
    return [*from_page, *leads_in_robots(robots(homepage, fetched), url=urljoin(homepage, "/robots.txt"))]


def robots(homepage: str, fetched: Mapping[str, Answer]) -> bytes:
    """The site's robots.txt; empty when there is none."""
    answer = fetched.get(urljoin(homepage, "/robots.txt"))
    return answer.body if answer is not None and answer.status == 200 else b""


def final_url(homepage: str, fetched: Mapping[str, Answer]) -> str:
    page = fetched.get(homepage)
    return page.final_url if page is not None and page.status == 200 else homepage


def id_for(url: str) -> str:
    """A source id from the host: ``www.spacenews.com`` → ``spacenews``, ``blogs.esa.int`` → ``blogs-esa``."""
    host = WWW.sub("", host_of(url))
    if re.fullmatch(r"[\d.]+|.*:.*", host):
        return re.sub(r"[^a-z0-9]+", "-", f"{host}-{urlsplit(url).port or ''}").strip("-")
    labels = host.split(".")
    return re.sub(r"[^a-z0-9]+", "-", "-".join(labels[:-1] or labels)).strip("-")
