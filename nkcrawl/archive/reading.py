"""The archive for those who only read it, while a crawl writes to it or not: what there is, and how
it goes.
"""

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nkcrawl.archive import schedule
from nkcrawl.archive.connection import rows
from nkcrawl.archive.merging import VERSIONED
from nkcrawl.archive.opening import open_for_reading, translate_errors
from nkcrawl.archive.searching import BadQuery, SearchQuery, search_sql
from nkcrawl.archive.selecting import ArticleFilter
from nkcrawl.items import ARTICLE_FIELDS

_COLUMNS = ", ".join(VERSIONED)
_FILLED = ", ".join(
    f"count(nullif({field}, '')) AS {field}" for field in ARTICLE_FIELDS
)  # NULL and '' are empty
_RECENTLY_STORED = 1_000  # fill rates are told of so many articles, those stored last
_AT_ONCE = 200  # articles in memory
# Nearly all pages are never due again: they are counted as the rest, from an index of nothing but
# the kind.
_COUNT_PAGES = """
    SELECT kind, coalesce(now, 0) AS now, coalesce(within_a_day, 0) AS within_a_day, coalesce(later, 0) AS later,
        met - coalesce(due, 0) AS never
    FROM (SELECT kind, count(*) AS met FROM pages GROUP BY kind) LEFT JOIN (
        SELECT kind, count(*) AS due, sum(due_at <= ?) AS now, sum(due_at > ? AND due_at <= ?) AS within_a_day,
            sum(due_at > ?) AS later
        FROM pages INDEXED BY pages_due WHERE due_at IS NOT NULL GROUP BY kind
    ) USING (kind)
    ORDER BY kind
"""
_WHOLE_ARTICLES = """
    SELECT articles.*, (
        SELECT json_group_array(json_array(position, slug, name))
        FROM article_authors JOIN authors ON authors.id = author_id
        WHERE article_id = articles.id AND position IS NOT NULL
    ) AS authors
    FROM articles WHERE id IN (SELECT value FROM json_each(?))
"""


