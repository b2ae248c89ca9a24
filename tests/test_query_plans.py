"""Query plans: no statement of a crawl, or of a reading command, scans a whole table."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nkcrawl.archive import Archive, ArchiveReader, ArticleFilter, SearchQuery
from nkcrawl.items import Link, PageKind
from tests.factories import (
    FEED,
    SITE,
    article_links,
    failure,
    feed,
    listing,
    rejection,
    store,
    unchanged,
    visited,
)

ANN, FURTHER = f"{SITE}/content_author/ann/", f"{SITE}/content_author/ann/page/2/"
STORIES = [f"{SITE}/2025/06/story-{number}/" for number in range(30)]
# Scans that cost the same however much is stored: a run is one row per night, and a query of runs
# ends at the first good one; the index holds only pages with a due_at; a search scans its matches.
FEW = (
    r"runs",
    r"pages USING (COVERING )?INDEX pages_due",
    r"articles_fts VIRTUAL TABLE INDEX \d+:.+",
)
# `scrapy status` counts by scanning indexes of a few bytes per row; the newest articles are read
# from the end of an index, up to a limit; authors are few.
READ = (
    r"articles USING COVERING INDEX articles_access",
    r"pages USING COVERING INDEX pages_kind",
    r"articles USING INDEX articles_published_on",
    r"authors",
)


def whole_crawl(archive: Archive) -> Iterator[tuple[str, object]]:
    """Call every method that a crawl calls, in its order; yield what was called."""
    articles = article_links(*STORIES)
    links = [Link(ANN, "author"), *articles[:3]]

    def store_story(url: str, **columns: object) -> object:
        return store(archive, url=url, authors=[("ann", "Ann")], links=links, **columns)

    run_id = archive.begin_run({}, {})
    yield "begin_run", run_id
    yield "newest_article_url", archive.newest_article_url()
    yield "stats_of_good_runs", archive.stats_of_good_runs("nkcrawl/recent/visited", 3)
    yield "add_links", archive.add_links([Link(FEED, "feed"), Link(ANN, "author")], due_now=True)
    yield "store", archive.store(feed(*STORIES[:10]), 1)
    yield "store", archive.store(listing(ANN, *STORIES, next_page=FURTHER), 1)
    yield "make_authors_due", archive.make_authors_due()
    yield "due", list(archive.due())
    yield "count_due", archive.count_due()
    yield (
        "lookup",
        [archive.lookup(visited(STORIES[0])), archive.lookup(visited(ANN, "author"))],
    )
    yield (
        "store",
        [
            store_story(STORIES[0]),
            store_story(STORIES[0]),
            store_story(STORIES[0], title="Rye"),
            store_story(STORIES[1]),
        ],
    )
    kinds: dict[str, PageKind] = {STORIES[0]: "article", ANN: "author", FEED: "feed"}
    yield (
        "store",
        [archive.store(unchanged(url, kind), 1) for url, kind in kinds.items()],
    )
    yield (
        "store",
        archive.store(rejection(STORIES[2], "no title"), run_id),
    )
    failures = [
        failure(STORIES[1]),
        failure(FURTHER, "HTTP 503", kind="author"),
        failure(FEED, "HTTP 503", kind="feed"),
    ]
    yield "store", [archive.store(item, 1) for item in failures]
    yield "store", archive.store(feed(STORIES[1]), 1)  # it was gone
    yield "mark_suspect", archive.mark_suspect(STORIES[:2])
    yield (
        "finish_run",
        archive.finish_run(
            run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="", stats={}
        ),
    )


def all_queries(reader: ArchiveReader) -> Iterator[tuple[str, object]]:
    """Call every method of a reader that reads; yield the name of each."""
    yield "newest_articles", reader.newest_articles(10)
    yield "count_articles", reader.count_articles()
    yield "count_pages", reader.count_pages()
    yield "failures", reader.failures(10)
    yield "feed_failures", reader.feed_failures()
    yield "newly_rejected", reader.newly_rejected(7)
    yield "fill_rates", reader.fill_rates()
    yield "runs", reader.runs(10)
    yield "last_good_end", reader.last_good_end()
    yield "history", reader.history(STORIES[0])
    yield "byline", reader.byline(1)
    yield "about_file", reader.about_file()
    yield (
        "search",
        [
            reader.search(SearchQuery("rye", filters))
            for filters in (ArticleFilter(), ArticleFilter(author="ann"))
        ],
    )
    yield "iter_articles", list(reader.iter_articles([1, 2]))


@contextmanager
def traced(conn: sqlite3.Connection) -> Iterator[list[str]]:
    """Collect the statements of a connection; SQLite traces a trigger's as comments."""
    statements: list[str] = []
    conn.set_trace_callback(statements.append)
    yield statements
    conn.set_trace_callback(None)


@pytest.fixture
def crawled(archive_file: Path) -> Path:
    with closing(Archive.open(archive_file)) as archive:
        list(whole_crawl(archive))
    return archive_file


def scans(
    conn: sqlite3.Connection, statements: Iterable[str], allowed: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the statements that scan a table or index, except as allowed, each with that step."""
    unique = sorted(
        {sql for sql in statements if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE)\b", sql)}
    )
    plans = [
        (sql, [step[3] for step in conn.execute(f"EXPLAIN QUERY PLAN {sql}")]) for sql in unique
    ]
    tables = {
        name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    return [
        (sql, step)
        for sql, plan in plans
        for step in plan
        if scans_table(step, tables) and not stops(sql, plan) and not matches(step, allowed)
    ]


def scans_table(step: str, tables: set[str]) -> bool:
    """Return whether a step scans a table of the archive, and not an intermediate result."""
    match = re.match(r"SCAN (\w+)", step)
    return bool(match) and match[1] in tables


def stops(sql: str, plan: Sequence[str]) -> bool:
    """Return whether a statement stops reading after LIMIT rows, because it does not sort them."""
    sorts = any(re.match(r"USE TEMP B-TREE FOR (ORDER|GROUP) BY", step) for step in plan)
    return bool(re.search(r"LIMIT \d+\W*$", sql)) and not sorts


def matches(step: str, allowed: Sequence[str]) -> bool:
    return any(re.fullmatch(f"SCAN {scan}", step) for scan in allowed)


def public(kind: type) -> set[str]:
    return {
        name
        for name, value in vars(kind).items()
        if not name.startswith("_") and callable(getattr(kind, name))
    }


def test_no_statement_of_a_crawl_reads_a_whole_table(crawled: Path) -> None:
    with closing(Archive.open(crawled)) as archive:
        with traced(archive._conn) as statements:
            called = {name for name, _ in whole_crawl(archive)}
        assert scans(archive._conn, statements, FEW) == []
    assert called == public(Archive) - {"open", "close", "is_in_place"}
    assert len(set(statements)) > 50


def test_no_statement_of_a_reader_reads_a_whole_table(crawled: Path) -> None:
    with closing(ArchiveReader.open(crawled)) as reader:
        with traced(reader._conn) as statements:
            called = {name for name, _ in all_queries(reader)}
        assert scans(reader._conn, statements, (*FEW, *READ)) == []
    assert called == public(ArchiveReader) - {
        "open",
        "close",
        "find",
    }  # find returns everything that it scans
