"""The archive: what it refuses to open, what it stores, and when a page is due again."""

import hashlib
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nkcrawl.archive import (
    Archive,
    ArchiveBusy,
    ArchiveError,
    ArchiveReader,
    DuePage,
    connect,
    pages,
    schema,
)
from nkcrawl.archive.articles import Articles
from nkcrawl.archive.connect import transaction
from nkcrawl.archive.pages import Pages
from nkcrawl.items import Link
from nkcrawl.text import format_timestamp
from tests.conftest import ROOT, check_file, scrapy
from tests.conftest import rows as read
from tests.factories import (
    ANN,
    FEED,
    SITE,
    STORY,
    article_links,
    failure,
    feed,
    listing,
    rejection,
    row,
    store,
    unchanged,
    visited,
)

START = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
NOW = "2025-06-20T03:15:00Z"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time_passed: float) -> str:
        self.now += timedelta(**time_passed)
        return format_timestamp(self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nknews.db"


@pytest.fixture
def archive(path: Path, clock: Clock) -> Iterator[Archive]:
    archive = Archive.open(path, clock)
    assert archive.begin_run({}, {}) == 1
    assert archive.begin_run({}, {}) == 2
    yield archive
    archive.close()
    check_file(path)


def page_row(path: Path, url: str) -> dict[str, Any]:
    [page] = read(path, "SELECT * FROM pages WHERE url = ?", url)
    return page


# --- opening --------------------------------------------------------------------------------------


def foreign(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in statements:
            conn.execute(statement)


def make_archive(path: Path, articles: int = 0) -> None:
    with closing(Archive.open(path)) as archive:
        archive.begin_run({}, {})
        for number in range(articles):
            store(archive, url=f"{SITE}/2025/06/{number}/", body="words " * 1000)


def make_garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(5000))


def make_html(path: Path) -> None:
    path.write_text("<!doctype html>" + "<p>hello</p>" * 100)


def make_ten_bytes(path: Path) -> None:
    path.write_bytes(b"0123456789")


def make_magic_alone(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0")


def make_foreign(path: Path) -> None:
    foreign(
        path,
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT)",
        "INSERT INTO articles VALUES (1, 'x')",
    )


def make_foreign_without_tables(path: Path) -> None:
    foreign(path, "PRAGMA user_version = 1")


def make_foreign_with_hot_journal(path: Path) -> None:
    make_foreign(path)
    Path(f"{path}-journal").write_bytes(empty_creation_journal())


def make_foreign_wal(path: Path) -> None:
    foreign(path, "PRAGMA journal_mode = WAL", "CREATE TABLE t (a)")


def make_newer(path: Path) -> None:
    make_archive(path)
    foreign(path, f"PRAGMA user_version = {schema.VERSION + 1}")


def make_older(path: Path) -> None:
    make_archive(path)
    foreign(path, f"PRAGMA user_version = {schema.VERSION - 1}")


def make_newer_in_the_log(path: Path) -> None:
    make_archive(path)
    run_python(
        "import os, sqlite3, sys\n"
        "conn = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "conn.execute('PRAGMA journal_mode = WAL')\n"
        f"conn.execute('PRAGMA user_version = {schema.VERSION + 1}')\n"
        "os._exit(0)\n",
        path,
    )
    assert Path(f"{path}-wal").stat().st_size > 0


def make_truncated(path: Path) -> None:
    make_archive(path, articles=30)
    os.truncate(path, path.stat().st_size // 2)


def make_flipped(path: Path) -> None:
    make_archive(path, articles=30)
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        page = file.read(4096)
        file.seek(4096 * 3)
        file.write(bytes(byte ^ 0xFF for byte in page))


def empty_creation_journal() -> bytes:
    """Return the journal of a first transaction: rolling it back leaves an empty database."""
    magic = bytes.fromhex("d9d505f920a163d7")
    numbers = (0, 12345, 0, 512, 4096)  # records, nonce, pages before, sector size, page size
    return (magic + b"".join(number.to_bytes(4, "big") for number in numbers)).ljust(512, b"\0")


def run_python(program: str, *args: object, code: int = 0) -> None:
    assert (
        subprocess.run([sys.executable, "-c", program, *map(str, args)], check=False).returncode
        == code
    )


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and not file.name.endswith(("-shm", ".lock"))  # the log's index in memory, the lock
    }


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_garbage, "is not a SQLite database"),
        (make_html, "is not a SQLite database"),
        (make_ten_bytes, "is not a SQLite database"),
        (make_magic_alone, "is not a SQLite database"),
        (make_foreign, "some other program"),
        (make_foreign_without_tables, "some other program"),
        (make_foreign_with_hot_journal, "some other program"),
        (make_foreign_wal, "some other program"),
        (make_newer, "made by a newer nkcrawl"),
        (make_older, "made by an nkcrawl before its first release"),
        (make_newer_in_the_log, "made by a newer nkcrawl"),
        (make_truncated, "is damaged"),
        (make_flipped, "is damaged"),
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "not a regular file"),
    ],
)
@pytest.mark.fault("P4", "S9", "S10", "S11")
def test_refused_and_untouched(path: Path, make: Any, reason: str) -> None:
    make(path)
    before = fingerprint(path.parent)
    with pytest.raises(ArchiveError, match=reason) as refusal:
        Archive.open(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert fingerprint(path.parent) == before


@pytest.mark.parametrize(
    ("version", "command"),
    [
        (1, ("crawl", "nknews")),
        (4, ("crawl", "nknews")),
        (4, ("status",)),
        (1, ("search", "rice")),
        (4, ("backup", "{}/copy.db")),
    ],
)
@pytest.mark.fault("S18")
def test_an_archive_from_before_the_first_release_is_refused_and_untouched(
    path: Path, version: int, command: tuple[str, ...]
) -> None:
    make_archive(path, articles=1)
    foreign(path, f"PRAGMA user_version = {version}")
    before, names = path.read_bytes(), sorted(path.parent.iterdir())
    arguments = (argument.format(path.parent) for argument in command)
    refused = scrapy(*arguments, NKCRAWL_DATABASE=str(path), NKCRAWL_SITE="http://127.0.0.1:9")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(
        f"{path} was made by an nkcrawl before its first release (schema {version}), which this "
        "one cannot read. Crawl again into another file, or read this one with"
    )
    assert refused.stderr.count("\n") == 1
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == names


@pytest.mark.fault("S11")
def test_a_large_file_is_checked_once_a_week_and_after_a_run_that_died(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "QUICK_CHECK_LIMIT", 0)
    with closing(Archive.open(path, clock)) as archive:
        run_id = archive.begin_run({}, {})
        for number in range(30):
            store(archive, url=f"{SITE}/2025/06/{number}/", body="words " * 1000)
        archive.finish_run(
            run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Fine.", stats={}
        )
    os.truncate(path, path.stat().st_size - 4096)
    with path.open("ab") as file:
        file.write(random.Random(1).randbytes(4096))
    clock.pass_by(days=2)  # Sunday
    Archive.open(path, clock).close()
    with pytest.raises(ArchiveError, match="is damaged"):
        Archive.open(path, lambda: clock.now + timedelta(days=1))
    with closing(Archive.open(path, clock)) as archive:
        archive.begin_run({}, {})
    with pytest.raises(ArchiveError, match="is damaged"):
        Archive.open(path, clock)


@pytest.mark.fault("P4")
def test_missing_folder_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="does not exist"):
        Archive.open(tmp_path / "missing" / "nknews.db")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that another user may enter; pytest's own are closed to all but their owner."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def without_rights(act: Callable[[], object]) -> str:
    """Call `act` in a child process that is not root, and return its result or ArchiveError."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setuid(65534)
        try:
            os.write(writing, str(act()).encode())
        except ArchiveError as refusal:
            os.write(writing, str(refusal).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as output:
        result = output.read()
    assert os.waitpid(child, 0)[1] == 0
    return result


@pytest.mark.parametrize("locked", ["nknews.db", "."])
@pytest.mark.fault("P4")
def test_not_writable(shared_folder: Path, locked: str) -> None:
    path = shared_folder / "nknews.db"
    make_archive(path)
    path.chmod(0o666)
    shared_folder.chmod(0o777)
    place = shared_folder / locked
    place.chmod(place.stat().st_mode & 0o555)
    before = fingerprint(shared_folder)
    assert f"permission denied, {place} is not writable" in without_rights(
        lambda: Archive.open(path)
    )
    assert fingerprint(shared_folder) == before


def test_new_file_in_a_folder_that_is_not_writable(shared_folder: Path) -> None:
    shared_folder.chmod(0o555)
    assert "permission denied" in without_rights(lambda: Archive.open(shared_folder / "nknews.db"))
    assert list(shared_folder.iterdir()) == []


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.fault("S12")
def test_a_user_without_the_right_to_write_reads_everything_also_after_a_kill(
    shared_folder: Path, killed: bool
) -> None:
    path = shared_folder / "nknews.db"
    make_archive(path, articles=2)
    path.chmod(0o644)
    if killed:
        run_python(KILLED_WHILE_OPEN, path, ROOT, code=-signal.SIGKILL)
        assert Path(f"{path}-wal").stat().st_size > 0
    for file in shared_folder.iterdir():
        file.chmod(file.stat().st_mode & 0o444)
    shared_folder.chmod(0o555)
    before = fingerprint(shared_folder)
    assert "permission denied" in without_rights(lambda: Archive.open(path))
    counted = without_rights(lambda: ArchiveReader.open(path).count_articles())
    assert counted == str({"free": 3 if killed else 2, "teaser": 0, "unknown": 0, "gone": 0})
    assert fingerprint(shared_folder) == before
    shared_folder.chmod(0o755)


KILLED_WHILE_OPEN = """
import os, sys
from pathlib import Path
from nkcrawl.archive import Archive
sys.path.insert(0, sys.argv[2])
from tests.factories import store
archive = Archive.open(Path(sys.argv[1]))
store(archive)
os.kill(os.getpid(), 9)
"""


def test_file_that_only_opens_for_reading(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> Any:
        assert mode == "r+b"
        raise PermissionError(1, "Operation not permitted")  # as for an immutable file

    make_archive(path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        with pytest.raises(ArchiveError, match="Operation not permitted"):
            Archive.open(path)


def test_sqlite_says_read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()
    really_connect = connect._connect
    monkeypatch.setattr(connect, "_connect", lambda path, mode: really_connect(path, "ro"))
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match="cannot be written"):
        Archive.open(path)
    assert path.read_bytes() == before


@pytest.mark.fault("S5")
def test_locked_for_too_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_archive(path)
    monkeypatch.setattr(connect, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = fingerprint(path.parent)
        with pytest.raises(ArchiveError, match="locked by another program"):
            Archive.open(path)
        assert fingerprint(path.parent) == before


@pytest.mark.fault("S4")
def test_a_reader_in_the_middle_of_a_query_does_not_block_the_writer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "BUSY_SECONDS", 0.05)
    with (
        closing(Archive.open(path)) as archive,
        closing(sqlite3.connect(path, isolation_level=None)) as reader,
    ):
        archive.begin_run({}, {})
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
        assert store(archive) == "new"
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)


def test_new_file(path: Path) -> None:
    with closing(Archive.open(path)) as archive:
        assert archive.path == path
        assert archive._conn.execute("PRAGMA synchronous").fetchone() == (2,)
        assert archive._conn.execute("PRAGMA foreign_keys").fetchone() == (1,)
        archive.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["nknews.db", "nknews.db.lock"]
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & ~0o640 == 0
    header = path.read_bytes()[:100]
    assert header[68:72] == b"nkcr"
    assert int.from_bytes(header[60:64], "big") == schema.VERSION == 5
    assert header[18:20] == b"\x01\x01"  # rollback mode: the right to read the file is enough


def test_empty_file_counts_as_new_and_reopening_keeps_everything(path: Path) -> None:
    path.touch()
    make_archive(path, articles=2)
    before = read(path, "SELECT * FROM articles")
    with closing(Archive.open(path)):
        pass
    assert read(path, "SELECT * FROM articles") == before
    assert len(before) == 2


@pytest.mark.fault("S19")
def test_every_table_is_strict_and_refuses_what_the_design_excludes(
    archive: Archive, path: Path
) -> None:
    tables = read(
        path, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'"
    )
    assert {table["name"] for table in tables if not table["sql"].rstrip().endswith("STRICT")} <= {
        "sqlite_sequence"
    }
    for bad in ({"access": "gratis"}, {"published_on": "June"}, {"title": b"bytes"}):
        with pytest.raises((sqlite3.IntegrityError, TypeError)):
            store(archive, **bad)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        store(archive, run_id=99)
    assert read(path, "SELECT * FROM articles") == read(path, "SELECT * FROM pages") == []


@pytest.mark.parametrize("cut", [None, 4096, 20_000])
@pytest.mark.fault("S1")
def test_creation_cut_off_in_the_middle_of_its_first_commit(
    path: Path, cut: int | None, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        database = connect.Database(conn, strict=True, execute_plugins=False)
        schema.migrate(database)
    if cut is not None:
        os.truncate(path, cut)
    Path(f"{path}-journal").write_bytes(empty_creation_journal())
    make_archive(path, articles=1)
    check_file(path)


@pytest.mark.parametrize("statements", range(0, 30, 3))
@pytest.mark.fault("S1")
def test_creation_killed_after_any_statement(path: Path, statements: int) -> None:
    killed = """
