"""The archive from Python: ``archive.open("perilune-data")`` and then questions. docs/tutorial.md shows it at work.

Every question is answered from one state of the archive; answers are the frozen values that commands and pages show.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from archive import export
from archive.config import Config, load_config
from archive.errors import ConfigError
from archive.formats.citations import FORMATS as CITED
from archive.formats.parquet import arrow_table
from archive.opening import one_state, reading_engine
from archive.query import EVERYTHING, Query, instant, parse_query
from archive.reading.asof import view_as_of
from archive.reading.citable import citable
from archive.reading.facets import FIELDS, VALUES, Facets, Field, Timeline, Unit, facets, timeline
from archive.reading.spread import Copy, copies
from archive.reading.stats import Stats, stats
from archive.reading.views import ArticleView, article_id_of, article_view
from archive.search import MAX_LIMIT, Hit, Order, SearchPage, search

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Library:
    """An archive that is read. Close it, or use it in a ``with`` block. May be used from several threads."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.engine: Engine = reading_engine(config)

    def search(
        self,
        query: str = "",
        *,
        limit: int = 20,
        order: Order = "relevance",
        by_story: bool = False,
        after: str | None = None,
        as_of: datetime | str | None = None,
    ) -> SearchPage:
        """A page of hits, newest first without a query; ``page.after`` asks for the next. Raises ``QueryError``.

        ``as_of``, a moment or a day such as ``"2025-03-12"`` (its end), asks the archive as it stood then.
        """
        with one_state(self.engine) as connection:
            return search(
                connection,
                understood(query),
                limit=limit,
                order=order,
                by_story=by_story,
                after=after,
                moment=moment_of(as_of),
            )

    def hits(self, query: str = "", *, order: Order = "newest", by_story: bool = False) -> Iterator[Hit]:
        """Every hit, page after page."""
        after: str | None = None
        while True:
            page = self.search(query, limit=MAX_LIMIT, order=order, by_story=by_story, after=after)
            yield from page.hits
            if (after := page.after) is None:
                return

    def article(self, name: int | str, *, as_of: datetime | str | None = None) -> ArticleView | None:
        """An article by its id or any address it was met under, with revisions, copies, captures; None without one.

        ``as_of`` shows it as it stood; None when it was not there yet.
        """
        moment = moment_of(as_of)
        with one_state(self.engine) as connection:
            article_id = article_id_of(connection, str(name))
            view = None if article_id is None else article_view(connection, article_id)
        return view if view is None or moment is None else view_as_of(view, moment)

    def articles(self, query: str = "", *, since_id: int = 0) -> Iterator[dict[str, Any]]:  # Any: JSON values
        """Every article that answers, by id, as ``perilune export`` writes it; a stream with constant memory."""
        where = understood(query) if query else None
        with one_state(self.engine) as connection:
            yield from export.articles(connection, where=where, since_id=since_id)

    def timeline(self, query: str = "", *, unit: Unit | None = None) -> Timeline:
        """Hits a day, month or year; by default what fits."""
        with one_state(self.engine) as connection:
            return timeline(connection, understood(query), unit=unit)

    def facets(self, query: str = "", *, fields: Sequence[Field] = FIELDS, limit: int = VALUES) -> Facets:
        """What the hits have in common."""
        with one_state(self.engine) as connection:
            return facets(connection, understood(query), fields=fields, limit=limit)

    def story(self, story_id: int) -> tuple[Copy, ...]:
        """The copies of a story in the order they appeared; empty when there is none."""
        with one_state(self.engine) as connection:
            return copies(connection, story_id)

    def stats(self) -> Stats:
        """Totals of the whole archive."""
        with one_state(self.engine) as connection:
            return stats(connection)

    def cite(self, name: int | str, *, format: str = "bibtex") -> str:
        """A citation: ``bibtex``, ``ris`` or ``csl``. Raises ``ConfigError`` for no such article or format."""
        with one_state(self.engine) as connection:
            article_id = article_id_of(connection, str(name))
            view = None if article_id is None else citable(connection, article_id)
        if view is None or format not in CITED:
            raise ConfigError(f"no article {name!r}, or no format {format!r}; formats are {', '.join(CITED)}")
        return CITED[format][1](view)

    def to_arrow(self, query: str = "") -> pyarrow.Table:
        """Every article that answers, as a pyarrow table. Raises ``ConfigError`` without pyarrow."""
        return arrow_table(self.articles(query))

    def to_pandas(self, query: str = "") -> pandas.DataFrame:
        """Every article that answers, a row each, moments as timestamps in UTC; a day is its midnight, and
        ``published_at_precision`` says so. Raises ``ConfigError`` without pandas."""
        try:
            import pandas
        except ImportError as exc:
            raise ConfigError("a data frame needs pandas: pip install 'perilune[pandas]'") from exc
        frame = pandas.DataFrame(list(self.articles(query)), columns=list(COLUMNS))
        for name in MOMENTS:
            frame[name] = pandas.to_datetime(frame[name], format="ISO8601", utc=True)
        return frame

    def to_polars(self, query: str = "") -> polars.DataFrame:
        """Every article that answers, a row each, moments as timestamps in UTC as in :meth:`to_pandas`.

        Raises ``ConfigError`` without polars or pyarrow.
        """
        try:
            import polars
        except ImportError as exc:
            raise ConfigError("a polars frame needs polars: pip install 'perilune[polars]'") from exc
        frame = polars.from_arrow(self.to_arrow(query))
        assert isinstance(frame, polars.DataFrame)  # a table gives no series
        utc = polars.Datetime("us", "UTC")
        return frame.with_columns(polars.col(name).map_elements(parsed_moment, return_dtype=utc) for name in MOMENTS)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


MOMENTS = ("published_at", "modified_at", "first_seen_at", "last_seen_at")
COLUMNS = (*export.CSV_COLUMNS[: export.CSV_COLUMNS.index("captured_at")], "captures")


def moment_of(as_of: datetime | str | None) -> datetime | None:
    """Raises ``QueryError`` for what is no moment."""
    return instant(as_of) if isinstance(as_of, str) else as_of


def parsed_moment(text: str) -> datetime:
    """A moment, or a day's midnight, in UTC."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def understood(query: str) -> Query:
    return parse_query(query) if query.strip() else EVERYTHING


def open_library(home: str | Path | None = None, *, database: str | None = None) -> Library:
    """See :func:`archive.open`."""
    return Library(load_config(os.environ, home=None if home is None else str(home), database=database))
