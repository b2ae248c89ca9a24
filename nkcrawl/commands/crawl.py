"""`scrapy crawl`: Scrapy's command, with an exit code and a sentence for the run's outcome."""

import argparse
import asyncio
import logging
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from nkcrawl.archive import ArchiveBusy, ArchiveError, ArchiveUnavailable
from nkcrawl.arguments import check_names
from nkcrawl.commands import print_error, reopen_closed_stdio, restrict_umask
from nkcrawl.commands.signals import Signals, hard_limit
from nkcrawl.extensions import (
    EXIT_CODES,
    Ending,
    Progress,
    Run,
    ending,
    print_summary,
    storage_error,
    summary,
)
from nkcrawl.options import missing_contact, read_options

logger = logging.getLogger(__name__)


class Command(ScrapyCrawl):
    signals: Signals

    def short_desc(self) -> str:
        return "Crawl the site into the archive"

    def long_desc(self) -> str:
        return (
            "Visit the pages that are due and store what they show. Arguments (-a): "
            "authors=slug,slug visits only these authors' pages; url=URL reads only this page; "
            "since=YYYY-MM-DD skips earlier months; limit=N stops after N articles; full=yes "
            "follows listings to their end; recent=no does not follow Recent Stories. Exit codes: "
            "0 ok, 1 failed, 2 bad argument, setting or database, 3 the site has changed, 4 it "
            "refuses nkcrawl, 75 try again later, 130 interrupted."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        reopen_closed_stdio()
        self.signals = Signals()
        restrict_umask()  # before the log is opened
        # A log that cannot be written, because the disk is full, must not fill cron's mail.
        logging.raiseExceptions = False
        super().process_options(args, opts)
        try:
            check_names(opts.spargs)
            assert self.settings is not None
            _check_log(self.settings)
        except UsageError as error:
            print_error(error)
            sys.exit(EXIT_CODES["usage"])

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("Name one spider: scrapy crawl nknews")
        result = self._crawl(args[0], opts)
        self.exitcode = result.exit_code
        if result.verdict != "ok":
            print_error(result.summary)
        elif sys.stdout.isatty():
            with suppress(OSError):  # the exit code says it, too
                print(result.summary)

    def _warn_without_contact(self) -> None:
        """Warn on a terminal if the site is not told whose crawler this is."""
        assert self.settings is not None
        if sys.stderr.isatty() and (warning := missing_contact(read_options(self.settings))):
            print_error(warning)

    def _crawl(self, name: str, opts: argparse.Namespace) -> Ending:
        process = self.crawler_process
        assert isinstance(process, AsyncCrawlerProcess)
        try:
            self._warn_without_contact()
            crawler = self._create_crawler(name)
        except UsageError as error:
            return ending("usage", error=error)
        except OSError as error:
            return ending("log_error", error=error)
        except KeyError:
            return ending("usage", error=f"There is no spider {name!r}; use scrapy crawl nknews.")
        with (
            self.signals.ending(process),
            hard_limit(crawler, read_options(crawler.settings).hard_limit),
        ):
            task = process.crawl(crawler, **opts.spargs)
            process.start(install_signal_handlers=False)
        _stop_progress(crawler)
        result = _finish(crawler, task)
        if sys.stdout.isatty() and Run.get(crawler):
            print_summary(crawler.stats.get_stats())
        return result


def _check_log(settings: BaseSettings) -> None:
    """Raise UsageError if the level of the log is invalid or its file cannot be written."""
    level, file = settings["LOG_LEVEL"], settings["LOG_FILE"]
    if level not in (levels := logging.getLevelNamesMapping()) and level not in levels.values():
        raise UsageError(
            f"LOG_LEVEL is {level!r}, but it takes one of DEBUG, INFO, WARNING, ERROR, CRITICAL."
        )
    try:
        if file:
            open(file, "ab").close()
    except OSError as error:
        raise UsageError(
            f"The log {file} cannot be opened: {error.strerror}. Name a file that can be written."
        ) from None


def _stop_progress(crawler: Crawler) -> None:
    """End the progress display; after a second signal it still hides the cursor."""
    with suppress(RuntimeError):  # the crawl ended before there was one
        if progress := crawler.get_extension(Progress):
            progress.bar.stop()


def _finish(crawler: Crawler, task: "asyncio.Task[None]") -> Ending:
    """Complete the run of a crawl that has ended, if it has one, and return how it ended."""
    error = task.exception() if task.done() and not task.cancelled() else None
    run = Run.get(crawler)
    if error is None:
        return run.finish() if run else ending("shutdown")
    failed = _ending_after(error, read_options(crawler.settings).database)
    return run.finish(failed) if run else failed


def _ending_after(error: BaseException, archive: Path) -> Ending:
    """Return the ending of a crawl that could not start because of this error."""
    error = _first_error(error)
    match error:
        case ArchiveBusy():
            return ending("archive_in_use", error=error)
        case ArchiveUnavailable():
            return ending("archive_unavailable", error=error)
        case UsageError() | ArchiveError():
            return ending("usage", error=error)
    logger.error("The crawl could not start", exc_info=error)
    if isinstance(error, sqlite3.Error):
        return storage_error(archive, error)
    return ending("start_failed", error=summary(error))


def _first_error(error: BaseException) -> BaseException:
    """Return the error that ended the crawl; Scrapy may fail again while it closes the crawl.

    A context that other code caught, such as a StopIteration, is not the cause of anything.
    """
    first, context = error, error.__context__
    while context is not None:
        if context.__traceback__ and _is_scrapy_crawl(context.__traceback__.tb_frame):
            first = context
        context = context.__context__
    return first


def _is_scrapy_crawl(frame: FrameType) -> bool:
    """Return whether code of Scrapy's that starts a crawl caught an error in this frame."""
    return frame.f_globals.get("__name__") in ("scrapy.crawler", "scrapy.core.engine")
