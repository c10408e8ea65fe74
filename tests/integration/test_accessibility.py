"""Every page in a real browser, from a telephone to a wide screen, in the light and in the dark: readable, and axe
finds nothing serious."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By

from archive.database import open_engine
from archive.migrate import upgrade
from archive.web.app import create_app
from tests.archived import a_revision, a_run, a_source, an_archived
from tests.browser import complaints
from tests.web import serving

AXE = Path(__file__).parents[2] / ".venv/share/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")
LOOKED_AT = (
    "/", "/?q=comet", "/?q=comet&as_of=2025-06-01", "/?q=nothing", "/?q=mars+(rover", "/articles/1", "/articles/3",
    "/articles/3/diff", "/pictures", "/stories/1", "/sources", "/sources/wire", "/health", "/runs", "/runs/1", "/about",
    "/articles/999", "/workers", "/captures/1",
)  # fmt: skip
SCREENS = ((360, "light"), (1600, "dark"))
WIDE_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("archive")
    engine = open_engine(f"sqlite:///{folder}/archive.db")
    upgrade(engine)
    with engine.begin() as connection:
        a_run(connection)
        a_source(connection, "wire", name="The Wire", kind="trade", country="US")
        a_source(connection, "esa", name="Raumfahrtagentur", kind="agency", country="EU")
        start = datetime(2025, 3, 12, 8, 0, tzinfo=UTC)
        text = "The comet was seen from Chile.\n\nIt has a tail."
        wide = f"https://wire.example/{WIDE_WORD}"
        an_archived(
            connection, source="wire", url=wide, title="Comet seen", text=text, authors=["Jane Doe"], published_at=start
        )
        later = start + timedelta(days=62, hours=1)
        an_archived(connection, source="esa", title="Comet again", text=text, duplicate_of=1, published_at=later)
        third = an_archived(
            connection, source="wire", title=f"Landing off {WIDE_WORD}", text=f"{WIDE_WORD} slips.", state="gone"
        )
        a_revision(connection, third, text="It slips to June.", seen_at=datetime(2025, 6, 2, 7, 0, tzinfo=UTC))
        an_archived(connection, source="esa", title="彗星", text="彗星が見えた。", lang="ja", published_at=later)
    with serving(create_app(engine, warc_dir=folder)) as address:
        yield address
    engine.dispose()


@pytest.fixture
def axe() -> str:
    if not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail("no axe-core here; `make axe` installs it")
        pytest.skip("no axe-core here; `make axe` installs it")
    return AXE.read_text(encoding="utf-8")


def shown_as(browser: Chrome, width: int, scheme: str) -> None:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    liked = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": liked})


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_has_a_serious_fault_or_is_wider_than_its_screen(
    browser: Chrome, address: str, axe: str, width: int, scheme: str
) -> None:
    shown_as(browser, width, scheme)
    for target in LOOKED_AT:
        browser.get(address + target)
        browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        browser.execute_script(axe)
        report = browser.execute_async_script("axe.run().then(arguments[0])")
        faults = [each for each in report["violations"] if each["impact"] in SERIOUS]
        assert faults == [], (target, json.dumps(faults, indent=1))
        assert len(report["passes"]) > 10  # it did look
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, target
        assert [line for line in complaints(browser) if "status of 4" not in line] == [], target


def test_dragging_over_the_bars_chooses_a_time(browser: Chrome, address: str) -> None:
    shown_as(browser, 1200, "light")
    browser.get(f"{address}/?q=comet")
    plot = browser.find_element(By.CSS_SELECTOR, ".brush .plot")
    half = plot.size["width"] // 2
    actions = ActionChains(browser).move_to_element_with_offset(plot, 5 - half, 20).click_and_hold()
    actions.move_by_offset(20, 0).move_by_offset(20, 0).release().perform()
    query = browser.find_element(By.NAME, "q").get_attribute("value")
    assert query.startswith("comet after:2025-03-12 before:2025-03-")
    assert browser.find_element(By.CSS_SELECTOR, ".found strong").text == "1"


def test_the_search_can_be_used_with_the_keyboard_alone(browser: Chrome, address: str) -> None:
    shown_as(browser, 1200, "light")
    browser.get(f"{address}/?q=comet")
    reached = []
    for _ in range(40):
        ActionChains(browser).send_keys("\ue004").perform()
        here = browser.switch_to.active_element
        reached.append(here.get_attribute("name") or here.text)
    assert reached[0] == "To the content"
    asked = reached.index("q")
    assert reached[asked : asked + 4] == ["q", "Search", "order", "by_story"]
    assert "Comet seen" in reached
