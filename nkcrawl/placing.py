"""A file or folder that is made out of sight and gets its name once it is whole, and never in place
of another.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

UNFINISHED = (
    ".nkcrawl-unfinished-"  # what the folder is called in which it is made, beside its place
)


class NoPlace(Exception):
    """Nothing can be made under this name; the message says why, and what to do."""


@contextmanager
def placed(target: Path) -> Iterator[Path]:
    """Give the block a path to make a file or folder at; when the block is done, that gets the name
    `target`.

    Whatever is raised, nothing is left. Raises NoPlace where the name is taken, before the block or
    after it, or where there is no folder to make it in.
    """
    check_place(target)
    with _folder_beside(target) as folder:
        made = Path(folder) / target.name
        yield made
        _give_name(made, target)


def check_place(target: Path) -> None:
    """Raise NoPlace where `target` is taken, or is in no folder."""
    if target.is_dir():
        raise NoPlace(f"{target} is a folder that is there already; name something new.")
    if os.path.lexists(target):
        raise _taken(target)
    if not target.parent.is_dir():
        raise NoPlace(
            f"{target} cannot be made: there is no folder {target.parent}. Create it, or name another place."
        )


def _folder_beside(target: Path) -> "TemporaryDirectory[str]":
    try:
        return TemporaryDirectory(prefix=UNFINISHED, dir=target.parent)
    except PermissionError:
        raise NoPlace(
            f"{target} cannot be made: no right to write to {target.parent}. Give this user that right, or name another "
            "place."
        ) from None


def _give_name(made: Path, target: Path) -> None:
    """Let what was made be found under its name, on the disk as well; raises NoPlace where that was
    taken meanwhile.
    """
    try:
        if made.is_dir():
            made.rename(target)  # which replaces no file, and no folder with anything in it
        else:
            _link(made, target)
    except OSError:
        if os.path.lexists(target):
            raise _taken(target) from None
        raise
    _sync(target.parent)


def _link(made: Path, target: Path) -> None:
    with made.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(made, target)
    except FileExistsError:
        raise
    except (
        OSError
    ):  # there are no links, as on FAT: hold the name by an empty file of our own, and replace that
        target.touch(exist_ok=False)
        made.replace(target)


def _sync(folder: Path) -> None:
    """Have a folder's names written to the disk, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _taken(target: Path) -> NoPlace:
    return NoPlace(
        f"{target} is there already, and nothing is overwritten. Name another file, or move that one away."
    )
