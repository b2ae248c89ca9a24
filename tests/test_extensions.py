"""The verdict on a run, from its counts, and the watch on what becomes of its pages."""

import logging
import random
import sys

import pytest

from nkcrawl.extensions import Judgement, briefly
from nkcrawl.extensions.progress import counts_line, progress_line
from nkcrawl.extensions.record import ErrorLog, fill_rates
from nkcrawl.extensions.verdict import EXIT_CODES, Ending, judge
from nkcrawl.extensions.watch import Watch, month_of
from nkcrawl.items import Article, Failure, Feed, Item, Link, Listing, Page, Rejection, Skip, Unchanged

SITE = "https://www.nknews.org"
URL = f"{SITE}/2025/06/x/"
PAGE = Page(URL, "article")
GOOD = {"nkcrawl/articles": 3, "nkcrawl/articles/new": 2, "nkcrawl/articles/unchanged": 1, "nkcrawl/listings": 1}
FIRST = {"failed": "u (HTTP 503)", "skipped": "v (forbidden)"}
UNLINKED = {**FIRST, "unlinked": "https://a/"}


# --- The verdict ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "verdict", "words"),
    [
        (
            Ending(GOOD, "finished", due=5),
            "ok",
            "3 articles (2 new, 0 changed, 1 unchanged), 1 listing pages; 5 pages are still due.",
        ),
        (
            Ending({}, "finished"),
            "ok",
            "0 articles (0 new, 0 changed, 0 unchanged), 0 listing pages; 0 pages are still due.",
        ),
        (
            Ending({**GOOD, "nkcrawl/failed": 2, "nkcrawl/rejected": 1, "nkcrawl/skipped": 4}, "finished", FIRST),
            "ok",
            "1 listing pages, 1 rejected, 2 failed, 4 skipped; 0 pages",
        ),
        (Ending({"nkcrawl/no feed": 1}, "finished", FIRST), "ok", "0 articles"),
        (
            Ending({"nkcrawl/failed": 2}, "finished", FIRST),
            "failed",
            "No page could be read, first u (HTTP 503). Is the",
        ),
        (
            Ending({**GOOD, "nkcrawl/failed": 5}, "finished", FIRST),
            "failed",
            "5 of 9 pages could not be read, first u (HTTP 503); they are due again later.",
        ),
        (
            Ending({"nkcrawl/failed": 2, "nkcrawl/failed/HTTP 403": 2}, "finished", FIRST),
            "refused",
            "The site refused every page, first u (HTTP 503), so the crawl stopped.",
        ),
        (
            Ending({"nkcrawl/failed": 2, "nkcrawl/failed/HTTP 403": 1}, "finished", FIRST),
            "failed",
            "No page could be read",
        ),
        (
            Ending({"nkcrawl/skipped": 2, "nkcrawl/skipped/robots.txt forbids": 2}, "finished", FIRST),
            "refused",
            "robots.txt forbids every page that was to be asked, first v (forbidden), so none was.",
        ),
        (
            Ending(
                {"nkcrawl/failed": 3, "nkcrawl/failed/HTTP 404": 2, "nkcrawl/failed/HTTP 410": 1}, "finished", FIRST
            ),
            "changed",
            "No page is where it was, first u (HTTP 503): the site no longer looks as nkcrawl knows it",
        ),
        (Ending({"nkcrawl/failed": 2, "nkcrawl/failed/HTTP 404": 2}, "finished", FIRST), "ok", "2 failed"),
        (
            Ending(
                {"nkcrawl/not modified/feed": 1, "nkcrawl/failed": 1, "nkcrawl/failed/timeout": 1}, "finished", FIRST
            ),
            "ok",
            "1 failed",
        ),
        (
            Ending({**GOOD, "nkcrawl/failed": 1}, "finished", UNLINKED),
            "changed",
            "No listing page shows a link to an article, first https://a/",
        ),
        (Ending({**GOOD, "nkcrawl/links/article": 10, "nkcrawl/failed": 1}, "finished", UNLINKED), "ok", "3 articles"),
        (
            Ending(GOOD, "finished", errors=["u cannot be read (KeyError('x'))", "another"]),
            "failed",
            "An error in nkcrawl and 1 more: u cannot be read (KeyError('x')).",
        ),
        (Ending(GOOD, "shutdown"), "interrupted", "stopped by a signal"),
        (Ending(GOOD, "memusage_exceeded"), "failed", "more memory than MEMUSAGE_LIMIT_MB allows"),
        (Ending(GOOD, "closespider_timeout"), "failed", "its time was up, for the site answers too slowly"),
        (Ending(GOOD, "start_error"), "failed", "ended early (start_error)"),
        (Ending(GOOD, None), "interrupted", "stopped by a signal"),
        (Ending(GOOD, None, errors=["x"]), "failed", "ended early (no reason given)"),
        (Ending(GOOD, "shutdown", errors=["x"]), "failed", "An error in nkcrawl: x."),
    ],
)
def test_a_run_is_judged_by_its_outcome(ending: Ending, verdict: str, words: str) -> None:
    judgement = judge(ending)
    assert judgement.verdict == verdict
    assert words in judgement.summary
    assert "\n" not in judgement.summary
    assert judgement.exit_code == EXIT_CODES[judgement.verdict]


