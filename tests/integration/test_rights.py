"""What a publisher was seen to ask, from the rows of a small archive."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from archive.reading.rights import rights_of
from tests.archived import SEEN, a_capture, an_archived


def test_rights_as_seen_with_the_robots_txt_before_the_capture(engine: Engine) -> None:
    robots = "https://esa.example/robots.txt"
    with engine.begin() as connection:
        number = an_archived(
            connection,
            source="esa",
            title="Ice",
            text="Ice.",
            url="https://esa.example/ice",
            particulars={"wishes": ["tdm_reserved"], "is_paywalled": True, "credit_line": "Source: ESA"},
        )
        for place, hours in enumerate((-5, -1, 1)):
            at, record_id = SEEN + timedelta(hours=hours), f"<urn:uuid:robots-{place}>"
            a_capture(connection, source_id="esa", url=robots, record_id=record_id, captured_at=at)
        found = rights_of(connection, number)
    assert found is not None
    assert (found.wishes, found.is_paywalled, found.credit_line) == (("tdm_reserved",), True, "Source: ESA")
    assert found.robots is not None
    assert (found.robots.warc_record_id, found.robots.captured_at) == ("<urn:uuid:robots-1>", SEEN - timedelta(hours=1))


def test_what_was_not_recorded_is_none(engine: Engine) -> None:
    with engine.begin() as connection:
        number = an_archived(connection, source="esa", title="Ice", text="Ice.")
        found = rights_of(connection, number)
        assert rights_of(connection, number + 1) is None
    assert found is not None
    assert (found.wishes, found.is_paywalled, found.credit_line, found.robots) == (None, None, None, None)