class ArchiveReader:
    """One archive file open for reading alone: nothing of it changes.

    Each method raises ArchiveError where the file turns out to be damaged or not to be read.
    """

    def __init__(
        self, path: Path, conn: sqlite3.Connection, clock: Callable[[], datetime] = schedule.utc_now
    ) -> None:
        self.path = path
        self._conn = conn
        self._clock = clock

    @classmethod
    def open(cls, path: Path) -> "ArchiveReader":
        """Open the archive at `path`; raises ArchiveError when there is none, or it is not one of
        ours.
        """
        return cls(path, open_for_reading(path))

    def close(self) -> None:
        """Let go of the file."""
        self._conn.close()

    def newest_articles(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest rows of the view `article_list`, undated ones last."""
        return self._rows(
            "SELECT * FROM article_list ORDER BY published_on DESC, id LIMIT ?", limit
        )

    def count_articles(self) -> dict[str, int]:
        """Return how many articles there are of each access, and how many of all are gone from the
        site.
        """
        counts = {"free": 0, "teaser": 0, "unknown": 0}
        for row in self._rows("SELECT access, count(*) AS articles FROM articles GROUP BY access"):
            counts[row["access"]] = row["articles"]
        return (
            counts
            | self._rows("SELECT count(*) AS gone FROM articles WHERE gone_at IS NOT NULL")[0]
        )

    def count_pages(self) -> dict[str, dict[str, int]]:
        """Return for each kind of page how many are due now, within a day, later and never."""
        now = self._clock()
        today, tomorrow = schedule.stamp(now), schedule.stamp(now + timedelta(days=1))
        found = self._rows(_COUNT_PAGES, *(today, today, tomorrow, tomorrow))
        return {row.pop("kind"): row for row in found}

    def failures(self, limit: int) -> list[dict[str, Any]]:
        """Return why pages gave nothing when last asked: `trouble`, `pages`, and the page with most
        failures; by count.
        """
        return self._rows(
            """
            SELECT coalesce(trouble, 'HTTP ' || status, 'no answer') AS trouble, count(*) AS pages,
                max(failures) AS in_a_row, url, due_at
            FROM pages WHERE failures > 0 GROUP BY 1 ORDER BY pages DESC LIMIT ?
            """,
            limit,
        )

    def fill_rates(self) -> dict[str, float]:
        """Return which share of the articles stored last, up to 1,000, has something in each field;
        0 to 1.
        """
        (counts,) = self._rows(
            f"SELECT count(*) AS articles, {_FILLED} FROM (SELECT * FROM articles ORDER BY id DESC LIMIT ?)",
            _RECENTLY_STORED,
        )
        articles = counts.pop("articles")
        return (
            {field: round(count / articles, 3) for field, count in counts.items()}
            if articles
            else {}
        )

    def runs(self, limit: int) -> list[dict[str, Any]]:
        """Return the last runs, the last one first, their `stats`, `args` and `versions` as
        mappings.
        """
        found = self._rows("SELECT * FROM runs ORDER BY id DESC LIMIT ?", limit)
        return [
            run | {name: json.loads(run[name] or "{}") for name in ("stats", "args", "versions")}
            for run in found
        ]

    def last_good_end(self) -> datetime | None:
        """Return when the last run with the verdict `ok` ended, one for a single page apart, or
        None if there was none.
        """
        (found,) = self._rows(
            "SELECT max(finished_at) AS finished_at FROM runs WHERE verdict = 'ok' AND json_extract(args, '$.url') IS NULL"
        )
        return datetime.fromisoformat(found["finished_at"]) if found["finished_at"] else None

    def history(self, url: str) -> list[dict[str, Any]]:
        """Return the states an article was in, the first one first: what a version keeps, and
        `since` when it was so.

        The last of them is the present one, with `gone_at`; nothing is returned for an article that
        is not stored.
        """
        articles = self._rows(
            f"SELECT id, first_seen_at, gone_at, {_COLUMNS} FROM articles WHERE url = ?", url
        )
        if not articles:
            return []
        article = articles[0]
        # A version is stored when the next state is seen: its moment is when that state began.
        states = self._rows(
            f"SELECT seen_at, {_COLUMNS} FROM article_versions WHERE article_id = ? ORDER BY id",
            article["id"],
        )
        began = [article["first_seen_at"], *(state["seen_at"] for state in states)]
        return [
            {"since": since}
            | {column: state[column] for column in VERSIONED}
            | {"gone_at": state.get("gone_at")}
            for since, state in zip(began, [*states, article], strict=True)
        ]

    def search(self, question: SearchQuery) -> list[dict[str, Any]]:
        """Return the articles that answer a question, as `search_sql` describes them; none where
        nothing was found.

        Raises BadQuery where the question's words are raw and not FTS5's syntax.
        """
        sql, values = search_sql(question)
        with translate_errors(self.path, reading=True):
            try:
                return rows(self._conn, sql, **values)
            except sqlite3.OperationalError as error:
                if question.raw and error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                    raise BadQuery(str(error)) from None
                raise

    def find(self, selection: ArticleFilter, newest: int | None = None) -> Sequence[int]:
        """Return the ids of the articles that meet a selection in the order they were stored first.

        Given `newest`, only so many of those stored last, the last one first.
        """
        conditions, values = selection.where()
        order = "id" if newest is None else f"id DESC LIMIT {newest:d}"
        with translate_errors(self.path, reading=True):
            found = self._conn.execute(
                f"SELECT id FROM articles WHERE {' AND '.join(['true', *conditions])} ORDER BY {order}",
                values,
            )
            return array("q", (article_id for (article_id,) in found))

    def iter_articles(self, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield articles in the order of their ids: every column, `access_evidence` as a list,
        `authors` as {slug, name}.

        Each is as it is stored at the moment it is read. A crawl may write between two steps: few
        are read at a time, for while something is read SQLite's log can only grow, and a crawl that
        begins or ends has to wait.
        """
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            found = {row["id"]: row for row in self._rows(_WHOLE_ARTICLES, json.dumps(list(some)))}
            yield from (_with_lists(found[article_id]) for article_id in some)

    def byline(self, article_id: int) -> list[dict[str, Any]]:
        """Return an article's authors in the order of the byline: `slug` and `name`."""
        return self._rows(
            """
            SELECT slug, coalesce(name, slug) AS name FROM article_authors JOIN authors ON authors.id = author_id
            WHERE article_id = ? AND position IS NOT NULL ORDER BY position
            """,
            article_id,
        )

    def about_file(self) -> dict[str, Any]:
        """Return the file's path, its size in bytes with what is beside it, its schema and how it
        is written.
        """
        beside = (self.path.with_name(self.path.name + end) for end in ("", "-wal"))
        (pragmas,) = self._rows(
            "SELECT user_version, journal_mode FROM pragma_user_version, pragma_journal_mode"
        )
        return {
            "path": str(self.path),
            "bytes": sum(file.stat().st_size for file in beside if file.exists()),
            "schema": pragmas["user_version"],
            "journal_mode": pragmas["journal_mode"],
            "sqlite": sqlite3.sqlite_version,
        }

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with translate_errors(self.path, reading=True):
            return rows(self._conn, sql, *values)


def _with_lists(row: dict[str, Any]) -> dict[str, Any]:
    authors = [{"slug": slug, "name": name} for _, slug, name in sorted(json.loads(row["authors"]))]
    return row | {"access_evidence": json.loads(row["access_evidence"]), "authors": authors}