# --- The watch ------------------------------------------------------------------------------------------------------------


def article(number: int, month: str = "2025/06", **changes: object) -> Article:
    url = f"{SITE}/{month}/{number}/"
    fields = {"title": "T", "published_on": "2025-06-01", "paragraphs": ["Text."]} | changes
    return Article(Page(url, "article", url, 200), url, **fields)  # type: ignore[arg-type]


def rejected(number: int, reason: str = "no headline", month: str = "2025/06") -> Rejection:
    return Rejection(Page(f"{SITE}/{month}/{number}/", "article"), reason, f"page {number}")


def failed(number: int, reason: str, kind: str = "article") -> Failure:
    return Failure(Page(f"{SITE}/2025/06/{number}/", kind), reason, f"page {number} ({reason})")  # type: ignore[arg-type]


def listing(*urls: str) -> Listing:
    return Listing(Page(f"{SITE}/content_author/a/", "author"), "a", articles=[Link(url, "article") for url in urls])


def watched(watch: Watch, *items: Item) -> Judgement | None:
    """Return the first judgement that ends the run, and check that nothing after it was needed."""
    for place, item in enumerate(items):
        if judgement := watch.see(item):
            assert place == len(items) - 1, f"it ended already at {item}"
            return judgement
    return None


@pytest.mark.parametrize(
    ("items", "verdict", "reason", "words"),
    [
        (
            [failed(1, "HTTP 403"), failed(2, "HTTP 401"), rejected(3, "challenge page")],
            "refused",
            "refused",
            "The site refused 3 pages in a row, first page 1 (HTTP 403), so the crawl stopped.",
        ),
        (
            [failed(n, reason) for n, reason in enumerate(["timeout", "HTTP 503", "cut off", "HTTP 500", "no answer"])],
            "failed",
            "no_answer",
            "The site stopped answering: 5 requests in a row failed, first page 0 (timeout).",
        ),
        (
            [failed(n, "no article links", "author") for n in range(3)],
            "changed",
            "listings_changed",
            f"No listing page shows a link to an article, first {SITE}/2025/06/0/",
        ),
    ],
)
def test_so_many_in_a_row_end_the_run(items: list[Item], verdict: str, reason: str, words: str) -> None:
    judgement = watched(Watch(), *items)
    assert judgement is not None
    assert (judgement.verdict, judgement.reason) == (verdict, reason)
    assert words in judgement.summary


