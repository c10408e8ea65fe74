"""How tests start a site: ``with served(site) as server``, or the fixture ``serve``, which ends with the test.

A test module gets the fixture by ``pytest_plugins = ["tests.site.fixtures"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from crawler.demo.server import Site, SiteServer


def served(site: Site, *, address: str = "127.0.0.1", port: int = 0) -> SiteServer:
    """A server for ``with``; its ``base_url`` names the free port it took."""
    return SiteServer(site, address=address, port=port)


@pytest.fixture
def serve() -> Iterator[Callable[..., SiteServer]]:
    """``serve(site, address="127.0.0.2")``: served until the test ends."""
    with ExitStack() as stack:

        def start(site: Site, *, address: str = "127.0.0.1", port: int = 0) -> SiteServer:
            return stack.enter_context(served(site, address=address, port=port))

        yield start
