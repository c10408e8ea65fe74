"""The docs against the code: what is written must exist, and what exists must be written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from archive import errors
from archive.export import CSV_COLUMNS
from archive.model import DuplicateReason
from archive.wishes import WISHES
from crawler import cli, verdict
from spiders import failures
from spiders.sourcefile import EndpointKey, ExpectKeys, ExtractKeys, ListingKey, SourceFile, UrlKeys
from tests import reference

ROOT = Path(__file__).parents[1]
PACKAGES = ("crawler", "spiders", "pipelines", "archive")
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
WRITTEN = [path for path in DOCS if path != reference.PAGE]  # by hand
COMMANDS = dict(reference.commands())


def doc(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """From a heading to the next one of its level or above."""
    level = heading.split()[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.S | re.M)
    assert found, f"no heading {heading!r}"
    return found[1]


def first_cells(text: str) -> list[str]:
    """The first cell of every row of every table, without heads and rules."""
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|--")]
    return [row.split("|")[1].strip() for row in rows]


def ticked(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the four packages by its path."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_bytes()) for path in paths}


def nodes(kind: type[ast.AST]) -> Iterator[ast.AST]:
    for tree in modules().values():
        yield from (node for node in ast.walk(tree) if isinstance(node, kind))


# Commands


def code_of(text: str) -> str:
    """Fenced blocks and inline code, a piece a line; prose is left out."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)
    return "\n".join([*fenced, *ticked(re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))])


def command_lines(path: Path) -> Iterator[list[str]]:
    """What is typed after ``perilune``, as words; a pipe, a redirection or a comment ends it."""
    for match in re.finditer(
        r"(?:^|[\s(]|bin/)perilune +([^\n|>#)]*)", code_of(path.read_text(encoding="utf-8")), re.M
    ):
        words = re.sub(r"'[^']*'|\"[^\"]*\"", "QUOTED", match[1]).split()
        if words and not words[0].endswith((":", ",")):  # a message of ours begins with "perilune:"
            yield words


def named(words: list[str]) -> tuple[str, list[str]]:
    """The command that words begin with, and the rest of them."""
    if " ".join(words[:2]) in COMMANDS and len(words) > 1:
        return " ".join(words[:2]), words[2:]
    return (words[0], words[1:]) if words[0] in COMMANDS else ("", words)


def options_of(name: str) -> set[str]:
    own = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    return {option for option in own if option.startswith("-")} | {"--help", "-h"}


LINES = [
    pytest.param(path, words, id=f"{path.name}: {' '.join(words)[:60]}")
    for path in WRITTEN
    for words in command_lines(path)
]


@pytest.mark.parametrize(("path", "words"), LINES)
def test_command_in_the_docs_exists_with_its_options(path: Path, words: list[str]) -> None:
    name, rest = named(words)
    assert name or words[0].startswith("-") or words[0].isupper(), f"no command {words[0]!r}"
    options = {word.partition("=")[0].rstrip(",.;:") for word in rest if re.match(r"--?[a-z]", word)}
    assert options <= options_of(name)


def test_every_command_is_shown_in_use() -> None:
    shown = {named(words)[0] for path in WRITTEN for words in command_lines(path)}
    assert {name for name, command in COMMANDS.items() if not hasattr(command, "commands")} - shown == set()


def test_page_of_commands_is_what_help_says() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run make docs"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_option_named_in_passing_exists(path: Path) -> None:
    known = {option for name in COMMANDS for option in options_of(name)}
    text = path.read_text(encoding="utf-8")
    options = {word for span in ticked(text) for word in re.findall(r"^--[a-z][a-z-]*", span)}
    foreign = {"--require-hashes", "--strict"}  # pip's, mypy's
    assert options - known - foreign == set()


# The machine


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", doc("Makefile"), re.M))


def test_two_commands_of_the_readme_are_targets_and_the_only_set_up() -> None:
    block = re.search(r"```sh\n(.*?)```", doc("README.md"), re.S)
    assert block is not None
    assert [line.split("#")[0].strip() for line in block[1].splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_make_target_in_the_docs_exists(path: Path) -> None:
    used = set(re.findall(r"^make ([a-z-]+)", code_of(path.read_text(encoding="utf-8")), re.M))
    assert used <= targets()


def test_continuous_integration_runs_what_a_developer_runs() -> None:
    assert re.findall(r"^make (\w+)$", doc(".ci/run"), re.M) == ["lint", "test"]


# Links and places


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_local_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
            assert anchor in {slug(heading) for heading in headings}, target


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_files_and_pages_that_the_docs_name_exist(path: Path) -> None:
    for span in ticked(path.read_text(encoding="utf-8")):
        if re.fullmatch(rf"(?:{'|'.join(PACKAGES)}|tests|docs|benchmarks|\.ci)/[\w./-]*", span) and "new" not in span:
            assert (ROOT / span).exists(), span


def test_pages_named_in_the_code_exist() -> None:
    named_pages = {page for name in modules() for page in re.findall(r"\bdocs/[\w/-]+\.md\b", doc(name))}
    assert {page for page in named_pages if not (ROOT / page).exists()} == set()


def test_every_page_is_on_the_index() -> None:
    linked = set(re.findall(r"\]\(([\w./-]+)\)", doc("docs/index.md")))
    pages = {str(path.relative_to(ROOT / "docs")) for path in ROOT.glob("docs/**/*.md")} - {"index.md"}
    assert pages - linked == set()


# The runbook


def test_every_exit_code_is_in_the_runbook_and_none_else() -> None:
    ours = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    codes = ours | {verdict.FINE, verdict.ALARM, verdict.USAGE, verdict.STORAGE, verdict.LOCKED, verdict.INTERRUPTED}
    codes |= {cli.INTERRUPTED}
    documented = {int(cell) for cell in first_cells(section(doc("docs/operate.md"), "## Exit codes")) if cell.isdigit()}
    assert documented == codes == {0, 1, 2, 3, 4, 130}


def test_every_variable_of_the_environment_is_in_the_runbook_and_none_else() -> None:
    read = set(re.findall(r"\bPERILUNE_[A-Z_]+\b", doc("archive/config.py")))
    settings = section(doc("docs/operate.md"), "## Settings")
    documented = {span for cell in first_cells(settings) for span in ticked(cell)}
    assert documented == read


def test_environment_is_read_in_one_place() -> None:
    """``os.environ`` itself is handed over where a command begins."""
    reading = {
        ast.unparse(node)
        for node in nodes(ast.Call)
        if isinstance(node, ast.Call) and re.match(r"(os\.)?(getenv|environ\.get)\(", ast.unparse(node))
    } | {ast.unparse(node) for node in nodes(ast.Subscript) if ast.unparse(node).startswith("os.environ[")}
    assert {text for text in reading if "PERILUNE_" in text and not text.startswith("environ.get(")} == set()


NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)*")


