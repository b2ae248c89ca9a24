"""What SQLite does for each statement: nothing that a crawl asks per page, or `scrapy status`,
reads a whole table.
"""

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
# Scans that cost the same however much is stored: a run is one row a night, and the first good one
# that is found is the last to be looked at; the index holds only pages that are due at some time;
# the search scans what it found.
FEW = (
    r"runs",
    r"pages USING (COVERING )?INDEX pages_due",
    r"articles_fts VIRTUAL TABLE INDEX \d+:.+",
)
# `scrapy status` counts what has no other way to be counted, in indexes of a few bytes a row; the
# newest articles are read from the end of an index, and no more of them than are shown; authors are
# as many as write for the site.
READ = (
    r"articles USING COVERING INDEX articles_access",
    r"pages USING COVERING INDEX pages_kind",
    r"articles USING INDEX articles_published_on",
    r"authors",
)


def life_of_a_crawl(archive: Archive) -> Iterator[tuple[str, object]]:
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


def looks_of_a_reader(reader: ArchiveReader) -> Iterator[tuple[str, object]]:
    """Call what the commands and the first page of the browser ask; yield what was called."""
    yield "newest_articles", reader.newest_articles(10)
    yield "count_articles", reader.count_articles()
    yield "count_pages", reader.count_pages()
    yield "failures", reader.failures(10)
    yield "fill_rates", reader.fill_rates()
    yield "runs", reader.runs(10)
    yield "last_good_end", reader.last_good_end()
    yield "history", reader.history(STORIES[0])
    yield "byline", reader.byline(1)
    yield "about_file", reader.about_file()
    yield (
        "search",
        [
            reader.search(SearchQuery("rye", among))
            for among in (ArticleFilter(), ArticleFilter(author="ann"))
        ],
    )
    yield "iter_articles", list(reader.iter_articles([1, 2]))


@contextmanager
def traced(conn: sqlite3.Connection) -> Iterator[list[str]]:
    """Collect what is asked of a connection; SQLite writes a trigger's statements as comments."""
    statements: list[str] = []
    conn.set_trace_callback(statements.append)
    yield statements
    conn.set_trace_callback(None)


@pytest.fixture
def crawled(archive_file: Path) -> Path:
    with closing(Archive.open(archive_file)) as archive:
        list(life_of_a_crawl(archive))
    return archive_file


def scans(
    conn: sqlite3.Connection, statements: Iterable[str], allowed: Sequence[str]
) -> list[tuple[str, str]]:
    """Return which statements go through a whole table or index, but for those allowed, and by
    which step of their plan.
    """
    asked = sorted(
        {sql for sql in statements if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE)\b", sql)}
    )
    plans = [
        (sql, [step[3] for step in conn.execute(f"EXPLAIN QUERY PLAN {sql}")]) for sql in asked
    ]
    tables = {
        name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    return [
        (sql, step)
        for sql, plan in plans
        for step in plan
        if goes_through(step, tables) and not stops(sql, plan) and not matches(step, allowed)
    ]


def goes_through(step: str, tables: set[str]) -> bool:
    """Tell whether a step scans a table of the archive; what a statement has made itself is no
    larger than what it found.
    """
    found = re.match(r"SCAN (\w+)", step)
    return bool(found) and found[1] in tables


def stops(sql: str, plan: Sequence[str]) -> bool:
    """Tell whether a statement reads in the order in which it gives its rows, and no more rows than
    it is to give.
    """
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
            called = {name for name, _ in life_of_a_crawl(archive)}
        assert scans(archive._conn, statements, FEW) == []
    assert called == public(Archive) - {"open", "close", "is_in_place"}
    assert len(set(statements)) > 50


def test_no_statement_of_a_reader_reads_a_whole_table(crawled: Path) -> None:
    with closing(ArchiveReader.open(crawled)) as reader:
        with traced(reader._conn) as statements:
            called = {name for name, _ in looks_of_a_reader(reader)}
        assert scans(reader._conn, statements, (*FEW, *READ)) == []
    assert called == public(ArchiveReader) - {
        "open",
        "close",
        "find",
    }  # find goes through all that it gives back
