"""What is taken of a page beyond what the extractor recognised, and what is left although it did."""

import pytest
from lxml.html import document_fromstring

from pipelines.blocks import blocks_in, link_share
from pipelines.body import foreign_names, is_foreign
from pipelines.chrome import chrome_word, is_picture_name, prune_chrome
from pipelines.container import filled
from pipelines.lines import cleaned
from pipelines.tree import tree_of

ORBIT = "The tug Meridian raised the orbit of the station by eleven kilometres over two burns on Tuesday morning."
CREW = "Four people live aboard, and none of them had to leave the forward module while the engines were running."
FUEL = "What fuel is left will carry the tug through two more such burns before it returns to the depot in spring."
NEXT = "A second tug waits at the depot, and its owners say that it could take over the work within three weeks."


def tree(html):
    return document_fromstring(f"<html><body>{html}</body></html>")


def of(html, *recognised):
    return filled(blocks_in(tree(html)), recognised)


def test_sections_that_were_missed_are_taken():
    html = f"<div><p>{ORBIT}</p></div><section><p>{CREW}</p><p>{FUEL}</p></section><section><p>{NEXT}</p></section>"
    assert of(f"<main>{html}</main>", ORBIT, NEXT) == [ORBIT, CREW, FUEL, NEXT]


def test_text_in_several_boxes_of_one_name_is_one():
    def row(*texts, name="body article-body"):
        return f"<div class='row'><div class='{name}'>{''.join(f'<p>{text}</p>' for text in texts)}</div></div>"

    other = "The depot sells what it has left of its fuel to whoever comes for it with a tank of their own by June."
    page = row(ORBIT, CREW) + row(other, name="latest") + row(FUEL) + row(NEXT)
    assert of(f"<main>{page}</main>", ORBIT, CREW) == [ORBIT, CREW, FUEL, NEXT]
    assert of(f"<main>{page.replace('body article-body', 'x')}</main>", ORBIT, CREW) == [ORBIT, CREW]


def test_names_and_prices_around_an_article_are_not():
    shop = "".join(f"<li>Model of tug number {number}, painted by hand</li>" for number in range(40))
    assert of(f"<main><p>{ORBIT}</p><p>{CREW}</p><ul>{shop}</ul></main>", ORBIT, CREW)[:2] == [ORBIT, CREW]


def test_headline_of_another_story_is_left_out():
    line = "Depot in lunar orbit opens its second dock to visitors"
    html = f"<main><p>{ORBIT}</p><p><a href='/x'>{line}</a></p><p>{CREW}</p></main>"
    assert of(html, ORBIT, line, CREW) == [ORBIT, CREW]


def test_label_and_headline_of_another_story_are_left_out():
    line = "Depoet i månebane åpner sin andre dokk"
    html = f"<main><p>{ORBIT}</p><p>Les også: <a href='/x'>{line}</a></p><p>{CREW}</p></main>"
    assert of(html, ORBIT, f"Les også: {line}", CREW) == [ORBIT, CREW]


def test_card_of_another_story_is_left_out():
    card = f"<a href='/x'><div><h3>Depot opens its second dock</h3><p>{NEXT}</p></div></a>"
    assert of(f"<main><p>{ORBIT}</p>{card}<p>{CREW}</p></main>", ORBIT, NEXT, CREW) == [ORBIT, CREW]
    quoted = f"<a href='/x'><p>{NEXT}</p></a>"  # a link around a paragraph is no card
    assert of(f"<main><p>{ORBIT}</p>{quoted}<p>{CREW}</p></main>", ORBIT, NEXT, CREW) == [ORBIT, NEXT, CREW]


def test_table_in_a_figure_is_text_and_a_picture_is_not():
    table = "<figure><table><tr><td>Burn 1</td><td>6 km</td></tr></table><figcaption>Two burns</figcaption></figure>"
    picture = "<figure><img src='/a.png'><figcaption>The tug, seen from the window</figcaption></figure>"
    html = f"<main><p>{ORBIT}</p>{table}{picture}<p>{CREW}</p></main>"
    assert of(html, ORBIT, "Burn 1 6 km", CREW) == [ORBIT, "Burn 1 6 km", CREW]


def test_label_and_address_stay():
    html = f"<main><p>{ORBIT}</p><p>Website: <a href='/x'>tug.example</a></p><p>{CREW}</p></main>"
    assert of(html, ORBIT, "Website: tug.example", CREW) == [ORBIT, "Website: tug.example", CREW]


def test_crosshead_comes_with_its_paragraph():
    html = f"<main><p>{ORBIT}</p><div><h3>Fuel for two more</h3></div><p>{FUEL}</p></main>"
    assert of(html, ORBIT, FUEL) == [ORBIT, "Fuel for two more", FUEL]


def test_crosshead_of_what_is_left_out_is_left_out():
    html = f"<main><p>{ORBIT}</p><div><h3>Video of the burn</h3><span>2 min</span></div><p>{FUEL}</p></main>"
    assert of(html, ORBIT, FUEL) == [ORBIT, FUEL]


def test_article_loaded_below_is_another():
    root = tree(f"<article><h1>Tug</h1><p>{ORBIT * 5}</p></article><article><h1>Depot</h1><p>{NEXT * 5}</p></article>")
    prune_chrome(root)
    assert [text for _, text in blocks_in(root)] == ["Tug", ORBIT * 5]


