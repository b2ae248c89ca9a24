"""What does an archive cost as it grows? `python bench/scaling.py` prints a table; `--most 100000`
gives a shorter one.

One archive of made-up articles grows from 1,000 to 1,000,000 in a temporary folder (5 GB of room,
some 15 minutes), by the code that stores a crawl: with a row for every page of articles and
authors, a version of one article in 25, links from each to three others, ten articles a day on the
last eight days, and 500 pages that wait to be fetched. At each size everything is asked many times
over with the file in the system's cache; the figures are medians in milliseconds. An article is
stored in one transaction, as in a crawl, and waits for the disk; a second figure leaves the waiting
out, because it says more of the disk than of the archive. Each size is larger by the 600 articles
stored to measure that. `scrapy status` as a whole is a process, with the start of Python, as people
wait for it.
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
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median

from search import ask_all
from synthetic_archive import SEED, TONIGHT, MadeUp, author_link, begin, fill, writing_fast

import nkcrawl
from nkcrawl.archive import Archive, ArchiveReader
from nkcrawl.commands.status import gather
from nkcrawl.items import Page, Unchanged

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000, 1_000_000)
TIMES = 300
OPENINGS = 7
EXTRA = 10_000_000  # the numbers of the articles that are stored to measure it begin here

Figures = dict[str, float]


def tonight() -> datetime:
    """Return the moment at which all is asked, on whatever day."""
    return TONIGHT


def usual(action: Callable[[], object], times: int = TIMES) -> float:
    """Return how many milliseconds an action takes, as the median of so many times."""
    return median(taken(action) for _ in range(times))


def taken(action: Callable[[], object]) -> float:
    """Return how many milliseconds an action takes this time."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def warm(path: Path) -> None:
    """Bring a file into the system's cache."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def measure(path: Path, made_up: MadeUp, extra: Iterator[int]) -> Figures:
    """Return what everything costs in an archive of this size, in milliseconds but for the size
    itself.
    """
    found = {"size on disk, MB": path.stat().st_size / 1e6}
    warm(path)
    with closing(Archive.open(path, tonight)) as archive:
        found |= measure_crawl(archive, made_up, extra)
    found["open it to write"] = usual(lambda: Archive.open(path, tonight).close(), OPENINGS)
    found["open it to read"] = usual(lambda: ArchiveReader.open(path).close(), OPENINGS)
    with closing(ArchiveReader(path, sqlite3.connect(path), tonight)) as reader:
        found["all that `scrapy status` asks"] = usual(lambda: gather(reader, TONIGHT), OPENINGS)
    found["`scrapy status` as a whole"] = usual(lambda: run_status(path), OPENINGS)
    return found | measure_search(path, made_up)


def measure_crawl(archive: Archive, made_up: MadeUp, extra: Iterator[int]) -> Figures:
    """Return what a crawl asks and stores a page, and leave the archive as after a run that
    ended.
    """
    run_id = archive.begin_run({}, {})
    found = {
        "what is due next": usual(lambda: next(archive.due())),
        "how many are due": usual(archive.count_due),
        "what is known of an article": usual(
            lambda: archive.lookup(Page(made_up.urls[0], "article"))
        ),
    }
    for waiting, synchronous in ("", "FULL"), (", without waiting for the disk", "OFF"):
        archive._conn.execute(f"PRAGMA synchronous = {synchronous}")
        found[f"store an article{waiting}"] = storing(archive, made_up, extra, run_id)
    found["note an author's page as it was, likewise"] = noting(archive, made_up)
    archive.finish_run(
        run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Made up.", stats={}
    )
    return found


def storing(archive: Archive, made_up: MadeUp, extra: Iterator[int], run_id: int) -> float:
    """Return what it takes to store a new article of any day."""
    visits = [made_up.seen(number) for number in islice(extra, TIMES)]
    return median(taken(partial(archive.store_article, *visit, run_id)) for visit in visits)


def noting(archive: Archive, made_up: MadeUp) -> float:
    """Return what it takes to note that an author's page is as it was."""
    url = author_link(made_up.authors[0]).url
    return usual(lambda: archive.store(Unchanged(Page(url, "author", url, 304))), 1)


def run_status(path: Path) -> None:
    environment = os.environ | {"NKCRAWL_DATABASE": str(path)}
    command = [sys.executable, "-m", "scrapy", "status"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def measure_search(path: Path, made_up: MadeUp) -> Figures:
    """Return what the questions of bench/search.py take, kind by kind."""
    answers = ask_all(path, made_up)
    by_kind = {
        f"search: {kind}": median(answer.ms for answer in answered)
        for kind, answered in answers.items()
    }
    return by_kind | {
        "search: all": median(answer.ms for answered in answers.values() for answer in answered)
    }


def grow(path: Path, sizes: Sequence[int]) -> dict[int, Figures]:
    """Return the figures of an archive at each of the sizes through which it grows."""
    made_up, extra, found = MadeUp(), count(EXTRA), {}
    for start, size in zip((0, *sizes), sizes, strict=False):
        with writing_fast(path) as conn:
            if not start:
                begin(conn, made_up)
            fill(conn, made_up, start, size)
        found[size] = measure(path, made_up, extra)
    return found


def table(found: Mapping[int, Figures]) -> str:
    """Return the figures in Markdown, a column a size, and how the largest compares with the
    smallest.
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
    """Return a number to two digits or more."""
    return (
        f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure what a made-up archive costs as it grows."
    )
    parser.add_argument(
        "--most", type=int, default=SIZES[-1], metavar="N", help="articles; default: 1000000"
    )
    most = parser.parse_args().most
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as folder:
        found = grow(Path(folder) / "made-up.db", [*(size for size in SIZES if size < most), most])
    print(
        f"Milliseconds, medians, the file in the system's cache. nkcrawl {nkcrawl.__version__}, Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs; seed {SEED}.\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
