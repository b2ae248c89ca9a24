"""Counts the requests of a night: `python bench/nightly_requests.py` prints requests, and the time
that they take politely.

The nights are real crawls, at simulated times, of the made-up site on loopback, for archives of
1,000, 10,000 and 50,000 articles by 40 authors. They run without a delay; the time is requests
times two seconds, the least that a crawl with the delay takes. The site publishes ten articles a
day, whatever its size, until it stops.

The first backfill is counted: each article, each alias that a page links to, each page of each
author's listing, the feed and robots.txt once. That of the smallest site is also crawled, to check
the count: it is lower if an alias is requested first, which saves the request for the article. The
archives of the nights are filled with what a backfill stores, with an ETag for each page that will
be requested again. A plain spider, which remembers nothing, requests all of it each night.
"""

import argparse
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import scrapy

import nkcrawl
from nkcrawl import site
from nkcrawl.demo import DemoArticle, FakeSite
from nkcrawl.items import Visit
from nkcrawl.pages import EXTRACTOR_VERSION
from tests.factories import feed, listing, new_archive, store, visited
from tests.nightly import NEWEST, NightlyCrawls
from tests.site import EditableSite

SIZES = (1_000, 10_000, 50_000)
AUTHORS = 40
PER_DAY = 10  # articles of each of the last days
LAST_DAYS = 30
BACKFILLED = NEWEST - timedelta(days=14)
DELAY = 2  # seconds
CRAWLED = 1_000  # articles of the largest site whose backfill is crawled


@dataclass(frozen=True)
class Cost:
    """The requests of a crawl."""

    requests: int
    unchanged: int = 0  # of them, answered 304

    def __str__(self) -> str:
        return f"{self.requests:,}, {self.unchanged:,} × 304, {as_time(self.requests * DELAY)}"


def as_time(seconds: int) -> str:
    """Return a time with two digits or so: 94 s, 12 min, 28 h."""
    if seconds < 600:
        return f"{seconds} s"
    return f"{seconds / 60:.0f} min" if seconds < 36_000 else f"{seconds / 3600:.0f} h"


