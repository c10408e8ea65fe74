"""Citations of archived articles: BibTeX, RIS and CSL-JSON, and whether what a paper cites has changed since. Pure.

Every citation carries a seal, ``perilune:article=12; revision=2; text=sha256:…``: which state of which article it is.
It stands in the note, where every format keeps it, so :func:`seals` finds it in any file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal

from archive.reading.citable import Citable
from archive.terminal import one_line
from archive.timestamps import rfc3339

SEAL = re.compile(r"perilune:article=(\d{1,18}); revision=(\d{1,9}); text=(sha256:[0-9a-f]{64})", re.ASCII)
TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A state of an article as a citation names it."""

    article_id: int
    revision: int
    text_digest: str

    def __str__(self) -> str:
        return f"perilune:article={self.article_id}; revision={self.revision}; text={self.text_digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of a cited state. ``now`` is the latest revision, None when there is no such article."""

    seal: Seal
    verdict: Literal["same", "changed", "missing"]
    now: int | None = None
    url: str | None = None
    state: str | None = None


def seal_of(view: Citable) -> Seal:
    return Seal(article_id=view.id, revision=view.revision_count, text_digest=view.text_digest)


def seals(text: str) -> Iterator[Seal]:
    """Every seal in a file of citations, in order; TeX's line breaks and escapes do no harm."""
    joined = re.sub(r"\s+", " ", text.replace("\\_", "_"))
    for found in SEAL.finditer(joined):
        yield Seal(article_id=int(found[1]), revision=int(found[2]), text_digest=found[3])


def checked(seal: Seal, view: Citable | None) -> Checked:
    """Whether the article still reads as it was cited. A text that came back to what it was is the same."""
    if view is None:
        return Checked(seal=seal, verdict="missing")
    verdict: Literal["same", "changed"] = "same" if view.text_digest == seal.text_digest else "changed"
    return Checked(seal=seal, verdict=verdict, now=view.revision_count, url=view.url, state=view.state)


def bibtex(view: Citable) -> str:
    """An ``@online`` entry of biblatex; ``@misc`` reads the same fields."""
    fields = {
        "author": " and ".join(tex_name(name) for name in view.authors),
        "title": f"{{{tex(view.title)}}}",
        "date": iso_date(view) or "",
        "organization": tex(view.source_name),
        "url": view.url.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C"),
        "urldate": view.captured_at.date().isoformat(),
        "langid": tex(view.lang or ""),
        "note": note(view),
    }
    lines = [f"  {name} = {{{one_line(value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@online{{{key(view)},", *lines, "}"]) + "\n"


def ris(view: Citable) -> str:
    """A record of type NEWS; lines end with CR LF as the format asks."""
    date = iso_date(view)
    fields = [
        ("TY", "NEWS"),
        *(("AU", name) for name in view.authors),
        ("TI", view.title),
        ("T2", view.source_name),
        *((("PY", date[:4]), ("DA", "/".join([*date.split("-"), ""]))) if date else ()),
        ("UR", view.url),
        ("Y2", f"{view.captured_at:%Y/%m/%d/}"),
        *((("LA", view.lang),) if view.lang else ()),
        ("N1", note(view)),
        ("ID", key(view)),
        ("ER", ""),
    ]
    return "".join(f"{name}  - {one_line(value)}\r\n" for name, value in fields)


def csl_json(view: Citable) -> str:
    """A list of one item, as Zotero, pandoc and citeproc read it."""
    return json.dumps([csl_item(view)], ensure_ascii=False, indent=2) + "\n"


def csl_item(view: Citable) -> dict[str, Any]:  # Any: JSON
    found: dict[str, Any] = {
        "id": key(view),
        "type": "article-newspaper",
        "title": one_line(view.title),
        "author": [{"literal": one_line(name)} for name in view.authors],
        "container-title": one_line(view.source_name),
        "URL": view.url,
        "accessed": date_parts(view.captured_at.date().isoformat()),
        "note": note(view),
    }
    if date := iso_date(view):
        found["issued"] = date_parts(date)
    if view.lang:
        found["language"] = view.lang
    return found


def stream(found: Iterable[Citable], name: str) -> Iterator[bytes]:
    """Many citations as one file of a format: CSL-JSON is one list, BibTeX has a blank line between two."""
    if name == "csl":
        yield from csl_list(found)
        return
    between = b"\n" if name == "bibtex" else b""
    for place, view in enumerate(found):
        yield (between if place else b"") + FORMATS[name][1](view).encode("utf-8", "replace")


def csl_list(found: Iterable[Citable]) -> Iterator[bytes]:
    place = 0
    for place, view in enumerate(found, 1):
        yield (b"[\n" if place == 1 else b",\n") + json.dumps(csl_item(view), ensure_ascii=False).encode()
    yield b"\n]\n" if place else b"[]\n"


FORMATS: Mapping[str, tuple[str, Callable[[Citable], str]]] = {
    "bibtex": ("application/x-bibtex; charset=utf-8", bibtex),
    "ris": ("application/x-research-info-systems; charset=utf-8", ris),
    "csl": ("application/vnd.citationstyles.csl+json", csl_json),
}


def key(view: Citable) -> str:
    """``esa2025-12``: source, year, article."""
    year = str(view.published_at.year) if view.published_at else ""
    return f"{re.sub(r'[^a-z0-9]', '', view.source_id.lower())}{year}-{view.id}"


def iso_date(view: Citable) -> str | None:
    """The day it was published in UTC; None when nobody knows."""
    return view.published_at.astimezone(UTC).date().isoformat() if view.published_at else None


def note(view: Citable) -> str:
    """What a reader needs to find the cited state again, and how exact its date is."""
    record = f"captured {rfc3339(view.captured_at)} as {view.warc_record_id.strip('<>')}"
    exact = "" if view.published_at is None else f"; dated to the {view.published_at_precision}"
    return f"{seal_of(view)}, {record}, payload {view.payload_digest}{exact}"


def date_parts(day: str) -> dict[str, Sequence[Sequence[int]]]:
    return {"date-parts": [[int(part) for part in day.split("-")]]}


def tex(text: str) -> str:
    return "".join(TEX.get(char, char) for char in one_line(text))


def tex_name(name: str) -> str:
    """A name as BibTeX takes it; one with a comma or ``and`` in it stays whole in braces."""
    escaped = tex(name)
    return f"{{{escaped}}}" if "," in name or re.search(r"\band\b", name, re.IGNORECASE) else escaped
