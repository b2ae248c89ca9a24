"""`scrapy crawl`, ours: judges the run by its outcome and ends with an exit code that says so."""

import argparse
import asyncio
import faulthandler
import logging
import sys

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveError
from nkcrawl.commands import leave_network_errors_to_us
from nkcrawl.extensions import Judgement, RunRecord
from nkcrawl.options import read_options

logger = logging.getLogger(__name__)


class Command(ScrapyCrawl):
    def short_desc(self) -> str:
        return "Crawl the site into the archive"

    def long_desc(self) -> str:
        return (
            "Visit the pages that are due and store what they show. Arguments (-a): authors=slug,slug walks only these "
            "authors' pages; url=URL reads this page alone; since=YYYY-MM-DD skips earlier months; limit=N stops after N "
            "articles; full=yes walks listings to their end; recent=no leaves Recent Stories. Exit codes: 0 ok, 1 failed, "
            "2 bad argument, setting or database, 130 interrupted."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("Name one spider: scrapy crawl nknews")
        judgement = self._crawl(args[0], opts)
        if judgement.verdict != "ok":
            print(judgement.summary, file=sys.stderr)
        elif sys.stdout.isatty():
            print(judgement.summary)
        self.exitcode = judgement.exit_code

    def _crawl(self, name: str, opts: argparse.Namespace) -> Judgement:
        assert self.crawler_process is not None
        leave_network_errors_to_us(self.crawler_process.settings["LOG_LEVEL"])
        try:
            crawler = self._create_crawler(name)
        except UsageError as error:
            return Judgement("usage", str(error))
        except KeyError:
            return Judgement("usage", f"There is no spider {name!r}; the one there is: scrapy crawl nknews")
        task = self.crawler_process.crawl(crawler, **opts.spargs)
        assert isinstance(task, asyncio.Task)
        # The only clock that still runs when the process is stuck in its own code, in a regular expression for example.
        faulthandler.dump_traceback_later(read_options(crawler.settings).hard_limit, exit=True)
        self.crawler_process.start()
        faulthandler.cancel_dump_traceback_later()
        return _outcome(crawler, task)


def _outcome(crawler: Crawler, task: "asyncio.Task[None]") -> Judgement:
    """Return the judgement on a crawl that has ended, however it ended."""
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, UsageError | ArchiveError):
        return Judgement("usage", str(error))
    if error is not None:
        logger.error("The crawl could not start", exc_info=error)
        return Judgement("failed", f"The crawl could not start: {error!r}.")
    return RunRecord.of(crawler).finish()
