"""Made-up sites that print lines of their own round every article, in several layouts and languages.

No rule knows their words: only that they recur tells them. What recurs inside the prose is the article's: a standing
quotation in every fourth article, the introduction of a series before every third, facts that many articles share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ENGLISH = (
    "dish relay tug depot probe lander rover mirror sail beacon tether drill mast valve bearing gyroscope tank hatch"
    " winch antenna"
).split()
RUSSIAN = (
    "антенна ретранслятор буксир склад зонд ровер парус маяк трос бур мачта клапан подшипник гироскоп бак люк лебёдка"
    " зеркало датчик шлюз"
).split()
JAPANESE = (
    "アンテナ 中継器 曳船 倉庫 探査機 着陸機 探査車 鏡 帆 灯台 綱 掘削機 柱 弁 軸受 ジャイロ タンク 扉 巻上機 送信機"
).split()
PEOPLE = ("Ada Reyes", "Bo Lindqvist", "Cleo Marsh")
QUOTATION = "“Nothing that we built was meant to last so long,” as the engineers of the network like to say of it."
SERIES = "This report is a part of our series on the people who keep old spacecraft alive, one night at a time."


def english(number: int) -> list[str]:
    """Paragraphs of article ``number``: each is this article's alone but for the quotation and the series."""
    one, two = ENGLISH[number % 20], ENGLISH[(number * 7 + 3) % 20]
    paragraphs = [
        f"Engineers lost contact with the {one} for {number + 2} hours on Tuesday before a {two} answered for it.",
        f"The fault was traced to a clock that counted the {number + 3}rd second twice, which no test had looked for.",
        f"By evening the {one} sent pictures again, {number * 7 + 11} of them in one pass over the {two} station.",
    ]
    return woven(paragraphs, number, QUOTATION, SERIES)


def with_facts(number: int) -> list[str]:
    """A line of label and value ends each, one of three."""
    return [*english(number), f"Depot: {('Kourou', 'Kiruna', 'Kazan')[number % 3]}"]


def russian(number: int) -> list[str]:
    one, two = RUSSIAN[number % 20], RUSSIAN[(number * 7 + 3) % 20]
    paragraphs = [
        f"Во вторник инженеры {number + 2} часов не получали сигнала, пока не заработал запасной прибор «{one}».",
        f"Неисправность нашли в часах: секунду номер {number + 3} они считали дважды, и прибор «{two}» останавливался.",
        f"К вечеру «{one}» снова передавал снимки: за первый виток их пришло {number * 7 + 11}, и все они чёткие.",
    ]
    return woven(
        paragraphs,
        number,
        "«Мы не строили ничего, что должно было прослужить так долго», — любят повторять инженеры этой сети.",
        "Этот материал — часть нашей серии о людях, которые по ночам не дают замолчать старым аппаратам.",
    )


def japanese(number: int) -> list[str]:
    one, two = JAPANESE[number % 20], JAPANESE[(number * 7 + 3) % 20]
    paragraphs = [
        f"火曜日、技術者たちは{number + 2}時間にわたって{one}との通信を失い、代わりに{two}が応答するまで待ち続けた。",
        f"原因は{number + 3}秒目を二度数えた時計にあり、{two}を含むどの試験もそれを調べていなかったことが分かった。",
        f"夕方には{one}が再び画像を送り始め、最初の通過だけで{number * 7 + 11}枚が地上局に届いたと発表された。",
    ]
    return woven(
        paragraphs,
        number,
        "「こんなに長く使うつもりで作ったものは一つもない」と、この通信網の技術者たちは好んで語る。",
        "この記事は、古い探査機を夜ごとに生かし続ける人々を追う連載の一つとして掲載されている。",
    )


def woven(paragraphs: list[str], number: int, quotation: str, series: str) -> list[str]:
    """With the quotation between the paragraphs of every fourth, and the introduction before those of every third."""
    inner = [paragraphs[0], quotation, *paragraphs[1:]] if number % 4 == 0 else paragraphs
    return [series, *inner] if number % 3 == 0 else inner


@dataclass(frozen=True, slots=True)
class Site:
    """A layout: ``page(number)`` is the HTML of an article, ``truth(number)`` what of it is the article's."""

    name: str
    truth: Callable[[int], list[str]]
    body: Callable[[int, str], str]
    """(number, the paragraphs as HTML) → what stands in ``<body>``."""

    def page(self, number: int) -> str:
        paragraphs = "".join(f"<p>{one}</p>" for one in self.truth(number))
        title = self.title(number)
        return f"<html><head><title>{title}</title></head><body>{self.body(number, paragraphs)}</body></html>"

    def title(self, number: int) -> str:
        return f"Case {number} of the lost clock"


