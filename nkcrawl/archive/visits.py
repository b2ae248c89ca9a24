"""The memory of every URL met and when it is due; each writing function runs inside its caller's
transaction.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nkcrawl.archive.connection import rows
from nkcrawl.archive.schedule import is_first_page
from nkcrawl.items import Link, Page, PageKind

_BATCH = 10  # most who ask take the first, and ask again once it is fetched
_AFTER_EVERY_URL = "\U0010ffff"
IN_DOUBT = "redesign suspected"  # the trouble of a page that was read, but probably wrongly

# The index holds only what is due at some time, in the order of the visits; no statistics may talk
# SQLite out of it.
_DUE_COLUMNS = """
    url, kind, found_on, fetched_at, status, etag, last_modified, failures, due_at,
    (SELECT extractor_version FROM articles WHERE articles.url = pages.url) AS extractor_version
"""
_DUE = "FROM pages INDEXED BY pages_due WHERE due_at IS NOT NULL AND due_at <= ?"
DUE_BY_FINDING = f"SELECT {_DUE_COLUMNS} {_DUE} AND kind = ? ORDER BY found_at, rowid"
DUE_BY_MEETING = f"SELECT {_DUE_COLUMNS} {_DUE} AND kind = ? ORDER BY rowid"
DUE_ARTICLES = f"SELECT {_DUE_COLUMNS} {_DUE} AND kind = 'article' AND url < ? ORDER BY url DESC LIMIT {_BATCH}"
COUNT_DUE = f"SELECT count(*) AS pages {_DUE}"
_ONE_DUE = f"SELECT {_DUE_COLUMNS} FROM pages WHERE url = ? AND due_at <= ?"


@dataclass(frozen=True, slots=True)
class DuePage:
    """A page to visit now, and what its last visit left to ask with."""

    url: str
    kind: PageKind
    found_on: str | None
    fetched_at: str | None
    status: int | None
    etag: str | None
    last_modified: str | None
    failures: int
    due_at: str
    extractor_version: int | None  # of the reader that read the stored article


def due(conn: sqlite3.Connection, now: Callable[[], str]) -> Iterator[DuePage]:
    """Yield what is due, each page at most once: feeds, authors' first pages, articles from the
    newest, further pages.

    Pages may be written between two steps: what stopped being due is left out.
    """
    yield from _still_due(conn, now, rows(conn, DUE_BY_MEETING, now(), "feed"))
    authors = rows(conn, DUE_BY_MEETING, now(), "author")
    yield from _still_due(conn, now, [page for page in authors if is_first_page(page["url"])])
    below = _AFTER_EVERY_URL
    while articles := rows(conn, DUE_ARTICLES, now(), below):
        yield from _still_due(conn, now, articles)
        below = articles[-1]["url"]
    authors = rows(conn, DUE_BY_FINDING, now(), "author")
    yield from _still_due(conn, now, [page for page in authors if not is_first_page(page["url"])])


def _still_due(
    conn: sqlite3.Connection, now: Callable[[], str], found: list[dict[str, Any]]
) -> Iterator[DuePage]:
    changes = conn.total_changes
    for page in found:
        fresh = (
            [page] if conn.total_changes == changes else rows(conn, _ONE_DUE, page["url"], now())
        )
        for columns in fresh:
            yield DuePage(**columns)


def count_due(conn: sqlite3.Connection, now: str) -> int:
    """Return how many pages are due."""
    return int(rows(conn, COUNT_DUE, now)[0]["pages"])


def is_known(conn: sqlite3.Connection, url: str) -> bool:
    """Tell whether a page was ever met."""
    return bool(rows(conn, "SELECT 1 FROM pages WHERE url = ?", url))


def known_until(conn: sqlite3.Connection, url: str) -> str | None:
    """Return until when all that a listing had to show, from this page of it on, was met; None if
    that cannot be told.

    A first page tells it by its last visit. A further page has been due since then: `lead_on` hands
    the moment down.
    """
    moment = "fetched_at" if is_first_page(url) else "due_at"
    found = rows(
        conn,
        f"SELECT {moment} AS until FROM pages WHERE url = ? AND failures = 0 AND fetched_at IS NOT NULL",
        url,
    )
    return found[0]["until"] if found else None


def count_known(conn: sqlite3.Connection, links: Iterable[Link], until: str) -> int:
    """Return how many pages had been met by a moment."""
    known = "SELECT 1 FROM pages WHERE url = ? AND found_at <= ?"
    return sum(bool(rows(conn, known, link.url, until)) for link in links)


def lead_on(conn: sqlite3.Connection, url: str, since: str | None, now: str) -> None:
    """Make the next page of a listing due, since the moment until which what it shows is known, or
    else its last visit.
    """
    conn.execute(
        """
        UPDATE pages SET due_at = min(coalesce(due_at, :now), coalesce(:since, fetched_at, :now), :now) WHERE url = :url
        """,
        {"url": url, "since": since, "now": now},
    )


def meet(conn: sqlite3.Connection, links: Iterable[Link], found_on: str | None, now: str) -> int:
    """Make due at once what was never met, and return how many pages that is; known ones stay as
    they are.
    """
    return sum(_insert(conn, link.url, link.kind, found_on, now, due_at=now) for link in links)


def _insert(
    conn: sqlite3.Connection,
    url: str,
    kind: PageKind,
    found_on: str | None,
    now: str,
    due_at: str | None,
) -> bool:
    """Insert a page unless it is known, and tell whether it was not."""
    cursor = conn.execute(
        """
        INSERT INTO pages (url, kind, found_on, found_at, due_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (url) DO NOTHING
        """,
        (url, kind, found_on, now, due_at),
    )
    return cursor.rowcount == 1


def find_again(conn: sqlite3.Connection, links: Iterable[Link], found_on: str) -> None:
    """Name a page as the finder of pages never fetched: an author page outranks the feed, and both
    outrank an article.
    """
    conn.executemany(
        """
        UPDATE pages SET found_on = :found_on
        WHERE url = :url AND fetched_at IS NULL AND (
            (SELECT kind FROM pages WHERE url = :found_on) = 'author'
            OR (SELECT kind FROM pages finder WHERE finder.url = pages.found_on) IS NOT 'author'
        )
        """,
        [{"found_on": found_on, "url": link.url} for link in links],
    )


def gone_among(conn: sqlite3.Connection, links: Iterable[Link]) -> list[tuple[str, int, str]]:
    """Return of the pages that are gone for good: URL, failures in a row, and when that was last
    seen.
    """
    gone = "SELECT url, failures, fetched_at FROM pages WHERE url = ? AND status IN (404, 410) AND due_at IS NULL"
    return [tuple(row.values()) for link in links for row in rows(conn, gone, link.url)]


def doubt(conn: sqlite3.Connection, urls: Iterable[str], due_at: str) -> None:
    """Mark pages as read wrongly, it seems, make them due at `due_at` if they are not sooner, and
    forget the validators.
    """
    conn.executemany(
        """
        UPDATE pages
        SET due_at = min(coalesce(due_at, :due_at), :due_at), etag = NULL, last_modified = NULL, trouble = :trouble
        WHERE url = :url
        """,
        [{"url": url, "due_at": due_at, "trouble": IN_DOUBT} for url in urls],
    )


def first_pages(conn: sqlite3.Connection) -> list[Link]:
    """Return the first page of every author ever met, in the order they were met."""
    found = rows(conn, "SELECT url FROM pages WHERE kind = 'author' ORDER BY rowid")
    return [Link(page["url"], "author") for page in found if is_first_page(page["url"])]


def set_due(conn: sqlite3.Connection, links: Iterable[Link], now: str) -> None:
    """Make known pages due at once; those that are due already keep their place."""
    conn.executemany(
        "UPDATE pages SET due_at = ? WHERE url = ? AND (due_at IS NULL OR due_at > ?)",
        [(now, link.url, now) for link in links],
    )


def bring_forward(conn: sqlite3.Connection, url: str, due_at: str | None) -> None:
    """Make a page that is due some time due at `due_at`, if that is sooner; None is never
    sooner.
    """
    conn.execute("UPDATE pages SET due_at = ? WHERE url = ? AND due_at > ?", (due_at, url, due_at))


def mark_visited(
    conn: sqlite3.Connection, page: Page, own_url: str, due_at: str | None, now: str
) -> None:
    """Note that a page gave its content, which belongs at `own_url`: that URL is due at `due_at`.

    A page at another URL than its own is an alias and never due again.
    """
    is_alias = page.url != own_url
    _insert(conn, page.url, page.kind, None, now, due_at=None)
    conn.execute(
        """
        UPDATE pages
        SET fetched_at = ?, status = ?, etag = ?, last_modified = ?, failures = 0, trouble = NULL, due_at = ?
        WHERE url = ?
        """,
        (now, page.status, page.etag, page.last_modified, None if is_alias else due_at, page.url),
    )
    if is_alias:
        _mark_own(conn, page, own_url, due_at, now)


def _mark_own(
    conn: sqlite3.Connection, page: Page, own_url: str, due_at: str | None, now: str
) -> None:
    _insert(conn, own_url, page.kind, page.url, now, due_at=due_at)
    conn.execute(
        "UPDATE pages SET fetched_at = ?, status = ?, failures = 0, trouble = NULL, due_at = ? WHERE url = ?",
        (now, page.status, due_at, own_url),
    )
    if page.final_url == own_url:  # the validators are those of the URL that answered
        conn.execute(
            "UPDATE pages SET etag = ?, last_modified = ? WHERE url = ?",
            (page.etag, page.last_modified, own_url),
        )


def mark_unchanged(conn: sqlite3.Connection, page: Page, due_at: str | None, now: str) -> None:
    """Note that a page is as it was, with its validators as they were."""
    conn.execute(
        "UPDATE pages SET fetched_at = ?, status = ?, failures = 0, trouble = NULL, due_at = ? WHERE url = ?",
        (now, page.status, due_at, page.url),
    )


def mark_failed(conn: sqlite3.Connection, page: Page, reason: str, now: str) -> int:
    """Note why a visit gave nothing and return how many in a row did; the caller says when the page
    is due again.

    The validators stay: they belong to the content that was stored last.
    """
    _insert(conn, page.url, page.kind, None, now, due_at=now)
    conn.execute(
        "UPDATE pages SET failures = failures + 1, trouble = ? WHERE url = ?", (reason, page.url)
    )
    if page.status is not None:
        conn.execute(
            "UPDATE pages SET fetched_at = ?, status = ? WHERE url = ?",
            (now, page.status, page.url),
        )
    return int(rows(conn, "SELECT failures FROM pages WHERE url = ?", page.url)[0]["failures"])


def reschedule(conn: sqlite3.Connection, url: str, due_at: str | None) -> None:
    """Set when a page is due again; None is never."""
    conn.execute("UPDATE pages SET due_at = ? WHERE url = ?", (due_at, url))
