"""A throwaway copy of this machine with systemd, without network; project: /home/you/nkcrawl."""

import contextlib
import email
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PROJECT = "/home/you/nkcrawl"
DATA = f"{PROJECT}/data"
NEEDED = {
    "/usr/sbin/cron": "cron",
    "/usr/sbin/logrotate": "logrotate",
    "/usr/bin/curl": "curl",
    "/usr/lib/systemd/systemd": "systemd",
    "/usr/bin/systemd-nspawn": "systemd-container",
}
_HERE = Path(__file__).resolve().parent
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_QUERY = """
import json, sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
connection.row_factory = sqlite3.Row
print(json.dumps([dict(row) for row in connection.execute(sys.argv[2])]))
"""


class Machine:
    """Runs commands in the copy; files change only through these, never through a path here."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        wait_until(
            lambda: self._init_pid() or process.poll() is not None,
            "a container to start",
            log.read_text,
        )
        self._pid = self._init_pid()
        self._log = log
        self._cleared_at = 0.0

    @classmethod
    def boot(cls, folder: Path) -> "Machine":
        """Boot a copy in an empty folder; it ends with `halt`, at the latest with this process."""
        place, log = folder / "machine", folder / "machine.log"
        place.mkdir()
        script = ("bash", _HERE / "boot.sh", place, ROOT, Path(sys.base_prefix).resolve())
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", *script],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        machine = cls(process, log)
        wait_until(machine._is_up, "systemd to come up", log.read_text)
        return machine

    def _init_pid(self) -> str:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for pid in children.read_text().split() if children.exists() else ():
            if Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                return pid
        return ""

    def _is_up(self) -> bool:
        if not self._pid or self._process.poll() is not None:
            raise AssertionError(f"The container did not start: {self._log.read_text()}")
        return self.run("systemctl", "is-system-running", check=False).stdout.strip() in (
            "running",
            "degraded",
        )

    def halt(self) -> None:
        """Shut the copy down and remove all of it."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        wait_until(self._leaves_no_control_groups, "its control groups to be released")

    def _leaves_no_control_groups(self) -> bool:
        for top in Path("/sys/fs/cgroup").glob(f"**/nkcrawl-recipes-{self._process.pid}"):
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):  # the kernel releases it a little later
                    os.rmdir(folder)
            if top.exists():
                return False
        return True

    def run(
        self, *command: str, check: bool = True, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root to its end."""
        done = subprocess.run(
            self._inside(command),
            check=False,
            capture_output=True,
            text=True,
            input=stdin,
            timeout=300,
        )
        assert not check or done.returncode == 0, (
            f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
        )
        return done

    def as_cron(self, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a crontab's command as cron would, but now."""
        return self.run(*_as_cron(line, environment), check=False)

    def start_as_cron(self, line: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a crontab's command as cron would, but now."""
        return subprocess.Popen(self._inside(_as_cron(line, environment)), stdin=subprocess.DEVNULL)

    def serve(self, name: str, *command: str) -> None:
        """Keep a command running as a service."""
        self.run(
            "systemd-run", "--quiet", f"--unit={name}", f"--working-directory={PROJECT}", *command
        )

    def _inside(self, command: tuple[str, ...]) -> list[str]:
        return ["nsenter", "--target", self._pid, "--all", "--wdns=/", "env", "-i", _PATH, *command]

    def file(self, path: str) -> Path:
        """Return the path here of a file of the copy, for reading."""
        return Path(f"/proc/{self._pid}/root{path}")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of root's, and the folders above it."""
        self.run("install", "-D", f"--mode={mode:o}", "/dev/stdin", path, stdin=text)

    def clear(self) -> None:
        """Forget all mail, archives and logs."""
        self._cleared_at = time.time()
        self.run("find", "/mail", DATA, "-mindepth", "1", "-delete")

    def mails(self, to: str) -> list[Message]:
        """Return the mails to a mailbox since the last clearing."""
        mails = [
            email.message_from_string(file.read_text()) for file in self.file("/mail").iterdir()
        ]
        return [mail for mail in mails if mail["To"] == to]

    def rows(self, archive: str, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query of an archive as dicts."""
        query = (f"{PROJECT}/.venv/bin/python", "-c", _QUERY, archive, sql)
        rows: list[dict[str, Any]] = json.loads(self.run(*query).stdout)
        return rows

    def journal(self, match: str) -> str:
        """Return the lines of the journal since the last clearing that match `FIELD=value`."""
        self.run("journalctl", "--sync")
        return self.run(
            "journalctl", "--quiet", "--output=cat", f"--since=@{self._cleared_at:.6f}", match
        ).stdout


def _as_cron(line: str, environment: dict[str, str]) -> tuple[str, ...]:
    given = {
        "HOME": "/home/you",
        "LOGNAME": "you",
        "SHELL": "/bin/sh",
        "PATH": "/usr/bin:/bin",
        **environment,
    }
    values = (f"{name}={value}" for name, value in given.items())
    return (
        "runuser",
        "-u",
        "you",
        "--",
        "env",
        "-i",
        "--chdir=/home/you",
        *values,
        "/bin/sh",
        "-c",
        line,
    )


def lacking() -> str:
    """Return what prevents booting a machine here, and the remedy; empty if nothing does."""
    if os.geteuid() != 0:
        return "The recipes run in a container of root's: run `make test-recipes` as root."
    packages = [package for file, package in NEEDED.items() if not shutil.which(file)]
    return (
        f"The recipes need what is not installed: apt-get install -y {' '.join(packages)}"
        if packages
        else ""
    )


def wait_until(
    happened: Callable[[], object],
    what: str,
    details: Callable[[], str] = lambda: "",
    seconds: float = 90,
) -> None:
    """Wait for something to happen; after `seconds`, fail with the details."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}: {details()}"
        time.sleep(0.2)
