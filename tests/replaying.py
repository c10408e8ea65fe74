"""Archived pages replayed in a browser: the command that serves them, the way to a replay, pictures to look for."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser import PAGE_LOAD_S


def picture(width: int) -> bytes:
    """A grey PNG, one pixel high."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0))]
    chunks += [(b"IDAT", zlib.compress(b"\x00" + b"\x80" * width)), (b"IEND", b"")]
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@contextmanager
def perilune_serve(home: Path) -> Iterator[str]:
    """The command itself; the address of its pages."""
    arguments = [sys.executable, "-m", "crawler", "serve", "--home", str(home), "--port", "0"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://[\d.:]+", process.stderr.readline())[0]
        finally:
            process.terminate()


def open_replay(browser: Chrome, address: str, query: str) -> None:
    """From the search to the replay, as a person goes."""
    browser.get(f"{address}/?q={query}")
    for kind, name in (
        (By.CSS_SELECTOR, "main a[href^='/articles/']"),
        (By.CSS_SELECTOR, "a[href^='/captures/']"),
        (By.LINK_TEXT, "Replay the page"),
    ):
        link = WebDriverWait(browser, PAGE_LOAD_S).until(lambda one, where=(kind, name): one.find_element(*where))
        browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", link)
        link.click()
