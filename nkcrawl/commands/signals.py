"""What ends a command from outside: a signal, or the time limit of a crawl that is stuck."""

import asyncio
import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from scrapy.crawler import AsyncCrawlerProcess, Crawler

from nkcrawl.commands import print_error
from nkcrawl.extensions import Run, end_at_once, ending, get_reactor, innermost_own_frame

_HANDLED = (signal.SIGINT, signal.SIGTERM)
_LAST_RESORT = 10  # seconds after the hard limit, for a process that cannot even say so


class Signals:
    """Handles SIGINT and SIGTERM all the time: the first ends the crawl in order, a second at once.

    Scrapy's own handlers come and go with its reactor; a signal in between would kill the process,
    or be ignored.
    """

    def __init__(self) -> None:
        self.process: AsyncCrawlerProcess | None = None
        self.count = 0
        for signum in _HANDLED:
            signal.signal(signum, self._handle)

    @contextmanager
    def ending(self, process: AsyncCrawlerProcess) -> Iterator[None]:
        """Let signals end the crawl of a process during the block, and nothing after it."""
        self.process = process
        try:
            yield
        finally:
            for signum in _HANDLED:  # Python drops its handlers as it exits, but not this
                signal.signal(signum, signal.SIG_IGN)

    def _handle(self, _: int, frame: FrameType | None) -> None:
        if self.process is None:  # nothing has started yet
            interrupted = ending("shutdown")
            print_error(interrupted.summary)
            os._exit(interrupted.exit_code)
        self.count += 1
        get_reactor().callFromThread(self._end)  # a handler runs between any two lines

    def _end(self) -> None:
        assert self.process is not None
        if self.count == 1 and all(_is_running(crawler) for crawler in self.process.crawlers):
            self._ending = asyncio.ensure_future(self.process.stop())
        else:
            for crawler in self.process.crawlers:
                end_at_once(crawler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal into a KeyboardInterrupt, and ignore others during the clean-up."""

    def handle(_: int, __: FrameType | None) -> None:
        for signum in _HANDLED:
            signal.signal(signum, signal.SIG_IGN)
        raise KeyboardInterrupt

    for signum in _HANDLED:
        signal.signal(signum, handle)
    yield


def _is_running(crawler: Crawler) -> bool:
    """Return whether a crawl has started far enough to be ended in order."""
    try:
        return crawler.engine.running
    except RuntimeError:  # it has no engine yet
        return False


@contextmanager
def hard_limit(crawler: Crawler, seconds: int) -> Iterator[None]:
    """End the process if the block takes that long, even if it is stuck, as in a pattern.

    Scrapy's timers do not run then, but a signal still does, where Python checks for signals. Where
    it does not, in a library written in C, faulthandler ends the process a little later, with a
    traceback instead of a sentence.
    """

    def end(_: int, frame: FrameType | None) -> None:
        run = Run.get(crawler)
        stuck = ending(
            "stuck",
            seconds=seconds,
            url=(run and run.current_url) or "no page yet",
            place=innermost_own_frame(traceback.extract_stack(frame)),
        )
        show_cursor = "\x1b[?25h" if sys.stderr.isatty() else ""  # hidden by the progress display
        with suppress(OSError):  # the exit code tells of the error, too
            print(show_cursor + stuck.summary, file=sys.stderr, flush=True)
        os._exit(stuck.exit_code)

    faulthandler.dump_traceback_later(seconds + _LAST_RESORT, exit=True)
    has_alarms = hasattr(signal, "setitimer")  # not on Windows
    if has_alarms:
        signal.signal(signal.SIGALRM, end)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        if has_alarms:
            signal.setitimer(signal.ITIMER_REAL, 0)
