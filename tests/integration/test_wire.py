"""The contract of crawler.wire with Scrapy 2.19 and Twisted: each private name it leans on, by name.

When Scrapy is upgraded and one of these fails, its message says what crawler/wire.py must learn anew.
"""

import datetime
import inspect
import ipaddress
import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fetch_run import probe
from fetch_server import ANSWERS, FetchServer
from scrapy.core.downloader import Downloader
from scrapy.core.downloader.handlers import http11
from scrapy.core.engine import ExecutionEngine
from scrapy.extensions.throttle import AutoThrottle
from twisted.web import _newclient, client, http

from archive.evidence.warc import iter_records, read_record, repair_leftovers
from archive.model import Locator

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (http11, "_LenientHTTP11ClientProtocol"),
        (http11, "_LenientHTTPClientParser"),
        (_newclient.HTTP11ClientProtocol, "_giveUp"),
        (_newclient.HTTPClientParser, "lineReceived"),
        (_newclient.HTTPClientParser, "allHeadersReceived"),
        (_newclient.HTTPClientParser, "switchToBodyMode"),
        (_newclient.HTTPClientParser, "connectionLost"),
        (_newclient.HTTPClientParser, "lineLengthExceeded"),
        (client, "_HTTP11ClientFactory"),
        (client.HTTPConnectionPool, "getConnection"),
        (AutoThrottle, "_response_downloaded"),
        (AutoThrottle, "_min_delay"),
        (AutoThrottle, "_start_delay"),
        (AutoThrottle, "_get_slot"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_private_name_is_still_there(owner, name):
    assert hasattr(owner, name)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (http11.HTTP11DownloadHandler.__init__, "self._pool: HTTPConnectionPool"),
        (http11.HTTP11DownloadHandler.download_request, "pool=self._pool"),
        (http11._LenientHTTP11ClientProtocol.request, "self._parser.__class__ = _LenientHTTPClientParser"),
        (client.HTTPConnectionPool._newConnection, "self._factory("),
        (Downloader._get_slot, "self.per_slot_settings.get(key"),
        (ExecutionEngine.close_spider_async, "self._slot.closing is not None"),
    ],
    ids=[
        "handler keeps a pool",
        "handler uses it",
        "parser is swapped",
        "pool makes by factory",
        "slots by settings",
        "engine says it is closing",
    ],
)
def test_private_code_still_works_that_way(source, words):
    assert words in inspect.getsource(source)


@pytest.mark.parametrize(
    "decoder", [http._IdentityTransferDecoder(3, None, None), http._ChunkedTransferDecoder(None, None)]
)
def test_transfer_decoders_deliver_through_an_attribute(decoder):
    assert hasattr(decoder, "dataCallback")


def test_connection_that_is_used_again_keeps_exchanges_apart(tmp_path):
    with FetchServer() as server:
        paths = ["/plain", "/empty", "/chunked", "/no-content", "/gzip", "/not-found"]
        told = probe(tmp_path, [server.url(path) for path in paths], settings={"CONCURRENT_REQUESTS_PER_DOMAIN": 1})

        for path in ("/plain", "/empty", "/gzip", "/not-found"):
            locator = Locator(**told.of(server.url(path))["capture"]["locator"])
            assert read_record(tmp_path / "warc", locator).block == ANSWERS[path]
        requests = [r.block for f in (tmp_path / "warc").iterdir() for r in iter_records(f) if r.warc_type == "request"]
        assert requests == [head for _, _, head in server.seen]


def test_tls_facts_are_kept(tmp_path):
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with TlsServer(context) as server:
        url = f"https://127.0.0.1:{server.port}/plain"
        told = probe(tmp_path, [url])

        record = read_record(tmp_path / "warc", Locator(**told.of(url)["capture"]["locator"]))
        assert [value for key, value in record.fields if key == "WARC-Protocol"] == ["http/1.1", "tls/1.3"]
        assert record.field("WARC-Cipher-Suite").startswith("TLS_")
        assert record.field("WARC-IP-Address") == "127.0.0.1"
        assert record.block == ANSWERS["/plain"]


class TlsServer(FetchServer):
    def __init__(self, context):
        super().__init__()
        self.listener = context.wrap_socket(self.listener, server_side=True)


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_kill_leaves_a_file_whose_every_told_record_is_there(tmp_path):
    """kill -9 in the middle of a crawl: each capture that was told is read back after the repair."""
    program = """
import os, sys
sys.path[:0] = [{tests!r}, {root!r}]
import fetch_probe
told = 0
plain_tell = fetch_probe.tell
def tell(**values):
    global told
    plain_tell(**values)
    told += "capture" in values
    if told == 5:
        os.kill(os.getpid(), 9)
fetch_probe.tell = tell
fetch_probe.main()
""".format(tests=str(ROOT / "tests/integration"), root=str(ROOT))
    with FetchServer() as server:
        task = {"home": str(tmp_path), "requests": [{"url": server.url(f"/page/{n}")} for n in range(30)]}
        done = subprocess.run([sys.executable, "-c", program], input=json.dumps(task), capture_output=True, text=True)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    captures = [line["capture"] for line in lines if line.get("capture")]
    assert done.returncode == -9
    assert len(captures) == 5
    (repair,) = repair_leftovers(tmp_path / "warc")
    assert repair.cut_bytes == 0
    for capture in captures:
        record = read_record(tmp_path / "warc", Locator(**capture["locator"]))
        assert record.field("WARC-Record-ID") == capture["warc_record_id"]
