"""Stored articles as files: a module of pure functions per format, and the safe way to write them.

An article here is a row of `articles` by column name, except that `authors` and `access_evidence`
are lists.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scrapy.exceptions import UsageError

StoredArticle = Mapping[str, Any]


def author_names(article: StoredArticle) -> list[str]:
    """Return an article's authors in the byline's order: names, or slugs for lack of a name."""
    return [author["name"] or author["slug"] for author in article["authors"]]


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path for a file or folder; rename it to `target` if the block succeeds.

    If the block raises, nothing is left. An existing file or folder is never replaced: raises
    UsageError if there is one, before the block or after it, or if nothing can be created there.
    """
    _check_new(target)
    try:
        folder = TemporaryDirectory(prefix=".nkcrawl-", suffix=".tmp", dir=target.parent)
    except PermissionError:
        raise UsageError(
            f"{target} cannot be created: permission denied, {target.parent} is not writable. "
            "Choose another folder, or give this user write access."
        ) from None
    with folder as name:
        temporary = Path(name) / target.name
        yield temporary
        try:
            _rename_new(temporary, target)
        except OSError:
            _check_new(target)  # it was created in the meantime
            raise


def _check_new(target: Path) -> None:
    if target.is_dir():
        raise UsageError(f"{target} is an existing folder; choose a new name.")
    if os.path.lexists(target):
        raise UsageError(
            f"{target} exists already, and nothing is overwritten. "
            "Choose another name, or move that file away."
        )
    if not target.parent.is_dir():
        raise UsageError(
            f"{target} cannot be created: there is no folder {target.parent}. "
            "Create it, or choose another one."
        )


def _rename_new(temporary: Path, target: Path) -> None:
    if temporary.is_dir():
        temporary.rename(target)  # fails if there is a file or a folder with files
        return
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links, as on FAT: reserve the name, then replace the empty file
        target.touch(exist_ok=False)
        temporary.replace(target)
