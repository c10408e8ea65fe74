"""What this distribution is made of: its own top-level names, and dependencies that are all named."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("crawler", "spiders", "pipelines", "archive")
EXTRAS = ("parquet", "pandas", "polars", "workers", "s3")  # imported where asked for, with a word where missing
WITHOUT_IMPORT = {
    "lxml-html-clean": "trafilatura imports it",
    "py3langid": "trafilatura imports it to tell languages",
}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def declared() -> dict[str, Requirement]:
    """Run-time dependencies by normalised name."""
    found = [Requirement(text) for text in project()["dependencies"]]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def foreign_imports() -> set[str]:
    """Top-level modules that the four packages import and that are neither ours nor Python's."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found - set(PACKAGES) - set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", PACKAGES)
def test_top_level_name_belongs_to_this_distribution(name: str) -> None:
    """All four names exist on the public index as well; none of those may come in with a dependency."""
    owners = {canonicalize_name(owner) for owner in packages_distributions().get(name, ())}
    assert owners <= {"perilune"}  # an editable installation lists no files, so it may own nothing
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin == str(ROOT / name / "__init__.py")


def test_command_is_the_click_group() -> None:
    [entry] = [entry for entry in distribution("perilune").entry_points if entry.group == "console_scripts"]
    assert (entry.name, entry.value) == ("perilune", "crawler.cli:main")


def test_every_import_is_a_declared_dependency() -> None:
    owners = packages_distributions()
    imported = {canonicalize_name(owner) for name in foreign_imports() for owner in owners.get(name, [name])}
    extras = {
        canonicalize_name(Requirement(text).name)
        for name in EXTRAS
        for text in project()["optional-dependencies"][name]
    }
    with_scrapy = {canonicalize_name(Requirement(text).name) for text in requires("scrapy") or ()}  # pinned to a minor
    assert imported - set(declared()) - extras - with_scrapy == set()


def test_every_declared_dependency_is_imported_or_says_who_does() -> None:
    owners = packages_distributions()
    imported = {canonicalize_name(owner) for name in foreign_imports() for owner in owners.get(name, [name])}
    assert set(declared()) - imported == set(WITHOUT_IMPORT)


def test_every_dependency_has_its_reason_in_the_decision() -> None:
    text = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    explained = {canonicalize_name(name) for name in re.findall(r"^\| `([^`]+)` \|", text, re.M)}
    extra = {canonicalize_name(Requirement(one).name) for one in project()["optional-dependencies"]["dev"]}
    assert explained == set(declared()) | extra


def test_every_dependency_has_an_upper_bound_where_it_breaks_us() -> None:
    """The wire tee leans on private names of Scrapy, and F1 on one line of trafilatura: a new minor is a decision."""
    bounds = {name: str(requirement.specifier) for name, requirement in declared().items()}
    assert bounds["scrapy"] == "<2.20,>=2.19"
    assert bounds["trafilatura"] == "<2.4,>=2.3.1"
    assert bounds["sqlalchemy"] == "<2.2,>=2.1"
