"""A site's own blocks through the store: learned, taken out of later articles, cleaned from earlier ones."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from archive.database import open_engine, reading
from archive.errors import ConfigError
from archive.migrate import ensure_schema
from archive.model import Block
from archive.rows.templates import set_state, template_of
from archive.schema import ArticleRow, RevisionRow, TemplateBlockRow
from archive.search import search
from archive.store import Store
from benchmarks.template import archived
from crawler.cli import run
from pipelines.dedup import decide
from pipelines.extract import extract
from pipelines.normalise import article_from
from pipelines.page import Hints, Rules
from pipelines.template import Template
from tests.builders import NOW, a_capture, a_discovered, a_source, an_article
from tests.recurring import SITES

WORDS = ("dish", "relay", "tug", "depot", "probe", "lander", "rover", "mirror", "sail", "beacon", "tether", "drill")
AUTHORS = ("Ada Reyes", "Bo Lindqvist", "Cleo Marsh")
QUOTATION = "“Nothing that we built was meant to last so long,” as the engineers of the network like to say of it."
BOX = "{} has been writing for the gazette since its second issue and keeps a small telescope on the roof."


def truth(number):
    """Paragraphs that are the article's own; every fourth article has the standing quotation in its midst."""
    one, two = WORDS[number % 12], WORDS[(number * 5 + 1) % 12]
    paragraphs = [
        f"Engineers lost contact with the {one} for {number + 2} hours on Tuesday before a {two} answered for it.",
        f"The fault was traced to a clock that counted the {number + 3}rd second twice, which no test had looked for.",
        f"By evening the {one} was sending pictures again, {number * 7 + 11} of them in the first of its passes.",
    ]
    if number % 4 == 0:
        paragraphs.insert(1, QUOTATION)
    return paragraphs


def page(number):
    """As a site prints it, with lines of its own that no rule knows."""
    paragraphs = "".join(f"<p>{one}</p>" for one in truth(number))
    box = BOX.format(AUTHORS[number % 3])
    return f"""<html lang=en><head><title>Case {number} of the lost clock - Orbit Gazette</title></head><body>
      <div class="top"><p>The gazette of everything that circles something</p></div>
      <div class="story"><h1>Case {number} of the lost clock</h1>{paragraphs}
      <p>Letters to the desk are answered on Fridays</p>
      <p>Orbit Gazette is printed on the paper of retired flight manuals by two people and a dog named Delta.</p></div>
      <div class="who"><p>{box}</p></div></body></html>"""


def read(number):
    url = f"https://alpha.example/news/case-{number}"
    at = NOW + timedelta(minutes=number)
    capture = a_capture(url, captured_at=at)
    extracted = extract(page(number).encode(), url=url, charset="utf-8", hints=Hints(captured_at=at), rules=Rules())
    return article_from(extracted, discovered=a_discovered(url), capture=capture)


@pytest.fixture
def store(engine):
    store = Store(engine)
    store.record_sources([a_source()], NOW)
    store.start_run("test", software="perilune/test", now=NOW)
    return store


def save(store, article):
    found = a_discovered(article.canonical_url)
    return store.save(1, found, article, decide, article.capture.captured_at, cleaner=Template())


def texts(engine):
    with reading(engine) as session:
        return [row.text.split("\n\n") for row in session.scalars(select(ArticleRow).order_by(ArticleRow.id))]


def test_twenty_articles_hold_nothing_of_their_site_and_lack_nothing(engine, store):
    for number in range(20):
        save(store, read(number))
    assert texts(engine) == [truth(number) for number in range(20)]


