"""What sites say to their readers, told from what an article says."""

from __future__ import annotations

import pytest

from pipelines.lines import cleaned
from pipelines.phrases import is_appeal, is_counter, is_embed_notice

PROSE = [
    "The probe sent its first pictures on Monday, and engineers had waited for them since the landing in March.",
    "It will look for ice at the rim of the crater until its batteries no longer last through the night.",
]


@pytest.mark.parametrize(
    "line",
    [
        "To view this video please enable JavaScript, and accept cookies from the player.",
        "This content is hosted by a third party. Accept its cookies to see it.",
        "By loading the video you agree to the privacy policy of the platform.",
        "View this post on Orbitgram",
        "Externer Inhalt nicht verfügbar",
        "Ein Klick für den Datenschutz",
        "An dieser Stelle finden Sie einen externen Inhalt, der den Artikel ergänzt.",
        "An dieser Stelle finden Sie einen von unserem Stab ausgewählten, externen Inhalt zu dieser Meldung.",
        "Externen Inhalt anzeigen",
        f"Ich bin damit einverstanden, dass mir der externe Inhalt angezeigt wird. {'Er kennt mich dann. ' * 15}",
        "Deine Privatsphäre-Einstellungen verhindern das Laden aller externen Inhalte.",
        "Ce contenu est bloqué car vous n'avez pas accepté les traceurs.",
        "Para ver este contenido necesitas aceptar las cookies.",
        "Per visualizzare questo contenuto accetta i cookie.",
        "Ваш браузер не поддерживает видео.",
    ],
)
def test_a_notice_in_place_of_a_video_goes_from_the_middle_of_a_text(line: str) -> None:
    assert is_embed_notice(line)
    assert cleaned([PROSE[0], line, PROSE[1]], titles=()) == PROSE


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for our free weekly newsletter and never miss a launch.",
        "Abonniere jetzt unseren Kanal und erhalte die Nachrichten am Morgen.",
        "Der Newsletter informiert Sie montags bis freitags über das Wichtigste vom Tag.",
        "Подпишитесь на нашу рассылку.",
        "Suscríbete a nuestro boletín para recibir más noticias.",
    ],
)
def test_an_appeal_to_readers_ends_no_text(line: str) -> None:
    assert is_appeal(line)
    assert cleaned([*PROSE, line], titles=()) == PROSE


@pytest.mark.parametrize(
    "line",
    [
        "The agency's newsletter was founded in 1962.",
        "The tug will unlock orbits that you could not reach before.",
        "View this from the ground and the station is a star that moves.",
        "To view this content of the crater, the probe needs light.",
        "Your browser history of the mission begins with a single picture.",
    ],
)
def test_a_sentence_about_such_things_stays(line: str) -> None:
    assert cleaned([*PROSE, line], titles=()) == [*PROSE, line]
    assert cleaned([PROSE[0], line, PROSE[1]], titles=()) == [PROSE[0], line, PROSE[1]]


def test_an_appeal_within_a_text_stays() -> None:
    """An article may quote it."""
    line = "Sign up for our newsletter, the poster said."
    assert cleaned([PROSE[0], line, PROSE[1]], titles=()) == [PROSE[0], line, PROSE[1]]


@pytest.mark.parametrize("line", ["By Ada Reyes", "Автор: Ирина Лескова", "Von Lena Weber", "文＝真田亮"])
def test_a_byline_ends_no_text(line: str) -> None:
    assert cleaned([*PROSE, line], titles=()) == PROSE


@pytest.mark.parametrize(
    "line",
    [
        "1,234 views", "Views: 1 234", "1.2K views", "12 shares", "3 Comments", "No comments", "Updated 5 minutes ago",
        "Posted 2 hours ago", "Last updated: an hour ago", "yesterday", "1,234 views · 5 minutes ago", "Comments (12)",
        "Просмотров: 123", "5 минут назад", "阅读 1234", "浏览量：12万", "3小时前", "閲覧数 1,234", "2時間前",
        "조회수 1,234", "5분 전", "Vor 5 Minuten aktualisiert",
        "Lu 1 234 fois", "Il y a 2 heures", "Hace 3 horas", "3 ore fa",
        "1234 wyświetleń", "5 minut temu",
    ],
)  # fmt: skip
def test_what_is_another_at_every_visit_is_a_counter(line: str) -> None:
    assert is_counter(line)


@pytest.mark.parametrize(
    "line",
    [
        "The probe was launched 5 years ago.", "Views from orbit", "Five minutes ago, nobody knew.", "12 launches",
        "A minute ago the engines started, and 1,234 visitors cheered.", "3.5 billion years ago", "2025", "Comments",
        "Read the paper", "In 3 days", "10 years ago, a comet came.", "两天前，探测器发回了图像。", "", "1,234",
    ],
)  # fmt: skip
def test_prose_about_counts_and_ages_is_none(line: str) -> None:
    assert not is_counter(line)


def test_a_page_whose_counters_moved_has_the_same_text() -> None:
    monday = cleaned(["2 minutes ago", PROSE[0], "12 shares · 3 comments", PROSE[1], "104 views"], titles=[])
    tuesday = cleaned(["yesterday", PROSE[0], "98 shares · 41 comments", PROSE[1], "2,310 views"], titles=[])

    assert monday == tuesday == PROSE
