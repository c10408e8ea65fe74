"""The page that started this project, in the placements that sites give to their own lines.

An article about Russia's delegation at the 68th COPUOS session: its title printed once to three times,
then 'Popular Categories' and 'Search the website' in the manner of fifty systems. Nothing of the site may
stay, nothing of the article may go, and no history of the site helps.
"""

from __future__ import annotations

from html import escape

import pytest

from pipelines.extract import extract
from pipelines.page import Hints, Rules

TITLE = "Russia's Delegation at the 68th Session of COPUOS"
SITE = "Orbital Gazette"
OPENING = (
    "At the recent 68th session of the Committee on the Peaceful Uses of Outer Space in Vienna, the delegation "
    "of the Russian Federation set out its view of how states should share data about objects in low orbits."
)
MIDDLE = (
    (
        "The head of the delegation told the plenary that a common catalogue would only be trusted if every operator "
        "could add to it, and asked the Secretariat to collect the formats that are in use today."
    ),
    (
        "Several members welcomed the idea, although two of them warned that a catalogue without agreed accuracy would "
        "lead to needless manoeuvres. The discussion continues in the working group on long-term sustainability."
    ),
    (
        "The session also heard a report on lunar activities. Delegates spoke about the far side of the Moon, where "
        "radio astronomers want silence, and about landing sites that more than one mission has chosen."
    ),
    (
        "On the margins of the meeting the delegation showed instruments from its universities, among them a small "
        "spectrometer that students built and that is to fly next year."
    ),
)
CLOSING = (
    "The delegation said that open exchange of results remains the foundation of trust between agencies and of "
    "future scientific endeavors."
)
SHORT = (OPENING, CLOSING)
LONG = (OPENING, *MIDDLE, CLOSING)
CATEGORIES = ("Technology", "Science", "Education", "Space Policy", "Launch Vehicles")
LINKS = "".join(f'<li><a href="/category/{name.lower()}">{name}</a></li>' for name in CATEGORIES)
FORM = (
    '<form role="search" action="/" method="get"><label>Search for: <input type="search" name="s"></label>'
    '<input type="submit" value="Search"></form>'
)
LINK_LINE = " | ".join(f'<a href="/category/{name.lower()}">{name}</a>' for name in CATEGORIES)


def paragraphs(texts: tuple[str, ...]) -> str:
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts)


