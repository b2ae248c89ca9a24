"""The verdict on a run, from its counts."""

import pytest

from nkcrawl.extensions import judge, progress_line
from nkcrawl.items import Article, Failure, Item, Listing, Page, Rejection

PAGE = Page("https://www.nknews.org/2025/06/x/", "article")
GOOD = {"nkcrawl/articles": 3, "nkcrawl/articles/new": 2, "nkcrawl/articles/unchanged": 1, "nkcrawl/listings": 1}


@pytest.mark.parametrize(
    ("stats", "reason", "failure", "verdict", "code", "words"),
    [
        (
            GOOD,
            "finished",
            None,
            "ok",
            0,
            "3 articles (2 new, 0 changed, 1 unchanged), 1 listing pages; 5 pages are still",
        ),
        (
            {},
            "finished",
            None,
            "ok",
            0,
            "0 articles (0 new, 0 changed, 0 unchanged), 0 listing pages; 5 pages are still",
        ),
        ({**GOOD, "nkcrawl/failed": 2}, "finished", "x", "ok", 0, "1 listing pages, 2 failed; 5 pages"),
        (
            {"nkcrawl/failed": 2},
            "finished",
            "u: refused.",
            "failed",
            1,
            "the first failure was u: refused. Is the site",
        ),
        ({**GOOD, "nkcrawl/crashed": 1}, "finished", None, "failed", 1, "because of an error in nkcrawl"),
        (GOOD, "shutdown", None, "interrupted", 130, "stopped by a signal"),
        (GOOD, "memusage_exceeded", None, "failed", 1, "ended early (memusage_exceeded)"),
        (GOOD, None, None, "failed", 1, "ended early (no reason given)"),
    ],
)
def test_a_run_is_judged_by_its_outcome(
    stats: dict[str, int], reason: str | None, failure: str | None, verdict: str, code: int, words: str
) -> None:
    judgement = judge(stats, reason, failure, due=5)
    assert (judgement.verdict, judgement.exit_code) == (verdict, code)
    assert words in judgement.summary


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (
            Article(PAGE, PAGE.url, title="Ferry", access="teaser", published_on="2025-06-12"),
            "teaser   2025-06-12 Ferry",
        ),
        (Article(PAGE, PAGE.url, title="Ferry"), "unknown             Ferry"),
        (Listing(PAGE, "mira", "Mira"), "author   Mira, 0 articles listed"),
        (Rejection(PAGE, "soft 404", "d"), "rejected https://www.nknews.org/2025/06/x/: soft 404"),
        (Failure(PAGE, "HTTP 503", "u answered 503"), "failed   u answered 503"),
    ],
)
def test_progress_is_a_line_a_page(item: Item, line: str) -> None:
    assert progress_line(item) == line