import os, sys
from pathlib import Path
from nkcrawl.archive import Archive, connect
really_connect = connect._connect
left = int(sys.argv[2])
def count(statement):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
def traced(path, mode):
    conn = really_connect(path, mode)
    conn.set_trace_callback(count)
    return conn
connect._connect = traced
Archive.open(Path(sys.argv[1]))
"""
    done = subprocess.run([sys.executable, "-c", killed, str(path), str(statements)], check=False)
    assert done.returncode in (0, -signal.SIGKILL)
    make_archive(path, articles=1)
    check_file(path)


@pytest.mark.fault("S1")
def test_killed_while_writing(path: Path) -> None:
    writer = """
import sys
from itertools import count
from pathlib import Path
from nkcrawl.archive import Archive
sys.path.insert(0, sys.argv[2])
from tests.factories import store
archive = Archive.open(Path(sys.argv[1]))
run_id = archive.begin_run({}, {})
for number in count():
    url = f"https://www.nknews.org/{run_id}/{number}/"
    store(archive, url=url, body=f"{run_id} {number} " * 500, run_id=run_id)
    print(number, flush=True)
"""
    chance = random.Random(7)
    acknowledged = 0
    for _ in range(5):
        command = [sys.executable, "-c", writer, str(path), str(ROOT)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(chance.randint(1, 40)):
                assert child.stdout.readline()
                acknowledged += 1
            time.sleep(chance.random() / 100)
            child.kill()
            acknowledged += len(child.stdout.readlines())
        Archive.open(path).close()
        check_file(path)
        stored = read(path, "SELECT body, content_hash FROM articles")
        assert acknowledged <= len(stored)
        due = read(path, "SELECT url FROM pages WHERE fetched_at IS NOT NULL")
        assert len(due) == len(stored)


@pytest.mark.fault("S4")
def test_reader_sees_whole_articles_only(
    archive: Archive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> int:
        assert read(path, "SELECT * FROM articles") == read(path, "SELECT * FROM pages") == []
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(Pages, "add_links", look)
        store(archive)
    assert len(read(path, "SELECT * FROM articles")) == len(read(path, "SELECT * FROM pages")) == 1


@pytest.mark.fault("S17")
def test_failing_halfway_stores_nothing(
    archive: Archive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Pages, "add_links", fail)
        with pytest.raises(sqlite3.OperationalError):
            store(archive)
    assert read(path, "SELECT * FROM articles") == read(path, "SELECT * FROM authors") == []
    assert store(archive) == "new"


@pytest.mark.fault("S6")
def test_a_transaction_lets_nobody_write_between_what_it_reads_and_what_it_writes(
    archive: Archive, path: Path
) -> None:
    new_author = "INSERT INTO authors (slug) VALUES (?)"
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        with transaction(archive._conn):
            archive._conn.execute("SELECT * FROM authors").fetchall()
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                other.execute(new_author, ["other"])
            archive._conn.execute(new_author, ["ours"])
        other.execute(new_author, ["other"])
    assert read(path, "SELECT slug FROM authors ORDER BY id") == [
        {"slug": "ours"},
        {"slug": "other"},
    ]


@pytest.mark.fault("S5", "S6")
def test_a_transaction_waits_for_another_program_s_and_reads_what_that_has_written(
    archive: Archive, path: Path
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO authors (slug, bio) VALUES ('ann', 'Writes.')")
        done = threading.Timer(0.3, other.execute, ["COMMIT"])
        done.start()
        assert store(archive) == "new"
        done.join()
    assert read(path, "SELECT slug, name, bio FROM authors") == [
        {"slug": "ann", "name": "Ann Lee", "bio": "Writes."}
    ]


# --- one writer at a time -------------------------------------------------------------------------


@pytest.mark.fault("P18")
def test_a_second_writer_is_told_who_holds_the_archive_and_since_when(
    path: Path, clock: Clock
) -> None:
    archive = Archive.open(path, clock)
    with pytest.raises(
        ArchiveBusy, match=rf"in use by another run \(process {os.getpid()} on \S+, since {NOW}\)"
    ):
        Archive.open(path, clock)
    archive.close()
    later = clock.pass_by(days=1)
    with closing(Archive.open(path, clock)), pytest.raises(ArchiveBusy, match=f"since {later}"):
        Archive.open(path, clock)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_lock_that_root_makes_belongs_to_the_owner_of_the_archive(shared_folder: Path) -> None:
    path = shared_folder / "nknews.db"
    make_archive(path)
    os.chown(path, 65534, 65534)
    os.chown(shared_folder, 65534, 65534)
    Archive.open(path).close()
    assert (lock := Path(f"{path}.lock")).stat().st_uid == lock.stat().st_gid == 65534

    def open_as_owner() -> str:
        Archive.open(path).close()
        return "opened"

    assert without_rights(open_as_owner) == "opened"


@pytest.mark.fault("P18")
def test_a_link_to_the_file_does_not_bypass_the_lock(path: Path) -> None:
    with closing(Archive.open(path)):
        link = path.with_name("link.db")
        link.symlink_to(path)
        with pytest.raises(ArchiveBusy):
            Archive.open(link)


@pytest.mark.fault("P18")
def test_the_lock_is_free_when_its_holder_was_killed(path: Path) -> None:
    holder = "import sys; from pathlib import Path; from nkcrawl.archive import Archive\n"
    holder += (
        "archive = Archive.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(ArchiveBusy, match=f"process {process.pid} on"):
            Archive.open(path)
        process.kill()
        process.wait()
    Archive.open(path).close()
    check_file(path)


def test_an_opening_that_fails_leaves_no_lock_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(schema, "migrate", fail)
        with pytest.raises(ArchiveError, match="disk I/O error"):
            Archive.open(path)
    Archive.open(path).close()


def test_no_lock_is_left_beside_a_foreign_file(path: Path) -> None:
    make_foreign(path)
    with pytest.raises(ArchiveError):
        Archive.open(path)
    assert [file.name for file in path.parent.iterdir()] == ["nknews.db"]


@pytest.mark.fault("S7")
def test_opening_waits_for_an_active_reader(path: Path) -> None:
    make_archive(path)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM runs").fetchall()
        done = threading.Timer(0.3, reader.execute, ["COMMIT"])
        done.start()
        with closing(Archive.open(path)) as archive:
            assert archive._conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        done.join()


def test_close_twice_and_with_a_reader(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nkcrawl.archive.archive._CLOSING_TIMEOUT", 1)
    archive = Archive.open(path)
    archive.begin_run({}, {})
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM runs").fetchall()
        archive.begin_run({}, {})
        archive.close()
        archive.close()
    assert len(read(path, "SELECT * FROM runs")) == 2


# --- runs -----------------------------------------------------------------------------------------


def test_run(archive: Archive, path: Path, clock: Clock) -> None:
    run_id = archive.begin_run({"limit": 3, "a": None}, {"nkcrawl": "0.1.0"})
    begun = read(path, "SELECT * FROM runs WHERE id = ?", run_id)[0]
    assert begun == {
        "id": 3,
        "started_at": NOW,
        "finished_at": None,
        "verdict": None,
        "exit_code": None,
        "finish_reason": None,
        "summary": None,
        "stats": None,
        "args": '{"a": null, "limit": 3}',
        "versions": '{"nkcrawl": "0.1.0"}',
    }
    later = clock.pass_by(hours=1)
    archive.finish_run(
        run_id,
        verdict="ok",
        exit_code=0,
        finish_reason="finished",
        summary="Fine.",
        stats={"start": START, "n": 1},
    )
    assert read(path, "SELECT * FROM runs WHERE id = ?", run_id) == [
        begun
        | {
            "finished_at": later,
            "verdict": "ok",
            "exit_code": 0,
            "finish_reason": "finished",
            "summary": "Fine.",
            "stats": f'{{"n": 1, "start": "{NOW}"}}',
        }
    ]


@pytest.mark.fault("P17")
def test_a_run_that_died_is_marked_by_the_next(archive: Archive, path: Path) -> None:
    archive.finish_run(
        1, verdict="ok", exit_code=0, finish_reason="finished", summary="Fine.", stats={}
    )
    archive.begin_run({}, {})
    ended = [
        (run["verdict"], run["finish_reason"], run["exit_code"])
        for run in read(path, "SELECT * FROM runs")
    ]
    assert ended == [("ok", "finished", 0), ("failed", "died", None), (None, None, None)]
    [died] = read(path, "SELECT * FROM runs WHERE id = 2")
    assert died["finished_at"] is None
    assert died["summary"].startswith("The run ended without a message: it was killed")


def test_stats_of_good_runs(archive: Archive) -> None:
    for number, verdict in enumerate(["ok", "ok", "failed", "ok", "ok"], start=1):
        run_id = archive.begin_run({}, {})
        stats = {"nkcrawl/recent/visited": number % 5, "number": number}
        archive.finish_run(
            run_id, verdict=verdict, exit_code=0, finish_reason=None, summary="", stats=stats
        )
    runs = archive.stats_of_good_runs("nkcrawl/recent/visited", limit=2)
    assert [stats["number"] for stats in runs] == [4, 2]


# --- articles -------------------------------------------------------------------------------------


def stored_article(path: Path) -> dict[str, Any]:
    [article] = read(path, "SELECT * FROM articles")
    return article


def versions(path: Path) -> list[dict[str, Any]]:
    return read(path, "SELECT * FROM article_versions ORDER BY id")


def test_new_article_whole(archive: Archive, path: Path) -> None:
    authors = [ANN, ("bob", "Bob Ray"), ("ann", "Ann")]
    links = [
        Link(f"{SITE}/2025/05/older/", "article"),
        Link(f"{SITE}/content_author/ann/", "author"),
        Link(STORY, "article"),
    ]
    assert store(archive, label="", note="", authors=authors, links=links) == "new"
    stored = stored_article(path)
    assert len(stored.pop("content_hash")) == 64
    assert stored == row() | {
        "id": 1,
        "label": None,
        "access_evidence": '["meta: free"]',
        "word_count": 6,
        "run_id": 1,
        "first_seen_at": NOW,
        "checked_at": NOW,
        "changed_at": NOW,
        "gone_at": None,
    }
    assert versions(path) == []
    assert read(path, "SELECT * FROM authors") == [
        {"id": 1, "slug": "ann", "name": "Ann Lee", "bio": None, "newest_url": STORY},
        {"id": 2, "slug": "bob", "name": "Bob Ray", "bio": None, "newest_url": STORY},
    ]
    assert read(path, "SELECT * FROM article_list") == [
        {
            "id": 1,
            "published_on": "2025-06-20",
            "title": "Rice prices rise",
            "authors": "Ann Lee, Bob Ray",
            "label": None,
            "access": "free",
            "word_count": 6,
            "url": STORY,
        }
    ]
    link = {"found_on": STORY, "found_at": NOW, "fetched_at": None, "status": None, "etag": None}
    link |= {"last_modified": None, "failures": 0, "due_at": NOW, "last_error": None}
    assert read(path, "SELECT * FROM pages") == [
        {
            "url": STORY,
            "kind": "article",
            "found_on": None,
            "found_at": NOW,
            "fetched_at": NOW,
            "status": 200,
            "etag": '"1"',
            "last_modified": "yesterday",
            "failures": 0,
            "due_at": "2025-06-21T01:00:00Z",
            "last_error": None,
        },
        {"url": f"{SITE}/2025/05/older/", "kind": "article"} | link,
        {"url": f"{SITE}/content_author/ann/", "kind": "author"} | link,
    ]


def test_change_keeps_a_version_and_search_follows(
    archive: Archive, path: Path, clock: Clock
) -> None:
    store(archive)
    before = stored_article(path)
    later = clock.pass_by(days=1)
    assert (
        store(archive, title="Corn prices", body="Corn.", label=None, run_id=2, extractor_version=2)
        == "changed"
    )
    after = stored_article(path)
    assert after["content_hash"] != before["content_hash"]
    assert after == before | {
        "title": "Corn prices",
        "body": "Corn.",
        "word_count": 1,
        "content_hash": after["content_hash"],
        "extractor_version": 2,
        "checked_at": later,
        "changed_at": later,
    }
    unversioned = (
        "url",
        "extractor_version",
        "first_seen_at",
        "checked_at",
        "changed_at",
        "gone_at",
    )
    kept = {column: value for column, value in before.items() if column not in unversioned}
    assert versions(path) == [kept | {"id": 1, "article_id": 1, "run_id": 2, "seen_at": later}]
    for word, hits in (("corn", 1), ("rice", 0), ("traders", 1)):
        assert (
            len(read(path, "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", word))
            == hits
        )


def numbers(path: Path) -> dict[str, int]:
    """Return the id of each article, after checking that the search finds it under that id."""
    ids = {row["url"]: row["id"] for row in read(path, "SELECT url, id FROM articles ORDER BY id")}
    for url, number in ids.items():
        word = url.rstrip("/").rpartition("/")[2]
        assert read(path, "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?", word) == [
            {"rowid": number}
        ]
    return ids


@pytest.mark.fault("S14")
def test_the_number_of_an_article_never_changes(archive: Archive, path: Path, clock: Clock) -> None:
    for word in ("tea", "ferry", "coal", "harbour"):
        store(archive, url=f"{SITE}/2025/06/{word}/", title=word)
    before = numbers(path)
    assert list(before.values()) == [1, 2, 3, 4]
    url = f"{SITE}/2025/06/ferry/"
    seen: list[dict[str, Any]] = [
        {"body": "New words."},
        {"subtitle": "New"},
        {"access": "teaser"},
        {"body": ""},
        {},
    ]
    for changes in seen:
        clock.pass_by(hours=1)
        store(archive, **({"url": url, "title": "ferry"} | changes))
        assert numbers(path) == before
    archive.store(failure(url, "HTTP 404"), 1)
    store(archive, url=url, title="ferry", visit=visited(f"{SITE}/2025/06/alias/"))
    archive.begin_run({}, {})
    assert numbers(path) == before


@pytest.mark.fault("S16")
def test_vacuum_changes_no_number_and_no_order(archive: Archive, path: Path, clock: Clock) -> None:
    for word in ("tea", "ferry", "coal", "harbour"):
        store(archive, url=f"{SITE}/2025/06/{word}/", title=word)
    archive.add_links([Link(f"{SITE}/content_author/{name}/", "author") for name in "zba"])
    foreign(
        path,
        "DELETE FROM article_authors WHERE article_id = 2",
        "DELETE FROM articles WHERE id = 2",
    )  # a gap
    clock.pass_by(days=2)
    before, due = numbers(path), list(archive.due())
    foreign(path, "VACUUM")
    assert (
        numbers(path)
        == before
        == {f"{SITE}/2025/06/{word}/": n for word, n in [("tea", 1), ("coal", 3), ("harbour", 4)]}
    )
    assert list(archive.due()) == due
    assert len(due) == 7


@pytest.mark.fault("S16")
def test_every_number_that_another_table_refers_to_is_declared(
    archive: Archive, path: Path
) -> None:
    referred = read(
        path,
        """
        SELECT DISTINCT "table", "to" FROM sqlite_schema, pragma_foreign_key_list(name)
        WHERE type = 'table'
        """,
    )
    assert {row["table"] for row in referred} == {"articles", "authors", "runs"}
    for target in referred:
        (column,) = read(
            path, "SELECT * FROM pragma_table_info(?) WHERE name = ?", target["table"], target["to"]
        )
        assert (column["type"], column["pk"]) == ("INTEGER", 1)


def test_unchanged_and_changed_unread(archive: Archive, path: Path, clock: Clock) -> None:
    store(archive)
    before = stored_article(path)
    later = clock.pass_by(days=1)
    assert store(archive, extractor_version=2) == "unchanged"
    assert stored_article(path) == before | {"checked_at": later, "extractor_version": 2}
    assert versions(path) == []
    latest = clock.pass_by(days=1)
    assert store(archive, modified_at="2025-06-21T00:00:00Z") == "changed"
    assert stored_article(path) == before | {
        "checked_at": latest,
        "modified_at": "2025-06-21T00:00:00Z",
    }
    assert len(versions(path)) == 1


@pytest.mark.fault("S13")
def test_empty_never_replaces(archive: Archive, path: Path) -> None:
    store(archive, note="Sponsored", modified_at=NOW)
    before = stored_article(path)
    empty = {
        column: None for column in row() if column not in ("url", "access", "extractor_version")
    }
    assert store(archive, **empty) == "unchanged"
    assert store(archive, **empty | {"title": "", "body": "", "access_evidence": []}) == "unchanged"
    assert store(archive, **empty | {"access": "unknown"}) == "unchanged"
    assert stored_article(path) == before


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (("free", "long text"), ("teaser", "long"), "first"),
        (("unknown", "long text"), ("teaser", "long"), "first"),
        (("free", "same"), ("teaser", "same"), "first"),
        (("unknown", "same"), ("teaser", "same"), "second"),
        (("teaser", "old"), ("teaser", "new"), "second"),
        (("teaser", "old"), ("free", "new and long"), "second"),
        (("free", "long text"), ("free", "short"), "second"),
        (("free", ""), ("teaser", "lead"), "second"),
        (("free", "text"), ("unknown", ""), "first"),
        (("teaser", "text"), ("free", ""), "first"),
    ],
)
@pytest.mark.fault("S13")
def test_teaser_never_replaces_a_full_body(
    archive: Archive, path: Path, first: tuple[str, str], second: tuple[str, str], stays: str
) -> None:
    store(archive, access=first[0], body=first[1], access_evidence=["first"])
    outcome = store(archive, access=second[0], body=second[1], access_evidence=["second"])
    stored = stored_article(path)
    access, body = first if stays == "first" else second
    assert (stored["access"], stored["body"], stored["access_evidence"]) == (
        access,
        body,
        f'["{stays}"]',
    )
    assert stored["word_count"] == len(body.split())
    assert outcome == ("unchanged" if stays == "first" else "changed")


def test_gone_and_back(archive: Archive, path: Path, clock: Clock) -> None:
    store(archive)
    before = stored_article(path)
    gone = clock.pass_by(days=1)
    archive.store(failure(STORY, "HTTP 404"), 1)
    assert stored_article(path) == before | {"gone_at": gone}
    assert page_row(path, STORY) | {"due_at": None, "failures": 1, "fetched_at": gone} == page_row(
        path, STORY
    )
    clock.pass_by(days=1)
    archive.store(failure(STORY, "HTTP 410"), 1)
    assert stored_article(path)["gone_at"] == gone
    back = clock.pass_by(days=1)
    assert store(archive) == "unchanged"
    assert stored_article(path) == before | {"checked_at": back}
    assert page_row(path, STORY)["failures"] == 0


def test_byline_changes(archive: Archive, path: Path) -> None:
    def byline(*authors: tuple[str, str]) -> tuple[list[tuple[Any, ...]], str | None]:
        store(archive, authors=authors)
        rows = read(
            path,
            "SELECT slug, position FROM article_authors JOIN authors ON authors.id = author_id",
        )
        return sorted(tuple(row.values()) for row in rows), read(
            path, "SELECT * FROM article_list"
        )[0]["authors"]

    ann, bob = ("ann", "Ann"), ("bob", "Bob")
    assert byline() == ([], None)
    assert byline(ann, bob) == ([("ann", 1), ("bob", 2)], "Ann, Bob")
    assert byline(bob, ann) == ([("ann", 2), ("bob", 1)], "Bob, Ann")
    assert byline(("bob", "Bobby")) == ([("ann", None), ("bob", 1)], "Bobby")
    assert byline() == ([("ann", None), ("bob", 1)], "Bobby")
    assert byline(("bob", ""), ("nameless", "")) == (
        [("ann", None), ("bob", 1), ("nameless", 2)],
        "Bobby, nameless",
    )


def test_the_newest_article_of_an_author_is_known_in_whatever_order_they_were_stored(
    archive: Archive,
) -> None:
    for month in ("2025/05", "2025/06", "2019/12"):
        store(archive, url=f"{SITE}/{month}/story/")
    assert Articles(archive._conn, Clock()).newest_by("ann") == [f"{SITE}/2025/06/story/"]
    assert Articles(archive._conn, Clock()).newest_by("bob") == []


def test_the_view_of_authors_counts_current_bylines(archive: Archive, path: Path) -> None:
    bob = ("bob", "Bob Kim")
    for number, (authors, access, day) in enumerate(
        [
            ([ANN, bob], "free", "2025-06-20"),
            ([ANN], "teaser", "2024-01-02"),
            ([ANN], "unknown", None),
        ]
    ):
        columns = {"access": access, "published_on": day, "published_at": None}
        store(archive, f"story-{number}", authors=authors, body="three words here", **columns)
    store(archive, "story-0", body="three words here")
    assert read(path, "SELECT * FROM author_activity") == [
        {
            "slug": "ann",
            "name": "Ann Lee",
            "articles": 3,
            "free": 1,
            "teasers": 1,
            "words": 9,
            "first_published_on": "2024-01-02",
            "last_published_on": "2025-06-20",
        }
    ]


def test_the_view_of_changes_has_one_row_per_change(
    archive: Archive, path: Path, clock: Clock
) -> None:
    changes = [
        {"access": "teaser", "body": "one two"},
        {"access": "free", "body": "one two three"},
        {"access": "free", "body": "one two three", "title": "Rice falls"},
        {
            "access": "free",
            "body": "one two three",
            "title": "Rice falls",
            "image_url": f"{SITE}/wp/new.jpg",
        },
    ]
    for seen in changes:
        store(archive, **seen)
        clock.pass_by(hours=1)
    store(archive, url=f"{SITE}/2025/06/other/")
    changes_seen = read(path, "SELECT * FROM changed_articles ORDER BY seen_at")
    assert {(change["id"], change["published_on"], change["url"]) for change in changes_seen} == {
        (1, "2025-06-20", STORY)
    }
    assert [tuple(change.values())[3:10] for change in changes_seen] == [
        ("Rice prices rise", "Rice prices rise", "teaser", "free", 2, 3, 1),
        ("Rice prices rise", "Rice falls", "free", "free", 3, 3, 1),
        ("Rice falls", "Rice falls", "free", "free", 3, 3, 0),
    ]
    assert [change["seen_at"] for change in changes_seen] == [
        format_timestamp(START + timedelta(hours=hour)) for hour in (1, 2, 3)
    ]


def test_the_view_of_runs_has_their_counts_as_columns(
    archive: Archive, path: Path, clock: Clock
) -> None:
    run_id = archive.begin_run({}, {})
    clock.pass_by(seconds=90)
    stats = {"downloader/request_count": 9, "nkcrawl/articles/new": 4, "nkcrawl/rejected": 2}
    archive.finish_run(
        run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Done.", stats=stats
    )
    archive.begin_run({}, {})
    counts = {"changed": 0, "unchanged": 0, "rejected": 2, "failed": 0}
    done, running = read(path, "SELECT * FROM run_list WHERE id >= ? ORDER BY id", run_id)
    assert done == {
        "id": run_id,
        "started_at": NOW,
        "minutes": 1.5,
        "verdict": "ok",
        "requests": 9,
        "new": 4,
        **counts,
        "summary": "Done.",
    }
    assert (running["verdict"], running["minutes"], running["requests"]) == ("running", None, 0)


# --- pages ----------------------------------------------------------------------------------------


def test_alias_by_redirect(archive: Archive, path: Path, clock: Clock) -> None:
    old = f"{SITE}/2025/06/old-name/"
    archive.add_links([Link(old, "article")], SITE)
    later = clock.pass_by(hours=1)
    store(archive, visit=visited(old, final_url=STORY))
    visit = {
        "kind": "article",
        "fetched_at": later,
        "status": 200,
        "etag": '"1"',
        "last_modified": "yesterday",
    }
    visit |= {"failures": 0, "last_error": None}
    assert page_row(path, old) == visit | {
        "url": old,
        "found_on": SITE,
        "found_at": NOW,
        "due_at": None,
    }
    own = visit | {
        "url": STORY,
        "found_on": old,
        "found_at": later,
        "due_at": "2025-06-21T01:00:00Z",
    }
    assert page_row(path, STORY) == own


@pytest.mark.fault("D12")
def test_alias_by_canonical_of_a_known_page(archive: Archive, path: Path, clock: Clock) -> None:
    archive.add_links([Link(STORY, "article")], SITE)
    archive.store(failure(STORY, "timeout"), 1)
    copy = f"{SITE}/2025/06/copy/"
    later = clock.pass_by(hours=1)
    store(archive, visit=visited(copy))
    assert page_row(path, copy)["due_at"] is None
    assert page_row(path, STORY) == {
        "url": STORY,
        "kind": "article",
        "found_on": SITE,
        "found_at": NOW,
        "fetched_at": later,
        "status": 200,
        "etag": None,
        "last_modified": None,
        "failures": 0,
        "due_at": "2025-06-21T01:00:00Z",
        "last_error": None,
    }
    assert list(archive.due()) == []


def test_alias_of_a_listing(archive: Archive, path: Path) -> None:
    old, new = f"{SITE}/author/ann/", f"{SITE}/author/ann-lee/"
    archive.store_listing(listing(old, STORY, final_url=new))
    assert page_row(path, old)["due_at"] is None
    assert page_row(path, new)["due_at"] == "2025-06-20T23:15:00Z"
    assert page_row(path, new)["kind"] == "author"


def test_add_links(archive: Archive, path: Path, clock: Clock) -> None:
    assert (
        archive.add_links(
            iter([Link("b", "article"), Link("a", "author"), Link("b", "article")]), "c"
        )
        == 2
    )
    archive.store(failure("b", "timeout"), 1)
    before = page_row(path, "b")
    later = clock.pass_by(hours=1)
    assert archive.add_links([Link("b", "article")], "d") == 0
    assert page_row(path, "b") == before
    assert archive.add_links([Link("b", "article"), Link("e", "feed")], "d", due_now=True) == 1
    assert page_row(path, "b") == before | {"due_at": later}


def test_found_on_prefers_author_pages_to_articles(archive: Archive, path: Path) -> None:
    other, author = f"{SITE}/2025/05/other/", f"{SITE}/content_author/ann/"
    store(archive, authors=[], links=article_links(other))
    assert page_row(path, other)["found_on"] == STORY
    assert archive.store(listing(author, other, STORY), 1).new_links == 0
    assert page_row(path, other)["found_on"] == author
    assert page_row(path, STORY)["found_on"] is None  # fetched already
    store(archive, authors=[], links=article_links(other))
    assert page_row(path, other)["found_on"] == author


def test_failures_wait_longer_each_time(archive: Archive, path: Path, clock: Clock) -> None:
    archive.add_links([Link(STORY, "article")])
    new = page_row(path, STORY)
    for failures, hours in enumerate([12, 20, 44, 92, 188, 380, 716, 716], start=1):
        archive.store(failure(STORY, "timeout"), 1)
        due_at = format_timestamp(clock.now + timedelta(hours=hours))
        assert page_row(path, STORY) == new | {
            "failures": failures,
            "due_at": due_at,
            "last_error": "timeout",
        }
    archive.store(failure(STORY, "HTTP 500"), 1)
    answered = {"status": 500, "fetched_at": NOW, "last_error": "HTTP 500"}
    assert page_row(path, STORY) == new | {"failures": 9, "due_at": due_at} | answered


def test_rejection(archive: Archive, path: Path) -> None:
    archive.store(rejection(STORY, "no title"), 2)
    archive.store(rejection(STORY, "no title", "h1 missing"), 2)
    fixed = {"url": STORY, "run_id": 2, "seen_at": NOW, "reason": "no title"}
    assert read(path, "SELECT * FROM rejects") == [
        {"id": 1, "detail": None} | fixed,
        {"id": 2, "detail": "h1 missing"} | fixed,
    ]
    page = page_row(path, STORY)
    assert (page["failures"], page["due_at"], page["status"]) == (2, "2025-06-20T23:15:00Z", 200)
    assert page["etag"] is None  # nothing was stored that a 304 could confirm


def test_what_is_known_of_a_page(archive: Archive) -> None:
    urls = [
        f"{SITE}/2025/06/{name}/"
        for name in ("whole", "undated", "empty", "note", "rejected", "late", "linked")
    ]
    whole, dateless, empty, note, turned_away, late, linked = urls
    store(archive, url=whole)
    store(archive, url=dateless, published_on=None, published_at=None)
    store(archive, url=empty, body="")
    store(archive, url=note, body="", note="Views expressed …")
    archive.store(rejection(turned_away, "no headline"), 1)
    archive.store(failure(late, "timeout"), 1)
    archive.add_links([Link(linked, "article")])
    known = [archive.lookup(visited(url)) for url in [*urls, f"{SITE}/2025/06/unknown/"]]
    assert known == [
        (True, set(), 0),
        (True, {"undated"}, 0),
        (True, {"empty"}, 0),
        (True, set(), 0),
        (False, {"rejected"}, 1),
        (False, set(), 1),
        *[(False, set(), 0)] * 2,
    ]
    archive.store(failure(turned_away, "timeout"), 1)
    assert archive.lookup(visited(turned_away)) == (False, set(), 2)
    archive.store(failure(f"{SITE}/content_author/bob/", "HTTP 503", kind="author"), 1)
    authors = [
        archive.lookup(visited(f"{SITE}/content_author/{slug}/", "author"))
        for slug in ("ann", "bob")
    ]
    assert authors == [(True, set(), 0), (False, set(), 1)]


def test_an_outage_does_not_postpone_the_feed_and_front_pages(
    archive: Archive, path: Path, clock: Clock
) -> None:
    entrances = {f"{SITE}/feed/": "feed", f"{SITE}/content_author/ann/": "author"}
    for _ in range(9):
        for url, kind in entrances.items():
            archive.store(failure(url, "HTTP 503", kind=kind), 1)  # type: ignore[arg-type]
        clock.pass_by(days=1)
    tomorrow = format_timestamp(clock.now - timedelta(hours=12))
    assert {page_row(path, url)["due_at"] for url in entrances} == {tomorrow}
    further = f"{SITE}/content_author/ann/page/2/"
    for _ in range(3):
        archive.store(failure(further, "HTTP 503", kind="author"), 1)
    assert page_row(path, further)["due_at"] == format_timestamp(clock.now + timedelta(hours=44))


def test_a_front_page_that_is_gone_is_visited_again_and_a_later_page_is_not(
    archive: Archive, path: Path
) -> None:
    for _ in range(2):
        archive.store(failure(f"{SITE}/content_author/ann/", "HTTP 404", kind="author"), 1)
    archive.store(failure(f"{SITE}/content_author/ann/page/9/", "HTTP 404", kind="author"), 1)
    assert page_row(path, f"{SITE}/content_author/ann/")["due_at"] == "2025-06-20T23:15:00Z"
    assert page_row(path, f"{SITE}/content_author/ann/page/9/")["due_at"] is None


def test_an_article_that_is_listed_again_gets_another_visit(
    archive: Archive, path: Path, clock: Clock
) -> None:
    store(archive)
    clock.pass_by(days=1)
    archive.store(failure(STORY, "HTTP 404"), 1)
    assert page_row(path, STORY)["due_at"] is None
    clock.pass_by(hours=2)
    archive.store(listing(f"{SITE}/content_author/ann/", STORY), 1)
    assert page_row(path, STORY)["due_at"] == "2025-06-21T15:15:00Z"  # as after any failure
    archive.store(failure(STORY, "HTTP 410"), 1)
    archive.store(feed(STORY), 1)
    assert page_row(path, STORY)["due_at"] == "2025-06-22T01:15:00Z"
    store(archive)
    archive.store(feed(STORY), 1)
    assert page_row(path, STORY)["due_at"] == "2025-06-27T01:00:00Z"


def test_suspect_pages_are_due_the_next_night_without_validators(
    archive: Archive, path: Path, clock: Clock
) -> None:
    other = f"{SITE}/2015/01/other/"
    store(archive)
    store(archive, url=other, published_on="2015-01-01", published_at=None)
    clock.pass_by(hours=10)
    archive.mark_suspect([STORY, other])
    for url, due_at in ((STORY, "2025-06-21T01:00:00Z"), (other, "2025-06-21T01:15:00Z")):
        page = page_row(path, url)
        assert (page["due_at"], page["etag"], page["last_modified"]) == (due_at, None, None)


def test_the_faults_of_a_suspect_page_are_not_known_until_it_is_stored_again(
    archive: Archive,
) -> None:
    store(archive, published_on=None, published_at=None)
    archive.mark_suspect([STORY])
    assert archive.lookup(visited()) == (True, set(), 0)
    store(archive, published_on=None, published_at=None)
    assert archive.lookup(visited()) == (True, {"undated"}, 0)


def test_found_on_prefers_author_pages_to_the_feed(archive: Archive, path: Path) -> None:
    other, author = f"{SITE}/2025/06/other/", f"{SITE}/content_author/ann/"
    finders = []
    store(archive, authors=[], links=article_links(other))
    finders.append(page_row(path, other)["found_on"])
    archive.store(feed(other, STORY), 1)
    finders.append(page_row(path, other)["found_on"])
    archive.store(listing(author, other, STORY), 1)
    finders.append(page_row(path, other)["found_on"])
    archive.store(feed(other, STORY), 1)
    finders.append(page_row(path, other)["found_on"])
    assert finders == [STORY, f"{SITE}/feed/", author, author]


@pytest.mark.parametrize(
    ("months", "due_at"),
    [
        (["2025/06"], "2025-06-20T23:15:00Z"),
        (["2019/01", "2025/05"], "2025-06-20T23:15:00Z"),
        (["2025/04"], "2025-06-22T23:15:00Z"),
        (["2025/03"], "2025-06-22T23:15:00Z"),
        (["2025/02"], "2025-06-26T23:15:00Z"),
        (["2024/06"], "2025-06-26T23:15:00Z"),
        (["2024/05"], "2025-07-19T23:15:00Z"),
        ([], "2025-06-26T23:15:00Z"),
    ],
)
def test_author_schedule(archive: Archive, path: Path, months: list[str], due_at: str) -> None:
    first, second = f"{SITE}/content_author/ann/", f"{SITE}/content_author/ann/page/2/"
    links = [f"{SITE}/{month}/x/" for month in months]
    assert archive.store(listing(first, *links), 1).new_links == len(links)
    assert archive.store(listing(second, *links), 1).new_links == 0
    assert page_row(path, first)["due_at"] == due_at
    assert page_row(path, second)["due_at"] is None


@pytest.mark.parametrize(
    ("at", "on", "waited", "due_at"),
    [
        ("2025-06-20T01:00:00Z", "2025-06-20", 0, "2025-06-21T01:00:00Z"),
        ("2025-06-20T01:00:00Z", "2025-06-20", 22, "2025-06-27T01:00:00Z"),
        (None, "2025-06-20", 0, "2025-06-21T15:00:00Z"),
        (None, "2025-06-20", 24 * 2, "2025-06-27T15:00:00Z"),
        (None, "2025-06-20", 24 * 8, None),
        (None, None, 0, "2025-06-21T03:15:00Z"),
        (None, None, 24, "2025-06-27T03:15:00Z"),
        (None, None, 24 * 7, None),
        (None, "2015-01-01", 0, None),
    ],
)
def test_article_schedule(
    archive: Archive,
    path: Path,
    clock: Clock,
    at: str | None,
    on: str | None,
    waited: int,
    due_at: str | None,
) -> None:
    store(archive, published_at=at, published_on=on)
    clock.pass_by(hours=waited)
    store(archive, published_at=at, published_on=on)
    assert page_row(path, STORY)["due_at"] == due_at


def test_author_of_a_listing(archive: Archive, path: Path) -> None:
    archive.store(listing(f"{SITE}/content_author/ann/"), 1)
    archive.store(listing(f"{SITE}/content_author/ann/", name=None, bio=""), 1)
    ann = {"id": 1, "slug": "ann", "name": "Ann Lee", "bio": "Writes.", "newest_url": None}
    assert read(path, "SELECT * FROM authors") == [ann]


def due_urls(archive: Archive) -> list[str]:
    return [page.url for page in archive.due()]


def test_next_page_of_a_listing(archive: Archive, path: Path, clock: Clock) -> None:
    first, second = f"{SITE}/content_author/ann/", f"{SITE}/content_author/ann/page/2/"
    archive.add_links([Link(STORY, "article")])
    archive.store(listing(first, STORY, next_page=second), 1)
    assert page_row(path, second)["due_at"] == NOW  # nothing new, but a new page
    waiting = page_row(path, second)
    clock.pass_by(hours=1)
    archive.store(listing(first, STORY, next_page=second), 1)
    assert page_row(path, second) == waiting
    archive.store(listing(second, STORY), 1)
    archive.store(listing(first, STORY, next_page=second), 1)
    assert page_row(path, second)["due_at"] is None  # nothing new and known
    clock.pass_by(hours=1)
    archive.store(listing(first, f"{SITE}/2025/06/new/", STORY, next_page=second), 1)
    assert second in due_urls(archive)
    archive.store(listing(second, STORY), 1)
    assert second not in due_urls(archive)
    archive.store(listing(first, STORY, next_page=second, follow_all=True), 1)
    assert second in due_urls(archive)


def test_a_walk_through_a_listing_ends_where_most_was_known_at_the_last_one(
    archive: Archive, clock: Clock
) -> None:
    """Forty new articles at once, a year after the whole listing was walked.

    In that year every month brought four articles, which were found on the first page.
    """
    urls = [f"{SITE}/content_author/ann/"] + [
        f"{SITE}/content_author/ann/page/{number}/" for number in range(2, 30)
    ]
    listed = [f"{SITE}/2025/05/{number:03}/" for number in range(100)]

    def visit(number: int) -> None:
        entries = listed[(number - 1) * 10 : number * 10]
        archive.store(listing(urls[number - 1], *entries, next_page=urls[number]), 1)

    for number in range(1, 11):
        visit(number)
    for month in range(12):
        clock.pass_by(days=30)
        listed[:0] = [f"{SITE}/2025/06/{month:02}-{number:03}/" for number in range(4)]
        visit(1)  # six of ten were known
    assert [url for url in due_urls(archive) if url in urls[1:10]] == []
    clock.pass_by(days=30)
    listed[:0] = [f"{SITE}/2025/07/{number:03}/" for number in range(40)]
    archive.add_links([Link(url, "article") for url in listed[:25]])  # by the feed, just before
    clock.pass_by(minutes=1)
    walked = [1]
    visit(1)
    while further := [url for url in due_urls(archive) if url in urls[1:10]]:
        clock.pass_by(hours=20)  # a later page each night, and what was found is read in between
        for url in listed:
            store(archive, url=url)
        walked.append(urls.index(further[0]) + 1)
        visit(walked[-1])
    assert walked == [1, 2, 3, 4, 5]


def test_a_listing_that_failed_in_between_is_walked_on(archive: Archive, clock: Clock) -> None:
    first, second, third = (
        f"{SITE}/content_author/ann/{end}" for end in ("", "page/2/", "page/3/")
    )
    for page, following in ((first, second), (second, third)):
        archive.store(listing(page, STORY, next_page=following), 1)
    archive.store(listing(third, f"{SITE}/2024/01/x/"), 1)
    clock.pass_by(days=1)
    archive.store(failure(first, "HTTP 503", kind="author"), 1)
    clock.pass_by(hours=12)
    archive.store(listing(first, STORY, next_page=second), 1)
    assert second in due_urls(archive)
    archive.store(failure(second, "HTTP 503", kind="author"), 1)
    clock.pass_by(hours=12)
    archive.store(listing(second, STORY, next_page=third), 1)
    assert third in due_urls(archive)


def test_a_silent_author_who_publishes_again_is_visited_sooner(
    archive: Archive, path: Path, clock: Clock
) -> None:
    first = f"{SITE}/content_author/ann/"
    archive.store(listing(first, f"{SITE}/2015/01/old/"), 1)
    assert page_row(path, first)["due_at"] == "2025-07-19T23:15:00Z"
    links = [Link(first, "author")]
    store(archive, url=f"{SITE}/2015/01/old/", authors=[], links=links)
    assert page_row(path, first)["due_at"] == "2025-07-19T23:15:00Z"
    store(archive, authors=[], links=links)
    assert page_row(path, first)["due_at"] == "2025-06-20T23:15:00Z"
    clock.pass_by(hours=1)
    store(archive, "b", authors=[], links=links)
    assert page_row(path, first)["due_at"] == "2025-06-20T23:15:00Z"


# --- the feed, and pages that are as they were ----------------------------------------------------


def test_feed(archive: Archive, path: Path, clock: Clock) -> None:
    author = f"{SITE}/content_author/ann/"
    archive.store(listing(author, STORY), 1)
    new, older = f"{SITE}/2025/06/new/", f"{SITE}/2025/06/older/"
    assert archive.store(feed(new, STORY), 1).new_links == 1
    page = page_row(path, f"{SITE}/feed/")
    assert (page["fetched_at"], page["etag"], page["due_at"]) == (
        NOW,
        '"1"',
        "2025-06-20T15:15:00Z",
    )
    assert page_row(path, new)["found_on"] == f"{SITE}/feed/"
    assert page_row(path, new)["due_at"] == NOW
    assert (
        page_row(path, author)["due_at"] == "2025-06-20T23:15:00Z"
    )  # the oldest entry was known: no gap
    later = clock.pass_by(hours=1)
    assert archive.store(feed(new, older), 1).new_links == 1
    assert (
        page_row(path, author)["due_at"] == later
    )  # what came before the oldest may be unknown too
    archive.store(listing(author, STORY), 1)
    assert archive.store(feed(new, older), 1).new_links == 0
    assert page_row(path, author)["due_at"] != later


def test_a_feed_that_is_missing_is_looked_for_again(archive: Archive, path: Path) -> None:
    archive.store(failure(FEED, "HTTP 404", kind="feed"), 1)
    archive.store(failure(FEED, "HTTP 404", kind="feed"), 1)
    assert page_row(path, f"{SITE}/feed/")["due_at"] == "2025-06-20T23:15:00Z"


@pytest.mark.fault("N6")
def test_unchanged_article(archive: Archive, path: Path, clock: Clock) -> None:
    store(archive)
    archive.store(failure(STORY, "HTTP 404"), 1)
    before = stored_article(path)
    later = clock.pass_by(days=2)
    archive.store(unchanged(etag=None), 1)
    assert stored_article(path) == before | {"checked_at": later, "gone_at": None}
    page = page_row(path, STORY)
    assert (page["status"], page["fetched_at"], page["etag"], page["failures"]) == (
        304,
        later,
        '"1"',
        0,
    )
    assert page["due_at"] == "2025-06-27T01:00:00Z"
    clock.pass_by(days=6)
    archive.store(unchanged(), 1)
    assert page_row(path, STORY)["due_at"] is None


def test_unchanged_author_page_and_feed(archive: Archive, path: Path, clock: Clock) -> None:
    author = f"{SITE}/content_author/ann/"
    archive.store(listing(author), 1)
    store(archive)
    clock.pass_by(days=8)
    archive.store(unchanged(author, "author"), 1)
    assert page_row(path, author)["due_at"] == "2025-06-28T23:15:00Z"  # she published this month
    archive.store(feed(STORY), 1)
    later = clock.pass_by(hours=12)
    archive.store(unchanged(f"{SITE}/feed/", "feed"), 1)
    assert page_row(path, f"{SITE}/feed/")["fetched_at"] == later
    assert page_row(path, f"{SITE}/feed/")["due_at"] == format_timestamp(
        clock.now + timedelta(hours=12)
    )


# --- what is due ----------------------------------------------------------------------------------


def test_due_order(archive: Archive, clock: Clock) -> None:
    kinds = {"feed": "feed", "content_author": "author"}
    order = [
        "feed",
        "content_author/zoe",
        "content_author/ann",
        "2025/06/b",
        "2025/06/a",
        "2019/01/z",
        "content_author/b/page/9",
        "content_author/a/2",
    ]
    met_in_order = [1, 4, 6, 3, 5, 2, 0, 7]
    for place in sorted(range(len(order)), key=lambda place: met_in_order[place]):
        url = f"{SITE}/{order[place]}/"
        archive.add_links([Link(url, kinds.get(order[place].split("/")[0], "article"))])  # type: ignore[arg-type]
        clock.pass_by(seconds=1)
    assert [page.url for page in archive.due()] == [f"{SITE}/{end}/" for end in order]
    assert archive.count_due() == len(order)
    clock.now = START - timedelta(seconds=1)
    assert list(archive.due()) == []
    assert archive.count_due() == 0


def test_due_page_whole(archive: Archive, clock: Clock) -> None:
    store(archive)
    clock.now = datetime(2025, 6, 21, 1, tzinfo=UTC)
    expected = DuePage(
        STORY, "article", None, NOW, 200, '"1"', "yesterday", 0, "2025-06-21T01:00:00Z", 1
    )
    assert list(archive.due()) == [expected]


def test_due_while_writing(archive: Archive) -> None:
    urls = [f"{SITE}/2025/06/{number:03}/" for number in range(250)]
    archive.add_links([Link(url, "article") for url in urls])
    seen = []
    for page in archive.due():
        seen.append(page.url)
        for url in (
            page.url,
            f"{SITE}/2025/06/{int(page.url[-4:-1]) - 1:03}/",
        ):  # the next one stops being due too
            store(archive, url=url)
    assert seen == urls[::-2]


def test_due_reads_no_page_that_is_not_due(archive: Archive) -> None:
    queries = (
        (pages.DUE_BY_FOUND_AT, 2),
        (pages.DUE_BY_ROWID, 2),
        (pages.DUE_ARTICLES, 2),
        (pages.COUNT_DUE, 1),
    )
    for sql, values in queries:
        plan = [
            step[3] for step in archive._conn.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * values)
        ]
        assert any("INDEX pages_due" in step for step in plan), (
            plan
        )  # a partial index: only what is due at some time
        if sql == pages.DUE_ARTICLES:
            assert not any("TEMP B-TREE" in step for step in plan), plan
