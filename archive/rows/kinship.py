"""Which articles have text in common: their sketches, by which they find one another, and what comparing them said.

What a sketch is and when two texts are alike is decided elsewhere (``pipelines/similarity.py``, handed in as a
:class:`Comparison`): here are the rows, and the rule by which likeness joins stories. Texts that are equal word for
word find one another by their digest, too, in an archive whose articles were never sketched.

A version of an article, and a part of it, belong to its story. A round-up belongs to none of those that it repeats:
whoever holds two parts that have nothing in common with one another is one, unless every part was published after it,
as the excerpts of a long release are. Both are properties of the neighbourhood alone, whatever came first.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import combinations
from typing import Protocol

from sqlalchemy import Select, bindparam, delete, func, insert, or_, select, tuple_, union_all, update
from sqlalchemy.orm import Session

from archive.model import Likeness, Relation
from archive.schema import ArticleRow, LikenessRow, SketchRow

MIN_WORDS_FOR_COPY = 20  # as in pipelines/dedup.py: below this two texts may be equal by chance
MAX_POSTINGS = 400  # articles looked up a hash; a shingle that more of them share is a formula and tells nothing
MAX_COMPARED = 24  # articles that are compared in full, most hashes in common first
VERSION = 0.6  # length of the shorter text in the longer one's from which they are versions, not part and whole
SKETCH = SketchRow.metadata.tables[SketchRow.__tablename__]
SAME_TEXT = (
    select(ArticleRow.id)
    .where(ArticleRow.text_digest == bindparam("digest"))
    .order_by(ArticleRow.id)
    .limit(bindparam("most"))
)
SAME = Likeness(contained=1.0, containing=1.0, resemblance=1.0)


class Comparison(Protocol):
    """What is decided of two texts: ``pipelines.similarity.Similarity``."""

    def sketch(self, text: str) -> tuple[int, ...]: ...
    def compare(self, text: str, other: str) -> Likeness | None: ...


class WordForWord:
    """No sketches: copies are those with the same digest."""

    def sketch(self, text: str) -> tuple[int, ...]:
        return ()

    def compare(self, text: str, other: str) -> Likeness | None:
        return None


@dataclass(frozen=True, slots=True)
class Sketched:
    """A comparison that knows the sketch of one text already."""

    comparison: Comparison
    text: str
    known: tuple[int, ...]

    def sketch(self, text: str) -> tuple[int, ...]:
        return self.known if text == self.text else self.comparison.sketch(text)

    def compare(self, text: str, other: str) -> Likeness | None:
        return self.comparison.compare(text, other)


@dataclass(frozen=True, slots=True)
class Kin:
    """Another article, and how a text relates to its text."""

    article_id: int
    likeness: Likeness


# Finding


def kin_of(session: Session, text: str, digest: str, *, word_count: int, comparison: Comparison) -> tuple[Kin, ...]:
    """Stored articles whose text is like this one, by id; an article's own row is among them when it is stored."""
    is_told = word_count >= MIN_WORDS_FOR_COPY
    found = dict.fromkeys(same_text(session, digest, most=MAX_COMPARED) if is_told else (), SAME)
    nearest = [number for number in sharing(session, comparison.sketch(text)) if number not in found]
    rows = session.execute(select(ArticleRow.id, ArticleRow.text).where(ArticleRow.id.in_(nearest))) if nearest else ()
    for number, other in rows:
        if (likeness := comparison.compare(text, other)) is not None:
            found[number] = likeness
    return tuple(Kin(number, found[number]) for number in sorted(found))


def same_text(session: Session, digest: str, *, most: int) -> Sequence[int]:
    """Articles with this text, held longest first."""
    return session.connection().execute(SAME_TEXT, {"digest": digest, "most": most}).scalars().all()


def sharing(session: Session, sketch: Sequence[int]) -> list[int]:
    """Articles that share hashes with a sketch, most of them first."""
    if not sketch:
        return []
    values = {f"hash_{place}": number for place, number in enumerate(sketch)}
    return list(session.connection().execute(sharing_query(len(sketch)), values).scalars())


@lru_cache(maxsize=32)
def sharing_query(count: int) -> Select[int]:
    """The look-up for a sketch of ``count`` hashes; making the statement costs more than running it."""
    parts = []
    for place in range(count):
        holders = select(SketchRow.article_id).where(SketchRow.hash == bindparam(f"hash_{place}"))
        parts.append(select(holders.order_by(SketchRow.article_id).limit(MAX_POSTINGS).subquery().c.article_id))
    shared = union_all(*parts).subquery()
    counted = select(shared.c.article_id).group_by(shared.c.article_id)
    return counted.order_by(func.count().desc(), shared.c.article_id).limit(MAX_COMPARED)


# Writing


