"""trafilatura's searches by class and id, each name judged once.

Its XPath expressions (2.3.1) call back into Python for every pattern on every element, named or not: more than half of
its time. They ask for a tag and for any of many conditions, each on one attribute; pages repeat those. So the very same
conditions are asked once for each value and remembered. tests/unit/test_searches.py holds the answers against
trafilatura's own; an expression of another form is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml.etree import XPath
from lxml.html import HtmlElement

Expression: TypeAlias = Callable[[HtmlElement], list[HtmlElement]]
Names: TypeAlias = tuple[str, ...]  # attributes; of several the one that comes first in the page is meant
Holds: TypeAlias = Callable[[str], bool]
FORM = re.compile(
    r"""(?P<first>\()?\.//\*(?:\[\s*(?P<tags>self::\w+(?:\s+or\s+self::\w+)*)\s*\])?\[(?P<conditions>.*?)\]
    (?:\[1\])?(?(first)\)\[1\])""",
    re.DOTALL | re.VERBOSE,
)
CONDITION = re.compile(
    r"""\s*(?:
      re:test\(\s*(?P<tested>@[\w-]+(?:\|@[\w-]+)*)\s*,\s*'(?P<pattern>[^']*)'(?:\s*,\s*'(?P<flag>i)')?\s*\)
    | (?P<call>contains|starts-with)\(\s*
        (?:translate\(\s*(?P<turned>@[\w-]+)\s*,\s*'(?P<old>\w+)'\s*,\s*'(?P<new>\w+)'\s*\)|(?P<searched>@[\w-]+(?:\|@[\w-]+)*))
        \s*,\s*'(?P<part>[^']+)'\s*\)
    | (?P<named>@[\w-]+)(?:\s*=\s*'(?P<value>[^']+)')?
    )\s*(?:\bor\b|$)""",
    re.VERBOSE,
)
MOST_REMEMBERED = 5_000  # values
MOST_CHARACTERS = 500  # of a value that is remembered


@dataclass(frozen=True, slots=True)
class Rule:
    """Tags (any, where there are none), and conditions of which one must hold for an attribute."""

    tags: frozenset[str]
    conditions: tuple[tuple[Names, Holds], ...]


@dataclass(slots=True)
class Values:
    """What the conditions on one attribute say of its values: the n-th bit is set where the n-th rule's holds."""

    conditions: list[tuple[int, Holds]] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def mark(self, value: str) -> int:
        """Asked or remembered."""
        if (known := self.known.get(value)) is None:
            known = 0
            for bit, holds in self.conditions:
                if not known & bit and holds(value):
                    known |= bit
            if len(value) <= MOST_CHARACTERS:
                if len(self.known) >= MOST_REMEMBERED:
                    self.known.clear()
                self.known[value] = known
        return known


class Marks:
    """Which of several rules an element obeys."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.tags: dict[str, int] = {}
        values: dict[Names, Values] = {}
        for place, rule in enumerate(rules):
            for names, holds in rule.conditions:
                values.setdefault(names, Values()).conditions.append((1 << place, holds))
        self.values = {names[0]: one for names, one in values.items() if len(names) == 1}
        self.of_several = [(frozenset(names), one) for names, one in values.items() if len(names) > 1]
        attributes = sorted({name for names in values for name in names})
        self.named = XPath("descendant::*[" + " or ".join(f"@{name}" for name in attributes) + "]")

    def __call__(self, element: HtmlElement) -> int:
        """The n-th bit is set where the n-th rule is obeyed."""
        mark = 0
        items = element.items()
        for name, value in items:
            if name in self.values:
                mark |= self.values[name].mark(value)
        for names, values in self.of_several:
            mark |= next((values.mark(value) for name, value in items if name in names), 0)
        return mark and mark & self.of_tag(str(element.tag))

    def of_tag(self, tag: str) -> int:
        """A bit for every rule that is about the tag."""
        if tag not in self.tags:
            if len(self.tags) >= MOST_REMEMBERED:
                self.tags.clear()
            self.tags[tag] = sum((not rule.tags or tag in rule.tags) << place for place, rule in enumerate(self.rules))
        return self.tags[tag]


class Search:
    """An expression of trafilatura's for the first element below the tree that matches, in document order."""

    def __init__(self, rule: Rule) -> None:
        self.tags = tuple(rule.tags) or ("*",)
        self.marks = Marks([rule])

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        hits = (one for one in tree.iter(self.tags) if self.marks(one) and one is not tree)
        return [hit] if (hit := next(hits, None)) is not None else []


def rule_of(expression: Expression) -> tuple[Rule, bool] | None:
    """(the rule of ``.//*[…]``, is the first such element meant); None for an expression of another form."""
    form = FORM.fullmatch(expression.path.strip()) if isinstance(expression, XPath) else None
    conditions = list(conditions_of(form["conditions"].strip())) if form else []
    known = tuple(one for one in conditions if one is not None)
    if form is None or len(known) < len(conditions) or not known:
        return None
    tags = frozenset(re.findall(r"self::(\w+)", form["tags"] or ""))
    return Rule(tags, known), form[0].endswith("[1]")


def conditions_of(text: str) -> Iterator[tuple[Names, Holds] | None]:
    """The conditions between the ``or``; None for one of another form, which is the last."""
    place = 0
    while place < len(text):
        hit = CONDITION.match(text, place)
        yield condition_of(hit) if hit else None
        place = hit.end() if hit else len(text)


def condition_of(hit: re.Match[str]) -> tuple[Names, Holds]:
    """An attribute, and what must hold for its value."""
    asked = hit["tested"] or hit["turned"] or hit["searched"] or hit["named"]
    return tuple(asked.replace("@", "").split("|")), test_of(hit)


def test_of(hit: re.Match[str]) -> Holds:
    """What must hold for the value of an attribute that is there."""
    if hit["tested"]:
        pattern = re.compile(hit["pattern"], re.IGNORECASE if hit["flag"] else 0)
        return lambda value: pattern.search(value) is not None
    if hit["call"]:
        part, is_begin = hit["part"], hit["call"] == "starts-with"
        table = str.maketrans(hit["old"], hit["new"]) if hit["turned"] else {}
        return lambda value: value.translate(table).startswith(part) if is_begin else part in value.translate(table)
    wanted = hit["value"]
    return lambda value: wanted is None or value == wanted


def search_for(expression: Expression) -> Expression:
    """The expression as a ``Search``; itself where it is of another form, or means more than the first element."""
    found = rule_of(expression)
    return Search(found[0]) if found is not None and found[1] else expression
