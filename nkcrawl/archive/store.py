"""The archive as the rest of the project sees it: each `store_` method is one transaction."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from nkcrawl.archive import contents, schedule, visits
from nkcrawl.archive.connection import rows, transaction
from nkcrawl.archive.contents import Outcome
from nkcrawl.archive.opening import open_database
from nkcrawl.archive.visits import DuePage
from nkcrawl.items import Author, Failure, Link, Listing, Page, Rejection

_GONE = (404, 410)
_CLOSING_PATIENCE = 1_000  # milliseconds


class Archive:
    """One open archive file; an sqlite3.Error of any method is passed on, with nothing of that call stored."""

    def __init__(self, path: Path, database: Database, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._conn = database.conn
        self._clock = clock
        self._is_open = True

    @classmethod
    def open(cls, path: Path, clock: Callable[[], datetime] = schedule.utc_now) -> "Archive":
        """Open the archive at `path`, or create it there.

        Raises ArchiveError, with the file as it was, when it is not a sound and writable archive of ours.
        """
        return cls(path, open_database(path), clock)

    def close(self) -> None:
        """Bring everything into the one file and let go of it; a second call does nothing."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            # A reader may hold the log for as long as it likes; then the log stays, and nothing is lost.
            self._conn.execute(f"PRAGMA busy_timeout = {_CLOSING_PATIENCE:d}")
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self._conn.close()

    def begin_run(self, args: Mapping[str, object], versions: Mapping[str, str]) -> int:
        """Record that a run started and return its id; it has no verdict until `finish_run`."""
        with self._writing() as now:
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
        """Record how a run ended; moments among the stats are written as the archive writes them."""
        with self._writing() as now:
            self._conn.execute(
                """
                UPDATE runs
                SET finished_at = ?, verdict = ?, exit_code = ?, finish_reason = ?, summary = ?, stats = ?
                WHERE id = ?
                """,
                (schedule.stamp(now), verdict, exit_code, finish_reason, summary, _json(stats), run_id),
            )

    def meet(self, links: Iterable[Link], found_on: str | None = None, *, due_now: bool = False) -> int:
        """Make due at once the pages never met before, or with `due_now` all of them; return how many were new."""
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
        """Yield what is due in the order of visiting; other methods may be called between two steps."""
        return visits.due(self._conn, lambda: schedule.stamp(self._clock()))

    def count_due(self) -> int:
        """Return how many pages are due."""
        return visits.count_due(self._conn, schedule.stamp(self._clock()))

    def store_article(
        self, row: Mapping[str, Any], authors: Sequence[Author], page: Page, links: Sequence[Link], run_id: int
    ) -> Outcome:
        """Store an article as seen on `page`, and return whether it is new, changed or unchanged.

        Raises ValueError for a date in `row` that is none.
        """
        with self._writing() as now:
            stored = contents.put_article(self._conn, row, run_id, schedule.stamp(now))
            contents.put_byline(self._conn, stored.id, authors)
            due_at = schedule.after_article(
                now, row["url"], stored.published_at, stored.published_on, stored.first_seen_at
            )
            visits.mark_visited(self._conn, page, row["url"], due_at, schedule.stamp(now))
            visits.meet(self._conn, links, page.url, schedule.stamp(now))
        return stored.outcome

    def store_listing(self, listing: Listing, run_id: int) -> int:
        """Store what a listing page shows, and return how many of its articles were never met before."""
        page, articles = listing.page, listing.articles
        own_url = page.final_url or page.url
        with self._writing() as now:
            if listing.slug:
                contents.put_author(self._conn, listing.slug, listing.name, listing.bio)
            due_at = schedule.after_listing(now, own_url, (link.url for link in articles))
            visits.mark_visited(self._conn, page, own_url, due_at, schedule.stamp(now))
            met = visits.meet(self._conn, articles, page.url, schedule.stamp(now))
            if listing.next_page:
                self._meet_next(listing.next_page, page.url, met > 0 or listing.walk_on, schedule.stamp(now))
            if page.kind == "author":
                visits.find_again(self._conn, articles, page.url)
        return met

    def _meet_next(self, next_page: Link, found_on: str, walks_on: bool, now: str) -> None:
        """Make the next page of a listing due if it was never met, or if the walk goes on through the listing."""
        visits.meet(self._conn, [next_page], found_on, now)
        if walks_on:
            visits.set_due(self._conn, [next_page], now)

    def store_rejection(self, rejection: Rejection, run_id: int) -> None:
        """Note a page that was not kept; it is due again later, and later each time."""
        page = rejection.page
        with self._writing() as now:
            contents.put_reject(self._conn, page.url, run_id, schedule.stamp(now), rejection.reason, rejection.detail)
            self._put_off(page, now)

    def store_failure(self, failure: Failure, run_id: int) -> None:
        """Note a visit that gave nothing: a page that is gone is never due again, any other later each time.

        `run_id` is not kept: failures are counted on the page, not listed.
        """
        page = failure.page
        with self._writing() as now:
            self._put_off(page, now)
            if page.status in _GONE:
                visits.reschedule(self._conn, page.url, None)
                if page.kind == "article":
                    contents.mark_gone(self._conn, page.url, schedule.stamp(now))

    def _put_off(self, page: Page, now: datetime) -> None:
        failures = visits.mark_failed(self._conn, page, schedule.stamp(now))
        visits.reschedule(self._conn, page.url, schedule.after_failure(now, failures))

    def count_by_access(self) -> dict[str, int]:
        """Return how many articles there are of each access, free ones first."""
        found = rows(self._conn, "SELECT access, count(*) AS articles FROM articles GROUP BY access ORDER BY access")
        return {row["access"]: row["articles"] for row in found}

    def newest_articles(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest rows of the view `article_list`, undated ones last."""
        return rows(self._conn, "SELECT * FROM article_list ORDER BY published_on DESC, id LIMIT ?", limit)

    @contextmanager
    def _writing(self) -> Iterator[datetime]:
        """Give the present moment to a block that is one transaction."""
        with transaction(self._conn):
            yield self._clock()


def _json(mapping: Mapping[str, object]) -> str:
    return json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    return schedule.stamp(value) if isinstance(value, datetime) else str(value)
