"""Errors in nkcrawl's own code: their tracebacks for the run's row, and one line for people."""

import logging
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from lxml import etree

import nkcrawl

_MAX_TRACEBACKS = 5
_RESERVE = 2_000_000  # bytes, enough to end a crawl in order
_PACKAGE = Path(nkcrawl.__file__).parent


class ErrorLog(logging.Handler):
    """Collects what is logged as an error, because nobody reads a log.

    `out_of_memory` is called if memory was refused: whatever it hits takes it for an error of the
    page in progress, even Twisted.
    """

    def __init__(self, out_of_memory: Callable[[], None]) -> None:
        super().__init__(level=logging.ERROR)
        self.out_of_memory = out_of_memory
        self.summaries: list[str] = []  # 'the message (the error in the package's function)'
        self.tracebacks: list[str] = []
        self._reserve = bytes(_RESERVE)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error and is_out_of_memory(error):
            self._reserve = b""  # frees what the next steps need
            self.out_of_memory()
        message = record.getMessage().split("\n", 1)[0]
        self.summaries.append(f"{message} ({summary(error)})" if error else message)
        if len(self.tracebacks) < _MAX_TRACEBACKS:
            self.tracebacks.append(self.format(record))


def is_out_of_memory(error: BaseException | None) -> bool:
    """Return whether an error is, or was caused by, refused memory; it is not the page's fault."""
    while error is not None:
        if isinstance(error, MemoryError) or _is_out_of_memory_in_lxml(error):
            return True
        error = error.__context__
    return False


def _is_out_of_memory_in_lxml(error: BaseException) -> bool:
    return isinstance(error, etree.XMLSyntaxError) and error.code == etree.ErrorTypes.ERR_NO_MEMORY


def summary(error: BaseException) -> str:
    """Return an error with its place in the package: `KeyError('x') in _read_dates, dates.py:9`."""
    frame = innermost_own_frame(traceback.extract_tb(error.__traceback__))
    return f"{error!r} in {frame}" if frame else repr(error)


def innermost_own_frame(frames: Sequence[traceback.FrameSummary]) -> str:
    """Return the innermost function of the package, as `_read_dates, dates.py:9`, or ''."""
    own = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    return f"{own[-1].name}, {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