# Where the site puts its lines: name → (inside the article's own element, after that element).
PLACEMENTS: dict[str, tuple[str, str]] = {
    "aside": ("", f"<aside><h3>Popular Categories</h3><ul>{LINKS}</ul><h3>Search the website</h3>{FORM}</aside>"),
    "aside inside": (
        f"<aside><h3>Popular Categories</h3><ul>{LINKS}</ul><h3>Search the website</h3>{FORM}</aside>",
        "",
    ),
    "widgets inside": (
        (
            f'<div class="widget widget_categories"><h2 class="widget-title">Popular Categories</h2><ul>{LINKS}</ul></div>'  # noqa: E501
            f'<div class="widget widget_search"><h2 class="widget-title">Search the website</h2>{FORM}</div>'
        ),
        "",
    ),
    "widgets of paragraphs": (
        (
            '<div class="widget"><p>Popular Categories</p><p>Technology</p><p>Science</p></div>'
            '<div class="widget"><p>Search the website</p></div>'
        ),
        "",
    ),
    "sidebar": (
        "",
        f'<div id="sidebar"><h4>Popular Categories</h4><p>{LINK_LINE}</p><h4>Search the website</h4>{FORM}</div>',
    ),
    "sidebar without links": ("", '<div class="sidebar"><p>Popular Categories</p><p>Search the website</p></div>'),
    "bold paragraphs": ("<p><strong>Popular Categories</strong></p><p><strong>Search the website</strong></p>", ""),
    "bold paragraphs with a list": (
        f"<p><b>Popular Categories</b></p><ul>{LINKS}</ul><p><b>Search the website</b></p>",
        "",
    ),
    "bold paragraphs with links": (
        f"<p><strong>Popular Categories</strong></p><p>{LINK_LINE}</p><p><strong>Search the website</strong></p>{FORM}",
        "",
    ),
    "bold and break": ("<p><b>Popular Categories</b><br><b>Search the website</b></p>", ""),
    "plain paragraphs": ("<p>Popular Categories</p><p>Search the website</p>", ""),
    "plain paragraphs in capitals": ("<p>POPULAR CATEGORIES</p><p>SEARCH THE WEBSITE</p>", ""),
    "plain paragraphs with colon": (f"<p>Popular Categories:</p><p>{LINK_LINE}</p><p>Search the website:</p>", ""),
    "plain divs": ("<div>Popular Categories</div><div>Search the website</div>", ""),
    "columns of paragraphs": (
        (
            '<div class="columns"><div class="column"><p>Popular Categories</p><p>Technology</p><p>Science</p>'
            '<p>Education</p></div><div class="column"><p>Search the website</p></div></div>'
        ),
        "",
    ),
    "second headings": (f"<h2>Popular Categories</h2><ul>{LINKS}</ul><h2>Search the website</h2>{FORM}", ""),
    "third headings alone": ("<h3>Popular Categories</h3><h3>Search the website</h3>", ""),
    "fourth headings after": ("", f"<h4>Popular Categories</h4><ul>{LINKS}</ul><h4>Search the website</h4>{FORM}"),
    "headings and paragraphs": (
        (
            "<h3>Popular Categories</h3><p>Technology</p><p>Science</p><p>Education</p>"
            "<h3>Search the website</h3><p>Type and press enter</p>"
        ),
        "",
    ),
    "headings with icons": (
        '<h3><i class="icon"></i> Popular Categories</h3><h3><span>Search</span> the website</h3>' + FORM,
        "",
    ),
    "footer": ("", f"<footer><h3>Popular Categories</h3><ul>{LINKS}</ul><h3>Search the website</h3>{FORM}</footer>"),
    "footer inside": (f"<footer><p>Popular Categories</p><p>{LINK_LINE}</p><p>Search the website</p></footer>", ""),
    "section": (
        "",
        (
            f"<section><h2>Popular Categories</h2><ul>{LINKS}</ul></section>"
            f"<section><h2>Search the website</h2>{FORM}</section>"
        ),
    ),
    "definition list": (f"<dl><dt>Popular Categories</dt><dd>{LINK_LINE}</dd><dt>Search the website</dt></dl>", ""),
    "list": ("<ul><li>Popular Categories</li><li>Search the website</li></ul>", ""),
    "list of links": (
        '<ul><li><a href="/all">Popular Categories</a></li><li><a href="/search">Search the website</a></li></ul>',
        "",
    ),
    "block theme": (
        (
            '<div class="wp-block-group"><h2 class="wp-block-heading">Popular Categories</h2>'
            f'<ul class="wp-block-categories-list wp-block-categories">{LINKS}</ul>'
            f'<h2 class="wp-block-heading">Search the website</h2><div class="wp-block-search">{FORM}</div></div>'
        ),
        "",
    ),
    "page builder": (
        (
            '<div class="elementor-widget elementor-widget-heading"><h3 class="elementor-heading-title">Popular Categories'  # noqa: E501
            f'</h3></div><div class="elementor-widget elementor-widget-text-editor"><p>{LINK_LINE}</p></div>'
            '<div class="elementor-widget elementor-widget-heading"><h3 class="elementor-heading-title">Search the website'  # noqa: E501
            f'</h3></div><div class="elementor-widget elementor-widget-search-form">{FORM}</div>'
        ),
        "",
    ),
    "with a copyright paragraph": (
        (
            f"<h3>Popular Categories</h3><ul>{LINKS}</ul><h3>Search the website</h3>{FORM}"
            "<p>© 2025 Orbital Gazette. All rights reserved.</p>"
        ),
        "",
    ),
    "with counts": (
        (
            "<p><strong>Popular Categories</strong></p><p>Technology (12)</p><p>Science (41)</p><p>Education (7)</p>"
            "<p><strong>Search the website</strong></p><p>Search</p>"
        ),
        "",
    ),
    "details": (
        (
            f"<details><summary>Popular Categories</summary><ul>{LINKS}</ul></details>"
            f"<details open><summary>Search the website</summary>{FORM}</details>"
        ),
        "",
    ),
    "rows of a table": (
        "<table><tr><td>Popular Categories</td></tr><tr><td>Search the website</td></tr></table>",
        "",
    ),
    "cells with breaks": (
        f"<table><tr><td><b>Popular Categories</b><br>{LINK_LINE}</td><td><b>Search the website</b></td></tr></table>",
        "",
    ),
    "nested spans": (
        "<p><span><span>Popular</span> <span>Categories</span></span></p><p><span>Search <i>the</i> website</span></p>",
        "",
    ),
    "headings in capitals": (f"<h3>POPULAR CATEGORIES</h3><ul>{LINKS}</ul><h3>SEARCH THE WEBSITE</h3>", ""),
    "headings with counts": (f"<h3>Popular Categories (12)</h3><ul>{LINKS}</ul><h3>Search the website (3)</h3>", ""),
    "paragraphs with counts": ("<p>Popular Categories (12)</p><p>Search the website</p>", ""),
    "definitions": (
        "<dl><dt>Popular Categories</dt><dd>Science</dd><dt>Search the website</dt><dd>Type</dd></dl>",
        "",
    ),
    "lines with breaks": ("<p>Popular Categories<br>Technology<br>Science<br>Search the website</p>", ""),
    "links with breaks": (
        '<p>Popular Categories<br><a href="/t">Technology</a><br><a href="/s">Science</a></p><p>Search the website</p>',
        "",
    ),
    "fieldsets": (
        (
            f"<fieldset><legend>Popular Categories</legend><ul>{LINKS}</ul></fieldset>"
            f"<fieldset><legend>Search the website</legend>{FORM}</fieldset>"
        ),
        "",
    ),
    "quotations": (
        "<blockquote><p>Popular Categories</p></blockquote><blockquote><p>Search the website</p></blockquote>",
        "",
    ),
    "cards of a grid": (
        (
            '<div class="grid"><div class="col"><h5>Popular Categories</h5><i>Technology</i><i>Science</i></div>'
            '<div class="col"><h5>Search the website</h5><span>Go</span></div></div>'
        ),
        "",
    ),
    "one line": ("<p>Popular Categories | Search the website</p>", ""),
    "pictographs": ("<p>🔥 Popular Categories</p><p>🔍 Search the website</p>", ""),
    "label and list": ("<p>Popular Categories: Technology, Science, Education</p><p>Search the website:</p>", ""),
    "own elements": (
        "<x-widget><p>Popular Categories</p></x-widget><x-search><p>Search the website</p></x-search>",
        "",
    ),
    "labels": ("<label>Popular Categories</label><label>Search the website</label>", ""),
    "bare text": ("Popular Categories<br>Search the website", ""),
    "centred": ("<center><b>Popular Categories</b></center><center>Search the website</center>", ""),
    "characters without width": ("<p>Popular&nbsp;Categories\u200b</p><p>\ufeffSearch the website</p>", ""),
    "marks around": ("<p>» Popular Categories</p><p>[Search the website]</p>", ""),
    "list in a list": (
        "<ol><li>Popular Categories<ol><li>Technology</li></ol></li><li>Search the website</li></ol>",
        "",
    ),
    "plain paragraphs behind": ("", "<p>Popular Categories</p><p>Search the website</p>"),
    "bold paragraphs behind": (
        "",
        "<p><b>Popular Categories</b></p><p>Technology, Science</p><p><b>Search the website</b></p>",
    ),
}