def relate(
    session: Session, row: ArticleRow, kin: Iterable[Kin], comparison: Comparison, *, is_new: bool = False
) -> set[int]:
    """Write the article's sketch and likenesses as its text is now; every article whose story that may change.

    ``is_new``: the row was added in this transaction with its signature, so there is nothing of it to replace.
    """
    others = [one for one in kin if one.article_id != row.id]
    touched = {row.id} | {one.article_id for one in others}
    sketch = comparison.sketch(row.text)
    if is_new:
        insert_sketch(session, row.id, sketch)
    else:
        touched |= neighbours(session, row.id)
        write_sketch(session, row, sketch)
        session.execute(
            delete(LikenessRow).where(or_(LikenessRow.article_id == row.id, LikenessRow.other_id == row.id))
        )
    if others:
        session.execute(insert(LikenessRow), [values_of(row.id, one) for one in others])
    if len(touched) > 1:
        judge(session, touched)
    return touched


def neighbours(session: Session, article_id: int) -> set[int]:
    """Articles whose text is like this one's."""
    return {one.article_id + one.other_id - article_id for one in links_of(session, [article_id])}


def links_of(session: Session, ids: Collection[int]) -> list[LikenessRow]:
    """Every link of these articles."""
    mine = or_(LikenessRow.article_id.in_(ids), LikenessRow.other_id.in_(ids))
    return list(session.scalars(select(LikenessRow).where(mine)))


def values_of(article_id: int, kin: Kin) -> dict[str, object]:
    """A link as a row: the article held longer first."""
    said = kin.likeness
    mine, theirs = (said.contained, said.containing)
    if article_id > kin.article_id:
        article_id, other_id, mine, theirs = kin.article_id, article_id, theirs, mine
    else:
        other_id = kin.article_id
    return {
        "article_id": article_id, "other_id": other_id, "contained": mine, "containing": theirs,
        "resemblance": said.resemblance, "is_joining": is_version(said),
    }  # fmt: skip


def write_sketch(session: Session, row: ArticleRow, sketch: tuple[int, ...]) -> None:
    """Put the sketch in place of the one that the article had."""
    if packed(sketch) == row.signature:
        return
    drop_sketch(session, row.id, row.signature)
    insert_sketch(session, row.id, sketch)
    row.signature = packed(sketch)


def insert_sketch(session: Session, article_id: int, sketch: Sequence[int]) -> None:
    if sketch:
        rows = [{"hash": number, "article_id": article_id} for number in sketch]
        session.connection().execute(insert(SKETCH), rows)


def packed(sketch: Sequence[int]) -> bytes:
    """The sketch as the article's row keeps it."""
    return struct.pack(f">{len(sketch)}q", *sketch)


def drop_sketch(session: Session, article_id: int, signature: bytes) -> None:
    """Out of the index; it is found by its hashes, as the index has no other order."""
    if hashes := struct.unpack(f">{len(signature) // 8}q", signature):
        mine = (SketchRow.hash.in_(hashes)) & (SketchRow.article_id == article_id)
        session.execute(delete(SketchRow).where(mine))


# Judging


def judge(session: Session, ids: Collection[int]) -> None:
    """Which parts of these articles belong to their stories; see the module."""
    parts: defaultdict[int, set[int]] = defaultdict(set)
    for link in links_of(session, ids):
        if not is_version(link):
            part, whole = part_and_whole(link)
            parts[whole].add(part)
    for whole in parts.keys() & set(ids):
        joins = not is_round_up(session, whole, parts[whole])
        pairs = [(min(whole, part), max(whole, part)) for part in parts[whole]]
        mine = tuple_(LikenessRow.article_id, LikenessRow.other_id).in_(pairs)
        session.execute(update(LikenessRow).where(mine, LikenessRow.is_joining != joins).values(is_joining=joins))


def is_round_up(session: Session, whole: int, parts: set[int]) -> bool:
    """It holds parts that have nothing in common, and they were not made from it."""
    if len(parts) < 2:
        return False
    linked = {(link.article_id, link.other_id) for link in links_of(session, parts)}
    if all(pair in linked for pair in combinations(sorted(parts), 2)):
        return False
    dates = dict(
        session.execute(select(ArticleRow.id, ArticleRow.published_at).where(ArticleRow.id.in_([whole, *parts]))).all()
    )
    return not is_before(dates[whole], [dates[part] for part in parts])


def is_before(first: datetime | None, others: Iterable[datetime | None]) -> bool:
    """Published before all the others; unknown dates prove nothing."""
    return first is not None and all(other is not None and first < other for other in others)


def is_version(said: Likeness | LikenessRow) -> bool:
    """Of about the same length: what both have is about the same share of each."""
    return min(said.contained, said.containing) >= VERSION * max(said.contained, said.containing)


def part_and_whole(link: LikenessRow) -> tuple[int, int]:
    """(part, whole) of two articles, ids."""
    is_first_part = link.contained >= link.containing
    return (link.article_id, link.other_id) if is_first_part else (link.other_id, link.article_id)


def relation_of(link: LikenessRow, article_id: int) -> Relation:
    """What one of the two is to the other."""
    shares = (link.contained, link.containing)
    contained, containing = shares if link.article_id == article_id else shares[::-1]
    return relation(Likeness(contained=contained, containing=containing, resemblance=link.resemblance))


def relation(said: Likeness) -> Relation:
    """What the first of two texts is to the second."""
    if said.resemblance == 1.0:
        return "identical"
    if is_version(said):
        return "light_edit"
    return "excerpt" if said.contained >= said.containing else "contains"
