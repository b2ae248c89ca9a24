"""The tables `articles`, `article_versions` and `authors`, and the rule that merges versions."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from itemadapter import ItemAdapter

from nkcrawl.archive import schedule
from nkcrawl.archive.connect import rows
from nkcrawl.archive.schedule import Clock
from nkcrawl.items import ARTICLE_COLUMNS, ARTICLE_FIELDS, Article, Author, article_columns
from nkcrawl.text import format_timestamp

Change = Literal["new", "changed", "unchanged"]

_BODY_COLUMNS = ("body", "access", "access_evidence")
_PLAIN_COLUMNS = tuple(name for name in ARTICLE_FIELDS if name not in _BODY_COLUMNS)
_HASHED_COLUMNS = article_columns("hashed")

# SQL is built from these names alone, never from a page.
_COLUMNS = ", ".join(ARTICLE_COLUMNS)
_PARAMETERS = ", ".join(f":{column}" for column in ARTICLE_COLUMNS)
_ASSIGNMENTS = ", ".join(f"{column} = :{column}" for column in ARTICLE_COLUMNS)

_SELECT = f"SELECT id, {_COLUMNS} FROM articles WHERE url = ?"
_INSERT = f"""
    INSERT INTO articles (
        url, {_COLUMNS}, extractor_version, run_id, first_seen_at, checked_at, changed_at
    )
    VALUES (:url, {_PARAMETERS}, :extractor_version, :run_id, :now, :now, :now)
"""
_CHECKED = """
    UPDATE articles
    SET checked_at = :now, gone_at = NULL, extractor_version = :extractor_version
    WHERE id = :id
"""
_UPDATE = f"""
    UPDATE articles SET
        changed_at = CASE WHEN content_hash = :content_hash THEN changed_at ELSE :now END,
        {_ASSIGNMENTS}
    WHERE id = :id
"""
_KEEP_VERSION = f"""
    INSERT INTO article_versions (article_id, run_id, seen_at, {_COLUMNS})
    SELECT id, :run_id, :now, {_COLUMNS} FROM articles WHERE id = :id
"""


class Articles:
    """The articles of one connection; every method that writes needs an open transaction."""

    def __init__(self, conn: sqlite3.Connection, clock: Clock) -> None:
        self._conn = conn
        self._clock = clock

    def store(self, row: Mapping[str, Any], authors: Sequence[Author], run_id: int) -> Change:
        """Insert an article or merge it into the stored one, keeping a version of what changes."""
        stored = next(iter(self._rows(_SELECT, row["url"])), None)
        merged = merge(stored, row)
        values = merged | {
            "url": row["url"],
            "extractor_version": row["extractor_version"],
            "run_id": run_id,
            "now": self._now(),
        }
        change: Change
        if stored is None:
            article_id, change = self._conn.execute(_INSERT, values).lastrowid, "new"
            assert article_id is not None
        else:
            article_id = stored["id"]
            change = self._update(stored, merged, values | {"id": article_id})
        self._store_byline(article_id, row["url"], authors)
        return change

    def _update(
        self, stored: Mapping[str, Any], merged: Mapping[str, Any], values: Mapping[str, Any]
    ) -> Change:
        self._conn.execute(_CHECKED, values)
        if not differs(stored, merged):
            return "unchanged"
        self._conn.execute(_KEEP_VERSION, values)
        self._conn.execute(_UPDATE, values)
        return "changed"

    def _store_byline(self, article_id: int, url: str, authors: Sequence[Author]) -> None:
        """Number an article's authors from 1; former ones lose theirs, unless the byline is empty.

        An author given twice has the first of the positions, and the first of the names.
        """
        if not authors:
            return
        self._conn.execute(
            "UPDATE article_authors SET position = NULL WHERE article_id = ?", (article_id,)
        )
        names = {author.slug: author.name for author in reversed(authors)}
        order = dict.fromkeys(author.slug for author in authors)
        for position, slug in enumerate(order, start=1):
            self.store_author(slug, names[slug])
            self._conn.execute(
                """
                INSERT INTO article_authors (article_id, author_id, position)
                SELECT ?, id, ? FROM authors WHERE slug = ?
                ON CONFLICT (article_id, author_id) DO UPDATE SET position = excluded.position
                """,
                (article_id, position, slug),
            )
            self._conn.execute(
                """
                UPDATE authors SET newest_url = :url
                WHERE slug = :slug AND coalesce(newest_url, '') < :url
                """,
                {"url": url, "slug": slug},
            )

    def store_author(self, slug: str, name: str | None, bio: str | None = None) -> None:
        """Insert an author, or update a known one's name and bio where they are not empty."""
        self._conn.execute(
            """
            INSERT INTO authors (slug, name, bio) VALUES (?, ?, ?)
            ON CONFLICT (slug) DO UPDATE
            SET name = coalesce(excluded.name, name), bio = coalesce(excluded.bio, bio)
            """,
            (slug, name or None, bio or None),
        )

    def next_visit(self, url: str) -> str | None:
        """Return when a stored article is due again; raises ValueError for an invalid date."""
        sql = "SELECT published_at, published_on, first_seen_at FROM articles WHERE url = ?"
        (article,) = self._rows(sql, url)
        return schedule.after_article(self._clock(), url, **article)

    def has_articles_by(self, slug: str | None) -> bool:
        """Return whether an article by this author is stored."""
        sql = """
            SELECT 1 FROM article_authors JOIN authors ON authors.id = author_id
            WHERE slug = ? LIMIT 1
        """
        return bool(self._rows(sql, slug))

    def newest_by(self, slug: str | None) -> list[str]:
        """Return the URL of an author's newest article, by the month in it, or nothing."""
        authors = self._rows("SELECT newest_url FROM authors WHERE slug = ?", slug)
        return [author["newest_url"] for author in authors if author["newest_url"]]

    def mark_present(self, url: str) -> None:
        """Record that a stored article is on the site and unchanged."""
        self._conn.execute(
            "UPDATE articles SET checked_at = ?, gone_at = NULL WHERE url = ?", (self._now(), url)
        )

    def mark_gone(self, url: str) -> None:
        """Record when an article was first found to be gone from the site; its text stays."""
        self._conn.execute(
            "UPDATE articles SET gone_at = ? WHERE url = ? AND gone_at IS NULL", (self._now(), url)
        )

    def _now(self) -> str:
        return format_timestamp(self._clock())

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return rows(self._conn, sql, *values)


