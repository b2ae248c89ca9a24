"""What went wrong in our own code: kept whole for the run's row, and named in a line for people."""

import logging
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from lxml import etree

import nkcrawl

_KEPT = 5
_RESERVE = 2_000_000  # bytes, enough to end a crawl in order
_OURS = Path(nkcrawl.__file__).parent


class ErrorLog(logging.Handler):
    """Keeps what is logged as an error, the first few with their tracebacks: a log that nobody
    reads is silence.

    `out_of_memory` is called where memory was refused: whoever it hits, be it Twisted, takes it for
    an error of the page.
    """

    def __init__(self, out_of_memory: Callable[[], None]) -> None:
        super().__init__(level=logging.ERROR)
        self.out_of_memory = out_of_memory
        self.briefly: list[str] = []  # 'what was done (the error in the function of ours)'
        self.whole: list[str] = []
        self._reserve = bytes(_RESERVE)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error and is_out_of_memory(error):
            self._reserve = b""  # or there would be none for what follows
            self.out_of_memory()
        what = record.getMessage().split("\n", 1)[0]
        self.briefly.append(f"{what} ({briefly(error)})" if error else what)
        if len(self.whole) < _KEPT:
            self.whole.append(self.format(record))


def is_out_of_memory(error: BaseException | None) -> bool:
    """Tell whether an error is that memory was refused, or came of that; it says nothing of the
    page in hand.
    """
    while error is not None:
        if isinstance(error, MemoryError) or _is_out_of_memory_for_lxml(error):
            return True
        error = error.__context__
    return False


def _is_out_of_memory_for_lxml(error: BaseException) -> bool:
    return isinstance(error, etree.XMLSyntaxError) and bool(
        error.code == etree.ErrorTypes.ERR_NO_MEMORY
    )


def briefly(error: BaseException) -> str:
    """Return an error with the place in our own code that it passed last: `KeyError('x') in
    _read_dates, article.py:9`.
    """
    place = place_in_ours(traceback.extract_tb(error.__traceback__))
    return f"{error!r} in {place}" if place else repr(error)


def place_in_ours(frames: Sequence[traceback.FrameSummary]) -> str:
    """Return the innermost function of our own among stack frames, as `_read_dates, article.py:9`,
    or ''.
    """
    ours = [frame for frame in frames if _OURS in Path(frame.filename).parents]
    return f"{ours[-1].name}, {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
