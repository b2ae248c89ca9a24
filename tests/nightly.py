"""Nightly crawls of the made-up site: each a real crawl at a chosen time, of the site that day."""

import subprocess
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.conftest import at, crawl_args, rows, scrapy
from tests.site import EditableSite, FaultyServer

NEWEST = date(2025, 11, 10)  # when the newest article of the made-up site is published
CLOCK = time(20, 17)  # UTC, when cron starts the crawl: 5:17 in the morning in Seoul


class NightlyCrawls:
    """The made-up site and an archive of it, from one night to the next."""

    def __init__(self, fake_site: EditableSite, archive_file: Path, first: date) -> None:
        self.fake_site = fake_site
        self.archive_file = archive_file
        self.site = FaultyServer(fake_site)
        self.site.etag_ignores_visit = True
        self.now = datetime.combine(first, CLOCK, UTC)
        self.show()

    def __enter__(self) -> Self:
        self.site.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.site.__exit__(kind, error, trace)

    def show(self) -> None:
        """Show the site as it is on this day in Seoul."""
        self.fake_site.go_to((self.now + timedelta(hours=9)).date())

    def pass_by(self, days: float = 1) -> None:
        self.now += timedelta(days=days)
        self.show()

    def crawl(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Crawl tonight; `request_counts` then counts its requests."""
        self.site.log.clear()
        return scrapy(*crawl_args(self.site, self.archive_file), *args, **at(self.now))

    @property
    def request_counts(self) -> Counter[str]:
        return Counter(hit.path for hit in self.site.log)

    def url(self, path: str) -> str:
        return self.site.base_url + path

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return rows(self.archive_file, sql, *values)

    def article(self, path: str) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM articles WHERE url = ?", self.url(path))
        return row

    def page(self, path: str) -> dict[str, Any]:
        (row,) = self.rows("SELECT * FROM pages WHERE url = ?", self.url(path))
        return row
