"""How long does a search take? Makes up an archive, asks it 200 questions of ten kinds, and prints a table of times.

`python bench/search.py --articles 100000`; the archive is made in a temporary folder, by the code that stores a crawl, and
removed at the end. Its words are those of the made-up site, with invented names among them that grow rarer by Zipf's law,
because that site's few hundred words are all common. Each question is asked once, as `scrapy search` would ask it, in one
process, with the file in the system's cache: starting Python is not counted.
"""

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from nkcrawl.archive import Question, Reader, Selection, schedule
from nkcrawl.archive.connection import transaction
from nkcrawl.archive.contents import put_article, put_byline
from nkcrawl.archive.opening import open_database
from nkcrawl.demo import World, grammar
from nkcrawl.items import Author

SITE = "https://www.nknews.org"
NEWEST = date(2025, 11, 20)
DAYS = 4_700  # back to the beginning of 2013
QUESTIONS_A_KIND = 20
AT_ONCE = 1_000  # articles a transaction
PARAGRAPHS = 20_000  # made once, and drawn from
NAMES = 50_000
SYLLABLES = "an bor cha dok eun fel gyo hwa ik jin kor lun mae nok or pyo rak sin tae ul vor won yan zel".split()
COMMON = "timber flour diesel trucks Nampo Hunchun Wonsan inspectors captain committee copper photographs".split()
PHRASES = ("new cranes", "solar lamps", "ferry captain", "before dawn", "the youth league", "scrap copper")
KOREAN = "시멘트 공장 양수기 신의주 트럭 관광 나선 감자 가격 어망".split()

Asking = Callable[[Random], Question]


class MadeUp:
    """Articles like those of a news site: two in five whole, some 500 words, the rest teasers; one in twenty is Korean."""

    def __init__(self) -> None:
        self._rng = rng = Random(0)
        self.names = [_name(number) for number in rng.sample(range(len(SYLLABLES) ** 4), NAMES)]  # commonest first
        self._weights = list(accumulate(1 / rank for rank in range(1, NAMES + 1)))
        self._english = [grammar.paragraph(rng) for _ in range(PARAGRAPHS)]
        self._korean = [grammar.paragraph(rng, korean=True) for _ in range(PARAGRAPHS)]
        self.authors = [Author(author.slug, author.name) for author in World(articles=0, authors=60).authors]

    def article(self, number: int) -> dict[str, Any]:
        """Return an article as the pipelines hand it to the archive."""
        rng = self._rng
        korean, whole = rng.random() < 0.05, rng.random() < 0.4
        day = NEWEST - timedelta(days=rng.randrange(DAYS))
        slug = grammar.slugify(grammar.title(number, 0))
        paragraphs = rng.choices(self._korean if korean else self._english, k=rng.randint(8, 22) if whole else 2)
        names = rng.choices(self.names, cum_weights=self._weights, k=8 if whole else 2)
        return {
            "url": f"{SITE}/{day.year}/{day.month:02}/{slug}-{number}/",
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

    def byline(self) -> list[Author]:
        """Return who wrote an article: one or two."""
        return self._rng.sample(self.authors, self._rng.choice((1, 1, 2)))


def _name(number: int) -> str:
    syllables = []
    for _ in range(4):
        number, syllable = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[syllable])
    return "".join(syllables).capitalize()


def build(path: Path, articles: int, made_up: MadeUp) -> None:
    """Store made-up articles in a new archive as a crawl does, but many in one transaction."""
    now = datetime.now(UTC)
    database, lock = open_database(path, now)
    with closing(database.conn) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("INSERT INTO runs (started_at, args, versions) VALUES (?, '{}', '{}')", (schedule.stamp(now),))
        for start in range(0, articles, AT_ONCE):
            with transaction(conn):
                for number in range(start, min(start + AT_ONCE, articles)):
                    stored = put_article(conn, made_up.article(number), 1, schedule.stamp(now))
                    put_byline(conn, stored.id, made_up.byline())
            if sys.stderr.isatty():
                print(f"{start:,} of {articles:,} articles stored", end="\r", file=sys.stderr, flush=True)
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        conn.execute("PRAGMA journal_mode = DELETE").fetchall()
    lock.release()


def kinds(made_up: MadeUp) -> dict[str, Asking]:
    """Return how to make up a question of each kind."""
    rare, known = made_up.names[5_000:20_000], made_up.names[20:1_000]
    slugs = [author.slug for author in made_up.authors]
    return {
        "a rare name": lambda rng: Question(rng.choice(rare)),
        "a well-known name": lambda rng: Question(rng.choice(known)),
        "a common word": lambda rng: Question(rng.choice(COMMON)),
        "a name and a word": lambda rng: Question(f"{rng.choice(known)} {rng.choice(COMMON)}"),
        "two common words": lambda rng: Question(" ".join(rng.sample(COMMON, 2))),
        "a phrase": lambda rng: Question(f'"{rng.choice(PHRASES)}"'),
        "a headline": lambda rng: Question(grammar.title(rng.randrange(1_000), 0)),
        "a word, by an author": lambda rng: Question(rng.choice(COMMON), Selection(author=rng.choice(slugs))),
        "a word, in a year": lambda rng: Question(rng.choice(COMMON), _year(rng.randint(2013, 2025))),
        "Korean": lambda rng: Question(rng.choice(KOREAN)),
    }


def _year(year: int) -> Selection:
    return Selection(since=f"{year}-01-01", until=f"{year}-12-31")


def ask(reader: Reader, question: Question) -> tuple[float, int]:
    """Return how many milliseconds the answer took, and how many articles match."""
    start = time.perf_counter()
    hits = reader.search(question)
    return (time.perf_counter() - start) * 1e3, hits[0]["found"] if hits else 0


def row(kind: str, times: Sequence[float], found: Sequence[int]) -> str:
    """Return a row of the table: median, 95th percentile and worst of the times, and how many articles usually match."""
    late = quantiles(times, n=20, method="inclusive")[-1]
    return f"{kind:22}{len(times):6}{median(found):12,.0f}{median(times):12,.1f}{late:10,.1f}{max(times):10,.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long `scrapy search` takes in a made-up archive.")
    parser.add_argument("--articles", type=int, default=100_000, metavar="N", help="default: 100000")
    articles = parser.parse_args().articles
    made_up, rng = MadeUp(), Random(1)
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as folder:
        path = Path(folder) / "made-up.db"
        build(path, articles, made_up)
        with closing(Reader.open(path)) as reader:
            answers = {
                kind: [ask(reader, asking(rng)) for _ in range(QUESTIONS_A_KIND)]
                for kind, asking in kinds(made_up).items()
            }
        size = path.stat().st_size / 1e6
    print(
        f"{articles:,} articles, {size:,.0f} MB; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{os.cpu_count()} CPUs\n\n{'':22}{'asked':>6}{'found':>12}{'median ms':>12}{'95th':>10}{'worst':>10}"
    )
    for kind, answered in answers.items():
        print(row(kind, *zip(*answered, strict=True)))
    print(row("all", *zip(*(answer for answered in answers.values() for answer in answered), strict=True)))


if __name__ == "__main__":
    main()
