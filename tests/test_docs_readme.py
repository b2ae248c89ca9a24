"""The README against the code: what it promises is what there is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.utils.project import get_project_settings

from nkcrawl.archive import Archive
from nkcrawl.demo import DemoServer
from nkcrawl.extensions import EXIT_CODES
from nkcrawl.spiders.nknews import ARGUMENTS
from nkcrawl.web.metadata import columns_as_markdown, described_tables, schema_page
from tests.conftest import ROOT, rows

README = (ROOT / "README.md").read_text(encoding="utf-8")


def table(first_column: str) -> list[list[str]]:
    """Return the cells of the table whose head begins with the given cell, without back quotes."""
    lines = iter(README.splitlines())
    next(line for line in lines if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows[1:]


def test_every_argument_of_the_spider_is_listed() -> None:
    assert [row[0].split("=")[0] for row in table("argument")] == list(ARGUMENTS)


def test_every_setting_of_our_own_is_listed_with_its_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = get_project_settings()
    shown = {row[0]: row[1] for row in table("setting")}
    assert set(shown) == {name for name in settings if name.startswith("NKCRAWL_")}
    assert shown["NKCRAWL_SITE"] == "https://www.nknews.org"
    assert shown["NKCRAWL_REQUEST_BUDGET"] == settings["NKCRAWL_REQUEST_BUDGET"]
    assert shown["NKCRAWL_HARD_LIMIT"] == settings["NKCRAWL_HARD_LIMIT"]


def test_the_exit_codes_are_the_code_s() -> None:
    for code, verdict, _ in table("exit code"):
        assert EXIT_CODES[verdict] == int(code)


def test_its_crontab_runs_as_cron_runs_it(demo: DemoServer, archive_file: Path) -> None:
    """Run the line with what cron gives: a shell, a home folder to start in, a short PATH, the
    variables set above it.
    """
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


def test_every_make_target_that_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:make) (\w+)", README, flags=re.MULTILINE))
    assert named == {"demo", "crawl", "web", "test", "lint"}
    assert named <= set(re.findall(r"^(\w+):", makefile, flags=re.MULTILINE))


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
    assert [row[:2] for row in table("table")] == [
        [name, described[name]["description"].replace("`", "")] for name in described
    ]
    assert columns_as_markdown("articles") in README
    assert (ROOT / "docs" / "schema.md").read_text(encoding="utf-8") == schema_page()
