"""What a terminal shows of a crawl: a line a page, a bar with the counts, and a table at the end;
nothing under cron.
"""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from nkcrawl.extensions.endings import pages_read
from nkcrawl.extensions.record import RunRecord
from nkcrawl.items import Article, Failure, Feed, Item, Listing, Rejection, Skip, Unchanged
from nkcrawl.text import strip_control_chars

_FATES = {
    "free": "green",
    "teaser": "yellow",
    "rejected": "red",
    "failed": "red",
    "skipped": "dim",
    "unchanged": "dim",
}


class Progress:
    """Shows each page as it is done, and under the lines how far the run is; only where stderr is a
    terminal.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self.task: TaskID = self.bar.add_task("crawl", total=None, counts="asking for robots.txt …")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Progress":
        if not sys.stderr.isatty():
            raise NotConfigured
        progress = cls(crawler)
        crawler.signals.connect(progress.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(progress.item_scraped, signal=signals.item_scraped)
        crawler.signals.connect(progress.spider_closed, signal=signals.spider_closed)
        return progress

    def spider_opened(self) -> None:
        self.bar.start()

    def item_scraped(self, item: Item) -> None:
        fate, words = progress_line(item)
        line = Text.assemble((f"{fate:9} ", _FATES.get(fate, "")), strip_control_chars(words))
        self.bar.console.print(line, no_wrap=True, overflow="ellipsis")
        due = RunRecord.of(self.crawler).archive.count_due()
        elapsed = self.bar.tasks[0].elapsed or 0
        self.bar.update(self.task, counts=counts_line(self.crawler.stats.get_stats(), due, elapsed))

    def spider_closed(self) -> None:
        self.bar.stop()


def progress_line(item: Item) -> tuple[str, str]:
    """Return what became of one page in a word, and which page it was."""
    match item:
        case Article():
            return item.access, f"{item.published_on or '':10} {item.title}"
        case Listing():
            return "author", f"{item.name or item.slug}, {len(item.articles)} articles listed"
        case Feed():
            return "feed", f"{len(item.articles)} articles listed"
        case Unchanged():
            return "unchanged", item.page.url
        case Rejection():
            return "rejected", f"{item.page.url}: {item.reason}"
        case Failure():
            return "failed", item.detail
        case Skip():
            return "skipped", f"{item.page.url}: {item.reason}"


def counts_line(stats: Mapping[str, Any], due: int, seconds: float) -> str:
    """Return how far a run is: pages done, due and new, and pages a minute."""
    done = pages_read(stats) + stats.get("nkcrawl/failed", 0)
    speed = f" · {done / seconds * 60:.0f} pages a minute" if seconds >= 1 else ""
    return f"{done} done · {due} due · {stats.get('nkcrawl/articles/new', 0)} new{speed}"


def print_summary(stats: Mapping[str, Any]) -> None:
    """Print the counts of a finished run as a short table."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    rows = (
        ("articles", [*_parts(stats, "articles"), *_parts(stats, "access")]),
        ("listings", [f"{stats.get('nkcrawl/links/article', 0)} links"]),
        ("feeds", [f"{stats.get('nkcrawl/links/feed', 0)} links"]),
        *((name, _parts(stats, name)) for name in ("rejected", "failed", "skipped", "no feed")),
    )
    for name, details in rows:
        if count := stats.get(f"nkcrawl/{name}", 0):
            table.add_row(name, str(count), Text(", ".join(details)))
    table.add_row("requests", str(stats.get("downloader/request_count", 0)))
    print()
    Console(highlight=False).print(table)


def _parts(stats: Mapping[str, Any], what: str) -> list[str]:
    """Return the counts below a count, the largest first: '12 new', '3 unchanged'."""
    begin = f"nkcrawl/{what}/"
    parts = [
        (count, name.removeprefix(begin)) for name, count in stats.items() if name.startswith(begin)
    ]
    return [f"{count} {name}" for count, name in sorted(parts, key=lambda part: -part[0])]
