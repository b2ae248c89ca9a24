"""What is made beside its place: it gets its name when it is whole, takes nobody's, and leaves
nothing when it fails.
"""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nkcrawl.placing import UNFINISHED, NoPlace, placed


def make_file(path: Path, words: str) -> None:
    path.write_text(words)


def make_folder(path: Path, words: str) -> None:
    path.mkdir()
    (path / "a.md").write_text(words)


def content(folder: Path) -> dict[str, str]:
    """Return every file in a folder, by its path from there."""
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


Maker = Callable[[Path, str], None]
EITHER = pytest.mark.parametrize(("make", "name"), [(make_file, "it"), (make_folder, "it/a.md")])


@EITHER
def test_it_has_its_name_once_the_block_is_done(tmp_path: Path, make: Maker, name: str) -> None:
    with placed(tmp_path / "it") as made:
        make(made, "ours")
        [beside] = tmp_path.iterdir()
        assert beside.name.startswith(UNFINISHED)
    assert content(tmp_path) == {name: "ours"}
    assert len(list(tmp_path.iterdir())) == 1


@EITHER
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space"), KeyboardInterrupt(), ValueError()]
)
def test_nothing_is_left_when_the_block_fails(
    tmp_path: Path, make: Maker, name: str, error: BaseException
) -> None:
    def fail() -> None:
        with placed(tmp_path / "it") as made:
            make(made, "ours")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert list(tmp_path.iterdir()) == []


def be_late(target: Path, make: Maker, take: Maker) -> None:
    """Make something at a place that another takes meanwhile, and be refused."""

    def make_and_be_overtaken() -> None:
        with placed(target) as made:
            make(made, "ours")
            take(target, "theirs")

    with pytest.raises(NoPlace, match="is there already"):
        make_and_be_overtaken()


@EITHER
@pytest.mark.parametrize("make_ours", [make_file, make_folder])
def test_a_name_that_was_taken_meanwhile_is_left_to_who_took_it(
    tmp_path: Path, make: Maker, name: str, make_ours: Maker
) -> None:
    be_late(tmp_path / "it", make_ours, make)
    assert content(tmp_path) == {name: "theirs"}
    assert len(list(tmp_path.iterdir())) == 1


def test_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT cannot be mounted everywhere that tests run, so `os.link` answers as it does there."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with placed(tmp_path / "free") as made:
        make_file(made, "ours")
    be_late(tmp_path / "taken", make_file, make_file)
    assert content(tmp_path) == {"free": "ours", "taken": "theirs"}


def test_a_link_that_leads_nowhere_is_a_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "it").symlink_to("nowhere")
    with pytest.raises(NoPlace, match="is there already"), placed(tmp_path / "it"):
        pytest.fail("there is no place for it")


def test_a_folder_that_is_not_writable() -> None:
    """As another user than root, who may write everywhere, in a child process."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        told, tells = os.pipe()
        child = os.fork()
        if child == 0:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(65534)
            try:
                with placed(Path(name) / "it"):
                    os.write(tells, b"there is a place for it")
            except NoPlace as refusal:
                os.write(tells, str(refusal).encode())
            os._exit(0)
        os.close(tells)
        with open(told, encoding="utf-8") as answer:
            assert answer.read().startswith(
                f"{name}/it cannot be made: no right to write to {name}."
            )
        assert os.waitpid(child, 0)[1] == 0
        assert list(Path(name).iterdir()) == []
