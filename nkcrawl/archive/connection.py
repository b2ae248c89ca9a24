"""The two things that every module here does with a connection: write as one transaction, and read
rows by name.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock for the block and keep all of its changes or, if anything is raised,
    none.

    Raises sqlite3.OperationalError when another program keeps the lock for longer than the busy
    timeout.
    """
    # Not `Database.atomic()`: its BEGIN is deferred, and a deferred one fails at its first write
    # without waiting.
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:  # a full disk has rolled back already
            conn.execute("ROLLBACK")
        raise


def rows(
    conn: sqlite3.Connection, sql: str, *values: object, **named: object
) -> list[dict[str, Any]]:
    """Return every row of a query as a dict; all of them at once, so that no open cursor meets a
    later write.

    The query's values are given either in their order or by their names.
    """
    cursor = conn.execute(sql, named or values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