def head_of(title_count: int, *, is_breadcrumb: bool) -> str:
    """The title printed once as h1; again as a bold line below it; a third time above it."""
    title = escape(TITLE)
    above = (
        f"<p><a href='/'>Home</a> » <a href='/news'>News</a> » {title}</p>" if is_breadcrumb else f"<h2>{title}</h2>"
    )
    return (
        (above if title_count > 2 else "")
        + f"<h1>{title}</h1>"
        + (f"<p><strong>{title}</strong></p>" if title_count > 1 else "")
    )


def page_of(
    texts: tuple[str, ...], placement: str, title_count: int, *, is_breadcrumb: bool = True, before: str = ""
) -> bytes:
    inside, after = PLACEMENTS[placement]
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(TITLE)} - {SITE}</title>
    <meta property="og:title" content="{escape(TITLE)}"></head><body>
    <header><a href="/">{SITE}</a><nav><ul><li><a href="/news">News</a></li></ul></nav></header>
    <div class="content"><article>{head_of(title_count, is_breadcrumb=is_breadcrumb)}
    {before}{paragraphs(texts)}
    {inside}</article>{after}</div></body></html>""".encode()


def table_page(texts: tuple[str, ...], title_count: int, chrome: str) -> bytes:
    """A layout of 1999: the site's lines are headings in a cell of the table that holds the article."""
    title = escape(TITLE)
    again = f"<CENTER><B>{title}</B></CENTER>" * (title_count - 1)
    return f"""<HTML><HEAD><TITLE>{title}</TITLE></HEAD><BODY BGCOLOR="#FFFFFF"><TABLE WIDTH="100%"><TR>
    <TD WIDTH="150"><A HREF="/">Home</A><BR><A HREF="/news">News</A></TD>
    <TD><H2>{title}</H2>{again}{paragraphs(texts)}{chrome if "TD" not in chrome else ""}</TD>
    {chrome if "TD" in chrome else ""}</TR></TABLE></BODY></HTML>""".encode()


