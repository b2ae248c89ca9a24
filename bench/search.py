"""How long does a search take? Makes up an archive, asks it 200 questions of ten kinds, and prints
a table of times.

`python bench/search.py --articles 100000`; the archive is made in a temporary folder, by the code
that stores a crawl, and removed at the end. Each question is asked once, as `scrapy search` would
ask it, in one process, with the file in the system's cache: starting Python is not counted. The
last column is what it takes to count the articles in which the words stand, whoever wrote them and
when; what is above it goes into ranking and showing them.
"""

import argparse
import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import NamedTuple

from synthetic_archive import MadeUp, begin, fill, writing_fast

from nkcrawl.archive import ArchiveReader, ArticleFilter, SearchQuery
from nkcrawl.archive.search import match_expression
from nkcrawl.demo import grammar

QUESTIONS_A_KIND = 20
COMMON = "timber flour diesel trucks Nampo Hunchun Wonsan inspectors captain committee copper photographs".split()
PHRASES = (
    "new cranes",
    "solar lamps",
    "ferry captain",
    "before dawn",
    "the youth league",
    "scrap copper",
)
KOREAN = "시멘트 공장 양수기 신의주 트럭 관광 나선 감자 가격 어망".split()

COUNT = "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?"

Asking = Callable[[Random], SearchQuery]


class Answer(NamedTuple):
    """What a question cost."""

    ms: float
    found: int  # articles
    counting_ms: float


def build(path: Path, articles: int, made_up: MadeUp) -> None:
    """Store made-up articles in a new archive."""
    with writing_fast(path) as conn:
        begin(conn, made_up)
        fill(conn, made_up, 0, articles)


def kinds(made_up: MadeUp) -> dict[str, Asking]:
    """Return how to make up a question of each kind."""
    rare, known = made_up.names[5_000:20_000], made_up.names[20:1_000]
    slugs = [author.slug for author in made_up.authors]
    return {
        "a rare name": lambda rng: SearchQuery(rng.choice(rare)),
        "a well-known name": lambda rng: SearchQuery(rng.choice(known)),
        "a common word": lambda rng: SearchQuery(rng.choice(COMMON)),
        "a name and a word": lambda rng: SearchQuery(f"{rng.choice(known)} {rng.choice(COMMON)}"),
        "two common words": lambda rng: SearchQuery(" ".join(rng.sample(COMMON, 2))),
        "a phrase": lambda rng: SearchQuery(f'"{rng.choice(PHRASES)}"'),
        "a headline": lambda rng: SearchQuery(grammar.title(rng.randrange(1_000), 0)),
        "a word, by an author": lambda rng: SearchQuery(
            rng.choice(COMMON), ArticleFilter(author=rng.choice(slugs))
        ),
        "a word, in a year": lambda rng: SearchQuery(
            rng.choice(COMMON), _year(rng.randint(2013, 2025))
        ),
        "Korean": lambda rng: SearchQuery(rng.choice(KOREAN)),
    }


def _year(year: int) -> ArticleFilter:
    return ArticleFilter(since=f"{year}-01-01", until=f"{year}-12-31")


def ask(reader: ArchiveReader, conn: sqlite3.Connection, question: SearchQuery) -> Answer:
    """Ask a question of an archive, and time it."""
    start = time.perf_counter()
    hits = reader.search(question)
    answered = time.perf_counter()
    conn.execute(COUNT, [match_expression(question.query)]).fetchall()
    counted = time.perf_counter()
    return Answer(
        (answered - start) * 1e3, hits[0]["found"] if hits else 0, (counted - answered) * 1e3
    )


def row(kind: str, answers: Sequence[Answer]) -> str:
    """Return a row of the table: how many articles usually match, median, 95th percentile and worst
    of the times.
    """
    times = [answer.ms for answer in answers]
    late = quantiles(times, n=20, method="inclusive")[-1]
    found, counting = (
        median(answer.found for answer in answers),
        median(answer.counting_ms for answer in answers),
    )
    return f"| {kind} | {len(times)} | {found:,.0f} | {median(times):,.1f} | {late:,.1f} | {max(times):,.1f} | {counting:,.1f} |"


def ask_all(path: Path, made_up: MadeUp) -> dict[str, list[Answer]]:
    """Return what `ask` gives for every question, by kind."""
    rng = Random(1)
    with closing(ArchiveReader.open(path)) as reader, closing(sqlite3.connect(path)) as conn:
        return {
            kind: [ask(reader, conn, asking(rng)) for _ in range(QUESTIONS_A_KIND)]
            for kind, asking in kinds(made_up).items()
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure how long `scrapy search` takes in a made-up archive."
    )
    parser.add_argument(
        "--articles", type=int, default=100_000, metavar="N", help="default: 100000"
    )
    articles = parser.parse_args().articles
    made_up = MadeUp()
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as folder:
        path = Path(folder) / "made-up.db"
        build(path, articles, made_up)
        answers = ask_all(path, made_up)
        size = path.stat().st_size / 1e6
    print(
        f"{articles:,} articles, {size:,.0f} MB; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{os.cpu_count()} CPUs\n\n| | asked | found | median ms | 95th | worst | counting ms |\n|---|--:|--:|--:|--:|--:|--:|"
    )
    for kind, answered in answers.items():
        print(row(kind, answered))
    print(row("all", [answer for answered in answers.values() for answer in answered]))


if __name__ == "__main__":
    main()
