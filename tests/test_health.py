"""What ends a run early or is held back: refusals, outages, redesigns, missing pages."""

import random
from collections.abc import Callable

import pytest

from nkcrawl.archive import KnownPage
from nkcrawl.extensions import HealthMonitor
from nkcrawl.extensions.health import month_of
from nkcrawl.items import PageKind, Visit
from tests import factories
from tests.factories import SITE, article_url, failure, feed, rejection, skipped, unchanged

URL = article_url("x")
AUTHOR_PAGE = f"{SITE}/content_author/ann/"
UNKNOWN, STORED = KnownPage(), KnownPage(is_stored=True)


def monitor(baseline: dict[str, int] | None = None) -> HealthMonitor:
    """Return the monitor of an archive whose newest article is of June 2025, in that month."""
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
    """Check items one after another; return what was released. Only the last may end the run."""
    released: list[Visit] = []
    for item in items:
        assert health.stopped is None, f"it ended already before {item}"
        released += health.check(item, known)
    return released


@pytest.mark.parametrize(
    ("items", "verdict", "reason", "text"),
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
def test_several_failures_in_a_row_end_the_run_and_stay_due(
    items: list[Visit], verdict: str, reason: str, text: str
) -> None:
    health = monitor()
    offered(health, listing(), article(1), article(2))
    assert offered(health, *items) == []
    assert health.stopped is not None
    assert (health.stopped.verdict, health.stopped.reason) == (verdict, reason)
    assert text in health.stopped.summary
    assert health.flush() == [article(1), article(2)]  # none of the items in the row


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
def test_outcomes_that_do_not_end_a_run_are_stored(items: list[Visit]) -> None:
    health = monitor()
    released = offered(health, *items) + health.flush()
    assert health.ending() is None
    # Otherwise nothing was read, and it may be an outage.
    if any(item.outcome == "unchanged" or item.listing for item in items):
        assert sorted(map(repr, released)) == sorted(map(repr, items))


def test_pages_that_were_not_requested_do_not_interrupt_a_streak() -> None:
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
def test_if_nothing_was_read_pages_are_not_charged_with_an_outage(reason: str, stays: bool) -> None:
    health, failure = monitor(), failed(1, reason)
    assert offered(health, failure) == []
    assert health.flush() == ([] if stays else [failure])
    health = monitor()
    assert offered(health, listing(URL), failure) == [listing(URL)]
    assert health.flush() == [failure]


GONE_STORIES = [failed(n, reason) for n, reason in enumerate(["HTTP 404", "HTTP 410", "HTTP 404"])]

GONE_AUTHORS = [failed(n, "HTTP 404", "author") for n in range(3, 6)]


@pytest.mark.parametrize("before", [[], [feed()], [listing(URL)]])
def test_if_every_page_of_a_kind_is_missing_none_is_marked_gone(before: list[Visit]) -> None:
    health = monitor()
    assert offered(health, *before, *GONE_STORIES) == before
    assert health.flush() == []
    ending = health.ending()
    assert ending is not None
    assert ending.verdict == "changed"
    assert ending.summary.startswith(
        "No page is at its former URL, first page 0 (HTTP 404): "
        "the site's URLs seem to have changed"
    )


def test_several_missing_pages_in_a_row_end_the_run() -> None:
    health = monitor()
    assert offered(health, *GONE_STORIES, *GONE_AUTHORS[:2]) == []
    assert health.stopped is not None
    assert (
        "5 pages in a row are gone, first page 0 (HTTP 404): the site's URLs seem to have changed"
        in health.stopped.summary
    )
    assert health.flush() == []


@pytest.mark.parametrize("read", [[article(7)], [unchanged(article(7).url)]])
def test_if_other_articles_are_read_missing_ones_are_marked_gone(read: list[Visit]) -> None:
    health = monitor()
    many = [failed(n, "HTTP 404") for n in range(20)]
    released = offered(health, *read, *many) + health.flush()
    assert sorted(map(repr, released)) == sorted(map(repr, [*read, *many]))
    assert health.ending() is None


def test_explicitly_requested_pages_that_are_missing_are_marked_gone() -> None:
    health = monitor()
    health.is_explicit = True
    released = offered(health, *GONE_AUTHORS, *GONE_STORIES) + health.flush()
    assert released == [*GONE_AUTHORS, *GONE_STORIES]
    assert health.ending() is None


def test_author_pages_that_fail_for_a_reason_of_their_own_count_as_without_links() -> None:
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
def test_if_no_page_is_an_article_the_layout_has_changed(
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
    ("odd", "text"),
    [
        (rejected, "5 of 5 recent articles are not recognized as articles"),
        (undated, "5 of 5 recent articles have no date"),
        (lambda n: article(n, paragraphs=[]), "5 of 5 recent articles have no text"),
    ],
)
def test_in_a_redesign_stored_articles_are_not_overwritten(
    odd: Callable[[int], Visit], text: str
) -> None:
    health = monitor()
    assert offered(health, *(odd(n) for n in range(4)), known=STORED) == []
    assert health.check(odd(4), UNKNOWN) == [odd(4)]  # new: it overwrites nothing
    assert health.stopped is not None
    assert (health.stopped.verdict, health.stopped.reason) == ("changed", "articles_changed")
    assert text in health.stopped.summary
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
        (BASELINE, "..-", False),  # two of three without a date happen by chance
        (BASELINE, "...-", False),
        (BASELINE, "....", True),
        (BASELINE, "......-----", True),
        (BASELINE, "-.-.-.-.-.", False),  # half is not most
        # That often before, too.
        (BASELINE | {"nkcrawl/recent/undated": 20}, "........", False),
        (BASELINE | {"nkcrawl/recent/undated": 20}, "..........", True),
        ({}, "...", False),  # the first run has no baseline
        ({}, ".....", True),
    ],
)
def test_only_a_rate_far_above_the_baseline_is_a_redesign(
    usual: dict[str, int], dates: str, changed: bool
) -> None:
    health = monitor(usual)
    for number, mark in enumerate(dates):
        health.check(undated(number, mark == "."), UNKNOWN)
    assert (health.ending() is not None) == changed


def test_at_most_three_false_alarms_in_a_hundred_years_of_usual_nights() -> None:
    chance = random.Random(1)
    alarms = 0
    for _ in range(36_500):
        health = monitor(BASELINE)
        for number in range(chance.randint(3, 20)):
            health.check(undated(number, chance.random() < 0.04), UNKNOWN)
        alarms += health.ending() is not None
    assert alarms <= 3


def test_a_fault_that_a_page_had_before_does_not_count() -> None:
    health = monitor(BASELINE)
    offered(health, *map(undated, range(20)), known=KnownPage(True, frozenset({"undated"})))
    offered(health, *map(rejected, range(20)), known=KnownPage(False, frozenset({"rejected"})))
    assert health.ending() is None
    offered(health, *map(undated, range(20, 25)), known=STORED)
    assert health.stopped is not None


def test_a_note_counts_as_text_and_older_articles_do_not_count() -> None:
    health = monitor()
    offered(health, *(article(n, paragraphs=[], note="Views expressed …") for n in range(9)))
    offered(health, *(article(n, "2025/04", published_on=None) for n in range(50)))
    offered(health, *(rejected(n, month="2019/01") for n in range(50)))
    assert health.ending() is None


def test_an_article_dated_in_the_future_does_not_hide_a_redesign() -> None:
    health = monitor()
    offered(health, article(1, "2099/01"), *map(undated, range(5)), known=STORED)
    assert health.stopped is not None
