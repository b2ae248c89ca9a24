"""Opening an archive: refused files, rights, the lock, transactions, and kills at any time."""

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
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nkcrawl.archive import (
    Archive,
    ArchiveBusy,
    ArchiveError,
    ArchiveReader,
    connect,
    errors,
    schema,
)
from nkcrawl.archive.connect import transaction
from tests.conftest import NOW, ROOT, Clock, check_file, execute, scrapy
from tests.conftest import rows as read
from tests.factories import SITE, store


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
    execute(
        path,
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT)",
        "INSERT INTO articles VALUES (1, 'x')",
    )


def make_foreign_without_tables(path: Path) -> None:
    execute(path, "PRAGMA user_version = 1")


def make_foreign_with_hot_journal(path: Path) -> None:
    make_foreign(path)
    Path(f"{path}-journal").write_bytes(empty_creation_journal())


def make_foreign_wal(path: Path) -> None:
    execute(path, "PRAGMA journal_mode = WAL", "CREATE TABLE t (a)")


def make_newer(path: Path) -> None:
    make_archive(path)
    execute(path, f"PRAGMA user_version = {schema.VERSION + 1}")


def make_older(path: Path) -> None:
    make_archive(path)
    execute(path, f"PRAGMA user_version = {schema.VERSION - 1}")


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
def test_refused_and_untouched(archive_file: Path, make: Any, reason: str) -> None:
    make(archive_file)
    before = fingerprint(archive_file.parent)
    with pytest.raises(ArchiveError, match=reason) as refusal:
        Archive.open(archive_file)
    assert str(archive_file) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert fingerprint(archive_file.parent) == before


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
    archive_file: Path, version: int, command: tuple[str, ...]
) -> None:
    make_archive(archive_file, articles=1)
    execute(archive_file, f"PRAGMA user_version = {version}")
    before, names = archive_file.read_bytes(), sorted(archive_file.parent.iterdir())
    arguments = (argument.format(archive_file.parent) for argument in command)
    refused = scrapy(
        *arguments, NKCRAWL_DATABASE=str(archive_file), NKCRAWL_SITE="http://127.0.0.1:9"
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(
        f"{archive_file} was made by an nkcrawl before its first release (schema {version}), which "
        "this one cannot read. Crawl again into another file, or read this one with"
    )
    assert refused.stderr.count("\n") == 1
    assert archive_file.read_bytes() == before
    assert sorted(archive_file.parent.iterdir()) == names


@pytest.mark.fault("S11")
def test_a_large_file_is_checked_once_a_week_and_after_a_run_that_died(
    archive_file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "QUICK_CHECK_LIMIT", 0)
    with closing(Archive.open(archive_file, clock)) as archive:
        run_id = archive.begin_run({}, {})
        for number in range(30):
            store(archive, url=f"{SITE}/2025/06/{number}/", body="words " * 1000)
        archive.finish_run(
            run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="Fine.", stats={}
        )
    os.truncate(archive_file, archive_file.stat().st_size - 4096)
    with archive_file.open("ab") as file:
        file.write(random.Random(1).randbytes(4096))
    clock.advance(days=2)  # Sunday
    Archive.open(archive_file, clock).close()
    with pytest.raises(ArchiveError, match="is damaged"):
        Archive.open(archive_file, lambda: clock.now + timedelta(days=1))
    with closing(Archive.open(archive_file, clock)) as archive:
        archive.begin_run({}, {})
    with pytest.raises(ArchiveError, match="is damaged"):
        Archive.open(archive_file, clock)


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


def test_file_that_only_opens_for_reading(
    archive_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: str) -> Any:
        assert mode == "r+b"
        raise PermissionError(1, "Operation not permitted")  # as for an immutable file

    make_archive(archive_file)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        with pytest.raises(ArchiveError, match="Operation not permitted"):
            Archive.open(archive_file)


def test_a_file_that_sqlite_opens_read_only_is_refused(
    archive_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_file.touch()
    really_connect = connect._connect
    monkeypatch.setattr(connect, "_connect", lambda path, mode: really_connect(path, "ro"))
    before = archive_file.read_bytes()
    with pytest.raises(ArchiveError, match="cannot be written"):
        Archive.open(archive_file)
    assert archive_file.read_bytes() == before


@pytest.mark.fault("S5")
def test_locked_for_too_long(archive_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_archive(archive_file)
    monkeypatch.setattr(errors, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(archive_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = fingerprint(archive_file.parent)
        with pytest.raises(ArchiveError, match="locked by another program"):
            Archive.open(archive_file)
        assert fingerprint(archive_file.parent) == before


@pytest.mark.fault("S4")
def test_a_reader_in_the_middle_of_a_query_does_not_block_the_writer(
    archive_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "BUSY_SECONDS", 0.05)
    with (
        closing(Archive.open(archive_file)) as archive,
        closing(sqlite3.connect(archive_file, isolation_level=None)) as reader,
    ):
        archive.begin_run({}, {})
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
        assert store(archive) == "new"
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)


def test_new_file(archive_file: Path) -> None:
    with closing(Archive.open(archive_file)) as archive:
        assert archive.path == archive_file
        assert archive._conn.execute("PRAGMA synchronous").fetchone() == (2,)
        assert archive._conn.execute("PRAGMA foreign_keys").fetchone() == (1,)
        archive.close()
    assert sorted(file.name for file in archive_file.parent.iterdir()) == [
        "nknews.db",
        "nknews.db.lock",
    ]
    for file in archive_file.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & ~0o640 == 0
    header = archive_file.read_bytes()[:100]
    assert header[68:72] == b"nkcr"
    assert int.from_bytes(header[60:64], "big") == schema.VERSION == 5
    assert header[18:20] == b"\x01\x01"  # rollback mode: the right to read the file is enough


def test_empty_file_counts_as_new_and_reopening_keeps_everything(archive_file: Path) -> None:
    archive_file.touch()
    make_archive(archive_file, articles=2)
    before = read(archive_file, "SELECT * FROM articles")
    with closing(Archive.open(archive_file)):
        pass
    assert read(archive_file, "SELECT * FROM articles") == before
    assert len(before) == 2


@pytest.mark.parametrize("cut", [None, 4096, 20_000])
@pytest.mark.fault("S1")
def test_creation_cut_off_in_the_middle_of_its_first_commit(
    archive_file: Path, cut: int | None, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(archive_file, isolation_level=None)) as conn:
        database = connect.Database(conn, strict=True, execute_plugins=False)
        schema.migrate(database)
    if cut is not None:
        os.truncate(archive_file, cut)
    Path(f"{archive_file}-journal").write_bytes(empty_creation_journal())
    make_archive(archive_file, articles=1)
    check_file(archive_file)


@pytest.mark.parametrize("statements", range(0, 30, 3))
@pytest.mark.fault("S1")
def test_creation_killed_after_any_statement(archive_file: Path, statements: int) -> None:
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
    done = subprocess.run(
        [sys.executable, "-c", killed, str(archive_file), str(statements)], check=False
    )
    assert done.returncode in (0, -signal.SIGKILL)
    make_archive(archive_file, articles=1)
    check_file(archive_file)


@pytest.mark.fault("S1")
def test_killed_while_writing(archive_file: Path) -> None:
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
        command = [sys.executable, "-c", writer, str(archive_file), str(ROOT)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(chance.randint(1, 40)):
                assert child.stdout.readline()
                acknowledged += 1
            time.sleep(chance.random() / 100)
            child.kill()
            acknowledged += len(child.stdout.readlines())
        Archive.open(archive_file).close()
        check_file(archive_file)
        stored = read(archive_file, "SELECT body, content_hash FROM articles")
        assert acknowledged <= len(stored)
        due = read(archive_file, "SELECT url FROM pages WHERE fetched_at IS NOT NULL")
        assert len(due) == len(stored)


@pytest.mark.fault("S6")
def test_no_other_connection_writes_between_reads_and_writes_of_a_transaction(
    archive: Archive, archive_file: Path
) -> None:
    new_author = "INSERT INTO authors (slug) VALUES (?)"
    with closing(sqlite3.connect(archive_file, timeout=0, isolation_level=None)) as other:
        with transaction(archive._conn):
            archive._conn.execute("SELECT * FROM authors").fetchall()
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                other.execute(new_author, ["other"])
            archive._conn.execute(new_author, ["first"])
        other.execute(new_author, ["other"])
    assert read(archive_file, "SELECT slug FROM authors ORDER BY id") == [
        {"slug": "first"},
        {"slug": "other"},
    ]


@pytest.mark.fault("S5", "S6")
def test_a_transaction_waits_for_that_of_another_program_and_reads_its_result(
    archive: Archive, archive_file: Path
) -> None:
    with closing(
        sqlite3.connect(archive_file, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO authors (slug, bio) VALUES ('ann', 'Writes.')")
        done = threading.Timer(0.3, other.execute, ["COMMIT"])
        done.start()
        assert store(archive) == "new"
        done.join()
    assert read(archive_file, "SELECT slug, name, bio FROM authors") == [
        {"slug": "ann", "name": "Ann Lee", "bio": "Writes."}
    ]


@pytest.mark.fault("P18")
def test_a_second_writer_is_refused_with_process_and_start_of_the_first(
    archive_file: Path, clock: Clock
) -> None:
    archive = Archive.open(archive_file, clock)
    with pytest.raises(
        ArchiveBusy, match=rf"in use by another run \(process {os.getpid()} on \S+, since {NOW}\)"
    ):
        Archive.open(archive_file, clock)
    archive.close()
    later = clock.advance(days=1)
    with (
        closing(Archive.open(archive_file, clock)),
        pytest.raises(ArchiveBusy, match=f"since {later}"),
    ):
        Archive.open(archive_file, clock)


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
def test_a_link_to_the_file_does_not_bypass_the_lock(archive_file: Path) -> None:
    with closing(Archive.open(archive_file)):
        link = archive_file.with_name("link.db")
        link.symlink_to(archive_file)
        with pytest.raises(ArchiveBusy):
            Archive.open(link)


@pytest.mark.fault("P18")
def test_the_lock_is_free_when_its_holder_was_killed(archive_file: Path) -> None:
    holder = "import sys; from pathlib import Path; from nkcrawl.archive import Archive\n"
    holder += (
        "archive = Archive.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(archive_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(ArchiveBusy, match=f"process {process.pid} on"):
            Archive.open(archive_file)
        process.kill()
        process.wait()
    Archive.open(archive_file).close()
    check_file(archive_file)


def test_an_opening_that_fails_leaves_no_lock_behind(
    archive_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(schema, "migrate", fail)
        with pytest.raises(ArchiveError, match="disk I/O error"):
            Archive.open(archive_file)
    Archive.open(archive_file).close()


def test_no_lock_is_left_beside_a_foreign_file(archive_file: Path) -> None:
    make_foreign(archive_file)
    with pytest.raises(ArchiveError):
        Archive.open(archive_file)
    assert [file.name for file in archive_file.parent.iterdir()] == ["nknews.db"]


@pytest.mark.fault("S7")
def test_opening_waits_for_an_active_reader(archive_file: Path) -> None:
    make_archive(archive_file)
    with closing(
        sqlite3.connect(archive_file, isolation_level=None, check_same_thread=False)
    ) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM runs").fetchall()
        done = threading.Timer(0.3, reader.execute, ["COMMIT"])
        done.start()
        with closing(Archive.open(archive_file)) as archive:
            assert archive._conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        done.join()
