"""The publishers of the sample: which there are, how each is made, and what it really published.

A publisher is a folder under ``data/`` (``outlet.toml``, ``stories/*.md``, HTML templates) and the publishing system
its ``outlet.toml`` names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from crawler.demo.publishers.bitrix import Bitrix
from crawler.demo.publishers.daily import Daily
from crawler.demo.publishers.drupal import Drupal
from crawler.demo.publishers.ghost import Ghost
from crawler.demo.publishers.japanese_agency import JapaneseAgency
from crawler.demo.publishers.javascript_shell import JavaScriptShell
from crawler.demo.publishers.mirror import Mirror
from crawler.demo.publishers.publisher import Carried, Outlet, Publisher
from crawler.demo.publishers.table_layout import TableLayout
from crawler.demo.publishers.wordpress_blocks import WordPressBlocks
from crawler.demo.publishers.wordpress_classic import WordPressClassic
from crawler.demo.stories import Story, in_edition, read_story

SYSTEMS: Mapping[str, type[Publisher]] = {
    "bitrix": Bitrix,
    "daily": Daily,
    "drupal": Drupal,
    "ghost": Ghost,
    "japanese-agency": JapaneseAgency,
    "javascript-shell": JavaScriptShell,
    "mirror": Mirror,
    "table-layout": TableLayout,
    "wordpress-blocks": WordPressBlocks,
    "wordpress-classic": WordPressClassic,
}


def data_folder() -> Traversable:
    """Where the publishers' files are, also inside an installed wheel."""
    return files("crawler.demo.publishers") / "data"


@lru_cache(maxsize=1)
def outlets() -> tuple[Outlet, ...]:
    """Every publisher's facts, by address."""
    folders = [folder for folder in data_folder().iterdir() if (folder / "outlet.toml").is_file()]
    return tuple(sorted((read_outlet(folder) for folder in folders), key=lambda outlet: address_key(outlet.address)))


def address_key(address: str) -> tuple[int, ...]:
    return tuple(int(part) for part in address.split("."))


def read_outlet(folder: Traversable) -> Outlet:
    """The facts in a folder's ``outlet.toml``; the folder's name is the publisher's id."""
    facts = tomllib.loads((folder / "outlet.toml").read_text(encoding="utf-8"))
    return Outlet(id=folder.name, folder=folder, **facts)


@lru_cache(maxsize=1)
def stories() -> Mapping[str, Story]:
    """Every story of the sample by key, as first published."""
    found: dict[str, Story] = {}
    for outlet in outlets():
        if not (outlet.folder / "stories").is_dir():
            continue
        for file in sorted((outlet.folder / "stories").iterdir(), key=lambda one: one.name):
            if file.name.endswith(".md"):
                story = read_story(file, outlet.id)
                found[story.key] = story
    return found


def path_at(publisher_id: str, story: Story) -> str:
    """Path of a story's page on a publisher's site."""
    outlet = next(one for one in outlets() if one.id == publisher_id)
    return SYSTEMS[outlet.system].path_of(story)


def carried_by(outlet: Outlet, *, edition: int, bases: Mapping[str, str]) -> list[Carried]:
    """What a publisher has out in an edition: its own stories, and those it republishes.

    ``bases`` holds the base URL of every publisher by id.
    """
    own = [{"story": key} for key in stories() if key.startswith(f"{outlet.id}/")]
    all_editions = [carry(outlet, one, edition=edition, bases=bases) for one in (*own, *outlet.carries)]
    return [one for one in all_editions if one.story.edition <= edition]


def carry(
    outlet: Outlet,
    how: Mapping[str, Any],  # a TOML table
    *,
    edition: int,
    bases: Mapping[str, str],
) -> Carried:
    """One story on a publisher's site, from an entry of its ``[[carries]]``."""
    story = in_edition(stories()[how["story"]], edition)
    writer = story.key.split("/")[0]
    original_url = bases[writer] + path_at(writer, story)
    if "published" in how:
        story = replace(story, published_at=how["published"])
    return Carried(
        story=story,
        path=path_at(outlet.id, story),
        original_url=original_url,
        links_original=how.get("links_original", False),
        is_copy=writer != outlet.id,
    )


def make_publisher(outlet: Outlet, *, edition: int, bases: Mapping[str, str]) -> Publisher:
    """The publisher's site in an edition; ``bases`` holds the base URL of every publisher by id."""
    carried = carried_by(outlet, edition=edition, bases=bases)
    return SYSTEMS[outlet.system](outlet, carried, base_url=bases[outlet.id])