@pytest.mark.parametrize(
    "items",
    [
        [failed(1, "HTTP 403"), failed(2, "HTTP 403"), listing(URL), failed(3, "HTTP 403"), failed(4, "HTTP 403")],
        [failed(1, "HTTP 403"), failed(2, "timeout"), failed(3, "HTTP 403"), failed(4, "timeout")],
        [listing(URL), *(failed(n, "no article links", "author") for n in range(5))],
        [failed(n, "robots.txt forbids") for n in range(20)],
        [failed(n, "HTTP 404", "feed") for n in range(20)],
        [Skip(PAGE, "budget")] * 20,
        [Unchanged(PAGE)] * 20,
    ],
)
def test_what_does_not_end_a_run(items: list[Item]) -> None:
    assert watched(Watch(), *items) is None


def test_what_was_not_asked_does_not_part_a_row() -> None:
    forbidden = failed(9, "robots.txt forbids")
    assert watched(Watch(), failed(1, "HTTP 403"), forbidden, failed(2, "HTTP 403"), forbidden, failed(3, "HTTP 403"))


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (lambda n: rejected(n), "5 of 5 recent articles are read as no articles"),
        (lambda n: failed(n, "HTTP 404"), "5 of 5 recent articles are gone"),
        (lambda n: article(n, published_on=None), "5 of 5 recent articles have no date"),
        (lambda n: article(n, paragraphs=[]), "5 of 5 recent articles have no text"),
    ],
)
def test_recent_articles_that_are_not_what_they_were_end_the_run(odd: object, words: str) -> None:
    watch = Watch()
    judgement = watched(watch, *(odd(n) for n in range(5)))  # type: ignore[operator]
    assert judgement is not None
    assert (judgement.verdict, judgement.reason) == ("changed", "articles_changed")
    assert words in judgement.summary
    assert f"scrapy show {SITE}/2025/06/0/" in judgement.summary


USUAL = {"nkcrawl/recent/undated of": 50, "nkcrawl/recent/undated": 2}


def undated(number: int, undated: bool = True) -> Article:
    return article(number, published_on=None if undated else "2025-06-01")


def test_three_recent_articles_are_enough_at_the_end() -> None:
    watch = Watch(usual=USUAL)
    assert watched(watch, *map(undated, range(2))) is None
    assert watch.changed() is None
    assert watched(watch, undated(3)) is None
    assert watch.changed() is not None


@pytest.mark.parametrize(
    ("usual", "dates", "changed"),
    [
        (USUAL, "..-", False),  # two of three without a date: a night like that comes
        (USUAL, "...-", False),
        (USUAL, "....", True),
        (USUAL, "......-----", True),
        (USUAL, ".....-----", False),  # half is not most
        (USUAL | {"nkcrawl/recent/undated": 20}, "........", False),  # it was so often enough before
        (USUAL | {"nkcrawl/recent/undated": 20}, "..........", True),
        ({}, "...", False),  # the first run knows nothing yet
        ({}, ".....", True),
    ],
)
def test_far_more_than_usual_is_what_chance_would_hardly_do(usual: dict[str, int], dates: str, changed: bool) -> None:
    watch = Watch(usual=usual)
    for number, mark in enumerate(dates):
        watch._note_recent(undated(number, mark == "."), frozenset())
    assert (watch.changed() is not None) == changed


def test_no_false_alarm_in_a_hundred_years_of_usual_nights() -> None:
    chance = random.Random(1)
    alarms = 0
    for _ in range(36_500):
        watch = Watch(usual=USUAL)
        for number in range(chance.randint(3, 20)):
            watch._note_recent(undated(number, chance.random() < 0.04), frozenset())
        alarms += watch.changed() is not None
    assert alarms <= 3


def test_a_fault_that_the_page_had_before_is_no_news() -> None:
    watch = Watch(usual=USUAL)
    for number in range(20):
        assert watch.see(undated(number), frozenset({"undated"})) is None
    assert watched(watch, *(undated(number) for number in range(20, 25))) is not None
    watch = Watch(usual=USUAL)
    assert not any(watch.see(rejected(number), frozenset({"rejected"})) for number in range(20))


