"""What sites say to their readers, told from what an article says."""

from __future__ import annotations

import pytest

from pipelines.lines import cleaned
from pipelines.phrases import is_appeal, is_embed_notice

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
