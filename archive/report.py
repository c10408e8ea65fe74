"""What the reading commands print: values in, lines and JSON out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from archive.diffs import changes, unified
from archive.reading.excerpts import pieces
from archive.reading.rights import Rights
from archive.reading.runs import DROPPED, LEDGER_COUNTS, RunView, UrlOutcome
from archive.reading.spread import Copy
from archive.reading.stats import Stats
from archive.reading.views import ArticleView, KinView, RevisionView
from archive.search import Hit
from archive.terminal import bold, escaped, faint, highlighted, one_line, plain
from archive.timestamps import published, rfc3339, span
from archive.verify import Finding

BAR_CELLS = 40  # of the longest bar
SHOWN_MONTHS = 24  # the latest; --json has all
SHOWN_COLUMNS = ("announced", "fetched", "archived", "revised", "unchanged", "duplicates", "rejected", "failed")


def json_line(value: Mapping[str, Any]) -> str:  # Any: what JSON holds, and moments
    """One JSON object on one line; moments in RFC 3339."""
    return escaped(json.dumps(value, ensure_ascii=False, default=json_value))


def json_value(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    raise TypeError(f"not for JSON: {value!r}")


def hit_json(hit: Hit) -> dict[str, Any]:  # Any: JSON
    return {
        "id": hit.id,
        "source": hit.source_id,
        "url": hit.url,
        "title": hit.title,
        "title_highlights": hit.title_highlights,
        "authors": hit.authors,
        "published_at": published(hit.published_at, hit.published_at_precision),
        "published_at_precision": hit.published_at_precision,
        "lang": hit.lang,
        "state": hit.state,
        "duplicate_of": hit.duplicate_of,
        "score": hit.score,
        "excerpt": hit.excerpt.text,
        "excerpt_highlights": hit.excerpt.highlights,
    }


def hit_lines(hit: Hit) -> Iterator[str]:
    """A hit as four lines: id and title, where from, what it says, nothing."""
    marks = [(text.replace("\n", " "), is_hit) for text, is_hit in pieces(hit.title, hit.title_highlights)]
    yield f"{click.style(str(hit.id).rjust(6), fg='cyan')}  {highlighted(marks)}"
    notes = [hit.source_name, shown_date(hit.published_at, hit.published_at_precision), hit.url]
    notes += [hit.state] if hit.state != "live" else []
    notes += [f"copy of {hit.duplicate_of}"] if hit.duplicate_of else []
    yield " " * 8 + faint(" · ".join(one_line(note) for note in notes))
    yield " " * 8 + highlighted(hit.excerpt.pieces())
    yield ""


def shown_date(moment: datetime | None, precision: str) -> str:
    """A date for people: as exact as it is known."""
    if moment is None:
        return "no date"
    return f"{moment:%Y-%m-%d}" if precision == "day" else f"{moment:%Y-%m-%d %H:%M} UTC"


def article_lines(view: ArticleView) -> Iterator[str]:
    """An article to read."""
    yield bold(one_line(view.title))
    facts = [view.source_name, shown_date(view.published_at, view.published_at_precision)]
    facts += [", ".join(view.authors)] if view.authors else []
    yield faint(" · ".join(one_line(fact) for fact in facts))
    yield faint(one_line(view.url))
    yield ""
    yield plain(view.text)
    yield ""
    yield faint(f"article {view.id} · {view.lang or 'language unknown'} · {view.word_count} words · {view.state}")
    if view.revision_count > 1:
        yield faint(f"{view.revision_count} revisions: perilune show {view.id} --revisions")
    for copy in view.copies:
        kind = "original" if copy.id == view.duplicate_of else "copy"
        yield faint(f"{kind}: {copy_line(copy)}")


def copy_line(copy: Copy) -> str:
    """Where it stands, and how long after the first."""
    after = f", {span(copy.behind)} after the first" if copy.behind else ""
    within = ", same publisher" if copy.is_family else ""
    return f"article {copy.id}, {copy.source_id}{after}{within}, {one_line(copy.url)}"


def revision_lines(view: ArticleView) -> Iterator[str]:
    """The article's states, first seen first."""
    for revision in view.revisions:
        changed = f": {', '.join(revision.changed)} changed" if revision.changed else ""
        yield f"{revision.number:>4}  {rfc3339(revision.seen_at)}  {revision.kind}{changed}"
        yield " " * 6 + faint(f"{one_line(revision.title)} · {revision.warc_record_id or 'no capture'}")


