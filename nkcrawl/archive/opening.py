"""Opening the archive's file: one that is not ours, not sound or not writable is refused before a byte of it changes."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from nkcrawl.archive import schema
from nkcrawl.archive.connection import transaction

BUSY_SECONDS = 30.0
_OLDEST_SQLITE = (3, 37)  # the first with STRICT tables
_MAGIC = b"SQLite format 3\x00"
_HEADER_SIZE = 100


class ArchiveError(Exception):
    """The archive's file cannot be used; the message says which file, why, and what to do."""


def open_database(path: Path) -> Database:
    """Open the archive at `path` for writing, creating the file if there is none, and bring it to the newest schema.

    Raises ArchiveError, with the file as it was, for every file that is not a sound and writable archive of ours.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ArchiveError(
            f"{path} cannot be opened: this Python brings SQLite {sqlite3.sqlite_version} and the archive needs 3.37 "
            "or newer. Use a newer Python."
        )
    with _explained(path):
        _check_place(path)
        if _is_new(path):
            _create_file(path)
        else:
            _check_header(path)
            _check_contents(path)
        return _open_checked(path)


def _check_place(path: Path) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise ArchiveError(f"{path} cannot be opened: there is no folder {folder}. Create it, or name another file.")
    if path.is_dir():
        raise ArchiveError(f"{path} is a folder, not a database. Name a file in it instead.")
    if path.exists() and not path.is_file():
        raise ArchiveError(f"{path} is not a regular file. Name another file for the archive.")
    # SQLite writes its log beside the file, so the folder of the file itself (not of a link to it) counts too.
    for place in (path.resolve().parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise ArchiveError(f"{path} cannot be opened: no right to write to {place}. Give this user that right.")


def _is_new(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _create_file(path: Path) -> None:
    """Create an empty file that only its owner writes and its group reads; one that is there already is left alone."""
    try:
        os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640))
    except FileExistsError:
        return


def _check_header(path: Path) -> None:
    """Read who made the file from its first bytes, because SQLite changes even a foreign file if it has a hot journal."""
    with path.open("r+b") as file:  # for writing, because SQLite would silently go on with a file it may only read
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


def _check_contents(path: Path) -> None:
    """Let SQLite look through the file, which is ours by its header, and change nothing.

    A leftover write-ahead log can hold a newer schema than the header; only a read-only connection leaves it where it
    is. Without one a read-only connection would itself leave files behind, so an ordinary one is used, as it is for a
    creation that was cut off, which SQLite must roll back.
    """
    with closing(_connect(path, "ro" if _has_log(path) else "rw")) as conn:
        if _pragma(conn, "page_count") == 0:  # a creation that was cut off, rolled back
            return
        _check_maker(path, int(str(_pragma(conn, "application_id"))), int(str(_pragma(conn, "user_version"))))
        verdict = _pragma(conn, "quick_check(1)")
    if verdict != "ok":
        raise _damaged(path, str(verdict))


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
        # The tables come before WAL, so that our application_id is in the file itself and never only in its log.
        _upgrade(path, db)
        if _pragma(conn, "journal_mode") != "wal":
            _pragma(conn, "journal_mode = WAL")
        conn.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        conn.close()
        raise
    return db


def _upgrade(path: Path, db: Database) -> None:
    """Apply the migrations that the file lacks, under the write lock, so that a file held by another is refused too."""
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
def _explained(path: Path) -> Iterator[None]:
    """Turn what the system or SQLite says about the file into an ArchiveError."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{path} cannot be opened: {error.strerror}. Check the file and its folder.") from error
    except sqlite3.Error as error:
        raise _explanation(path, error) from error


def _explanation(path: Path, error: sqlite3.Error) -> ArchiveError:
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ArchiveError(
                f"{path} is locked by another program, for more than {BUSY_SECONDS:g} seconds. "
                "Wait until that program is done, or stop it."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(path, str(error))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return ArchiveError(
                f"{path} cannot be written ({error}). Give this user the right to write the file and its folder."
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return ArchiveError(f"{path} cannot be written ({error}). Check that the disk is sound and has room.")
        case _:
            return ArchiveError(f"{path} cannot be opened ({error}). Keep the file and report this.")


def _damaged(path: Path, detail: str) -> ArchiveError:
    return ArchiveError(f"{path} is damaged ({' '.join(detail.split())}). Move it away and restore it from a backup.")
