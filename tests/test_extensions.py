"""The verdict on a run, from its counts, and the watch on what becomes of its pages."""

import logging
import random
import re
import sys
from collections.abc import Callable

import pytest

from nkcrawl.archive import KnownPage
from nkcrawl.extensions import EXIT_CODES, Ending, HealthMonitor, summary
from nkcrawl.extensions.endings import determine_ending
from nkcrawl.extensions.errors import ErrorLog
from nkcrawl.extensions.health import month_of
from nkcrawl.extensions.progress import counts_line, progress_line
from nkcrawl.extensions.run import fill_rates
from nkcrawl.items import ARTICLE_FIELDS, PageKind, Visit
from tests import factories
from tests.factories import SITE, article_url, failure, feed, rejection, skipped, unchanged

URL = article_url("x")
AUTHOR_PAGE = f"{SITE}/content_author/ann/"
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


# --- The verdict ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "verdict", "words"),
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
        (
            determine_ending(FORBIDDEN | {"nkcrawl/feeds": 1}, "finished", FIRST),
            "ok",
            "2 skipped",
        ),  # two odd pages
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
def test_a_run_ends_by_its_outcome(ending: Ending, verdict: str, words: str) -> None:
    assert ending.verdict == verdict
    assert words in ending.summary
    assert "\n" not in ending.summary
    assert ending.exit_code == EXIT_CODES[ending.verdict]


# --- Health ------------------------------------------------------------------------------------

UNKNOWN, STORED = KnownPage(), KnownPage(is_stored=True)


def monitor(baseline: dict[str, int] | None = None) -> HealthMonitor:
    """Return the watch of an archive whose newest article is of June 2025, in that month."""
    return HealthMonitor(month_of(URL), month_of(URL), baseline or {})


def article(number: int, month: str = "2025/06", **changes: object) -> Visit:
    return factories.read(f"{SITE}/{month}/story-{number}/", **changes)


def undated(number: int, undated: bool = True) -> Visit:
    return article(number, published_on=None if undated else "2025-06-01")


def rejected(number: int, reason: str = "no headline", month: str = "2025/06") -> Visit:
    return rejection(f"{SITE}/{month}/story-{number}/", reason, f"page {number}")


def failed(number: int, reason: str, kind: PageKind = "article") -> Visit:
    url = article_url(f"story-{number}")
    return failure(url, reason, f"page {number} ({reason})", kind=kind)


def listing(*urls: str) -> Visit:
    return factories.listing(AUTHOR_PAGE, *urls)


def offered(health: HealthMonitor, *items: Visit, known: KnownPage = UNKNOWN) -> list[Visit]:
    """Offer items one after another, and return what was released; only the last one may end the
    run.
    """
    released: list[Visit] = []
    for item in items:
        assert health.stopped is None, f"it ended already before {item}"
        released += health.check(item, known)
    return released


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
            [
                failed(n, reason)
                for n, reason in enumerate(
                    ["timeout", "HTTP 503", "cut off", "HTTP 500", "no answer"]
                )
            ],
            "failed",
            "no_answer",
            "The site stopped answering: 5 requests in a row failed, first page 0 (timeout).",
        ),
        (
            [failed(n, "no article links", "author") for n in range(3)],
            "changed",
            "listings_changed",
            f"No author page shows a link to an article, first {SITE}/2025/06/story-0/",
        ),
        (
            [failed(n, "unreadable") for n in range(5)],
            "failed",
            "internal_error",
            "An error in nkcrawl: 5 pages in a row cannot be read, first page 0 (unreadable).",
        ),
    ],
)
def test_so_many_in_a_row_end_the_run_and_stay_due(
    items: list[Visit], verdict: str, reason: str, words: str
) -> None:
    health = monitor()
    offered(health, listing(), article(1), article(2))
    assert offered(health, *items) == []
    assert health.stopped is not None
    assert (health.stopped.verdict, health.stopped.reason) == (verdict, reason)
    assert words in health.stopped.summary
    assert health.flush() == [article(1), article(2)]  # of the items in the row, none


