"""What the tests share: the made-up site on loopback, real crawls of it in processes, archives."""

import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nkcrawl.archive import Archive
from nkcrawl.demo import FakeSite
from nkcrawl.text import format_timestamp
from tests.site import FaultyServer

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
NOW = format_timestamp(START)
AT_FULL_SPEED = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=False")
# Files of many real crawls, the slowest first: started last, one of them would run alone.
SLOW_FILES = [
    f"test_{name}.py"
    for name in (
        "simulated_year", "crash_recovery", "verdicts", "nightly_crawls", "bad_nights",
        "politeness", "security", "crawl", "hostile_responses", "concurrency", "web", "output",
        "docs_querying", "compression",
    )
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow files first; `make test` gives each file to one worker, in this order."""
    slow = {name: position for position, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: slow.get(item.path.name, len(slow)))


@pytest.fixture(scope="session")
def fake_site() -> FakeSite:
    return FakeSite(articles=60)


@pytest.fixture
def demo(fake_site: FakeSite) -> Iterator[FaultyServer]:
    with FaultyServer(fake_site) as server:
        yield server


def scrapy(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a scrapy command of the project to its end, in a clean environment."""
    return subprocess.run(
        scrapy_command(*args),
        check=False,
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=300,
    )


def scrapy_command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "scrapy", *map(str, args)]


def on_terminal(*args: str, columns: int, **environment: str) -> str:
    """Run a scrapy command with stdout on a terminal of this width; return what it printed."""
    reading, writing = pty.openpty()
    terminal = {"TERM": "xterm", "COLUMNS": str(columns)}
    done = subprocess.run(
        scrapy_command(*args),
        cwd=ROOT,
        env=clean_environment(**terminal, **environment),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    output = os.read(reading, 100_000).decode()
    os.close(reading)
    assert (done.returncode, done.stderr) == (0, b"")
    return output.replace("\r\n", "\n")


def at(now: datetime) -> dict[str, str]:
    """Return the environment of a process whose clock starts at `now`."""
    return {"FAKE_NOW": now.isoformat(), "PYTHONPATH": str(ROOT / "tests" / "fake_clock")}


def clean_environment(**environment: str) -> dict[str, str]:
    """Return the caller's environment without variables that change the project or Python."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NKCRAWL_", "SCRAPY_", "PYTHON"))
    }
    return {**kept, "PYTHONWARNINGS": "default", **environment}


@pytest.fixture
def archive_file(tmp_path: Path) -> Path:
    return tmp_path / "nknews.db"


class Clock:
    """A clock of an archive that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time_passed: float) -> str:
        """Move the clock on, and return its new time as a timestamp."""
        self.now += timedelta(**time_passed)
        return format_timestamp(self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archive(archive_file: Path, clock: Clock) -> Iterator[Archive]:
    """A new archive with two runs; the file is checked for damage at the end."""
    archive = Archive.open(archive_file, clock)
    assert archive.begin_run({}, {}) == 1
    assert archive.begin_run({}, {}) == 2
    yield archive
    archive.close()
    check_file(archive_file)


@pytest.fixture
def crawl(
    demo: FaultyServer, archive_file: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Crawl the made-up site into the archive file; arguments as on the command line."""

    def run(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return scrapy(*crawl_args(demo, archive_file), *args, **environment)

    return run


def crawl_args(demo: FaultyServer, archive_file: Path) -> tuple[str, ...]:
    where = ("-s", f"NKCRAWL_SITE={demo.base_url}", "-s", f"NKCRAWL_DATABASE={archive_file}")
    return ("crawl", "nknews", *where, *AT_FULL_SPEED)


def rows(path: Path, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """Return the rows of a query as dicts, read with plain sqlite3."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql, parameters)]
    finally:
        connection.close()


def page_row(path: Path, url: str) -> dict[str, Any]:
    """Return the row of `pages` of a URL."""
    [page] = rows(path, "SELECT * FROM pages WHERE url = ?", url)
    return page


def execute(path: Path, *statements: str) -> None:
    """Execute SQL statements with plain sqlite3."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in statements:
            conn.execute(statement)


def check_file(path: Path) -> None:
    """Let SQLite look for damage in a file, between its tables, and in the full-text index."""
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")


COLUMNS = (
    "url, title, subtitle, label, byline, published_on, published_at, modified_at, body, note, "
    "access, image_url, image_caption, image_credit, language"
)


def stored(path: Path) -> dict[str, dict[str, Any]]:
    """Return every article row by its URL, with its authors as (slug, name) in order."""
    articles = {row["url"]: row for row in rows(path, f"SELECT {COLUMNS} FROM articles")}
    for row in articles.values():
        row["authors"] = []
    bylines = """
        SELECT a.url, w.slug, w.name FROM article_authors l
        JOIN articles a ON a.id = l.article_id JOIN authors w ON w.id = l.author_id
        ORDER BY a.url, l.position
    """
    for link in rows(path, bylines):
        articles[link["url"]]["authors"].append((link["slug"], link["name"]))
    return articles


def expected_row(fake_site: FakeSite, demo: FaultyServer) -> dict[str, dict[str, Any]]:
    true = (fake_site.expected_row(article, demo.base_url) for article in fake_site.articles)
    return {row["url"]: row for row in true}


def comparable(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that two crawls must share, without times, run ids and row ids."""
    queries = {
        "articles": f"""
            SELECT {COLUMNS}, access_evidence, word_count, content_hash, extractor_version, gone_at
            FROM articles ORDER BY url
        """,
        "authors": "SELECT slug, name, bio FROM authors ORDER BY slug",
        "article_authors": """
            SELECT a.url, w.slug, l.position FROM article_authors l
            JOIN articles a ON a.id = l.article_id JOIN authors w ON w.id = l.author_id
            ORDER BY a.url, l.position
        """,
        "article_versions": """
            SELECT a.url, v.title FROM article_versions v JOIN articles a ON a.id = v.article_id
        """,
        "pages": """
            SELECT url, kind, status, etag, failures, due_at IS NULL AS done FROM pages ORDER BY url
        """,
        "rejects": "SELECT DISTINCT url, reason FROM rejects ORDER BY url",
    }
    return {name: rows(path, sql) for name, sql in queries.items()}
