"""Errors about the archive's file as sentences: the only place that classifies their causes."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_SECONDS = 30.0
_OLDEST_SQLITE = (3, 37)  # the first with STRICT tables
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_NO_PERMISSION = "Give this user the right to read and write it."
_NO_FOLDER = "Check that its folder exists and accepts new files, or name another file."
_DISK = "Check that the disk works and has space."
_REMEDIES = {
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.EROFS: "Name a file on another file system, or mount this one for writing.",
    errno.ENOENT: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ELOOP: "Name a file, or a link to one.",
}
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EIO}


class ArchiveError(Exception):
    """The archive's file cannot be used; the message says which file, why, and what to do."""


class ArchiveBusy(ArchiveError):
    """Another run is writing to the archive."""


class ArchiveUnavailable(ArchiveError):
    """The archive is intact, but the disk is full or another program keeps the file locked."""


class LockHeld(Exception):
    """Another process holds the lock; the message says which one, and since when."""


def check_sqlite(path: Path) -> None:
    """Raise ArchiveError if this Python's SQLite is too old to read the archive at `path`.

    Such a SQLite calls an intact archive damaged, because it does not know STRICT tables.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise ArchiveError(
            f"{path} cannot be opened: this Python has SQLite {sqlite3.sqlite_version}, and the "
            "archive needs 3.37 or newer. Use a newer Python."
        )


@contextmanager
def translate_errors(path: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn an error of the system or of SQLite about the file at `path` into an ArchiveError."""
    try:
        yield
    except LockHeld as holder:
        raise ArchiveBusy(
            f"{path} is in use by another run ({holder}), so this one did nothing. "
            "Wait until that one is done; `scrapy status` shows its progress."
        ) from None
    except OSError as error:
        raise _from_system(path, error) from error
    except sqlite3.Error as error:
        raise _from_sqlite(path, error, reading) from error


def _from_system(path: Path, error: OSError) -> ArchiveError:
    if error.errno in _NO_LOCKS:
        return ArchiveError(
            f"{path} cannot be locked: its file system does not support file locks "
            f"({error.strerror}), as some network file systems. Keep the archive on a local disk."
        )
    verb = "created" if error.errno == errno.ENOENT else "opened"
    problem = f"{error.filename or path} cannot be {verb}: {error.strerror}."
    if error.errno in _DISK_ERRORS:
        return ArchiveUnavailable(f"{problem} {_DISK}")
    return ArchiveError(f"{problem} {_REMEDIES.get(error.errno or 0, 'Name another file.')}")


def _from_sqlite(path: Path, error: sqlite3.Error, reading: bool) -> ArchiveError:
    match primary_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return ArchiveUnavailable(
                f"{path} has been locked by another program for more than {BUSY_SECONDS:g} "
                "seconds. Wait until that program is done, or stop it; if there is none, the file "
                "system may lack file locks."  # SQLite reports both in the same way
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return corrupt(path, str(error))
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN if reading:
            return ArchiveError(
                f"{path} cannot be read ({error}). While a crawl writes to it, or after one was "
                "killed, a reader needs the right to write in its folder."
            )
        case (
            sqlite3.SQLITE_READONLY
            | sqlite3.SQLITE_CANTOPEN
            | sqlite3.SQLITE_PERM
            | sqlite3.SQLITE_AUTH
        ):
            return ArchiveError(
                f"{path} cannot be written ({error}). "
                "Give this user the right to write the file and its folder."
            )
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            verb = "read" if reading else "written"
            return ArchiveUnavailable(f"{path} cannot be {verb} ({error}). {_DISK}")
        case _:
            return ArchiveError(
                f"{path} cannot be opened ({error}). Keep the file and report this."
            )


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code of an error (https://www.sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def corrupt(path: Path, detail: str) -> ArchiveError:
    """Return the error to raise about a file in which SQLite found `detail` to be wrong."""
    return ArchiveError(
        f"{path} is damaged ({' '.join(detail.split())}). "
        "Move it away and restore it from a backup."
    )
