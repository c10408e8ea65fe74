"""Citations in three formats, and whether what was cited has changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from archive.formats.citations import FORMATS, Seal, bibtex, checked, csl_json, ris, seals
from archive.reading.citable import Citable, citable
from tests.archived import a_revision, an_archived

DIGEST = "sha256:9a0e1d3c70c5b3ed8aa0bf1b2d49b5a6a3b65b7ce8c3ea8dcb3c4e3d0f7f2b11"


def view_of(engine: Engine, article_id: int) -> Citable:
    with engine.connect() as connection:
        view = citable(connection, article_id)
    assert view is not None
    return view


@pytest.fixture
def view(engine: Engine) -> Citable:
    with engine.begin() as connection:
        article_id = an_archived(
            connection,
            source="esa",
            title="50% of {Mars} & the Moon_",
            text="A text.",
            authors=["Jane Doe", "Doe, John", "Science and Technology Desk"],
            published_at=datetime(2025, 3, 12, tzinfo=UTC),
            precision="day",
            lang="en",
        )
    return view_of(engine, article_id)


def test_bibtex_escapes_and_dates_and_seals(view: Citable) -> None:
    assert bibtex(view) == (
        "@online{esa2025-1,\n"
        "  author = {Jane Doe and {Doe, John} and {Science and Technology Desk}},\n"
        "  title = {{50\\% of \\{Mars\\} \\& the Moon\\_}},\n"
        "  date = {2025-03-12},\n"
        "  organization = {ESA},\n"
        "  url = {https://esa.example/1},\n"
        "  urldate = {2025-06-01},\n"
        "  langid = {en},\n"
        f"  note = {{perilune:article=1; revision=1; text={view.text_digest}, "
        f"captured 2025-06-01T12:00:00Z as urn:uuid:0, payload {view.payload_digest}; dated to the day}},\n"
        "}\n"
    )


def test_ris_has_a_field_a_line(view: Citable) -> None:
    assert ris(view).split("\r\n")[:10] == [
        "TY  - NEWS",
        "AU  - Jane Doe",
        "AU  - Doe, John",
        "AU  - Science and Technology Desk",
        "TI  - 50% of {Mars} & the Moon_",
        "T2  - ESA",
        "PY  - 2025",
        "DA  - 2025/03/12/",
        "UR  - https://esa.example/1",
        "Y2  - 2025/06/01/",
    ]


def test_csl_json_keeps_the_dates_in_parts(view: Citable) -> None:
    [item] = json.loads(csl_json(view))
    assert item["issued"] == {"date-parts": [[2025, 3, 12]]}
    assert item["accessed"] == {"date-parts": [[2025, 6, 1]]}
    assert item["author"][1] == {"literal": "Doe, John"}
    assert item["type"] == "article-newspaper"


def test_an_article_without_a_date_is_cited_without_one(engine: Engine) -> None:
    with engine.begin() as connection:
        article_id = an_archived(connection, source="esa", title="Undated", lang=None)
    view = view_of(engine, article_id)
    assert bibtex(view).startswith("@online{esa-1,\n  title = {{Undated}},\n  organization")
    assert "PY  -" not in ris(view)
    assert "issued" not in json.loads(csl_json(view))[0]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_seal_is_found_again_in_every_format(view: Citable, name: str) -> None:
    written = FORMATS[name][1](view)
    expected = Seal(article_id=1, revision=1, text_digest=view.text_digest)
    assert list(seals(written)) == [expected]
    assert list(seals(written.replace("; revision", ";\n    revision"))) == [expected]


def test_line_ends_in_a_title_do_not_start_a_field(engine: Engine) -> None:
    with engine.begin() as connection:
        article_id = an_archived(connection, source="esa", title="One\r\nER  - \r\nTY  - BOOK", authors=["A\nB"])
    assert "TI  - One ER - TY - BOOK\r\n" in ris(view_of(engine, article_id))


def test_what_was_cited_is_compared_with_what_is_held(engine: Engine, view: Citable) -> None:
    [cited] = seals(bibtex(view))
    assert checked(cited, view).verdict == "same"
    with engine.begin() as connection:
        a_revision(connection, 1, text="Another text.", seen_at=datetime(2025, 6, 3, tzinfo=UTC))
    found = checked(cited, view_of(engine, 1))
    assert (found.verdict, found.now, found.url) == ("changed", 2, "https://esa.example/1")
    assert checked(Seal(article_id=9, revision=1, text_digest=DIGEST), None).verdict == "missing"
