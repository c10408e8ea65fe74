"""Page requisites: which addresses a page needs to be seen as it was."""

from __future__ import annotations

import pytest

from archive.evidence.requisites import MAX_NAMES, MAX_REQUISITES, requisites_of

PAGE = "https://alpha.example/news/one"


def of_page(markup: str, *, url: str = PAGE, content_type: str = "text/html; charset=utf-8") -> list[str]:
    return requisites_of(markup.encode(), url=url, content_type=content_type)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        pytest.param('<img src="/a.jpg">', ["https://alpha.example/a.jpg"], id="a picture"),
        pytest.param('<img src="a.jpg#top">', ["https://alpha.example/news/a.jpg"], id="relative, without fragment"),
        pytest.param('<base href="/img/"><img src=a.jpg>', ["https://alpha.example/img/a.jpg"], id="base"),
        pytest.param(
            '<img src="//cdn.example/a.jpg"><img src="//cdn.example/a.jpg">', ["https://cdn.example/a.jpg"], id="once"
        ),
        pytest.param(
            '<link rel="Stylesheet" href=/s.css><link rel="shortcut icon" href=/i.ico><link rel=canonical href=/c>'
            "<link rel=preload as=font href=/f.woff2><link rel=preload as=script href=/x.js>",
            ["https://alpha.example/s.css", "https://alpha.example/i.ico", "https://alpha.example/f.woff2"],
            id="links that show",
        ),
        pytest.param(
            '<picture><source srcset="/s.webp 400w, /m.webp 1300w, /l.webp 2600w"><img src=/m.jpg></picture>',
            ["https://alpha.example/m.webp", "https://alpha.example/m.jpg"],
            id="the candidate that fills the window",
        ),
        pytest.param(
            '<img srcset="/w_1,h_2/a.jpg 320w, /w_3,h_4/b.jpg 640w">',
            ["https://alpha.example/w_3,h_4/b.jpg"],
            id="the largest where none fills it, commas in addresses",
        ),
        pytest.param('<img srcset="/a.jpg, /b.jpg 2x">', ["https://alpha.example/a.jpg"], id="densities"),
        pytest.param(
            "<style>/* url(/no.png) */ body { background: url('/b.png') } @import \"/t.css\";</style>"
            '<p style="background-image: url(/p.png)">',
            ["https://alpha.example/b.png", "https://alpha.example/t.css", "https://alpha.example/p.png"],
            id="styles in the page",
        ),
        pytest.param('<video poster="/p.jpg" src="/v.mp4"></video>', ["https://alpha.example/p.jpg"], id="poster"),
        pytest.param('<noscript><img src="/lazy.jpg"></noscript>', ["https://alpha.example/lazy.jpg"], id="noscript"),
        pytest.param(
            '<script src="/x.js"></script><iframe src="/f.html"></iframe><a href="/a.jpg">a</a><audio src="/a.mp3">',
            [],
            id="no scripts, frames, links, sound",
        ),
        pytest.param(
            '<img src="data:image/png;base64,AAAA"><img src="javascript:alert(1)"><img src="http://[bad/x.png">'
            '<img src=""><img><link rel=stylesheet><img src="file:///etc/passwd">',
            [],
            id="what is no address of the Web",
        ),
        pytest.param(f'<img src="{PAGE}">', [], id="not the page itself"),
        pytest.param("", [], id="nothing"),
        pytest.param("<!-- only -->", [], id="a comment"),
    ],
)
def test_a_page_names_its_requisites(markup: str, expected: list[str]) -> None:
    assert of_page(markup) == expected


def test_a_stylesheet_names_what_it_imports_and_shows() -> None:
    found = requisites_of(
        b"@import 'more.css'; @font-face { src: url(f.woff2) } i { background:url(\"/i.png\") }",
        url="https://cdn.example/css/main.css",
        content_type="text/css",
    )
    assert found == ["https://cdn.example/css/more.css", "https://cdn.example/css/f.woff2", "https://cdn.example/i.png"]


@pytest.mark.parametrize("content_type", ["application/json", "image/svg+xml", None])
def test_other_documents_name_none(content_type: str | None) -> None:
    assert requisites_of(b'<img src="/a.jpg">', url=PAGE, content_type=content_type) == []


def test_a_page_made_to_hurt_is_bounded() -> None:
    assert len(of_page("".join(f"<img src=/{number}.jpg>" for number in range(5_000)))) == MAX_REQUISITES
    assert of_page("<div>" * 50_000 + "<img src=/deep.jpg>") in ([], ["https://alpha.example/deep.jpg"])
    assert of_page(f"<img srcset='{'a ' * 50_000}'><style>{'url(' * 50_000}</style>") == [
        "https://alpha.example/news/a"
    ]


@pytest.mark.parametrize("charset", ["utf-16", "no-such-charset", "utf-8\x00"])
def test_an_odd_charset_costs_nothing_but_its_page(charset: str) -> None:
    assert isinstance(of_page("<img src=/a.jpg>", content_type=f"text/html; charset={charset}"), list)


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        pytest.param("text/html", "<img src=a.png>", id="the same again"),
        pytest.param("text/html", "<img>", id="no name"),
        pytest.param("text/html", "<img src='data:,a'>", id="data"),
        pytest.param("text/css", "i{background:url(data:a)}", id="data in a style"),
    ],
)
def test_a_document_that_names_nothing_new_is_given_up(content_type: str, name: str) -> None:
    """Its last picture stands behind more names than anybody writes."""
    last = "<img src=/last.png>" if content_type == "text/html" else "i{background:url(/last.png)}"
    last_url = "https://alpha.example/last.png"
    assert last_url in of_page(name * (MAX_NAMES // 3) + last, content_type=content_type)
    assert last_url not in of_page(name * (MAX_NAMES + 1) + last, content_type=content_type)


def test_a_name_is_made_an_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr("archive.evidence.requisites.joined", lambda base, name: asked.append(name))
    of_page("<img src=a.png>" * 1_000)
    assert sorted(filter(None, asked)) == ["a.png"]
