"""`new_file`: the target appears complete or not at all, and nothing is ever replaced."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError

from nkcrawl.export import new_file


def make_file(path: Path, text: str) -> None:
    path.write_text(text)


def make_folder(path: Path, text: str) -> None:
    path.mkdir()
    (path / "a.md").write_text(text)


def content(folder: Path) -> dict[str, str]:
    """Return the text of every file in a folder, by its relative path."""
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


Maker = Callable[[Path, str], None]
EITHER = pytest.mark.parametrize(("make", "name"), [(make_file, "it"), (make_folder, "it/a.md")])


@EITHER
def test_the_name_appears_when_the_block_is_done(tmp_path: Path, make: Maker, name: str) -> None:
    with new_file(tmp_path / "it") as temporary:
        make(temporary, "new")
        [beside] = tmp_path.iterdir()
        assert (beside.name[:9], beside.suffix) == (".nkcrawl-", ".tmp")
    assert content(tmp_path) == {name: "new"}
    assert len(list(tmp_path.iterdir())) == 1


@EITHER
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space"), KeyboardInterrupt(), ValueError()]
)
def test_nothing_is_left_if_the_block_fails(
    tmp_path: Path, make: Maker, name: str, error: BaseException
) -> None:
    def fail() -> None:
        with new_file(tmp_path / "it") as temporary:
            make(temporary, "new")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert list(tmp_path.iterdir()) == []


def create_too_late(target: Path, make: Maker, make_other: Maker) -> None:
    """Create something under a name that is taken in the meantime, and be refused."""

    def create() -> None:
        with new_file(target) as temporary:
            make(temporary, "new")
            make_other(target, "other")

    with pytest.raises(UsageError, match=r"exists already|existing folder"):
        create()


@EITHER
@pytest.mark.parametrize("make_new", [make_file, make_folder])
def test_a_file_created_in_the_meantime_is_not_replaced(
    tmp_path: Path, make: Maker, name: str, make_new: Maker
) -> None:
    create_too_late(tmp_path / "it", make_new, make)
    assert content(tmp_path) == {name: "other"}
    assert len(list(tmp_path.iterdir())) == 1


def test_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT cannot be mounted everywhere that tests run, so `os.link` fails as it does there."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with new_file(tmp_path / "free") as temporary:
        make_file(temporary, "new")
    create_too_late(tmp_path / "taken", make_file, make_file)
    assert content(tmp_path) == {"free": "new", "taken": "other"}


def test_a_dangling_symbolic_link_takes_a_name(tmp_path: Path) -> None:
    (tmp_path / "it").symlink_to("nowhere")
    with pytest.raises(UsageError, match="exists already"), new_file(tmp_path / "it"):
        pytest.fail("it cannot be created")


def test_a_folder_that_is_not_writable() -> None:
    """In a child process as another user than root, who may write everywhere."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(65534)
            try:
                with new_file(Path(name) / "it"):
                    os.write(writing, b"it can be created")
            except UsageError as error:
                os.write(writing, str(error).encode())
            os._exit(0)
        os.close(writing)
        with open(reading, encoding="utf-8") as output:
            assert output.read().startswith(
                f"{name}/it cannot be created: permission denied, {name} is not writable."
            )
        assert os.waitpid(child, 0)[1] == 0
        assert list(Path(name).iterdir()) == []
