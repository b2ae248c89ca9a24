"""What does a night cost the site? `python bench/nightly_requests.py` prints requests, and the time that they
take politely.

The nights are real crawls, at a moment of our choosing, of the bundled site on loopback, for
archives of 1,000, 10,000 and 50,000 articles by 40 authors. They run without a delay; the time is
requests times two seconds, which is what a crawl that keeps the delay takes at least. The site has
ten new articles a day, however many it has in all, until it falls silent.

The first backfill is counted: each article, each second address of one that a page links to, each
page of each author's listing, the feed and robots.txt once. That of the smallest site is crawled,
too, to show that the count is right: it is lower where a second address was asked for first, which
spares the article's own. The archives of the nights are filled with what a backfill would have
stored, by the code that stores it, with an ETag for whatever is asked for again. A plain spider,
which remembers nothing, asks for all that again each night.
"""

import argparse
import platform
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import scrapy
from nkcrawl.demo.feed import FEED_PATH
from synthetic_archive import writing_fast

import nkcrawl
from nkcrawl.archive import Archive, schedule
from nkcrawl.archive.archive import write_article
from nkcrawl.archive.articles import Articles
from nkcrawl.archive.connect import transaction
from nkcrawl.archive.pages import Pages
from nkcrawl.demo import DemoArticle
from nkcrawl.items import Author, Link, Page, PageKind
from nkcrawl.pages import EXTRACTOR_VERSION
from tests.nightly import NightlyCrawls
from tests.site import EditableSite

SIZES = (1_000, 10_000, 50_000)
AUTHORS = 40
A_DAY = 10  # articles that come on each of the last days
LAST_DAYS = 30
LAST = date(2025, 11, 10)  # the day of the newest article
BACKFILLED = LAST - timedelta(days=14)
DELAY = 2  # seconds
CRAWLED = 1_000  # articles of the largest site whose backfill is crawled


@dataclass(frozen=True)
class Cost:
    """What a crawl asked for."""

    requests: int
    unchanged: int = 0  # of them, answered 304

    def __str__(self) -> str:
        return f"{self.requests:,}, {self.unchanged:,} × 304, {in_words(self.requests * DELAY)}"


def in_words(seconds: int) -> str:
    """Return a time to two digits or so: 94 s, 12 min, 28 h."""
    if seconds < 600:
        return f"{seconds} s"
    return f"{seconds / 60:.0f} min" if seconds < 36_000 else f"{seconds / 3600:.0f} h"


