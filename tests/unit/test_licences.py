"""archive.evidence.licences: what a page states, quoted, with who says it."""

from __future__ import annotations

import pytest

from archive.evidence.licences import MAX_CHARS, MAX_STATEMENTS, licences_of
from archive.evidence.records import HttpMessage

URL = "https://example.org/news/ice"


def stated(html: str, *headers: tuple[str, str]) -> list[tuple[str, str]]:
    answer = HttpMessage(
        start_line="HTTP/1.1 200 OK",
        headers=(("Content-Type", "text/html; charset=utf-8"), *headers),
        body=f"<html><head><title>Ice</title></head><body>{html}</body></html>".encode(),
    )
    return [(one.said_by, one.says) for one in licences_of(answer, url=URL)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a rel="nofollow LICENSE" href="/by">x</a>', ("rel=license", "https://example.org/by")),
        ('<link rel="license" href="https://cc.example/by/4.0/">', ("rel=license", "https://cc.example/by/4.0/")),
        ('<base href="https://two.example/"><a rel=license href=by>x</a>', ("rel=license", "https://two.example/by")),
        ('<meta name="DC.Rights" content=" \u00a9 ESA,\n 2025 ">', ("meta dc.rights", "\u00a9 ESA, 2025")),
        ('<meta property="copyright" content="NASA">', ("meta copyright", "NASA")),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "News", "license": {"@id": "urn:l"}}]}</script>',
            ("JSON-LD News license", "urn:l"),
        ),
        (
            '<script type="application/ld+json">[{"copyrightNotice": ["All rights reserved", 7]}]</script>',
            ("JSON-LD copyrightNotice", "All rights reserved"),
        ),
        (
            '<script type="application/ld+json">{"image": {"@type": "ImageObject", "license": "/l"}}</script>',
            ("JSON-LD ImageObject license", "/l"),
        ),
    ],
)
def test_a_statement_is_quoted(html: str, expected: tuple[str, str]) -> None:
    assert stated(html) == [expected]


@pytest.mark.parametrize(
    "html",
    [
        "<a href=/license>Licence</a>",
        '<a rel="license">x</a>',
        '<a rel="licensed" href="/x">x</a>',
        '<meta name="license" content=" ">',
        '<script>{"license": "x"}</script>',
        '<script type="application/ld+json">{"license": </script>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
    ],
    ids=["a link", "no address", "another word", "empty", "another script", "torn", "deep"],
)
def test_what_states_nothing(html: str) -> None:
    assert stated(html) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('</a>; rel="next", </by>; title="by, 4.0"; rel="license"', [("Link", "https://example.org/by")]),
        ("</by>; rel=license", [("Link", "https://example.org/by")]),
        ('</by>; rel="licensed"', []),
    ],
)
def test_link_header(value: str, expected: list[tuple[str, str]]) -> None:
    assert stated("", ("Link", value)) == expected


def test_bounds() -> None:
    assert stated(f'<meta name="rights" content="{"x" * 9_000}">') == [("meta rights", "x" * MAX_CHARS)]
    many = "".join(f'<a rel="license" href="/{number}">x</a>' for number in range(400))
    assert stated(many + many)[-1] == ("rel=license", f"https://example.org/{MAX_STATEMENTS - 1}")


def test_no_page_states_nothing() -> None:
    picture = HttpMessage(start_line="HTTP/1.1 200 OK", headers=(("Content-Type", "image/png"),), body=b"\x89PNG")
    assert licences_of(picture, url=URL) == ()
