"""Measures the throughput of whole crawls beside a Scrapy spider that only downloads:
`python bench/throughput.py`.

Both crawl the same pages of the made-up site, served by another process, one at a time and without
a delay, in turns; the baseline spider counts the bytes of each page, nkcrawl reads, cleans and
stores it. It does so once more with the archive in memory (/dev/shm), because each stored page
waits for the disk. A last crawl, not timed, is sampled for where the CPU time goes. Prints two
tables in Markdown.
"""

import argparse
import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from types import FrameType
from urllib.request import urlopen

from page_size import serving
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

IN_MEMORY = "/dev/shm"
AT_FULL_SPEED = {
    "NKCRAWL_REQUEST_BUDGET": "0",
    "NKCRAWL_HARD_LIMIT": "20000",
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "False",
}


@dataclass(frozen=True)
class Crawl:
    """The figures of one crawl; the times are in seconds."""

    pages: int
    process: float  # including the start of Python and the end of the archive
    crawl: float
    cpu: float


def crawl_command(site_url: str, archive: Path, *, sampled: bool = False) -> list[str]:
    """Return the command that crawls the whole site into a new archive."""
    settings = {"NKCRAWL_SITE": site_url, "NKCRAWL_DATABASE": archive, **AT_FULL_SPEED}
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    program = [__file__, "sampled"] if sampled else ["-m", "nkcrawl"]
    return [sys.executable, *program, "crawl", "nknews", *options]


def run(command: list[str], folder: Path, **environment: str) -> tuple[str, float, float]:
    """Run a command; return its output, and its seconds of wall-clock and CPU time."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return output, time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def crawl_site(site_url: str, folder: Path) -> Crawl:
    """Crawl the site into a new archive."""
    archive = folder / "nknews.db"
    archive.unlink(missing_ok=True)
    _, process, cpu = run(crawl_command(site_url, archive), folder)
    with closing(sqlite3.connect(archive)) as db:
        (crawl,) = db.execute("SELECT stats ->> '$.elapsed_time_seconds' FROM runs").fetchone()
    return Crawl(len(fetched(archive)), process, crawl, cpu)


def download_site(urls: Path, folder: Path) -> Crawl:
    """Download the same pages with the baseline spider."""
    output, process, cpu = run([sys.executable, __file__, "baseline", str(urls)], folder)
    pages, crawl = output.split()
    return Crawl(int(pages), process, float(crawl), cpu)


def fetched(archive: Path) -> list[str]:
    """Return the URLs of the pages that a crawl fetched."""
    query = "SELECT url FROM pages WHERE fetched_at IS NOT NULL ORDER BY fetched_at"
    with closing(sqlite3.connect(archive)) as db:
        return [url for (url,) in db.execute(query)]


# --- The baseline spider, in a process of its own -------------------------------------------------


BASELINE_SETTINGS = {
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "LOG_LEVEL": "CRITICAL",
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
}


class BaselineSpider(Spider):
    """Downloads each URL of a list, one at a time."""

    name = "baseline"
    urls: list[str]

    async def start(self) -> AsyncIterator[Request]:
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response) -> Iterator[dict[str, int]]:
        yield {"length": len(response.body)}


def run_baseline(urls: str) -> None:
    process = AsyncCrawlerProcess(BASELINE_SETTINGS)
    crawler = process.create_crawler(BaselineSpider)
    process.crawl(crawler, urls=Path(urls).read_text().split())
    process.start()
    names = ("item_scraped_count", "elapsed_time_seconds")
    print(*(crawler.stats.get_value(name) for name in names))


# --- The sampled crawl, in a process of its own ---------------------------------------------------

SAMPLE_INTERVAL = 0.001  # seconds of CPU time
IMPORTING = "starting: importing"
# Part of a file's path → the part of the work, the first that matches. An empty one (`text.py`)
# and files that match none (`re`) count for their caller.
PARTS = {
    "/parsel/": "parsing HTML (lxml)",
    "/scrapy/": "Scrapy",
    "/twisted/": "Twisted, asyncio",
    "/asyncio/": "Twisted, asyncio",
    "/site-packages/": "",
    "/nkcrawl/text.py": "",
    "/nkcrawl/site.py": "",
    "/nkcrawl/pages/blocks.py": "reading: the visible blocks",
    "/nkcrawl/pages/": "reading: roles and fields",
    "/nkcrawl/pipelines.py": "cleaning, filler, gate",
    "/nkcrawl/archive/": "archive (SQLite)",
    "/nkcrawl/": "spider, frontier, extensions",
}


def part_of(frame: FrameType | None) -> str:
    """Return the part of the work that a frame, or its nearest known caller, belongs to."""
    part = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib" in file:
            return IMPORTING
        part = part or next((part for piece, part in PARTS.items() if piece in file), "")
        frame = frame.f_back
    return part or "other"


def run_sampled(*args: str) -> None:
    """Run nkcrawl with these arguments; print the samples of each part of the work as JSON."""
    from nkcrawl import __main__ as nkcrawl

    samples: Counter[str] = Counter()
    sys.argv = ["nkcrawl", *args]
    signal.signal(signal.SIGPROF, lambda _, frame: samples.update([part_of(frame)]))
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_INTERVAL, SAMPLE_INTERVAL)
    try:
        nkcrawl.main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(dict(samples.most_common())))


# --- The tables -----------------------------------------------------------------------------------


def row(name: str, crawls: list[Crawl]) -> str:
    """Return a row of the first table: medians of the crawls."""
    pages = crawls[0].pages
    seconds = median(one.crawl for one in crawls)
    rates = sorted(pages / one.process for one in crawls)
    return (
        f"| {name} | {pages:,} | {median(rates):.0f} ({rates[0]:.0f} to {rates[-1]:.0f}) "
        f"| {pages / seconds:.0f} | {seconds / pages * 1e3:.2f} | {cpu_ms(crawls):.2f} |"
    )


def cpu_ms(crawls: list[Crawl]) -> float:
    """Return the milliseconds of CPU time per page."""
    return median(one.cpu / one.pages for one in crawls) * 1e3


def share(crawls: list[Crawl], baseline: list[Crawl]) -> float:
    """Return the pages per second as a share of the baseline's."""
    rate, full = (median(one.pages / one.process for one in each) for each in (crawls, baseline))
    return rate / full


