"""Articles as Parquet, a stream with constant memory: the fields of JSON lines, typed. Needs pyarrow."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from archive.errors import ConfigError

GROUP_ROWS = 1_000  # articles a row group; some 8 MB of ordinary ones


def parquet(items: Iterable[dict[str, Any]]) -> Iterator[bytes]:  # Any: JSON values
    """A Parquet file in pieces. Raises ``ConfigError`` without pyarrow."""
    pyarrow, writer_of = arrow()
    schema = arrow_schema()
    sink = Drain()
    with writer_of(sink, schema, compression="zstd") as writer:
        remaining = iter(items)
        while group := list(islice(remaining, GROUP_ROWS)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
            yield sink.drained()
    yield sink.drained()


def arrow_table(items: Iterable[dict[str, Any]]) -> Any:  # Any: JSON values; pyarrow has no types
    """The articles as a pyarrow table, all of them in memory."""
    pyarrow, _ = arrow()
    return pyarrow.Table.from_pylist(list(items), schema=arrow_schema())


def arrow() -> tuple[Any, Any]:  # Any: pyarrow has no types
    """pyarrow and its Parquet writer. Raises ``ConfigError`` where they are not installed."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError as exc:
        raise ConfigError("Parquet needs pyarrow: pip install 'perilune[parquet]'") from exc
    return pyarrow, ParquetWriter


def arrow_schema() -> Any:  # Any: pyarrow has no types
    """Types of the exported fields; dates stay text, since a day is no instant."""
    pyarrow, _ = arrow()
    text, whole, texts = pyarrow.string(), pyarrow.int64(), pyarrow.list_(pyarrow.string())
    capture = pyarrow.struct(
        [
            ("captured_at", text),
            ("status", whole),
            ("warc_record_id", text),
            ("filename", text),
            ("offset", whole),
            ("length", whole),
            ("payload_digest", text),
        ]
    )
    return pyarrow.schema(
        [
            ("id", whole),
            ("source", text),
            ("url", text),
            ("aliases", texts),
            ("title", text),
            ("authors", texts),
            ("published_at", text),
            ("published_at_precision", text),
            ("modified_at", text),
            ("lang", text),
            ("text", text),
            ("description", text),
            ("lead_image_url", text),
            ("lead_image_width", whole),
            ("lead_image_height", whole),
            ("lead_image_caption", text),
            ("lead_image_credit", text),
            ("section", text),
            ("credit_line", text),
            ("credit_url", text),
            ("is_live_blog", pyarrow.bool_()),
            ("is_press_release", pyarrow.bool_()),
            ("tags", texts),
            ("word_count", whole),
            ("text_digest", text),
            ("first_seen_at", text),
            ("last_seen_at", text),
            ("state", text),
            ("revision_count", whole),
            ("story_id", whole),
            ("duplicate_of", whole),
            ("is_paywalled", pyarrow.bool_()),
            ("captures", pyarrow.list_(capture)),
        ]
    )


class Drain(io.RawIOBase):
    """A file to write to whose bytes are taken away again as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[bytes] = []
        self.place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def write(self, data: Any) -> int:  # Any: whatever has a buffer
        part = bytes(data)
        self.parts.append(part)
        self.place += len(part)
        return len(part)

    def drained(self) -> bytes:
        """What was written since the last time."""
        taken, self.parts = b"".join(self.parts), []
        return taken
