"""No text makes a pattern of the reader take longer than in proportion to its length.

Python's `re` tries again from every place and in every way, which for a careless pattern takes the
square of the length, or worse, and the crawl stands still. Each pattern is tried on the text that
is worst for it, and on one twice as long.
"""

import importlib
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

import pytest

import nkcrawl.pages
from nkcrawl import site, text

SIZE = 100_000  # characters, as of a long page without its tags
SAMPLE = 2_000  # on which the worst text is found
FAST = 0.05  # seconds; what takes the square of that length takes many times more
ENDLESS = 20  # seconds of work after which it is endless

# What repeats in the worst texts: beginnings of what the patterns look for, and what they pass over
# on the way.
PIECES = (
    " ", "\t ", "\n", "a", "A", "A ", "A-", "A, ", "1", "1-", "1:1", "-", "–", ".", "A.", "?", "!”", "“", "'", "|", "| ", "– ",
    "/", "/a", "<", "가", "\ud800", "\u200b", "by ", "by A ", "June ", "June 1", "June 1, ", "년", "2025년 6월 ", "updated ",
    "Image: ", "| Image", "NK News", "| NK News", "NK News |", "©", "© 2025, ", "© Korea Risk Group", "More articles by '",
    "View more articles by ", "page ", "404 ", "log in to ", "edited by ", "Illustration by A ", "Views expressed in Opinion ",
    "This is part of ", "is a new NK News series ", "“a” ", "Try unlimited access ", "EMAIL ", "@", "@a{", "@{}", "@{{}", "@a;",
    "/*", "{", "}", "a{b", ";", "; ", "display ", "display: ", "visibility:", "News", "/NewsArticle", "/2025/06/a",
    "/content_author/a",
)  # fmt: skip
MODULES = (site, text, *(importlib.import_module(f"nkcrawl.pages.{module.name}")
                         for module in pkgutil.iter_modules(nkcrawl.pages.__path__)))  # fmt: skip
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(nkcrawl.__file__).parent.rglob("*.py")
)


def patterns() -> Iterator[Any]:
    """Yield every pattern that a module of the reader has, by name, those in its tables
    included.
    """
    for module in MODULES:
        for name, value in vars(module).items():
            for number, pattern in enumerate(_patterns_in(value)):
                yield pytest.param(
                    name, pattern, id=f"{module.__name__.removeprefix('nkcrawl.')}.{name}-{number}"
                )


def _patterns_in(value: Any) -> list[re.Pattern[str]]:
    if isinstance(value, tuple):
        return [pattern for entry in value for pattern in _patterns_in(entry)]
    found = (value, getattr(value, "pattern", None), getattr(value, "opening", None))
    return [pattern for pattern in found if isinstance(pattern, re.Pattern)]


def uses(name: str, pattern: re.Pattern[str]) -> list[Callable[[str], object]]:
    """Return what the package does with a pattern of that name; what is in a table is matched at a
    place.
    """
    methods = set(re.findall(rf"\b{name}\.(\w+)\(", SOURCE))
    found: list[Callable[[str], object]] = []
    if methods & {"search", "finditer", "findall", "sub", "split"}:
        found.append(lambda words: sum(1 for _ in pattern.finditer(words)))
    if "fullmatch" in methods:
        found.append(pattern.fullmatch)
    return found if found and "match" not in methods else [*found, pattern.match]


def seconds(use: Callable[[str], object], words: str) -> float:
    """Return how long one use takes: the least of three times, so that a busy machine makes little
    difference.
    """
    times = []
    for _ in range(3):
        begun = perf_counter()
        use(words)
        times.append(perf_counter() - begun)
    return min(times)


def worst(size: int) -> list[str]:
    """Return a text of each piece over and over, with an end that none of the patterns is content
    with, and without.
    """
    repeated = [(piece * (size // len(piece) + 1))[:size] for piece in PIECES]
    return [*repeated, *(words + "\x01" for words in repeated)]


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
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
        times = [seconds(use, words) for words in worst(SAMPLE)]
        number = times.index(max(times))
        half, whole = (seconds(use, worst(size)[number]) for size in (SIZE // 2, SIZE))
        assert whole < max(3 * half, FAST), f"on {worst(20)[number]!r}"
