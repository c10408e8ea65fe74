"""Programs of others in environments of their own, that ``.ci/replay-tools`` installs for the tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def tool(environment: str, name: str) -> Path:
    """The program; where it is not installed the test is skipped, in CI it fails."""
    path = Path(sys.prefix) / "replay-tools" / environment / "bin" / name
    if not path.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed: .ci/replay-tools")
    return path
