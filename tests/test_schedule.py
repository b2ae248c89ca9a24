"""When each kind of page is due again."""

from datetime import timedelta
from pathlib import Path

import pytest

from nkcrawl.archive import Archive
from nkcrawl.items import Link
from nkcrawl.text import format_timestamp
from tests.conftest import NOW, Clock, page_row
from tests.factories import FEED, SITE, STORY, failure, feed, listing, store, unchanged


def test_failures_wait_longer_each_time(archive: Archive, archive_file: Path, clock: Clock) -> None:
    archive.add_links([Link(STORY, "article")])
    new = page_row(archive_file, STORY)
    for failures, hours in enumerate([12, 20, 44, 92, 188, 380, 716, 716], start=1):
        archive.store(failure(STORY, "timeout"), 1)
        due_at = format_timestamp(clock.now + timedelta(hours=hours))
        assert page_row(archive_file, STORY) == new | {
            "failures": failures,
            "due_at": due_at,
            "last_error": "timeout",
        }
    archive.store(failure(STORY, "HTTP 500"), 1)
    answered = {"status": 500, "fetched_at": NOW, "last_error": "HTTP 500"}
    assert page_row(archive_file, STORY) == new | {"failures": 9, "due_at": due_at} | answered


def test_an_outage_does_not_postpone_the_feed_and_front_pages(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    entrances = {f"{SITE}/feed/": "feed", f"{SITE}/content_author/ann/": "author"}
    for _ in range(9):
        for url, kind in entrances.items():
            archive.store(failure(url, "HTTP 503", kind=kind), 1)  # type: ignore[arg-type]
        clock.advance(days=1)
    tomorrow = format_timestamp(clock.now - timedelta(hours=12))
    assert {page_row(archive_file, url)["due_at"] for url in entrances} == {tomorrow}
    further = f"{SITE}/content_author/ann/page/2/"
    for _ in range(3):
        archive.store(failure(further, "HTTP 503", kind="author"), 1)
    assert page_row(archive_file, further)["due_at"] == format_timestamp(
        clock.now + timedelta(hours=44)
    )


def test_a_front_page_that_is_gone_is_visited_again_and_a_later_page_is_not(
    archive: Archive, archive_file: Path
) -> None:
    for _ in range(2):
        archive.store(failure(f"{SITE}/content_author/ann/", "HTTP 404", kind="author"), 1)
    archive.store(failure(f"{SITE}/content_author/ann/page/9/", "HTTP 404", kind="author"), 1)
    assert page_row(archive_file, f"{SITE}/content_author/ann/")["due_at"] == "2025-06-20T23:15:00Z"
    assert page_row(archive_file, f"{SITE}/content_author/ann/page/9/")["due_at"] is None


def test_an_article_that_is_listed_again_gets_another_visit(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    store(archive)
    clock.advance(days=1)
    archive.store(failure(STORY, "HTTP 404"), 1)
    assert page_row(archive_file, STORY)["due_at"] is None
    clock.advance(hours=2)
    archive.store(listing(f"{SITE}/content_author/ann/", STORY), 1)
    assert page_row(archive_file, STORY)["due_at"] == "2025-06-21T15:15:00Z"  # as after any failure
    archive.store(failure(STORY, "HTTP 410"), 1)
    archive.store(feed(STORY), 1)
    assert page_row(archive_file, STORY)["due_at"] == "2025-06-22T01:15:00Z"
    store(archive)
    archive.store(feed(STORY), 1)
    assert page_row(archive_file, STORY)["due_at"] == "2025-06-27T01:00:00Z"


def test_suspect_pages_are_due_the_next_night_without_validators(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    other = f"{SITE}/2015/01/other/"
    store(archive)
    store(archive, url=other, published_on="2015-01-01", published_at=None)
    clock.advance(hours=10)
    archive.mark_suspect([STORY, other])
    for url, due_at in ((STORY, "2025-06-21T01:00:00Z"), (other, "2025-06-21T01:15:00Z")):
        page = page_row(archive_file, url)
        assert (page["due_at"], page["etag"], page["last_modified"]) == (due_at, None, None)


@pytest.mark.parametrize(
    ("months", "due_at"),
    [
        (["2025/06"], "2025-06-20T23:15:00Z"),
        (["2019/01", "2025/05"], "2025-06-20T23:15:00Z"),
        (["2025/04"], "2025-06-22T23:15:00Z"),
        (["2025/03"], "2025-06-22T23:15:00Z"),
        (["2025/02"], "2025-06-26T23:15:00Z"),
        (["2024/06"], "2025-06-26T23:15:00Z"),
        (["2024/05"], "2025-07-19T23:15:00Z"),
        ([], "2025-06-26T23:15:00Z"),
    ],
)
def test_author_schedule(
    archive: Archive, archive_file: Path, months: list[str], due_at: str
) -> None:
    first, second = f"{SITE}/content_author/ann/", f"{SITE}/content_author/ann/page/2/"
    links = [f"{SITE}/{month}/x/" for month in months]
    assert archive.store(listing(first, *links), 1).new_links == len(links)
    assert archive.store(listing(second, *links), 1).new_links == 0
    assert page_row(archive_file, first)["due_at"] == due_at
    assert page_row(archive_file, second)["due_at"] is None


@pytest.mark.parametrize(
    ("at", "on", "waited", "due_at"),
    [
        ("2025-06-20T01:00:00Z", "2025-06-20", 0, "2025-06-21T01:00:00Z"),
        ("2025-06-20T01:00:00Z", "2025-06-20", 22, "2025-06-27T01:00:00Z"),
        (None, "2025-06-20", 0, "2025-06-21T15:00:00Z"),
        (None, "2025-06-20", 24 * 2, "2025-06-27T15:00:00Z"),
        (None, "2025-06-20", 24 * 8, None),
        (None, None, 0, "2025-06-21T03:15:00Z"),
        (None, None, 24, "2025-06-27T03:15:00Z"),
        (None, None, 24 * 7, None),
        (None, "2015-01-01", 0, None),
    ],
)
def test_article_schedule(
    archive: Archive,
    archive_file: Path,
    clock: Clock,
    at: str | None,
    on: str | None,
    waited: int,
    due_at: str | None,
) -> None:
    store(archive, published_at=at, published_on=on)
    clock.advance(hours=waited)
    store(archive, published_at=at, published_on=on)
    assert page_row(archive_file, STORY)["due_at"] == due_at


def due_urls(archive: Archive) -> list[str]:
    return [page.url for page in archive.due()]


def test_next_page_of_a_listing(archive: Archive, archive_file: Path, clock: Clock) -> None:
    first, second = f"{SITE}/content_author/ann/", f"{SITE}/content_author/ann/page/2/"
    archive.add_links([Link(STORY, "article")])
    archive.store(listing(first, STORY, next_page=second), 1)
    assert page_row(archive_file, second)["due_at"] == NOW  # nothing new, but a new page
    waiting = page_row(archive_file, second)
    clock.advance(hours=1)
    archive.store(listing(first, STORY, next_page=second), 1)
    assert page_row(archive_file, second) == waiting
    archive.store(listing(second, STORY), 1)
    archive.store(listing(first, STORY, next_page=second), 1)
    assert page_row(archive_file, second)["due_at"] is None  # nothing new and known
    clock.advance(hours=1)
    archive.store(listing(first, f"{SITE}/2025/06/new/", STORY, next_page=second), 1)
    assert second in due_urls(archive)
    archive.store(listing(second, STORY), 1)
    assert second not in due_urls(archive)
    archive.store(listing(first, STORY, next_page=second, follow_all=True), 1)
    assert second in due_urls(archive)


def test_later_pages_of_a_listing_are_due_until_most_was_known_at_the_last_visit(
    archive: Archive, clock: Clock
) -> None:
    """Forty new articles at once, a year after the whole listing was walked.

    In that year every month brought four articles, which were found on the first page.
    """
    urls = [f"{SITE}/content_author/ann/"] + [
        f"{SITE}/content_author/ann/page/{number}/" for number in range(2, 30)
    ]
    listed = [f"{SITE}/2025/05/{number:03}/" for number in range(100)]

    def visit(number: int) -> None:
        entries = listed[(number - 1) * 10 : number * 10]
        archive.store(listing(urls[number - 1], *entries, next_page=urls[number]), 1)

    for number in range(1, 11):
        visit(number)
    for month in range(12):
        clock.advance(days=30)
        listed[:0] = [f"{SITE}/2025/06/{month:02}-{number:03}/" for number in range(4)]
        visit(1)  # six of ten were known
    assert [url for url in due_urls(archive) if url in urls[1:10]] == []
    clock.advance(days=30)
    listed[:0] = [f"{SITE}/2025/07/{number:03}/" for number in range(40)]
    archive.add_links([Link(url, "article") for url in listed[:25]])  # by the feed, just before
    clock.advance(minutes=1)
    walked = [1]
    visit(1)
    while further := [url for url in due_urls(archive) if url in urls[1:10]]:
        clock.advance(hours=20)  # a later page each night, and what was found is read in between
        for url in listed:
            store(archive, url=url)
        walked.append(urls.index(further[0]) + 1)
        visit(walked[-1])
    assert walked == [1, 2, 3, 4, 5]


def test_a_listing_that_failed_in_between_is_continued(archive: Archive, clock: Clock) -> None:
    first, second, third = (
        f"{SITE}/content_author/ann/{end}" for end in ("", "page/2/", "page/3/")
    )
    for page, following in ((first, second), (second, third)):
        archive.store(listing(page, STORY, next_page=following), 1)
    archive.store(listing(third, f"{SITE}/2024/01/x/"), 1)
    clock.advance(days=1)
    archive.store(failure(first, "HTTP 503", kind="author"), 1)
    clock.advance(hours=12)
    archive.store(listing(first, STORY, next_page=second), 1)
    assert second in due_urls(archive)
    archive.store(failure(second, "HTTP 503", kind="author"), 1)
    clock.advance(hours=12)
    archive.store(listing(second, STORY, next_page=third), 1)
    assert third in due_urls(archive)


def test_a_silent_author_who_publishes_again_is_visited_sooner(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    first = f"{SITE}/content_author/ann/"
    archive.store(listing(first, f"{SITE}/2015/01/old/"), 1)
    assert page_row(archive_file, first)["due_at"] == "2025-07-19T23:15:00Z"
    links = [Link(first, "author")]
    store(archive, url=f"{SITE}/2015/01/old/", authors=[], links=links)
    assert page_row(archive_file, first)["due_at"] == "2025-07-19T23:15:00Z"
    store(archive, authors=[], links=links)
    assert page_row(archive_file, first)["due_at"] == "2025-06-20T23:15:00Z"
    clock.advance(hours=1)
    store(archive, "b", authors=[], links=links)
    assert page_row(archive_file, first)["due_at"] == "2025-06-20T23:15:00Z"


def test_a_feed_that_is_missing_is_looked_for_again(archive: Archive, archive_file: Path) -> None:
    archive.store(failure(FEED, "HTTP 404", kind="feed"), 1)
    archive.store(failure(FEED, "HTTP 404", kind="feed"), 1)
    assert page_row(archive_file, f"{SITE}/feed/")["due_at"] == "2025-06-20T23:15:00Z"


def test_unchanged_author_page_and_feed(archive: Archive, archive_file: Path, clock: Clock) -> None:
    author = f"{SITE}/content_author/ann/"
    archive.store(listing(author), 1)
    store(archive)
    clock.advance(days=8)
    archive.store(unchanged(author, "author"), 1)
    assert (
        page_row(archive_file, author)["due_at"] == "2025-06-28T23:15:00Z"
    )  # she published this month
    archive.store(feed(STORY), 1)
    later = clock.advance(hours=12)
    archive.store(unchanged(f"{SITE}/feed/", "feed"), 1)
    assert page_row(archive_file, f"{SITE}/feed/")["fetched_at"] == later
    assert page_row(archive_file, f"{SITE}/feed/")["due_at"] == format_timestamp(
        clock.now + timedelta(hours=12)
    )
