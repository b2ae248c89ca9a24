"""`scrapy backup`: a complete copy or none, whatever happens; run from the command line."""

import os
import pty
import re
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from nkcrawl.archive import ArchiveError, copy_archive, schema
from nkcrawl.demo import FakeSite
from nkcrawl.export import new_file
from tests.conftest import (
    ROOT,
    check_file,
    clean_environment,
    crawl_args,
    rows,
    scrapy,
    scrapy_command,
)
from tests.factories import new_archive, store
from tests.site import FaultyServer


@pytest.fixture
def archive(archive_file: Path) -> Path:
    """An archive with three articles, one of them changed."""
    with new_archive(archive_file) as archive:
        for name in ("a", "b", "c"):
            store(archive, name, title=name)
        store(archive, "c", title="c", body="Rice fell.")
    return archive_file


@pytest.fixture(scope="module")
def large_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive large enough for a signal to arrive during the copy; its search index is empty."""
    archive_file = tmp_path_factory.mktemp("large") / "nknews.db"
    with new_archive(archive_file) as archive:
        store(archive, "a", title="a")
    with closing(sqlite3.connect(archive_file)) as conn, conn:
        conn.execute("DROP TRIGGER articles_fts_insert")
        columns = (
            "title, access, word_count, content_hash, extractor_version, run_id, "
            "first_seen_at, checked_at, changed_at"
        )
        conn.execute(
            f"""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 20000)
            INSERT INTO articles (url, body, {columns})
            SELECT n, hex(randomblob(1000)), {columns} FROM articles, numbers
            """
        )
    return archive_file


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables and views, and the schema."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        made = conn.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        tables = [name for kind, name, _ in made if kind in ("table", "view")]
        return {"": made} | {
            name: conn.execute(f"SELECT * FROM [{name}]").fetchall() for name in tables
        }


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_copy_is_an_archive_like_the_first(archive: Path, tmp_path: Path) -> None:
    copy, second = tmp_path / "copy.db", tmp_path / "second.db"
    done = scrapy("backup", copy, NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert contents(copy) == contents(archive)
    pragmas = (
        "SELECT application_id, user_version, journal_mode "
        "FROM pragma_application_id, pragma_user_version, pragma_journal_mode"
    )
    assert rows(copy, pragmas) == [
        {
            "application_id": schema.APPLICATION_ID,
            "user_version": schema.VERSION,
            "journal_mode": "delete",
        }
    ]
    assert stat.S_IMODE(copy.stat().st_mode) & ~0o640 == 0
    assert scrapy("backup", second, NKCRAWL_DATABASE=str(copy)).returncode == 0
    assert contents(second) == contents(archive)
    status = scrapy("status", NKCRAWL_DATABASE=str(second))
    assert (status.returncode, status.stderr) == (0, "")
    assert "\n3\t3\t0\t0\t0\n" in status.stdout
    check_file(second)


def test_a_terminal_shows_what_was_created(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    reading, writing = pty.openpty()
    environment = clean_environment(NKCRAWL_DATABASE=str(archive), TERM="xterm", COLUMNS="80")
    command = scrapy_command("backup", copy)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    output = os.read(reading, 10_000).decode()
    os.close(reading)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (
        output
        == f"{copy}: 3 articles, {copy.stat().st_size / 1e3:.1f} kB, complete and checked.\r\n"
    )


@pytest.mark.fault("S3")
def test_again_and_again_while_a_crawl_runs(tmp_path: Path) -> None:
    archive = tmp_path / "nknews.db"
    with FaultyServer(FakeSite(articles=60)) as demo:
        crawl = subprocess.Popen(
            scrapy_command(*crawl_args(demo, archive), "-s", "NKCRAWL_REQUEST_BUDGET=0"),
            cwd=ROOT,
            env=clean_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        while not (archive.exists() and archive.stat().st_size) and crawl.poll() is None:
            time.sleep(0.01)
        copies = []
        while crawl.poll() is None:
            copies.append(tmp_path / f"{len(copies)}.db")
            done = scrapy("backup", copies[-1], NKCRAWL_DATABASE=str(archive))
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (crawl.communicate()[1], crawl.returncode) == ("", 0)
    counts = [check_copy(copy) for copy in copies]
    assert counts == sorted(counts)
    assert any(0 < count < 60 for count in counts)
    assert not [name for name in names(tmp_path) if name.endswith(".tmp")]


def check_copy(copy: Path) -> int:
    """Check that a copy is sound and its articles complete; return the number of articles."""
    check_file(copy)
    half = """
        SELECT url FROM articles WHERE id NOT IN (SELECT article_id FROM article_authors)
        OR url NOT IN (SELECT url FROM pages WHERE fetched_at IS NOT NULL)
        OR id NOT IN (SELECT id FROM articles_fts_docsize)
    """
    assert rows(copy, half) == []
    return int(rows(copy, "SELECT count(*) AS articles FROM articles")[0]["articles"])


@pytest.mark.fault("S3")
def test_what_a_killed_crawl_left_in_its_log_is_in_the_copy(tmp_path: Path) -> None:
    killed, copy = tmp_path / "killed.db", tmp_path / "copy.db"
    with new_archive(tmp_path / "nknews.db") as archive:
        store(archive, title="a")
        for end in ("", "-wal"):
            shutil.copy(f"{archive.path}{end}", f"{killed}{end}")
    done = scrapy("backup", copy, NKCRAWL_DATABASE=str(killed))
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(copy, "SELECT title FROM articles") == [{"title": "a"}]
    check_file(copy)


@pytest.mark.parametrize(
    "name", ["a copy ?#%41&.db", "file:copy.db?mode=memory", "사본.db", os.fsdecode(b"\xff.db")]
)
def test_whatever_the_file_and_its_folder_are_called(
    archive: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert copy_archive(archive, Path(name)) == 3
    assert names(folder) == [name]
    check_file(folder / name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Expected one file to copy the archive into: scrapy backup FILE"),
        (("{}/nknews.db",), "{}/nknews.db exists already, and nothing is overwritten."),
        (("{}",), "{} is an existing folder; choose a new name."),
        (
            ("{}/missing/a.db",),
            "{0}/missing/a.db cannot be created: there is no folder {0}/missing.",
        ),
    ],
)
def test_a_bad_name_is_refused(archive: Path, arguments: tuple[str, ...], message: str) -> None:
    before = archive.read_bytes()
    done = scrapy(
        "backup",
        *(name.format(archive.parent) for name in arguments),
        NKCRAWL_DATABASE=str(archive),
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(message.format(archive.parent))
    assert (
        archive.read_bytes(),
        [n for n in names(archive.parent) if not n.endswith(".lock")],
    ) == (
        before,
        ["nknews.db"],
    )


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("", "No archive at {} yet"),
        ("file", "{} is damaged ("),
        ("UPDATE articles_fts_data SET block = zeroblob(20) WHERE id > 10", "{} is damaged ("),
        ("DROP TRIGGER articles_fts_update; UPDATE articles SET title = 'Fish'", "{} is damaged ("),
        (
            "DELETE FROM authors",
            "{} is damaged (row 1 of article_authors belongs to a missing row of authors).",
        ),
    ],
)
def test_a_damaged_archive_is_not_copied(
    archive: Path, tmp_path: Path, damage: str, message: str
) -> None:
    if damage == "file":
        with archive.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 4096 * 8)
    elif damage:
        with closing(sqlite3.connect(archive)) as conn:
            conn.executescript(damage)
    else:
        archive.unlink()
    with pytest.raises(ArchiveError) as refusal, new_file(tmp_path / "copy.db") as temporary:
        copy_archive(archive, temporary)
    assert str(refusal.value).startswith(message.format(archive))
    assert "copy.db" not in names(tmp_path)


def test_a_damaged_archive_is_one_sentence(archive: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(archive)) as conn, conn:
        conn.execute("DELETE FROM articles_fts_data WHERE id > 10")
    before = names(tmp_path)
    done = scrapy("backup", tmp_path / "copy.db", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"{archive} is damaged (")
    assert names(tmp_path) == before


def test_a_disk_that_is_full(large_archive: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        scrapy_command("backup", tmp_path / "copy.db"),
        cwd=ROOT,
        env=clean_environment(NKCRAWL_DATABASE=str(large_archive)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        rf"The copy of {large_archive} could not be written \(.+\)\. .+\n", done.stderr
    )
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("signum", "code", "message"),
    [
        (
            signal.SIGINT,
            130,
            "Stopped by a signal; {} was not created, and nothing is left of it.\n",
        ),
        (
            signal.SIGTERM,
            130,
            "Stopped by a signal; {} was not created, and nothing is left of it.\n",
        ),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_a_signal_in_the_middle(
    large_archive: Path, tmp_path: Path, signum: int, code: int, message: str
) -> None:
    copy = tmp_path / "copy.db"
    backup = subprocess.Popen(
        scrapy_command("backup", copy),
        cwd=ROOT,
        env=clean_environment(NKCRAWL_DATABASE=str(large_archive)),
        stderr=subprocess.PIPE,
        text=True,
    )
    while backup.poll() is None and not any(
        file.stat().st_size for file in tmp_path.glob(".nkcrawl-*.tmp/copy.db")
    ):
        pass
    backup.send_signal(signum)
    _, stderr = backup.communicate()
    assert (backup.returncode, stderr) == (code, message.format(copy))
    left = names(tmp_path)
    assert all(name.endswith(".tmp") for name in left)
    assert len(left) == (1 if signum == signal.SIGKILL else 0)
