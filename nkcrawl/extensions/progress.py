"""What a terminal shows of a crawl: a line per page, a bar, and a table at the end."""

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
from nkcrawl.extensions.run import Run
from nkcrawl.items import Visit
from nkcrawl.text import strip_control_chars

_COLORS = {
    "free": "green",
    "teaser": "yellow",
    "rejected": "red",
    "failed": "red",
    "skipped": "dim",
    "unchanged": "dim",
}


class Progress:
    """Prints a line per visited page, and below how far the run is, if stderr is a terminal."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self.task: TaskID = self.bar.add_task("crawl", total=None, counts="requesting robots.txt …")

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

    def item_scraped(self, item: Visit) -> None:
        outcome, page = progress_line(item)
        line = Text.assemble((f"{outcome:9} ", _COLORS.get(outcome, "")), strip_control_chars(page))
        self.bar.console.print(line, no_wrap=True, overflow="ellipsis")
        due = Run.of(self.crawler).archive.count_due()
        elapsed = self.bar.tasks[0].elapsed or 0
        self.bar.update(self.task, counts=counts_line(self.crawler.stats.get_stats(), due, elapsed))

    def spider_closed(self) -> None:
        self.bar.stop()


def progress_line(visit: Visit) -> tuple[str, str]:
    """Return the outcome of a visit in one word, and which page it was."""
    if article := visit.article:
        return article.access, f"{article.published_on or '':10} {article.title}"
    if listing := visit.listing:
        name = f"{listing.name or listing.slug}, " if visit.kind == "author" else ""
        return visit.kind, f"{name}{len(listing.articles)} articles listed"
    match visit.outcome:
        case "failed":
            return "failed", visit.detail
        case "rejected" | "skipped":
            return visit.outcome, f"{visit.url}: {visit.reason}"
    return visit.outcome, visit.url


def counts_line(stats: Mapping[str, Any], due: int, seconds: float) -> str:
    """Return how far a run is: pages done, due and new, and pages per minute."""
    done = pages_read(stats) + stats.get("nkcrawl/failed", 0)
    speed = f" · {done / seconds * 60:.0f} pages per minute" if seconds >= 1 else ""
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
        *(
            (name, _parts(stats, name))
            for name in ("rejected", "failed", "skipped", "feed_missing")
        ),
    )
    for name, details in rows:
        if count := stats.get(f"nkcrawl/{name}", 0):
            table.add_row(name.replace("_", " "), str(count), Text(", ".join(details)))
    table.add_row("requests", str(stats.get("downloader/request_count", 0)))
    print()
    Console(highlight=False).print(table)


def _parts(stats: Mapping[str, Any], what: str) -> list[str]:
    """Return the counts below a count, the largest first: '12 new', '3 unchanged'."""
    begin = f"nkcrawl/{what}/"
    parts = [
        (count, name.removeprefix(begin)) for name, count in stats.items() if name.startswith(begin)
    ]
    return [
        f"{count} {name.replace('_', ' ')}"
        for count, name in sorted(parts, key=lambda part: -part[0])
    ]
