"""What ends a command from outside: a signal, which it heeds at once, and a clock for a crawl that
is stuck.
"""

import asyncio
import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from scrapy.crawler import AsyncCrawlerProcess, Crawler

from nkcrawl.extensions import Run, end_at_once, ending, get_reactor, innermost_own_frame

_HEEDED = (signal.SIGINT, signal.SIGTERM)
_LAST_RESORT = 10  # seconds after the hard limit, for a process that cannot even say so


class Signals:
    """Heeds SIGINT and SIGTERM from the first moment to the last: the crawl ends in order, at a
    second signal at once.

    Scrapy's own handlers come and go with its reactor; a signal in between would kill the process,
    or go unheard.
    """

    def __init__(self) -> None:
        self.process: AsyncCrawlerProcess | None = None
        self.count = 0
        for signum in _HEEDED:
            signal.signal(signum, self._heed)

    @contextmanager
    def ending(self, process: AsyncCrawlerProcess) -> Iterator[None]:
        """Let signals end the crawl of a process while the block runs it, and nothing after
        that.
        """
        self.process = process
        try:
            yield
        finally:
            for signum in _HEEDED:  # Python gives up its handlers as it ends, but not this
                signal.signal(signum, signal.SIG_IGN)

    def _heed(self, _: int, frame: FrameType | None) -> None:
        if self.process is None:  # nothing was begun
            interrupted = ending("shutdown")
            print(interrupted.summary, file=sys.stderr, flush=True)
            os._exit(interrupted.exit_code)
        self.count += 1
        get_reactor().callFromThread(self._end)  # for this is between any two lines of the program

    def _end(self) -> None:
        assert self.process is not None
        if self.count == 1 and all(_is_begun(crawler) for crawler in self.process.crawlers):
            self._ending = asyncio.ensure_future(self.process.stop())
        else:
            for crawler in self.process.crawlers:
                end_at_once(crawler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal into a KeyboardInterrupt, and heed no other, so that what clears up
    after it is let finish.
    """

    def heed(_: int, __: FrameType | None) -> None:
        for signum in _HEEDED:
            signal.signal(signum, signal.SIG_IGN)
        raise KeyboardInterrupt

    for signum in _HEEDED:
        signal.signal(signum, heed)
    yield


def _is_begun(crawler: Crawler) -> bool:
    """Tell whether a crawl has come so far that it can be ended in order."""
    try:
        return crawler.engine.running
    except RuntimeError:  # it has no engine yet
        return False


@contextmanager
def hard_limit(crawler: Crawler, seconds: int) -> Iterator[None]:
    """End the process if the block takes so long, even if it is stuck in its own code, as in a
    regular expression.

    Scrapy's clocks stand still then. A signal still gets through where Python looks for signals;
    where it does not, in a library written in C, the fault handler ends the process a little later,
    with a traceback in place of a sentence.
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