@pytest.mark.parametrize(
    "items",
    [
        [
            *[unchanged()] * 4,
            failed(1, "HTTP 403"),
            failed(2, "HTTP 403"),
            listing(URL),
            failed(3, "HTTP 403"),
            failed(4, "HTTP 403"),
        ],
        [
            *[unchanged()] * 4,
            failed(1, "HTTP 403"),
            failed(2, "timeout"),
            failed(3, "HTTP 403"),
            failed(4, "timeout"),
        ],
        [listing(URL), *(failed(n, "no article links", "author") for n in range(5))],
        [
            unchanged(AUTHOR_PAGE, "author"),
            *(failed(n, "no article links", "author") for n in range(5)),
        ],
        [listing(URL), *(failed(n, "no article links", "feed") for n in range(5))],
        [failed(n, "robots.txt forbids") for n in range(20)],
        [failed(n, "HTTP 404", "feed") for n in range(20)],
        [skipped()] * 20,
        [unchanged()] * 20,
    ],
)
def test_what_does_not_end_a_run_is_stored(items: list[Visit]) -> None:
    health = monitor()
    released = offered(health, *items) + health.flush()
    assert health.ending() is None
    if any(
        item.outcome == "unchanged" or item.listing for item in items
    ):  # else nothing was read, and it may be an outage
        assert sorted(map(repr, released)) == sorted(map(repr, items))


def test_what_was_not_asked_does_not_part_a_row() -> None:
    health, forbidden = monitor(), failed(9, "robots.txt forbids")
    row = [
        failed(1, "HTTP 403"),
        forbidden,
        failed(2, "HTTP 403"),
        forbidden,
        failed(3, "HTTP 403"),
    ]
    assert offered(health, *row) == [forbidden, forbidden]
    assert health.stopped is not None


@pytest.mark.parametrize(
    ("reason", "stays"), [("timeout", True), ("HTTP 403", True), ("HTTP 404", False)]
)
def test_where_nothing_was_read_an_outage_is_not_the_pages_fault(reason: str, stays: bool) -> None:
    health, failure = monitor(), failed(1, reason)
    assert offered(health, failure) == []
    assert health.flush() == ([] if stays else [failure])
    health = monitor()
    assert offered(health, listing(URL), failure) == [listing(URL)]
    assert health.flush() == [failure]


GONE_STORIES = [failed(n, reason) for n, reason in enumerate(["HTTP 404", "HTTP 410", "HTTP 404"])]
GONE_AUTHORS = [failed(n, "HTTP 404", "author") for n in range(3, 6)]


@pytest.mark.parametrize("before", [[], [feed()], [listing(URL)]])
def test_where_no_page_of_a_kind_is_found_none_is_taken_to_be_gone(before: list[Visit]) -> None:
    health = monitor()
    assert offered(health, *before, *GONE_STORIES) == before
    assert health.flush() == []
    ending = health.ending()
    assert ending is not None
    assert ending.verdict == "changed"
    assert ending.summary.startswith(
        "No page is at its former URL, first page 0 (HTTP 404): the site's URLs seem to have changed"
    )


def test_so_many_pages_gone_in_a_row_end_the_run() -> None:
    health = monitor()
    assert offered(health, *GONE_STORIES, *GONE_AUTHORS[:2]) == []
    assert health.stopped is not None
    assert (
        "5 pages in a row are gone, first page 0 (HTTP 404): the site's URLs seem to have changed"
        in health.stopped.summary
    )
    assert health.flush() == []


@pytest.mark.parametrize("read", [[article(7)], [unchanged(article(7).url)]])
def test_where_articles_are_found_those_that_are_gone_are_deleted(read: list[Visit]) -> None:
    health = monitor()
    many = [failed(n, "HTTP 404") for n in range(20)]
    released = offered(health, *read, *many) + health.flush()
    assert sorted(map(repr, released)) == sorted(map(repr, [*read, *many]))
    assert health.ending() is None


def test_pages_named_is_explicit_are_gone_and_nothing_else() -> None:
    health = monitor()
    health.is_explicit = True
    released = offered(health, *GONE_AUTHORS, *GONE_STORIES) + health.flush()
    assert released == [*GONE_AUTHORS, *GONE_STORIES]
    assert health.ending() is None


def test_author_pages_that_fail_for_any_reason_of_their_own_show_no_link() -> None:
    health = monitor()
    odd = [
        failed(n, reason, "author")
        for n, reason in enumerate(["not an author page", "left the site", "not HTML"])
    ]
    assert offered(health, feed(), *odd)[1:] == odd
    ending = health.ending()
    assert ending is not None
    assert ending.verdict == "changed"
    assert "No author page shows a link to an article, first" in ending.summary


