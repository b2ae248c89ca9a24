"""The README against the code: its sample, its commands, its links."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nkcrawl.archive import Archive
from nkcrawl.web.metadata import described_tables, schema_page
from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy
from tests.docs import block, blocks, read
from tests.site import FaultyServer

README = read("README.md")
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")) + sorted(
    path.name for path in ROOT.glob("*.md")
)


@pytest.fixture
def folder(demo: FaultyServer, tmp_path: Path) -> Path:
    """A folder with the archive of the made-up site as data/nknews.db."""
    (tmp_path / "data").mkdir()
    done = scrapy(*crawl_args(demo, tmp_path / "data" / "nknews.db"))
    assert (done.returncode, done.stderr) == (0, "")
    return tmp_path


def test_the_sample_row_is_in_the_demo_archive_and_the_queries_run(folder: Path) -> None:
    lines = [line.partition(" = ") for line in block("README.md", "title = ").splitlines()]
    sample = {name.strip(): re.split(r" {3,}|…$", value)[0].strip() for name, _, value in lines}
    (row,) = rows(
        folder / "data" / "nknews.db", "SELECT * FROM articles WHERE title = ?", sample["title"]
    )
    assert {name: row[name][: len(value)] for name, value in sample.items()} == sample

    programs = Path(sys.executable).parent
    commands = block("README.md", "sqlite3 -box").replace(".venv/bin", str(programs))
    for command in commands.splitlines():
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            check=False,
            cwd=folder,
            env=clean_environment(NKCRAWL_DATABASE="data/nknews.db"),
            capture_output=True,
            text=True,
        )
        assert (command, done.returncode, done.stderr) == (command, 0, "")
        assert done.stdout.count("\n") > 1


def test_its_crontab_runs_as_cron_runs_it(demo: FaultyServer, archive_file: Path) -> None:
    """Run the line as cron does: a shell, the home folder, a short PATH, the variables above."""
    variable, line = re.search(
        r"^(NKCRAWL_CONTACT=\S+)\n17 5 \* \* \* (.+)$", README, flags=re.MULTILINE
    ).groups()  # type: ignore[union-attr]
    given = {"HOME": "/", "LOGNAME": "you", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    given |= dict([variable.split("=", 1)])
    given |= {
        "NKCRAWL_SITE": demo.base_url,
        "NKCRAWL_DATABASE": str(archive_file),
        "NKCRAWL_REQUEST_BUDGET": "3",
    }
    command = line.replace("/path/to/nkcrawl/.venv/bin", str(Path(sys.executable).parent))
    done = subprocess.run(
        ["/bin/sh", "-c", command], check=False, cwd="/", env=given, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert rows(archive_file, "SELECT verdict FROM runs") == [{"verdict": "ok"}]
    assert len(demo.log) == 3


def test_every_make_target_in_the_docs_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    boxes = [box for page in PAGES for box in blocks(page)]
    named = set(re.findall(r"^make ([\w-]+)", "\n".join(boxes), flags=re.MULTILINE))
    assert {"demo", "crawl", "web", "test", "lint"} <= named
    assert named <= set(re.findall(r"^([\w-]+):", makefile, flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_in_the_docs_leads_somewhere(page: str) -> None:
    broken = []
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", read(page)):
        path, _, fragment = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.is_file() or (fragment and fragment not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(file: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_table_and_column_is_described_in_order_and_nothing_else(archive_file: Path) -> None:
    Archive.open(archive_file).close()
    in_file = rows(
        archive_file,
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
        "AND name NOT GLOB 'articles_fts_*' AND name NOT GLOB '_sqlite*' "
        "AND name NOT GLOB 'sqlite_*'",
    )
    described = described_tables()
    assert {row["name"] for row in in_file} == set(described)
    for name, description in described.items():
        columns = rows(archive_file, "SELECT name FROM pragma_table_info(?)", name)
        assert (name, [row["name"] for row in columns]) == (name, list(description["columns"]))
    assert (ROOT / "docs" / "schema.md").read_text(encoding="utf-8") == schema_page()
