"""The pages in a real browser: what only a browser can say."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from archive.database import open_engine
from archive.migrate import upgrade
from archive.web.app import create_app
from tests.archived import an_archived
from tests.browser import Programs, chromium, complaints
from tests.web import serving

HOSTILE = "<script>document.title='caught'</script><img src=x onerror=\"document.title='caught'\">A comet"


def an_app(folder: Path):
    engine = open_engine(f"sqlite:///{folder}/archive.db")
    upgrade(engine)
    with engine.begin() as connection:
        an_archived(connection, title=HOSTILE, text=f"{HOSTILE} was seen.\n\nTwice.")
    return create_app(engine, warc_dir=folder)


def test_a_search_leads_to_an_article_whose_markup_is_text(browser: Chrome, tmp_path: Path) -> None:
    with serving(an_app(tmp_path)) as address:
        browser.get(f"{address}/?q=comet")
        browser.find_element(By.PARTIAL_LINK_TEXT, "A comet").click()
        assert browser.find_element(By.TAG_NAME, "h1").text == HOSTILE
        assert browser.title != "caught"
        assert complaints(browser) == []  # nothing of ours is against our own policy


def test_pages_need_no_script(browser_programs: Programs, tmp_path: Path) -> None:
    with serving(an_app(tmp_path)) as address, chromium(browser_programs, has_javascript=False) as browser:
        browser.get("data:text/html,<script>document.title='ran'</script>")
        assert browser.title == ""  # scripts really are off
        browser.get(f"{address}/?q=comet")
        browser.find_element(By.PARTIAL_LINK_TEXT, "A comet").click()
        assert browser.find_element(By.TAG_NAME, "h1").text == HOSTILE
