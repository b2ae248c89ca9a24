"""Datasette with one archive in it, on loopback."""

import socket
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from nkcrawl.archive.connect import open_for_reading
from nkcrawl.web import plugin
from nkcrawl.web.metadata import DATABASE, metadata

_HOST = "127.0.0.1"  # an archive is nobody's business but that of whoever keeps it
_HERE = Path(__file__).parent
_SETTINGS = {
    "sql_time_limit_ms": 3_000,
    "facet_time_limit_ms": 2_000,  # the three facets are the way into the archive
    "max_returned_rows": 3_000,  # charts draw no more
    "default_page_size": 50,
    "default_facet_size": 10,
    "suggest_facets": False,  # it would try every column of every table
    # a copy of the file alone misses what a crawl has not brought into it yet
    "allow_download": False,
    "truncate_cells_html": 300,
    "default_cache_ttl": 0,  # the next crawl is seen at once
}


class PortTaken(Exception):
    """Nothing can be served at the port; the message says why, and what to do."""


class ReadOnlyDatabase(Database):  # type: ignore[misc]
    """The archive, opened as every reader opens it: even a write connection of Datasette's cannot
    write.
    """

    def connect(self, write: bool = False) -> sqlite3.Connection:
        return open_for_reading(Path(self.path))


def listen(port: int) -> socket.socket:
    """Return a socket that takes connections from this machine at `port`; 0 is any free one. Raises
    PortTaken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"Port {port} cannot be used: {error.strerror}. Name another one, as in `make web PORT={port + 1}`."
        ) from None
    listening.listen()
    return listening


def serve(path: Path, listening: socket.socket) -> None:
    """Answer requests for the archive at `path` until Ctrl-C."""
    config = uvicorn.Config(application(path), log_level="error", lifespan="on")
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def application(path: Path) -> Any:
    """Return the ASGI application that shows the archive at `path`."""
    pm.register(plugin, name="nkcrawl")
    pm.get_plugin(
        "datasette.handle_exception"
    ).rich = None  # a page that is not found is no reason to print every variable there is
    datasette = Datasette(
        files=[],
        metadata=metadata(),
        settings=_SETTINGS,
        template_dir=str(_HERE / "templates"),
        static_mounts=[("assets", str(_HERE / "static"))],
    )
    datasette.remove_database("_memory")
    datasette.add_database(ReadOnlyDatabase(datasette, path=str(path)), name=DATABASE)
    return datasette.app()