def literals(node: ast.AST | None) -> set[str]:
    """Reason-like strings that an expression may be: through conditions and ``or``."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) and NAME.fullmatch(node.value) else set()
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    if isinstance(node, ast.BoolOp):
        return set().union(*map(literals, node.values))
    if isinstance(node, ast.Tuple) and node.elts:
        return literals(node.elts[0])  # (reason, detail)
    return set()


RESULTS = ("FeedResult", "SitemapResult", "ListingResult")  # of spiders/discovery


def reasons_given() -> set[str]:
    """Reason names in the code: ``Rejected(reason=…)``, ``rejected(…)``, ``reason = …``, returns of ``…_reason``."""
    found: set[str] = set()
    for node in nodes(ast.Call):
        assert isinstance(node, ast.Call)
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in ("rejected", "Rejected", "Missed", "Polled", "replace", *RESULTS):
            found |= literals(node.args[0]) if called == "rejected" and node.args else set()
            found |= set().union(*(literals(word.value) for word in node.keywords if word.arg == "reason"))
    for node in nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        for line in node.body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "reason":
                found |= literals(line.value)
    for node in nodes(ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        if node.name.endswith("_reason"):
            found |= set().union(*(literals(line.value) for line in ast.walk(node) if isinstance(line, ast.Return)))
    found |= {reason for _, reason in failures.FAILURES} | set(WISHES)
    found |= {str(failures.status_reason(status)) for status in range(100, 600)} - {"None"}
    return found - set(get_args(DuplicateReason)) - {"refused", "is_feed"}  # replaced before they are told


def test_every_reason_is_in_the_runbook_and_none_else() -> None:
    documented = {
        span
        for cell in first_cells(section(doc("docs/operate.md"), "## Why a URL was dropped"))
        for span in ticked(cell)
    }
    assert documented == reasons_given()


def test_every_event_of_the_log_is_in_the_runbook_and_none_else() -> None:
    logged = {
        node.args[1 if node.func.attr == "log" else 0].value
        for node in nodes(ast.Call)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "log"
    }
    events = {span for cell in first_cells(section(doc("docs/operate.md"), "## Logs")) for span in ticked(cell)}
    assert events == logged


def test_every_kind_of_bad_health_is_in_the_runbook_and_none_else() -> None:
    sources = doc("archive/health.py") + doc("crawler/vitals.py")
    found = set(re.findall(r'kind="([a-z_]+)"', sources)) | {"endpoint_failing", "endpoint_unparsed"}
    found |= set(re.findall(r'\("([a-z_]+_missing)", "', sources))
    found |= set(re.findall(r'finding\(\s*"([a-z_]+)"', doc("archive/fleet/judging.py")))
    kinds = {span for cell in first_cells(section(doc("docs/operate.md"), "## Health")) for span in ticked(cell)}
    assert kinds == found - {"gauge", "counter"}


# Contracts with researchers and with those who write source files


def test_columns_of_the_csv_are_the_keys_documented() -> None:
    keys = [
        span
        for cell in first_cells(
            section(doc("docs/formats.md"), "## JSON lines: `perilune export [FILE|-] --format jsonl`")
        )
        for span in ticked(cell)
    ]
    assert keys[-1] == "captures"
    assert list(CSV_COLUMNS[: len(keys) - 1]) == keys[:-1]


def test_every_kind_of_finding_is_documented_and_none_else() -> None:
    things = "file|record|revisit|article|index|frontier|manifest|cdxj"
    used = set(re.findall(rf"\"((?:{things})-[a-z]+)\"", doc("archive/verify.py")))
    documented = {
        span
        for cell in first_cells(section(doc("docs/formats.md"), "## `perilune verify --json`"))
        for span in ticked(cell)
    }
    assert documented == used


@pytest.mark.parametrize(
    "keys", [SourceFile, EndpointKey, ListingKey, UrlKeys, ExtractKeys, ExpectKeys], ids=lambda keys: keys.__name__
)
def test_every_key_of_a_source_file_is_documented(keys: type[SourceFile]) -> None:
    text = doc("docs/sources.md")
    written = set(ticked(text)) | set(re.findall(r"^([a-z_]+) = ", text, re.M))
    written |= {name.strip("[]") for name in written}
    assert set(keys.model_fields) - written == set()
