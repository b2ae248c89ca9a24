"""Measures an archive as it grows: `python bench/scaling.py` prints a table; `--most 100000` is
shorter.

One archive of made-up articles grows from 1,000 to 1,000,000 in a temporary folder (5 GB of space,
some 15 minutes), written as a crawl writes it: with a row for every page of articles and authors, a
version of one article in 25, links from each to three others, ten articles a day on the last eight
days, and 500 pages that are not yet fetched. At each size everything is measured many times, with
the file in the system's cache; the figures are medians in milliseconds. An article is stored in one
transaction, as in a crawl, and waits for the disk; a second figure leaves that out, because it
depends on the disk more than on the archive. Each size is larger by the 600 articles stored to
measure that. `scrapy status` as a whole is a process, including the start of Python.
"""

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import count, islice
from pathlib import Path
from statistics import median

from search import run_all
from synthetic_archive import SEED, TONIGHT, SyntheticArticles, fill, listing_url

import nkcrawl
from nkcrawl.archive import Archive, ArchiveReader
from nkcrawl.commands.status import gather
from tests.factories import store, unchanged, visited

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000, 1_000_000)
TIMES = 300
OPENINGS = 7
EXTRA = 10_000_000  # the numbers of the articles that are stored to measure it begin here

Figures = dict[str, float]


def tonight() -> datetime:
    """Return the time of all measurements."""
    return TONIGHT


def usual(action: Callable[[], object], times: int = TIMES) -> float:
    """Return the median milliseconds of an action."""
    return median(taken(action) for _ in range(times))


def taken(action: Callable[[], object]) -> float:
    """Return the milliseconds of an action."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def warm(path: Path) -> None:
    """Bring a file into the system's cache."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def measure(path: Path, synthetic: SyntheticArticles, extra: Iterator[int]) -> Figures:
    """Return all figures of an archive, in milliseconds except for its size."""
    found = {"size on disk, MB": path.stat().st_size / 1e6}
    warm(path)
    with closing(Archive.open(path, tonight)) as archive:
        found |= measure_crawl(archive, synthetic, extra)
    found["open for writing"] = usual(lambda: Archive.open(path, tonight).close(), OPENINGS)
    found["open for reading"] = usual(lambda: ArchiveReader.open(path).close(), OPENINGS)
    with closing(ArchiveReader(path, sqlite3.connect(path), tonight)) as reader:
        found["queries of `nkcrawl status`"] = usual(lambda: gather(reader, TONIGHT), OPENINGS)
    found["`nkcrawl status` as a command"] = usual(lambda: run_status(path), OPENINGS)
    return found | measure_search(path, synthetic)


def measure_crawl(archive: Archive, synthetic: SyntheticArticles, extra: Iterator[int]) -> Figures:
    """Return the times of what a crawl does per page."""
    run_id = archive.begin_run({}, {})
    found = {
        "next due page": usual(lambda: next(archive.due())),
        "number of due pages": usual(archive.count_due),
        "look up an article": usual(lambda: archive.lookup(visited(synthetic.urls[0]))),
    }
    for waiting, synchronous in ("", "FULL"), (", without waiting for the disk", "OFF"):
        archive._conn.execute(f"PRAGMA synchronous = {synchronous}")
        found[f"store an article{waiting}"] = time_to_store(archive, synthetic, extra)
    author = unchanged(listing_url(synthetic.authors[0][0]), "author")
    found["record an unchanged author page, without waiting for the disk"] = usual(
        lambda: archive.store(author, run_id)
    )
    archive.finish_run(
        run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Made up.", stats={}
    )
    return found


def time_to_store(archive: Archive, synthetic: SyntheticArticles, extra: Iterator[int]) -> float:
    """Return the time to store a new article."""
    articles = [synthetic.article(number) for number in islice(extra, TIMES)]
    return median(taken(lambda a=article: store(archive, **a)) for article in articles)


def run_status(path: Path) -> None:
    environment = os.environ | {"NKCRAWL_DATABASE": str(path)}
    command = [sys.executable, "-m", "scrapy", "status"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def measure_search(path: Path, synthetic: SyntheticArticles) -> Figures:
    """Return the times of the queries of bench/search.py, by kind."""
    answers = run_all(path, synthetic)
    by_kind = {
        f"search: {kind}": median(answer.ms for answer in answered)
        for kind, answered in answers.items()
    }
    return by_kind | {
        "search: all queries": median(
            answer.ms for answered in answers.values() for answer in answered
        )
    }


def grow(path: Path, sizes: Sequence[int]) -> dict[int, Figures]:
    """Return the figures of an archive at each size."""
    synthetic, extra, found = SyntheticArticles(), count(EXTRA), {}
    for start, size in zip((0, *sizes), sizes, strict=False):
        fill(path, synthetic, start, size)
        found[size] = measure(path, synthetic, extra)
    return found


def table(found: Mapping[int, Figures]) -> str:
    """Return the figures as a Markdown table, one column per size, and the ratio of the largest to
    the smallest.
    """
    smallest, largest = found[min(found)], found[max(found)]
    head = ["", *(f"{size:,}" for size in found), f"{max(found):,} : {min(found):,}"]
    lines = [
        [
            name,
            *(figure(figures[name]) for figures in found.values()),
            figure(largest[name] / smallest[name]),
        ]
        for name in smallest
    ]
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in (head, ["---", *["---:"] * (len(head) - 1)], *lines)
    )


def figure(number: float) -> str:
    """Return a number with two digits or more."""
    return (
        f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a made-up archive as it grows.")
    parser.add_argument(
        "--most", type=int, default=SIZES[-1], metavar="N", help="articles; default: 1000000"
    )
    most = parser.parse_args().most
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as folder:
        found = grow(Path(folder) / "made-up.db", [*(size for size in SIZES if size < most), most])
    print(
        "Milliseconds, medians, the file in the system's cache. "
        f"nkcrawl {nkcrawl.__version__}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs; seed {SEED}.\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
