"""The run record: one row of `runs` a crawl, opened before its first request and finished when all is over."""

import asyncio
import logging
import platform
import sqlite3
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from twisted.python.failure import Failure as Reason

from nkcrawl.archive import Archive
from nkcrawl.extensions.verdict import ARTICLES_CHANGED, Ending, Judgement, is_no_failure, judge
from nkcrawl.extensions.watch import NO_LINKS, Watch, month_of
from nkcrawl.items import Failure, Item
from nkcrawl.options import read_options
from nkcrawl.pages import EXTRACTOR_VERSION
from nkcrawl.spiders.nknews import NKNewsSpider

_GOOD_RUNS = 7  # whose recent articles say what is usual
_KEPT_ERRORS = 5


class RunRecord:
    """Owns the archive and the run's row for the length of a crawl; the command that started the crawl ends both."""

    def __init__(self, crawler: Crawler, spider: NKNewsSpider, archive: Archive) -> None:
        self.crawler = crawler
        self.archive = archive
        self.stopped: Judgement | None = None  # why the crawl was ended before its work was done
        self.visiting = ""  # the URL asked for last
        self.finish_reason: str | None = None
        self.first: dict[str, str] = {}  # what befell the first page that failed, was skipped, showed no links
        self.errors = ErrorLog()
        self._closing: asyncio.Task[None] | None = None
        self.run_id = archive.begin_run(spider.given, versions())
        self.watch = _watch(archive)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RunRecord":
        if not isinstance(
            crawler.spider, NKNewsSpider
        ):  # `scrapy shell`, `scrapy fetch`, `scrapy show`: nothing is stored
            raise NotConfigured
        archive = Archive.open(read_options(crawler.settings).database)
        record = cls(crawler, crawler.spider, archive)
        logging.getLogger().addHandler(record.errors)
        crawler.signals.connect(record.request_reached_downloader, signal=signals.request_reached_downloader)
        crawler.signals.connect(record.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(record.item_error, signal=signals.item_error)
        return record

    @classmethod
    def begun(cls, crawler: Crawler) -> "RunRecord | None":
        """Return the crawl's run record, or None if there is none: nothing is stored, or it ended before it began."""
        with suppress(RuntimeError):  # no extension was built yet
            return crawler.get_extension(cls)
        return None

    @classmethod
    def of(cls, crawler: Crawler) -> "RunRecord":
        """Return the crawl's run record."""
        record = cls.begun(crawler)
        if record is None:
            raise RuntimeError("The extension RunRecord is switched off, and nothing can be stored without it.")
        return record

    def request_reached_downloader(self, request: Request) -> None:
        self.visiting = request.url

    def spider_closed(self, reason: str) -> None:
        self.finish_reason = reason

    def note(self, item: Item) -> None:
        """Take note of what became of a page, before it is stored, and end the crawl if it makes no sense any more."""
        if isinstance(item, Failure):
            self.first.setdefault("skipped" if is_no_failure(item) else "failed", item.detail)
            if item.reason == NO_LINKS:
                self.first.setdefault("unlinked", item.page.url)
        if trouble := self.watch.see(item, self.archive.faults_of(item.page.url)):
            self.stop(trouble)

    def item_error(self, failure: Reason) -> None:
        """Stop the crawl where a page could not be stored; anything else that trips a pipeline concerns one page only."""
        if isinstance(failure.value, sqlite3.Error):
            self.stop_for(failure.value)

    def stop_for(self, error: sqlite3.Error) -> None:
        """End the crawl at the first storage error: whatever else were asked for would only be thrown away."""
        self._stop(self._not_stored(error))

    def stop(self, judgement: Judgement) -> None:
        """End the crawl now and for this reason, unless a signal is ending it already."""
        if self.crawler.engine.running:
            self._stop(judgement)

    def _stop(self, judgement: Judgement) -> None:
        if self.stopped is None:
            self.stopped = judgement
            closing = self.crawler.engine.close_spider_async(reason=judgement.reason)
            self._closing = asyncio.get_running_loop().create_task(closing)

    @property
    def has_given_up_on_articles(self) -> bool:
        """Tell whether the run ends because articles are not read as they used to be."""
        return self.stopped is not None and self.stopped.reason == ARTICLES_CHANGED

    def finish(self, judgement: Judgement | None = None) -> Judgement:
        """Complete the run's row and close the archive; the run is judged by its outcome, if it is not judged already."""
        logging.getLogger().removeHandler(self.errors)
        stats = self._kept_stats()
        try:
            judgement = judgement or self._judge(stats)
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
            return self.stopped or self._not_stored(error)
        return judgement

    def _judge(self, stats: Mapping[str, Any]) -> Judgement:
        if self.stopped:
            return self.stopped
        judgement = judge(
            Ending(
                stats,
                self.finish_reason,
                self.first,
                self.errors.briefly,
                self.archive.count_due(),
            )
        )
        return (self.watch.changed() or judgement) if judgement.verdict == "ok" else judgement

    def _kept_stats(self) -> dict[str, Any]:
        stats = {name: value for name, value in self.crawler.stats.get_stats().items() if _is_kept(name, value)}
        return stats | self.watch.counts | fill_rates(stats) | {"nkcrawl/errors": self.errors.whole}

    def _not_stored(self, error: sqlite3.Error) -> Judgement:
        return Judgement(
            "failed",
            f"The crawl stopped because {self.archive.path} could not be used ({type(error).__name__}: {error}); "
            "what was stored before stays; make room or mend the file's rights, and run again.",
            reason="storage_error",
        )


def stop_run(crawler: Crawler, judgement: Judgement) -> None:
    """End the crawl now; where there is no run record (`scrapy show`, `scrapy shell`) there is nothing to end."""
    if record := RunRecord.begun(crawler):
        record.stop(judgement)


class ErrorLog(logging.Handler):
    """Keeps what is logged as an error, tracebacks included, for the run's row: a log that nobody reads is silence."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.briefly: list[str] = []  # 'what was done: the error in the function of ours'
        self.whole: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.whole) < _KEPT_ERRORS:
            error = record.exc_info[1] if record.exc_info else None
            what = record.getMessage().split("\n", 1)[0]
            self.briefly.append(f"{what} ({briefly(error)})" if error else what)
            self.whole.append(self.format(record))


def briefly(error: BaseException) -> str:
    """Return an error with the place in our own code that it passed last: `KeyError('x') in _read_dates, article.py:9`."""
    place = place_in_ours(traceback.extract_tb(error.__traceback__))
    return f"{error!r} in {place}" if place else repr(error)


def place_in_ours(frames: Sequence[traceback.FrameSummary]) -> str:
    """Return the innermost function of our own among stack frames, as `_read_dates, article.py:9`, or ''."""
    ours = [frame for frame in frames if "nkcrawl" in Path(frame.filename).parts]
    return f"{ours[-1].name}, {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""


def _watch(archive: Archive) -> Watch:
    usual: Counter[str] = Counter()
    for stats in archive.stats_of_good_runs("nkcrawl/recent/visited", _GOOD_RUNS):
        usual.update({name: count for name, count in stats.items() if name.startswith("nkcrawl/recent/")})
    today = datetime.now(UTC)
    return Watch(month_of(archive.newest_article_url()), today.year * 12 + today.month, usual)


def fill_rates(stats: Mapping[str, Any]) -> dict[str, float]:
    """Return which share of the articles read had something in each field: `nkcrawl/fill/title` and so on, 0 to 1."""
    read = stats.get("nkcrawl/articles", 0) - stats.get("nkcrawl/not modified/article", 0)
    counted = {name: count for name, count in stats.items() if name.startswith("nkcrawl/filled/")}
    return {name.replace("filled", "fill"): round(count / read, 3) for name, count in counted.items()} if read else {}


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
