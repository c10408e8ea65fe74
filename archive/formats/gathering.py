"""What belongs with a capture so that it can be replayed: its original, the redirects to it, its page requisites."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from archive.errors import CaptureError, ExtractionError, TooSlowError
from archive.evidence.records import HttpMessage
from archive.evidence.requisites import CSS_TYPE, has_requisites, joined, requisites_of
from archive.evidence.warc import read_record
from archive.reading.exchanges import Held, nearest, original_of, redirects_to
from archive.rows.forgotten import is_forgotten

MAX_REQUISITES = 150  # captures that go with a page: 60 that it names itself, and those its styles name
MAX_LOOKED_UP = 300  # addresses of a page; a page made to hurt names many that lead to each other
MAX_REDIRECTS = 5  # on the way to a requisite


class Gatherer:
    """Looks up and reads; writes nothing. ``forgotten`` are the digests of addresses that never leave.

    ``seconds`` bound what it all may take, parsing included; None: a file in writing has no reader that waits.
    """

    def __init__(
        self,
        connection: Connection,
        warc_dir: Path,
        *,
        forgotten: frozenset[str],
        has_requisites: bool,
        seconds: float | None = None,
    ) -> None:
        self.connection = connection
        self.warc_dir = warc_dir
        self.forgotten = forgotten
        self.has_requisites = has_requisites
        self.seconds = seconds
        self.give_up_at = time.monotonic() + (float("inf") if seconds is None else seconds)

    def together(self, capture: Held) -> tuple[Held, ...]:
        """The capture's original first, then itself, the redirects to it, and what its page needs; each once.

        Raises ``CaptureError`` when the capture, or the original it stands for, is not held or can't be read. A
        requisite that can't is left out: the page is none the worse evidence.
        """
        found = {one.id: one for one in (*self.with_original(capture), *redirects_to(self.connection, capture))}
        if self.has_requisites and has_requisites(capture.mime_type):
            found |= {one.id: one for one in self.requisites(capture) if one.id not in found}
        return tuple(one for one in found.values() if not self.is_forgotten(one))

    def with_original(self, capture: Held) -> tuple[Held, ...]:
        """A capture that is whole by itself alone; a revisit behind its original. Raises ``CaptureError``."""
        original = original_of(self.connection, capture)
        if original is None and capture.revisit_of is not None:
            raise CaptureError(f"{capture.warc_record_id}: its original {capture.revisit_of} is not held")
        return (capture,) if original is None else (original, capture)

    def is_forgotten(self, capture: Held) -> bool:
        return is_forgotten(self.forgotten, capture.target_uri)

    def requisites(self, page: Held) -> list[Held]:
        """What a page names, and its styles, and theirs: as the archive holds it closest in time to the page.

        Raises ``TooSlowError``.
        """
        found: list[Held] = []
        addresses = deque(self.named_by(page))
        looked_up: set[str] = set()
        while addresses and len(found) < MAX_REQUISITES and len(looked_up) < MAX_LOOKED_UP:
            url = addresses.popleft()
            if url in looked_up:
                continue
            looked_up.add(url)
            if time.monotonic() > self.give_up_at:
                raise TooSlowError(f"packing this capture takes longer than {self.seconds:g} s: try perilune export")
            with suppress(CaptureError):
                for one in self.answers(url, page):
                    found += self.with_original(one)
                    addresses += self.named_by(one) if one.mime_type == CSS_TYPE else ()
        return found

    def named_by(self, document: Held) -> list[str]:
        """Addresses that a page or stylesheet needs; none for one that can't be decoded. Raises ``CaptureError``."""
        message = self.message(document)
        try:
            body = message.decoded_body()
        except ExtractionError:
            return []
        return requisites_of(body, url=document.target_uri, content_type=message.header("Content-Type"))

    def answers(self, url: str, page: Held) -> Iterator[Held]:
        """What an address answered: the redirects from it and, last, the answer."""
        for _ in range(MAX_REDIRECTS):
            one = nearest(self.connection, url, page.captured_at)
            if one is None or one.article_id is not None:
                return
            yield one
            location = joined(one.target_uri, self.message(one).header("Location")) if is_redirect(one) else None
            if location is None:
                return
            url = location

    def message(self, capture: Held) -> HttpMessage:
        """The HTTP message of a capture, whole also where it is a revisit. Raises ``CaptureError``."""
        message = read_record(self.warc_dir, capture.locator).http
        original = original_of(self.connection, capture)
        return message if original is None else replace(message, body=self.message(original).body)


def is_redirect(capture: Held) -> bool:
    return 300 <= capture.status < 400
