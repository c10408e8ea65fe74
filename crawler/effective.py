"""What a crawl would run with: every value and the layer that set it."""

from __future__ import annotations

from dataclasses import dataclass

from archive.config import Config
from crawler.context import user_agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One setting as it is in force; ``layer`` is default | environment | flag | crawler/settings.py | Scrapy."""

    name: str
    value: str
    layer: str


def effective_settings(config: Config) -> list[Effective]:
    """Our own values first, then every Scrapy setting that ``crawler/settings.py`` sets, by name."""
    from archive.database import known_url, shown
    from crawler import settings as ours

    own = {
        "home": str(config.home),
        "database_url": shown(known_url(config.database_url)),
        "sources": str(config.sources) if config.sources else "(packaged)",
        "contact": config.contact or "(none: only loopback may be crawled)",
        "allow_private": str(config.allow_private).lower(),
        "log_format": config.log_format,
        "warc_store": config.warc_store or "(none: files stay in the home)",
        "lease": f"{config.lease.total_seconds():g} s",
    }
    rows = [Effective(name=name, value=value, layer=config.layers[name]) for name, value in own.items()]
    above = from_configuration(config)
    for name in sorted(filter(str.isupper, vars(ours))):
        value, layer = above.get(name, (getattr(ours, name), "crawler/settings.py"))
        rows.append(Effective(name=name, value=repr(value), layer=layer))
    return rows


def from_configuration(config: Config) -> dict[str, tuple[object, str]]:
    """Scrapy settings that the configuration sets above ``crawler/settings.py``: (value, layer) by name."""
    above: dict[str, tuple[object, str]] = {}
    if config.contact:
        above["USER_AGENT"] = (user_agent(config.contact), config.layers["contact"])
    if config.extract_workers is not None:
        above["PERILUNE_EXTRACT_WORKERS"] = (config.extract_workers, config.layers["extract_workers"])
    if config.layers["allow_private"] != "default":
        above["PERILUNE_ALLOW_PRIVATE"] = (config.allow_private, config.layers["allow_private"])
    return above
