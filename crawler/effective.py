"""What a crawl would run with: every value and the layer that set it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from archive.config import Config

SECRET = re.compile(r"(?<=:)[^:@/]+(?=@)")  # the password of scheme://user:password@host


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One setting as it is in force; ``layer`` is default | environment | flag | crawler/settings.py | Scrapy."""

    name: str
    value: str
    layer: str


def effective_settings(config: Config, environ: Mapping[str, str] | None = None) -> list[Effective]:
    """Our own values first, then every Scrapy setting that ``crawler/settings.py`` sets, by name."""
    from crawler import settings as ours

    environ = os.environ if environ is None else environ
    own = {
        "home": str(config.home),
        "database_url": redacted(config.database_url),
        "sources": str(config.sources) if config.sources else "(packaged)",
        "contact": config.contact or "(none: only loopback may be crawled)",
        "allow_private": str(config.allow_private).lower(),
    }
    rows = [Effective(name=name, value=value, layer=config.layers[name]) for name, value in own.items()]
    for name in sorted(vars(ours)):
        if name.isupper():
            rows.append(Effective(name=name, value=redacted(repr(getattr(ours, name))), layer="crawler/settings.py"))
    return rows


def redacted(value: str) -> str:
    """The value with the password of an address replaced by ``***``."""
    return SECRET.sub("***", value)
