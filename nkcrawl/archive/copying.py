"""A whole copy of the archive, taken while a crawl writes to it or not, and looked through before
anybody gets it.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from nkcrawl.archive.opening import (
    ArchiveUnavailable,
    damaged,
    open_for_reading,
    primary_code,
    translate_errors,
)

_OLDEST = 1  # an archive is copied best before a newer nkcrawl changes its tables
_STEPS = 10_000  # of SQLite's, between two looks for a signal; about a millisecond


def copy_archive(path: Path, copy: Path) -> int:
    """Write the archive at `path` as it is at this moment to the new file `copy`, check that, and
    return its articles.

    The copy is for its owner to write and its group to read, and in rollback mode, so that whoever
    may read it can open it. Raises ArchiveError where there is no archive or it is damaged,
    ArchiveUnavailable where the copy cannot be written, and KeyboardInterrupt where a signal that
    Python turns into one came; what there is of the copy is then left to the caller.
    """
    copy = copy.resolve()
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
    with translate_errors(path, reading=True):
        with closing(open_for_reading(path, oldest=_OLDEST)) as conn:
            _write(conn, path, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as conn:
            _check(conn, path)
            return int(conn.execute("SELECT count(*) FROM articles").fetchone()[0])


def _write(conn: sqlite3.Connection, path: Path, copy: Path) -> None:
    """Write the copy in one read transaction, which holds up no writer.

    SQLite's backup API in steps begins anew whenever another process has written, so beside a crawl
    it does not come to an end; in one step it would leave the copy in the crawl's WAL mode.
    """
    conn.set_progress_handler(
        lambda: 0, _STEPS
    )  # Python hears of a signal only between two lines of its own
    try:
        conn.execute("VACUUM INTO ?", (copy.as_uri(),))
    except sqlite3.OperationalError as error:
        match primary_code(error):
            case sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from None
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                raise ArchiveUnavailable(
                    f"The copy of {path} could not be written ({error}). Check that its disk is sound and has room."
                ) from error
        raise


def _check(conn: sqlite3.Connection, path: Path) -> None:
    """Raise ArchiveError unless the copy is sound, no row of it refers to a missing one, and its
    search finds its articles.
    """
    verdict = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise damaged(path, str(verdict))
    for table, row, parent, _ in conn.execute("PRAGMA foreign_key_check"):
        raise damaged(path, f"row {row} of {table} belongs to a missing row of {parent}")
    # With rank 1 the index is compared with the articles, and not only with itself.
    conn.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
