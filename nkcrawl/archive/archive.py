"""The archive as a crawl uses it: every public method that writes is one transaction."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from filelock import BaseFileLock
from sqlite_utils import Database

from nkcrawl import site
from nkcrawl.archive import schedule
from nkcrawl.archive.articles import Articles, Change, article_row
from nkcrawl.archive.connect import open_database, rows, transaction
from nkcrawl.archive.pages import GONE, SUSPECT, DuePage, Pages
from nkcrawl.archive.schedule import Clock
from nkcrawl.items import Link, Listing, Visit
from nkcrawl.text import format_timestamp

_CLOSING_TIMEOUT = 1_000  # milliseconds
_DIED = (
    "The run ended without a message: it was killed, or the machine went down. "
    "What it had stored stays, the rest was due."
)


class Stored(NamedTuple):
    """What storing a visit changed in the archive."""

    article: Change | None = None
    new_links: int = 0  # articles of a listing or the feed that were not known before


class KnownPage(NamedTuple):
    """What the archive knows of a page.

    `is_stored`: its article is stored, or an article of the author whose page it is. `faults`: it
    was 'rejected' when last seen, or its article is stored 'undated' or 'empty'. A page marked as
    suspect has none, so that they are news each time. `failures`: its last visits, in a row.
    """

    is_stored: bool = False
    faults: frozenset[str] = frozenset()
    failures: int = 0


class Archive:
    """One open archive file.

    An sqlite3.Error of any method is passed on, with nothing of that call stored.
    """

    def __init__(self, path: Path, database: Database, lock: BaseFileLock, clock: Clock) -> None:
        self.path = path
        self._conn = database.conn
        self._lock = lock
        self._clock = clock
        self._transaction_time: datetime | None = None
        self._pages = Pages(self._conn, self._now)
        self._articles = Articles(self._conn, self._now)
        self._is_open = True
        self._file = _file_identity(path)

    @classmethod
    def open(cls, path: Path, clock: Clock = schedule.utc_now) -> "Archive":
        """Open the archive at `path` for this process alone to write to, or create it there.

        Raises ArchiveError, with the file unchanged, unless it is an intact and writable archive,
        and ArchiveBusy if another process is writing to it.
        """
        return cls(path, *open_database(path, clock()), clock)

    def close(self) -> None:
        """Move everything into the one file and release it; a second call does nothing.

        The file is left in rollback mode: in WAL mode, a reader without the right to write beside
        it could not open it.
        """
        if not self._is_open:
            return
        self._is_open = False
        try:
            # A reader may keep the log in use, or the disk be full: the log stays, nothing is lost.
            with suppress(sqlite3.OperationalError):
                self._conn.execute(f"PRAGMA busy_timeout = {_CLOSING_TIMEOUT:d}")
                self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                self._conn.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            self._conn.close()
            self._lock.release()

    def is_in_place(self) -> bool:
        """Return whether the file at the archive's path is still the one that was opened."""
        return _file_identity(self.path) == self._file

    # --- runs ---

    def begin_run(self, args: Mapping[str, object], versions: Mapping[str, str]) -> int:
        """Record that a run started and return its id; it has no verdict until `finish_run`.

        An earlier run still without a verdict has died, because only one process writes at a time:
        it gets its verdict here, and no `finished_at`.
        """
        with self._transaction():
            self._conn.execute(
                """
                UPDATE runs SET verdict = 'failed', finish_reason = 'died', summary = ?
                WHERE verdict IS NULL
                """,
                (_DIED,),
            )
            run_id = self._conn.execute(
                "INSERT INTO runs (started_at, args, versions) VALUES (?, ?, ?)",
                (format_timestamp(self._now()), _json(args), _json(versions)),
            ).lastrowid
        assert run_id is not None
        return run_id

    def finish_run(
        self,
        run_id: int,
        *,
        verdict: str,
        exit_code: int,
        finish_reason: str | None,
        summary: str,
        stats: Mapping[str, object],
    ) -> None:
        """Record how a run ended; datetimes in `stats` are stored as timestamps."""
        with self._transaction():
            finished_at = format_timestamp(self._now())
            self._conn.execute(
                """
                UPDATE runs
                SET finished_at = ?, verdict = ?, exit_code = ?, finish_reason = ?, summary = ?,
                    stats = ?
                WHERE id = ?
                """,
                (finished_at, verdict, exit_code, finish_reason, summary, _json(stats), run_id),
            )

    def stats_of_good_runs(self, count: str, limit: int) -> list[dict[str, Any]]:
        """Return the stats of the last runs with verdict `ok` in which `count` was above zero."""
        runs = rows(
            self._conn,
            """
            SELECT stats FROM runs
            WHERE verdict = 'ok' AND json_extract(stats, '$."' || ? || '"') > 0
            ORDER BY id DESC LIMIT ?
            """,
            count,
            limit,
        )
        return [json.loads(run["stats"]) for run in runs]

    # --- the frontier ---

    def add_links(
        self, links: Iterable[Link], found_on: str | None = None, *, due_now: bool = False
    ) -> int:
        """Make new pages due at once, or with `due_now` all of them; return how many are new."""
        links = list(links)
        with self._transaction():
            new = self._pages.add_links(links, found_on)
            if due_now:
                self._pages.mark_due(links)
        return new

    def make_authors_due(self) -> None:
        """Make the front page of every known author due at once."""
        with self._transaction():
            self._pages.mark_due(self._pages.author_front_pages())

    def due(self) -> Iterator[DuePage]:
        """Yield the due pages in the order of visiting; other methods may be called in between."""
        return self._pages.due()

    def count_due(self) -> int:
        """Return how many pages are due."""
        return self._pages.count_due()

    def mark_suspect(self, urls: Iterable[str]) -> None:
        """Have pages of a suspected redesign fetched again the next night, in full."""
        with self._transaction():
            self._pages.mark_suspect(urls, schedule.after_failure(self._now(), failures=1))

    # --- visits ---

    def store(self, visit: Visit, run_id: int) -> Stored:
        """Store what a visit found, or that it failed, and return what that changed.

        Raises ValueError for an invalid date of an article.
        """
        with self._transaction():
            match visit.outcome:
                case "read" if visit.article:
                    return Stored(store_article(self._articles, self._pages, visit, run_id))
                case "read" if visit.listing and visit.kind == "feed":
                    return Stored(new_links=self._store_feed(visit, visit.listing))
                case "read" if visit.listing:
                    return Stored(new_links=self._store_listing(visit, visit.listing))
                case "unchanged":
                    self._store_unchanged(visit)
                case "rejected":
                    self._store_rejected(visit, run_id)
                case "failed":
                    self._store_failed(visit)
        return Stored()

    def _store_listing(self, visit: Visit, listing: Listing) -> int:
        """Store a page of a listing, and return how many of its articles were new.

        The walk goes on to the next page until most of a page was known when the listing was last
        walked. Whether its articles are known now is not enough: the feed or another author's page
        may have shown them just before, while those below them are still unknown.
        """
        links, own_url = listing.articles, visit.final_url or visit.url
        known_since = self._pages.listing_known_since(visit.url)
        known = self._pages.count_known(links, known_since) if known_since else 0
        if listing.slug:
            self._articles.store_author(listing.slug, listing.name, listing.bio)
        due_at = schedule.after_listing(self._now(), own_url, (link.url for link in links))
        self._pages.mark_visited(visit, own_url, due_at)
        new = self._pages.add_listed(links, visit.url)
        if listing.next_page:
            self._pages.add_links([listing.next_page], visit.url)
            if listing.follow_all or known * 2 <= len(links):
                self._pages.schedule_next_page(listing.next_page.url, known_since)
        return new

    def _store_feed(self, visit: Visit, feed: Listing) -> int:
        """Store the feed, and return how many of its articles were new.

        If its oldest entry is unknown, older ones may have been missed: every author's front page
        is then due.
        """
        has_gap = bool(feed.articles) and not self._pages.is_known(feed.articles[-1].url)
        self._pages.mark_visited(visit, visit.url, schedule.after_feed(self._now()))
        new = self._pages.add_listed(feed.articles, visit.url)
        if has_gap:
            self._pages.mark_due(self._pages.author_front_pages())
        return new

    def _store_unchanged(self, visit: Visit) -> None:
        if visit.kind == "article":
            self._articles.mark_present(visit.url)
        self._pages.mark_unchanged(visit, self._next_visit(visit))

    def _next_visit(self, visit: Visit) -> str | None:
        match visit.kind:
            case "article":
                return self._articles.next_visit(visit.url)
            case "author":
                newest = self._articles.newest_by(_author_slug(visit))
                return schedule.after_listing(self._now(), visit.url, newest)
            case "feed":
                return schedule.after_feed(self._now())

    def _store_rejected(self, visit: Visit, run_id: int) -> None:
        self._conn.execute(
            "INSERT INTO rejects (url, run_id, seen_at, reason, detail) VALUES (?, ?, ?, ?, ?)",
            (
                visit.url,
                run_id,
                format_timestamp(self._now()),
                str(visit.reason),
                visit.detail or None,
            ),
        )
        self._pages.mark_failed(visit)

    def _store_failed(self, visit: Visit) -> None:
        self._pages.mark_failed(visit)
        if visit.kind == "article" and visit.status in GONE:
            self._articles.mark_gone(visit.url)

    # --- what is stored ---

    def lookup(self, visit: Visit) -> KnownPage:
        """Return what was known of a page before this visit."""
        (known,) = rows(
            self._conn,
            """
            SELECT p.last_error,
                iif(p.kind = 'feed' AND p.status IN (404, 410), 0, coalesce(p.failures, 0))
                    AS failures,
                p.last_error IN (SELECT reason FROM rejects WHERE url = ?1) AS rejected,
                a.url IS NOT NULL AS is_stored,
                a.url IS NOT NULL AND published_on IS NULL AS undated,
                a.url IS NOT NULL AND body = '' AND note IS NULL AS empty
            FROM (SELECT 1) LEFT JOIN articles a ON a.url = ?1 LEFT JOIN pages p ON p.url = ?1
            """,
            visit.url,
        )
        is_stored, last_error = bool(known.pop("is_stored")), known.pop("last_error")
        failures = known.pop("failures")
        if visit.kind == "author":
            is_stored = self._articles.has_articles_by(_author_slug(visit))
        faults = (fault for fault, has_it in known.items() if has_it)
        return KnownPage(is_stored, frozenset(faults if last_error != SUSPECT else ()), failures)

    def newest_article_url(self) -> str:
        """Return the URL of the newest article stored, by the month in it, or ''."""
        return rows(self._conn, "SELECT max(url) AS url FROM articles")[0]["url"] or ""

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run the block as one transaction, in which the time stands still."""
        with transaction(self._conn):
            self._transaction_time = self._clock()
            try:
                yield
            finally:
                self._transaction_time = None

    def _now(self) -> datetime:
        return self._transaction_time or self._clock()


def store_article(articles: Articles, pages: Pages, visit: Visit, run_id: int) -> Change:
    """Store the article of a visit in the caller's transaction, which may hold many."""
    article = visit.article
    assert article is not None
    change = articles.store(article_row(article), article.authors, run_id)
    pages.mark_visited(visit, article.url, articles.next_visit(article.url))
    pages.add_links(article.links, visit.url)
    if change == "new":  # its author may not have published for years
        author_pages = (link for link in article.links if link.kind == "author")
        pages.reschedule_earlier(author_pages, article.url)
    return change


def _author_slug(visit: Visit) -> str | None:
    return site.author_slug(urlsplit(visit.url).path)


def _file_identity(path: Path) -> tuple[int, int] | None:
    """Return the device and inode of a file, or None if it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _json(mapping: Mapping[str, object]) -> str:
    return json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    return format_timestamp(value) if isinstance(value, datetime) else str(value)
