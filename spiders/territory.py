"""Whose page is an address? For pages that nobody announced: those in foreign WARC files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from archive.urls import host_of
from spiders.discovery.articlepaths import address_kind
from spiders.discovery.scope import registrable_domain
from spiders.hostgroups import host_key
from spiders.registry import Source
from spiders.source import scope_of_source


class Territory:
    """The hosts of many sources; with ``is_any``, everybody else's too."""

    def __init__(self, sources: Iterable[Source], *, is_any: bool = False) -> None:
        self.is_any = is_any
        self.scopes = {source.id: scope_of_source(source) for source in sources}
        self.places: defaultdict[str, list[str]] = defaultdict(list)
        for source_id, scope in self.scopes.items():
            for place in scope.hosts | scope.domains:
                self.places[place].append(source_id)

    def owner(self, url: str) -> str | None:
        """The id of the source whose article this may be; None for nobody's, and for sections, files and tools.

        Of several sources on one host the first by id whose file allows the address. With ``is_any`` an address of no
        source belongs to a source named after its host.
        """
        if address_kind(url) in ("section", "file"):
            return None
        known = self.sources_at(url)
        owner = next((one for one in known if self.scopes[one].reason_to_drop(url) is None), None)
        if owner is None and self.is_any and not known:
            return host_key(url) or None
        return owner

    def sources_at(self, url: str) -> Collection[str]:
        """Ids of the sources that have this host, or its domain, in order."""
        host = host_key(url)
        if host in self.places:
            return sorted(self.places[host])
        return sorted(self.places.get(registrable_domain(host_of(url)), ()))
