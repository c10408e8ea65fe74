"""Runs the application on a socket until it is told to stop: uvicorn, with a stranger's request in mind."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from archive.config import Config
from archive.errors import ConfigError
from archive.opening import reading_engine
from archive.web.app import create_app

BACKLOG = 128  # connections that wait to be accepted
KEEP_ALIVE_S = 15  # s an idle connection stays open: as long as a person reads a list of hits
MAX_CONNECTIONS = 200  # at once; the next one is told 503
GOODBYE_S = 5  # s that running answers have when the server is told to stop
MIN_TOKEN = 8  # characters; less is guessed


def serve(config: Config, *, host: str, port: int, token: str | None, say: Callable[[str], None]) -> None:
    """Answer until SIGINT or SIGTERM. ``port`` 0 takes a free one; ``say`` is told the address.

    Raises ``ConfigError`` where there is no archive, or nothing can listen there.
    """
    engine = reading_engine(config)
    try:
        app = create_app(engine, warc_dir=config.warc_dir, token=token)
        with listening(host, port) as listener:
            address = listener.getsockname()
            say(f"Perilune answers at http://{shown_host(host)}:{address[1]}/ (Ctrl-C stops it)")
            if token is None and not is_loopback(address[0]):
                say("Anybody who reaches this address may read the archive: --token asks for a secret first.")
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: None)  # uvicorn ends in order, then raises the signal again
            server(app).run(sockets=[listener])
    finally:
        engine.dispose()


def server(app: object) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]  # an ASGI application, however it is typed
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GOODBYE_S,
        )
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ``ConfigError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as exc:
        raise ConfigError(f"can't listen on {host} port {port}: {exc.strerror or exc}") from exc


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def read_token(text: str | None) -> str | None:
    """The token as given, or the first line of the file that ``@FILE`` names. Raises ``ConfigError``."""
    if text is None:
        return None
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"--token: {text[1:]} can't be read: {exc}") from exc
    if len(text) < MIN_TOKEN or not text.isascii() or not text.isprintable():
        raise ConfigError(f"--token: at least {MIN_TOKEN} printable ASCII characters")
    return text
