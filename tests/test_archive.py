"""The archive: its runs, what one call stores, and what it knows of a page."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nkcrawl.archive import Archive
from nkcrawl.archive.pages import Pages
from nkcrawl.items import Link
from tests.conftest import NOW, START, Clock, page_row
from tests.conftest import rows as read
from tests.factories import SITE, STORY, failure, feed, listing, rejection, store, visited


@pytest.mark.fault("S4")
def test_reader_sees_whole_articles_only(
    archive: Archive, archive_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> int:
        assert (
            read(archive_file, "SELECT * FROM articles")
            == read(archive_file, "SELECT * FROM pages")
            == []
        )
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(Pages, "add_links", look)
        store(archive)
    assert (
        len(read(archive_file, "SELECT * FROM articles"))
        == len(read(archive_file, "SELECT * FROM pages"))
        == 1
    )


@pytest.mark.fault("S17")
def test_failing_halfway_stores_nothing(
    archive: Archive, archive_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Pages, "add_links", fail)
        with pytest.raises(sqlite3.OperationalError):
            store(archive)
    assert (
        read(archive_file, "SELECT * FROM articles")
        == read(archive_file, "SELECT * FROM authors")
        == []
    )
    assert store(archive) == "new"


def test_close_twice_and_with_a_reader(archive_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nkcrawl.archive.archive._CLOSING_TIMEOUT", 1)
    archive = Archive.open(archive_file)
    archive.begin_run({}, {})
    with closing(sqlite3.connect(archive_file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM runs").fetchall()
        archive.begin_run({}, {})
        archive.close()
        archive.close()
    assert len(read(archive_file, "SELECT * FROM runs")) == 2


def test_run(archive: Archive, archive_file: Path, clock: Clock) -> None:
    run_id = archive.begin_run({"limit": 3, "a": None}, {"nkcrawl": "0.1.0"})
    begun = read(archive_file, "SELECT * FROM runs WHERE id = ?", run_id)[0]
    assert begun == {
        "id": 3,
        "started_at": NOW,
        "finished_at": None,
        "verdict": None,
        "exit_code": None,
        "finish_reason": None,
        "summary": None,
        "stats": None,
        "args": '{"a": null, "limit": 3}',
        "versions": '{"nkcrawl": "0.1.0"}',
    }
    later = clock.advance(hours=1)
    archive.finish_run(
        run_id,
        verdict="ok",
        exit_code=0,
        finish_reason="finished",
        summary="Fine.",
        stats={"start": START, "n": 1},
    )
    assert read(archive_file, "SELECT * FROM runs WHERE id = ?", run_id) == [
        begun
        | {
            "finished_at": later,
            "verdict": "ok",
            "exit_code": 0,
            "finish_reason": "finished",
            "summary": "Fine.",
            "stats": f'{{"n": 1, "start": "{NOW}"}}',
        }
    ]


@pytest.mark.fault("P17")
def test_a_run_that_died_is_marked_by_the_next(archive: Archive, archive_file: Path) -> None:
    archive.finish_run(
        1, verdict="ok", exit_code=0, finish_reason="finished", summary="Fine.", stats={}
    )
    archive.begin_run({}, {})
    ended = [
        (run["verdict"], run["finish_reason"], run["exit_code"])
        for run in read(archive_file, "SELECT * FROM runs")
    ]
    assert ended == [("ok", "finished", 0), ("failed", "died", None), (None, None, None)]
    [died] = read(archive_file, "SELECT * FROM runs WHERE id = 2")
    assert died["finished_at"] is None
    assert died["summary"].startswith("The run ended without a message: it was killed")


def test_stats_of_good_runs(archive: Archive) -> None:
    for number, verdict in enumerate(["ok", "ok", "failed", "ok", "ok"], start=1):
        run_id = archive.begin_run({}, {})
        stats = {"nkcrawl/recent/visited": number % 5, "number": number}
        archive.finish_run(
            run_id, verdict=verdict, exit_code=0, finish_reason=None, summary="", stats=stats
        )
    runs = archive.stats_of_good_runs("nkcrawl/recent/visited", limit=2)
    assert [stats["number"] for stats in runs] == [4, 2]


def test_rejection(archive: Archive, archive_file: Path) -> None:
    archive.store(rejection(STORY, "no title"), 2)
    archive.store(rejection(STORY, "no title", "h1 missing"), 2)
    fixed = {"url": STORY, "run_id": 2, "seen_at": NOW, "reason": "no title"}
    assert read(archive_file, "SELECT * FROM rejects") == [
        {"id": 1, "detail": None} | fixed,
        {"id": 2, "detail": "h1 missing"} | fixed,
    ]
    page = page_row(archive_file, STORY)
    assert (page["failures"], page["due_at"], page["status"]) == (2, "2025-06-20T23:15:00Z", 200)
    assert page["etag"] is None  # nothing was stored that a 304 could confirm


def test_lookup_returns_whether_a_page_is_stored_and_its_faults(archive: Archive) -> None:
    urls = [
        f"{SITE}/2025/06/{name}/"
        for name in ("whole", "undated", "empty", "note", "rejected", "late", "linked")
    ]
    whole, dateless, empty, note, turned_away, late, linked = urls
    store(archive, url=whole)
    store(archive, url=dateless, published_on=None, published_at=None)
    store(archive, url=empty, body="")
    store(archive, url=note, body="", note="Views expressed …")
    archive.store(rejection(turned_away, "no headline"), 1)
    archive.store(failure(late, "timeout"), 1)
    archive.add_links([Link(linked, "article")])
    known = [archive.lookup(visited(url)) for url in [*urls, f"{SITE}/2025/06/unknown/"]]
    assert known == [
        (True, set(), 0),
        (True, {"undated"}, 0),
        (True, {"empty"}, 0),
        (True, set(), 0),
        (False, {"rejected"}, 1),
        (False, set(), 1),
        *[(False, set(), 0)] * 2,
    ]
    archive.store(failure(turned_away, "timeout"), 1)
    assert archive.lookup(visited(turned_away)) == (False, set(), 2)
    archive.store(failure(f"{SITE}/content_author/bob/", "HTTP 503", kind="author"), 1)
    authors = [
        archive.lookup(visited(f"{SITE}/content_author/{slug}/", "author"))
        for slug in ("ann", "bob")
    ]
    assert authors == [(True, set(), 0), (False, set(), 1)]


def test_the_faults_of_a_suspect_page_are_not_known_until_it_is_stored_again(
    archive: Archive,
) -> None:
    store(archive, published_on=None, published_at=None)
    archive.mark_suspect([STORY])
    assert archive.lookup(visited()) == (True, set(), 0)
    store(archive, published_on=None, published_at=None)
    assert archive.lookup(visited()) == (True, {"undated"}, 0)


def test_feed(archive: Archive, archive_file: Path, clock: Clock) -> None:
    author = f"{SITE}/content_author/ann/"
    archive.store(listing(author, STORY), 1)
    new, older = f"{SITE}/2025/06/new/", f"{SITE}/2025/06/older/"
    assert archive.store(feed(new, STORY), 1).new_links == 1
    page = page_row(archive_file, f"{SITE}/feed/")
    assert (page["fetched_at"], page["etag"], page["due_at"]) == (
        NOW,
        '"1"',
        "2025-06-20T15:15:00Z",
    )
    assert page_row(archive_file, new)["found_on"] == f"{SITE}/feed/"
    assert page_row(archive_file, new)["due_at"] == NOW
    assert (
        page_row(archive_file, author)["due_at"] == "2025-06-20T23:15:00Z"
    )  # the oldest entry was known: no gap
    later = clock.advance(hours=1)
    assert archive.store(feed(new, older), 1).new_links == 1
    assert (
        page_row(archive_file, author)["due_at"] == later
    )  # what came before the oldest may be unknown too
    archive.store(listing(author, STORY), 1)
    assert archive.store(feed(new, older), 1).new_links == 0
    assert page_row(archive_file, author)["due_at"] != later
