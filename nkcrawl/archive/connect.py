"""Opening the archive's file: refuse or open it, lock it, run transactions, read rows."""

import errno
import os
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout
from sqlite_utils import Database

from nkcrawl.archive import errors, schema
from nkcrawl.archive.errors import (
    ArchiveError,
    LockHeld,
    check_sqlite,
    corrupt,
    primary_code,
    translate_errors,
)
from nkcrawl.text import format_timestamp

QUICK_CHECK_LIMIT = 256_000_000  # bytes; SQLite checks that much in a third of a second
_MAGIC = b"SQLite format 3\x00"
_HEADER_SIZE = 100
_LOCK_HOLDER = re.compile(r"process (\d+) on (\S+) since (\S+)")


def open_database(path: Path, now: datetime) -> tuple[Database, BaseFileLock]:
    """Open the archive at `path` for writing, creating the file if it does not exist.

    Returns the database and the lock that keeps other writers out until the caller releases it.
    Raises ArchiveError, with the file unchanged, unless it is an intact and writable archive of
    this schema, and ArchiveBusy if another process holds the lock.
    """
    check_sqlite(path)
    with translate_errors(path):
        _check_reachable(path)
        _check_place(path)
        if not _is_new(path):
            _check_header(path)  # before locking: no lock file is left beside a foreign file
        lock = _acquire_lock(path, now)
        try:
            return _open_locked(path, now), lock
        except BaseException:
            lock.release()
            raise


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the archive at `path` read-only; raises ArchiveError unless it has this schema."""
    check_sqlite(path)
    with translate_errors(path, reading=True):
        _check_reachable(path)
        if not path.exists() or (path.is_file() and _is_new(path)):
            raise ArchiveError(f"No archive at {path} yet; `scrapy crawl nknews` creates it.")
        if not path.is_file():
            raise ArchiveError(f"{path} is not a regular file. Name the archive's file.")
        _check_header(path, mode="rb")
        conn = _connect(path, "ro")
        try:
            _check_connection(path, conn)
        except BaseException:
            conn.close()
            raise
        return conn


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """Run the block as one write transaction: all of its changes are kept, or none if it raises.

    Raises sqlite3.OperationalError when another program holds the write lock for longer than the
    busy timeout.
    """
    # Not `Database.atomic()`: a deferred BEGIN fails at its first write without waiting.
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:  # a full disk has already rolled back
            conn.execute("ROLLBACK")
        raise


def rows(
    conn: sqlite3.Connection, sql: str, *values: object, **named: object
) -> list[dict[str, Any]]:
    """Return every row of a query as a dict, its values given by position or by name.

    All rows are read at once, so that no cursor is open during a later write.
    """
    cursor = conn.execute(sql, named or values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


# --- One writer at a time -------------------------------------------------------------------------


def _acquire_lock(path: Path, now: datetime) -> BaseFileLock:
    """Lock the archive without waiting, and write the holder and `now` into the lock file.

    The kernel frees the lock however its holder dies. The file stays when the lock is released:
    removing it would let two processes hold two files of one name.
    """

    def sign(descriptor: int) -> None:
        holder = f"process {os.getpid()} on {socket.gethostname()} since {format_timestamp(now)}\n"
        os.ftruncate(descriptor, 0)
        _give_to_owner(descriptor, archive)
        os.write(descriptor, holder.encode())

    archive = path.resolve()
    file = archive.with_name(archive.name + ".lock")
    lock = FileLock(file, mode=0o640, thread_local=False, on_acquired=sign)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        _check_lock_file(file)
        raise LockHeld(_lock_holder(file)) from None
    return lock


def _check_lock_file(file: Path) -> None:
    """Raise the OSError if the lock file cannot be made, which filelock takes for a held lock."""
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o640))


def _give_to_owner(descriptor: int, archive: Path) -> None:
    """Give a lock file that root creates to the archive's owner, as SQLite does with its files."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and archive.exists():
        owner = archive.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _lock_holder(file: Path) -> str:
    """Return which process holds the lock; it may not have written that yet."""
    try:
        match = _LOCK_HOLDER.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        match = None
    return (
        f"process {match[1]} on {match[2]}, since {match[3]}"
        if match
        else "a process that has just started"
    )


# --- Checks before anything is changed ------------------------------------------------------------


def _check_reachable(path: Path) -> None:
    """Raise the OSError, except of a missing file, that `Path.exists` reports as a missing file."""
    with suppress(FileNotFoundError):
        path.stat()


