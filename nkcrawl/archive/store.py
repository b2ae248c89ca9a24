"""The archive as the rest of the project sees it: each `store_` method is one transaction."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import BaseFileLock
from sqlite_utils import Database

from nkcrawl.archive import contents, schedule, visits
from nkcrawl.archive.connection import rows, transaction
from nkcrawl.archive.contents import Outcome
from nkcrawl.archive.opening import open_database
from nkcrawl.archive.visits import DuePage
from nkcrawl.items import Author, Failure, Feed, Link, Listing, Page, Rejection, Unchanged

_OK, _GONE = 200, (404, 410)
_CLOSING_PATIENCE = 1_000  # milliseconds
_DIED = "The run ended without a word: it was killed, or the machine went down; what it had stored stays, the rest was due."


class Archive:
    """One open archive file; an sqlite3.Error of any method is passed on, with nothing of that call
    stored.
    """

    def __init__(
        self, path: Path, database: Database, lock: BaseFileLock, clock: Callable[[], datetime]
    ) -> None:
        self.path = path
        self._conn = database.conn
        self._lock = lock
        self._clock = clock
        self._is_open = True
        self._file = _file_at(path)

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime] = schedule.utc_now) -> "Archive":
        """Open the archive at `path` for this process alone to write to, or create it there.

        Raises ArchiveError, with the file as it was, when it is not a sound and writable archive of
        ours, and ArchiveBusy when another process is writing to it.
        """
        return cls(path, *open_database(path, clock()), clock)

    def close(self) -> None:
        """Bring everything into the one file and let go of it; a second call does nothing.

        The file is left in rollback mode, for without its log a reader who may not write beside it
        could not open it.
        """
        if not self._is_open:
            return
        self._is_open = False
        try:
            # A reader may hold the log for as long as it likes, the disk may be full: the log
            # stays, and nothing is lost.
            with suppress(sqlite3.OperationalError):
                self._conn.execute(f"PRAGMA busy_timeout = {_CLOSING_PATIENCE:d}")
                self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                self._conn.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            self._conn.close()
            self._lock.release()

    def is_in_place(self) -> bool:
        """Tell whether the file at the archive's path is still the one that was opened."""
        return _file_at(self.path) == self._file

    def begin_run(self, args: Mapping[str, object], versions: Mapping[str, str]) -> int:
        """Record that a run started and return its id; it has no verdict until `finish_run`.

        A run still without a verdict has died, for the archive is ours alone: it is given one, and
        no end.
        """
        with self._writing() as now:
            self._conn.execute(
                "UPDATE runs SET verdict = 'failed', finish_reason = 'died', summary = ? WHERE verdict IS NULL",
                (_DIED,),
            )
            run_id = self._conn.execute(
                "INSERT INTO runs (started_at, args, versions) VALUES (?, ?, ?)",
                (schedule.stamp(now), _json(args), _json(versions)),
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
        """Record how a run ended; moments among the stats are written as the archive writes
        them.
        """
        with self._writing() as now:
            self._conn.execute(
                """
                UPDATE runs
                SET finished_at = ?, verdict = ?, exit_code = ?, finish_reason = ?, summary = ?, stats = ?
                WHERE id = ?
                """,
                (
                    schedule.stamp(now),
                    verdict,
                    exit_code,
                    finish_reason,
                    summary,
                    _json(stats),
                    run_id,
                ),
            )

    def meet(
        self, links: Iterable[Link], found_on: str | None = None, *, due_now: bool = False
    ) -> int:
        """Make due at once the pages never met before, or with `due_now` all of them; return how
        many were new.
        """
        links = list(links)
        with self._writing() as now:
            met = visits.meet(self._conn, links, found_on, schedule.stamp(now))
            if due_now:
                visits.set_due(self._conn, links, schedule.stamp(now))
        return met

    def make_authors_due(self) -> None:
        """Make the first page of every author ever met due at once."""
        with self._writing() as now:
            visits.set_due(self._conn, visits.first_pages(self._conn), schedule.stamp(now))

    def due(self) -> Iterator[DuePage]:
        """Yield what is due in the order of visiting; other methods may be called between two
        steps.
        """
        return visits.due(self._conn, lambda: schedule.stamp(self._clock()))

    def count_due(self) -> int:
        """Return how many pages are due."""
        return visits.count_due(self._conn, schedule.stamp(self._clock()))

    def store_article(
        self,
        row: Mapping[str, Any],
        authors: Sequence[Author],
        page: Page,
        links: Sequence[Link],
        run_id: int,
    ) -> Outcome:
        """Store an article as seen on `page`, and return whether it is new, changed or unchanged.

        Raises ValueError for a date in `row` that is none.
        """
        with self._writing() as now:
            return write_article(self._conn, row, authors, page, links, run_id, now)

    def store_listing(self, listing: Listing) -> int:
        """Store what a listing page shows, and return how many of its articles were never met
        before.

        The walk goes on to the next page until most of a page was known when the listing was last
        walked. To ask whether its articles are known now would not do: the feed or another author's
        page may have shown them a moment ago, and what stands below them be unknown still.
        """
        page, articles = listing.page, listing.articles
        own_url = page.final_url or page.url
        with self._writing() as now:
            until = visits.known_until(self._conn, page.url)
            known = visits.count_known(self._conn, articles, until) if until else 0
            if listing.slug:
                contents.put_author(self._conn, listing.slug, listing.name, listing.bio)
            due_at = schedule.after_listing(now, own_url, (link.url for link in articles))
            visits.mark_visited(self._conn, page, own_url, due_at, schedule.stamp(now))
            met = self._meet_shown(articles, page.url, now)
            if listing.next_page:
                visits.meet(self._conn, [listing.next_page], page.url, schedule.stamp(now))
                if listing.follow_all or known * 2 <= len(articles):
                    visits.lead_on(self._conn, listing.next_page.url, until, schedule.stamp(now))
        return met

    def _meet_shown(self, links: Sequence[Link], found_on: str, now: datetime) -> int:
        """Meet the articles that a listing or the feed shows, be it again: then what was gone need
        not be gone.
        """
        met = visits.meet(self._conn, links, found_on, schedule.stamp(now))
        visits.find_again(self._conn, links, found_on)
        for url, failures, fetched_at in visits.gone_among(self._conn, links):
            due_at = schedule.after_failure(datetime.fromisoformat(fetched_at), failures)
            visits.reschedule(self._conn, url, due_at)
        return met

    def store_feed(self, feed: Feed) -> int:
        """Store what the feed shows, and return how many of its articles were never met before.

        If its oldest entry is unknown, so may be what came before it: then every author's first
        page is due.
        """
        with self._writing() as now:
            gap = bool(feed.articles) and not visits.is_known(self._conn, feed.articles[-1].url)
            visits.mark_visited(
                self._conn, feed.page, feed.page.url, schedule.after_feed(now), schedule.stamp(now)
            )
            met = self._meet_shown(feed.articles, feed.page.url, now)
            if gap:
                visits.set_due(self._conn, visits.first_pages(self._conn), schedule.stamp(now))
        return met

    def store_unchanged(self, unchanged: Unchanged) -> None:
        """Note that a page is as it was when it was last read."""
        page = unchanged.page
        with self._writing() as now:
            visits.mark_unchanged(
                self._conn, page, self._next_visit_of_unchanged(page, now), schedule.stamp(now)
            )

    def _next_visit_of_unchanged(self, page: Page, now: datetime) -> str | None:
        match page.kind:
            case "article":
                return _next_visit(
                    now, page.url, contents.check_article(self._conn, page.url, schedule.stamp(now))
                )
            case "author":
                slug = schedule.listing_name(page.url)
                return schedule.after_listing(
                    now, page.url, contents.newest_article_by(self._conn, slug)
                )
            case "feed":
                return schedule.after_feed(now)

    def store_rejection(self, rejection: Rejection, run_id: int) -> None:
        """Note a page that was not kept; it is due again later, and later each time."""
        page = rejection.page
        with self._writing() as now:
            contents.put_reject(
                self._conn,
                page.url,
                run_id,
                schedule.stamp(now),
                rejection.reason,
                rejection.detail,
            )
            self._put_off(page, rejection.reason, now)

    def store_failure(self, failure: Failure) -> None:
        """Note a visit that gave nothing: an article that is gone is never due again, other pages
        later each time.

        The feed and an author's first page, on which all else hangs, are looked for again: the next
        night after an outage, and from time to time when they are gone.
        """
        page = failure.page
        with self._writing() as now:
            self._put_off(page, failure.reason, now)
            if page.kind == "article" and page.status in _GONE:
                contents.mark_gone(self._conn, page.url, schedule.stamp(now))

    def _put_off(self, page: Page, reason: str, now: datetime) -> None:
        failures = visits.mark_failed(self._conn, page, reason, schedule.stamp(now))
        is_entrance = page.kind == "feed" or (
            page.kind == "author" and schedule.is_first_page(page.url)
        )
        if page.status in _GONE:
            due_at = schedule.after_failure(now, failures) if is_entrance else None
        else:
            is_outage = is_entrance and page.status != _OK
            due_at = schedule.after_failure(now, 1 if is_outage else failures)
        visits.reschedule(self._conn, page.url, due_at)

    def known_of(self, page: Page) -> tuple[bool, frozenset[str]]:
        """Return what is known of a page before it is stored.

        Whether its content is stored (of an author page: an article of this author), and what is
        known to be wrong with an article: it was 'rejected' when last seen, is stored 'undated' or
        'empty'; nothing, if that was held in doubt.
        """
        if page.kind == "author":
            return contents.has_articles(self._conn, schedule.listing_name(page.url)), frozenset()
        (found,) = rows(
            self._conn,
            """
            SELECT p.trouble, p.trouble IN (SELECT reason FROM rejects WHERE url = ?1) AS rejected,
                a.url IS NOT NULL AS is_stored, a.url IS NOT NULL AND published_on IS NULL AS undated,
                a.url IS NOT NULL AND body = '' AND note IS NULL AS empty
            FROM (SELECT 1) LEFT JOIN articles a ON a.url = ?1 LEFT JOIN pages p ON p.url = ?1
            """,
            page.url,
        )
        is_stored, trouble = bool(found.pop("is_stored")), found.pop("trouble")
        faults = (fault for fault, has_it in found.items() if has_it)
        return is_stored, frozenset(faults if trouble != visits.IN_DOUBT else ())

    def doubt(self, urls: Iterable[str]) -> None:
        """Make article pages of a redesign due the next night, whole, and what is wrong with them
        news each time.
        """
        with self._writing() as now:
            visits.doubt(self._conn, urls, schedule.after_failure(now, failures=1))

    def newest_article_url(self) -> str:
        """Return the URL of the newest article stored, by the month in it, or ''."""
        return rows(self._conn, "SELECT max(url) AS url FROM articles")[0]["url"] or ""

    def stats_of_good_runs(self, count: str, limit: int) -> list[dict[str, Any]]:
        """Return the stats of the last runs with the verdict `ok` in which a certain count was
        above nought.
        """
        found = rows(
            self._conn,
            """
            SELECT stats FROM runs WHERE verdict = 'ok' AND json_extract(stats, '$."' || ? || '"') > 0
            ORDER BY id DESC LIMIT ?
            """,
            count,
            limit,
        )
        return [json.loads(row["stats"]) for row in found]

    @contextmanager
    def _writing(self) -> Iterator[datetime]:
        """Give the present moment to a block that is one transaction."""
        with transaction(self._conn):
            yield self._clock()


def write_article(
    conn: sqlite3.Connection,
    row: Mapping[str, Any],
    authors: Sequence[Author],
    page: Page,
    links: Sequence[Link],
    run_id: int,
    now: datetime,
) -> Outcome:
    """Do what `Archive.store_article` does inside the caller's transaction, of which many articles
    may be part.
    """
    stored = contents.put_article(conn, row, run_id, schedule.stamp(now))
    contents.put_byline(conn, stored.id, row["url"], authors)
    visits.mark_visited(
        conn, page, row["url"], _next_visit(now, row["url"], stored), schedule.stamp(now)
    )
    visits.meet(conn, links, page.url, schedule.stamp(now))
    if stored.outcome == "new":  # an author may have been silent for years, and be it no more
        for link in links:
            if link.kind == "author":
                visits.bring_forward(
                    conn, link.url, schedule.after_listing(now, link.url, [row["url"]])
                )
    return stored.outcome


def _file_at(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from every other on this machine, or None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _next_visit(now: datetime, url: str, stored: contents.StoredArticle) -> str | None:
    return schedule.after_article(
        now, url, stored.published_at, stored.published_on, stored.first_seen_at
    )


def _json(mapping: Mapping[str, object]) -> str:
    return json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    return schedule.stamp(value) if isinstance(value, datetime) else str(value)