def article_row(article: Article) -> dict[str, Any]:
    """Return the columns of `articles` that come from the page."""
    item = ItemAdapter(article)
    return {name: item[name] for name in ARTICLE_FIELDS if name != "body"} | {
        "url": article.url,
        "body": "\n\n".join(article.paragraphs),
        "access_evidence": article.evidence,
        "extractor_version": article.extractor_version,
    }


# --- The merge rule -------------------------------------------------------------------------------


def merge(stored: Mapping[str, Any] | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ARTICLE_COLUMNS to store, given the stored ones (None if new) and a new row.

    The row wins, except that an empty value never replaces a value and a teaser never replaces a
    full body.
    """
    seen = _observed(row)
    kept = stored or {}
    merged: dict[str, Any] = {column: seen[column] or kept.get(column) for column in _PLAIN_COLUMNS}
    merged |= _merged_body(kept, seen)
    merged["word_count"] = len(merged["body"].split())
    merged["content_hash"] = content_hash(merged)
    return merged


def _observed(row: Mapping[str, Any]) -> dict[str, Any]:
    seen = {column: row[column] or None for column in _PLAIN_COLUMNS}
    return seen | {
        "body": row["body"] or "",
        "access": row["access"],
        "access_evidence": json.dumps(row["access_evidence"] or [], ensure_ascii=False),
    }


def _merged_body(stored: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return body, access and access_evidence, kept together: access describes this body."""
    if not stored:
        return {column: seen[column] for column in _BODY_COLUMNS}
    if _keeps_body(stored, seen):
        return {column: stored[column] for column in _BODY_COLUMNS}
    evidence = (
        stored["access_evidence"] if seen["access_evidence"] == "[]" else seen["access_evidence"]
    )
    return {"body": seen["body"], "access": seen["access"], "access_evidence": evidence}


def _keeps_body(stored: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    if not stored["body"]:
        return False
    if not seen["body"]:
        return True
    if seen["access"] != "teaser" or stored["access"] == "teaser":
        return False
    # The same text, now known to be a teaser: nothing is lost.
    return not (stored["access"] == "unknown" and seen["body"] == stored["body"])


def content_hash(columns: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of the text that a reader of the article sees."""
    seen = {column: columns[column] for column in _HASHED_COLUMNS}
    return hashlib.sha256(
        json.dumps(seen, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def differs(stored: Mapping[str, Any], merged: Mapping[str, Any]) -> bool:
    """Return whether any of the ARTICLE_COLUMNS is to change."""
    return any(stored[column] != merged[column] for column in ARTICLE_COLUMNS)
