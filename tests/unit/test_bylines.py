"""Where on a page its authors are found."""

from __future__ import annotations

import pytest

from tests.unit.test_metadata import metadata

HEAD = "<h1>Probe sends first pictures of the far crater</h1>"
TEXT = "<p>The probe sent its first pictures on Monday. Engineers had waited for them since the landing.</p>"


def page(before: str = "", after: str = "", head: str = "") -> str:
    return f"<html><head>{head}</head><body><article>{HEAD}{before}{TEXT}{after}</article></body></html>"


@pytest.mark.parametrize(
    ("before", "authors"),
    [
        ('<aside class="post-author">Ada Reyes</aside>', ("Ada Reyes",)),
        ('<aside><address><a rel="author" href="/p/ada">Ada Reyes</a></address></aside>', ("Ada Reyes",)),
        ("<p>March 3, 2026 • Ada Reyes in Launches</p>", ("Ada Reyes",)),
        ("<p>by Ada Reyes ● March 3, 2026 ● 6 min read</p>", ("Ada Reyes",)),
        ('<div class="author-name">Team Perigee</div>', ("Team Perigee",)),
        ("<p>March 3, 2026 • Launches in Europe</p>", ()),
        ("<p>03 March 2026 | Ada Reyes</p>", ("Ada Reyes",)),
        ("<p>03 March 2026 | Crater Pictures</p>", ()),
        ("<p>Ada Reyes | 03.03.2026 - Update: 04.03.2026</p>", ("Ada Reyes",)),
        ("<p>Crater Pictures | 03.03.2026</p>", ()),
        ("<p>By LHN, in Launches, Pads · 3 Mar 2026, 20:02 · 0 Comments</p>", ("LHN",)),
        ("<p>Von</p><p>LH24 Redaktion</p>", ("LH24 Redaktion",)),
        ('<p class="date-author">Mar. 3, 2026 · Ada Reyes on behalf of the Vision team</p>', ("Ada Reyes",)),
        ('<div class="byline"><b>Ada Reyes</b><b>Ben Okafor</b></div>', ("Ada Reyes", "Ben Okafor")),
        (
            '<div class="author-box"><p>This post was written by Ada Reyes, Head of Pads and Fuel</p></div>',
            ("Ada Reyes",),
        ),
        ('<p>by <a href="/author/ada/">Amanda</a> · Mar 3, 2026 at 3:00 am</p>', ("Amanda",)),
        (
            '<div class="byline"><a class="name">Ada Reyes</a>. Reviewed by <a class="name">Ben Okafor</a></div>',
            ("Ada Reyes",),
        ),
        ("<ul><li><b>Autorin/Autor</b> Ada Reyes</li></ul>", ("Ada Reyes",)),
    ],
)
def test_a_byline_with_the_headline(before: str, authors: tuple[str, ...]) -> None:
    assert metadata(page(before)).authors == authors


BIOGRAPHY = (
    "Ada Reyes has written about crater chemistry and lander design for twelve years and lives near the coast. " * 2
)


@pytest.mark.parametrize(
    ("after", "authors"),
    [
        (f'<div class="blog_author"><div>Ada Reyes</div><p>{BIOGRAPHY}</p></div>', ("Ada Reyes",)),
        ('<div class="elementor-widget"><h4 class="elementor-author-box__name">Ada Reyes</h4></div>', ("Ada Reyes",)),
        ("<h3>Contributors: Ada Reyes</h3>", ("Ada Reyes",)),
        (f'<div class="author"><div>About The Author</div><p>{BIOGRAPHY}</p></div>', ()),
        ('<aside class="widget"><a rel="author" href="/p/ada">Ada Reyes</a></aside>', ()),
        (
            '<aside><a rel="author" href="/p/1">Ada Reyes</a> <a rel="author" href="/p/2">Ben Okafor</a></aside>',
            (),
        ),
        ('<div class="author">Bild: OG/Ada Reyes</div>', ()),
        ('<div class="author"><span>Author Spotlight</span></div>', ()),
        ('<aside class="card-shadow"><h3>Author</h3><p>Ada Reyes</p></aside>', ("Ada Reyes",)),
        ('<a href="/team/ada-reyes">Ada Reyes</a>', ("Ada Reyes",)),
        ("<p><b>Key Takeaways</b></p>", ()),
    ],
)
def test_a_byline_after_the_text(after: str, authors: tuple[str, ...]) -> None:
    assert metadata(page(after=after)).authors == authors


@pytest.mark.parametrize("account", ["areyes", "ada.reyes", "AdaR", "Lunar Herald"])
def test_people_printed_as_authors_go_before_an_account_or_the_site(account: str) -> None:
    head = f'<meta property="og:site_name" content="Lunar Herald"><meta name="author" content="{account}">'
    assert metadata(page('<p class="byline">By Ada Reyes</p>', head=head)).authors == ("Ada Reyes",)


