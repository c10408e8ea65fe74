"""``perilune sources template``: what was learned of a site's own blocks, and a person's word on one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from archive.config import Config
from archive.model import TemplateBlock, TemplateState
from archive.options import crawl_options

if TYPE_CHECKING:
    from archive.rows.templates import Learned

SHOWN_TEXT = 100  # characters of a block in a line
SHOWN_DIGEST = 12  # hex digits: enough to name a block


@click.command()
@click.argument("source_id", metavar="SOURCE")
@click.option("--all", "show_all", is_flag=True, help="Also what recurs, but is not (yet) taken out.")
@click.option("--pin", metavar="BLOCK", multiple=True, help="Always take this block out: its digest, or its text.")
@click.option("--release", metavar="BLOCK", multiple=True, help="Never take it out.")
@click.option("--relearn", metavar="BLOCK", multiple=True, help="Let the counts decide again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a block.")
@crawl_options
def template(
    *,
    config: Config,
    source_id: str,
    show_all: bool,
    pin: tuple[str, ...],
    release: tuple[str, ...],
    relearn: tuple[str, ...],
    as_json: bool,
) -> None:
    """What SOURCE prints around its articles, as learned from them; it is taken out of their text.

    \b
    A block is a paragraph, a heading, a line. It counts as the site's by how often it recurs and where it stands:
    docs/extraction.md. Pin what was missed, release what is the article's. New articles follow at once; those
    archived before follow with `perilune reextract --commit`.
    """
    from crawler.plan import chosen_sources
    from spiders.registry import load_sources

    [source] = chosen_sources(load_sources(config.sources), [source_id])
    said: list[tuple[TemplateState, str]] = [
        *(("pinned", one) for one in pin),
        *(("released", one) for one in release),
        *(("learned", one) for one in relearn),
    ]
    if said:
        decide(config, source.id, said)
        return
    found = learned_of(config, source.id)
    blocks = [block for block in found.blocks if show_all or is_shown(block, found.learned_articles)]
    if as_json:
        for block in blocks:
            click.echo(json.dumps(block_json(block, found.learned_articles), ensure_ascii=False))
        return
    show(source.name, found, blocks)


def decide(config: Config, source_id: str, said: Iterable[tuple[TemplateState, str]]) -> None:
    """Write a person's words down: in the database, and beside the evidence, for a rebuild."""
    from archive.database import open_engine
    from archive.evidence.notes import TemplateWord, template_fields
    from archive.evidence.warc import WarcWriter
    from archive.migrate import ensure_schema
    from archive.rows.templates import set_state
    from archive.store import Store
    from crawler.context import software

    engine = open_engine(config.database_url)
    ensure_schema(engine)
    words = []
    for state, block in said:
        now = datetime.now(UTC)
        found = set_state(engine, source_id, block, state, now=now)
        words.append(
            TemplateWord(
                source_id=source_id, text_digest=found.text_digest, text=found.text, state=state, decided_at=now
            )
        )
        click.echo(f"{state}: {found.text[:SHOWN_TEXT]}")
    store, now = Store(engine), datetime.now(UTC)
    run_id = store.start_run("template", software=software(), now=now)
    warc = WarcWriter(config.warc_dir, run_id=run_id, software=software(), operator=config.contact)
    for word in words:
        warc.write_template_word(template_fields(word), at=word.decided_at)
    warc.close()
    store.finish_run(run_id, state="finished", exit_code=0, reason=None, stats={}, now=now)


def learned_of(config: Config, source_id: str) -> Learned:
    """What the archive knows; nothing where there is no archive."""
    from archive.database import archive_exists, open_engine
    from archive.rows.templates import Learned, template_of

    if not archive_exists(config.database_url):
        return Learned(learned_articles=0, blocks=())
    return template_of(open_engine(config.database_url, read_only=True), source_id)


def is_shown(block: TemplateBlock, articles: int) -> bool:
    """What is taken out of articles, and whatever a person decided."""
    from pipelines.template import is_of_the_site

    return block.state != "learned" or is_of_the_site(block, articles)


def show(name: str, found: Learned, blocks: list[TemplateBlock]) -> None:
    from pipelines.template import share_of

    click.echo(f"{name}: learned from {found.learned_articles} articles, {len(blocks)} blocks shown", err=True)
    for block in blocks:
        digest = block.text_digest.removeprefix("sha256:")[:SHOWN_DIGEST]
        share = f"{share_of(block, found.learned_articles):4.0%}"
        click.echo(f"{digest}  {block.state:<8}  {share}  {' '.join(block.text.split())[:SHOWN_TEXT]}")


def block_json(block: TemplateBlock, articles: int) -> dict[str, object]:
    """The block as it is kept, with the share of the source's recent articles that have it."""
    from pipelines.template import share_of

    return {
        "text_digest": block.text_digest,
        "text": block.text,
        "tag": block.tag,
        "path": block.path,
        "state": block.state,
        "article_count": round(block.article_count, 2),
        "share": round(share_of(block, articles), 3),
        "first_seen_at": block.first_seen_at.isoformat() if block.first_seen_at else None,
        "last_seen_at": block.last_seen_at.isoformat() if block.last_seen_at else None,
    }
