"""The table `pages`: how pages are added, aliased and read when they are due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nkcrawl.archive import Archive, DuePage, pages
from nkcrawl.items import Link
from tests.conftest import NOW, START, Clock, page_row
from tests.factories import SITE, STORY, article_links, failure, feed, listing, store, visited


def test_alias_by_redirect(archive: Archive, archive_file: Path, clock: Clock) -> None:
    old = f"{SITE}/2025/06/old-name/"
    archive.add_links([Link(old, "article")], SITE)
    later = clock.advance(hours=1)
    store(archive, visit=visited(old, final_url=STORY))
    visit = {
        "kind": "article",
        "fetched_at": later,
        "status": 200,
        "etag": '"1"',
        "last_modified": "yesterday",
    }
    visit |= {"failures": 0, "last_error": None}
    assert page_row(archive_file, old) == visit | {
        "url": old,
        "found_on": SITE,
        "found_at": NOW,
        "due_at": None,
    }
    own = visit | {
        "url": STORY,
        "found_on": old,
        "found_at": later,
        "due_at": "2025-06-21T01:00:00Z",
    }
    assert page_row(archive_file, STORY) == own


@pytest.mark.fault("D12")
def test_alias_by_canonical_of_a_known_page(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    archive.add_links([Link(STORY, "article")], SITE)
    archive.store(failure(STORY, "timeout"), 1)
    copy = f"{SITE}/2025/06/copy/"
    later = clock.advance(hours=1)
    store(archive, visit=visited(copy))
    assert page_row(archive_file, copy)["due_at"] is None
    assert page_row(archive_file, STORY) == {
        "url": STORY,
        "kind": "article",
        "found_on": SITE,
        "found_at": NOW,
        "fetched_at": later,
        "status": 200,
        "etag": None,
        "last_modified": None,
        "failures": 0,
        "due_at": "2025-06-21T01:00:00Z",
        "last_error": None,
    }
    assert list(archive.due()) == []


def test_alias_of_a_listing(archive: Archive, archive_file: Path) -> None:
    old, new = f"{SITE}/content_author/ann/", f"{SITE}/content_author/ann-lee/"
    archive.store(listing(old, STORY, final_url=new), 1)
    assert page_row(archive_file, old)["due_at"] is None
    assert page_row(archive_file, new)["due_at"] == "2025-06-20T23:15:00Z"
    assert page_row(archive_file, new)["kind"] == "author"


def test_add_links(archive: Archive, archive_file: Path, clock: Clock) -> None:
    assert (
        archive.add_links(
            iter([Link("b", "article"), Link("a", "author"), Link("b", "article")]), "c"
        )
        == 2
    )
    archive.store(failure("b", "timeout"), 1)
    before = page_row(archive_file, "b")
    later = clock.advance(hours=1)
    assert archive.add_links([Link("b", "article")], "d") == 0
    assert page_row(archive_file, "b") == before
    assert archive.add_links([Link("b", "article"), Link("e", "feed")], "d", due_now=True) == 1
    assert page_row(archive_file, "b") == before | {"due_at": later}


def test_found_on_prefers_author_pages_to_articles(archive: Archive, archive_file: Path) -> None:
    other, author = f"{SITE}/2025/05/other/", f"{SITE}/content_author/ann/"
    store(archive, authors=[], links=article_links(other))
    assert page_row(archive_file, other)["found_on"] == STORY
    assert archive.store(listing(author, other, STORY), 1).new_links == 0
    assert page_row(archive_file, other)["found_on"] == author
    assert page_row(archive_file, STORY)["found_on"] is None  # fetched already
    store(archive, authors=[], links=article_links(other))
    assert page_row(archive_file, other)["found_on"] == author


def test_found_on_prefers_author_pages_to_the_feed(archive: Archive, archive_file: Path) -> None:
    other, author = f"{SITE}/2025/06/other/", f"{SITE}/content_author/ann/"
    finders = []
    store(archive, authors=[], links=article_links(other))
    finders.append(page_row(archive_file, other)["found_on"])
    archive.store(feed(other, STORY), 1)
    finders.append(page_row(archive_file, other)["found_on"])
    archive.store(listing(author, other, STORY), 1)
    finders.append(page_row(archive_file, other)["found_on"])
    archive.store(feed(other, STORY), 1)
    finders.append(page_row(archive_file, other)["found_on"])
    assert finders == [STORY, f"{SITE}/feed/", author, author]


def test_due_order(archive: Archive, clock: Clock) -> None:
    kinds = {"feed": "feed", "content_author": "author"}
    order = [
        "feed",
        "content_author/zoe",
        "content_author/ann",
        "2025/06/b",
        "2025/06/a",
        "2019/01/z",
        "content_author/b/page/9",
        "content_author/a/2",
    ]
    met_in_order = [1, 4, 6, 3, 5, 2, 0, 7]
    for place in sorted(range(len(order)), key=lambda place: met_in_order[place]):
        url = f"{SITE}/{order[place]}/"
        archive.add_links([Link(url, kinds.get(order[place].split("/")[0], "article"))])  # type: ignore[arg-type]
        clock.advance(seconds=1)
    assert [page.url for page in archive.due()] == [f"{SITE}/{end}/" for end in order]
    assert archive.count_due() == len(order)
    clock.now = START - timedelta(seconds=1)
    assert list(archive.due()) == []
    assert archive.count_due() == 0


def test_due_page_whole(archive: Archive, clock: Clock) -> None:
    store(archive)
    clock.now = datetime(2025, 6, 21, 1, tzinfo=UTC)
    expected = DuePage(
        STORY, "article", None, NOW, 200, '"1"', "yesterday", 0, "2025-06-21T01:00:00Z", 1
    )
    assert list(archive.due()) == [expected]


def test_due_while_writing(archive: Archive) -> None:
    urls = [f"{SITE}/2025/06/{number:03}/" for number in range(250)]
    archive.add_links([Link(url, "article") for url in urls])
    seen = []
    for page in archive.due():
        seen.append(page.url)
        for url in (
            page.url,
            f"{SITE}/2025/06/{int(page.url[-4:-1]) - 1:03}/",
        ):  # the next one stops being due too
            store(archive, url=url)
    assert seen == urls[::-2]


def test_due_reads_no_page_that_is_not_due(archive: Archive) -> None:
    queries = (
        (pages.DUE_BY_FOUND_AT, 2),
        (pages.DUE_BY_ROWID, 2),
        (pages.DUE_ARTICLES, 2),
        (pages.COUNT_DUE, 1),
    )
    for sql, values in queries:
        plan = [
            step[3] for step in archive._conn.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * values)
        ]
        assert any("INDEX pages_due" in step for step in plan), (
            plan
        )  # a partial index: only what is due at some time
        if sql == pages.DUE_ARTICLES:
            assert not any("TEMP B-TREE" in step for step in plan), plan
