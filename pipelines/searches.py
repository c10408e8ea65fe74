"""trafilatura's searches by class and id, each combination of names judged once.

Its XPath expressions (2.3.1) call back into Python for every pattern on every element, named or not: more than half of
its time. What they say of an element depends on its tag and a few attributes alone, and pages repeat those; so the
very same predicate is asked once for each combination and remembered. tests/unit/test_searches.py holds the answers
against trafilatura's own; an expression of another form is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import TypeAlias

from lxml.etree import XPath
from lxml.html import Element, HtmlElement
from trafilatura import main_extractor
from trafilatura.xpaths import REGEXP_NS

from pipelines.density import prune_links

Expression: TypeAlias = Callable[[HtmlElement], list[HtmlElement]]
LISTS = ("BODY_XPATH", "OVERALL_DISCARD_XPATH", "TEASER_DISCARD_XPATH", "DISCARD_IMAGE_ELEMENTS")  # of main_extractor
FORM = re.compile(r"(?P<first>\()?\.//\*(?P<predicates>\[.*?\])(?:\[1\])?(?(first)\)\[1\])", re.DOTALL)
TAGS = re.compile(r"\[\s*self::\w+(?:\s+or\s+self::\w+)*\s*\]")  # a predicate of tags alone, before all others
ATTRIBUTE = re.compile(r"@([\w-]+)")
OTHER_NODES = re.compile(r"/|(?<!self)::")  # the predicate looks at more than the element
MOST_REMEMBERED = 5_000  # combinations an expression
MOST_CHARACTERS = 500  # of a combination that is remembered


class Search:
    """An expression of trafilatura's: all elements below the tree that match, or the first alone, in document order."""

    def __init__(self, predicates: str, *, is_first: bool) -> None:
        self.names = sorted(set(ATTRIBUTE.findall(predicates)))
        self.is_first = is_first
        only = TAGS.match(predicates)
        self.is_by_tag = only is None or "self::" in predicates[only.end() :]
        named = " or ".join(f"@{name}" for name in self.names)
        self.named = XPath(f"descendant::*{only[0] if only else ''}[{named}]")
        self.predicate = XPath(f"boolean(self::*{predicates})", namespaces={"re": REGEXP_NS})
        self.known: dict[tuple[str | None, ...], bool] = {}

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        hits = filter(self.matches, self.named(tree))
        return list(islice(hits, 1)) if self.is_first else list(hits)

    def matches(self, element: HtmlElement) -> bool:
        """What the predicate says of the element, asked or remembered."""
        tag = str(element.tag) if self.is_by_tag else ""
        key = (tag, *map(element.get, self.names))
        if (known := self.known.get(key)) is None:
            known = bool(self.predicate(element))
            if sum(map(len, filter(None, key))) <= MOST_CHARACTERS:
                if len(self.known) >= MOST_REMEMBERED:
                    self.known.clear()
                self.known[key] = known
        return known


def search_for(expression: Expression) -> Expression:
    """The expression as a ``Search``; itself where it is of another form, or would match an element without names."""
    if not isinstance(expression, XPath):
        return expression
    form = FORM.fullmatch(expression.path.strip())
    if form is None or OTHER_NODES.search(form["predicates"]):
        return expression
    search = Search(form["predicates"], is_first=form[0].endswith("[1]"))
    return expression if search.predicate(Element("div")) or not search.names else search


def remember_searches() -> None:
    """From now on trafilatura's main extractor searches and prunes so. Once a process; more changes nothing."""
    setattr(main_extractor, "delete_by_link_density", prune_links)  # noqa: B010  # not among what it exports
    for name in LISTS:
        setattr(main_extractor, name, [search_for(one) for one in getattr(main_extractor, name)])
