"""Random sequences of visits: the archive loses no text, and its versions are complete."""

import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nkcrawl.archive import Archive, ArchiveReader
from nkcrawl.archive.articles import merge
from nkcrawl.items import ARTICLE_COLUMNS, ARTICLE_FIELDS
from tests.conftest import check_file, rows
from tests.factories import EMPTY, article_url, failure, feed, rejection, store, unchanged

URL = article_url("a")
TEXTS = st.sampled_from(
    ["", None, "full text of it", "full", "other words", "other\n\nwords and more"]
)
SHORT = st.sampled_from([None, "", "x", "y"])

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
            "extractor_version": st.integers(0, 3),
            **dict.fromkeys({*EMPTY, "title", "language"} - {"published_at"}, SHORT),
        }
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(OBSERVATIONS, min_size=1, max_size=8))
@pytest.mark.fault("S13")
def test_nothing_stored_is_lost(observations: list[Any]) -> None:
    times = (datetime(2025, 6, 20, tzinfo=UTC) + timedelta(hours=hour) for hour in range(1000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        history: list[dict[str, Any]] = []  # the article after every step
        with closing(Archive.open(path, lambda: next(times))) as archive:
            archive.begin_run({}, {})
            for seen in observations:
                before = history[-1] if history else None
                if seen == "gone":
                    archive.store(failure(URL), 1)
                else:
                    outcome = store(archive, **seen)
                history.extend(rows(path, "SELECT * FROM articles"))
                if not history or seen == "gone":
                    continue
                check_step(before, seen, history[-1], outcome)
        check_file(path)
        check_history(path, history)


def check_step(
    before: dict[str, Any] | None, seen: dict[str, Any], after: dict[str, Any], outcome: str
) -> None:
    assert after["gone_at"] is None
    assert after["word_count"] == len(after["body"].split())
    if before is None:
        assert outcome == "new"
        assert after["body"] == (seen["body"] or "")
        return
    changed = any(before[column] != after[column] for column in ARTICLE_COLUMNS)
    assert outcome == ("changed" if changed else "unchanged")
    assert (after["changed_at"] != before["changed_at"]) == (
        after["content_hash"] != before["content_hash"]
    )
    assert after["checked_at"] > before["checked_at"]
    assert all(
        after[column] is not None for column in ARTICLE_COLUMNS if before[column] is not None
    )
    for column in ("title", "note", "image_url", "language"):
        assert after[column] == (seen[column] or before[column])
    if before["body"] and seen["access"] == "teaser" and before["access"] != "teaser":
        assert after["body"] == before["body"]
    elif seen["body"]:
        assert after["body"] == seen["body"]
        assert after["access"] == seen["access"]
    if before["body"]:
        assert after["body"]


def check_history(path: Path, history: list[dict[str, Any]]) -> None:
    """Check that the versions and the current row are the states of the article, in order."""
    stored = rows(path, "SELECT * FROM article_versions ORDER BY id")
    stored += rows(path, "SELECT * FROM articles")
    states = [tuple(row[column] for column in ARTICLE_COLUMNS) for row in history]
    distinct = [
        state for place, state in enumerate(states) if place == 0 or states[place - 1] != state
    ]
    assert [tuple(row[column] for column in ARTICLE_COLUMNS) for row in stored] == distinct


@given(
    OBSERVATIONS.filter(lambda seen: seen != "gone"),
    OBSERVATIONS.filter(lambda seen: seen != "gone"),
)
def test_seeing_the_same_twice_changes_nothing(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    once = merge(merge(None, first), second)
    assert merge(once, second) == once


# --- Nightly crawls, step by step -----------------------------------------------------------------

URLS = st.sampled_from([article_url(name) for name in "ab"])
WHOLE = ("It sailed on Monday.", "Crowds came.", "So did rain.")


class NightlyCrawls(RuleBasedStateMachine):
    """What may happen to two articles over many nights, and what the archive holds after each."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.db"
        self.now = datetime(2025, 6, 20, tzinfo=UTC)
        self.archive = Archive.open(self.path, self.tick)
        self.run_id = self.archive.begin_run({}, {})
        self.states: dict[str, list[tuple[Any, ...]]] = {}  # all that an article was, in order
        self.ids: dict[str, int] = {}
        self.gone: dict[str, bool] = {}
        self.kept: set[tuple[str, str]] = set()  # every text that was ever stored

    def tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    def teardown(self) -> None:
        self.archive.close()
        check_file(self.path)
        self.folder.cleanup()

    @rule(how=st.sampled_from(["closed", "killed", "not at all"]))
    def another_run_begins(self, how: str) -> None:
        if how == "closed":
            self.archive.close()
            check_file(self.path)
        elif how == "killed":  # the log stays, and the connection is not closed
            self.archive._conn.close()
            self.archive._lock.release()
        if how != "not at all":
            self.archive = Archive.open(self.path, self.tick)
        self.run_id = self.archive.begin_run({}, {})

    @rule(
        url=URLS,
        access=st.sampled_from(["free", "teaser", "unknown"]),
        paragraphs=st.sampled_from(
            [WHOLE, WHOLE[:2], WHOLE[:1], (), ("It sailed on Tuesday.", *WHOLE[1:])]
        ),
        title=st.sampled_from(["The ferry sails", "The old ferry sails", None]),
        note=st.sampled_from([None, "A note."]),
    )
    def an_article_is_seen(
        self,
        url: str,
        access: str,
        paragraphs: tuple[str, ...],
        title: str | None,
        note: str | None,
    ) -> None:
        """Free, cut off, shrunk, empty, edited; after it was gone: back."""
        row = dict.fromkeys(ARTICLE_FIELDS) | {
            "url": url,
            "title": title,
            "body": "\n\n".join(paragraphs),
            "note": note,
            "access": access,
            "access_evidence": [access],
            "extractor_version": 2,
        }
        store(self.archive, run_id=self.run_id, **row)
        self.gone[url] = False

    @rule(url=URLS, status=st.sampled_from([404, 410, 500, None]))
    def an_article_is_not_there(self, url: str, status: int | None) -> None:
        self.archive.store(failure(url, f"HTTP {status}" if status else "timeout"), 1)
        self.gone[url] = self.gone.get(url, False) or status in (404, 410)

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def an_article_is_unchanged(self, data: st.DataObject) -> None:
        url = data.draw(st.sampled_from(sorted(self.ids)))
        self.archive.store(unchanged(url), 1)
        self.gone[url] = False

    @rule(
        url=URLS,
        what=st.sampled_from(["another page", "suspect", "the feed", "an invalid date"]),
    )
    def something_else_happens(self, url: str, what: str) -> None:
        """What must leave every article as it is."""
        match what:
            case "another page":
                self.archive.store(rejection(url), self.run_id)
            case "suspect":
                self.archive.mark_suspect([url])
            case "the feed":
                self.archive.store(feed(url), 1)
            case _:
                with pytest.raises(ValueError, match="month must be"):
                    store(self.archive, url=url, published_on="2025-13-45", published_at=None)

    @invariant()
    def the_history_is_complete(self) -> None:
        articles = {row["url"]: row for row in rows(self.path, "SELECT * FROM articles")}
        assert self.ids.items() <= {url: row["id"] for url, row in articles.items()}.items(), (
            "a row left, or moved"
        )
        with closing(ArchiveReader.open(self.path)) as reader:
            for url, row in articles.items():
                self.ids[url] = row["id"]
                now = tuple(row[column] for column in ARTICLE_COLUMNS)
                states = self.states.setdefault(url, [now])
                if states[-1] != now:
                    states.append(now)
                history = reader.history(url)
                assert [
                    tuple(state[column] for column in ARTICLE_COLUMNS) for state in history
                ] == states
                assert [state["since"] for state in history] == sorted(
                    {state["since"] for state in history}
                )
                assert history[-1]["gone_at"] == row["gone_at"]
                assert (row["gone_at"] is not None) == self.gone[url]
                self.kept |= {
                    (column, row[column]) for column in ("title", "body", "note") if row[column]
                }
        stored = """
            SELECT title, body, note FROM articles
            UNION ALL SELECT title, body, note FROM article_versions
        """
        assert self.kept <= {pair for row in rows(self.path, stored) for pair in row.items()}, (
            "a text was lost"
        )
        assert all(row["body"] or not self._had_body(url) for url, row in articles.items())

    def _had_body(self, url: str) -> bool:
        return any(state[list(ARTICLE_COLUMNS).index("body")] for state in self.states[url])

    @invariant()
    def the_search_finds_what_is_stored(self) -> None:
        matching = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'title: old'"
        stored = "SELECT id AS rowid FROM articles WHERE title LIKE '%old%'"
        assert rows(self.path, matching) == rows(self.path, stored)


@pytest.mark.fault("S13", "S14")
def test_random_nights_lose_nothing_stored() -> None:
    run_state_machine_as_test(
        NightlyCrawls, settings=settings(max_examples=60, stateful_step_count=20, deadline=None)
    )  # type: ignore[no-untyped-call]
