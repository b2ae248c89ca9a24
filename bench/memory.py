"""How much memory does a crawl take, of few pages and of many? `python bench/memory.py` prints a
table in Markdown.

The peak is the kernel's figure of the crawling process (VmHWM), of whole crawls of the made-up site
into a new archive; the site is served by another process, its pages padded to the size of real
ones. The larger crawl takes some ten minutes.
"""

import argparse
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from throughput import HERE, crawl_command, fetched, run, serving

ARTICLES = (2_000, 20_000)
WATCH = HERE.parent / "tests" / "peak_memory"


def row(articles: int) -> str:
    """Crawl a site of so many articles; return a row of the table."""
    with (
        tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name,
        serving(articles) as site_url,
    ):
        folder = Path(name)
        archive, peak = folder / "nknews.db", folder / "peak"
        started = time.monotonic()
        run(crawl_command(site_url, archive), folder, PYTHONPATH=str(WATCH), PEAK_MEMORY=str(peak))
        seconds = time.monotonic() - started
        pages, size = len(fetched(archive)), archive.stat().st_size
        return f"| {articles:,} | {pages:,} | {size / 1e6:,.0f} MB | {seconds:,.0f} s | {int(peak.read_text()) / 1024:.1f} MB |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure the peak of memory of a small crawl and of a large one."
    )
    parser.add_argument(
        "--articles", type=int, nargs="+", default=ARTICLES, metavar="N", help="default: 2000 20000"
    )
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, Scrapy {version('Scrapy')}, lxml {version('lxml')}\n\n"
        "| articles | pages fetched | archive | took | peak of memory |\n|--:|--:|--:|--:|--:|"
    )
    for articles in given.articles:
        print(row(articles), flush=True)


if __name__ == "__main__":
    main()
