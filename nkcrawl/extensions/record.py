"""The run record: one row of `runs` a crawl, opened before its first request and finished when all
is over.
"""

import asyncio
import logging
import platform
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure as Reason

from nkcrawl import site
from nkcrawl.archive import Archive
from nkcrawl.extensions.endings import (
    GONE,
    Ending,
    determine_ending,
    ending,
    is_no_failure,
)
from nkcrawl.extensions.errors import ErrorLog
from nkcrawl.extensions.watch import Known, Watch, month_of
from nkcrawl.items import Failure, Item, Rejection
from nkcrawl.options import read_options
from nkcrawl.pages import EXTRACTOR_VERSION

if TYPE_CHECKING:
    from nkcrawl.spiders.nknews import NKNewsSpider

_GOOD_RUNS = 7  # whose recent articles say what is usual
_MANY_ERRORS = 5  # of pipelines, and the rest would fail too
# seconds; Scrapy waits for the page under way, and for ever if it lost that for want of memory
_LONGEST_CLOSING = 40
_OLDEST_NEWS = 24  # months; on an empty archive, what is older is no recent article


class RunRecord:
    """Owns the archive and the run's row for the length of a crawl; the command that started the
    crawl ends both.
    """

    def __init__(self, crawler: Crawler, archive: Archive) -> None:
        spider = cast("NKNewsSpider", crawler.spider)
        self.crawler = crawler
        self.args = spider.args
        self.archive = archive
        self.stopped: Ending | None = None  # why the crawl was ended before its work was done
        self.visiting = ""  # the URL asked for last
        self.finish_reason: str | None = None
        # The first page that 'failed', was 'gone', 'missing', 'rejected' or 'skipped/<kind>', and
        # why.
        self.first: dict[str, str] = {}
        self.errors = ErrorLog(lambda: self.stop(ending("out_of_memory")))
        self._closing: asyncio.Task[None] | None = None
        self.run_id = archive.begin_run(spider.given, versions())
        self.watch = _watch(archive, by_hand=bool(self.args.url or self.args.authors))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RunRecord":
        record = cls(crawler, Archive.open(read_options(crawler.settings).database))
        logging.getLogger().addHandler(record.errors)
        crawler.signals.connect(
            record.request_reached_downloader, signal=signals.request_reached_downloader
        )
        crawler.signals.connect(record.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(record.item_error, signal=signals.item_error)
        return record

    @classmethod
    def begun(cls, crawler: Crawler) -> "RunRecord | None":
        """Return the crawl's run record, or None if there is none: nothing is stored, or it ended
        before it began.
        """
        with suppress(RuntimeError):  # no extension was built yet
            return crawler.get_extension(cls)
        return None

    @classmethod
    def of(cls, crawler: Crawler) -> "RunRecord":
        """Return the crawl's run record."""
        record = cls.begun(crawler)
        if record is None:
            raise RuntimeError(
                "The extension RunRecord is switched off, and nothing can be stored without it."
            )
        return record

    def request_reached_downloader(self, request: Request) -> None:
        self.visiting = request.url

    def spider_closed(self, reason: str) -> None:
        self.finish_reason = reason

    def offer(self, item: Item) -> list[Item]:
        """Take note of what became of a page and return what can be stored by now; end the crawl if
        it makes no sense.
        """
        if isinstance(item, Failure) and item.reason == MemoryError.__name__:
            self.stop(ending("out_of_memory"))
        if isinstance(item, Failure) and self.stopped == ending("out_of_memory"):
            return []  # for lack of memory Scrapy may have lost a response, as if it timed out
        if isinstance(item, Failure | Rejection):
            self.first.setdefault(*_why(item))
            page_number = site.author_page_number(urlsplit(item.page.url).path)
            if (
                self.args.authors and item.reason in GONE and page_number == 1
            ):  # further ones come and go
                self.first.setdefault("missing", item.page.url)
        released = self.watch.offer(item, Known(*self.archive.lookup(item.page)))
        if self.watch.trouble:
            self.stop(self.watch.trouble)
        return released

    def item_error(self, failure: Reason) -> None:
        """Stop the crawl where a page could not be stored; anything else that trips a pipeline
        concerns one page only.
        """
        if isinstance(failure.value, sqlite3.Error):
            self.stop_for(failure.value)
        elif len(self.errors.briefly) >= _MANY_ERRORS:
            error = f"{len(self.errors.briefly)} pages, first {self.errors.briefly[0]}"
            self.stop(ending("internal_error", error=error))

    def stop_for(self, error: sqlite3.Error) -> None:
        """End the crawl at the first storage error: whatever else were asked for would only be
        thrown away.
        """
        self._stop(storage_error(self.archive.path, error))

    def stop(self, early: Ending) -> None:
        """End the crawl now and for this reason, unless a signal is ending it already."""
        if self.crawler.engine.running:
            self._stop(early)

    def _stop(self, early: Ending) -> None:
        if self.stopped is None:
            loop = asyncio.get_running_loop()
            loop.call_later(_LONGEST_CLOSING, end_at_once, self.crawler)
            closing = self.crawler.engine.close_spider_async(reason=early.reason)
            self._closing = loop.create_task(closing)
            self.stopped = early

    def finish(self, failed: Ending | None = None) -> Ending:
        """Complete the run's row, close the archive and return how the run ended.

        `failed` is given if the crawl ended with an exception.
        """
        logging.getLogger().removeHandler(self.errors)
        stats = self._kept_stats()
        try:
            result = failed or self.stopped or self._determine_ending(stats)
            if result.reason == "articles_changed":
                self.archive.mark_suspect(self.watch.faulty)
            self.archive.finish_run(
                self.run_id,
                verdict=result.verdict,
                exit_code=result.exit_code,
                finish_reason=self.finish_reason,
                summary=result.summary,
                stats=stats,
            )
            self.archive.close()
        except sqlite3.Error as error:
            return self.stopped or storage_error(self.archive.path, error)
        in_place = self.archive.is_in_place()
        return result if in_place else ending("archive_moved", path=self.archive.path)

    def _determine_ending(self, stats: Mapping[str, Any]) -> Ending:
        result = determine_ending(
            stats,
            self.finish_reason,
            self.first,
            requested_url=self.args.url,
            errors=self.errors.briefly,
            due=self.archive.count_due(),
        )
        return (self.watch.ending() or result) if result.verdict == "ok" else result

    def _kept_stats(self) -> dict[str, Any]:
        stats = {
            name: value
            for name, value in self.crawler.stats.get_stats().items()
            if _is_kept(name, value)
        }
        return stats | self.watch.counts | fill_rates(stats) | {"nkcrawl/errors": self.errors.whole}


def stop_run(crawler: Crawler, early: Ending) -> None:
    """End the crawl now, if it has a run record; `scrapy show` and `scrapy shell` have none."""
    if record := RunRecord.begun(crawler):
        record.stop(early)


def storage_error(path: Path, error: sqlite3.Error) -> Ending:
    """Return the ending for an archive that cannot be used any more."""
    return ending("storage_error", path=path, error=f"{type(error).__name__}: {error}")


def the_reactor() -> Any:
    """Return Twisted's event loop."""
    from twisted.internet import reactor  # not at the top, for Scrapy chooses which one it is

    return reactor


def end_at_once(crawler: Crawler) -> None:
    """Let Scrapy's event loop wait for nothing more, be it the crawl's own end; who started it
    completes its record.
    """
    crawler.crawling = (
        False  # or Scrapy would wait for the spider to be closed before it stops its loop
    )
    with suppress(ReactorNotRunning):  # it may be told twice
        the_reactor().stop()


def _why(item: Failure | Rejection) -> tuple[str, str]:
    """Return as what a page that gave nothing is counted, and which page it was and why."""
    if isinstance(item, Rejection):
        return "rejected", f"{item.page.url} ({item.reason})"
    if is_no_failure(item):
        return f"skipped/{item.page.kind}", item.detail
    return "gone" if item.reason in GONE else "failed", item.detail


def _watch(archive: Archive, by_hand: bool) -> Watch:
    usual: Counter[str] = Counter()
    for stats in archive.stats_of_good_runs("nkcrawl/recent/visited", _GOOD_RUNS):
        usual.update(
            {name: count for name, count in stats.items() if name.startswith("nkcrawl/recent/")}
        )
    today = datetime.now(UTC)
    this_month = today.year * 12 + today.month
    newest = min(month_of(archive.newest_article_url()), this_month + 1)
    return Watch(max(newest, this_month - _OLDEST_NEWS), this_month, usual, by_hand)


def fill_rates(stats: Mapping[str, Any]) -> dict[str, float]:
    """Return which share of the articles read had something in each field: `nkcrawl/fill/title` and
    so on, 0 to 1.
    """
    read = stats.get("nkcrawl/articles", 0) - stats.get("nkcrawl/not modified/article", 0)
    counted = {name: count for name, count in stats.items() if name.startswith("nkcrawl/filled/")}
    return (
        {name.replace("filled", "fill"): round(count / read, 3) for name, count in counted.items()}
        if read
        else {}
    )


def versions() -> dict[str, str]:
    """Return the versions that a run's results depend on."""
    packages = {
        name: version(name) for name in ("nkcrawl", "scrapy", "parsel", "lxml", "sqlite-utils")
    }
    return {
        **packages,
        "extractor": str(EXTRACTOR_VERSION),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _is_kept(name: str, value: object) -> bool:
    return name.startswith(("nkcrawl/", "downloader/", "elapsed_time")) and isinstance(
        value, int | float | str
    )