@pytest.mark.parametrize("site", SITES, ids=[site.name for site in SITES])
def test_every_layout_is_learned_and_recurring_prose_survives(site, tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/archive.db")
    ensure_schema(engine)
    assert archived(engine, site, 20) == [site.truth(number) for number in range(20)]
    engine.dispose()


def test_earlier_articles_are_cleaned_as_revisions_of_the_cleaning(engine, store):
    for number in range(5):
        save(store, read(number))
    assert texts(engine) == [truth(number) for number in range(5)]
    with reading(engine) as session:
        kinds = session.execute(
            select(RevisionRow.kind, RevisionRow.changed)
            .where(RevisionRow.article_id == 1)
            .order_by(RevisionRow.number)
        ).all()
        row = session.get_one(ArticleRow, 1)
        assert (row.revision_count, row.word_count) == (len(kinds), len(" ".join(truth(0)).replace("“", "").split()))
    assert kinds[0] == ("first", [])
    assert set(map(str, kinds[1:])) == {str(("extraction", ["text"]))}
    with engine.connect() as connection:
        assert search(connection, "flight manuals").total == 0


def test_page_that_did_not_change_is_no_edit_when_more_is_known(engine, store):
    for number in range(6):
        save(store, read(number))
    again = read(0)
    later = a_capture(again.canonical_url, captured_at=NOW + timedelta(days=1))
    assert save(store, replace(again, capture=later)).outcome == "unchanged"


def test_pinned_and_released(engine, store):
    for number in range(4):
        save(store, read(number))
    assert template_of(engine, "alpha").learned_articles == 4
    letters = "Letters to the desk are answered on Fridays"
    digest = next(one.text_digest for one in template_of(engine, "alpha").blocks if one.text == letters)
    assert set_state(engine, "alpha", digest[:16], "released", now=NOW).text == letters
    save(store, read(4))
    assert texts(engine)[4] == [*truth(4), letters]
    set_state(engine, "alpha", truth(5)[2], "pinned", now=NOW)
    save(store, read(5))
    assert texts(engine)[5] == [*truth(5)[:2], letters]


def test_what_cannot_be_meant(engine, store):
    with pytest.raises(ConfigError, match="beta: the archive knows no such source"):
        set_state(engine, "beta", "x", "pinned", now=NOW)
    with pytest.raises(ConfigError, match="abcdef12: no block of alpha begins so"):
        set_state(engine, "alpha", "abcdef12", "pinned", now=NOW)


def test_copies_teach_nothing(engine, store):
    """A text that a source publishes five times is no template of it."""
    blocks = tuple(Block(text=text, tag="p", path="div/p") for text in truth(1))
    for number in range(5):
        url = f"https://alpha.example/copy/{number}"
        article = an_article(url, title=f"Copy {number}", text="\n\n".join(truth(1)), blocks=blocks)
        save(store, article)
    assert template_of(engine, "alpha").learned_articles == 1
    assert texts(engine) == [truth(1)] * 5


def test_what_was_seen_once_is_swept(engine, store):
    for number in range(130):
        text = f"Line of number {number}"
        blocks = (Block(text=" ".join(truth(number)), tag="p", path="div/p"), Block(text=text, tag="p", path="li"))
        url = f"https://alpha.example/{number}"
        save(store, an_article(url, title=text, text="\n\n".join(one.text for one in blocks), blocks=blocks))
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(TemplateBlockRow)) <= 2 * 101
    assert template_of(engine, "alpha").learned_articles == 130


def test_template_of_a_source_is_shown_and_mended(engine, store, capsys, tmp_path):
    """`perilune sources template ESA`: what is taken out, and a person's word on it."""
    for number in range(4):
        save(store, read(number))
    (tmp_path / "alpha.toml").write_text(
        'name = "Alpha"\nhomepage = "https://alpha.example/"\n\n[[feeds]]\nurl = "https://alpha.example/feed"\n'
    )
    url = engine.url.render_as_string(hide_password=False)

    def said(*args):
        assert run(["sources", "template", "ALPHA", "--database", url, "--sources", str(tmp_path), *args]) == 0
        return capsys.readouterr().out

    letters = "Letters to the desk are answered on Fridays"
    [line] = [line for line in said().splitlines() if line.endswith(letters)]
    assert line.split()[1:3] == ["learned", "100%"]
    assert said("--release", line.split()[0]) == f"released: {letters}\n"
    [block] = [one for one in map(json.loads, said("--json").splitlines()) if one["text"] == letters]
    assert (block["state"], block["share"], block["tag"]) == ("released", 1.0, "p")
    assert (
        run(["sources", "template", "alpha", "--database", url, "--sources", str(tmp_path), "--pin", "abcdef12"]) == 2
    )
    assert "abcdef12: no block of alpha begins so" in capsys.readouterr().err
