"""Opening the archive's file: one that is not ours, not sound or not writable is refused before a
byte of it changes.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock
from sqlite_utils import Database

from nkcrawl.archive import schema
from nkcrawl.archive.connection import transaction
from nkcrawl.archive.lock import LockHeld, lock_beside
from nkcrawl.archive.schedule import stamp

BUSY_SECONDS = 30.0
_OLDEST_SQLITE = (3, 37)  # the first with STRICT tables
_MAGIC = b"SQLite format 3\x00"
_HEADER_SIZE = 100
_LARGE = 256_000_000  # bytes; what SQLite looks through in a third of a second


class ArchiveError(Exception):
    """The archive's file cannot be used; the message says which file, why, and what to do."""


class ArchiveBusy(ArchiveError):
    """Another run is writing to the archive just now."""


class ArchiveUnavailable(ArchiveError):
    """The file is ours, but the machine does not let us use it: the disk is full, or a program
    keeps it locked.
    """


def open_database(path: Path, now: datetime) -> tuple[Database, BaseFileLock]:
    """Open the archive at `path` for writing, creating the file if there is none, and bring it to
    the newest schema.

    The lock that comes with it lets nobody else open the file for writing, from before it is
    touched until the caller releases it. Raises ArchiveError, with the file as it was, for every
    file that is not a sound and writable archive of ours, and ArchiveBusy where another process has
    the lock. A large file is looked through once a week, see `_is_trusted`.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ArchiveError(
            f"{path} cannot be opened: this Python brings SQLite {sqlite3.sqlite_version} and the archive needs 3.37 "
            "or newer. Use a newer Python."
        )
    with translate_errors(path):
        _check_place(path)
        if not _is_new(path):
            _check_header(path)  # so that no lock is left beside a file that is not ours
        lock = lock_beside(path, now)
        try:
            return _open_locked(path, now), lock
        except BaseException:
            lock.release()
            raise


def open_for_reading(path: Path, oldest: int = schema.NEWEST) -> sqlite3.Connection:
    """Open the archive at `path` so that nothing in it can be changed.

    Raises ArchiveError where there is none, where it is not one of ours, and where its schema is
    newer than this nkcrawl's or older than `oldest`.
    """
    with translate_errors(path, reading=True):
        if not path.exists() or (path.is_file() and _is_new(path)):
            raise ArchiveError(
                f"There is no archive at {path} yet; `scrapy crawl nknews` makes it."
            )
        if not path.is_file():
            raise ArchiveError(f"{path} is not a regular file. Name the archive's file.")
        _check_header(path, mode="rb")
        conn = _connect(path, "ro")
        try:
            version = int(str(_pragma(conn, "user_version")))
            if version < oldest:
                raise ArchiveError(
                    f"{path} was made by an older nkcrawl (schema {version}, this one reads {schema.NEWEST}). "
                    "The next `scrapy crawl nknews` brings it up to date."
                )
            return conn
        except BaseException:
            conn.close()
            raise


def _open_locked(path: Path, now: datetime) -> Database:
    if _is_new(path):
        _create_file(path)
    else:
        _check_header(path)
        _check_contents(path, now)
    return _open_checked(path)


def _check_place(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise ArchiveError(
            f"{path} cannot be opened: there is no folder {folder}. Create it, or name another file."
        )
    if path.is_dir():
        raise ArchiveError(f"{path} is a folder, not a database. Name a file in it instead.")
    if path.exists() and not path.is_file():
        raise ArchiveError(f"{path} is not a regular file. Name another file for the archive.")
    # SQLite writes its log beside the file, so the folder of the file itself (not of a link to it)
    # counts too.
    for place in (path.resolve().parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise ArchiveError(
                f"{path} cannot be opened: no right to write to {place}. Give this user that right."
            )


def _is_new(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _create_file(path: Path) -> None:
    """Create an empty file that only its owner writes and its group reads; one that is there
    already is left alone.
    """
    try:
        os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640))
    except FileExistsError:
        return


def _check_header(path: Path, mode: str = "r+b") -> None:
    """Read who made the file from its first bytes, because SQLite changes even a foreign file if it
    has a hot journal.

    To write to it later, open it for writing: SQLite would silently go on with a file it may only
    read.
    """
    with path.open(mode) as file:
        header = file.read(_HEADER_SIZE)
    if len(header) < _HEADER_SIZE or not header.startswith(_MAGIC):
        raise ArchiveError(f"{path} is not a SQLite database. Move it away, or name another file.")
    _check_maker(
        path,
        application_id=int.from_bytes(header[68:72], "big"),
        version=int.from_bytes(header[60:64], "big"),
    )


def _check_maker(path: Path, application_id: int, version: int) -> None:
    if application_id != schema.APPLICATION_ID:
        raise ArchiveError(
            f"{path} is a database of some other program, not an archive of nkcrawl. Name another file; "
            "this one was not touched."
        )
    if version > schema.NEWEST:
        raise ArchiveError(
            f"{path} was made by a newer nkcrawl (schema {version}, this one knows {schema.NEWEST}). Upgrade nkcrawl."
        )


def _check_contents(path: Path, now: datetime) -> None:
    """Let SQLite look through the file, which is ours by its header, and change nothing.

    A leftover write-ahead log can hold a newer schema than the header; only a read-only connection
    leaves it where it is. Without one a read-only connection would itself leave files behind, so an
    ordinary one is used, as it is for a creation that was cut off, which SQLite must roll back.
    """
    with closing(_connect(path, "ro" if _has_log(path) else "rw")) as conn:
        if _pragma(conn, "page_count") == 0:  # a creation that was cut off, rolled back
            return
        version = int(str(_pragma(conn, "user_version")))
        _check_maker(path, int(str(_pragma(conn, "application_id"))), version)
        is_trusted = (
            version == schema.NEWEST and path.stat().st_size > _LARGE and _is_trusted(conn, now)
        )
        verdict = "ok" if is_trusted else _pragma(conn, "quick_check(1)")
    if verdict != "ok":
        raise damaged(path, str(verdict))


def _is_trusted(conn: sqlite3.Connection, now: datetime) -> bool:
    """Tell whether a file need not be looked through: its last run came to its end, and began in
    the present week.

    So the first run of a week looks, and whichever comes after a run that died; what is damaged in
    between is met by SQLite where it is read, and by `scrapy backup`, which looks through all that
    it copies.
    """
    last = conn.execute(
        """
        SELECT finished_at IS NOT NULL AND strftime('%Y %W', started_at) = strftime('%Y %W', ?)
        FROM runs ORDER BY id DESC LIMIT 1
        """,
        (stamp(now),),
    ).fetchone()
    return last is not None and bool(last[0])


def _has_log(path: Path) -> bool:
    target = path.resolve()
    log = target.with_name(target.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _open_checked(path: Path) -> Database:
    conn = _connect(path, "rw")
    try:
        conn.execute("PRAGMA synchronous = FULL")
        # Plugins installed for the sqlite-utils command have no business in the archive.
        db = Database(conn, strict=True, execute_plugins=False)
        # The tables come before WAL, so that our application_id is in the file itself and never
        # only in its log.
        _upgrade(path, db)
        _switch_to_wal(conn)
        conn.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        conn.close()
        raise
    return db


def _switch_to_wal(conn: sqlite3.Connection) -> None:
    """Let readers read while the crawl writes; SQLite does not itself wait for those that are
    reading as it switches.
    """
    patience = time.monotonic() + BUSY_SECONDS
    while _pragma(conn, "journal_mode") != "wal":
        try:
            _pragma(conn, "journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > patience:
                raise
            time.sleep(0.05)


def _upgrade(path: Path, db: Database) -> None:
    """Apply the migrations that the file lacks, under the write lock, so that a file held by
    another is refused too.
    """
    with transaction(db.conn):
        version = int(str(_pragma(db.conn, "user_version")))
        if not _is_new(path):  # another process may have filled it since it was looked at
            _check_maker(path, int(str(_pragma(db.conn, "application_id"))), version)
        if version < schema.NEWEST:
            schema.migrate(db)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _pragma(conn: sqlite3.Connection, pragma: str) -> object:
    return conn.execute(f"PRAGMA {pragma}").fetchone()[0]


@contextmanager
def translate_errors(path: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn what the system or SQLite says about the file at `path` into an ArchiveError for
    people.
    """
    try:
        yield
    except LockHeld as holder:
        raise ArchiveBusy(
            f"{path} is in use by another run ({holder}), so this one did nothing. "
            "Wait until that one is done; `scrapy status` shows how far the archive is."
        ) from None
    except OSError as error:
        raise ArchiveError(
            f"{error.filename or path} cannot be opened: {error.strerror}. Check its rights."
        ) from error
    except RuntimeError as error:  # a link that leads to itself
        raise ArchiveError(
            f"{path} cannot be opened: {error}. Name a file, or a link to one."
        ) from error
    except sqlite3.Error as error:
        if reading and primary_code(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise ArchiveError(
                f"{path} cannot be read just now ({error}). While a crawl writes to it, or after one was killed, a reader "
                "needs the right to write in its folder."
            ) from error
        raise _explanation(path, error) from error


def _is_busy(error: sqlite3.Error) -> bool:
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's code for what went wrong, without the finer distinctions that its extended
    codes make.
    """
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _explanation(path: Path, error: sqlite3.Error) -> ArchiveError:
    match primary_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ArchiveUnavailable(
                f"{path} is locked by another program, for more than {BUSY_SECONDS:g} seconds. "
                "Wait until that program is done, or stop it."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(path, str(error))
        case (
            sqlite3.SQLITE_READONLY
            | sqlite3.SQLITE_CANTOPEN
            | sqlite3.SQLITE_PERM
            | sqlite3.SQLITE_AUTH
        ):
            return ArchiveError(
                f"{path} cannot be written ({error}). Give this user the right to write the file and its folder."
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return ArchiveUnavailable(
                f"{path} cannot be written ({error}). Check that the disk is sound and has room."
            )
        case _:
            return ArchiveError(
                f"{path} cannot be opened ({error}). Keep the file and report this."
            )


def damaged(path: Path, detail: str) -> ArchiveError:
    """Return the error to raise about a file in which SQLite found `detail` to be wrong."""
    return ArchiveError(
        f"{path} is damaged ({' '.join(detail.split())}). Move it away and restore it from a backup."
    )