TABLE_CHROME = {
    "in a column": f"<TD><H3>Popular Categories</H3>{LINK_LINE}<H3>Search the website</H3>{FORM}</TD>",
    "in a column without links": "<TD><H3>Popular Categories</H3><H3>Search the website</H3></TD>",
    "in the cell": f"<H3>Popular Categories</H3>{LINK_LINE}<H3>Search the website</H3>",
    "in the cell after a rule": "<HR><FONT SIZE=2><B>Popular Categories</B><BR><B>Search the website</B></FONT>",
}


def words(text: str) -> str:
    return " ".join(text.split())


def read(page: bytes) -> tuple[str, str]:
    found = extract(page, url="https://gazette.example/russia-copuos", charset="utf-8", hints=Hints(), rules=Rules())
    return found.title, words(found.text)


@pytest.mark.parametrize("texts", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long")])
@pytest.mark.parametrize("title_count", [1, 2, 3])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_only_the_article_is_read(placement, title_count, texts) -> None:
    title, text = read(page_of(texts, placement, title_count))
    assert title == TITLE
    assert text == words(" ".join(texts))


BEFORE = {
    "plain": "<p>Popular Categories</p><p>Search the website</p>",
    "headings": f"<h3>Popular Categories</h3><ul>{LINKS}</ul><h3>Search the website</h3>{FORM}",
    "bold": "<p><b>Popular Categories</b></p><p>Technology</p><p>Science</p><p><b>Search the website</b></p>",
    "list": "<ul><li>Popular Categories</li><li>Search the website</li></ul>",
}


@pytest.mark.parametrize("texts", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long")])
@pytest.mark.parametrize("placement", BEFORE)
def test_the_sites_lines_between_title_and_text_go(placement, texts) -> None:
    title, text = read(page_of(texts, "aside", 2, before=BEFORE[placement]))
    assert title == TITLE
    assert text == words(" ".join(texts))


IN_OTHER_WORDS = {
    "ru": ("Популярные категории", "Поиск по сайту"),
    "zh": ("热门分类", "站内搜索"),
    "ja": ("人気記事", "サイト内検索"),
    "de": ("Beliebte Kategorien", "Website durchsuchen"),
    "fr": ("Catégories populaires", "Rechercher sur le site"),
    "es": ("Categorías populares", "Buscar en el sitio"),
    "it": ("Categorie popolari", "Cerca nel sito"),
    "ko": ("카테고리", "검색"),
    "pl": ("Popularne kategorie", "Szukaj na stronie"),
}


@pytest.mark.parametrize("lang", IN_OTHER_WORDS)
@pytest.mark.parametrize("form", ["<p>{}</p><p>{}</p>", "<h3>{} (12)</h3><h3>{}</h3>", "<p><b>{}</b></p><p>🔍 {}:</p>"])
def test_the_sites_lines_go_in_other_languages(lang, form) -> None:
    page = page_of(SHORT, "aside", 1).replace(
        b"</article>", form.format(*IN_OTHER_WORDS[lang]).encode() + b"</article>"
    )
    assert read(page) == (TITLE, words(" ".join(SHORT)))


@pytest.mark.parametrize("texts", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long")])
@pytest.mark.parametrize("title_count", [1, 2, 3])
@pytest.mark.parametrize("chrome", TABLE_CHROME)
def test_only_the_article_is_read_from_a_table_layout(chrome, title_count, texts) -> None:
    title, text = read(table_page(texts, title_count, TABLE_CHROME[chrome]))
    assert title == TITLE
    assert text == words(" ".join(texts))


def test_the_title_above_itself_as_a_heading_goes_too() -> None:
    _, text = read(page_of(SHORT, "aside", 3, is_breadcrumb=False))
    assert text == words(" ".join(SHORT))


def test_an_article_about_categories_and_search_keeps_its_sentences() -> None:
    about = (
        OPENING,
        "Popular categories of orbits were compared, and those who search the website of the Office find the tables.",
        CLOSING,
    )
    _, text = read(page_of(about, "bold paragraphs", 2))
    assert text == words(" ".join(about))
