"""docs/querying.md, run as printed, on an archive in which there is something to find for each
question.
"""

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.nightly import NightlyCrawls
from tests.site import EditableSite
from tests.test_nightly_crawls import NEWEST

PACKAGES = Path(sys.prefix) / "cookbook"  # pandas and DuckDB, where the Makefile puts them
PAGE = (ROOT / "docs" / "querying.md").read_text(encoding="utf-8")
BOXES: list[tuple[str, str]] = re.findall(
    r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL
)
# What a box must show, for it to have been asked of the right things: words of its heading row, and
# of what happened.
SHOWN = {
    "AS first, max(published_on)": ["articles", "first", "last"],
    "AS percent": ["percent", "2025"],
    "AS in_context": ["[ferr", "…"],
    "title_before IS NOT": ["The headline after the edit"],
    "access_before = 'teaser'": ["words_after", "20"],
    "words_of_a_free_one": ["teasers", "2025"],
    "WINDOW writing": ["days", "after", "until"],
    "one.name AS one": ["one", "other"],
    "gone_at IS NOT NULL": ["gone_at", "2025-11-"],
    "AS one_of_them": ["HTTP 503", "leads to another article"],
    "sqlite-utils tables": ["article_versions", "slug", "published_on"],
    "by_month": ["free", "teaser", "2025-11-01"],
    "texts.assign": ["mean", "free"],
    "duckdb.sql": ["int64", "2025"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/nknews.db in it: nights on which a headline, an access and a story
    changed, and one page failed.
    """
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


def run(box: tuple[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a box where the archive is at data/nknews.db; what it says must be no complaint."""
    language, text = box
    if shutil.which("sqlite3") is None:
        pytest.fail(
            "The cookbook is for the program sqlite3, which is not here; on Debian: apt-get install sqlite3"
        )
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


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box[1].strip().splitlines()[-1][:40])
def test_every_box_runs_as_printed_and_finds_something(folder: Path, box: tuple[str, str]) -> None:
    (words,) = (words for phrase, words in SHOWN.items() if phrase in box[1])
    printed = run(box, folder).stdout
    assert [word for word in words if word not in printed] == []


def test_what_the_boxes_write_holds_rows(folder: Path) -> None:
    writing = {
        name: box
        for box in BOXES
        for name in re.findall(r"(?:\s> |TO ')(\w+\.(?:csv|parquet))", box[1], flags=re.MULTILINE)
    }
    assert set(writing) == {"since.csv", "articles.parquet", "bylines.parquet"}
    for name, box in writing.items():
        run(box, folder)
        counting = (
            f"import duckdb; print(duckdb.sql(\"SELECT count(*) FROM '{name}'\").fetchall()[0][0])"
        )
        assert int(run(("python", counting), folder).stdout) > 10
