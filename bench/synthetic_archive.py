"""Synthetic archives of any size, written by the code that stores a crawl.

The vocabulary is that of the demo site, whose few hundred words are all common, with invented
names whose frequencies follow Zipf's law. The same numbers always give the same archive.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from nkcrawl.archive import schedule
from nkcrawl.archive.archive import write_article
from nkcrawl.archive.articles import Articles
from nkcrawl.archive.connect import open_database, transaction
from nkcrawl.archive.pages import Pages
from nkcrawl.demo import FakeSite, grammar
from nkcrawl.items import Author, Link, Page
from nkcrawl.site import SITE, author_path
from nkcrawl.text import format_timestamp

SEED = 0
NEWEST = date(2025, 11, 19)
DAYS = 4_700  # back to the beginning of 2013
A_DAY = 10  # articles that come on each of the last days, however large the archive
LAST_DAYS = 8  # an article is visited again for that long
STORED = datetime(2025, 11, 19, 20, 17, tzinfo=UTC)  # the night of the last run
TONIGHT = STORED + timedelta(days=1)
WAITING = 500  # articles not fetched yet: what the request budget of a night leaves
CHANGED = 25  # one article in this number has been changed once
PER_PAGE = 10  # articles on a page of an author's listing
BATCH_SIZE = 1_000  # articles per transaction
PARAGRAPHS = 20_000  # generated once, then drawn from
NAMES = 50_000
SYLLABLES = (
    "an bor cha dok eun fel gyo hwa ik jin kor lun mae nok or pyo rak sin tae ul vor won yan zel"
).split()


class MadeUp:
    """Articles like those of a news site: two in five free, of some 500 words; one in 20 Korean."""

    def __init__(self) -> None:
        self._rng = rng = Random(SEED)
        # The most common ones first.
        self.names = [_name(number) for number in rng.sample(range(len(SYLLABLES) ** 4), NAMES)]
        self._weights = list(accumulate(1 / rank for rank in range(1, NAMES + 1)))
        self._english = [grammar.paragraph(rng) for _ in range(PARAGRAPHS)]
        self._korean = [grammar.paragraph(rng, korean=True) for _ in range(PARAGRAPHS)]
        self.authors = [
            Author(author.slug, author.name) for author in FakeSite(articles=0, authors=60).authors
        ]
        self.urls: list[str] = []  # of the articles made so far

    def article(self, number: int) -> dict[str, Any]:
        """Return an article as the pipelines pass it to the archive."""
        rng = self._rng
        korean, whole = rng.random() < 0.05, rng.random() < 0.4
        day = self._day(number)
        slug = grammar.slugify(grammar.title(number, 0))
        paragraphs = rng.choices(
            self._korean if korean else self._english, k=rng.randint(8, 22) if whole else 2
        )
        names = rng.choices(self.names, cum_weights=self._weights, k=8 if whole else 2)
        url = f"{SITE}/{day.year}/{day.month:02}/{slug}-{number}/"
        self.urls.append(url)
        return {
            "url": url,
            "title": (grammar.korean_title if korean else grammar.title)(number, 0),
            "subtitle": grammar.subtitle(rng, korean),
            "label": rng.choice(("News", "Features", "Opinion", "Columns", None)),
            "byline": None,
            "published_on": day.isoformat(),
            "published_at": None,
            "modified_at": None,
            "body": "\n\n".join((*paragraphs, f"{' and '.join(names)} were there.")),
            "note": None,
            "access": "free" if whole else "teaser",
            "access_evidence": ["offer box: 8 lines"],
            "image_url": f"{SITE}/wp-content/uploads/{slug}.jpg",
            "image_caption": grammar.caption(rng),
            "image_credit": "Pool photo",
            "language": "ko" if korean else "en",
            "extractor_version": 1,
        }

    def _day(self, number: int) -> date:
        """Return an article's publication day: the first ones on the last days, others before."""
        if number < A_DAY * LAST_DAYS:
            return NEWEST - timedelta(days=number // A_DAY)
        return NEWEST - timedelta(days=self._rng.randrange(LAST_DAYS, DAYS))

    def byline(self) -> list[Author]:
        """Return one or two authors of an article."""
        return self._rng.sample(self.authors, self._rng.choice((1, 1, 2)))

    def seen(self, number: int) -> tuple[dict[str, Any], list[Author], Page, list[Link]]:
        """Return an article as read on a visit: row, authors, page, and links to other pages."""
        row, byline = self.article(number), self.byline()
        page = Page(row["url"], "article", row["url"], 200, f'"{number:020}"')
        stories = self._rng.choices(self.urls, k=3)
        return (
            row,
            byline,
            page,
            [*map(author_link, byline), *(Link(url, "article") for url in stories)],
        )

    def waiting(self) -> list[Link]:
        """Return links to articles that have not been fetched."""
        days = (
            NEWEST - timedelta(days=self._rng.randrange(LAST_DAYS, DAYS)) for _ in range(WAITING)
        )
        return [
            Link(f"{SITE}/{day:%Y/%m}/waiting-{number}/", "article")
            for number, day in enumerate(days)
        ]


def _name(number: int) -> str:
    syllables = []
    for _ in range(4):
        number, syllable = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[syllable])
    return "".join(syllables).capitalize()