def diff_lines(old: RevisionView, new: RevisionView) -> Iterator[str]:
    """What changed from one state to another, for a terminal: ``[-gone-]`` and ``{+come+}`` in colour."""
    yield faint(f"revision {old.number}, {rfc3339(old.seen_at)} → revision {new.number}, {rfc3339(new.seen_at)}")
    for name, before, after in differing(old, new):
        yield ""
        yield bold(name)
        yield marked(before, after)


def unified_lines(article_id: int, old: RevisionView, new: RevisionView) -> Iterator[str]:
    """What changed from one state to another, for a pipe: a unified diff of each field, a paragraph a line."""
    for name, before, after in differing(old, new):
        names = [f"article {article_id} revision {one.number} {name}\t{rfc3339(one.seen_at)}" for one in (old, new)]
        yield from map(plain, unified(before, after, old_name=names[0], new_name=names[1]))


def differing(old: RevisionView, new: RevisionView) -> Iterator[tuple[str, str, str]]:
    """(name, before, after) of title, authors and text where they differ."""
    fields = (
        ("title", old.title, new.title),
        ("authors", ", ".join(old.authors), ", ".join(new.authors)),
        ("text", old.text, new.text),
    )
    yield from (field for field in fields if field[1] != field[2])


def marked(before: str, after: str) -> str:
    """Both texts in one, with marks where they differ."""
    marks = {"old": ("[-", "-]", "red"), "new": ("{+", "+}", "green")}
    parts = []
    for change in changes(before, after):
        opening, closing, colour = marks.get(change.kind, ("", "", None))
        parts.append(click.style(f"{opening}{plain(change.text)}{closing}", fg=colour))
    return "".join(parts)


def explanation_lines(view: ArticleView) -> Iterator[str]:
    """Why these addresses are one article, and where every part of it comes from."""
    yield bold(one_line(view.title))
    yield f"key       {plain(view.url_key)}"
    date = published(view.published_at, view.published_at_precision) or "none"
    yield f"date      {date} ({view.published_at_precision}, from {view.published_at_origin or 'a place not recorded'})"
    yield f"text      {view.text_digest} by {plain(view.extractor)}"
    yield f"state     {view.state}, seen {rfc3339(view.first_seen_at)} to {rfc3339(view.last_seen_at)}"
    for found in view.announcements:
        where = f"in {found.discovered_via} {one_line(found.endpoint_url)}"
        yield f"found     {one_line(found.url)} {where}, {rfc3339(found.discovered_at)}"
    for alias in view.aliases:
        yield f"alias     {one_line(alias.url)} ({alias.kind}, {rfc3339(alias.first_seen_at)})"
    for capture in view.captures:
        yield f"capture   {rfc3339(capture.captured_at)} {capture.status} {one_line(capture.target_uri)}"
        yield f"          {capture.warc_record_id} {capture.filename}@{capture.offset} {capture.payload_digest}"
    if view.credit_line or view.credit_url:
        yield f"credit    {one_line(' '.join(filter(None, (view.credit_line, view.credit_url))))}"
    if view.duplicate_of:
        alike = "by other copies" if view.similarity is None else f"resemblance {view.similarity:.2f}"
        yield f"copy of   article {view.duplicate_of} ({view.duplicate_reason}, {view.relation}, {alike})"
    for copy in view.copies:
        yield f"story {view.story_id}   {copy_line(copy)}"
    yield from map(kin_line, view.kin)