def test_class_names():
    def word(name):
        return chrome_word(tree(f"<div class='{name}'></div>").find(".//div"))

    assert word("element-58ad1d2") is None
    assert word("component_5cd3ad805f") is None
    assert word("ad-slot") == "ad"
    assert word("has-sidebar content") is None
    assert word("sidebar-enabled--false") is None
    assert word("sidebar") == "sidebar"
    assert word("grid-toc-content-sidebar") is None
    assert word("visually-hidden") == "visually-hidden"
    assert word("comments-wrapper") == "comments"
    assert word("aiSummaryContent") == "ai-summary"
    assert word("poll-results") == "poll"
    assert word("pollution-report") is None


def test_comments_longer_than_the_article_go():
    said = "".join(f"<p>{NEXT}</p>" for _ in range(20))
    root = tree(f"<main><p>{ORBIT}</p><p>{CREW}</p><div class='comments'>{said}</div></main>")
    prune_chrome(root)
    assert [text for _, text in blocks_in(root)] == [ORBIT, CREW]


def test_caption_goes_with_its_credit():
    caption = "The tug seen from the forward window during the second burn. (Photo: Ada Reyes/Meridian)"
    assert cleaned([ORBIT, caption, CREW], titles=["Tug"]) == [ORBIT, CREW]
    assert cleaned([ORBIT, "Image: Ada Reyes", CREW], titles=["Tug"]) == [ORBIT, CREW]


def left(html):
    root = tree(html)
    prune_chrome(root)
    return [text for _, text in blocks_in(root)]


def test_caption_in_an_element_that_is_named_a_picture_goes():
    caption = "<p>The tug at its dock, seen from the station</p>"
    text = f"<p>{ORBIT}</p><p>{CREW}</p><p>{FUEL}</p>"
    assert left(f"<main>{text}<div class='image-widget'><img src='/t.jpg'>{caption}</div></main>") == [
        ORBIT,
        CREW,
        FUEL,
    ]
    assert left(f"<main>{text}<div class='foto__box'><div><img src='/t.jpg'></div>{caption}</div></main>")[3:] == []
    for kept in ("<div class='item-has-image'><img>", "<div class='image-widget'>", "<div class='imagery'><img>"):
        assert len(left(f"<main>{text}{kept}{caption}</div></main>")) == 4, kept
    card = f"<div class='image-card'><img><h3>Dock</h3>{caption}</div>"
    assert len(left(f"<main>{text}{card}</main>")) == 5


@pytest.mark.parametrize("name", ["format-image", "image-of-the-day", "photo-article", "gallery photo"])
def test_text_of_a_picture_of_the_day_is_no_caption(name):
    about = "<p>The probe took this view of the northern rim on its ninth pass, from a height of eighty kilometres.</p>"
    site = f"<div><p>{ORBIT}</p></div>"
    assert len(left(f"<div class='post {name}'><h1>The Rim</h1><img src='/r.jpg'>{about}</div>{site * 4}")) == 6
    assert len(left(f"<div><h1>The Rim</h1><div class='post {name}'><img src='/r.jpg'>{about}</div></div>")) == 2
    several = f"<div class='{name}'><img src='/r.jpg'>{about * 3}</div>"
    assert len(left(f"<div><h1>The Rim</h1>{several}</div>{site * 20}")) == 24


def test_sentence_about_a_photo_stays():
    said = "She showed the photo: it was taken at 3 a.m. and shows the tug's shadow on the station's solar panels."
    assert cleaned([ORBIT, said, CREW], titles=["Tug"]) == [ORBIT, said, CREW]


def test_author_box_goes_and_the_author_in_prose_stays():
    box = "Ada Reyes covers tugs and depots for this magazine and lives in Kourou."
    inside = "Ada Reyes asked the crew what they felt when the engines were lit, and they said that they had slept."
    assert cleaned([ORBIT, inside, CREW, box], titles=["Tug"], authors=["Ada Reyes"]) == [ORBIT, inside, CREW]


def test_lists_between_paragraphs_may_be_as_long_as_they():
    lists = [f"Burn number {number} of the tug, with its own line" for number in range(4)]
    items = "".join(f"<li>{line}</li>" for line in lists)
    html = f"<main><p>{ORBIT}</p><h3>Burns</h3><ul>{items}</ul><p>{CREW}</p></main>"
    assert of(html, ORBIT, CREW) == [ORBIT, "Burns", *lists, CREW]


def test_text_of_a_page_without_paragraphs_is_not_its_links():
    links = "".join(
        f'<a href="/{number}">A headline of another page, number {number}</a><br><br>' for number in range(30)
    )
    page = tree(f'{ORBIT} See the <a href="/log">log</a> for more.<br><br>{CREW}<br><br>{links}')
    text = f"{ORBIT} See the log for more."
    shares = {text: link_share(element, text) for element, text in blocks_in(page)}
    assert shares[text] < 0.1
    assert shares["A headline of another page, number 7"] == 1.0


def test_a_frame_that_nothing_closes_does_not_swallow_the_page():
    html = f'<body><noscript><iframe src="//tags.example/ns"></noscript><h1>Tug</h1><p>{ORBIT}</p></body>'
    assert [text for _, text in blocks_in(tree_of(html))] == ["Tug", ORBIT]


def test_endless_names_of_a_hostile_page_are_not_remembered():
    endless = f"image {'x' * 1_000_000}"
    page = tree(
        f"<main><section class='comments {endless}'><p>{CREW}</p></section><div class='{endless}'><img></div></main>"
    )
    known = foreign_names.cache_info().currsize
    assert [is_foreign(one) for one in page.iter("section", "div")] == [True, False]
    assert foreign_names.cache_info().currsize == known
    is_picture_name.cache_clear()
    prune_chrome(page)
    assert is_picture_name.cache_info().currsize == 1 and is_picture_name(endless[:1000])
    assert is_picture_name.cache_info().hits == 1