def boxes(number: int, paragraphs: str) -> str:
    """Lines in elements of their own, an author's box for each of three authors."""
    return f"""<div class="top"><p>The gazette of everything that circles something</p></div>
      <div class="story"><h1>Case {number} of the lost clock</h1>{paragraphs}</div>
      <div class="who"><p>{PEOPLE[number % 3]} has been writing for the gazette since its second issue and keeps a small
      telescope on the roof.</p></div><div class="shop"><p>Mugs from the desk</p><p>Maps of the far side</p></div>"""


def flow(number: int, paragraphs: str) -> str:
    """Lines and sentences at the end of the very flow of paragraphs."""
    return f"""<div class="story"><h1>Case {number} of the lost clock</h1>{paragraphs}
      <p>Letters to the desk are answered on Fridays</p>
      <p>Orbit Gazette is printed on the paper of retired flight manuals by two people and a dog named Delta.</p>
      <p>Nothing on this page may be read aloud at a launch without the written leave of the desk.</p></div>"""


def head(number: int, paragraphs: str) -> str:
    """Labels and lines before the text, a running number in the last of them."""
    return f"""<div class="story"><h1>Case {number} of the lost clock</h1><p>Dispatches from the yard</p>
      <p>Heard on the loop, written down by hand</p>{paragraphs}</div>"""


def between(number: int, paragraphs: str) -> str:
    """A label between the paragraphs, as boxes for pictures leave behind."""
    first, rest = paragraphs.split("</p>", 1)
    return f"""<div class="story"><h1>Case {number} of the lost clock</h1>{first}</p><p>Enlarge the chart</p>{rest}
      <p>Ask the desk</p></div>"""


def cells(number: int, paragraphs: str) -> str:
    """A layout of tables without a class anywhere."""
    return f"""<table width="100%"><tr><td><b>Orbit Gazette</b><br>Front page<br>Old issues<br>The dog</td>
      <td><h2>Case {number} of the lost clock</h2>{paragraphs}
      <p><font size="1">Typed on a machine that has never been on a network</font></p></td></tr></table>"""


def sections(number: int, paragraphs: str) -> str:
    """Every paragraph in a section of its own, as page builders do; the site's lines look the same."""
    wrapped = paragraphs.replace("<p>", '<section class="row"><div class="cell"><p>').replace(
        "</p>", "</p></div></section>"
    )
    call = "Whoever sends the desk a postcard gets one back with a stamp from a station that no longer exists."
    return f"""<main><h1>Case {number} of the lost clock</h1>{wrapped}
      <section class="row"><div class="cell"><p>{call}</p></div></section>
      <section class="row"><div class="cell"><p>Where the paper comes from</p></div></section></main>"""


def facts(number: int, paragraphs: str) -> str:
    """Label and value that many articles share are the article's; the same lines of the site are not."""
    return f"""<div class="story"><h1>Case {number} of the lost clock</h1>{paragraphs}</div>
      <div class="more"><p>A calendar of passes hangs in the hall</p><p>Tea is at four</p></div>"""


def in_russian(number: int, paragraphs: str) -> str:
    return f"""<div class="shapka"><p>Газета обо всём, что вращается вокруг чего-нибудь</p></div>
      <div class="tekst"><h1>Case {number} of the lost clock</h1>{paragraphs}
      <p>Письма в отдел разбирают по пятницам</p>
      <p>Газета печатается на бумаге списанных полётных журналов двумя людьми и собакой по кличке Дельта.</p></div>"""


def in_japanese(number: int, paragraphs: str) -> str:
    return f"""<div class="atama"><p>何かを回るものすべての新聞</p></div>
      <div class="honbun"><h1>Case {number} of the lost clock</h1>{paragraphs}
      <p>手紙への返事は金曜日に書く</p>
      <p>この新聞は引退した飛行手順書の紙に、二人と一匹の犬の手によって毎週一部ずつ印刷されている。</p></div>"""


SITES = (
    Site("boxes", english, boxes),
    Site("flow", english, flow),
    Site("head", english, head),
    Site("between", english, between),
    Site("cells", english, cells),
    Site("sections", english, sections),
    Site("facts", with_facts, facts),
    Site("russian", russian, in_russian),
    Site("japanese", japanese, in_japanese),
)
