"""JSON-LD, microdata and framework state."""

import json

import pytest
from lxml.html import document_fromstring

from pipelines.structured import structured_data

TITLE = "Probe Finds Ice Below the Rim"


def page(*scripts, body=""):
    return document_fromstring(
        f"<html><head><title>{TITLE} | Gazette</title>{''.join(scripts)}</head><body>{body}</body></html>"
    )


def ld(value):
    return f'<script type="application/ld+json">{value if isinstance(value, str) else json.dumps(value)}</script>'


def state(value, attributes='id="__NEXT_DATA__" type="application/json"'):
    return f"<script {attributes}>{value if isinstance(value, str) else json.dumps(value)}</script>"


def test_the_main_article_is_told_from_related_ones():
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "NewsArticle", "headline": "Another Story", "datePublished": "2026-01-01", "url": "/other"},
            {
                "@type": ["NewsArticle"],
                "headline": TITLE,
                "datePublished": "2026-03-05T10:00:00+01:00",
                "dateModified": "2026-03-06",
                "author": [{"@type": "Person", "@id": "#nessa"}, {"@type": "Organization", "name": "Gazette"}],
                "keywords": "moon, ice",
                "isAccessibleForFree": "False",
                "inLanguage": "en-GB",
            },
            {"@type": "Person", "@id": "#nessa", "name": "Nessa Carrow"},
        ],
    }
    story = structured_data(page(ld(graph)), url="https://gazette.example/ice").stories[0]
    assert (story.headline, story.date_published, story.date_modified) == (
        TITLE,
        "2026-03-05T10:00:00+01:00",
        "2026-03-06",
    )
    assert (story.authors, story.organisations, story.keywords) == (("Nessa Carrow",), ("Gazette",), ("moon", "ice"))
    assert (story.is_accessible_for_free, story.language) == (False, "en-GB")


def test_an_article_is_found_by_its_address():
    articles = [
        {"@type": "Article", "name": "One", "mainEntityOfPage": {"@id": "https://www.gazette.example/one/"}},
        {"@type": "Article", "name": "Two", "mainEntityOfPage": "https://gazette.example/two"},
    ]
    assert structured_data(page(ld(articles)), url="http://gazette.example/one").headline == "One"


@pytest.mark.parametrize(
    "broken",
    [
        '{"@type": "Article", "headline": "' + TITLE + '", "datePublished": "2026-03-05",}',
        '/* made by hand */ {"@type": "Article", // the kind\n "headline": "'
        + TITLE
        + '", "datePublished": "2026-03-05"}',
        '{"@type": "Article", "headline": "' + TITLE + '", "datePublished": "2026-03-05", "description": "a\nb"};',
        '<!-- {"@type": "Article", "headline": "' + TITLE + '", "datePublished": "2026-03-05"} -->',
        '{"@type": "Article", "headline": "' + TITLE + '", "datePublished": "2026-03-05", "name": "it\\\'s"}',
    ],
    ids=["trailing comma", "comments", "raw line end", "wrapped", "unknown escape"],
)
def test_broken_json_is_mended_where_its_meaning_is_plain(broken):
    story = structured_data(page(ld(broken))).stories[0]
    assert (story.headline, story.date_published) == (TITLE, "2026-03-05")


@pytest.mark.parametrize("hostile", ["[" * 5000, '{"a":' * 3000 + "1" + "}" * 3000, "{", "", "null", '"x"', "[[[]]]"])
def test_hostile_json_is_no_data(hostile):
    assert structured_data(page(ld(hostile))).stories == ()


def test_article_body_becomes_paragraphs():
    data = structured_data(
        page(ld({"@type": "Article", "headline": TITLE, "articleBody": "<p>One &amp; all.</p><p>Two.</p>"}))
    )
    assert (data.article_body, data.body_origin) == ("One & all.\n\nTwo.", "json-ld")


