"""Read-only queries: what the archive holds and how its runs went, also during a crawl."""

import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nkcrawl.archive import schedule
from nkcrawl.archive.connect import open_for_reading, rows
from nkcrawl.archive.errors import translate_errors
from nkcrawl.archive.schedule import Clock
from nkcrawl.archive.search import ArticleFilter, BadQuery, SearchQuery, search_sql
from nkcrawl.items import ARTICLE_COLUMNS, ARTICLE_FIELDS, Reason
from nkcrawl.text import format_timestamp

_COLUMNS = ", ".join(ARTICLE_COLUMNS)
# NULL and '' are both empty.
_FILLED = ", ".join(f"count(nullif({field}, '')) AS {field}" for field in ARTICLE_FIELDS)
_RECENTLY_STORED = 1_000  # articles whose fill rates are computed, those stored last
_BATCH_SIZE = 200  # articles in memory
# Nearly all pages are never due again: they are counted as the rest, from an index of `kind` alone.
_COUNT_PAGES = """
    SELECT kind, coalesce(now, 0) AS now, coalesce(within_a_day, 0) AS within_a_day,
        coalesce(later, 0) AS later, known - coalesce(due, 0) AS never
    FROM (SELECT kind, count(*) AS known FROM pages GROUP BY kind) LEFT JOIN (
        SELECT kind, count(*) AS due, sum(due_at <= ?) AS now,
            sum(due_at > ? AND due_at <= ?) AS within_a_day, sum(due_at > ?) AS later
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
    """One archive file, open read-only.

    Each method raises ArchiveError where the file turns out to be damaged or unreadable.
    """

    def __init__(
        self, path: Path, conn: sqlite3.Connection, clock: Clock = schedule.utc_now
    ) -> None:
        self.path = path
        self._conn = conn
        self._clock = clock

    @classmethod
    def open(cls, path: Path) -> "ArchiveReader":
        """Open the archive at `path`; raises ArchiveError if it does not exist or is not one."""
        return cls(path, open_for_reading(path))

    def close(self) -> None:
        """Close the file."""
        self._conn.close()

    def newest_articles(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest rows of the view `article_list`, undated ones last."""
        return self._rows(
            "SELECT * FROM article_list ORDER BY published_on DESC, id LIMIT ?", limit
        )

    def count_articles(self) -> dict[str, int]:
        """Return the number of articles by access, and of all those gone from the site."""
        counts = {"free": 0, "teaser": 0, "unknown": 0}
        for row in self._rows("SELECT access, count(*) AS articles FROM articles GROUP BY access"):
            counts[row["access"]] = row["articles"]
        gone = self._rows("SELECT count(*) AS gone FROM articles WHERE gone_at IS NOT NULL")
        return counts | gone[0]

    def count_pages(self) -> dict[str, dict[str, int]]:
        """Return for each kind of page how many are due now, within a day, later and never."""
        now = self._clock()
        today, tomorrow = format_timestamp(now), format_timestamp(now + timedelta(days=1))
        counts = self._rows(_COUNT_PAGES, today, today, tomorrow, tomorrow)
        return {row.pop("kind"): row for row in counts}

    def failures(self, limit: int) -> list[dict[str, Any]]:
        """Return why pages failed, the most frequent `last_error` first.

        Each has the number of `pages`, and the page with most failures `in_a_row`.
        """
        return self._rows(
            """
            SELECT coalesce(last_error, 'HTTP ' || status, 'no answer') AS last_error,
                count(*) AS pages, max(failures) AS in_a_row, url, due_at
            FROM pages WHERE failures > 0 GROUP BY 1 ORDER BY pages DESC LIMIT ?
            """,
            limit,
        )

    def feed_failures(self) -> list[dict[str, Any]]:
        """Return each feed that could not be used at its last visit, unless it is gone.

        Each has `url`, `last_error` and the number of `failures` in a row.
        """
        return self._rows(
            """
            SELECT url, last_error, failures FROM pages
            WHERE failures > 0 AND kind = 'feed' AND last_error NOT IN (?, 'HTTP 404', 'HTTP 410')
            """,
            str(Reason.FORBIDDEN),
        )

    def newly_rejected(self, days: int) -> dict[str, Any]:
        """Return how many `pages` still rejected were so first in the last days, and the latest.

        It has `url` and `reason`; without such pages these are None.
        """
        (row,) = self._rows(
            """
            SELECT count(*) AS pages, url, reason, max(first_seen_at) AS first_seen_at FROM (
                SELECT url, last_error AS reason,
                    (SELECT min(seen_at) FROM rejects WHERE rejects.url = pages.url)
                        AS first_seen_at
                FROM pages WHERE failures > 0
            ) WHERE first_seen_at >= ?
            """,
            format_timestamp(self._clock() - timedelta(days=days)),
        )
        return row

    def fill_rates(self) -> dict[str, float]:
        """Return the share (0 to 1) of recently stored articles that have a value in each field."""
        (counts,) = self._rows(
            f"""
            SELECT count(*) AS articles, {_FILLED}
            FROM (SELECT * FROM articles ORDER BY id DESC LIMIT ?)
            """,
            _RECENTLY_STORED,
        )
        articles = counts.pop("articles")
        if not articles:
            return {}
        return {field: round(count / articles, 3) for field, count in counts.items()}

    def runs(self, limit: int) -> list[dict[str, Any]]:
        """Return the last runs, newest first; `stats`, `args` and `versions` are mappings."""
        return [
            run | {name: json.loads(run[name] or "{}") for name in ("stats", "args", "versions")}
            for run in self._rows("SELECT * FROM runs ORDER BY id DESC LIMIT ?", limit)
        ]

    def last_good_end(self) -> datetime | None:
        """Return when the last run with verdict `ok` ended, not counting those of a single page."""
        (run,) = self._rows(
            """
            SELECT max(finished_at) AS finished_at FROM runs
            WHERE verdict = 'ok' AND json_extract(args, '$.url') IS NULL
            """
        )
        return datetime.fromisoformat(run["finished_at"]) if run["finished_at"] else None

    def history(self, url: str) -> list[dict[str, Any]]:
        """Return the states of an article, oldest first: the versioned columns, and their `since`.

        The last one is the current state, with `gone_at`; an unknown article has none.
        """
        articles = self._rows(
            f"SELECT id, first_seen_at, gone_at, {_COLUMNS} FROM articles WHERE url = ?", url
        )
        if not articles:
            return []
        article = articles[0]
        # A version is stored when the next state is seen, so its `seen_at` is when that one began.
        states = self._rows(
            f"SELECT seen_at, {_COLUMNS} FROM article_versions WHERE article_id = ? ORDER BY id",
            article["id"],
        )
        began = [article["first_seen_at"], *(state["seen_at"] for state in states)]
        return [
            {"since": since}
            | {column: state[column] for column in ARTICLE_COLUMNS}
            | {"gone_at": state.get("gone_at")}
            for since, state in zip(began, [*states, article], strict=True)
        ]

    def search(self, search: SearchQuery) -> list[dict[str, Any]]:
        """Return the articles that a search finds, as `search_sql` describes them.

        Raises BadQuery where a raw query is not valid FTS5 syntax.
        """
        sql, values = search_sql(search)
        with translate_errors(self.path, reading=True):
            try:
                return rows(self._conn, sql, **values)
            except sqlite3.OperationalError as error:
                if search.raw and error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                    raise BadQuery(str(error)) from None
                raise

    def find(self, filters: ArticleFilter, newest: int | None = None) -> Sequence[int]:
        """Return the ids of the articles that meet the filter, in the order of storing.

        With `newest`, only that many of those stored last, the last one first.
        """
        conditions, values = filters.where()
        order = "id" if newest is None else f"id DESC LIMIT {newest:d}"
        sql = (
            f"SELECT id FROM articles WHERE {' AND '.join(['true', *conditions])} ORDER BY {order}"
        )
        with translate_errors(self.path, reading=True):
            return array("q", (article_id for (article_id,) in self._conn.execute(sql, values)))

    def iter_articles(self, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield articles in the order of their ids: all columns, and `authors` as {slug, name}.

        `access_evidence` is a list. Each article is as stored when it is read, and a crawl may
        write between two steps: few are read at a time, because SQLite's log can only grow during
        a read, and a crawl that starts or ends has to wait for it.
        """
        for start in range(0, len(ids), _BATCH_SIZE):
            batch = list(ids[start : start + _BATCH_SIZE])
            articles = {row["id"]: row for row in self._rows(_WHOLE_ARTICLES, json.dumps(batch))}
            yield from (_with_lists(articles[article_id]) for article_id in batch)

    def byline(self, article_id: int) -> list[dict[str, Any]]:
        """Return an article's authors in the order of the byline: `slug` and `name`."""
        return self._rows(
            """
            SELECT slug, coalesce(name, slug) AS name
            FROM article_authors JOIN authors ON authors.id = author_id
            WHERE article_id = ? AND position IS NOT NULL ORDER BY position
            """,
            article_id,
        )

    def about_file(self) -> dict[str, Any]:
        """Return the file's path, size in bytes (with its log), schema, journal mode and SQLite."""
        files = (self.path.with_name(self.path.name + end) for end in ("", "-wal"))
        (pragmas,) = self._rows(
            "SELECT user_version, journal_mode FROM pragma_user_version, pragma_journal_mode"
        )
        return {
            "path": str(self.path),
            "bytes": sum(file.stat().st_size for file in files if file.exists()),
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
