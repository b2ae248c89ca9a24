"""The table `pages`: every URL found, and when it is due; this is the crawl's frontier."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nkcrawl.archive import schedule
from nkcrawl.archive.connect import rows
from nkcrawl.archive.schedule import Clock, is_front_page
from nkcrawl.items import Link, PageKind, Visit
from nkcrawl.text import format_timestamp

SUSPECT = "redesign suspected"  # last_error of a page that was read, but probably wrongly
GONE = (404, 410)  # HTTP status of a page that no longer exists
_OK = 200
_BATCH_SIZE = 10  # most callers take the first page, and ask again once it is fetched
_AFTER_EVERY_URL = "\U0010ffff"

# The index holds only pages that have a due_at, in the order of visiting. INDEXED BY, because
# SQLite's statistics could otherwise make it choose another index.
_DUE_COLUMNS = """
    url, kind, found_on, fetched_at, status, etag, last_modified, failures, due_at,
    (SELECT extractor_version FROM articles WHERE articles.url = pages.url) AS extractor_version
"""
_DUE = "FROM pages INDEXED BY pages_due WHERE due_at IS NOT NULL AND due_at <= ?"
DUE_BY_FOUND_AT = f"SELECT {_DUE_COLUMNS} {_DUE} AND kind = ? ORDER BY found_at, rowid"
DUE_BY_ROWID = f"SELECT {_DUE_COLUMNS} {_DUE} AND kind = ? ORDER BY rowid"
DUE_ARTICLES = f"""
    SELECT {_DUE_COLUMNS} {_DUE} AND kind = 'article' AND url < ?
    ORDER BY url DESC LIMIT {_BATCH_SIZE}
