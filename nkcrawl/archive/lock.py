"""One run at a time: a lock file beside the archive that the kernel frees when its holder dies,
however it dies.
"""

import os
import re
import socket
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from nkcrawl.archive.schedule import stamp

_HOLDER = re.compile(r"process (\d+) on (\S+) since (\S+)")


class LockHeld(Exception):
    """Another process holds the lock; the message says which one, and since when."""


def lock_beside(path: Path, now: datetime) -> BaseFileLock:
    """Take the lock of an archive without waiting, and leave in its file who holds it since `now`.

    A lock file that root makes is given to the archive's owner, as SQLite does with its own files
    beside it, so that the owner is not locked out. The file stays when the lock is released:
    removing it would let two processes hold two files of one name. Raises LockHeld where another
    process has it, and OSError where the file cannot be made or locked.
    """

    def sign(descriptor: int) -> None:
        os.ftruncate(descriptor, 0)
        _give_to_owner(descriptor, archive)
        os.write(
            descriptor,
            f"process {os.getpid()} on {socket.gethostname()} since {stamp(now)}\n".encode(),
        )

    archive = path.resolve()
    file = archive.with_name(archive.name + ".lock")
    lock = FileLock(file, mode=0o640, thread_local=False, on_acquired=sign)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise LockHeld(_holder(file)) from None
    return lock


def _give_to_owner(descriptor: int, archive: Path) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0 and archive.exists():
        owner = archive.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _holder(file: Path) -> str:
    """Return who signed the lock file, as far as it can be told: its writer may be just about
    to.
    """
    try:
        found = _HOLDER.search(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return (
        f"process {found[1]} on {found[2]}, since {found[3]}"
        if found
        else "a process that has just begun"
    )