def author_link(author: Author, number: int = 1) -> Link:
    """Return the link to a page of an author's listing."""
    further = f"page/{number}/" if number > 1 else ""
    return Link(f"{SITE}{author_path(author.slug)}{further}", "author")


@contextmanager
def writing_fast(path: Path) -> Iterator[sqlite3.Connection]:
    """Open or create an archive for bulk writing, without waiting for the disk."""
    database, lock = open_database(path, STORED)
    with closing(database.conn) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        yield conn
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        conn.execute("PRAGMA journal_mode = DELETE").fetchall()
    lock.release()


def begin(conn: sqlite3.Connection, made_up: MadeUp) -> None:
    """Store a run in a new archive, and the links to articles that have not been fetched."""
    with transaction(conn):
        conn.execute(
            """
            INSERT INTO runs (started_at, finished_at, verdict, args, versions)
            VALUES (?1, ?1, 'ok', '{}', '{}')
            """,
            (format_timestamp(STORED),),
        )
        author_page = author_link(made_up.authors[0])
        Pages(conn, lambda: STORED).add_links(made_up.waiting(), author_page.url)


def fill(conn: sqlite3.Connection, made_up: MadeUp, start: int, end: int) -> None:
    """Store a range of articles as a crawl does, but many per transaction, and all listings."""
    for first in range(start, end, BATCH_SIZE):
        with transaction(conn):
            for number in range(first, min(first + BATCH_SIZE, end)):
                _store(conn, made_up, number)
        if sys.stderr.isatty():
            print(f"{first:,} of {end:,} articles stored", end="\r", file=sys.stderr, flush=True)
    with transaction(conn):
        _store_listings(conn, made_up, end)


def _store(conn: sqlite3.Connection, made_up: MadeUp, number: int) -> None:
    row, *seen = made_up.seen(number)
    tables = Articles(conn, lambda: STORED), Pages(conn, lambda: STORED)
    write_article(*tables, row, *seen, 1)
    if number % CHANGED == 0:
        write_article(*tables, row | {"title": f"{row['title']} again"}, *seen, 1)


def _store_listings(conn: sqlite3.Connection, made_up: MadeUp, articles: int) -> None:
    """Record that every page of every author's listing was read; all are of one length."""
    pages = Pages(conn, lambda: STORED)
    page_count = max(1, articles * 4 // 3 // len(made_up.authors) // PER_PAGE)
    newest = [f"{SITE}/{NEWEST:%Y/%m}/news/"]
    for author in made_up.authors:
        for number in range(1, page_count + 1):
            url = author_link(author, number).url
            due_at = schedule.after_listing(STORED, url, newest)
            pages.mark_visited(Page(url, "author", url, 200), url, due_at)
