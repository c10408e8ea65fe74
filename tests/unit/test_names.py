"""Bylines to people."""

import pytest

from pipelines.names import people


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By Hank Dollard", ("Hank Dollard",)),
        ("by Hank Dollard and Nessa Carrow", ("Hank Dollard", "Nessa Carrow")),
        ("BY HANK DOLLARD, STAFF WRITER", ("HANK DOLLARD",)),
        ("Hank Dollard, Senior Science Reporter | hank@example.org | @hankd", ("Hank Dollard",)),
        ("Posted by Hank Dollard on March 3, 1999", ("Hank Dollard",)),
        ("Wernher de la Cruz & Ana María Ruiz", ("Wernher de la Cruz", "Ana María Ruiz")),
        ("Автор: Ирина Лескова", ("Ирина Лескова",)),
        ("Текст: Ирина Лескова и Пётр Громов", ("Ирина Лескова", "Пётр Громов")),
        ("文=真田亮、北見沙織", ("真田亮", "北見沙織")),
        ("（北見 沙織）", ("北見 沙織",)),
        ("松岡大地 記者", ("松岡大地",)),
        ("记者 王小明", ("王小明",)),
        ("作者：王小明", ("王小明",)),
        ("박준석 기자", ("박준석",)),
        ("Von Lena Weber und Jonas Ekdal", ("Lena Weber", "Jonas Ekdal")),
        ("Par Hélène Marchand", ("Hélène Marchand",)),
        ("Por Lucía Ferrer", ("Lucía Ferrer",)),
        ("di Marco Rossi", ("Marco Rossi",)),
        ("Sammy Davis Jr.", ("Sammy Davis Jr.",)),
        ("Dr. Vahid Osman", ("Dr. Vahid Osman",)),
        ("Center for Lunar Dust and Regolith", ("Center for Lunar Dust and Regolith",)),
        ("Hank Dollard Senior Launches Reporter", ("Hank Dollard",)),
        ("Nessa Carrow, Master Horticulturalist & Garden Educator", ("Nessa Carrow",)),
        ("Authors: Hank Dollard and Nessa Carrow", ("Hank Dollard", "Nessa Carrow")),
        ("By Hank Dollard ● 6 min read", ("Hank Dollard",)),
        ("Bild: OG/Nessa Carrow", ()),
        ("Photo credit: Nessa Carrow", ()),
        ("Senior Staff Writer", ()),
        ("admin", ()),
        ("NOC Admin", ()),
        ("March 3, 1999", ()),
        ("https://example.org/author/hank", ()),
        ("5 min read", ()),
        ("Justin C. Meser, Trial Attorney at Morgan & Pike, on March 3, 2026", ("Justin C. Meser",)),
        ("& Nessa Carrow Writer, Hardware", ("Nessa Carrow",)),
        ("By Nessa Carrow, DVM. Reviewed by Hank Dollard, DVM", ("Nessa Carrow",)),
        ("この記事を書いた人 渡辺洋介", ("渡辺洋介",)),
        ("この記事を書いた人 渡辺洋介 東京社会部 フォロー 専門・関心分野 戦争、平和", ("渡辺洋介",)),
        ("Nessa Nessa", ("Nessa",)),
        ("One comment so far", ()),
        ("About the Desk", ()),
        ("By In Sook Park", ("In Sook Park",)),
        ("In Young Kim and Hank Dollard", ("In Young Kim", "Hank Dollard")),
        ("In Gyo-jin", ("In Gyo-jin",)),
        ("In Deep Space", ()),
        ("In Launches", ()),
        ("in Young Park", ()),
        ("", ()),
        ("\x00\ud800", ()),
    ],
)
def test_a_byline_is_a_list_of_people(byline, expected):
    assert people([byline]) == expected


def test_an_organisation_beside_a_person_is_left_out():
    assert people(["Hank Dollard", "Orbital News Agency"]) == ("Hank Dollard",)


def test_a_name_is_given_once():
    assert people(["By Hank Dollard", "HANK DOLLARD", "Hank"]) == ("Hank Dollard",)


def test_the_site_itself_is_no_author_but_a_person_it_is_named_after_is():
    assert people(["Orbital Gazette"], sites=frozenset({"orbital gazette"})) == ()
    assert people(["Karla Voigt"], sites=frozenset({"karla voigt"})) == ("Karla Voigt",)


def test_the_sites_name_behind_a_persons_is_left_out():
    sites = frozenset({"space daily", "spacedaily com", "mdr"})
    assert people(["Brian Holt SPACE DAILY"], sites=sites) == ("Brian Holt",)
    assert people(["Brian Holt and Ana Roth, The Space Daily", "Space Daily"], sites=sites | {"the space daily"}) == (
        "Brian Holt",
        "Ana Roth",
    )
    assert people(["von Brian Holt, MDR Süd"], sites=sites) == ("Brian Holt",)


def test_an_address_of_the_site_is_nobody():
    assert people(["spacedaily.com, Frankfurt, Germany"], sites=frozenset({"spacedaily com"})) == ()
    assert people(["Deutsche Orbit (www.spacedaily.com)"], sites=frozenset({"spacedaily com"})) == ()