def rights_lines(rights: Rights) -> Iterator[str]:
    """What was asked, and by which file of evidence."""
    asked = "not recorded" if rights.wishes is None else ", ".join(rights.wishes) or "nothing"
    walls = {True: "yes", False: "no", None: "the page does not say"}
    yield f"asks      {asked} (page and headers of {rfc3339(rights.captured_at)})"
    yield f"paywall   {walls[rights.is_paywalled]}"
    if rights.licences is None:
        yield "licence   not known: the capture can't be read, perilune verify says why"
    elif not rights.licences:
        yield "licence   the page does not say"
    for licence in rights.licences or ():
        yield f"licence   {one_line(licence.says)} ({licence.said_by})"
    if rights.credit_line:
        yield f"credit    {one_line(rights.credit_line)}"
    if rights.robots is None:
        yield "robots    no robots.txt was captured before it"
    else:
        seen = rights.robots
        yield f"robots    {rfc3339(seen.captured_at)} {seen.status} {seen.warc_record_id} {seen.filename}@{seen.offset}"
    if rights.robots_rule is not None:
        yield f"          {'no rule speaks of it' if rights.robots_rule == 'none' else one_line(rights.robots_rule)}"


def kin_line(kin: KinView) -> str:
    """Which text, which numbers, and what follows."""
    shares = f"{kin.contained:.0%} of this is in that, {kin.containing:.0%} of that in this"
    story = "one story" if kin.is_joining else "stories apart: a round-up and its part"
    return (
        f"like      article {kin.id}, {kin.source_id}: {kin.relation}; {shares}; {kin.resemblance:.2f} alike; {story}"
    )


