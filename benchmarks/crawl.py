"""What does a page cost, from request to committed article and WARC record, beside other ways to do it?

    python -m benchmarks.crawl [--corpus DIR] [--pages 200] [--rounds 5] [--peers PYTHON] [--only NAME …]

Serves the same pages to each on loopback (``benchmarks.farm``) and prints a table: CPU of all processes a page, pages a
second by the clock, the most memory held; medians of the rounds, in which the crawlers take turns. Then where our own
time goes, by stage, and the ratios that are promised. ``--peers`` names a Python that has newspaper4k and news-please
installed. The server's own CPU is not counted, but it shares the machine.

``one core``: Perilune on one core with one worker; ``known``: the same pages asked for again, whole, as a recheck does.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.farm import Farm, running
from benchmarks.measure import Cost, cost_of, machine, median, perilune

HERE = Path(__file__).parent
NEWSPAPER = """
import sys, newspaper
for url in open(sys.argv[1]).read().split():
    article = newspaper.Article(url)
    try:
        article.download(); article.parse()
    except Exception as exc:
        print(url, exc, file=sys.stderr)
    else:
        open(sys.argv[2], "a").write(article.text + "\\n")
"""
NEWSPLEASE = """
import sys
from newsplease import NewsPlease
for url in open(sys.argv[1]).read().split():
    try:
        article = NewsPlease.from_url(url)
        open(sys.argv[2], "a").write((article.maintext or "") + "\\n")
    except Exception as exc:
        print(url, exc, file=sys.stderr)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One round's folder, with the addresses of the pages and the source files."""

    folder: Path
    farm: Farm
    peers: str

    @property
    def urls(self) -> Path:
        return self.folder / "urls"

    @property
    def sources(self) -> Path:
        return self.folder / "sources"

    @property
    def home(self) -> Path:
        return self.folder / "home"


def bare(place: Place) -> Cost:
    return whole(cost_of([sys.executable, HERE / "bare.py", place.urls]))


def naive(place: Place) -> Cost:
    return whole(cost_of([sys.executable, HERE / "naive.py", place.urls, place.folder / "naive.db"]))


def trafilatura(place: Place) -> Cost:
    """The command line, which writes a text file a page; without its pauses and its guard of private addresses."""
    config = place.folder / "trafilatura.cfg"
    if not config.exists():
        import trafilatura as package

        own = (Path(str(package.__file__)).parent / "settings.cfg").read_text()
        own = own.replace("SLEEP_TIME = 5.0", "SLEEP_TIME = 0")
        config.write_text(own.replace("SSRF_PROTECTION = on", "SSRF_PROTECTION = off"))
    out = place.folder / "texts"
    command = [Path(sys.executable).with_name("trafilatura"), "-i", place.urls, "-o", out, "--config-file", config]
    return cost_of(command)  # ends with 1 when one address could not be read


def newspaper(place: Place) -> Cost:
    return whole(cost_of([place.peers, "-c", NEWSPAPER, place.urls, place.folder / "newspaper.txt"]))


def newsplease(place: Place) -> Cost:
    return whole(cost_of([place.peers, "-c", NEWSPLEASE, place.urls, place.folder / "newsplease.txt"]))


def ours(place: Place) -> Cost:
    return crawled(place, place.home)


def one_core(place: Place) -> Cost:
    """Everything on one core, with the one worker that is started there."""
    return crawled(place, place.folder / "home-of-one", cpus={0})


def known(place: Place) -> Cost:
    """The pages of ``ours`` again: what is fetched is recorded and settled, and extracted only where it is another."""
    return perilune("recheck", "--all", "--force", *flags(place), home=place.home)


def crawled(place: Place, home: Path, **how: object) -> Cost:
    return perilune("crawl", "--all", *flags(place), home=home, **how)


def flags(place: Place) -> Sequence[str | Path]:
    return ("--quiet", "--sources", place.sources, "--allow-private")


def whole(cost: Cost) -> Cost:
    """The cost of a command that went well; raises ``SystemExit`` for any other."""
    if cost.exit_code:
        raise SystemExit(f"ended with {cost.exit_code}: {cost.output[-2000:]}")
    return cost


