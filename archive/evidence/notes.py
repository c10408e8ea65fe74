"""The notes of the ``-meta`` files: what the archive made of a page, when and under which number; what source files
said; what was forgotten; what people decided of templates; what an earlier extraction read.

Each is a metadata record. ``perilune replay`` does again what they say. docs/formats.md describes the fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from archive.evidence.records import Fields, StoredRecord, parse_warc_date, warc_date
from archive.evidence.warc import FORGOTTEN_URI, SOURCES_URI, TEMPLATE_URI
from archive.model import Outcome, Settled, TemplateState

Facts: TypeAlias = Mapping[str, Any]  # Any: JSON values


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What the archive made of an article's capture, and when."""

    record_id: str
    settled_at: datetime
    outcome: Outcome
    reason: str | None = None
    article_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """A source file's facts when a run began: the columns of the source table."""

    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Addresses that were forgotten on demand, as digests of their keys."""

    digests: tuple[str, ...]
    reason: str
    forgotten_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWord:
    """What a person decided of a block of a source's template, and when."""

    source_id: str
    text_digest: str
    text: str
    """As far as the archive keeps it."""
    state: TemplateState
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reextraction:
    """An article read again from its capture, by a better extraction: what it said before."""

    record_id: str
    """Of the capture."""
    article_id: int
    decided_at: datetime
    changed: tuple[str, ...]
    replaced: Facts | None
    """As ``revision.replaced``."""
    earlier: tuple[Facts, ...]
    """The article's revisions until then, as rows: moments in ISO 8601, ``capture`` is a WARC record's id."""


Note: TypeAlias = Settlement | SourceNote | Forgotten | TemplateWord | Reextraction

# Written


def forgotten_fields(digests: Iterable[str], reason: str, at: datetime) -> Fields:
    """The block of the metadata record that says what was forgotten."""
    return [("forgottenAt", warc_date(at)), *(("forgotten", one) for one in sorted(digests)), ("reason", reason)]


def template_fields(word: TemplateWord) -> Fields:
    """The block of the metadata record that says what a person decided of a block."""
    return [
        ("decidedAt", warc_date(word.decided_at)),
        ("source", word.source_id),
        ("state", word.state),
        ("blockDigest", word.text_digest),
        ("blockText", in_one_line(word.text)),
    ]


def settlement_fields(settled: Settled, settled_at: datetime) -> Fields:
    """The block of the metadata record that says what became of a capture."""
    fields = [
        ("settledAt", warc_date(settled_at)),
        ("outcome", settled.outcome),
        ("reason", settled.reason),
        ("articleId", settled.article_id),
    ]
    return [(name, str(value)) for name, value in fields if value is not None]


def reextraction_fields(one: Reextraction) -> Fields:
    """The block of the metadata record that says what an earlier extraction read of a capture's article."""
    return [
        ("reextractedAt", warc_date(one.decided_at)),
        ("articleId", str(one.article_id)),
        ("changed", in_one_line(list(one.changed))),
        ("replaced", in_one_line(one.replaced)),
        ("earlier", in_one_line(list(one.earlier))),
    ]


def in_one_line(value: object) -> str:
    """A value as ASCII JSON that breaks out of no line."""
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


# Read


def noted(record: StoredRecord) -> Iterator[Note]:
    """What a metadata record of a ``-meta`` file says; nothing for one of another kind."""
    target_uri = record.field("WARC-Target-URI")
    if target_uri == SOURCES_URI:
        yield from (SourceNote(facts=facts) for facts in json.loads(record.block))
        return
    pairs = parsed_fields(record.block)
    said = dict(pairs)
    record_id = record.field("WARC-Refers-To")
    if target_uri == FORGOTTEN_URI and "forgottenAt" in said:
        yield forgotten_of(pairs, said)
    elif target_uri == TEMPLATE_URI and "decidedAt" in said:
        yield template_word_of(said)
    elif record_id and "settledAt" in said:
        yield settlement_of(record_id, said)
    elif record_id and "reextractedAt" in said:
        yield reextraction_of(record_id, said)


def forgotten_of(pairs: Fields, said: Mapping[str, str]) -> Forgotten:
    return Forgotten(
        digests=tuple(value for name, value in pairs if name == "forgotten"),
        reason=said.get("reason", ""),
        forgotten_at=parse_warc_date(said["forgottenAt"]),
    )


def template_word_of(said: Mapping[str, str]) -> TemplateWord:
    return TemplateWord(
        source_id=said["source"],
        text_digest=said["blockDigest"],
        text=json.loads(said["blockText"]),
        state=said["state"],  # type: ignore[arg-type]  # written by template_fields
        decided_at=parse_warc_date(said["decidedAt"]),
    )


def settlement_of(record_id: str, said: Mapping[str, str]) -> Settlement:
    return Settlement(
        record_id=record_id,
        settled_at=parse_warc_date(said["settledAt"]),
        outcome=said["outcome"],  # type: ignore[arg-type]  # written by settlement_fields
        reason=said.get("reason"),
        article_id=int(said["articleId"]) if "articleId" in said else None,
    )


def reextraction_of(record_id: str, said: Mapping[str, str]) -> Reextraction:
    return Reextraction(
        record_id=record_id,
        article_id=int(said["articleId"]),
        decided_at=parse_warc_date(said["reextractedAt"]),
        changed=tuple(json.loads(said["changed"])),
        replaced=json.loads(said["replaced"]),
        earlier=tuple(json.loads(said["earlier"])),
    )


def parsed_fields(block: bytes) -> tuple[tuple[str, str], ...]:
    """Name and value of each line of an ``application/warc-fields`` block."""
    pairs = (line.partition(": ") for line in block.decode("utf-8", "replace").split("\r\n") if ": " in line)
    return tuple((name, value) for name, _, value in pairs)
