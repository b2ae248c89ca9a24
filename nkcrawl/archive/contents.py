"""Writing articles, their versions and their authors; each function runs inside its caller's
transaction.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nkcrawl.archive.connection import rows
from nkcrawl.archive.merging import VERSIONED, differs, merge
from nkcrawl.items import Author

Outcome = Literal["new", "changed", "unchanged"]

# Column names come from VERSIONED alone, so these are as fixed as if they were typed out.
_COLUMNS = ", ".join(VERSIONED)
_PLACES = ", ".join(f":{column}" for column in VERSIONED)
_SETTINGS = ", ".join(f"{column} = :{column}" for column in VERSIONED)

_SELECT = f"SELECT id, first_seen_at, {_COLUMNS} FROM articles WHERE url = ?"
_INSERT = f"""
    INSERT INTO articles (url, {_COLUMNS}, extractor_version, run_id, first_seen_at, checked_at, changed_at)
    VALUES (:url, {_PLACES}, :extractor_version, :run_id, :now, :now, :now)
"""
_CHECKED = """
    UPDATE articles SET checked_at = :now, gone_at = NULL, extractor_version = :extractor_version WHERE id = :id
"""
_UPDATE = f"""
    UPDATE articles SET
        changed_at = CASE WHEN content_hash = :content_hash THEN changed_at ELSE :now END,
        {_SETTINGS}
    WHERE id = :id
"""
_KEEP_VERSION = f"""
    INSERT INTO article_versions (article_id, run_id, seen_at, {_COLUMNS})
    SELECT id, :run_id, :now, {_COLUMNS} FROM articles WHERE id = :id
"""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """What the rest of the transaction needs to know of an article that was just written."""

    id: int
    outcome: Outcome
    published_at: str | None
    published_on: str | None
    first_seen_at: str


def put_article(
    conn: sqlite3.Connection, row: Mapping[str, Any], run_id: int, now: str
) -> StoredArticle:
    """Insert an article or merge it into the stored one, keeping a version of what it replaces."""
    found = rows(conn, _SELECT, row["url"])
    stored = found[0] if found else None
    merged = merge(stored, row)
    values = merged | {
        "url": row["url"],
        "extractor_version": row["extractor_version"],
        "run_id": run_id,
        "now": now,
    }
    outcome: Outcome
    if stored is None:
        article_id = conn.execute(_INSERT, values).lastrowid
        assert article_id is not None
        outcome, first_seen_at = "new", now
    else:
        article_id, first_seen_at = stored["id"], stored["first_seen_at"]
        outcome = _change(conn, stored, merged, values | {"id": article_id})
    return StoredArticle(
        article_id, outcome, merged["published_at"], merged["published_on"], first_seen_at
    )


def _change(
    conn: sqlite3.Connection,
    stored: Mapping[str, Any],
    merged: Mapping[str, Any],
    values: Mapping[str, Any],
) -> Outcome:
    conn.execute(_CHECKED, values)
    if not differs(stored, merged):
        return "unchanged"
    conn.execute(_KEEP_VERSION, values)
    conn.execute(_UPDATE, values)
    return "changed"


def check_article(conn: sqlite3.Connection, url: str, now: str) -> StoredArticle:
    """Note that a stored article is on the site as it is stored."""
    conn.execute("UPDATE articles SET checked_at = ?, gone_at = NULL WHERE url = ?", (now, url))
    (found,) = rows(
        conn,
        "SELECT id, published_at, published_on, first_seen_at FROM articles WHERE url = ?",
        url,
    )
    return StoredArticle(outcome="unchanged", **found)


def has_articles(conn: sqlite3.Connection, slug: str) -> bool:
    """Tell whether an article by this author is stored."""
    sql = "SELECT 1 FROM article_authors JOIN authors ON authors.id = author_id WHERE slug = ? LIMIT 1"
    return bool(rows(conn, sql, slug))


def newest_article_by(conn: sqlite3.Connection, slug: str) -> list[str]:
    """Return the URL of an author's newest article, by the month in it, or nothing."""
    found = rows(conn, "SELECT newest_url FROM authors WHERE slug = ?", slug)
    return [row["newest_url"] for row in found if row["newest_url"]]


def put_byline(
    conn: sqlite3.Connection, article_id: int, url: str, authors: Sequence[Author]
) -> None:
    """Number an article's authors from 1; who is not among them loses the number but stays, and
    none changes nothing.
    """
    if not authors:
        return
    conn.execute("UPDATE article_authors SET position = NULL WHERE article_id = ?", (article_id,))
    by_slug = {
        author.slug: author for author in reversed(authors)
    }  # a name given twice stands where it came first
    order = dict.fromkeys(author.slug for author in authors)
    for position, slug in enumerate(order, start=1):
        put_author(conn, slug, by_slug[slug].name)
        conn.execute(
            """
            INSERT INTO article_authors (article_id, author_id, position)
            SELECT ?, id, ? FROM authors WHERE slug = ?
            ON CONFLICT (article_id, author_id) DO UPDATE SET position = excluded.position
            """,
            (article_id, position, slug),
        )
        newer = "UPDATE authors SET newest_url = :url WHERE slug = :slug AND coalesce(newest_url, '') < :url"
        conn.execute(newer, {"url": url, "slug": slug})


def put_author(
    conn: sqlite3.Connection, slug: str, name: str | None, bio: str | None = None
) -> None:
    """Insert an author, or replace the name and the bio of a known one by those that are not
    empty.
    """
    conn.execute(
        """
        INSERT INTO authors (slug, name, bio) VALUES (?, ?, ?)
        ON CONFLICT (slug) DO UPDATE SET name = coalesce(excluded.name, name), bio = coalesce(excluded.bio, bio)
        """,
        (slug, name or None, bio or None),
    )


def mark_gone(conn: sqlite3.Connection, url: str, now: str) -> None:
    """Note since when the site no longer has an article; its text stays."""
    conn.execute("UPDATE articles SET gone_at = ? WHERE url = ? AND gone_at IS NULL", (now, url))


def put_reject(
    conn: sqlite3.Connection, url: str, run_id: int, now: str, reason: str, detail: str
) -> None:
    """Note a page that looked like an article and was not kept."""
    conn.execute(
        "INSERT INTO rejects (url, run_id, seen_at, reason, detail) VALUES (?, ?, ?, ?, ?)",
        (url, run_id, now, reason, detail or None),
    )
