"""The time that each pattern of the reader takes grows linearly with the length of the text.

Python's `re` backtracks: a careless pattern takes quadratic time or worse, and the crawl stands
still. Each pattern is run on the text that is slowest for it, and on one twice as long.
"""

import importlib
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from types import FrameType
from typing import Any

import pytest

import nkcrawl.pages
from nkcrawl import paywall, site, text

SIZE = 100_000  # characters, as of a long page without its tags
SAMPLE = 2_000  # characters, to find the slowest text
FAST = 0.05  # seconds of processor time; a quadratic pattern takes many times more
ENDLESS = 20  # seconds of processor time

# The slowest texts repeat one of these: openings that a pattern searches for, and what it skips.
PIECES = (
    " ", "\t ", "\n", "a", "A", "A ", "A-", "A, ", "1", "1-", "1:1", "-", "–", ".", "A.", "?", "!”",
    "“", "'", "|", "| ", "– ", "/", "/a", "<", "가", "\ud800", "\u200b", "by ", "by A ", "June ",
    "June 1", "June 1, ", "년", "2025년 6월 ", "updated ", "Image: ", "| Image", "NK News",
    "| NK News", "NK News |", "©", "© 2025, ", "© Korea Risk Group", "More articles by '",
    "View more articles by ", "page ", "404 ", "log in to ", "edited by ", "Illustration by A ",
    "Views expressed in Opinion ", "This is part of ", "is a new NK News series ", "“a” ",
    "Try unlimited access ", "EMAIL ", "@", "@a{", "@{}", "@{{}", "@a;", "/*", "{", "}", "a{b", ";",
    "; ", "display ", "display: ", "visibility:", "News", "/NewsArticle", "/2025/06/a",
    "/content_author/a",
)  # fmt: skip
MODULES = (
    site,
    text,
    paywall,
    *(
        importlib.import_module(f"nkcrawl.pages.{module.name}")
        for module in pkgutil.iter_modules(nkcrawl.pages.__path__)
    ),
)
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(nkcrawl.__file__).parent.rglob("*.py")
)


def patterns() -> Iterator[Any]:
    """Yield every pattern of the reader's modules, with its name; also those in tables."""
    for module in MODULES:
        for name, value in vars(module).items():
            for number, pattern in enumerate(_patterns_in(value)):
                test_id = f"{module.__name__.removeprefix('nkcrawl.')}.{name}-{number}"
                yield pytest.param(name, pattern, id=test_id)


def _patterns_in(value: Any) -> list[re.Pattern[str]]:
    if isinstance(value, tuple):
        return [pattern for entry in value for pattern in _patterns_in(entry)]
    values = (value, getattr(value, "pattern", None), getattr(value, "opening", None))
    return [pattern for pattern in values if isinstance(pattern, re.Pattern)]


def uses(name: str, pattern: re.Pattern[str]) -> list[Callable[[str], object]]:
    """Return what the package does with a pattern of that name; those in tables are matched."""
    methods = set(re.findall(rf"\b{name}\.(\w+)\(", SOURCE))
    calls: list[Callable[[str], object]] = []
    if methods & {"search", "finditer", "findall", "sub", "split"}:
        calls.append(lambda text: sum(1 for _ in pattern.finditer(text)))
    if "fullmatch" in methods:
        calls.append(pattern.fullmatch)
    return calls if calls and "match" not in methods else [*calls, pattern.match]


def seconds(use: Callable[[str], object], text: str) -> float:
    """Return the processor time of one use, the least of three runs."""
    times = []
    for _ in range(3):
        start = process_time()
        use(text)
        times.append(process_time() - start)
    return min(times)


def slow_texts(size: int) -> list[str]:
    """Return a text that repeats each piece, with and without an end that no pattern matches."""
    repeated = [(piece * (size // len(piece) + 1))[:size] for piece in PIECES]
    return [*repeated, *(text + "\x01" for text in repeated)]


@pytest.fixture(autouse=True)
def _time_limit() -> Iterator[None]:
    def give_up(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"It takes more than {ENDLESS} seconds.")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, ENDLESS)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize(("name", "pattern"), list(patterns()))
def test_the_time_that_a_pattern_takes_grows_as_the_text_does(
    name: str, pattern: re.Pattern[str]
) -> None:
    for use in uses(name, pattern):
        times = [seconds(use, text) for text in slow_texts(SAMPLE)]
        slowest = times.index(max(times))
        half, whole = (seconds(use, slow_texts(size)[slowest]) for size in (SIZE // 2, SIZE))
        assert whole < max(3 * half, FAST), f"on {slow_texts(20)[slowest]!r}"
