"""Whatever is seen, in whatever order: the archive loses no text, and its versions tell the whole story."""

import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nkcrawl.archive import Archive
from nkcrawl.archive.merging import VERSIONED, merge
from nkcrawl.items import Author, Failure, Page

URL = "https://www.nknews.org/2025/06/a/"
TEXTS = st.sampled_from(["", None, "full text of it", "full", "other words", "other\n\nwords and more"])
SHORT = st.sampled_from([None, "", "x", "y"])
WORDS = ("title", "subtitle", "label", "byline", "modified_at", "note", "image_url", "image_caption", "image_credit")

OBSERVATIONS = st.one_of(
    st.just("gone"),
    st.fixed_dictionaries(
        {
            "url": st.just(URL),
            "body": TEXTS,
            "access": st.sampled_from(["free", "teaser", "unknown"]),
            "access_evidence": st.sampled_from([[], ["a"], ["b: c", "a"]]),
            "published_on": st.sampled_from([None, "2025-06-20"]),
            "published_at": st.sampled_from([None, "2025-06-20T01:00:00Z"]),
            "language": SHORT,
            "extractor_version": st.integers(0, 3),
            **dict.fromkeys(WORDS, SHORT),
        }
    ),
)


def rows(path: Path, sql: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as conn:
        conn.row_factory = sqlite3.Row
        return [dict(row) for row in conn.execute(sql)]


def check_fts(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")


@settings(max_examples=150, deadline=None)
@given(st.lists(OBSERVATIONS, min_size=1, max_size=8))
@pytest.mark.fault("S13")
def test_nothing_stored_is_lost(observations: list[Any]) -> None:
    moments = (datetime(2025, 6, 20, tzinfo=UTC) + timedelta(hours=hour) for hour in range(1000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        history: list[dict[str, Any]] = []  # the article after every step
        with closing(Archive.open(path, lambda: next(moments))) as archive:
            run_id = archive.begin_run({}, {})
            for seen in observations:
                before = history[-1] if history else None
                if seen == "gone":
                    archive.store_failure(Failure(Page(URL, "article", status=404), "gone", ""))
                else:
                    page = Page(URL, "article", status=200)
                    outcome = archive.store_article(seen, [Author("a", "A")], page, [], run_id)
                history.extend(rows(path, "SELECT * FROM articles"))
                if not history or seen == "gone":
                    continue
                check_step(before, seen, history[-1], outcome)
        check_fts(path)
        check_story(path, history)


def check_step(before: dict[str, Any] | None, seen: dict[str, Any], after: dict[str, Any], outcome: str) -> None:
    assert after["gone_at"] is None
    assert after["word_count"] == len(after["body"].split())
    if before is None:
        assert outcome == "new"
        assert after["body"] == (seen["body"] or "")
        return
    changed = any(before[column] != after[column] for column in VERSIONED)
    assert outcome == ("changed" if changed else "unchanged")
    assert (after["changed_at"] != before["changed_at"]) == (after["content_hash"] != before["content_hash"])
    assert after["checked_at"] > before["checked_at"]
    assert all(after[column] is not None for column in VERSIONED if before[column] is not None)
    for column in ("title", "note", "image_url", "language"):
        assert after[column] == (seen[column] or before[column])
    if before["body"] and seen["access"] == "teaser" and before["access"] != "teaser":
        assert after["body"] == before["body"]
    elif seen["body"]:
        assert after["body"] == seen["body"]
        assert after["access"] == seen["access"]
    if before["body"]:
        assert after["body"]


def check_story(path: Path, history: list[dict[str, Any]]) -> None:
    """Check that versions and current row together are every state the article was in, in order, and no other."""
    told = rows(path, "SELECT * FROM article_versions ORDER BY id") + rows(path, "SELECT * FROM articles")
    states = [tuple(row[column] for column in VERSIONED) for row in history]
    distinct = [state for place, state in enumerate(states) if place == 0 or states[place - 1] != state]
    assert [tuple(row[column] for column in VERSIONED) for row in told] == distinct


@given(OBSERVATIONS.filter(lambda seen: seen != "gone"), OBSERVATIONS.filter(lambda seen: seen != "gone"))
def test_seeing_the_same_twice_changes_nothing(first: dict[str, Any], second: dict[str, Any]) -> None:
    once = merge(merge(None, first), second)
    assert merge(once, second) == once
