"""`scrapy crawl`, ours: judges the run by its outcome and ends with an exit code that says so."""

import argparse
import asyncio
import faulthandler
import logging
import os
import signal
import sys
import traceback
from contextlib import suppress
from types import FrameType

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveBusy, ArchiveError, ArchiveTrouble
from nkcrawl.extensions import Judgement, RunRecord, briefly, place_in_ours, print_summary
from nkcrawl.extensions.verdict import interrupted
from nkcrawl.options import read_options

_LAST_RESORT = 10  # seconds after the hard limit, for a process that cannot even say so

logger = logging.getLogger(__name__)


class Command(ScrapyCrawl):
    def short_desc(self) -> str:
        return "Crawl the site into the archive"

    def long_desc(self) -> str:
        return (
            "Visit the pages that are due and store what they show. Arguments (-a): authors=slug,slug walks only these "
            "authors' pages; url=URL reads this page alone; since=YYYY-MM-DD skips earlier months; limit=N stops after N "
            "articles; full=yes walks listings to their end; recent=no leaves Recent Stories. Exit codes: 0 ok, 1 failed, "
            "2 bad argument, setting or database, 3 the site has changed, 4 it refuses us, 75 try again later, "
            "130 interrupted."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        logging.raiseExceptions = False  # a log that cannot be written, on a full disk, is no reason to fill the mail
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("Name one spider: scrapy crawl nknews")
        judgement = self._crawl(args[0], opts)
        self.exitcode = judgement.exit_code
        with suppress(OSError):  # the code says it too
            if judgement.verdict != "ok":
                print(judgement.summary, file=sys.stderr)
            elif sys.stdout.isatty():
                print(judgement.summary)

    def _crawl(self, name: str, opts: argparse.Namespace) -> Judgement:
        assert self.crawler_process is not None
        try:
            crawler = self._create_crawler(name)
        except UsageError as error:
            return Judgement("usage", str(error))
        except OSError as error:
            return Judgement("failed", f"The log could not be written ({error}). Make room, or leave out --logfile.")
        except KeyError:
            return Judgement("usage", f"There is no spider {name!r}; the one there is: scrapy crawl nknews")
        task = self.crawler_process.crawl(crawler, **opts.spargs)
        assert isinstance(task, asyncio.Task)
        _end_when_stuck(crawler, read_options(crawler.settings).hard_limit)
        self.crawler_process.start()
        _no_longer_stuck()
        judgement = _outcome(crawler, task)
        if sys.stdout.isatty() and RunRecord.begun(crawler):
            print_summary(crawler.stats.get_stats())
        return judgement


def _outcome(crawler: Crawler, task: "asyncio.Task[None]") -> Judgement:
    """Return the judgement on a crawl that has ended, however it ended, with its record completed if it has one."""
    error = task.exception() if task.done() and not task.cancelled() else None
    match error:
        case None:
            record = RunRecord.of(crawler)
            # A second signal, after which Scrapy ignores all others, ends the crawl without closing the spider.
            killed = record.finish_reason is None and signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
            return record.finish(interrupted() if killed else None)
        case ArchiveBusy():
            return Judgement("later", str(error))
        case ArchiveTrouble():
            return Judgement("failed", str(error))
        case UsageError() | ArchiveError():
            return Judgement("usage", str(error))
    logger.error("The crawl could not start", exc_info=error)
    while error.__context__ is not None:  # what Scrapy stumbled over as it cleared up is not the cause
        error = error.__context__
    failed = Judgement("failed", f"The crawl could not start: {briefly(error)}; please report it.")
    begun = RunRecord.begun(crawler)
    return begun.finish(failed) if begun else failed


# --- A process that is stuck ----------------------------------------------------------------------------------------------


def _end_when_stuck(crawler: Crawler, seconds: int) -> None:
    """End the process when it has run for so long, even if it is stuck in its own code, as in a regular expression.

    Scrapy's clocks stand still then. A signal still gets through where Python looks for signals; where it does not, in a
    library written in C, the fault handler ends the process a little later, with a traceback in place of a sentence.
    """
    faulthandler.dump_traceback_later(seconds + _LAST_RESORT, exit=True)
    if not hasattr(signal, "setitimer"):  # Windows
        return

    def end(_: int, frame: FrameType | None) -> None:
        place = place_in_ours(traceback.extract_stack(frame))
        record = RunRecord.begun(crawler)
        print(
            f"The crawl was stuck for {seconds} seconds (NKCRAWL_HARD_LIMIT) and ended itself, while it was at "
            f"{(record and record.visiting) or 'no page yet'}, in {place}; "
            "what was stored stays, and the rest is due. Please report it.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(1)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _no_longer_stuck() -> None:
    faulthandler.cancel_dump_traceback_later()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
