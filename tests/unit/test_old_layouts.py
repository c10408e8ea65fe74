"""Pages of the nineties: tables lay them out, fonts hold their text, line breaks divide it."""

from __future__ import annotations

import pytest

from pipelines.extract import extract
from pipelines.page import Hints, Rules

SENTENCES = [
    "The probe sent its first pictures on Monday, and engineers had waited for them since the landing in March.",
    "Nobody expected the crater to hold so much ice, said the head of the survey at a meeting on the coast.",
    "A second probe follows in autumn, when the sun stands high enough to charge its batteries each day.",
    "It carries a drill, four cameras and a small furnace in which samples are heated until they give their water.",
    "The agency has paid for both, and for a relay satellite that passes over the pole every eleven hours.",
    "Those who built the furnace come from a village with a glassworks that closed nine years ago.",
]
LEFT = (
    "<FONT SIZE=-1><B>Popular Categories</B><BR><A HREF=/1>Probes</A><BR><A HREF=/2>Stations</A><BR>"
    "<B>Search the website</B><BR><FORM><INPUT NAME=q></FORM></FONT>"
)


def page(text: str) -> bytes:
    return (
        "<HTML><HEAD><TITLE>The Orbit Pages: Ice in the crater</TITLE></HEAD><BODY><CENTER><TABLE WIDTH=760>"
        f"<TR><TD COLSPAN=3><IMG SRC=/logo.gif></TD></TR><TR><TD WIDTH=140 VALIGN=TOP>{LEFT}</TD><TD VALIGN=TOP>"
        "<FONT FACE=Arial SIZE=+2><B>Ice in the crater</B></FONT><BR><FONT SIZE=-1>by Ada Reyes<BR>March 3, 1999"
        f"</FONT><BR><BR><FONT FACE=Arial>{text}</FONT><BR><BR><A HREF=/>Back to the front page</A></TD>"
        "<TD WIDTH=120><B>Links</B><BR><A HREF=/9>Astronomy ring</A></TD></TR></TABLE><HR>"
        "<FONT SIZE=-2>Copyright 1999 The Orbit Pages</FONT></CENTER></BODY></HTML>"
    ).encode("latin-1")


@pytest.mark.parametrize("divider", ["<BR><BR>", "<P>", "<BR>\n<BR>\n", "</FONT><P><FONT FACE=Arial>"])
def test_the_text_of_a_table_layout_is_the_article_alone(divider: str) -> None:
    found = extract(
        page(divider.join(SENTENCES)),
        url="https://orbit.example/99.html",
        charset=None,
        hints=Hints(),
        rules=Rules(),
    )
    assert found.text.split("\n\n") == SENTENCES
    assert (found.title, found.authors) == ("Ice in the crater", ("Ada Reyes",))


def test_a_table_of_data_stays_a_table() -> None:
    rows = "".join(f"<TR><TD>Stage {number}</TD><TD>{number}62 s</TD></TR>" for number in range(1, 5))
    text = "<P>".join(SENTENCES[:3]) + f"<TABLE BORDER=1>{rows}</TABLE>" + "<P>".join(["", *SENTENCES[3:]])
    found = extract(page(text), url="https://orbit.example/99.html", charset=None, hints=Hints(), rules=Rules())
    assert found.text.split("\n\n") == [
        *SENTENCES[:3],
        "Stage 1 162 s",
        "Stage 2 262 s",
        "Stage 3 362 s",
        "Stage 4 462 s",
        *SENTENCES[3:],
    ]