def test_microdata_tells_headline_date_people_and_body():
    body = f"""<article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">{TITLE}</h1>
      <span itemprop="author" itemscope><a itemprop="url"><span itemprop="name">Nessa Carrow</span></a></span>
      <meta itemprop="datePublished" content="2026-03-05">
      <div itemprop="articleBody"><p>One.</p><p>Two.</p></div></article>
      <div itemscope itemtype="https://schema.org/Comment"><span itemprop="author">Troll</span></div>"""
    story = structured_data(page(body=body)).stories[0]
    assert (story.origin, story.headline, story.date_published) == ("microdata", TITLE, "2026-03-05")
    assert (story.authors, story.article_body) == (("Nessa Carrow",), "One.\n\nTwo.")


NEXT = {
    "props": {
        "pageProps": {
            "post": {
                "title": TITLE,
                "publishedAt": "2026-03-05",
                "author": {"name": "Nessa Carrow"},
                "body": "<p>First paragraph.</p><p>Second paragraph.</p>",
            },
            "related": [{"title": "Other", "body": "No."}],
        }
    }
}
ARC = {
    "type": "story",
    "headlines": {"basic": TITLE},
    "display_date": "2026-03-05",
    "credits": {"by": [{"name": "Nessa Carrow"}]},
    "content_elements": [
        {"type": "text", "content": "First paragraph."},
        {"type": "image", "caption": "A rover"},
        {"type": "text", "content": "Second <b>paragraph</b>."},
    ],
}
APOLLO = {
    "ROOT_QUERY": {"article": {"__ref": "Article:1"}},
    "Author:7": {"name": "Nessa Carrow"},
    "Article:1": {
        "headline": TITLE,
        "publishedAt": "2026-03-05",
        "authors": [{"__ref": "Author:7"}],
        "body": {
            "nodeType": "document",
            "content": [
                {
                    "nodeType": "paragraph",
                    "content": [{"nodeType": "text", "value": "First "}, {"nodeType": "text", "value": "paragraph."}],
                },
                {"nodeType": "paragraph", "content": [{"nodeType": "text", "value": "Second paragraph."}]},
            ],
        },
    },
}
NUXT3 = [
    ["Reactive", 1],
    {"post": 2},
    {"title": 3, "publishedAt": 4, "content": 5, "author": 6},
    TITLE,
    "2026-03-05",
    "<p>First paragraph.</p><p>Second paragraph.</p>",
    {"name": 7},
    "Nessa Carrow",
]
NUXT2 = (
    'window.__NUXT__=(function(a,b){return {data:[{post:{title:"HEADLINE",publishedAt:a,author:{name:b},'
    'content:"\\u003Cp\\u003EFirst paragraph.\\u003C\\u002Fp\\u003E'
    '\\u003Cp\\u003ESecond paragraph.\\u003C\\u002Fp\\u003E",'
    'n:void 0,ok:!0}}]}}("2026-03-05","Nessa Carrow"));'
).replace("HEADLINE", TITLE)


@pytest.mark.parametrize(
    "script",
    [
        state(NEXT),
        state("window.Fusion=window.Fusion||{};Fusion.globalContent=" + json.dumps(ARC) + ";Fusion.spa=false;", ""),
        state("window.__APOLLO_STATE__=" + json.dumps(APOLLO), ""),
        state(NUXT3, 'id="__NUXT_DATA__" type="application/json"'),
        state(NUXT2, ""),
    ],
    ids=["next", "fusion", "apollo", "nuxt 3", "nuxt 2"],
)
def test_the_article_in_a_frameworks_state_is_found(script):
    data = structured_data(page(script))
    assert data.article_body.replace("Second  ", "Second ") == "First paragraph.\n\nSecond paragraph."
    assert (data.body_origin, data.headline) == ("payload", TITLE)
    assert (data.stories[0].date_published, data.stories[0].authors) == ("2026-03-05", ("Nessa Carrow",))


@pytest.mark.parametrize(
    "script",
    ["window.__NUXT__=(function(a){return {x:" + "[" * 5000, "window.__NUXT__=function(){", "__NUXT__=" + "{a:" * 9000],
)
def test_hostile_state_is_no_data(script):
    assert structured_data(page(state(script, ""))).stories == ()
