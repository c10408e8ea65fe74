"""Values written as JavaScript: ``window.__NUXT__=(function(a,b){return {…}}("x",1))`` and plain assignments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pipelines.jsontext import MAX_TEXT, Json

MAX_DEPTH = 60
MAX_TOKENS = 300_000
TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|`[^`\\$]*(?:\\.[^`\\$]*)*`)
    | (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_$][\w$.]*)
    | (?P<mark>[{}\[\](),:;!]))""",
    re.VERBOSE | re.DOTALL,
)
FUNCTION = re.compile(r"\s*\(?\s*function\s*\(([\w$,\s]*)\)\s*\{\s*return\s*")
JS_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "", "\n": ""}
WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None, "Infinity": None}


def literal_after(text: str, start: int) -> Json:
    """The value that starts there: JSON, an object literal, or a function called with values; None else."""
    if len(text) > MAX_TEXT:
        return None
    try:
        value: Json = json.JSONDecoder(strict=False).raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return from_script(text, start)
    return value


def from_script(text: str, start: int) -> Json:
    """The literal read by a small reader of its own: nothing is ever run."""
    called = FUNCTION.match(text, start)
    try:
        if called is None:
            return Literal(text, start, {}).value(0)
        # The values follow the function's body: read it once without them to find its end.
        skipped = Literal(text, called.end(), {})
        skipped.value(0)
        given = Literal(text, text.index("(", skipped.at), {}).arguments()
        names = [name.strip() for name in called.group(1).split(",")]
        return Literal(text, called.end(), dict(zip(names, given, strict=False))).value(0)
    except (LiteralError, ValueError):
        return None


class LiteralError(ValueError):
    """Not a literal, or one too deep or too long."""


class Literal:
    """Reads one literal from ``at`` on."""

    def __init__(self, text: str, at: int, names: Mapping[str, Json]) -> None:
        self.at = at
        self._text = text
        self._names = names
        self._left = MAX_TOKENS
        self._ahead: re.Match[str] | None = None

    def value(self, depth: int) -> Json:
        hit = self.token()
        if depth > MAX_DEPTH:
            raise LiteralError("too deep")
        if hit["string"] is not None:
            return unescaped(hit["string"][1:-1])
        if hit["number"] is not None:
            return float(hit["number"]) if re.search(r"[.eE]", hit["number"]) else int(hit["number"][:20])
        if hit["word"] is not None:
            return self.named(hit["word"], depth)
        if hit["mark"] == "{":
            return self.members(depth)
        if hit["mark"] == "[":
            return self.items("]", depth)
        if hit["mark"] == "!":
            return not self.value(depth + 1)
        raise LiteralError("no value")

    def named(self, word: str, depth: int) -> Json:
        """What a word stands for: a constant, a value given to the function, or the first value given to a call."""
        if word in ("void", "new"):
            operand = self.value(depth + 1)
            return operand if word == "new" else None
        if self.peek() == "(":
            given = self.arguments()
            if word == "JSON.parse" and given and isinstance(given[0], str):
                parsed: Json = json.loads(given[0])
                return parsed
            return given[0] if given and word == "Date" else None
        return WORDS[word] if word in WORDS else self._names.get(word)

    def arguments(self) -> list[Json]:
        self.expect("(")
        return self.items(")", 0)

    def items(self, end: str, depth: int) -> list[Json]:
        found: list[Json] = []
        while self.peek() != end:
            found.append(self.value(depth + 1))
            if self.peek() == ",":
                self.token()
        self.token()
        return found

    def members(self, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        while self.peek() != "}":
            hit = self.token()
            key = unescaped(hit["string"][1:-1]) if hit["string"] is not None else hit["word"] or hit["number"]
            if key is None:
                raise LiteralError("no key")
            self.expect(":")
            found[key] = self.value(depth + 1)
            if self.peek() == ",":
                self.token()
        self.token()
        return found

    def token(self) -> re.Match[str]:
        hit = self.next_token()
        self._left -= 1
        if self._left < 0:
            raise LiteralError(f"too long at {self.at}")
        self.at, self._ahead = hit.end(), None
        return hit

    def peek(self) -> str | None:
        self._ahead = self.next_token()
        return self._ahead["mark"]

    def next_token(self) -> re.Match[str]:
        """The one that was looked at already, or the one at this place."""
        hit = self._ahead or TOKEN.match(self._text, self.at)
        if hit is None:
            raise LiteralError(f"not a literal at {self.at}")
        return hit

    def expect(self, mark: str) -> None:
        if self.token()["mark"] != mark:
            raise LiteralError(f"{mark} expected")


def unescaped(text: str) -> str:
    """A string literal's value."""
    if "\\" not in text:
        return text
    try:
        found: str = json.loads(f'"{text}"', strict=False)  # most escapes are JSON's too, and that reader is quick
    except ValueError:
        found = JS_ESCAPE.sub(lambda hit: escaped_character(hit[1] or hit[2], hit[3]), text)
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escaped_character(code: str | None, character: str | None) -> str:
    return chr(int(code, 16)) if code else PLAIN_ESCAPES.get(character or "", character or "")
