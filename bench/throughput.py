"""How many pages a second does a whole crawl do? Set beside a Scrapy spider that only downloads:
`python bench/throughput.py`.

Both ask the made-up site, served by another process, for the same pages, one at a time and without
a delay, by turns in one run; the bare spider takes the length of each page, nkcrawl reads, cleans
and stores it. It does so once more with the archive in memory (/dev/shm), for each page stored is
waited for until the disk has it. A last crawl, not timed, is sampled for where the processor's time
goes. Prints two tables in Markdown.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
IN_MEMORY = "/dev/shm"
AT_FULL_SPEED = {
    "NKCRAWL_REQUEST_BUDGET": "0",
    "NKCRAWL_HARD_LIMIT": "20000",
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "False",
}


@dataclass(frozen=True)
class Round:
    """One crawl: how many pages it fetched, how long its process lived, the crawl in it, and the
    processor worked.
    """

    pages: int
    whole: float  # seconds, starting Python and closing the archive included
    crawl: float
    cpu: float


@contextmanager
def serving(articles: int) -> Iterator[str]:
    """Serve the made-up site in another process, and give its address."""
    command = [sys.executable, HERE / "padded_site.py", "--articles", str(articles)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


def crawl_command(site_url: str, archive: Path, *, sampled: bool = False) -> list[str]:
    """Return the crawl of the whole site into a new archive."""
    settings = {"NKCRAWL_SITE": site_url, "NKCRAWL_DATABASE": archive, **AT_FULL_SPEED}
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    program = [str(HERE / "crawl_profile.py")] if sampled else ["-m", "nkcrawl"]
    return [sys.executable, *program, "crawl", "nknews", *given]


def run(command: list[str], folder: Path, **environment: str) -> tuple[str, float, float]:
    """Run a command to its end; return what it printed, how many seconds it took, and how many the
    processor worked.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    assert process.stdout
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return printed, time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def nkcrawl_round(site_url: str, folder: Path) -> Round:
    """Crawl the site into a new archive."""
    archive = folder / "nknews.db"
    archive.unlink(missing_ok=True)
    _, whole, cpu = run(crawl_command(site_url, archive), folder)
    pages = len(fetched(archive))
    with closing(sqlite3.connect(archive)) as db:
        (crawl,) = db.execute("SELECT stats ->> '$.elapsed_time_seconds' FROM runs").fetchone()
    return Round(pages, whole, crawl, cpu)


def bare_round(urls: Path, folder: Path) -> Round:
    """Download the same pages and do nothing with them."""
    printed, whole, cpu = run([sys.executable, str(HERE / "baseline_spider.py"), str(urls)], folder)
    pages, crawl = printed.split()
    return Round(int(pages), whole, float(crawl), cpu)


def sampled_round(site_url: str, folder: Path) -> dict[str, int]:
    """Crawl the site once more; return how often each part of the work was met, most often
    first.
    """
    printed, _, _ = run(crawl_command(site_url, folder / "sampled.db", sampled=True), folder)
    samples: dict[str, int] = json.loads(printed)
    return samples


def fetched(archive: Path) -> list[str]:
    """Return the URLs of the pages that a crawl fetched."""
    with closing(sqlite3.connect(archive)) as db:
        return [
            url
            for (url,) in db.execute(
                "SELECT url FROM pages WHERE fetched_at IS NOT NULL ORDER BY fetched_at"
            )
        ]


def row(name: str, rounds: list[Round]) -> str:
    """Return a row of the table: medians over the rounds."""
    pages = rounds[0].pages
    whole, crawl = (median(getattr(one, span) for one in rounds) for span in ("whole", "crawl"))
    rates = sorted(pages / one.whole for one in rounds)
    return (
        f"| {name} | {pages:,} | {pages / whole:.0f} ({rates[0]:.0f} to {rates[-1]:.0f}) | {pages / crawl:.0f} "
        f"| {crawl / pages * 1e3:.2f} | {cpu_ms(rounds):.2f} |"
    )


def cpu_ms(rounds: list[Round]) -> float:
    """Return the milliseconds of processor time a page."""
    return median(one.cpu / one.pages for one in rounds) * 1e3


def share(ours: list[Round], bare: list[Round]) -> float:
    return median(one.pages / one.whole for one in ours) / median(
        one.pages / one.whole for one in bare
    )


def shares(samples: dict[str, int], cpu: float) -> str:
    """Return the second table, given the processor time a page."""
    rows = (
        f"| {part} | {count / sum(samples.values()):.1%} | {count / sum(samples.values()) * cpu:.2f} |"
        for part, count in samples.items()
    )
    return "\n".join(["| part of nkcrawl's work | share | CPU ms a page |", "|---|--:|--:|", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure how many pages a second a crawl does, beside a bare spider."
    )
    parser.add_argument("--articles", type=int, default=2_000, metavar="N", help="default: 2000")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name,
        tempfile.TemporaryDirectory(prefix="nkcrawl-bench-", dir=IN_MEMORY) as in_memory,
        serving(given.articles) as site_url,
    ):
        folder = Path(name)
        nkcrawl_round(site_url, folder)  # not counted: the site makes its pages
        urls = folder / "urls"
        urls.write_text("\n".join(fetched(folder / "nknews.db")))
        sizes = [len(urlopen(url).read()) for url in urls.read_text().split()]
        bare, ours, no_disk = [], [], []
        for number in range(given.rounds):
            bare.append(bare_round(urls, folder))
            ours.append(nkcrawl_round(site_url, folder))
            no_disk.append(nkcrawl_round(site_url, Path(in_memory)))
            if sys.stderr.isatty():
                print(
                    f"{number + 1} of {given.rounds} rounds", end="\r", file=sys.stderr, flush=True
                )
        samples = sampled_round(site_url, folder)
    versions = ", ".join(
        f"{package} {version(package)}" for package in ("Scrapy", "Twisted", "lxml", "parsel")
    )
    print(
        f"{given.articles:,} articles, pages of {median(sizes) / 1e3:.0f} KB (median), {given.rounds} rounds by turns; "
        f"Python {platform.python_version()}, {versions}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs\n\n"
        "| | pages | pages/s, whole process | pages/s, crawl | ms a page | CPU ms a page |\n|---|--:|--:|--:|--:|--:|"
    )
    print(row("bare Scrapy spider", bare))
    print(row("nkcrawl", ours))
    print(row("nkcrawl, archive in memory", no_disk))
    print(
        f"\nOf the bare spider's pages a second nkcrawl does {share(ours, bare):.0%}, without a disk {share(no_disk, bare):.0%}.\n"
    )
    print(shares(samples, cpu_ms(ours)))


if __name__ == "__main__":
    main()
