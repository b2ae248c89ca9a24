"""docs/querying.md: its code blocks, run as printed on an archive with an answer to each."""

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.docs import blocks
from tests.nightly import NEWEST, NightlyCrawls
from tests.site import EditableSite

PACKAGES = Path(sys.prefix) / "cookbook"  # pandas and DuckDB, where the Makefile puts them
PAGE = "docs/querying.md"
BLOCKS = [(language, text) for language in ("sh", "python") for text in blocks(PAGE, language)]
# What the output of each block must contain: column headings, and traces of what happened.
EXPECTED = {
    "AS first, max(published_on)": ["articles", "first", "last"],
    "AS percent": ["percent", "2025"],
    "AS in_context": ["[ferr", "…"],
    "title_before IS NOT": ["The headline after the edit"],
    "access_before = 'teaser'": ["words_after", "20"],
    "words_per_free_article": ["teasers", "2025"],
    "WINDOW writing": ["days", "after", "until"],
    "one.name AS one": ["one", "other"],
    "gone_at IS NOT NULL": ["gone_at", "2025-11-"],
    "AS example": ["HTTP 503", "leads to another article"],
    "sqlite-utils tables": ["article_versions", "slug", "published_on"],
    "by_month": ["free", "teaser", "2025-11-01"],
    "texts.assign": ["mean", "free"],
    "duckdb.sql": ["int64", "2025"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data/nknews.db: with changes, a deleted article and a failed page."""
    folder = tmp_path_factory.mktemp("cookbook")
    (folder / "data").mkdir()
    fake_site = EditableSite(articles=300)
    with NightlyCrawls(
        fake_site, folder / "data" / "nknews.db", NEWEST - timedelta(days=1)
    ) as nights:
        failing = fake_site.articles[5].path
        nights.site.faults[failing] = 503
        assert nights.crawl("-s", "NKCRAWL_REQUEST_BUDGET=0", "-s", "RETRY_TIMES=0").returncode == 0
        edited, deleted, *_ = (
            a
            for a in fake_site.articles
            if a.path != failing and a.published_on > NEWEST - timedelta(9)
        )
        opened = next(
            a
            for a in fake_site.articles
            if a.access == "teaser" and a.paragraphs and a not in (edited, deleted)
        )
        fake_site.revise(edited.path, title="The headline after the edit")
        fake_site.open_up(opened.path)
        fake_site.delete(deleted.path)
        nights.crawl("-a", f"url={nights.url(opened.path)}")
        for _ in range(8):
            nights.pass_by()
            assert nights.crawl("-s", "RETRY_TIMES=0").returncode == 0
    return folder


def run(block: tuple[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a code block in the folder; it must succeed without stderr."""
    language, text = block
    if shutil.which("sqlite3") is None:
        pytest.fail("These tests need the program sqlite3; on Debian: apt-get install sqlite3")
    command = {
        "sh": ["/bin/sh", "-euc", text],
        "python": [sys.executable, "-W", "error", "-c", text],
    }[language]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = (
        os.environ
        | {"PATH": path}
        | ({"PYTHONPATH": str(PACKAGES)} if language == "python" else {})
    )
    done = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[1].split("\n")[-2][:40])
def test_every_block_runs_as_printed_and_finds_something(
    folder: Path, block: tuple[str, str]
) -> None:
    (expected,) = (text for phrase, text in EXPECTED.items() if phrase in block[1])
    output = run(block, folder).stdout
    assert [word for word in expected if word not in output] == []


def test_the_files_that_the_blocks_write_hold_rows(folder: Path) -> None:
    writing = {
        name: block
        for block in BLOCKS
        for name in re.findall(r"(?:\s> |TO ')(\w+\.(?:csv|parquet))", block[1])
    }
    assert set(writing) == {"since.csv", "articles.parquet", "bylines.parquet"}
    for name, block in writing.items():
        run(block, folder)
        counting = (
            f"import duckdb; print(duckdb.sql(\"SELECT count(*) FROM '{name}'\").fetchall()[0][0])"
        )
        assert int(run(("python", counting), folder).stdout) > 10
