"""What a publisher was seen to ask, from the rows of a small archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from archive.evidence.licences import Licence
from archive.reading.rights import rights_of
from tests.archived import SEEN, a_capture, an_archived
from tests.crawled import Crawl, config_of, page


def test_rights_as_seen_with_the_robots_txt_before_the_capture(engine: Engine, tmp_path: Path) -> None:
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
        found = rights_of(connection, number, tmp_path)
    assert found is not None
    assert (found.wishes, found.is_paywalled, found.credit_line) == (("tdm_reserved",), True, "Source: ESA")
    assert found.robots is not None
    assert (found.robots.warc_record_id, found.robots.captured_at) == ("<urn:uuid:robots-1>", SEEN - timedelta(hours=1))


def test_what_was_not_recorded_is_none(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        number = an_archived(connection, source="esa", title="Ice", text="Ice.")
        found = rights_of(connection, number, tmp_path)
        assert rights_of(connection, number + 1, tmp_path) is None
    assert found is not None
    assert (found.wishes, found.is_paywalled, found.credit_line, found.robots) == (None, None, None, None)
    assert (found.licences, found.robots_rule) == (None, None)  # its record is in no file here


def test_licences_are_read_from_the_evidence(tmp_path: Path) -> None:
    crawl = Crawl(config_of(tmp_path))
    head = '<link rel="license" href="https://cc.example/by/4.0/">'
    first = crawl.answer("/ice", page("Ice on the far side", head=head), is_gzipped=True)
    crawl.answer("/ice", page("Ice on the far side", head=head), is_gzipped=True, original=first)
    crawl.close()
    with crawl.engine.connect() as connection:
        whole = rights_of(connection, 1, crawl.config.warc_dir)
        for file in crawl.config.warc_dir.glob("*.warc.gz"):
            file.write_bytes(file.read_bytes()[:400])
        torn = rights_of(connection, 1, crawl.config.warc_dir)
    assert whole is not None
    assert whole.licences == (Licence(said_by="rel=license", says="https://cc.example/by/4.0/"),)
    assert torn is not None
    assert torn.licences is None
