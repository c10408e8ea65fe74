"""``perilune db``: the schema of the database. Heavy imports happen inside the commands."""

from __future__ import annotations

import click

from archive.config import Config
from archive.options import archive_options


@click.group()
def db() -> None:
    """Show or upgrade the database schema."""


@db.command("upgrade")
@archive_options
def db_upgrade(*, config: Config) -> None:
    """Bring the schema up to what this program needs; creates an empty archive where there is none.

    How far it is goes to stderr: an index of a million articles takes minutes to be made.
    """
    from archive.database import open_engine
    from archive.migrate import upgrade
    from crawler import logs

    logs.configure(level="INFO", log_format=config.log_format)
    engine = open_engine(config.database_url)
    before, after = upgrade(engine)
    click.echo(f"schema {after} (unchanged)" if before == after else f"schema {before or 'none'} -> {after}")


@db.command("current")
@archive_options
def db_current(*, config: Config) -> None:
    """Print the schema the database has, and the one this program needs."""
    from archive.database import archive_exists, open_engine
    from archive.migrate import current, head

    version = None
    if archive_exists(config.database_url):
        version = current(open_engine(config.database_url, read_only=True))
    click.echo(f"database: {version or 'none'}\nprogram:  {head()}")
