"""What ruff and mypy can't see: the lock against ``pyproject.toml``, and what must not be in any tracked file.

Needs no network. Prints a line a fault and exits 1, or one line saying what was looked at.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?", re.M)
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # what requires-python admits
FORBIDDEN = (
    (re.compile(r"(?<![\w.:/^-])/(?:root|home|opt|work|workspace|Users)/[\w.]"), "a path of one machine"),
    (re.compile(r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b"), "the address of a package registry"),
    (re.compile(r"^(?:--(?:extra-)?index-url|--find-links|-i)\b", re.M), "where to download from"),
    (re.compile(r"^(?:<{7}|>{7}) ", re.M), "a merge conflict"),
)


def main() -> int:
    files = tracked_files()
    faults = [*lock_faults(), *name_faults(files), *(fault for path in files for fault in content_faults(path))]
    for fault in faults:
        print(fault)
    if not faults:
        print(f"tidy: the lock answers pyproject.toml, nothing foreign in {len(files)} files")
    return 1 if faults else 0


def lock_faults() -> Iterator[str]:
    """A dependency that the lock doesn't answer on some supported Python."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [(canonicalize_name(m["name"]), m["version"], m["marker"]) for m in PIN.finditer(lock)]
    for requirement in direct_requirements():
        key = canonicalize_name(requirement.name)
        for python in PYTHONS:
            versions = [version for name, version, marker in pins if name == key and applies(marker, python)]
            if not any(Version(version) in requirement.specifier for version in versions):
                yield f"requirements.lock: {requirement}: Python {python} gets {versions or 'nothing'}; run make lock"
                break


def direct_requirements() -> list[Requirement]:
    """What ``pyproject.toml`` names itself: to run, to work on it, to build it."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project, build = document["project"], document["build-system"]
    texts = [*project["dependencies"], *project["optional-dependencies"]["dev"], *build["requires"]]
    return [Requirement(text) for text in texts]


def applies(marker: str | None, python: str) -> bool:
    """Whether a pin is installed by this Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    return marker is None or Marker(marker.strip()).evaluate(environment)


def tracked_files() -> list[Path]:
    """Files that git knows; in a tree without git (a source distribution) none."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)  # noqa: S607
    names = [name for name in done.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def name_faults(files: list[Path]) -> Iterator[str]:
    """Two test modules of one name: pytest collects only the first."""
    modules = [path for path in files if path.name.startswith("test_") and path.suffix == ".py"]
    for name, count in Counter(path.name for path in modules).items():
        if count > 1:
            yield f"tests: {count} modules are called {name}; give each a name of its own"


def content_faults(path: Path) -> Iterator[str]:
    """Lines that hold something foreign. Files that are not UTF-8 are data and are left alone."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return
    for pattern, what in FORBIDDEN:
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(ROOT)}:{line}: {what}: {match[0]!r}"


if __name__ == "__main__":
    sys.exit(main())