def test_a_person_whom_the_data_names_goes_before_one_that_is_printed() -> None:
    head = '<meta name="author" content="Ben Okafor">'
    assert metadata(page('<p class="byline">By Ada Reyes</p>', head=head)).authors == ("Ben Okafor",)


def test_properties_of_pictures_and_comments_name_no_author() -> None:
    scope = '<span itemprop="author"{0}>{1}</span>'
    person = ' itemscope itemtype="https://schema.org/Person"'
    picture = f'<div itemscope itemtype="https://schema.org/ImageObject">{scope.format("", "Ben Okafor")}</div>'
    comment = f'<ol class="comments"><li>{scope.format(person, "Tom Gray")}</li></ol>'
    assert metadata(page(scope.format(person, "Ada Reyes") + picture, comment)).authors == ("Ada Reyes",)


def test_properties_of_other_articles_name_no_author() -> None:
    name = '<div><span><span itemprop="author">{}</span></span></div>'
    both = f'<div class="by">{name.format("Ada Reyes")}{name.format("Ben Okafor")}</div>'
    others = "".join(f"<li><div>{name.format(one)}</div></li>" for one in ("Tom Gray", "Una Bell"))
    assert metadata(page(both, f"<section><ul>{others}</ul></section>")).authors == ("Ada Reyes", "Ben Okafor")


PROSE = f"<p>{TEXT[3:-4] * 2}</p>"
HERALD = '<meta property="og:site_name" content="Lunar Herald">'
NEWS = '{"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Lunar Herald"}}'
SITE = f'{HERALD}<script type="application/ld+json">{NEWS}</script>'


@pytest.mark.parametrize(
    ("before", "after", "authors"),
    [
        ("<p><strong>Ada Reyes</strong></p>", "", ("Ada Reyes",)),
        ("<p><strong>Ada Reyes</strong></p><script>{'by': 'Ada Reyes'}</script>", "", ("Ada Reyes",)),
        ("", '<p style="text-align:right"><strong>Ada Reyes</strong></p>', ("Ada Reyes",)),
        ("", "<p><strong>Related Resources</strong></p>", ("Lunar Herald",)),
        ("<p><strong>First Pictures</strong></p>", "", ("Lunar Herald",)),
    ],
    ids=[
        "before the prose",
        "whom a script names too",
        "on the right behind it",
        "a heading behind it",
        "words of the text",
    ],
)
def test_who_signs_in_bold_goes_before_the_site(before: str, after: str, authors: tuple[str, ...]) -> None:
    assert metadata(page(before + PROSE, PROSE + after, head=SITE)).authors == authors


@pytest.mark.parametrize(
    ("before", "after", "authors"),
    [
        ("", "", ()),
        ("", "<footer>© 2026 Lunar Herald Inc.</footer>", ()),
        ("<p>By Lunar Herald Inc</p>", "", ("Lunar Herald Inc",)),
        ("<p>March 3, 2026 | Lunar Herald Inc</p>", "", ("Lunar Herald Inc",)),
        ('<div class="entry-meta">Lunar Herald Inc My Stories</div>', "", ("Lunar Herald Inc",)),
        ("", "<p>Written by the Lunar Herald Inc</p>", ("Lunar Herald Inc",)),
    ],
    ids=["above the headline alone", "copyright", "by", "beside its date", "in the byline's element", "at the end"],
)
def test_a_house_is_the_author_where_it_signs(before: str, after: str, authors: tuple[str, ...]) -> None:
    head = f'{HERALD}<meta name="author" content="Lunar Herald Inc">'
    html = page(before, after, head=head).replace("<article>", "<div>Lunar Herald Inc</div><article>")
    assert metadata(html).authors == authors


@pytest.mark.parametrize(("kind", "authors"), [("NewsArticle", ("Lunar Herald",)), ("BlogPosting", ())])
def test_a_house_that_only_data_names_is_the_author_of_news(kind: str, authors: tuple[str, ...]) -> None:
    assert metadata(page(head=SITE.replace("NewsArticle", kind))).authors == authors


@pytest.mark.parametrize(
    ("before", "authors"),
    [
        ("<p>By Our Editors</p>", ("Our Editors",)),
        ("<p>by <a href='#'>Launch Desk</a></p>", ("Launch Desk",)),
        ('<div class="creator-author">Newsdesk</div>', ("Newsdesk",)),
        ('<p>by <a href="/author/yuki/">Yuki</a></p>', ("Yuki",)),
        ('<strong><a href="/author/yuki/">Yuki</a></strong>', ("Yuki",)),
        ("<p>By Guest Contributor</p>", ()),
        (f'<p>{PROSE[3:-4]} It was drawn by <a href="/people/ben">Ben Okafor</a>.</p>', ()),
        ('<a href="/profiler/docs">Crater Profiler</a>', ()),
        ("<img alt='Ada Reyes'><p>Ada Reyes, pilot of the lander, stands beside her white ship.</p>", ()),
    ],
)
def test_a_byline_without_a_full_name(before: str, authors: tuple[str, ...]) -> None:
    assert metadata(page(before)).authors == authors
