"""One run at a time: a lock file beside the archive that the kernel frees when its holder dies, however it dies."""

import os
import re
import socket
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from nkcrawl.archive.schedule import stamp

_HOLDER = re.compile(r"process (\d+) on (\S+) since (\S+)")


class Locked(Exception):
    """Another process holds the lock; the message says which one, and since when."""


def lock_beside(path: Path, now: datetime) -> BaseFileLock:
    """Take the lock of an archive without waiting, and leave in its file who holds it since `now`.

    The file stays when the lock is released: removing it would let two processes hold two files of one name. Raises
    Locked where another process has it, and OSError where the file cannot be made or locked.
    """

    def sign(descriptor: int) -> None:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {stamp(now)}\n".encode())

    file = path.resolve().with_name(path.resolve().name + ".lock")
    lock = FileLock(file, mode=0o640, thread_local=False, on_acquired=sign)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Locked(_holder(file)) from None
    return lock


def _holder(file: Path) -> str:
    """Return who signed the lock file, as far as it can be told: its writer may be just about to."""
    try:
        found = _HOLDER.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return f"process {found[1]} on {found[2]}, since {found[3]}" if found else "a process that has just begun"