WAYS: dict[str, Callable[[Place], Cost]] = {
    "bare": bare,
    "naive": naive,
    "trafilatura": trafilatura,
    "newspaper4k": newspaper,
    "news-please": newsplease,
    "perilune": ours,
    "one core": one_core,
    "known": known,
}
WORDS = {
    "bare": "Scrapy, fetching only",
    "naive": "naive Scrapy project",
    "trafilatura": "trafilatura command line",
    "perilune": "perilune crawl",
    "one core": "perilune crawl, one core",
    "known": "perilune recheck, known pages",
}
PROMISES = (
    ("CPU a page / trafilatura's", "cpu", "perilune", "trafilatura", "at most 0.60"),
    ("CPU a page / naive project's", "cpu", "perilune", "naive", "at most 0.35"),
    ("rate on two cores / on one", "rate", "perilune", "one core", "at least 1.80"),
    ("rate of known pages / bare Scrapy's", "rate", "known", "bare", "at least 0.60"),
)


def installed(names: Sequence[str], python: str) -> list[str]:
    """The ways that can be gone here; a peer that is not installed is left out."""
    needed = {"newspaper4k": "newspaper", "news-please": "newsplease"}
    return [name for name in names if name not in needed or has_module(python, needed[name])]


def has_module(python: str, module: str) -> bool:
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    return found.returncode == 0


def measured(
    farm: Farm, names: Sequence[str], *, rounds: int, peers: str
) -> tuple[dict[str, list[Cost]], list[dict[str, float]]]:
    """Way → its cost in each round; and the stages of each round of ``perilune crawl``."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    stages: list[dict[str, float]] = []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            place = Place(folder=Path(folder), farm=farm, peers=peers)
            farm.write_sources(place.sources)
            place.urls.write_text("\n".join(farm.urls))
            for name in names:
                print(f"\rround {number + 1} of {rounds}: {name:<20}", end="", file=sys.stderr)
                costs[name].append(WAYS[name](place))
                if name == "perilune":
                    stages.append(stages_of(place.home))
            shutil.rmtree(place.home, ignore_errors=True)
    print(file=sys.stderr)
    return costs, stages


def stages_of(home: Path) -> dict[str, float]:
    """The counters by stage of the archive's first run."""
    told = cost_of([sys.executable, "-m", "crawler", "runs", "1", "--json", "--home", home])
    return json.loads(told.output)["stages"]


def table(costs: dict[str, list[Cost]], pages: int) -> str:
    lines = [f"{'':<30} {'CPU ms/page':>11} {'pages/s':>8} {'MB':>6}"]
    for name, found in costs.items():
        lines.append(
            f"{WORDS.get(name, name):<30} {1000 * cpu(found) / pages:>11.1f} {pages / clock(found):>8.1f} "
            f"{median([one.peak_bytes for one in found]) / 1e6:>6.0f}"
        )
    return "\n".join(lines)


def cpu(found: Sequence[Cost]) -> float:
    return median([one.cpu_seconds for one in found])


def clock(found: Sequence[Cost]) -> float:
    return median([one.seconds for one in found])


def stage_table(stages: Sequence[dict[str, float]], costs: Sequence[Cost], pages: int) -> str:
    """CPU a page by stage; ``rest`` is starting, ending, threads between the processes."""
    names = [name for name in stages[0] if name.endswith("/seconds")]
    seconds = {name.split("/")[1]: median([one[name] for one in stages]) for name in names}
    seconds["rest"] = cpu(costs) - sum(seconds.values())
    return "\n".join(f"  {stage:<10} {1000 * value / pages:>6.1f} ms" for stage, value in seconds.items())


def ratios(costs: dict[str, list[Cost]]) -> list[str]:
    lines = []
    for words, kind, mine, theirs, bar in PROMISES:
        if mine in costs and theirs in costs:
            value = (
                cpu(costs[mine]) / cpu(costs[theirs]) if kind == "cpu" else clock(costs[theirs]) / clock(costs[mine])
            )
            lines.append(f"{words:<38} {value:>5.2f}  ({bar})")
    return lines


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder with truth.jsonl; made-up pages without")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS))
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with running(options.corpus, options.pages) as farm:
        pages = len(farm.urls)
        names = installed(options.only, options.peers)
        costs, stages = measured(farm, names, rounds=options.rounds, peers=options.peers)
    print(f"{machine()}\n{pages} pages of {options.corpus.name if options.corpus else 'our own making'}, ", end="")
    print(f"median of {options.rounds} rounds\n\n{table(costs, pages)}\n")
    if stages:
        print(f"perilune crawl, CPU a page by stage\n{stage_table(stages, costs['perilune'], pages)}\n")
    print("\n".join(ratios(costs)))


if __name__ == "__main__":
    main()
