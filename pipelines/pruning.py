"""trafilatura's pruning of unwanted sections (2.3.1) with its four searches made one, for the same tree.

tests/unit/test_pruning.py holds what is left against trafilatura's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml.etree import strip_tags
from lxml.html import HtmlElement
from trafilatura import main_extractor, xpaths
from trafilatura.htmlprocessing import link_density_test_tables
from trafilatura.main_extractor import prune_unwanted_sections
from trafilatura.settings import Extractor
from trafilatura.xml import delete_element

from pipelines.density import prune_links
from pipelines.searches import Marks, Rule, rule_of, search_for

MOST_PRUNED = 7  # of so many parts of the text one must be left, else nothing is pruned by name


class Pruner:
    """Stands in for ``prune_unwanted_sections``, whose parameters it has.

    ``unless_most`` are rules for what goes unless that were nearly all text, ``always`` for what goes anyway,
    ``teasers`` for what goes unless teasers are kept.
    """

    def __init__(self, unless_most: Sequence[Rule], always: Sequence[Rule], teasers: Sequence[Rule]) -> None:
        self.marks = Marks([*unless_most, *always, *teasers])
        self.unless_most = (1 << len(unless_most)) - 1
        self.always = (1 << len(unless_most) + len(always)) - 1 - self.unless_most
        self.teasers = (1 << len(self.marks.rules)) - 1 - self.unless_most - self.always

    def __call__(
        self, tree: HtmlElement, potential_tags: set[str], options: Extractor, keep_teasers: bool = False
    ) -> HtmlElement:
        if options.focus != "balanced" or "graphic" in potential_tags or "table" not in potential_tags:
            return prune_unwanted_sections(tree, potential_tags, options, keep_teasers)
        marked = [(one, mark) for one in self.marks.named(tree) if (mark := self.marks(one))]
        prune_unless_most(tree, [one for one, mark in marked if mark & self.unless_most])
        unwanted = self.always if keep_teasers else self.always | self.teasers
        for element in [one for one, mark in marked if mark & unwanted]:
            delete_element(element)
        prune_links(tree)
        for table in [one for one in tree.iter("table") if link_density_test_tables(one)]:
            delete_element(table, keep_tail=False)
        strip_tags(tree, "span", *(() if "ref" in potential_tags else ("ref",)))
        return tree


def prune_unless_most(tree: HtmlElement, unwanted: Sequence[HtmlElement]) -> None:
    """Take the elements out, unless hardly any text were left."""
    members = set(unwanted)
    outermost = [one for one in unwanted if members.isdisjoint(one.iterancestors())]
    length = len(tree.text_content())
    if length - sum(len(one.text_content()) for one in outermost) > length / MOST_PRUNED:
        for element in outermost:
            delete_element(element)


def pruner() -> Pruner | None:
    """None where an expression of trafilatura's is of a form that is not known here."""
    lists = (xpaths.OVERALL_DISCARD_XPATH, xpaths.DISCARD_IMAGE_ELEMENTS, xpaths.TEASER_DISCARD_XPATH)
    known = [[found[0] for one in each if (found := rule_of(one)) and not found[1]] for each in lists]
    return Pruner(*known) if list(map(len, known)) == list(map(len, lists)) else None


def remember_searches() -> None:
    """From now on trafilatura's main extractor searches and prunes so. Once a process; more changes nothing."""
    extractor: Any = main_extractor  # Any: a module whose names are not exported
    extractor.BODY_XPATH = [search_for(one) for one in extractor.BODY_XPATH]
    if (ours := pruner()) is not None:
        extractor.prune_unwanted_sections = ours
