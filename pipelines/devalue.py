"""Nuxt 3 state (``__NUXT_DATA__``): a flat list whose objects and lists hold indexes into it.

The format is that of github.com/sveltejs/devalue.
"""

from __future__ import annotations

from pipelines.jsontext import Json

MAX_NODES = 40_000
MAX_DEPTH = 40
WRAPPERS = frozenset(
    {"Reactive", "ShallowReactive", "Ref", "ShallowRef", "EmptyRef", "EmptyShallowRef", "Date", "Object"}
)


def revived(flat: Json) -> Json:
    """The value that the list's first entry stands for; None when it isn't such a list. Cycles end where they close."""
    if not isinstance(flat, list) or not flat:
        return None
    return Revival(flat).value(0, ())


class Revival:
    """One list being revived."""

    def __init__(self, flat: list[Json]) -> None:
        self._flat = flat
        self._known: dict[int, Json] = {}
        self._left = MAX_NODES

    def value(self, index: Json, path: tuple[int, ...]) -> Json:
        """The value at an index; negative ones stand for undefined, NaN and infinities."""
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(self._flat):
            return None
        if index in self._known:
            return self._known[index]
        self._left -= 1
        if index in path or len(path) > MAX_DEPTH or self._left < 0:
            return None
        self._known[index] = found = self.revive(self._flat[index], (*path, index))
        return found

    def revive(self, entry: Json, path: tuple[int, ...]) -> Json:
        if isinstance(entry, dict):
            return {key: self.value(one, path) for key, one in entry.items()}
        if isinstance(entry, list) and entry and isinstance(entry[0], str):
            if entry[0] == "Date" and len(entry) > 1 and isinstance(entry[1], str):
                return entry[1]
            return self.value(entry[1], path) if entry[0] in WRAPPERS and len(entry) > 1 else None
        if isinstance(entry, list):
            return [self.value(one, path) for one in entry]
        return entry
