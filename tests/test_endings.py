"""How a run ends: by its counts, and in the sentences of the table of endings."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

import pytest

from nkcrawl.extensions import ENDINGS, EXIT_CODES, Ending, ending
from nkcrawl.extensions.endings import determine_ending
from tests.conftest import ROOT
from tests.factories import article_url


def uses() -> Iterator[tuple[str, set[str]]]:
    """Yield the reason and the names of the values of every call of `ending` in the package."""
    for path in (ROOT / "nkcrawl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name("ending"), [ast.Constant(str(reason))], keywords):
                    yield reason, {keyword.arg or "**" for keyword in keywords}


def test_every_ending_is_used_with_the_values_that_its_sentence_needs() -> None:
    used = list(uses())
    assert {reason for reason, _ in used} == set(ENDINGS)
    for reason, names in used:
        sentence = ENDINGS[reason].summary
        assert (reason, names) == (
            reason,
            {name for _, name, _, _ in Formatter().parse(sentence) if name},
        )


def test_every_sentence_is_one_line_and_ends_in_punctuation() -> None:
    for reason, entry in ENDINGS.items():
        assert re.fullmatch(r"[A-Zr{].*[.?}]", entry.summary), reason


def test_a_value_may_hold_braces() -> None:
    assert ending("usage", error="a={b}").summary == "a={b}"


def test_every_verdict_is_used() -> None:
    assert {entry.verdict for entry in ENDINGS.values()} == set(EXIT_CODES)


URL = article_url("x")
GOOD = {
    "nkcrawl/articles": 3,
    "nkcrawl/articles/new": 2,
    "nkcrawl/articles/unchanged": 1,
    "nkcrawl/listings": 1,
}

FIRST = {
    "failed": "u (HTTP 503)",
    "skipped/article": "v (forbidden)",
    "skipped/author": "v (forbidden)",
    "gone": "w (HTTP 404)",
    "rejected": "x (soft 404)",
}

FORBIDDEN = {"nkcrawl/skipped": 2, "nkcrawl/forbidden/article": 2}


@pytest.mark.parametrize(
    ("ending", "verdict", "text"),
    [
        (
            determine_ending(GOOD, "finished", due=5),
            "ok",
            "3 articles (2 new, 0 changed, 1 unchanged), 1 listing pages; 5 pages are still due.",
        ),
        (
            determine_ending({}, "finished"),
            "ok",
            "0 articles (0 new, 0 changed, 0 unchanged), 0 listing pages; 0 pages are still due.",
        ),
        (
            determine_ending(
                GOOD
                | {
                    "nkcrawl/failed": 2,
                    "nkcrawl/rejected": 1,
                    "nkcrawl/skipped": 4,
                    "nkcrawl/gone": 6,
                },
                "finished",
                FIRST,
            ),
            "ok",
            "1 listing pages, 1 rejected, 2 failed, 6 gone, 4 skipped; 0 pages",
        ),
        (determine_ending({"nkcrawl/feed_missing": 1}, "finished", FIRST), "ok", "0 articles"),
        (
            determine_ending({"nkcrawl/failed": 2}, "finished", FIRST),
            "failed",
            "No page could be read, first u (HTTP 503). Is the",
        ),
        (
            determine_ending(GOOD | {"nkcrawl/failed": 5}, "finished", FIRST),
            "failed",
            "5 of 9 pages could not be read, first u (HTTP 503); they are due again later.",
        ),
        (
            determine_ending(
                {"nkcrawl/not_modified/feed": 1, "nkcrawl/failed": 1}, "finished", FIRST
            ),
            "ok",
            "1 failed",
        ),
        (
            determine_ending(
                {"nkcrawl/failed": 2, "nkcrawl/failed/http_403": 2}, "finished", FIRST
            ),
            "refused",
            "The site refused every page, first u (HTTP 503). See in a browser",
        ),
        (
            determine_ending(
                {"nkcrawl/failed": 2, "nkcrawl/failed/http_403": 1}, "finished", FIRST
            ),
            "failed",
            "No page could be read",
        ),
        (
            determine_ending(FORBIDDEN, "finished", FIRST),
            "refused",
            "robots.txt forbids every article page that was to be requested, first v (forbidden).",
        ),
        # Only two pages are forbidden.
        (
            determine_ending(FORBIDDEN | {"nkcrawl/feeds": 1}, "finished", FIRST),
            "ok",
            "2 skipped",
        ),
        (
            determine_ending(
                FORBIDDEN | {"nkcrawl/feeds": 1, "nkcrawl/forbidden/article": 3}, "finished", FIRST
            ),
            "refused",
            "every",
        ),
        (
            determine_ending(GOOD | {"nkcrawl/forbidden/article": 30}, "finished", FIRST),
            "ok",
            "3 articles",
        ),
        (
            determine_ending(
                {"nkcrawl/forbidden/author": 3, "nkcrawl/articles": 9}, "finished", FIRST
            ),
            "refused",
            "every author page",
        ),
        (determine_ending({"nkcrawl/forbidden/feed": 1}, "finished", FIRST), "ok", "0 articles"),
        (determine_ending({"nkcrawl/gone": 2}, "finished", FIRST), "ok", "2 gone"),
        (determine_ending(GOOD | {"nkcrawl/gone": 50}, "finished", FIRST), "ok", "50 gone"),
        (
            determine_ending(
                {"nkcrawl/gone": 1}, "finished", {"gone": "w (HTTP 404)"}, requested_url=URL
            ),
            "failed",
            "Nothing was read: w (HTTP 404).",
        ),
        (
            determine_ending(
                {"nkcrawl/rejected": 1}, "finished", {"rejected": "x (soft 404)"}, requested_url=URL
            ),
            "failed",
            "Nothing was read: x (soft 404).",
        ),
        (
            determine_ending({"nkcrawl/articles": 1}, "finished", requested_url=URL),
            "ok",
            "1 articles",
        ),
        (
            determine_ending(
                GOOD, "finished", errors=["u cannot be read (KeyError('x'))", "another"]
            ),
            "failed",
            "An error in nkcrawl: u cannot be read (KeyError('x')) and 1 more.",
        ),
        (determine_ending(GOOD, "shutdown"), "interrupted", "stopped by a signal"),
        (determine_ending(GOOD, None), "interrupted", "stopped by a signal"),
        (determine_ending(GOOD, None, errors=["x"]), "failed", "ended early (no reason given)"),
        (determine_ending(GOOD, "shutdown", errors=["x"]), "failed", "An error in nkcrawl: x."),
        (
            determine_ending(GOOD, "memusage_exceeded"),
            "failed",
            "more memory than MEMUSAGE_LIMIT_MB allows",
        ),
        (
            determine_ending(GOOD, "closespider_timeout"),
            "failed",
            "its time was up, because the site was slow or required long pauses",
        ),
        (determine_ending(GOOD, "start_error"), "failed", "ended early (start_error)"),
    ],
)
def test_the_ending_follows_from_counts_errors_and_finish_reason(
    ending: Ending, verdict: str, text: str
) -> None:
    assert ending.verdict == verdict
    assert text in ending.summary
    assert "\n" not in ending.summary
    assert ending.exit_code == EXIT_CODES[ending.verdict]