class SteadySite(EditableSite):
    """A made-up NK News with as many new articles a day, whatever its size."""

    def _day(self, position: int) -> date:
        newest, recent = self.today - timedelta(days=10), A_DAY * LAST_DAYS
        if position < recent:
            return newest - timedelta(days=position // A_DAY)
        span = (newest - date(2013, 1, 3)).days - LAST_DAYS
        return newest - timedelta(days=LAST_DAYS + span * (position - recent) // self.size)


def fill(nights: NightlyCrawls) -> None:
    """Store all that the site shows tonight, as a backfill that ends tonight leaves it."""
    with closing(Archive.open(nights.archive_file, lambda: nights.now)) as archive:
        run_id = archive.begin_run({}, {})
        archive.finish_run(
            run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Done.", stats={}
        )
    with writing_fast(nights.archive_file) as conn, transaction(conn):
        articles, pages = Articles(conn, lambda: nights.now), Pages(conn, lambda: nights.now)
        for article in nights.fake_site.articles:
            row = nights.fake_site.expected_row(article, nights.site.base_url)
            authors = [Author(slug, name) for slug, name in row.pop("authors")]
            row |= {"access_evidence": [], "extractor_version": EXTRACTOR_VERSION}
            seen = page(nights, article.path, is_recent(article))
            write_article(articles, pages, row, authors, seen, [], run_id)
        for path in second_addresses(nights.fake_site):
            pages.add_links([Link(nights.url(path), "article")], None)
            pages.set_due_at(nights.url(path), None)
        for author in nights.fake_site.authors:
            shown = [
                nights.url(article.path) for article in nights.fake_site.entries(author.slug, 1)
            ]
            for path in listing_paths(nights.fake_site, author.slug):
                due_at = schedule.after_listing(nights.now, nights.url(path), shown)
                seen = page(nights, path, path == author_path(author.slug), "author")
                pages.mark_visited(seen, seen.url, due_at)
        seen = page(nights, FEED_PATH, True, "feed")
        pages.mark_visited(seen, seen.url, schedule.after_feed(nights.now))


def page(
    nights: NightlyCrawls, path: str, is_asked_again: bool, kind: PageKind = "article"
) -> Page:
    """Return a page as it was visited tonight, with its ETag if anybody will ask for it again."""
    etag = nights.site.etag(nights.site.get(path).body) if is_asked_again else None
    return Page(nights.url(path), kind, nights.url(path), 200, etag)


def is_recent(article: DemoArticle) -> bool:
    return article.published_on > BACKFILLED - timedelta(days=9)


def listing_paths(fake_site: EditableSite, author: DemoAuthor) -> list[str]:
    """Return the paths of all pages of an author's listing."""
    if not fake_site.articles_of(author.slug):
        return []  # no page leads there
    pages = range(1, fake_site.page_count(author.slug) + 1)
    return [author.page_path(number) for number in pages]


def second_addresses(fake_site: EditableSite) -> set[str]:
    """Return the paths that Recent Stories link to beside articles' own."""
    linked = (
        (story.path, path)
        for article in fake_site.articles
        for story, path in fake_site.recent(article)
    )
    return {path for own, path in linked if path != own}


def count_backfill(fake_site: EditableSite) -> Cost:
    """Return what it takes to see all that the site shows once."""
    listings = sum(len(listing_paths(fake_site, author)) for author in fake_site.authors)
    return Cost(len(fake_site.articles) + len(second_addresses(fake_site)) + listings + 2)


def crawl(nights: NightlyCrawls) -> Cost:
    """Crawl tonight, and return what it took."""
    done = nights.crawl("-s", "NKCRAWL_REQUEST_BUDGET=0")
    if (done.returncode, done.stderr) != (0, ""):
        raise RuntimeError(f"the crawl ended with {done.returncode}: {done.stderr}")
    return Cost(len(nights.site.log), sum(hit.status == 304 for hit in nights.site.log))


def live(size: int, folder: Path) -> dict[str, Cost | None]:
    """Return what each kind of night costs with an archive of so many articles."""
    fake_site = SteadySite(size, AUTHORS, today=LAST + timedelta(days=10))
    costs: dict[str, Cost | None] = {
        "first backfill, counted": count_backfill(fake_site),
        "… and crawled": None,
    }
    if size <= CRAWLED:
        with NightlyCrawls(fake_site, folder / "backfill.db", LAST) as nights:
            costs["… and crawled"] = crawl(nights)
    with NightlyCrawls(fake_site, folder / f"{size}.db", BACKFILLED) as nights:
        fill(nights)
        for _ in range(3):
            nights.pass_by()
            costs["ten new articles"] = crawl(nights)
        nights.pass_by(10)
        costs["after nine nights without a crawl"] = crawl(nights)
        nights.pass_by()
        costs["nothing new, recent articles to ask again"] = crawl(nights)
        for _ in range(8):
            nights.pass_by()
            costs["nothing new, none to ask again"] = crawl(nights)
    return costs | {"a plain spider, each night": costs["first backfill, counted"]}


def table(found: Mapping[int, Mapping[str, Cost | None]]) -> str:
    """Return the costs in Markdown, a column a size."""
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
            size: live(size, Path(folder))
            for size in [*(size for size in SIZES if size < most), most]
        }
    print(
        f"Requests, how many of them were answered 304 (as it was), and their time at {DELAY} seconds each. nkcrawl "
        f"{nkcrawl.__version__}, Scrapy {scrapy.__version__}, Python {platform.python_version()}; seed 0.\n"
    )
    print(table(found))


if __name__ == "__main__":
    main()
