"""A real browser for the tests: headless Chromium with an empty profile, driven through ChromeDriver."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # Chromium's own sandbox refuses to run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--force-device-scale-factor=1",
    "--disable-quic",  # this one and the rest: nothing is asked of the browser's maker
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAGE_LOAD_S = 60  # s; a page of loopback is there in one, on a machine at rest
BLOCKED = 2  # as Chromium counts: 1 allowed, 2 blocked


class Programs(NamedTuple):
    browser: str
    driver: str


def find_browser() -> Programs | None:
    """Chromium (or Chrome) and the ChromeDriver beside it on PATH; None where one of them is missing."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    return Programs(browser, driver) if browser and driver else None


@contextmanager
def chromium(
    programs: Programs, *, size: tuple[int, int] = (1280, 900), has_javascript: bool = True, language: str = "en"
) -> Iterator[Chrome]:
    """A browser that has never been anywhere, with a window of ``size`` CSS pixels; gone when the block ends.

    Without JavaScript the page's scripts don't run; ``execute_script`` of the driver still does.
    """
    profile = Path(tempfile.mkdtemp(prefix="browser-"))
    options = ChromeOptions()
    options.binary_location = programs.browser
    arguments = (*FLAGS, f"--window-size={size[0]},{size[1]}", f"--user-data-dir={profile}", f"--lang={language}")
    for argument in arguments:
        options.add_argument(argument)
    if not has_javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": BLOCKED})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    environment = {**os.environ, "HOME": str(profile), "NO_PROXY": "127.0.0.1,localhost,[::1]"}
    try:
        driver = Chrome(options=options, service=Service(programs.driver, env=environment))
        try:
            driver.set_page_load_timeout(PAGE_LOAD_S)
            yield driver
        finally:
            driver.quit()
    finally:
        shutil.rmtree(profile, ignore_errors=True)


def replayed(driver: Chrome, *, within_s: float = 90) -> Any:
    """The archived page that ReplayWeb.page shows, once it is loaded: what is in it and how it looks.

    It lies in frames within frames, in shadow trees; all of one origin, so that a script finds its way.
    """
    return WebDriverWait(driver, within_s).until(lambda one: one.execute_script(FIND_REPLAYED))


FIND_REPLAYED = """
    const documents = [document];
    for (const one of documents) {
        const trees = [one];
        for (const tree of trees) {
            for (const element of tree.querySelectorAll("*")) {
                if (element.shadowRoot) trees.push(element.shadowRoot);
                if (element.contentDocument) documents.push(element.contentDocument);
            }
        }
    }
    const isArchived = (one) => /^https?:/.test(one.URL) && !one.URL.startsWith(location.origin);  // as it takes itself
    const page = documents.find((one) => isArchived(one) && one.readyState === "complete" && one.body);
    if (!page) return null;
    const heading = page.querySelector("h1");
    return {
        title: page.title,
        text: page.body.innerText,
        color: heading && page.defaultView.getComputedStyle(heading).color,
        background: page.defaultView.getComputedStyle(page.body).backgroundImage,
        images: [...page.images].map((image) => image.complete ? image.naturalWidth : -1),
    };
"""


def complaints(driver: Chrome) -> list[str]:
    """Warnings and errors on the page's console since the last call: blocked by policy, not found, thrown."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]
