"""What several searches ask of a page before anything is cut: read when first asked, and once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

from lxml.etree import XPath
from lxml.html import HtmlElement

from pipelines.blocks import Placed, blocks_in

Search: TypeAlias = Callable[[HtmlElement], list[HtmlElement]]
META = XPath("/descendant::meta[@content][@property or @name or @itemprop or @http-equiv]")
NAMED = XPath("/descendant::body/descendant::*[@class or @id]")


class Survey:
    """Lines and names of one tree, which must not change meanwhile."""

    def __init__(self, tree: HtmlElement) -> None:
        self.tree = tree
        self._named: dict[re.Pattern[str], list[HtmlElement]] = {}
        self._found: dict[Search, list[HtmlElement]] = {}

    @cached_property
    def text(self) -> str:
        """All text of the tree, scripts included: what is not in it need not be looked for."""
        return str(self.tree.text_content())

    @cached_property
    def meta(self) -> list[HtmlElement]:
        """Every ``<meta>`` with a name and a content."""
        return list(META(self.tree))

    @cached_property
    def blocks(self) -> list[Placed]:
        """Every block of the page with its text."""
        return blocks_in(self.tree)

    @cached_property
    def names(self) -> list[tuple[HtmlElement, str]]:
        """Elements with a class or id, in order, and both."""
        return [(one, f"{one.get('class') or ''} {one.get('id') or ''}") for one in NAMED(self.tree)]

    def named(self, pattern: re.Pattern[str], *, limit: int) -> list[HtmlElement]:
        """The first elements whose class or id matches; a third of the cost of asking XPath for each word."""
        if pattern not in self._named:
            matching = set(filter(pattern.search, {names for _, names in self.names}))  # elements share their names
            self._named[pattern] = [one for one, names in self.names if names in matching]
        return self._named[pattern][:limit]

    def once(self, search: Search) -> list[HtmlElement]:
        """What a search finds in the tree, asked once."""
        if search not in self._found:
            self._found[search] = search(self.tree)
        return self._found[search]
