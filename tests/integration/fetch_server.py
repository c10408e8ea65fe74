"""A local HTTP server whose every path is one behaviour, byte for byte. It keeps what it was sent and when."""

import gzip
import socket
import threading
import time
from collections.abc import Callable

PAGE = (
    b"<html><head><title>Probe</title></head><body><p>"
    + b"A probe left for the Moon today. " * 40
    + b"</p></body></html>"
)
GZIPPED = gzip.compress(PAGE, 6, mtime=0)


HTML = ("Content-Type: text/html; charset=UTF-8",)


def plain(body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = HTML) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%X\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def moved(location: str) -> bytes:
    return plain(b"over there", status="302 Found", headers=(f"Location: {location}",))


def raw(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


BOMB = gzip.compress(gzip.compress(b"\0" * (40 << 20), 9, mtime=0), 9, mtime=0)
OK = b"HTTP/1.1 200 OK"
TYPE = b"Content-Type: text/html"
ANSWERS: dict[str, bytes] = {
    "/robots.txt": plain(b"User-agent: *\nDisallow: /forbidden\n", headers=("Content-Type: text/plain",)),
    "/plain": plain(PAGE, headers=(*HTML, "X-Odd:  Two  Spaces ", 'ETag: "v1"')),
    "/gzip": plain(GZIPPED, headers=("Content-Type: text/html", "content-encoding: gzip")),
    "/chunked": raw(
        b"HTTP/1.1 200 Fine By Me", b"Server: probe", b"Transfer-Encoding: chunked", TYPE, body=chunked(PAGE, 100)
    ),
    "/chunked-gzip": raw(
        OK, b"transfer-encoding: Chunked", b"Content-Encoding: gzip", TYPE, body=chunked(GZIPPED, 7)
    ),
    "/trailers": raw(
        OK, b"Transfer-Encoding: chunked", b"Trailer: X-Checksum", TYPE,
        body=chunked(b"with a trailer", 5)[:-2] + b"X-Checksum: 1\r\n\r\n",
    ),
    "/chunk-extensions": raw(
        OK, TYPE, b"Transfer-Encoding: chunked", body=b'6;name="value"\r\nextend\r\n2\r\ned\r\n0;last\r\n\r\n'
    ),
    "/redirect": moved("/plain"),
    "/redirect-loop": moved("/redirect-loop"),
    "/redirect-file": moved("file:///etc/hostname"),
    "/redirect-metadata": moved("http://169.254.169.254/latest/meta-data/"),
    "/redirect-decimal": moved("http://2852039166/latest/"),
    "/empty": plain(b""),
    "/no-content": raw(b"HTTP/1.1 204 No Content"),
    "/not-found": plain(b"no such page", status="404 Not Found"),
    "/bare-line-feeds": b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 2\n\nok",
    "/no-reason": raw(b"HTTP/1.1 200", TYPE, b"Content-Length: 2", body=b"no"),
    "/odd-headers": raw(
        OK, b"no colon here", b"X-Latin: caf\xe9", b"X-Folded: one\r\n two", b"Set-Cookie: a=1", b"Set-Cookie: b=2",
        TYPE, b"Content-Length: 3", body=b"odd",
    ),
    "/interim": raw(b"HTTP/1.1 103 Early Hints", b"Link: </a.css>", body=plain(b"after hints")),
    "/copy-of-plain": plain(PAGE),
    "/40k-header": plain(PAGE, headers=("X-Long: " + "x" * 40_000,)),
    "/many-headers": plain(PAGE, headers=tuple(f"X-{number}: y" for number in range(2_000))),
    "/bomb": plain(BOMB, headers=("Content-Encoding: gzip, gzip",)),
}  # fmt: skip
CLOSING: dict[str, bytes] = {
    "/http10": raw(b"HTTP/1.0 200 OK", TYPE, body=PAGE),
    "/wrong-length": raw(OK, TYPE, b"Content-Length: 99999", body=PAGE),
    "/cut-chunk": raw(OK, b"Transfer-Encoding: chunked", body=chunked(PAGE, 100)[:500]),
    "/cut-head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "/nothing": b"",
}


class FetchServer:
    """``with FetchServer() as server``: ``server.seen`` holds (monotonic time, host address, raw head)."""

    def __init__(self, host: str = "127.0.0.1", extra: dict[str, Callable[[bytes, int], bytes]] | None = None) -> None:
        self.host = host
        self.seen: list[tuple[float, str, bytes]] = []
        self.extra = extra or {}
        self.counts: dict[str, int] = {}
        self.lock = threading.Lock()
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> "FetchServer":
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would keep the port open
        self.listener.close()

    def url(self, path: str, host: str | None = None) -> str:
        return f"http://{host or self.host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [head.split(b" ")[1].decode() for _, _, head in self.seen]

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        pending = b""
        with connection:
            while True:
                while b"\r\n\r\n" not in pending:
                    try:
                        piece = connection.recv(65536)
                    except OSError:
                        return
                    if not piece:
                        return
                    pending += piece
                head, _, pending = pending.partition(b"\r\n\r\n")
                if not self.answer(connection, head + b"\r\n\r\n"):
                    return

    def answer(self, connection: socket.socket, head: bytes) -> bool:
        """Send the path's answer; False when the connection ends with it."""
        method, path = head.split(b" ")[0].decode(), head.split(b" ")[1].decode()
        with self.lock:
            self.seen.append((time.monotonic(), self.host, head))
            self.counts[path] = count = self.counts.get(path, 0) + 1
        if path in self.extra:
            connection.sendall(self.extra[path](head, count))
            return True
        if path == "/conditional" and b"if-none-match" in head.lower():
            connection.sendall(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n')
            return True
        if path == "/drip":
            return self.drip(connection)
        if path == "/reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            return False
        if path in CLOSING:
            connection.sendall(CLOSING[path])
            return False
        answer = ANSWERS.get(path) or ANSWERS["/plain"]
        connection.sendall(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else answer)
        return True

    def drip(self, connection: socket.socket) -> bool:
        """A byte each tenth of a second, for ever."""
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            return False