class SteadySite(EditableSite):
    """A made-up site with the same number of new articles per day, whatever its size."""

    def _day(self, position: int) -> date:
        newest, recent = self.today - timedelta(days=10), PER_DAY * LAST_DAYS
        if position < recent:
            return newest - timedelta(days=position // PER_DAY)
        span = (newest - date(2013, 1, 3)).days - LAST_DAYS
        return newest - timedelta(days=LAST_DAYS + span * (position - recent) // self._all)


def fill(nights: NightlyCrawls) -> None:
    """Store all that the site shows tonight, as a backfill that ends tonight leaves it."""
    fake_site = nights.fake_site
    with new_archive(nights.archive_file, lambda: nights.now) as archive:
        archive._conn.execute("PRAGMA synchronous = OFF")
        for article in fake_site.articles:
            row = fake_site.expected_row(article, nights.site.base_url)
            visit = visited_with_etag(nights, article.path) if is_recent(article) else None
            store(archive, visit=visit, extractor_version=EXTRACTOR_VERSION, **row)
        for path, article in aliases(fake_site).items():
            row = fake_site.expected_row(article, nights.site.base_url)
            store(archive, visit=visited(nights.url(path)), **row)
        for author in fake_site.authors:
            for number, path in enumerate(listing_paths(fake_site, author.slug), start=1):
                shown = [nights.url(entry.path) for entry in fake_site.entries(author.slug, number)]
                visit = listing(nights.url(path), *shown, slug=author.slug, name=author.name)
                if number == 1:
                    visit.etag = nights.site.etag(nights.site.get(path).body)
                archive.store(visit, 1)
        archive.store(feed(url=nights.url(site.FEED_PATH)), 1)
        archive.finish_run(
            1, verdict="ok", exit_code=0, finish_reason="finished", summary="Done.", stats={}
        )


def visited_with_etag(nights: NightlyCrawls, path: str) -> Visit:
    """Return tonight's visit of an article, with the ETag that the site will confirm."""
    return visited(nights.url(path), etag=nights.site.etag(nights.site.get(path).body))


def is_recent(article: DemoArticle) -> bool:
    return article.published_on > BACKFILLED - timedelta(days=9)


def listing_paths(fake_site: FakeSite, slug: str) -> list[str]:
    """Return the paths of all pages of an author's listing."""
    first = site.author_path(slug)
    if not fake_site.articles_of(slug):
        return []  # no page links to it
    return [
        first,
        *(f"{first}page/{number}/" for number in range(2, fake_site.page_count(slug) + 1)),
    ]


def aliases(fake_site: FakeSite) -> dict[str, DemoArticle]:
    """Return the articles by the paths that Recent Stories link to instead of their own."""
    linked = (
        (path, story) for article in fake_site.articles for story, path in fake_site.recent(article)
    )
    return {path: story for path, story in linked if path != story.path}


def count_backfill(fake_site: FakeSite) -> Cost:
    """Return the requests that it takes to visit all pages once."""
    listings = sum(len(listing_paths(fake_site, author.slug)) for author in fake_site.authors)
    return Cost(len(fake_site.articles) + len(aliases(fake_site)) + listings + 2)


def crawl(nights: NightlyCrawls) -> Cost:
    """Crawl tonight, and return the cost."""
    done = nights.crawl("-s", "NKCRAWL_REQUEST_BUDGET=0")
    if (done.returncode, done.stderr) != (0, ""):
        raise RuntimeError(f"the crawl ended with {done.returncode}: {done.stderr}")
    return Cost(len(nights.site.log), sum(hit.status == 304 for hit in nights.site.log))


def simulate(size: int, folder: Path) -> dict[str, Cost | None]:
    """Return the cost of each kind of night, for an archive of `size` articles."""
    fake_site = SteadySite(size, AUTHORS, today=NEWEST + timedelta(days=10))
    costs: dict[str, Cost | None] = {
        "first backfill, counted": count_backfill(fake_site),
        "… and crawled": None,
    }
    if size <= CRAWLED:
        with NightlyCrawls(fake_site, folder / "backfill.db", NEWEST) as nights:
            costs["… and crawled"] = crawl(nights)
    with NightlyCrawls(fake_site, folder / f"{size}.db", BACKFILLED) as nights:
        fill(nights)
        for _ in range(3):
            nights.pass_by()
            costs["ten new articles"] = crawl(nights)
        nights.pass_by(10)
        costs["after nine nights without a crawl"] = crawl(nights)
        nights.pass_by()
        costs["nothing new, recent articles to check again"] = crawl(nights)
        for _ in range(8):
            nights.pass_by()
            costs["nothing new, no article to check again"] = crawl(nights)
    return costs | {"a plain spider, every night": costs["first backfill, counted"]}


def table(found: Mapping[int, Mapping[str, Cost | None]]) -> str:
    """Return the costs as a Markdown table, one column per size."""
    head = ["", *(f"{size:,} articles" for size in found)]
    kinds = next(iter(found.values()))
    lines = [[kind, *(str(costs[kind] or "") for costs in found.values())] for kind in kinds]
    return "\n".join(
        f"| {' | '.join(cells)} |" for cells in (head, ["---", *["---:"] * len(found)], *lines)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Count the requests of a night, for archives of several sizes."
    )
    parser.add_argument(
        "--most", type=int, default=SIZES[-1], metavar="N", help="articles; default: 50000"
    )
    most = parser.parse_args().most
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as folder:
        found = {
            size: simulate(size, Path(folder))
            for size in [*(size for size in SIZES if size < most), most]
        }
    print(
        f"Requests, how many of them were answered 304 (not modified), and their time at {DELAY} "
        f"seconds each. nkcrawl {nkcrawl.__version__}, Scrapy {scrapy.__version__}, "
        f"Python {platform.python_version()}; seed 0.\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
