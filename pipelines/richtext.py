"""Bodies as content systems keep them: HTML, lists of blocks, trees of nodes; to paragraphs."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.jsontext import Json
from pipelines.prose import paragraphs_from

MAX_NODES = 20_000
MAX_DEPTH = 30
KINDS = ("nodeType", "_type", "type", "__typename", "name", "tag")
INLINE = frozenset(
    "text span hyperlink link bold italic strong em a mark underline entry-hyperlink br i b code".split()
)
LEFT_OUT = frozenset(
    "image video gallery embed embedded-asset-block embedded-entry-block interstitial_link custom_embed social"
    " oembed_response raw_html ad advertisement newsletter related divider script".split()
)
TEXTS = (
    "content",
    "text",
    "html",
    "value",
    "children",
    "data",
    "attrs",
    "rendered",
    "processed",
    "basic",
    "root",
    "doc",
    "document",
    "json",
    "raw",
    "blocks",
    "items",
    "paragraphs",
    "elements",
    "body",
    "attributes",
)


def rich_text(value: Json, state: Json = None) -> list[str]:
    """Paragraphs of a body: Arc ``content_elements``, Contentful, Portable Text, ProseMirror, Draft.js, EditorJS, HTML.

    A node without blocks inside it is one paragraph. Images, embeds and related links are left out.
    """
    walk = Walk(state)
    walk.visit(value, 0)
    return walk.lines


class Walk:
    """One pass over a body."""

    def __init__(self, state: Json) -> None:
        self.lines: list[str] = []
        self._state = state
        self._left = MAX_NODES

    def visit(self, value: Json, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            return
        if isinstance(value, str):
            self.lines += paragraphs_from(value)
        elif isinstance(value, list):
            if value and all(is_inline(one) for one in value):
                self.lines += [line] if (line := " ".join(inline_text(value, 0).split())) else []
                return
            for one in value:
                self.visit(one, depth + 1)
        elif isinstance(value, dict):
            self.visit_node(value, depth)

    def visit_node(self, node: Mapping[str, Json], depth: int) -> None:
        if kind_of(node) in LEFT_OUT:
            return
        reference = node.get("__ref")
        if isinstance(reference, str) and isinstance(self._state, dict):
            self.visit(self._state.get(reference), depth + 1)
        for key in TEXTS:
            inner = node.get(key)
            if isinstance(inner, (list, dict)) or (isinstance(inner, str) and inner.strip()):
                before = len(self.lines)
                self.visit(inner, depth + 1)
                if len(self.lines) > before:
                    return


def kind_of(node: Mapping[str, Json]) -> str:
    return next((one.lower() for key in KINDS if isinstance(one := node.get(key), str)), "")


def is_inline(value: Json) -> bool:
    """True for a run of text inside a paragraph; a plain string in a list is a paragraph of its own."""
    return isinstance(value, dict) and kind_of(value) in INLINE and not looks_like_html(value.get("content"))


def looks_like_html(value: Json) -> bool:
    return isinstance(value, str) and (
        "<" in value or len(value) > 300 or value.rstrip().endswith((".", "。", "!", "?", "”", '"'))
    )


def inline_text(value: Json, depth: int) -> str:
    """The text of runs, joined without breaks."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth < MAX_DEPTH:
        return "".join(inline_text(one, depth + 1) for one in value)
    if isinstance(value, dict) and depth < MAX_DEPTH:
        found = next((value[key] for key in ("text", "value", "children", "content") if value.get(key)), "")
        return inline_text(found, depth + 1)
    return ""