@pytest.mark.parametrize(
    ("count", "known", "more", "changed"),
    [
        (3, UNKNOWN, [], True),
        (2, UNKNOWN, [], False),
        (3, KnownPage(faults=frozenset({"rejected"})), [], False),
        (30, UNKNOWN, [article(99, "2014/01")], False),
        (30, UNKNOWN, [unchanged(article(99, "2014/01").url)], False),
    ],
)
def test_where_no_page_is_an_article_it_is_a_redesign(
    count: int, known: KnownPage, more: list[Visit], changed: bool
) -> None:
    health = monitor()
    old = [rejected(n, month="2013/01") for n in range(count)]
    offered(health, *old, known=known)
    offered(health, *more)
    ending = health.ending()
    assert (ending is not None) == changed
    if ending is not None:
        assert "3 of 3 articles are not recognized as articles" in ending.summary
        assert health.suspects == [page.url for page in old]


@pytest.mark.parametrize(("known", "changed"), [(STORED, True), (UNKNOWN, False)])
def test_one_author_page_without_links_is_enough_if_its_author_has_written(
    known: KnownPage, changed: bool
) -> None:
    health = monitor()
    health.check(failed(1, "no article links", "author"), known)
    assert (health.ending() is not None) == changed
    health.check(listing(URL), STORED)
    assert health.ending() is None


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (rejected, "5 of 5 recent articles are not recognized as articles"),
        (undated, "5 of 5 recent articles have no date"),
        (lambda n: article(n, paragraphs=[]), "5 of 5 recent articles have no text"),
    ],
)
def test_of_a_redesign_nothing_is_stored_over_what_is_stored(
    odd: Callable[[int], Visit], words: str
) -> None:
    health = monitor()
    assert offered(health, *(odd(n) for n in range(4)), known=STORED) == []
    assert health.check(odd(4), UNKNOWN) == [odd(4)]  # new: it touches nothing
    assert health.stopped is not None
    assert (health.stopped.verdict, health.stopped.reason) == ("changed", "articles_changed")
    assert words in health.stopped.summary
    assert f"scrapy show {SITE}/2025/06/story-0/" in health.stopped.summary
    assert health.suspects == [f"{SITE}/2025/06/story-{n}/" for n in range(5)]
    assert health.flush() == []


def test_the_first_recent_articles_are_held_back_until_there_are_five() -> None:
    health = monitor()
    older, future = article(3, "2019/01"), article(4, "2099/01")
    first = [article(1), older, rejected(2), future, article(5, "2025/05")]
    assert offered(health, *first, known=STORED) == [older, future]
    assert health.flush() == [article(1), rejected(2), article(5, "2025/05")]
    assert offered(health, article(6), known=STORED) == []
    assert offered(health, article(7), known=STORED) == [article(6), article(7)]
    assert offered(health, article(8), known=STORED) == [article(8)]


BASELINE = {"nkcrawl/recent/undated_checked": 50, "nkcrawl/recent/undated": 2}


def test_three_recent_articles_are_enough_at_the_end() -> None:
    health = monitor(BASELINE)
    offered(health, undated(0), undated(1))
    assert health.ending() is None
    offered(health, undated(2))
    assert health.stopped is None
    assert health.ending() is not None


@pytest.mark.parametrize(
    ("usual", "dates", "changed"),
    [
        (BASELINE, "..-", False),  # two of three without a date: a night like that comes
        (BASELINE, "...-", False),
        (BASELINE, "....", True),
        (BASELINE, "......-----", True),
        (BASELINE, "-.-.-.-.-.", False),  # half is not most
        (
            BASELINE | {"nkcrawl/recent/undated": 20},
            "........",
            False,
        ),  # it was so often enough before
        (BASELINE | {"nkcrawl/recent/undated": 20}, "..........", True),
        ({}, "...", False),  # the first run knows nothing yet
        ({}, ".....", True),
    ],
)
def test_far_more_than_usual_is_what_chance_would_hardly_do(
    usual: dict[str, int], dates: str, changed: bool
) -> None:
    health = monitor(usual)
    for number, mark in enumerate(dates):
        health.check(undated(number, mark == "."), UNKNOWN)
    assert (health.ending() is not None) == changed


