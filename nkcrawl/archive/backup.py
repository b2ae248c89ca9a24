"""A checked copy of the whole archive, also while a crawl writes to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from nkcrawl.archive.connect import open_for_reading
from nkcrawl.archive.errors import ArchiveUnavailable, corrupt, primary_code, translate_errors

_SIGNAL_CHECK_INTERVAL = 10_000  # of SQLite's virtual machine instructions; about a millisecond


def copy_archive(path: Path, copy: Path) -> int:
    """Copy the archive at `path` to the new file `copy`, check that, and return its articles.

    The copy can be written by its owner and read by its group, and is in rollback mode, so that
    any user with the right to read the file can open it. Raises ArchiveError if the archive is
    missing or damaged, ArchiveUnavailable if the copy cannot be written, and KeyboardInterrupt
    after a signal that Python turns into one; an unfinished copy is left to the caller.
    """
    copy = copy.resolve()
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
    with translate_errors(path, reading=True):
        with closing(open_for_reading(path)) as conn:
            _write(conn, path, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as conn:
            _check(conn, path)
            return int(conn.execute("SELECT count(*) FROM articles").fetchone()[0])


def _write(conn: sqlite3.Connection, path: Path, copy: Path) -> None:
    """Write the copy in one read transaction, which delays no writer.

    SQLite's backup API in steps starts over whenever another process has written, so that it would
    not finish during a crawl; in one step it would leave the copy in the crawl's WAL mode.
    """
    # Python handles signals only while it runs code of its own.
    conn.set_progress_handler(lambda: 0, _SIGNAL_CHECK_INTERVAL)
    try:
        conn.execute("VACUUM INTO ?", (copy.as_uri(),))
    except sqlite3.OperationalError as error:
        match primary_code(error):
            case sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from None
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                raise ArchiveUnavailable(
                    f"The copy of {path} could not be written ({error}). "
                    "Check that its disk works and has space."
                ) from error
        raise


def _check(conn: sqlite3.Connection, path: Path) -> None:
    """Raise ArchiveError unless the copy, its foreign keys and its search index are intact."""
    result = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if result != "ok":
        raise corrupt(path, str(result))
    for table, row, parent, _ in conn.execute("PRAGMA foreign_key_check"):
        raise corrupt(path, f"row {row} of {table} belongs to a missing row of {parent}")
    # With rank 1 the index is compared with the articles, and not only with itself.
    conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
