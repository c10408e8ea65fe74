"""``sources check`` and ``sources new``: a look at a site, with nothing archived."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from archive.config import Config
from archive.errors import ConfigError
from crawler.plan import chosen_sources, is_loopback, refuse_without_contact
from crawler.probe import Probed, probe
from crawler.verdict import ALARM, FINE
from spiders.discovery.endpoint import EndpointReport, describe_endpoint
from spiders.draft import draft_source, next_fetches
from spiders.registry import Endpoint, Source, load_sources
from spiders.source import scope_of_source


def check_sources(config: Config, source_ids: tuple[str, ...], *, as_json: bool, stream: TextIO) -> int:
    """Ask every endpoint of the sources once and print what each announces; 1 when one brought nothing."""
    sources = chosen_sources(load_sources(config.sources), source_ids)
    refuse_without_contact(sources, config.contact)
    answers = probe([endpoint.url for source in sources for endpoint in source.endpoints], config)
    worst = FINE
    for source in sources:
        for endpoint in source.endpoints:
            report, trouble = examined(source, endpoint, answers)
            worst = ALARM if trouble else worst
            line = report_json if as_json else report_line
            print(line(source, endpoint, report, trouble), file=stream)
    return worst


def examined(
    source: Source, endpoint: Endpoint, answers: Mapping[str, Probed]
) -> tuple[EndpointReport | None, str | None]:
    """(what the endpoint announces, what is wrong with it); one of the two is None, or neither."""
    answer = answers.get(endpoint.url)
    if answer is None:
        return None, "not asked: too many endpoints in one call"
    if answer.error:
        return None, answer.error
    if answer.status != 200:
        return None, f"HTTP {answer.status}"
    scope = scope_of_source(source)
    report = describe_endpoint(
        endpoint, answer.body, url=answer.final_url, content_type=answer.content_type, scope=scope
    )
    return report, report.reason


def report_line(source: Source, endpoint: Endpoint, report: EndpointReport | None, trouble: str | None) -> str:
    """One line for a person."""
    found = f"! {trouble}" if trouble else f"ok: {report}"
    return f"{source.id}  {endpoint.kind}  {endpoint.url}\n  {found}"


def report_json(source: Source, endpoint: Endpoint, report: EndpointReport | None, trouble: str | None) -> str:
    """One line for a program."""
    facts: dict[str, object] = {"source": source.id, "kind": endpoint.kind, "url": endpoint.url, "reason": trouble}
    if report is not None:
        newest = report.newest_at.isoformat() if report.newest_at else None
        facts |= {"announced": report.announced, "dropped": report.dropped, "newest_at": newest}
        facts |= {"version": report.version, "sample": list(report.sample)}
    return json.dumps(facts, ensure_ascii=False)


def draft_source_file(config: Config, url: str, *, source_id: str | None, into: Path, stream: TextIO) -> int:
    """Look at the site, write ``into/<id>.toml``, say what was found. Never writes over a file.

    Raises ``ConfigError`` for an address that is none or a file that is there, ``PeriluneError`` when the site
    announces nothing.
    """
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"not a web address: {url!r}")
    if not config.contact and not is_loopback(url):
        raise ConfigError("PERILUNE_CONTACT is not set: set it to a web page or a mail address of yours first")
    answers: dict[str, Probed] = {}

    def follow(probed: Probed) -> tuple[str, ...]:
        answers[probed.url] = probed
        return next_fetches(url, answers)

    probe(next_fetches(url, {}), config, follow=follow)
    draft = draft_source(url, answers, today=datetime.now(UTC).date(), source_id=source_id)
    path = written(draft.text, into / f"{draft.source_id}.toml")
    for report in draft.kept:
        print(f"+ {report.url}: {report}", file=stream)
    for report in draft.tried:
        print(f"- {report.url}: {report}", file=stream)
    print(
        f"{path} written. Look it through, then: perilune sources check {draft.source_id} --sources {into}", file=stream
    )
    return FINE


def written(text: str, path: Path) -> Path:
    """The new file's path; raises ``ConfigError`` when there is one or it can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise ConfigError(f"{path} is there already; give another --id or --into") from exc
    except OSError as exc:
        raise ConfigError(f"{path}: can't be written: {exc.strerror}") from exc
    return path