"""
COUNT_DUE = f"SELECT count(*) AS pages {_DUE}"
_ONE_DUE = f"SELECT {_DUE_COLUMNS} FROM pages WHERE url = ? AND due_at <= ?"


@dataclass(frozen=True, slots=True)
class DuePage:
    """A page to visit now, with the validators of its last visit for a conditional request."""

    url: str
    kind: PageKind
    found_on: str | None
    fetched_at: str | None
    status: int | None
    etag: str | None
    last_modified: str | None
    failures: int
    due_at: str
    extractor_version: int | None  # that read the stored article


class Pages:
    """The table `pages` of one connection; every method that writes needs an open transaction."""

    def __init__(self, conn: sqlite3.Connection, clock: Clock) -> None:
        self._conn = conn
        self._clock = clock

    def due(self) -> Iterator[DuePage]:
        """Yield what is due, each page once: feeds, front pages, articles from the newest, others.

        Pages may be written between two steps; one that has stopped being due is left out.
        """
        yield from self._still_due(self._rows(DUE_BY_ROWID, self._now(), "feed"))
        authors = self._rows(DUE_BY_ROWID, self._now(), "author")
        yield from self._still_due([page for page in authors if is_front_page(page["url"])])
        last_url = _AFTER_EVERY_URL
        while articles := self._rows(DUE_ARTICLES, self._now(), last_url):
            yield from self._still_due(articles)
            last_url = articles[-1]["url"]
        authors = self._rows(DUE_BY_FOUND_AT, self._now(), "author")
        yield from self._still_due([page for page in authors if not is_front_page(page["url"])])

    def _still_due(self, pages: list[dict[str, Any]]) -> Iterator[DuePage]:
        changes = self._conn.total_changes
        for page in pages:
            is_current = self._conn.total_changes == changes
            for columns in [page] if is_current else self._rows(_ONE_DUE, page["url"], self._now()):
                yield DuePage(**columns)

    def count_due(self) -> int:
        """Return how many pages are due."""
        return int(self._rows(COUNT_DUE, self._now())[0]["pages"])

    def is_known(self, url: str) -> bool:
        """Return whether a page was ever found."""
        return bool(self._rows("SELECT 1 FROM pages WHERE url = ?", url))

    def listing_known_since(self, url: str) -> str | None:
        """Return when everything from this page of a listing on was last known; None if unknown.

        For a front page that is its last visit. A later page has been due since then, see
        `schedule_next_page`.
        """
        column = "fetched_at" if is_front_page(url) else "due_at"
        known = self._rows(
            f"""
            SELECT {column} AS since FROM pages
            WHERE url = ? AND failures = 0 AND fetched_at IS NOT NULL
            """,
            url,
        )
        return known[0]["since"] if known else None

    def count_known(self, links: Iterable[Link], since: str) -> int:
        """Return how many of the pages had been found by the time `since`."""
        sql = "SELECT 1 FROM pages WHERE url = ? AND found_at <= ?"
        return sum(bool(self._rows(sql, link.url, since)) for link in links)

    def schedule_next_page(self, url: str, known_since: str | None) -> None:
        """Make the next page of a listing due.

        Its `due_at` records since when the listing has been known, or else when this page was last
        visited; `listing_known_since` reads it back.
        """
        self._conn.execute(
            """
            UPDATE pages
            SET due_at = min(coalesce(due_at, :now), coalesce(:since, fetched_at, :now), :now)
            WHERE url = :url
            """,
            {"url": url, "since": known_since, "now": self._now()},
        )

    def add_links(self, links: Iterable[Link], found_on: str | None) -> int:
        """Add new pages, due at once, and return how many; known ones stay unchanged."""
        now = self._now()
        return sum(self._insert(link.url, link.kind, found_on, due_at=now) for link in links)

    def _insert(self, url: str, kind: PageKind, found_on: str | None, due_at: str | None) -> bool:
        """Insert a page unless it is known, and return whether it was inserted."""
        cursor = self._conn.execute(
            """
            INSERT INTO pages (url, kind, found_on, found_at, due_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (url) DO NOTHING
            """,
            (url, kind, found_on, self._now(), due_at),
        )
        return cursor.rowcount == 1

    def add_listed(self, links: Sequence[Link], found_on: str) -> int:
        """Add the articles that a listing or the feed shows, and return how many were new.

        Articles that were gone and are listed again may be back: they get another visit.
        """
        new = self.add_links(links, found_on)
        self.update_found_on(links, found_on)
        for url, failures, fetched_at in self.gone_pages(links):
            due_at = schedule.after_failure(datetime.fromisoformat(fetched_at), failures)
            self.set_due_at(url, due_at)
        return new

    def update_found_on(self, links: Iterable[Link], found_on: str) -> None:
        """Set `found_on` of pages not fetched yet; the feed does not replace an author page."""
        self._conn.executemany(
            """
            UPDATE pages SET found_on = :found_on
            WHERE url = :url AND fetched_at IS NULL AND (
                (SELECT kind FROM pages WHERE url = :found_on) = 'author'
                OR (SELECT kind FROM pages finder WHERE finder.url = pages.found_on) IS NOT 'author'
            )
            """,
            [{"found_on": found_on, "url": link.url} for link in links],
        )

    def gone_pages(self, links: Iterable[Link]) -> list[tuple[str, int, str]]:
        """Return those of the pages that are gone: URL, failures in a row, and last visit."""
        sql = """
            SELECT url, failures, fetched_at FROM pages
            WHERE url = ? AND status IN (404, 410) AND due_at IS NULL
        """
        return [tuple(row.values()) for link in links for row in self._rows(sql, link.url)]

    def mark_suspect(self, urls: Iterable[str], due_at: str) -> None:
        """Mark pages as probably read wrongly: due at `due_at` or earlier, without validators."""
        self._conn.executemany(
            """
            UPDATE pages
            SET due_at = min(coalesce(due_at, :due_at), :due_at), etag = NULL, last_modified = NULL,
                last_error = :last_error
            WHERE url = :url
            """,
            [{"url": url, "due_at": due_at, "last_error": SUSPECT} for url in urls],
        )

    def author_front_pages(self) -> list[Link]:
        """Return the front page of every known author, in the order in which they were found."""
        pages = self._rows("SELECT url FROM pages WHERE kind = 'author' ORDER BY rowid")
        return [Link(page["url"], "author") for page in pages if is_front_page(page["url"])]

    def mark_due(self, links: Iterable[Link]) -> None:
        """Make known pages due at once; those already due keep their place."""
        now = self._now()
        self._conn.executemany(
            "UPDATE pages SET due_at = ? WHERE url = ? AND (due_at IS NULL OR due_at > ?)",
            [(now, link.url, now) for link in links],
        )

    def reschedule_earlier(self, author_pages: Iterable[Link], article_url: str) -> None:
        """Make scheduled author pages due earlier if a new article shows that its authors write."""
        for link in author_pages:
            due_at = schedule.after_listing(self._clock(), link.url, [article_url])
            self._conn.execute(
                "UPDATE pages SET due_at = ? WHERE url = ? AND due_at > ?",
                (due_at, link.url, due_at),
            )

    def set_due_at(self, url: str, due_at: str | None) -> None:
        """Set when a page is due again; None is never."""
        self._conn.execute("UPDATE pages SET due_at = ? WHERE url = ?", (due_at, url))

    def mark_visited(self, visit: Visit, own_url: str, due_at: str | None) -> None:
        """Record a successful visit to a page whose content belongs at `own_url`.

        `own_url` is due at `due_at`; a page at another URL is an alias and never due again.
        """
        is_alias = visit.url != own_url
        self._insert(visit.url, visit.kind, None, due_at=None)
        self._mark_fetched(visit, visit.url, None if is_alias else due_at)
        self._set_validators(visit, visit.url)
        if is_alias:
            self._insert(own_url, visit.kind, visit.url, due_at=due_at)
            self._mark_fetched(visit, own_url, due_at)
            if visit.final_url == own_url:  # the validators are those of the URL that responded
                self._set_validators(visit, own_url)

    def _mark_fetched(self, visit: Visit, url: str, due_at: str | None) -> None:
        self._conn.execute(
            """
            UPDATE pages
            SET fetched_at = ?, status = ?, failures = 0, last_error = NULL, due_at = ?
            WHERE url = ?
            """,
            (self._now(), visit.status, due_at, url),
        )

    def _set_validators(self, visit: Visit, url: str) -> None:
        self._conn.execute(
            "UPDATE pages SET etag = ?, last_modified = ? WHERE url = ?",
            (visit.etag, visit.last_modified, url),
        )

    def mark_unchanged(self, visit: Visit, due_at: str | None) -> None:
        """Record that a page has not changed; its validators stay."""
        self._mark_fetched(visit, visit.url, due_at)

    def mark_failed(self, visit: Visit) -> None:
        """Record a failed visit: the page is due again later each time, an article gone never.

        The feed and front pages, on which everything else depends, come back the next night after
        an outage, and from time to time when they are gone. The validators stay: they belong to
        the content that was stored last.
        """
        failures = self._count_failure(visit)
        is_entry_point = visit.kind == "feed" or is_front_page(visit.url)
        without_links = visit.status == _OK and visit.kind != "feed"
        if is_entry_point and not without_links and visit.status not in GONE:
            failures = 1
        is_over = visit.status in GONE and not is_entry_point
        due_at = None if is_over else schedule.after_failure(self._clock(), failures)
        self.set_due_at(visit.url, due_at)

    def _count_failure(self, visit: Visit) -> int:
        self._insert(visit.url, visit.kind, None, due_at=self._now())
        self._conn.execute(
            "UPDATE pages SET failures = failures + 1, last_error = ? WHERE url = ?",
            (str(visit.reason), visit.url),
        )
        if visit.status is not None:
            self._conn.execute(
                "UPDATE pages SET fetched_at = ?, status = ? WHERE url = ?",
                (self._now(), visit.status, visit.url),
            )
        return int(self._rows("SELECT failures FROM pages WHERE url = ?", visit.url)[0]["failures"])

    def _now(self) -> str:
        return format_timestamp(self._clock())

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return rows(self._conn, sql, *values)