def _check_place(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise ArchiveError(
            f"{path} cannot be opened: the folder {folder} does not exist. "
            "Create it, or name another file."
        )
    if path.is_dir():
        raise ArchiveError(f"{path} is a folder, not a database. Name a file in it instead.")
    if path.exists() and not path.is_file():
        raise ArchiveError(f"{path} is not a regular file. Name another file for the archive.")
    # SQLite writes its log beside the file itself, also where `path` is a link to it.
    for place in (path.resolve().parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            if hasattr(os, "statvfs") and os.statvfs(place).f_flag & os.ST_RDONLY:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            raise ArchiveError(
                f"{path} cannot be opened: permission denied, {place} is not writable. "
                "Give this user the right to write there."
            )


def _is_new(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _check_header(path: Path, mode: str = "r+b") -> None:
    """Check the file's first bytes without SQLite, which rolls back a hot journal when it opens.

    To write to the file later, check it in a writable mode: SQLite would silently go on with a
    file that it may only read.
    """
    with path.open(mode) as file:
        header = file.read(_HEADER_SIZE)
    if len(header) < _HEADER_SIZE or not header.startswith(_MAGIC):
        raise ArchiveError(f"{path} is not a SQLite database. Move it away, or name another file.")
    application_id, version = header[68:72], header[60:64]
    _check_format(path, int.from_bytes(application_id, "big"), int.from_bytes(version, "big"))


def _check_format(path: Path, application_id: int, version: int) -> None:
    if application_id != schema.APPLICATION_ID:
        raise ArchiveError(
            f"{path} is a database of some other program, not an archive of nkcrawl. "
            "Name another file; this one was not touched."
        )
    if version > schema.VERSION:
        raise ArchiveError(
            f"{path} was made by a newer nkcrawl (schema {version}, this one knows "
            f"{schema.VERSION}). Upgrade nkcrawl."
        )
    if version < schema.VERSION:
        raise ArchiveError(
            f"{path} was made by an nkcrawl before its first release (schema {version}), which "
            "this one cannot read. Crawl again into another file, or read this one with the "
            "nkcrawl that made it."
        )


def _check_contents(path: Path, now: datetime) -> None:
    """Let SQLite check the file, whose header is an archive's, and change nothing.

    A leftover write-ahead log can hold a newer schema than the header; only a read-only connection
    leaves it in place. Without a log a read-only connection would itself leave files behind, so an
    ordinary one is used, as for an interrupted creation, which SQLite must roll back.
    """
    with closing(_connect(path, "ro" if _has_log(path) else "rw")) as conn:
        if _pragma(conn, "page_count") == 0:  # an interrupted creation, rolled back
            return
        _check_connection(path, conn)
        if path.stat().st_size > QUICK_CHECK_LIMIT and _was_checked_this_week(conn, now):
            return
        result = str(_pragma(conn, "quick_check(1)"))
    if result != "ok":
        raise corrupt(path, result)


def _check_connection(path: Path, conn: sqlite3.Connection) -> None:
    _check_format(
        path, int(str(_pragma(conn, "application_id"))), int(str(_pragma(conn, "user_version")))
    )


def _was_checked_this_week(conn: sqlite3.Connection, now: datetime) -> bool:
    """Return whether the last run started in this week and finished.

    A large file is thus checked by the first run of a week and after a run that died. Damage in
    between is noticed where SQLite reads it, and by `scrapy backup`, which checks the whole copy.
    """
    last = conn.execute(
        """
        SELECT finished_at IS NOT NULL AND strftime('%Y %W', started_at) = strftime('%Y %W', ?)
        FROM runs ORDER BY id DESC LIMIT 1
        """,
        (format_timestamp(now),),
    ).fetchone()
    return last is not None and bool(last[0])


def _has_log(path: Path) -> bool:
    target = path.resolve()
    log = target.with_name(target.name + "-wal")
    return log.exists() and log.stat().st_size > 0


# --- Opening for writing --------------------------------------------------------------------------


def _open_locked(path: Path, now: datetime) -> Database:
    if _is_new(path):
        _create_file(path)
    else:
        _check_header(path)
        _check_contents(path, now)
    conn = _connect(path, "rw")
    try:
        conn.execute("PRAGMA synchronous = FULL")
        # Plugins installed for the sqlite-utils command must not run on the archive.
        db = Database(conn, strict=True, execute_plugins=False)
        # Before WAL, so that the application_id is in the file itself and never only in its log.
        _create_tables(path, db)
        _switch_to_wal(conn)
        conn.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        conn.close()
        raise
    return db


def _create_file(path: Path) -> None:
    """Create an empty file that its owner can write and its group can read."""
    try:
        os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640))
    except FileExistsError:  # an empty one
        return


def _create_tables(path: Path, db: Database) -> None:
    """Create the tables of a new file; taking the write lock refuses a file locked by others."""
    with transaction(db.conn):
        if _is_new(path):
            schema.migrate(db)
        else:  # another program may have filled it since it was checked
            _check_connection(path, db.conn)


def _switch_to_wal(conn: sqlite3.Connection) -> None:
    """Let readers read during a crawl; SQLite itself does not wait here for an active reader."""
    deadline = time.monotonic() + errors.BUSY_SECONDS
    while _pragma(conn, "journal_mode") != "wal":
        try:
            _pragma(conn, "journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(
        uri,
        uri=True,
        timeout=errors.BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=mode != "ro",  # a reader of the browser side is closed by another thread
    )


def _pragma(conn: sqlite3.Connection, pragma: str) -> object:
    return conn.execute(f"PRAGMA {pragma}").fetchone()[0]
