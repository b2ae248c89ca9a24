"""Logs the audit events of a process that a test starts; Python imports this at its start.

One JSON line per event, into WATCHED_LOG: [event, arguments]. Of files only those opened for
writing, removed or moved. Python has no events for what C libraries do by themselves.
"""

import json
import os
import socket
import sys
from typing import Any

_WATCHED = (
    "socket.connect", "socket.listen", "socket.sendto", "socket.getaddrinfo", "socket.gethostby",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn",
    "os.rename", "os.remove", "os.link", "os.symlink", "pickle.",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC

_log = os.open(os.environ["WATCHED_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_listen = socket.socket.listen


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, int) or not flags & _WRITING:
            return
        arguments = (os.fsdecode(path),)
    elif not event.startswith(_WATCHED):
        return
    os.write(_log, json.dumps([event, arguments], default=repr).encode() + b"\n")


def _noted_listen(own: socket.socket, *backlog: int) -> None:
    _note("socket.listen", (repr(own),))  # Python has no event for it
    _listen(own, *backlog)


socket.socket.listen = _noted_listen  # type: ignore[method-assign]
sys.addaudithook(_note)
