"""The tables and views: what they refuse, and what the views show."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from nkcrawl.archive import Archive
from nkcrawl.text import format_timestamp
from tests.conftest import NOW, START, Clock
from tests.conftest import rows as read
from tests.factories import ANN, SITE, STORY, store


@pytest.mark.fault("S19")
def test_every_table_is_strict_and_refuses_what_the_design_excludes(
    archive: Archive, archive_file: Path
) -> None:
    tables = read(
        archive_file,
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'",
    )
    assert {table["name"] for table in tables if not table["sql"].rstrip().endswith("STRICT")} <= {
        "sqlite_sequence"
    }
    for bad in ({"access": "gratis"}, {"published_on": "June"}, {"title": b"bytes"}):
        with pytest.raises((sqlite3.IntegrityError, TypeError)):
            store(archive, **bad)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store(archive, run_id=99)
    assert (
        read(archive_file, "SELECT * FROM articles")
        == read(archive_file, "SELECT * FROM pages")
        == []
    )


@pytest.mark.fault("S16")
def test_every_column_that_a_foreign_key_refers_to_is_a_declared_primary_key(
    archive: Archive, archive_file: Path
) -> None:
    referred = read(
        archive_file,
        """
        SELECT DISTINCT "table", "to" FROM sqlite_schema, pragma_foreign_key_list(name)
        WHERE type = 'table'
        """,
    )
    assert {row["table"] for row in referred} == {"articles", "authors", "runs"}
    for target in referred:
        (column,) = read(
            archive_file,
            "SELECT * FROM pragma_table_info(?) WHERE name = ?",
            target["table"],
            target["to"],
        )
        assert (column["type"], column["pk"]) == ("INTEGER", 1)


def test_the_view_of_authors_counts_current_bylines(archive: Archive, archive_file: Path) -> None:
    bob = ("bob", "Bob Kim")
    for number, (authors, access, day) in enumerate(
        [
            ([ANN, bob], "free", "2025-06-20"),
            ([ANN], "teaser", "2024-01-02"),
            ([ANN], "unknown", None),
        ]
    ):
        columns = {"access": access, "published_on": day, "published_at": None}
        store(archive, f"story-{number}", authors=authors, body="three words here", **columns)
    store(archive, "story-0", body="three words here")
    assert read(archive_file, "SELECT * FROM author_activity") == [
        {
            "slug": "ann",
            "name": "Ann Lee",
            "articles": 3,
            "free": 1,
            "teasers": 1,
            "words": 9,
            "first_published_on": "2024-01-02",
            "last_published_on": "2025-06-20",
        }
    ]


def test_the_view_of_changes_has_one_row_per_change(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    changes = [
        {"access": "teaser", "body": "one two"},
        {"access": "free", "body": "one two three"},
        {"access": "free", "body": "one two three", "title": "Rice falls"},
        {
            "access": "free",
            "body": "one two three",
            "title": "Rice falls",
            "image_url": f"{SITE}/wp/new.jpg",
        },
    ]
    for seen in changes:
        store(archive, **seen)
        clock.advance(hours=1)
    store(archive, url=f"{SITE}/2025/06/other/")
    changes_seen = read(archive_file, "SELECT * FROM changed_articles ORDER BY seen_at")
    assert {(change["id"], change["published_on"], change["url"]) for change in changes_seen} == {
        (1, "2025-06-20", STORY)
    }
    assert [tuple(change.values())[3:10] for change in changes_seen] == [
        ("Rice prices rise", "Rice prices rise", "teaser", "free", 2, 3, 1),
        ("Rice prices rise", "Rice falls", "free", "free", 3, 3, 1),
        ("Rice falls", "Rice falls", "free", "free", 3, 3, 0),
    ]
    assert [change["seen_at"] for change in changes_seen] == [
        format_timestamp(START + timedelta(hours=hour)) for hour in (1, 2, 3)
    ]


def test_the_view_of_runs_has_their_counts_as_columns(
    archive: Archive, archive_file: Path, clock: Clock
) -> None:
    run_id = archive.begin_run({}, {})
    clock.advance(seconds=90)
    stats = {"downloader/request_count": 9, "nkcrawl/articles/new": 4, "nkcrawl/rejected": 2}
    archive.finish_run(
        run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Done.", stats=stats
    )
    archive.begin_run({}, {})
    counts = {"changed": 0, "unchanged": 0, "rejected": 2, "failed": 0}
    done, running = read(archive_file, "SELECT * FROM run_list WHERE id >= ? ORDER BY id", run_id)
    assert done == {
        "id": run_id,
        "started_at": NOW,
        "minutes": 1.5,
        "verdict": "ok",
        "requests": 9,
        "new": 4,
        **counts,
        "summary": "Done.",
    }
    assert (running["verdict"], running["minutes"], running["requests"]) == ("running", None, 0)
