"""Errors about the archive's file, and errors at the start of a crawl: the real cause is named."""

import os
import shlex
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from nkcrawl.archive import Archive
from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy, scrapy_command
from tests.factories import STORY, store
from tests.site import FaultyServer

# No SQLite this old can be installed beside a Python that the project supports; the sentence was
# also compared once with the real SQLite 3.35.2 in place of the system's library.
OLD_SQLITE = """
import sqlite3
sqlite3.sqlite_version_info, sqlite3.sqlite_version = (3, 36, 0), "3.36.0"
"""
# What flock() answers on a file system without locks, such as NFS mounted without its lock daemon.
NO_LOCKS = """
import errno, fcntl, os
def flock(*_):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
fcntl.flock = flock
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount, and write in /proc")


@pytest.fixture
def archive(archive_file: Path) -> Path:
    """Return an archive of one article."""
    with closing(Archive.open(archive_file)) as new:
        new.begin_run({}, {})
        store(new)
    return archive_file


def patched(folder: Path, code: str) -> dict[str, str]:
    """Return an environment in which every Python runs `code` when it starts."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(folder)}


def mounted(folder: Path, mount: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a scrapy command that alone sees what `mount` (shell commands) has mounted."""
    script = f"cd {shlex.quote(str(folder))} && {mount} && cd {ROOT} && exec {shlex.join(args)}"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def check(done: subprocess.CompletedProcess[str], code: int, sentence: str) -> None:
    """Assert that a command did nothing but print one sentence."""
    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"{sentence}\n")


# --- SQLite ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("crawl", "nknews"),
        ("status",),
        ("search", "rice"),
        ("export", "{}/copy.csv"),
        ("history", STORY),
        ("backup", "{}/copy.db"),
        (),
    ],
    ids=lambda command: command[0] if command else "web",
)
@pytest.mark.fault("S24")
def test_an_old_sqlite_is_named_and_the_archive_is_not_called_damaged(
    archive: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    before = archive.read_bytes()
    environment = patched(tmp_path / "old", OLD_SQLITE) | {"NKCRAWL_DATABASE": str(archive)}
    if command:
        done = scrapy(*(argument.format(tmp_path) for argument in command), **environment)
    else:
        done = subprocess.run(
            [sys.executable, "-m", "nkcrawl.web", str(archive)],
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            check=False,
        )
    check(
        done,
        2,
        f"{archive} cannot be opened: this Python has SQLite 3.36.0, and the archive needs 3.37 or "
        "newer. Use a newer Python.",
    )
    assert archive.read_bytes() == before
    assert not list(tmp_path.glob("copy*"))


# --- The file system ------------------------------------------------------------------------------


@pytest.mark.fault("S25")
def test_a_file_system_without_locks_is_not_a_lack_of_permission(
    demo: FaultyServer, archive: Path, tmp_path: Path
) -> None:
    environment = patched(tmp_path / "nfs", NO_LOCKS)
    done = scrapy(*crawl_args(demo, archive), **environment)
    check(
        done,
        2,
        f"{archive} cannot be locked: its file system does not support file locks (No locks "
        "available), as some network file systems. Keep the archive on a local disk.",
    )
    assert demo.log == []
    status = scrapy("status", "--json", NKCRAWL_DATABASE=str(archive), **environment)
    assert status.returncode == 0


@as_root
@pytest.mark.fault("S25")
def test_a_folder_that_accepts_no_lock_file_is_not_in_use_by_another_run(
    demo: FaultyServer,
) -> None:
    done = scrapy(*crawl_args(demo, Path("/proc/nknews.db")))
    check(
        done,
        2,
        "/proc/nknews.db.lock cannot be created: No such file or directory. Check that its folder "
        "exists and accepts new files, or name another file.",
    )
    assert demo.log == []


@as_root
@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.fault("S25")
def test_a_file_system_mounted_read_only_is_not_a_lack_of_permission(
    demo: FaultyServer, archive: Path, tmp_path: Path, is_new: bool
) -> None:
    file = tmp_path / "new.db" if is_new else archive
    mount = "mount --bind . . && mount -o remount,bind,ro ."
    done = mounted(tmp_path, mount, *scrapy_command(*crawl_args(demo, file)))
    check(
        done,
        2,
        f"{file} cannot be opened: Read-only file system. Name a file on another file system, or "
        "mount this one for writing.",
    )
    assert demo.log == []
    search = scrapy_command("search", "-s", f"NKCRAWL_DATABASE={archive}", "--json", "Rason")
    assert mounted(tmp_path, mount, *search).returncode in (0, 1)


@as_root
@pytest.mark.fault("S8")
def test_a_full_disk_at_the_start_is_a_failure_of_the_machine(
    demo: FaultyServer, tmp_path: Path
) -> None:
    file = tmp_path / "nknews.db"
    mount = "mount -t tmpfs -o nr_inodes=2 tmpfs ."  # for the folder and the lock file
    done = mounted(tmp_path, mount, *scrapy_command(*crawl_args(demo, file)))
    check(
        done,
        1,
        f"{file} cannot be opened: No space left on device. Check that the disk works and has "
        "space.",
    )
    assert demo.log == []


@pytest.mark.parametrize("command", ["crawl", "status"])
@pytest.mark.fault("P4")
def test_a_link_that_leads_to_itself_is_named(
    demo: FaultyServer, archive_file: Path, command: str
) -> None:
    archive_file.symlink_to(archive_file)
    args = crawl_args(demo, archive_file) if command == "crawl" else (command,)
    check(
        scrapy(*args, NKCRAWL_DATABASE=str(archive_file)),
        2,
        f"{archive_file} cannot be opened: Too many levels of symbolic links. Name a file, or a "
        "link to one.",
    )


# --- The start of a crawl -------------------------------------------------------------------------


@pytest.mark.fault("P7")
def test_an_error_at_the_start_is_named_and_not_the_one_that_led_to_it(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    """`importlib.metadata.version` raises its error while it handles a StopIteration."""
    code = (
        "from importlib.metadata import version\nimport nkcrawl.{} as module\n"
        "def fail(*args, **named):\n    version('missing')\nmodule.{} = fail\n"
    )
    for name in (("extensions.run", "versions"), ("frontier", "Frontier.__init__")):
        environment = patched(tmp_path / "code", code.format(*name))
        done = scrapy(*crawl_args(demo, archive_file), **environment)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith(
            "The crawl could not start: PackageNotFoundError('missing') in "
        )
        assert done.stderr.endswith("; please report it.\n")


def test_a_crawl_runs_from_a_zipped_package_without_metadata(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "nkcrawl.egg", "w") as egg:
        for file in sorted((ROOT / "nkcrawl").rglob("*.py")):
            egg.write(file, file.relative_to(ROOT))
    packages = tmp_path / "packages"  # all but nkcrawl's own metadata
    packages.mkdir()
    for path in Path(pytest.__file__).parents[1].iterdir():
        if "nkcrawl" not in path.name and path.suffix != ".pth":
            (packages / path.name).symlink_to(path)
    program = (
        "import sys\nsys.path[:0] = sys.argv.pop(1).split(':')\n"
        "from nkcrawl.__main__ import main\nmain()\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-S", "-c", program, f"{tmp_path / 'nkcrawl.egg'}:{packages}"),
            *crawl_args(demo, archive_file),
            *("-a", "limit=3"),
        ],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert rows(archive_file, "SELECT verdict FROM runs") == [{"verdict": "ok"}]