def test_no_false_alarm_in_a_hundred_years_of_usual_nights() -> None:
    chance = random.Random(1)
    alarms = 0
    for _ in range(36_500):
        health = monitor(BASELINE)
        for number in range(chance.randint(3, 20)):
            health.check(undated(number, chance.random() < 0.04), UNKNOWN)
        alarms += health.ending() is not None
    assert alarms <= 3


def test_a_fault_that_the_page_had_before_is_no_news() -> None:
    health = monitor(BASELINE)
    offered(health, *map(undated, range(20)), known=KnownPage(True, frozenset({"undated"})))
    offered(health, *map(rejected, range(20)), known=KnownPage(False, frozenset({"rejected"})))
    assert health.ending() is None
    offered(health, *map(undated, range(20, 25)), known=STORED)
    assert health.stopped is not None


def test_a_note_alone_is_text_and_older_articles_prove_nothing() -> None:
    health = monitor()
    offered(health, *(article(n, paragraphs=[], note="Views expressed …") for n in range(9)))
    offered(health, *(article(n, "2025/04", published_on=None) for n in range(50)))
    offered(health, *(rejected(n, month="2019/01") for n in range(50)))
    assert health.ending() is None


def test_an_article_from_the_future_hides_no_change() -> None:
    health = monitor()
    offered(health, article(1, "2099/01"), *map(undated, range(5)), known=STORED)
    assert health.stopped is not None


# --- The record -----------------------------------------------------------------------------------


def test_fill_rates_are_of_the_articles_that_were_read_whole() -> None:
    stats = {
        "nkcrawl/articles": 6,
        "nkcrawl/not_modified/article": 2,
        "nkcrawl/filled/title": 4,
        "nkcrawl/filled/note": 1,
    }
    rates = {f"nkcrawl/fill/{name}": 0.0 for name in ARTICLE_FIELDS}
    assert fill_rates(stats) == rates | {"nkcrawl/fill/title": 1.0, "nkcrawl/fill/note": 0.25}
    assert fill_rates({"nkcrawl/listings": 3}) == {}


def test_errors_are_kept_whole_and_named_in_a_line() -> None:
    starved: list[None] = []
    errors = ErrorLog(lambda: starved.append(None))
    log = logging.getLogger("test of errors")
    log.addHandler(errors)
    log.warning("not this")
    try:
        month_of(5)  # type: ignore[arg-type]
    except Exception:
        log.exception("%s cannot be read\nsecond line", URL)
    for _ in range(9):
        log.error("again")
    assert errors.summaries[0].startswith(f"{URL} cannot be read (")
    assert re.search(r" in \w+, (health|site)\.py:\d+\)$", errors.summaries[0])
    assert errors.summaries[1:] == ["again"] * 9
    assert len(errors.tracebacks) == 5
    assert "Traceback" in errors.tracebacks[0]
    assert starved == []
    log.error("at its end", exc_info=MemoryError())
    assert starved == [None]


def test_an_error_that_passed_none_of_our_code_is_named_alone() -> None:
    try:
        int("x")
    except ValueError:
        assert summary(sys.exception() or Exception()).startswith("ValueError(")


# --- The terminal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (
            factories.read(URL, title="Ferry", access="teaser", published_on="2025-06-12"),
            ("teaser", "2025-06-12 Ferry"),
        ),
        (factories.read(URL, title="Ferry", published_on=None), ("unknown", "           Ferry")),
        (factories.listing(AUTHOR_PAGE), ("author", "Ann Lee, 0 articles listed")),
        (feed(URL), ("feed", "1 articles listed")),
        (unchanged(URL), ("unchanged", URL)),
        (rejection(URL), ("rejected", f"{URL}: soft 404")),
        (failure(URL, "HTTP 503", "u (HTTP 503)"), ("failed", "u (HTTP 503)")),
        (skipped(URL), ("skipped", f"{URL}: budget")),
    ],
)
def test_progress_is_a_line_a_page(item: Visit, line: tuple[str, str]) -> None:
    assert progress_line(item) == line


def test_progress_counts() -> None:
    assert (
        counts_line({**GOOD, "nkcrawl/failed": 1}, due=7, seconds=30)
        == "5 done · 7 due · 2 new · 10 pages per minute"
    )
    assert counts_line({}, due=7, seconds=0.1) == "0 done · 7 due · 0 new"