def test_a_note_alone_is_text_and_older_articles_prove_nothing() -> None:
    watch = Watch(newest=month_of(URL))
    assert watched(watch, *(article(n, paragraphs=[], note="Views expressed …") for n in range(9))) is None
    assert watched(watch, *(article(n, "2025/04", published_on=None) for n in range(50))) is None
    assert watched(watch, *(rejected(n, month="2019/01") for n in range(50))) is None


def test_an_article_from_the_future_hides_no_change() -> None:
    watch = Watch(newest=month_of(URL), this_month=month_of(URL))
    assert watched(watch, article(1, "2099/01"), *(article(n, published_on=None) for n in range(5)))


def test_the_first_recent_articles_are_on_trial() -> None:
    watch = Watch(newest=month_of(URL), this_month=month_of(URL))
    trials = []
    for item in [
        listing(URL),
        article(1),
        article(2, "2019/01"),
        failed(3, "timeout"),
        failed(4, "HTTP 404"),
        rejected(5),
        Unchanged(PAGE),
        article(6, "2025/05"),
        article(7, "2099/01"),
        article(8),
        article(9),
    ]:
        trials.append(watch.is_on_trial(item))
        watch.see(item)
    assert trials == [False, True, False, False, True, True, False, True, False, True, False]


# --- The record -----------------------------------------------------------------------------------------------------------


def test_fill_rates_are_of_the_articles_that_were_read_whole() -> None:
    stats = {
        "nkcrawl/articles": 6,
        "nkcrawl/not modified/article": 2,
        "nkcrawl/filled/title": 4,
        "nkcrawl/filled/note": 1,
    }
    assert fill_rates(stats) == {"nkcrawl/fill/title": 1.0, "nkcrawl/fill/note": 0.25}
    assert fill_rates({"nkcrawl/listings": 3}) == {}


def test_errors_are_kept_whole_and_named_in_a_line() -> None:
    errors = ErrorLog()
    log = logging.getLogger("test of errors")
    log.addHandler(errors)
    log.warning("not this")
    try:
        month_of(None)  # type: ignore[arg-type]
    except TypeError:
        log.exception("%s cannot be read\nsecond line", URL)
    for _ in range(9):
        log.error("again")
    assert errors.briefly[0].startswith(f"{URL} cannot be read (TypeError(")
    assert errors.briefly[0].endswith(f"in month_of, watch.py:{month_of.__code__.co_firstlineno + 2})")
    assert errors.briefly[1:] == ["again"] * 4
    assert "Traceback" in errors.whole[0]


def test_an_error_that_passed_none_of_our_code_is_named_alone() -> None:
    try:
        int("x")
    except ValueError:
        assert briefly(sys.exception() or Exception()).startswith("ValueError(")


# --- The terminal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (Article(PAGE, URL, title="Ferry", access="teaser", published_on="2025-06-12"), ("teaser", "2025-06-12 Ferry")),
        (Article(PAGE, URL, title="Ferry"), ("unknown", "           Ferry")),
        (Listing(PAGE, "mira", "Mira"), ("author", "Mira, 0 articles listed")),
        (Feed(PAGE, [Link(URL, "article")]), ("feed", "1 articles listed")),
        (Unchanged(PAGE), ("unchanged", URL)),
        (Rejection(PAGE, "soft 404", "d"), ("rejected", f"{URL}: soft 404")),
        (Failure(PAGE, "HTTP 503", "u (HTTP 503)"), ("failed", "u (HTTP 503)")),
        (Skip(PAGE, "budget"), ("skipped", f"{URL}: budget")),
    ],
)
def test_progress_is_a_line_a_page(item: Item, line: tuple[str, str]) -> None:
    assert progress_line(item) == line


def test_progress_counts() -> None:
    assert counts_line({**GOOD, "nkcrawl/failed": 1}, due=7, seconds=30) == "5 done · 7 due · 2 new · 10 pages a minute"
    assert counts_line({}, due=7, seconds=0.1) == "0 done · 7 due · 0 new"
