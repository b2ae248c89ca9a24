"""Measures the memory of a small crawl and of a large one: `python bench/memory.py` prints a table.

The peak is the kernel's figure for the crawling process (VmHWM), of whole crawls of the made-up
site into a new archive; another process serves the site, with pages as large as real ones. The
larger crawl takes some ten minutes.
"""

import argparse
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from page_size import serving
from throughput import crawl_command, fetched, run

ARTICLES = (2_000, 20_000)
PEAK_MEMORY = Path(__file__).resolve().parent.parent / "tests" / "peak_memory"


def row(articles: int) -> str:
    """Crawl a site of that many articles; return a row of the table."""
    with (
        tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name,
        serving(articles) as site_url,
    ):
        folder = Path(name)
        archive, peak = folder / "nknews.db", folder / "peak"
        started = time.monotonic()
        measured = {"PYTHONPATH": str(PEAK_MEMORY), "PEAK_MEMORY": str(peak)}
        run(crawl_command(site_url, archive), folder, **measured)
        seconds = time.monotonic() - started
        pages, size = len(fetched(archive)), archive.stat().st_size
        memory = int(peak.read_text()) / 1024
    return (
        f"| {articles:,} | {pages:,} | {size / 1e6:,.0f} MB | {seconds:,.0f} s | {memory:.1f} MB |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure the peak memory of a small crawl and of a large one."
    )
    parser.add_argument(
        "--articles", type=int, nargs="+", default=ARTICLES, metavar="N", help="default: 2000 20000"
    )
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, Scrapy {version('Scrapy')}, "
        f"lxml {version('lxml')}\n\n"
        "| articles | pages fetched | archive | time | peak memory |\n|--:|--:|--:|--:|--:|"
    )
    for articles in options.articles:
        print(row(articles), flush=True)


if __name__ == "__main__":
    main()
