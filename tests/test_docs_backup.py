"""docs/backup-and-sharing.md: its code blocks, run as printed except for the folders."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import clean_environment, rows
from tests.docs import block
from tests.factories import new_archive, store

PAGE = "docs/backup-and-sharing.md"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder that stands for /home/you, with an archive of two articles."""
    (tmp_path / "backups").mkdir()
    (tmp_path / "nkcrawl" / "data").mkdir(parents=True)
    with new_archive(tmp_path / "nkcrawl" / "data" / "nknews.db") as archive:
        for name in ("a", "b"):
            store(archive, name, title=name)
    return tmp_path


def run(home: Path, commands: str) -> None:
    """Run the commands of a code block with cron's shell; they must succeed without stderr."""
    commands = commands.replace("/home/you/nkcrawl/.venv/bin", str(Path(sys.executable).parent))
    environment = clean_environment(NKCRAWL_DATABASE=str(home / "nkcrawl" / "data" / "nknews.db"))
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", commands.replace("/home/you", str(home))],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_backup_is_made_and_restored(home: Path) -> None:
    archive = home / "nkcrawl" / "data" / "nknews.db"
    run(home, block(PAGE, "nkcrawl backup /home/you/backups/nknews-today.db\n"))
    archive.write_bytes(b"damaged")
    archive.with_name("nknews.db-wal").write_bytes(b"the log of the old file")
    run(home, block(PAGE, "nkcrawl/data/before"))
    assert rows(archive, "SELECT title FROM articles ORDER BY title") == [
        {"title": "a"},
        {"title": "b"},
    ]
    assert not archive.with_name("nknews.db-wal").exists()
    assert (home / "nkcrawl" / "data" / "before" / "nknews.db").read_bytes() == b"damaged"


def test_old_backups_are_removed_after_a_new_one(home: Path) -> None:
    (command,) = re.findall(r"^30 7 \* \* 0 (.*)$", block(PAGE, "-delete"), flags=re.MULTILINE)
    assert "%" not in command.replace("\\%", "")
    command = command.replace("\\%", "%")  # as cron does
    for name, days in (("nknews-old.db", 60), ("nknews-recent.db", 50), ("other-old.db", 60)):
        (home / "backups" / name).write_text("")
        os.utime(home / "backups" / name, (time.time() - days * 86_400,) * 2)
    run(home, command)
    today = time.strftime("nknews-%Y-%m-%d.db")
    assert sorted(file.name for file in (home / "backups").iterdir()) == [
        today,
        "nknews-recent.db",
        "other-old.db",
    ]
    assert rows(home / "backups" / today, "SELECT count(*) AS articles FROM articles") == [
        {"articles": 2}
    ]


def test_exports_in_every_format(home: Path) -> None:
    run(home, block(PAGE, "articles.jsonl"))
    made = {"articles.atom", "articles.csv", "articles.jsonl", "notes"}
    assert {file.name for file in home.iterdir()} - {"backups", "nkcrawl"} == made
    assert len(list((home / "notes").iterdir())) == 2


def test_a_feed_is_replaced(home: Path) -> None:
    (home / "nknews.atom").write_text("the old one")
    run(home, block(PAGE, "new.atom"))
    assert (home / "nknews.atom").read_text(encoding="utf-8").count("<entry>") == 2
    assert not (home / "new.atom").exists()
