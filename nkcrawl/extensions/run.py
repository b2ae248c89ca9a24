"""One run of the crawl: its archive, its row in `runs`, and how it is stopped and finished."""

import asyncio
import logging
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from nkcrawl import __version__, site
from nkcrawl.archive import Archive
from nkcrawl.extensions.endings import Ending, determine_ending, ending
from nkcrawl.extensions.errors import ErrorLog
from nkcrawl.items import ARTICLE_FIELDS, Reason, Visit
from nkcrawl.options import read_options
from nkcrawl.pages import EXTRACTOR_VERSION

if TYPE_CHECKING:
    from nkcrawl.spiders.nknews import NKNewsSpider

_MANY_ERRORS = 5  # in pipelines
# Seconds. Scrapy waits for the page in progress, for ever if that was lost for lack of memory.
_CLOSING_TIMEOUT = 40


class Run:
    """Holds the archive and the run's row during a crawl; the command completes them afterwards."""

    def __init__(self, crawler: Crawler, archive: Archive) -> None:
        spider = cast("NKNewsSpider", crawler.spider)
        self.crawler = crawler
        self.args = spider.args
        self.archive = archive
        self.stopped: Ending | None = None  # why the crawl was stopped before it was complete
        self.site_ending: Ending | None = None  # what is wrong with the site, after the last page
        self.suspects: Sequence[str] = ()  # URLs of the articles of a suspected redesign
        self.newly_rejected: Sequence[Visit] = ()
        self.current_url = ""  # of the last request
        self.finish_reason: str | None = None
        # The first page that 'failed', was 'gone', 'rejected' or 'skipped/<kind>', and why; and the
        # first explicitly requested author who is 'missing'.
        self.first: dict[str, str] = {}
        self.errors = ErrorLog(self.stop_without_memory)
        self._closing: asyncio.Task[None] | None = None
        self.id = archive.begin_run(spider.given, versions())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Run":
        run = cls(crawler, Archive.open(read_options(crawler.settings).database))
        logging.getLogger().addHandler(run.errors)
        crawler.signals.connect(
            run.request_reached_downloader, signal=signals.request_reached_downloader
        )
        crawler.signals.connect(run.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(run.item_error, signal=signals.item_error)
        return run

    @classmethod
    def get(cls, crawler: Crawler) -> "Run | None":
        """Return the crawl's run, None if nothing is stored or the crawl ended before it began."""
        with suppress(RuntimeError):  # no extension has been built yet
            return crawler.get_extension(cls)
        return None

    @classmethod
    def of(cls, crawler: Crawler) -> "Run":
        """Return the crawl's run; raises RuntimeError if the extension is disabled."""
        run = cls.get(crawler)
        if run is None:
            raise RuntimeError(
                "The extension nkcrawl.extensions.Run is disabled, and it is needed to store."
            )
        return run

    def request_reached_downloader(self, request: Request) -> None:
        self.current_url = request.url

    def spider_closed(self, reason: str) -> None:
        self.finish_reason = reason

    def note_failure(self, visit: Visit) -> None:
        """Remember the first page of each kind of failure, for the sentence at the end."""
        if visit.outcome == "rejected":
            self.first.setdefault("rejected", visit.description)
        elif visit.outcome == "failed":
            count = failure_count(visit)
            self.first.setdefault(
                f"skipped/{visit.kind}" if visit.is_expected_failure else count, visit.description
            )
            # Later pages of a listing come and go.
            is_front_page = site.author_page_number(urlsplit(visit.url).path) == 1
            if self.args.authors and visit.family == "gone" and is_front_page:
                self.first.setdefault("missing", visit.url)

    def item_error(self, failure: Failure) -> None:
        """Stop at a storage error; any other error in a pipeline concerns one page only."""
        if isinstance(failure.value, sqlite3.Error):
            self.stop_for(failure.value)
        elif len(self.errors.summaries) >= _MANY_ERRORS:
            error = f"{len(self.errors.summaries)} pages, first {self.errors.summaries[0]}"
            self.stop(ending("internal_error", error=error))

    def stop_for(self, error: sqlite3.Error) -> None:
        """End the crawl at the first storage error: what follows could not be stored either."""
        self._stop(storage_error(self.archive.path, error))

    def stop_without_memory(self) -> None:
        """End the crawl because memory was refused."""
        self.stop(ending("out_of_memory"))

    def is_lost_without_memory(self, visit: Visit) -> bool:
        """Return whether a visit may have failed for lack of memory, which is not the page's fault.

        Scrapy may then have lost a response, so that the page seems to have timed out.
        """
        if visit.reason == Reason.OUT_OF_MEMORY:
            self.stop_without_memory()
        return visit.outcome == "failed" and self.stopped == ending("out_of_memory")

    def stop(self, early: Ending) -> None:
        """End the crawl now and for this reason, unless a signal is ending it already."""
        if self.crawler.engine.running:
            self._stop(early)

    def _stop(self, early: Ending) -> None:
        if self.stopped is None:
            loop = asyncio.get_running_loop()
            loop.call_later(_CLOSING_TIMEOUT, end_at_once, self.crawler)
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
                self.archive.mark_suspect(self.suspects)
            self.archive.finish_run(
                self.id,
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
            errors=self.errors.summaries,
            due=self.archive.count_due(),
        )
        if result.verdict != "ok":
            return result
        return self.site_ending or replace(
            result, summary=result.summary + rejection_note(self.newly_rejected)
        )

    def _kept_stats(self) -> dict[str, Any]:
        stats = {
            name: value
            for name, value in self.crawler.stats.get_stats().items()
            if name.startswith(("nkcrawl/", "downloader/", "elapsed_time"))
            and isinstance(value, int | float | str)
        }
        return stats | fill_rates(stats) | {"nkcrawl/errors": self.errors.tracebacks}


def stop_run(crawler: Crawler, early: Ending) -> None:
    """End the crawl now, if it has a run; `scrapy show` and `scrapy shell` have none."""
    if run := Run.get(crawler):
        run.stop(early)


def storage_error(path: Path, error: sqlite3.Error) -> Ending:
    """Return the ending for an archive that cannot be used any more."""
    return ending("storage_error", path=path, error=f"{type(error).__name__}: {error}")


def get_reactor() -> Any:
    """Return Twisted's event loop."""
    from twisted.internet import reactor  # not at the top: Scrapy chooses which one it is

    return reactor


def end_at_once(crawler: Crawler) -> None:
    """Stop Scrapy's event loop without waiting for anything, not even for the crawl to close."""
    crawler.crawling = False  # or Scrapy would wait for the spider to be closed
    with suppress(ReactorNotRunning):  # at a second call
        get_reactor().stop()


def failure_count(visit: Visit) -> str:
    """Return the count to which a failed visit belongs: 'feed_missing', 'gone' or 'failed'."""
    if visit.family != "gone":
        return "failed"
    return "feed_missing" if visit.kind == "feed" else "gone"


def rejection_note(visits: Sequence[Visit]) -> str:
    """Return a sentence on the pages rejected for the first time, '' if there are none."""
    if not visits:
        return ""
    first = visits[0]
    return (
        f" Newly rejected: {len(visits)}, first {first.description}; `scrapy show {first.url}` "
        "shows how it is read."
    )


def fill_rates(stats: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of the articles read that have each field: `nkcrawl/fill/title`, 0 to 1."""
    read = stats.get("nkcrawl/articles", 0) - stats.get("nkcrawl/not_modified/article", 0)
    if not read:
        return {}
    return {
        f"nkcrawl/fill/{name}": round(stats.get(f"nkcrawl/filled/{name}", 0) / read, 3)
        for name in ARTICLE_FIELDS
    }


def versions() -> dict[str, str]:
    """Return the versions that a run's results depend on."""
    packages = ("scrapy", "parsel", "lxml", "sqlite-utils")
    return {
        "nkcrawl": __version__,  # a zipped egg may have no metadata of its package
        **{package: version(package) for package in packages},
        "extractor": str(EXTRACTOR_VERSION),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