def article_json(view: ArticleView, exported: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """The exported object and, after it, what only ``show`` tells."""
    return {
        **exported,
        "published_at_origin": view.published_at_origin,
        "published_at_offset_minutes": view.published_at_offset_minutes,
        "canonical_link": view.canonical_link,
        "extractor": view.extractor,
        "duplicate_reason": view.duplicate_reason,
        "relation": view.relation,
        "similarity": view.similarity,
        "found": [asdict(found) for found in view.announcements],
        "addresses": [asdict(alias) for alias in view.aliases],
        "revisions": [asdict(revision) for revision in view.revisions],
        "copies": [copy_json(copy) for copy in view.copies],
        "kin": [asdict(kin) for kin in view.kin],
    }


def copy_json(copy: Copy) -> dict[str, Any]:  # Any: JSON
    """Its fields, the distance from the first in seconds."""
    behind = None if copy.behind is None else copy.behind.total_seconds()
    return {**{name: value for name, value in asdict(copy).items() if name != "behind"}, "behind_seconds": behind}


def runs_lines(runs: Sequence[RunView]) -> Iterator[str]:
    """A table of runs."""
    header = ("run", "command", "state", "exit", "started", "seconds", *SHOWN_COLUMNS)
    yield from table([header, *(run_cells(run) for run in runs)])


def run_cells(run: RunView) -> tuple[str, ...]:
    seconds = str(round((run.ended_at - run.started_at).total_seconds())) if run.ended_at else ""
    code = "" if run.exit_code is None else str(run.exit_code)
    counts = (str(run.totals[name]) for name in SHOWN_COLUMNS)
    return (str(run.id), run.command, run.state, code, f"{run.started_at:%Y-%m-%d %H:%M}", seconds, *counts)


def run_lines(run: RunView, dropped: Sequence[UrlOutcome] = ()) -> Iterator[str]:
    """A run with a line a source, under it why addresses were dropped, and the first of those."""
    yield from runs_lines([run])
    if run.reason:
        yield f"reason: {one_line(run.reason)}"
    yield ""
    yield from table(
        [
            ("source", *SHOWN_COLUMNS),
            *((line.source_id, *(str(getattr(line, name)) for name in SHOWN_COLUMNS)) for line in run.sources),
        ]
    )
    if run.stages:
        yield ""
        yield stage_line(run.stages)
    for line in run.sources:
        if line.drops:
            yield ""
            yield f"{line.source_id}: " + ", ".join(f"{one_line(why)} {count}" for why, count in line.drops.items())
    if dropped:
        yield ""
        yield from map(url_line, dropped)
        more = sum(run.outcomes.get(outcome, 0) for outcome in DROPPED) - len(dropped)
        if more > 0:
            yield f"and {more} more: perilune runs {run.id} --urls"


def stage_line(stages: Mapping[str, float]) -> str:
    """CPU seconds by stage, the dearest first."""
    seconds = {name.split("/")[1]: value for name, value in stages.items() if name.endswith("/seconds")}
    dearest = sorted(seconds.items(), key=lambda pair: -pair[1])
    return "CPU: " + ", ".join(f"{stage} {value:.1f} s" for stage, value in dearest)


def url_line(found: UrlOutcome) -> str:
    """What became of a URL, why, and where."""
    status = "" if found.status is None else f" {found.status}"
    detail = faint(f"  {one_line(found.detail)}") if found.detail else ""
    why = f" {one_line(found.reason)}" if found.reason else ""
    return f"{found.source_id}  {found.outcome}{why}{status}  {one_line(found.url)}{detail}"


def url_json_line(found: UrlOutcome) -> str:
    """Its fields, ``source`` first."""
    rest = {name: value for name, value in asdict(found).items() if name not in ("source_id", "detail")}
    return json_line({"source": found.source_id, **rest, "detail": found.detail or None})


def run_json(run: RunView) -> dict[str, Any]:  # Any: JSON
    found = asdict(run)
    return {**found, "totals": {name: run.totals[name] for name in LEDGER_COUNTS}}


def stats_lines(stats: Stats) -> Iterator[str]:
    """The archive in figures and bars."""
    for name, figure in (
        ("articles", stats.articles),
        ("of them copies", stats.duplicates),
        ("stories", stats.stories),
        ("revised", stats.revised_articles),
        ("words", stats.words),
        ("captures", stats.captures),
        ("WARC bytes", stats.captured_bytes),
        ("runs", stats.runs),
    ):
        yield f"{name:<16}{figure:>14,}"
    months = dict(list(stats.months.items())[-SHOWN_MONTHS:])
    sources = {source.source_id: source.articles for source in stats.sources}
    for name, counts in (("sources", sources), ("languages", stats.languages), ("months", months)):
        if counts:
            yield ""
            yield bold(name)
            yield from bars(counts)


def bars(counts: Mapping[str, int]) -> Iterator[str]:
    """A bar a line, the longest ``BAR_CELLS`` long."""
    width, top = max(len(name) for name in counts), max(counts.values())
    for name, count in counts.items():
        cells = max(1, round(BAR_CELLS * count / top)) if count else 0
        yield f"  {one_line(name):<{width}}  {count:>7,}  {'█' * cells}"


def finding_line(finding: Finding) -> str:
    word = click.style("fault", fg="red") if finding.is_fault else click.style("note ", fg="yellow")
    return f"{word}  {finding.kind}  {one_line(finding.where)}: {one_line(finding.detail)}"


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns side by side: figures to the right, words to the left."""
    columns = [[one_line(cell) for cell in column] for column in zip(*rows, strict=True)]
    aligned = []
    for cells in columns:
        width = max(len(cell) for cell in cells)
        is_figures = all(cell.replace(",", "").isdigit() for cell in cells[1:] if cell) and len(cells) > 1
        aligned.append([cell.rjust(width) if is_figures else cell.ljust(width) for cell in cells])
    for line in zip(*aligned, strict=True):
        yield "  ".join(line).rstrip()
