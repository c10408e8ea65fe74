"""Runs the application on a socket until it is told to stop: uvicorn, with a stranger's request in mind."""

from __future__ import annotations

import gc
import ipaddress
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.config import Config
from archive.errors import ConfigError
from archive.opening import reading_engine
from archive.web.app import create_app
from archive.web.reading import Reading
from archive.web.replay import Seal, Stage, create_replay_app, find_assets
from archive.web.shelf import Shelf

BACKLOG = 128  # connections that wait to be accepted
KEEP_ALIVE_S = 15  # s an idle connection stays open: as long as a person reads a list of hits
MAX_CONNECTIONS = 200  # at once; the next one is told 503
GOODBYE_S = 5  # s that running answers have when the server is told to stop
MIN_TOKEN = 8  # characters; less is guessed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlace:
    """Where replays are to be shown: the folder of ReplayWeb.page's assets, a port, the origin as readers reach it."""

    assets: Path | None = None
    """None: where ``make replay-assets`` puts them."""
    port: int | None = None
    """None: the one behind the archive's own, or any."""
    url: str | None = None


def serve(
    config: Config,
    *,
    host: str,
    port: int,
    token: str | None,
    say: Callable[[str], None],
    replay: ReplayPlace = ReplayPlace(),
) -> None:
    """Answer until SIGINT or SIGTERM. ``port`` 0 takes a free one; ``say`` is told the address.

    Raises ``ConfigError`` where there is no archive, or nothing can listen there.
    """
    assets = found_assets(replay)
    engine = reading_engine(config)
    with ExitStack() as closing:
        closing.callback(engine.dispose)
        shelf = Shelf(Reading(engine, warc_dir=config.warc_dir))
        closing.callback(shelf.close)
        listener = closing.enter_context(listening(host, port))
        address = listener.getsockname()
        stage = None
        sockets = [listener]
        if assets is not None:
            sockets.append(closing.enter_context(replay_listener(replay, host, address[1])))
            stage = Stage(seal=Seal(), port=sockets[1].getsockname()[1], url=replay.url)
        app = create_app(engine, warc_dir=config.warc_dir, token=token, shelf=shelf, stage=stage)
        if assets is not None and stage is not None:
            app = ByPort(app, {stage.port: create_replay_app(shelf, assets=assets, seal=stage.seal)})
        say(f"Perilune answers at http://{shown_host(host)}:{address[1]}/ (Ctrl-C stops it)")
        say(f"Replay is on port {stage.port}." if stage else "Replay is not set up: make replay-assets adds it.")
        if token is None and not is_loopback(address[0]):
            say("Anybody who reaches this address may read the archive: --token asks for a secret first.")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)  # uvicorn ends in order, then raises the signal again
        spare_from_collection()
        server(app).run(sockets=sockets)


def spare_from_collection() -> None:
    """Tell the garbage collector that all there is now stays: it would look through it, 60 ms each time, in the middle
    of answers that make many objects."""
    gc.collect()
    gc.freeze()


class ByPort:
    """One server, an application a port: by the socket a connection came in on, not by what the request says."""

    def __init__(self, app: ASGIApp, others: Mapping[int, ASGIApp]) -> None:
        self.app, self.others = app, others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = (scope.get("server") or ("", 0))[1]
        await self.others.get(port or 0, self.app)(scope, receive, send)


def found_assets(replay: ReplayPlace) -> Path | None:
    """Raises ``ConfigError`` when the folder that was named doesn't hold them."""
    assets = find_assets(replay.assets)
    if assets is None and replay.assets is not None:
        raise ConfigError(
            f"--replay-assets: no ui.js and sw.js in {replay.assets}: docs/replay.md says how to get them"
        )
    return assets


def replay_listener(replay: ReplayPlace, host: str, port: int) -> socket.socket:
    """A socket for the replay origin: the port asked for, else the next one, else any. Raises ``ConfigError``."""
    if replay.port is not None:
        return listening(host, replay.port)
    try:
        return listening(host, port + 1 if port < 65535 else 0)
    except ConfigError:
        return listening(host, 0)


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
    """A socket that listens; what it sends leaves at once. Raises ``ConfigError``.

    Of a connection that is kept, head and body go in two writes: without TCP_NODELAY (inherited, tcp(7); asyncio sets
    it only where the protocol was named) the second waits 40 ms for the client's delayed acknowledgement (RFC 896).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as exc:
        raise ConfigError(f"can't listen on {host} port {port}: {exc.strerror or exc}") from exc
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


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
