"""Where a run's time went, by stage: counters kept with the run, shown by ``perilune runs ID`` and in the metrics.

``stage/<stage>/seconds`` is CPU time: of the reactor's thread for ``fetch`` (Scrapy, politeness, discovery), of the
evidence's thread for ``capture`` (digests, compression, WARC), of the workers for ``extract`` (extraction,
quality, normalising), of the writing thread for ``store`` (deciding, rows, search index). Beside it stands how many
of what went through the stage. ``stage/store/slowest`` is the longest group of writes by the clock, in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

from crawler.verdict import Fetch
from pipelines.writer import Writer

PREFIX = "stage/"


def stage_counters(fetched: Fetch, *, writer: Writer, evidence: Writer) -> dict[str, float]:
    """The counters of a run that is over and whose writers are closed."""
    counters: Mapping[str, float] = {
        **fetched.counters,
        f"{PREFIX}capture/seconds": evidence.cpu_seconds,
        f"{PREFIX}capture/records": evidence.writes,
        f"{PREFIX}store/seconds": writer.cpu_seconds,
        f"{PREFIX}store/writes": writer.writes,
        f"{PREFIX}store/transactions": writer.groups,
        f"{PREFIX}store/slowest": writer.slowest_seconds,
    }
    return {name: round(value, 3) for name, value in sorted(counters.items())}
