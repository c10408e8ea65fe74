"""What is a site's own among an article's blocks: by how often it recurs, where it stands, and what it is."""

from datetime import UTC, datetime

from archive.digests import text_digest
from archive.model import Block
from pipelines.template import HALF_LIFE, Template, by_digest, faded, is_of_the_site

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
QUOTATION = "“We choose to go to the Moon in this decade and do the other things, not because they are easy.”"
SERIES = "This is part of our series on the people who keep old spacecraft alive, one dish and one night at a time."
TAGLINE = "Orbit Gazette is read in forty countries, and its journalists answer every letter that they receive."
FLOW, BOX = "div.entry/p", "div.box/p"


def prose(number, place=0):
    return Block(
        text=f"Article {number} says in paragraph {place} what nobody had said before it about the dish at Lund.",
        tag="p",
        path=FLOW,
    )


def block(text, path=FLOW, tag="p"):
    return Block(text=text, tag=tag, path=path)


def taught(pages):
    """What is known after these articles, and the number of the next."""
    known = {}
    for number, blocks in enumerate(pages, 1):
        known |= by_digest(Template().learned(blocks, known, article_number=number, now=NOW))
    return known, len(pages) + 1


def own(blocks, pages):
    known, number = taught(pages)
    return [one.text for one in Template().own(blocks, known, article_number=number)]


def test_nothing_is_the_sites_in_the_first_two_articles():
    page = [prose(1), block("Popular Categories", BOX)]
    assert own(page, []) == own(page, [page, page]) == [page[0].text, "Popular Categories"]


def test_line_in_three_articles_goes():
    pages = [[prose(n), prose(n, 1), block("Write to the desk", BOX)] for n in range(3)]
    assert own([prose(9), block("Write to the desk", BOX)], pages) == [prose(9).text]


def test_run_of_lines_at_either_edge_goes_in_the_flow_too():
    pages = [[block("Orbit Gazette"), prose(n), block("Letters"), block("Write to the desk")] for n in range(8)]
    page = [block("Orbit Gazette"), prose(9), block("Letters"), block("Write to the desk")]
    assert own(page, pages) == [prose(9).text]


def test_sentence_between_paragraphs_survives_in_every_article():
    pages = [[prose(n), block(QUOTATION), prose(n, 1)] for n in range(20)]
    assert own([prose(30), block(QUOTATION), prose(30, 1)], pages) == [prose(30).text, QUOTATION, prose(30, 1).text]


def test_introduction_of_a_series_survives():
    pages = [[block(SERIES), prose(n)] if n % 2 else [prose(n), prose(n, 1)] for n in range(20)]
    assert own([block(SERIES), prose(30)], pages) == [SERIES, prose(30).text]


def test_sentence_at_the_end_goes_when_half_of_the_articles_end_with_it():
    rare = [[prose(n), *([block(TAGLINE)] if n % 4 == 0 else [])] for n in range(20)]
    often = [[prose(n), *([block(TAGLINE)] if n % 3 else [])] for n in range(20)]
    page = [prose(30), block(TAGLINE)]
    assert own(page, rare) == [prose(30).text, TAGLINE]
    assert own(page, often) == [prose(30).text]


def test_authors_box_goes_though_few_articles_are_the_authors():
    box = "Ada Reyes has written about dishes since she soldered one as a child in the shed of her parents."
    pages = [[prose(n), prose(n, 1), *([block(box, BOX)] if n % 4 == 0 else [])] for n in range(20)]
    assert own([prose(30), block(box, BOX)], pages) == [prose(30).text]


def test_label_between_paragraphs_goes_and_a_crosshead_stays():
    pages = [
        [prose(n), block("Article continues"), prose(n, 1), block("What is next", tag="h2"), prose(n, 2)]
        for n in range(8)
    ]
    page = [prose(30), block("Article continues"), prose(30, 1), block("What is next", tag="h2"), prose(30, 2)]
    assert own(page, pages) == [prose(30).text, prose(30, 1).text, "What is next", prose(30, 2).text]


def test_fact_stays_where_many_articles_have_it():
    pages = [[prose(n), *([block("Rocket: Vega-C")] if n % 2 else [block("Rocket: Ariane 6")])] for n in range(20)]
    assert own([prose(30), block("Rocket: Vega-C")], pages) == [prose(30).text, "Rocket: Vega-C"]


def test_case_and_white_space_make_no_other_block():
    pages = [[prose(n), block("Write  to the DESK", BOX)] for n in range(4)]
    assert own([prose(9), block("write to the desk", BOX)], pages) == [prose(9).text]


def test_an_article_is_never_emptied():
    page = [block("Orbit Gazette"), block("Letters")]
    assert own(page, [page] * 10) == ["Orbit Gazette", "Letters"]


def test_redesign_is_forgotten():
    old = [[prose(n), block("Write to the desk")] for n in range(20)]
    new = [[prose(n)] for n in range(100, 300)]
    page = [prose(999), block("Write to the desk")]
    assert own(page, old) == [prose(999).text]
    assert own(page, [*old, *new]) == [prose(999).text, "Write to the desk"]


def test_count_halves():
    known, _ = taught([[block("Write to the desk")]])
    one = known[text_digest("Write to the desk")]
    assert faded(one, 1) == 1
    assert faded(one, 1 + HALF_LIFE) == 0.5


def test_people_decide():
    from dataclasses import replace

    known, number = taught([[prose(n), block("Write to the desk", BOX)] for n in range(5)])
    digest = text_digest("Write to the desk")
    page = [prose(9), block("Write to the desk", BOX), prose(9, 1)]
    released = {**known, digest: replace(known[digest], state="released")}
    pinned = {**taught([[prose(1)]])[0], digest: replace(known[digest], state="pinned", article_count=0)}
    assert [one.text for one in Template().own(page, released, article_number=number)] == [one.text for one in page]
    assert [one.text for one in Template().own(page, pinned, article_number=2)] == [prose(9).text, prose(9, 1).text]
    assert is_of_the_site(pinned[digest], 2)
    assert not is_of_the_site(released[digest], number)


def test_a_japanese_sentence_is_one_though_it_has_fewer_characters():
    series = "この記事は、古い探査機を夜ごとに生かし続ける人々を追う連載の一つとして掲載されている。"
    pages = [[block(series), prose(n)] if n % 3 == 0 else [prose(n), prose(n, 1)] for n in range(20)]
    assert own([block(series), prose(30)], pages) == [series, prose(30).text]
