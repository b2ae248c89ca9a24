"""Measures searches: runs 200 queries of ten kinds in a made-up archive, and prints their times.

`python bench/search.py --articles 100000`; the archive is made in a temporary folder and removed at
the end. Each query is run once, as `scrapy search` runs it, in one process, with the file in the
system's cache; the start of Python is not counted. The last column is the time to count the
matching articles, without filters; the rest of the time is ranking and snippets.
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

from synthetic_archive import SyntheticArticles, fill

from nkcrawl.archive import ArchiveReader, ArticleFilter, SearchQuery
from nkcrawl.archive.search import match_expression
from nkcrawl.demo import grammar

QUERIES_PER_KIND = 20
COMMON = (
    "timber flour diesel trucks Nampo Hunchun Wonsan inspectors captain committee copper"
    " photographs"
).split()
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

MakeQuery = Callable[[Random], SearchQuery]


class Result(NamedTuple):
    """The result of a query."""

    ms: float
    found: int  # articles
    counting_ms: float


def kinds(synthetic: SyntheticArticles) -> dict[str, MakeQuery]:
    """Return a function per kind that makes up a query."""
    rare, known = synthetic.names[5_000:20_000], synthetic.names[20:1_000]
    slugs = [slug for slug, _ in synthetic.authors]
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


def run_query(reader: ArchiveReader, conn: sqlite3.Connection, query: SearchQuery) -> Result:
    """Run a query and time it."""
    start = time.perf_counter()
    hits = reader.search(query)
    ended = time.perf_counter()
    conn.execute(COUNT, [match_expression(query.query)]).fetchall()
    counted = time.perf_counter()
    return Result((ended - start) * 1e3, hits[0]["found"] if hits else 0, (counted - ended) * 1e3)


def row(kind: str, results: Sequence[Result]) -> str:
    """Return a row of the table: median of the matches, and median, 95th percentile and maximum of
    the times.
    """
    times = [result.ms for result in results]
    late = quantiles(times, n=20, method="inclusive")[-1]
    found, counting = (
        median(result.found for result in results),
        median(result.counting_ms for result in results),
    )
    columns = (median(times), late, max(times), counting)
    return (
        f"| {kind} | {len(times)} | {found:,.0f} | {' | '.join(f'{ms:,.1f}' for ms in columns)} |"
    )


def run_all(path: Path, synthetic: SyntheticArticles) -> dict[str, list[Result]]:
    """Run the queries of all kinds; return their results by kind."""
    rng = Random(1)
    with closing(ArchiveReader.open(path)) as reader, closing(sqlite3.connect(path)) as conn:
        return {
            kind: [run_query(reader, conn, make_query(rng)) for _ in range(QUERIES_PER_KIND)]
            for kind, make_query in kinds(synthetic).items()
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure how long `scrapy search` takes in a made-up archive."
    )
    parser.add_argument(
        "--articles", type=int, default=100_000, metavar="N", help="default: 100000"
    )
    articles = parser.parse_args().articles
    synthetic = SyntheticArticles()
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as folder:
        path = Path(folder) / "made-up.db"
        fill(path, synthetic, 0, articles)
        results = run_all(path, synthetic)
        size = path.stat().st_size / 1e6
    print(
        f"{articles:,} articles, {size:,.0f} MB; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs\n\n"
        "| | queries | matches | median ms | 95th | worst | counting ms |\n"
        "|---|--:|--:|--:|--:|--:|--:|"
    )
    for kind, of_kind in results.items():
        print(row(kind, of_kind))
    print(row("all", [result for of_kind in results.values() for result in of_kind]))


if __name__ == "__main__":
    main()
