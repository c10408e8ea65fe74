"""Whether taking in a file of 1 GB takes more memory than one of 10 MB.

    python -m benchmarks.import_memory

Two foreign WARC files, a gzip member a record, as Common Crawl's news has them: some forty pages of a source of ours
spread among pages of strangers. Each is taken in by ``perilune import`` into an archive of its own; the operating
system says how much memory the largest of its processes ever held.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = 40  # pages of our source in either file, at most
MOST = 1.15  # times the memory of the small file; the rest is measurement
SOURCE = """
name = "Alpha News"
publisher_kind = "trade"
homepage = "https://alpha.example/"
language = "en"
[[feeds]]
url = "https://alpha.example/feed"
"""


def a_member(number: int, *, is_ours: bool, chance: random.Random) -> bytes:
    """One response of some 40 kB in its own gzip member."""
    host = "alpha" if is_ours else "stranger"
    words = " ".join(chance.choice(("probe", "orbit", "launch", "crater", "antenna")) for _ in range(400))
    prose = "".join(f"<p>Part {part} of {number}: the {words}.</p>" for part in range(3))
    noise = f"<script>var state = '{chance.randbytes(20_000).hex()}'</script>"
    title = f"<title>Story {number}</title>"
    block = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        f"<html><head>{title}{noise}</head><body><article><h1>Story {number}</h1>{prose}</article></body></html>"
    ).encode()
    fields = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        f"WARC-Target-URI: https://{host}.example/news/2024/story-number-{number}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(fields.encode() + block + b"\r\n\r\n") + packer.flush()


def write_file(path: Path, size: int) -> int:
    """A file of at least ``size`` bytes; how many pages there are in it."""
    chance, number = random.Random(1), 0
    step = max(1, size // 21_000 // OURS)  # a member is some 21 kB
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(a_member(number, is_ours=number % step == 0 and number // step < OURS, chance=chance))
            number += 1
    return number


def taken_in(path: Path, home: Path) -> tuple[str, int, float]:
    """(what the command said, peak memory in MB, seconds)."""
    (home / "sources").mkdir(parents=True)
    (home / "sources" / "alpha.toml").write_text(SOURCE, encoding="utf-8")
    started = time.monotonic()
    command = [sys.executable, "-m", "crawler", "import", str(path), "--json", "--quiet", "--home", str(home)]
    process = subprocess.Popen(
        [*command, "--sources", str(home / "sources")], stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ)
    )
    assert process.stdout
    said = process.stdout.read().decode().strip()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    return said, usage.ru_maxrss // 1024, time.monotonic() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 1000], help="in MB")
    asked = parser.parse_args()
    peaks = []
    print(f"{'file':>8} {'pages':>7} {'peak MB':>8} {'seconds':>8}  said")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "foreign.warc.gz"
            pages = write_file(path, size * 1_000_000)
            said, peak, seconds = taken_in(path, Path(place) / "home")
        peaks.append(peak)
        print(f"{size:>5} MB {pages:>7,} {peak:>8,} {seconds:>8.1f}  {said}", flush=True)
    is_met = max(peaks) <= MOST * min(peaks)
    print(f"bar: no more memory: {'met' if is_met else 'missed'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