def parts_table(samples: dict[str, int], cpu: float) -> str:
    """Return the second table, given the CPU time per page."""
    shares = {part: count / sum(samples.values()) for part, count in samples.items()}
    rows = (f"| {part} | {share:.1%} | {share * cpu:.2f} |" for part, share in shares.items())
    return "\n".join(
        ["| part of nkcrawl's work | share | CPU ms per page |", "|---|--:|--:|", *rows]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure the throughput of crawls beside a spider that only downloads."
    )
    parser.add_argument("--articles", type=int, default=2_000, metavar="N", help="default: 2000")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name,
        tempfile.TemporaryDirectory(prefix="nkcrawl-bench-", dir=IN_MEMORY) as in_memory,
        serving(options.articles) as site_url,
    ):
        folder = Path(name)
        crawl_site(site_url, folder)  # not counted: the site makes its pages
        urls = folder / "urls"
        urls.write_text("\n".join(fetched(folder / "nknews.db")))
        sizes = [len(urlopen(url).read()) for url in urls.read_text().split()]
        baseline, crawls, without_disk = [], [], []
        for number in range(options.rounds):
            baseline.append(download_site(urls, folder))
            crawls.append(crawl_site(site_url, folder))
            without_disk.append(crawl_site(site_url, Path(in_memory)))
            if sys.stderr.isatty():
                print(f"{number + 1} of {options.rounds} rounds", end="\r", file=sys.stderr)
        sampled = crawl_command(site_url, folder / "sampled.db", sampled=True)
        samples = json.loads(run(sampled, folder)[0])
    packages = ("Scrapy", "Twisted", "lxml", "parsel")
    print(
        f"{options.articles:,} articles, pages of {median(sizes) / 1e3:.0f} KB (median), "
        f"{options.rounds} rounds in turns; Python {platform.python_version()}, "
        f"{', '.join(f'{package} {version(package)}' for package in packages)}, "
        f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs\n\n"
        "| | pages | pages/s, whole process | pages/s, crawl | ms per page | CPU ms per page |\n"
        "|---|--:|--:|--:|--:|--:|"
    )
    print(row("baseline spider", baseline))
    print(row("nkcrawl", crawls))
    print(row("nkcrawl, archive in memory", without_disk))
    print(
        f"\nnkcrawl does {share(crawls, baseline):.0%} of the baseline's pages per second, "
        f"{share(without_disk, baseline):.0%} without a disk.\n"
    )
    print(parts_table(samples, cpu_ms(crawls)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["baseline", urls]:
            run_baseline(urls)
        case ["sampled", *args]:
            run_sampled(*args)
        case _:
            main()
