"""``python -m crawler.demo``: serve the sample for looking at, until interrupted."""

from __future__ import annotations

import argparse
import threading

from crawler.demo.sample import FIRST_EDITION, LAST_EDITION, serve_publishers
from crawler.demo.server import PORT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m crawler.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--edition", type=int, default=LAST_EDITION, choices=range(FIRST_EDITION, LAST_EDITION + 1))
    options = parser.parse_args()
    with serve_publishers(edition=options.edition, port=options.port) as sample:
        for publisher_id, publisher in sample.publishers.items():
            print(f"{publisher_id:12} {publisher.base_url}/  {publisher.outlet.name}", flush=True)  # noqa: T201 - a command
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
