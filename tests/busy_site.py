"""A small site with a few new articles every night, for tests that need many nights."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from types import TracebackType
from typing import Self

from nkcrawl import site
from nkcrawl.demo import FakeSite, Response
from tests.conftest import at, crawl_args, scrapy
from tests.site import Fault, FaultyServer

FIRST_NIGHT = datetime.combine(date(2025, 6, 10), time(20, 17), UTC)
PER_NIGHT = 3
HISTORY = 30  # nights of articles before the first crawl
_FOOT = "<p>© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved</p>"
_TEXT = (
    "The harbor office counts its ferries in a second ledger, three traders said this week.",
    "The new list names fourteen hulls, although the quay has room for nine of them.",
    "A clerk told one trader that the figures would be sent on before the end of the month.",
    "The office did not answer questions about the ledger, nor did the ferry company.",
)


class BusySite:
    """The site, its archive, and the number of the night; `fault` changes the responses of it.

    `fault` takes a path and returns what the site answers there in place of the page, or None.
    """

    def __init__(self, archive_file: Path, authors: int = 7) -> None:
        self.archive_file = archive_file
        self.night = 0
        self.fault: Callable[[str], Fault | None] = lambda path: None
        self.item = "<item><title>Ferries</title><link>{url}</link></item>"
        extra = tuple(f"writer-{number}" for number in range(authors - len(site.SEED_AUTHORS)))
        self.slugs = (*site.SEED_AUTHORS, *extra)
        self.server = _Server(self)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.__exit__(kind, error, trace)

    def crawl(self) -> CompletedProcess[str]:
        """Let a night pass, and crawl."""
        self.night += 1
        now = FIRST_NIGHT + timedelta(days=self.night)
        return scrapy(*crawl_args(self.server, self.archive_file), "-s", "RETRY_TIMES=0", **at(now))

    def status(self, *args: str) -> CompletedProcess[str]:
        now = FIRST_NIGHT + timedelta(days=self.night, hours=3)
        return scrapy("status", *args, NKCRAWL_DATABASE=str(self.archive_file), **at(now))

    def url(self, path: str) -> str:
        return self.server.base_url + path

    def paths(self) -> dict[str, int]:
        """Return the paths of the articles, the newest first, each with its night."""
        nights = range(self.night, -HISTORY, -1)
        return {_path(night, number): night for night in nights for number in range(PER_NIGHT)}

    def page(self, path: str) -> Fault | None:
        """Return what the site shows at a path."""
        if (fault := self.fault(path)) is not None:
            return fault
        if path == site.FEED_PATH:
            items = (self.item.format(url=self.url(path)) for path in list(self.paths())[:9])
            return 200, f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'
        if slug := site.author_slug(path):
            return (200, self._author_page(slug)) if slug in self.slugs else 404
        night = self.paths().get(path)
        return 404 if night is None else (200, self._article(path, night))

    def _author_page(self, slug: str) -> str:
        """The first author has written everything, the others one old article."""
        paths = list(self.paths())
        shown = paths if slug == self.slugs[0] else paths[-1:]
        entries = "".join(f'<div><a href="{path}">The story of {path}</a></div>' for path in shown)
        return (
            f"<html><body><main><h3>About the author</h3><p>{slug}</p><p>Writes.</p>"
            f"<h2>More articles by '{slug}'</h2>{entries}</main>{_FOOT}</body></html>"
        )

    def _article(self, path: str, night: int) -> str:
        names = self.slugs if night == 1 - HISTORY else self.slugs[:1]
        byline = " | ".join(
            f'<a href="{site.author_path(slug)}">{slug.replace("-", " ").title()}</a>'
            for slug in names
        )
        day = _day(night)
        text = "".join(f"<p>{sentence} {' '.join(_TEXT[:2])}</p>" for sentence in _TEXT)
        title = f"{path.split('/')[3].replace('-', ' ').capitalize()} of the harbor office"
        return (
            f'<html lang="en"><head><meta charset="utf-8"><title>{title} | NK News</title></head>'
            f"<body><main><h1>{title}</h1><h2>Two ledgers, one quay</h2><div>{byline} {day:%B} "
            f"{day.day}, {day.year}</div>{text}</main><h3>Recent Stories</h3>{_FOOT}</body></html>"
        )


class _Server(FaultyServer):
    def __init__(self, busy_site: BusySite) -> None:
        self.busy_site = busy_site
        super().__init__(FakeSite(articles=1))
        self.faults["/robots.txt"] = (200, "User-agent: *\nDisallow: /wp-admin/\n")

    def get(self, path: str) -> Response:
        if path != "/robots.txt":
            self.faults[path] = self.busy_site.page(path)
        return super().get(path)


def _day(night: int) -> date:
    return FIRST_NIGHT.date() + timedelta(days=night)


def _path(night: int, number: int) -> str:
    return f"/{_day(night):%Y/%m}/story-{night + HISTORY}-{'abcdefgh'[number]}/"
