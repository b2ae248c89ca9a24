"""The connections of the browser side: none is left open when the server ends."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nkcrawl.archive import Archive
from nkcrawl.web.app import close, create_datasette
from nkcrawl.web.metadata import DATABASE
from tests.factories import store


def test_the_connections_of_every_thread_are_closed(archive_file: Path) -> None:
    with closing(Archive.open(archive_file)) as archive:
        archive.begin_run({}, {})
        store(archive)
    datasette = create_datasette(archive_file)
    used: list[sqlite3.Connection] = []

    async def query() -> None:
        database = datasette.get_database(DATABASE)
        await asyncio.gather(*(database.execute_fn(used.append) for _ in range(9)))

    asyncio.run(query())
    assert {conn.execute("SELECT count(*) FROM articles").fetchone()[0] for conn in used} == {1}
    close(datasette)
    for conn in used:
        with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
            conn.execute("SELECT 1")
