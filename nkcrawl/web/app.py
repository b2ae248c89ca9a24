"""Datasette with one archive in it, on loopback."""

import secrets
import socket
import sqlite3
from contextlib import suppress
from pathlib import Path

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm
from scrapy.exceptions import UsageError

from nkcrawl.archive.connect import open_for_reading
from nkcrawl.web import plugin
from nkcrawl.web.metadata import DATABASE, metadata

_HOST = "127.0.0.1"  # the archive is for its owner alone
_HERE = Path(__file__).parent
_SETTINGS = {
    "sql_time_limit_ms": 3_000,
    "facet_time_limit_ms": 2_000,
    "max_returned_rows": 3_000,  # also the most that a chart draws
    "default_page_size": 50,
    "default_facet_size": 10,
    "suggest_facets": False,  # it would try every column of every table
    # The file alone lacks what a running crawl has written to the write-ahead log.
    "allow_download": False,
    "truncate_cells_html": 300,
    "default_cache_ttl": 0,  # so that the next crawl shows at once
}


class ReadOnlyDatabase(Database):  # type: ignore[misc]
    """The archive, opened read-only even if Datasette requests a connection for writing."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        conn = open_for_reading(Path(self.path))
        self._all_file_connections.append(conn)  # for close()
        return conn


class _InternalDatabase(Database):  # type: ignore[misc]
    """Datasette's list of tables, in memory; `close()` closes its connections, too."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        conn: sqlite3.Connection = super().connect(write)
        self._all_file_connections.append(conn)
        return conn


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback; port 0 is any free one.

    Raises UsageError if the port cannot be used.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}. "
            f"Choose another one, as in `make web PORT={port + 1}`."
        ) from None
    listener.listen()
    return listener


def serve(path: Path, listener: socket.socket) -> None:
    """Serve the archive at `path` until Ctrl-C, and close its connections."""
    datasette = create_datasette(path)
    config = uvicorn.Config(datasette.app(), log_level="error", lifespan="on")
    try:
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        close(datasette)


def close(datasette: Datasette) -> None:
    """Wait for the queries in progress and close the connections, which Datasette leaves open."""
    datasette.executor.shutdown()
    for database in datasette.databases.values():
        database.close()


def create_datasette(path: Path) -> Datasette:
    """Return the Datasette that shows the archive at `path`."""
    pm.register(plugin, name="nkcrawl")
    # Without rich, Datasette does not print every variable when a page is not found.
    pm.get_plugin("datasette.handle_exception").rich = None
    datasette = Datasette(
        files=[],
        metadata=metadata(),
        settings=_SETTINGS,
        template_dir=str(_HERE / "templates"),
        static_mounts=[("assets", str(_HERE / "static"))],
    )
    datasette.remove_database("_memory")
    datasette.remove_database("_internal")
    internal = _InternalDatabase(datasette, memory_name=secrets.token_hex())
    datasette.add_database(internal, name="_internal")
    datasette.add_database(ReadOnlyDatabase(datasette, path=str(path)), name=DATABASE)
    return datasette
