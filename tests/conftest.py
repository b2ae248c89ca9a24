"""What the tests share: the bundled site on loopback, and real crawls of it in a process of their
own.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nkcrawl.demo import FakeSite
from tests.site import FaultyServer

ROOT = Path(__file__).resolve().parent.parent
AT_FULL_SPEED = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=False")


@pytest.fixture(scope="session")
def fake_site() -> FakeSite:
    return FakeSite(articles=60)


@pytest.fixture
def demo(fake_site: FakeSite) -> Iterator[FaultyServer]:
    with FaultyServer(fake_site) as server:
        yield server


def scrapy(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a scrapy command of the project to its end, in an environment that holds nothing of ours
    but what is given.
    """
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


def at(now: datetime) -> dict[str, str]:
    """Return the environment of a process for which it is `now`."""
    return {"FAKE_NOW": now.isoformat(), "PYTHONPATH": str(ROOT / "tests" / "fake_clock")}


def clean_environment(**environment: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NKCRAWL_", "SCRAPY_"))
    }
    return {**kept, "PYTHONWARNINGS": "default", **environment}


@pytest.fixture
def archive_file(tmp_path: Path) -> Path:
    return tmp_path / "nknews.db"


@pytest.fixture
def crawl(
    demo: FaultyServer, archive_file: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Crawl the bundled site into the archive file; further arguments as on the command line."""

    def run(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return scrapy(*crawl_args(demo, archive_file), *args, **environment)

    return run


def crawl_args(demo: FaultyServer, archive_file: Path) -> tuple[str, ...]:
    where = ("-s", f"NKCRAWL_SITE={demo.base_url}", "-s", f"NKCRAWL_DATABASE={archive_file}")
    return ("crawl", "nknews", *where, *AT_FULL_SPEED)


def rows(path: Path, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """Return what a query gives, a dict a row, as a reader with plain sqlite3 would see it."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql, parameters)]
    finally:
        connection.close()
