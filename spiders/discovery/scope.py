"""Which announced URLs belong to a source: its own hosts, and its file's allow and deny patterns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

from archive.urls import host_of
from spiders.hostgroups import host_key

if TYPE_CHECKING:
    from tldextract import TLDExtract

Dropped: TypeAlias = Literal["off_site", "denied", "not_allowed"]
"""Why a URL is not asked for; the run counts them as ``discovery/<reason>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A source's territory. Ask :meth:`reason_to_drop`; make one with :func:`scope_of`."""

    hosts: frozenset[str]
    """Exact hosts (:func:`spiders.hostgroups.host_key`)."""
    domains: frozenset[str]
    """Registrable domains whose subdomains are inside too."""
    allow: tuple[re.Pattern[str], ...] = ()
    deny: tuple[re.Pattern[str], ...] = ()

    def reason_to_drop(self, url: str) -> Dropped | None:
        """None for a URL inside; patterns are searched in path and query (``/news/a?id=1``)."""
        if not self.is_on_site(url):
            return "off_site"
        parts = urlsplit(url)
        place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(pattern.search(place) for pattern in self.deny):
            return "denied"
        if self.allow and not any(pattern.search(place) for pattern in self.allow):
            return "not_allowed"
        return None

    def is_on_site(self, url: str) -> bool:
        return host_key(url) in self.hosts or registrable_domain(host_of(url)) in self.domains


def scope_of(
    urls: Iterable[str],
    *,
    hosts: Collection[str] = (),
    allow: tuple[re.Pattern[str], ...] = (),
    deny: tuple[re.Pattern[str], ...] = (),
) -> Scope:
    """The scope of a source whose homepage and endpoints are ``urls`` and whose file lists ``hosts`` besides."""
    known = [*urls, *(f"https://{host}/" for host in hosts)]
    return Scope(
        hosts=frozenset(host_key(url) for url in known),
        domains=frozenset(domain for url in known if (domain := registrable_domain(host_of(url)))),
        allow=allow,
        deny=deny,
    )


@lru_cache(maxsize=10_000)
def registrable_domain(host: str) -> str:
    """The part of a host that its owner registered (``esa.int``, ``asi.gov.example``); empty for addresses.

    By the public suffix list that tldextract bundles, private suffixes (``github.io``) included; under
    a suffix that the list doesn't know, the last two labels.
    """
    found = suffix_reader()(host)
    labels = host.split(".")
    if found.suffix or found.ipv4 or found.ipv6 or len(labels) < 2:
        return found.top_domain_under_public_suffix
    return ".".join(labels[-2:])


@cache
def suffix_reader() -> TLDExtract:
    """Never asks the network, whatever tldextract's defaults become."""
    from tldextract import TLDExtract  # 0.15 s that only a crawl needs

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
