"""The run record: one row of `runs` a crawl, opened before its first request, and the verdict on it."""

import asyncio
import platform
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from twisted.python.failure import Failure as Reason

from nkcrawl.archive import Archive
from nkcrawl.items import Article, Failure, Item, Listing, Rejection
from nkcrawl.options import read_options
from nkcrawl.pages import EXTRACTOR_VERSION
from nkcrawl.spiders.nknews import NKNewsSpider

Verdict = Literal["ok", "failed", "usage", "changed", "refused", "later", "interrupted"]
EXIT_CODES: dict[Verdict, int] = {
    "ok": 0, "failed": 1, "usage": 2, "changed": 3, "refused": 4, "later": 75, "interrupted": 130,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a run ended: its verdict and one sentence that names the cause and what to do."""

    verdict: Verdict
    summary: str

    @property
    def exit_code(self) -> int:
        """Return the exit code that goes with the verdict."""
        return EXIT_CODES[self.verdict]


class RunRecord:
    """Owns the archive and the run's row for the length of a crawl; the command that started the crawl ends both."""

    def __init__(self, crawler: Crawler, spider: NKNewsSpider, archive: Archive) -> None:
        self.crawler = crawler
        self.archive = archive
        self.finish_reason: str | None = None
        self.storage_error: str | None = None
        self.first_failure: str | None = None
        self._closing: asyncio.Task[None] | None = None
        self.run_id = archive.begin_run(spider.given, versions())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RunRecord":
        if not isinstance(
            crawler.spider, NKNewsSpider
        ):  # `scrapy shell`, `scrapy fetch`, `scrapy show`: nothing is stored
            raise NotConfigured
        archive = Archive.open(read_options(crawler.settings).database)
        record = cls(crawler, crawler.spider, archive)
        crawler.signals.connect(record.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(record.item_scraped, signal=signals.item_scraped)
        crawler.signals.connect(record.item_error, signal=signals.item_error)
        return record

    @classmethod
    def of(cls, crawler: Crawler) -> "RunRecord":
        """Return the crawl's run record."""
        record = crawler.get_extension(cls)
        if record is None:
            raise RuntimeError("The extension RunRecord is switched off, and nothing can be stored without it.")
        return record

    def spider_closed(self, reason: str) -> None:
        self.finish_reason = reason

    def item_scraped(self, item: Item) -> None:
        if isinstance(item, Failure) and self.first_failure is None:
            self.first_failure = item.detail

    def item_error(self, failure: Reason) -> None:
        """Stop the crawl where a page could not be stored; anything else that trips a pipeline concerns one page only."""
        if isinstance(failure.value, sqlite3.Error):
            self.stop_for(failure.value)
        else:
            self.crawler.stats.inc_value("nkcrawl/crashed")

    def stop_for(self, error: sqlite3.Error) -> None:
        """End the crawl at the first storage error: whatever else were asked for would only be thrown away."""
        if self.storage_error is None:
            self.storage_error = f"{type(error).__name__}: {error}"
            closing = self.crawler.engine.close_spider_async(reason="storage_error")
            self._closing = asyncio.get_running_loop().create_task(closing)

    def finish(self) -> Judgement:
        """Judge the run, complete its row and close the archive."""
        stats = {name: value for name, value in self.crawler.stats.get_stats().items() if _is_kept(name, value)}
        try:
            due = self.archive.count_due()
            judgement = self._judge(stats, due)
            self.archive.finish_run(
                self.run_id,
                verdict=judgement.verdict,
                exit_code=judgement.exit_code,
                finish_reason=self.finish_reason,
                summary=judgement.summary,
                stats=stats,
            )
            self.archive.close()
        except sqlite3.Error as error:
            self.storage_error = self.storage_error or f"{type(error).__name__}: {error}"
            judgement = self._judge(stats, 0)
        return judgement

    def _judge(self, stats: Mapping[str, Any], due: int) -> Judgement:
        if self.storage_error:
            return Judgement(
                "failed",
                f"The crawl stopped because {self.archive.path} could not be used ({self.storage_error}); "
                "what was stored before stays; make room or mend the file's rights, and run again.",
            )
        return judge(stats, self.finish_reason, self.first_failure, due)


def judge(stats: Mapping[str, Any], finish_reason: str | None, first_failure: str | None, due: int) -> Judgement:
    """Judge a run by its outcome.

    `stats` are the crawl's counts, `finish_reason` Scrapy's own (None if it never closed), `first_failure` what befell the
    first page that gave nothing, `due` how many pages are due now.
    """
    if finish_reason == "shutdown":
        return Judgement(
            "interrupted", "The crawl was stopped by a signal; what was stored stays, and the rest is due."
        )
    if finish_reason != "finished":
        reason = finish_reason or "no reason given"
        return Judgement("failed", f"The crawl ended early ({reason}); what was stored stays, run it again.")
    if crashed := stats.get("nkcrawl/crashed"):
        return Judgement(
            "failed", f"{crashed} pages could not be read because of an error in nkcrawl; please report it."
        )
    read = sum(stats.get(f"nkcrawl/{name}", 0) for name in ("articles", "listings", "rejected"))
    if not read and stats.get("nkcrawl/failed") and first_failure:
        first_failure = first_failure.rstrip(".")
        return Judgement(
            "failed", f"No page could be read; the first failure was {first_failure}. Is the site reachable?"
        )
    return Judgement("ok", f"{_counts(stats)}; {due} pages are still due.")


def _counts(stats: Mapping[str, Any]) -> str:
    outcomes = ", ".join(
        f"{stats.get(f'nkcrawl/articles/{name}', 0)} {name}" for name in ("new", "changed", "unchanged")
    )
    rest = "".join(f", {count} {name}" for name in ("rejected", "failed") if (count := stats.get(f"nkcrawl/{name}")))
    return f"{stats.get('nkcrawl/articles', 0)} articles ({outcomes}), {stats.get('nkcrawl/listings', 0)} listing pages{rest}"


def versions() -> dict[str, str]:
    """Return the versions that a run's results depend on."""
    packages = {name: version(name) for name in ("nkcrawl", "scrapy", "parsel", "lxml", "sqlite-utils")}
    return {
        **packages,
        "extractor": str(EXTRACTOR_VERSION),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _is_kept(name: str, value: object) -> bool:
    return name.startswith(("nkcrawl/", "downloader/", "elapsed_time")) and isinstance(value, int | float | str)


class Progress:
    """Shows each page as it is done, a line each; only on a terminal, so that nothing of it lands in cron's mail."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Progress":
        if not sys.stderr.isatty():
            raise NotConfigured
        progress = cls()
        crawler.signals.connect(progress.item_scraped, signal=signals.item_scraped)
        return progress

    def item_scraped(self, item: Item) -> None:
        print(progress_line(item), file=sys.stderr)


def progress_line(item: Item) -> str:
    """Return the line that tells what became of one page."""
    match item:
        case Article():
            return f"{item.access:8} {item.published_on or '':10} {item.title}"
        case Listing():
            return f"{'author':8} {item.name or item.slug}, {len(item.articles)} articles listed"
        case Rejection():
            return f"{'rejected':8} {item.page.url}: {item.reason}"
        case Failure():
            return f"{'failed':8} {item.detail}"
