"""Crash loops: crawls that are killed, interrupted or run out of disk or memory at random times.

`python -m tests.stress.crash_recovery` takes about half an hour and prints a table. With options
(`--kills 20`) it runs only those loops, until that many trials had an effect. All random choices
follow from `--seed`. A failed trial prints the command that repeats it, as far as two runs of a
process can be alike: with the same page in progress, after the same delay.

After each crash the archive must open, pass SQLite's own checks, and hold every article that it
held before or that was acknowledged, each complete, and nothing else. The next, undisturbed run
must make it equal to an archive that was never disturbed.
"""

import argparse
import hashlib
import multiprocessing
import os
import platform
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Self

from nkcrawl.archive import Archive, ArchiveError
from nkcrawl.demo import DemoArticle, FakeSite
from nkcrawl.extensions import ending
from tests.conftest import ROOT, check_file, comparable, crawl_args, expected_row, rows, stored
from tests.factories import SITE, store
from tests.site import FaultyServer, LoggedRequest

FULL_LENGTH = {
    "torn-wal": 2_000,
    "kills": 500,
    "signals": 50,
    "file-limits": 60,
    "full-disks": 40,
    "memory-limits": 50,
}
# Seconds. A crawl takes a few; without memory it may wait 30 for a page and 40 for its own end.
TIMEOUT = 120
# Recent articles are held back until there are this many of them, see nkcrawl/extensions/.
HELD_BACK = 5
RECENT_MONTHS = 2
EFFECTIVE = "effective"  # trials in which the crash happened while the crawl ran
NOT_TRIED = "not tried: no permission to mount a file system"
DIED = {"verdict": "failed", "finish_reason": "died"}

# Each crawl is forked from a process that has imported its modules, which takes longest.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tests.conftest", "nkcrawl.commands.crawl", "nkcrawl.middlewares", "nkcrawl.pipelines"]
)

Limits = dict[int, int]  # resource → its limit


def run_crawl(args: tuple[str, ...], output: Path, limits: Limits) -> None:
    """Run a `scrapy` command in this process and write its output to a file."""
    from scrapy.cmdline import execute

    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(ROOT)
    for name in [name for name in os.environ if name.startswith(("NKCRAWL_", "SCRAPY_"))]:
        del os.environ[name]
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    execute(["scrapy", *args])


class Crawl:
    """A running crawl, killed at the end of the `with` block if it still runs."""

    def __init__(self, site: FaultyServer, archive: Path, limits: Limits | None = None) -> None:
        self.site, self.archive = site, archive
        self.output = archive.parent.with_suffix(".output")  # not on the disk that is too small
        self.process = FORKS.Process(
            target=run_crawl, args=(crawl_args(site, archive), self.output, limits or {})
        )

    def __enter__(self) -> Self:
        self.site.log.clear()
        self.process.start()
        self.deadline = time.monotonic() + TIMEOUT
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()

    @property
    def is_alive(self) -> bool:
        assert time.monotonic() < self.deadline, f"the crawl takes over {TIMEOUT} seconds"
        return self.process.is_alive()

    def wait_for(self, requests: int) -> None:
        """Wait until the site has received this many requests, or the crawl is over."""
        while len(self.site.log) < requests and self.is_alive:
            time.sleep(0.003)

    def wait_for_its_lock(self) -> None:
        """Wait until the crawl has locked its archive, or is over."""
        lock = self.archive.with_name(f"{self.archive.name}.lock")
        holder = f"process {self.process.pid} "
        while self.is_alive and holder not in lock.read_text(encoding="utf-8"):
            time.sleep(0.003)

    def send(self, signum: signal.Signals) -> bool:
        """Send a signal, and return whether the crawl was still alive."""
        if not self.is_alive:
            return False
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(self.process.pid or 0, signum)
            return True
        return False

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code (or minus the signal) and the output."""
        while self.is_alive:
            time.sleep(0.003)
        assert self.process.exitcode is not None
        return self.process.exitcode, self.output.read_text(encoding="utf-8")


class Baseline:
    """The made-up site, and the archive that an undisturbed crawl of it leaves."""

    def __init__(self, site: FaultyServer, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.expected_row = expected_row(site.fake_site, site)
        archive = self.new_file()
        self.largest_file = 0
        with Crawl(site, archive) as crawl:
            while crawl.is_alive:
                with suppress(FileNotFoundError):
                    sizes = [file.stat().st_size for file in archive.parent.glob("*.db*")]
                    self.largest_file = max(self.largest_file, *sizes, 0)
                time.sleep(0.002)
            assert crawl.end() == (0, "")
        self.requests = len(site.log)
        self.undisturbed = comparable(archive)

    def new_file(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder)) / "nknews.db"

    def finish(self, archive: Path, left: "Leftovers") -> None:
        """Let the next run do what is due, and compare the archive with an undisturbed one."""
        with Crawl(self.site, archive) as crawl:
            assert crawl.end() == (0, "")
        ending = "SELECT verdict, finish_reason FROM runs WHERE id = ?"
        for run in left.unfinished:
            assert rows(archive, ending, run) == [DIED]
        for table, content in comparable(archive).items():
            assert content == self.undisturbed[table], f"{table} differs from an undisturbed crawl"
        self.check(archive, set(self.expected_row))

    def acknowledged(self, log: list[LoggedRequest]) -> set[str]:
        """Return the URLs of the articles that must be stored: those requested before another page.

        The first few articles of the newest months are held back by design, until it is clear that
        the site has not changed.
        """
        articles = [
            article for hit in log[:-1] if (article := self.site.fake_site.article(hit.path))
        ]
        recent = {article.path for article in articles if self._is_recent(article)}
        held_back = recent if len(recent) < HELD_BACK else set()
        return {self.site.base_url + article.path for article in articles} - {
            self.site.base_url + path for path in held_back
        }

    def _is_recent(self, article: DemoArticle) -> bool:
        newest, month = self.site.fake_site.articles[0].published_on, article.published_on
        return (newest.year - month.year) * 12 + newest.month - month.month < RECENT_MONTHS

    def check(self, archive: Path, acknowledged: set[str]) -> "Leftovers":
        """Check a copy of an archive, so that the next run gets the very files of the last one."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            copy = Path(folder) / archive.name
            for file in archive.parent.glob("*.db*"):
                shutil.copy(file, folder)
            Archive.open(copy).close()
            check_file(copy)
            articles = stored(copy)
            unfinished = [
                run["id"] for run in rows(copy, "SELECT id FROM runs WHERE verdict IS NULL")
            ]
        assert acknowledged <= articles.keys(), f"lost: {acknowledged - articles.keys()}"
        for url, article in articles.items():
            assert article == self.expected_row.get(url), f"{url} differs from the site"
        return Leftovers(set(articles), unfinished)


@dataclass(frozen=True)
class Leftovers:
    """What a crawl left: the URLs of the stored articles, and the runs without a verdict."""

    articles: set[str] = field(default_factory=set)
    unfinished: list[int] = field(default_factory=list)


# --- The loops: each function is one trial and returns what it counted ----------------------------

Trial = Callable[[Baseline, random.Random], Counter[str]]


def kills(baseline: Baseline, rng: random.Random) -> Counter[str]:
    """Kill a crawl after its second request, and the next one after it locked the archive."""
    counts: Counter[str] = Counter()
    archive, left = baseline.new_file(), Leftovers()
    with Crawl(baseline.site, archive) as crawl:
        crawl.wait_for(rng.randint(2, baseline.requests))
        left = _kill(baseline, crawl, left, rng.expovariate(1 / 0.03), counts)  # seconds
    assert left.articles or left.unfinished or not counts[EFFECTIVE], (
        "killed before its first commit"
    )
    with Crawl(baseline.site, archive) as crawl:
        crawl.wait_for_its_lock()
        left = _kill(baseline, crawl, left, rng.expovariate(1 / 0.15), counts)
    baseline.finish(archive, left)
    return counts + Counter({"completed by the next run": 1})


def _kill(
    baseline: Baseline, crawl: Crawl, before: Leftovers, delay: float, counts: Counter[str]
) -> Leftovers:
    time.sleep(delay)
    crawl.send(signal.SIGKILL)
    code, output = crawl.end()
    assert (code, output) in ((0, ""), (-signal.SIGKILL, "")), f"{code}: {output}"
    counts[EFFECTIVE if code else "too late"] += 1
    counts["killed in the run after a kill"] += bool(code and before.unfinished)
    return baseline.check(crawl.archive, before.articles | baseline.acknowledged(baseline.site.log))


def signals(baseline: Baseline, rng: random.Random) -> Counter[str]:
    """Send a crawl SIGTERM, and shortly afterwards again."""
    archive = baseline.new_file()
    with Crawl(baseline.site, archive) as crawl:
        crawl.wait_for(rng.randint(1, baseline.requests))
        time.sleep(rng.expovariate(1 / 0.03))
        crawl.send(signal.SIGTERM)
        time.sleep(rng.expovariate(1 / 0.02))
        twice = crawl.send(signal.SIGTERM)
        code, output = crawl.end()
    assert (code, output) in ((0, ""), (130, f"{ending('shutdown').summary}\n")), (
        f"{code}: {output}"
    )
    left = baseline.check(archive, baseline.acknowledged(baseline.site.log))
    assert left.unfinished == []
    baseline.finish(archive, left)
    return Counter(
        {
            EFFECTIVE: code == 130,
            "alive at the second one": bool(code and twice),
            "too late": not code,
        }
    )


def file_limits(baseline: Baseline, rng: random.Random) -> Counter[str]:
    """Limit the size of files to less than the archive needs."""
    size = rng.randint(4_096, baseline.largest_file)
    return _without_space(baseline, baseline.new_file(), {resource.RLIMIT_FSIZE: size})


def _without_space(
    baseline: Baseline,
    archive: Path,
    limits: Limits,
    make_room: Callable[[], object] = lambda: None,
) -> Counter[str]:
    with Crawl(baseline.site, archive, limits) as crawl:
        code, output = crawl.end()
    assert (code, output.count("\n")) in ((0, 0), (1, 1)), f"{code}: {output}"
    left = baseline.check(archive, baseline.acknowledged(baseline.site.log))
    make_room()
    baseline.finish(archive, left)
    return Counter({EFFECTIVE: code, "large enough": not code})


def full_disks(baseline: Baseline, rng: random.Random) -> Counter[str]:
    """Crawl into a file system that is too small, and enlarge it afterwards."""
    disk = baseline.new_file().parent
    size = rng.randint(64 * 1024, baseline.largest_file)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        return Counter({NOT_TRIED: 1})
    try:
        more = ["mount", "-o", f"remount,size={size + 10 * baseline.largest_file}", disk]
        return _without_space(
            baseline, disk / "nknews.db", {}, lambda: subprocess.run(more, check=True)
        )
    finally:
        subprocess.run(["umount", disk], check=True)


def memory_limits(baseline: Baseline, rng: random.Random) -> Counter[str]:
    """Limit a running crawl to hardly more memory than it has."""
    archive = baseline.new_file()
    kind, used = rng.choice([(resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")])
    with Crawl(baseline.site, archive) as crawl:
        crawl.wait_for(rng.randint(2, baseline.requests // 2))
        # What is requested from now on may not be stored.
        acknowledged = baseline.acknowledged([*baseline.site.log])
        limit = _memory(crawl, used) + rng.randint(0, 200_000)
        resource.prlimit(crawl.process.pid or 0, kind, (limit, limit))
        code, _ = crawl.end()
    left = baseline.check(archive, acknowledged)
    baseline.finish(archive, left)
    return Counter({EFFECTIVE: bool(code), f"of all, ended with {code}": 1})


def _memory(crawl: Crawl, which: str) -> int:
    """Return the bytes of memory of a crawl, by a line of /proc/PID/status."""
    status = Path(f"/proc/{crawl.process.pid}/status").read_text(encoding="utf-8")
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(which)
    )


# --- The end of the write-ahead log ---------------------------------------------------------------


@dataclass
class WalSnapshot:
    """The bytes of an open archive and its write-ahead log, and a hash of each earlier state."""

    file: bytes
    log: bytes
    states: list[str]

    @property
    def commits(self) -> list[int]:
        """Return where each commit ends in the log, by SQLite's file format."""
        size, salt = int.from_bytes(self.log[8:12], "big") + 24, self.log[16:24]
        ends = []
        for start in range(32, len(self.log), size):
            if self.log[start + 8 : start + 16] != salt:  # left from before the last checkpoint
                break
            if self.log[start + 4 : start + 8] != bytes(4):
                ends.append(start + size)
        return ends


def wal_snapshots(folder: Path) -> list[WalSnapshot]:
    """Store articles; return a snapshot before SQLite's first checkpoint and one after it."""
    fake_site, path = FakeSite(articles=81), folder / "snapshot.db"
    snapshots = []
    with closing(Archive.open(path)) as archive:
        states = [_state(path)]
        archive.begin_run({}, {})
        states.append(_state(path))
        for number, article in enumerate(fake_site.articles):
            store(archive, **fake_site.expected_row(article, SITE))
            states.append(_state(path))
            if number in (30, 80):
                snapshots.append(WalSnapshot(path.read_bytes(), _log(path).read_bytes(), [*states]))
    before, after = snapshots
    assert len(before.commits) == 32
    assert 0 < len(after.commits) < 80
    return snapshots


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _state(path: Path) -> str:
    """Return a hash of all tables of an archive."""
    tables = (
        "articles",
        "article_versions",
        "article_authors",
        "authors",
        "pages",
        "rejects",
        "runs",
    )
    return hashlib.sha256(
        repr([rows(path, f"SELECT * FROM {table}") for table in tables]).encode()
    ).hexdigest()


def damage(log: bytes, end: int, rng: random.Random) -> tuple[bytes, int]:
    """Damage a log at a random offset before `end`.

    It is cut off, or zeros or noise overwrite the rest or 512 bytes. Returns the damaged log
    and the offset up to which it is unchanged.
    """
    at = rng.randint(0, end)
    until = rng.choice([len(log), at + 512])
    match rng.choice(["cut off", "zeros", "noise"]):
        case "cut off":
            damaged = log[:at]
        case "zeros":
            damaged = log[:at] + bytes(len(log[at:until])) + log[until:]
        case _:
            damaged = log[:at] + rng.randbytes(len(log[at:until])) + log[until:]
    return damaged, next(
        (place for place in range(at, len(damaged)) if damaged[place] != log[place]), len(damaged)
    )


def torn_wal(snapshot: WalSnapshot, folder: Path, rng: random.Random) -> Counter[str]:
    """Open an archive whose log is damaged: it must hold exactly the commits before the damage."""
    path = folder / "torn.db"
    log, intact = damage(snapshot.log, snapshot.commits[-1], rng)
    path.write_bytes(snapshot.file)
    _log(path).write_bytes(log)
    lost = sum(end > intact for end in snapshot.commits)
    with closing(Archive.open(path)):
        assert _state(path) == snapshot.states[-1 - lost], (
            f"{lost} commits lost, damage at {intact}"
        )
    check_file(path)
    kept = len(snapshot.commits) - lost
    return Counter({EFFECTIVE: 1, "commits lost": lost, "commits kept": kept})


# --- All of them ----------------------------------------------------------------------------------

TRIALS: dict[str, Trial] = {
    "kills": kills,
    "signals": signals,
    "file-limits": file_limits,
    "full-disks": full_disks,
    "memory-limits": memory_limits,
}
TITLES = {
    "torn-wal": "the end of the write-ahead log cut off, zeroed or scrambled (simulated)",
    "kills": "kill -9 at random times of a crawl",
    "signals": "SIGTERM twice at random times of a crawl",
    "file-limits": "a random limit on the size of files (RLIMIT_FSIZE)",
    "full-disks": "a small file system (tmpfs) of a random size",
    "memory-limits": "a limit on memory from a random time on (RLIMIT_AS, RLIMIT_DATA)",
}


@dataclass
class Report:
    """The results of the loops, printed as a table."""

    seed: int
    articles: int
    heading: dict[str, object]
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def loop(self, name: str, times: int, trial: Callable[[random.Random], Counter[str]]) -> None:
        """Run trials until `times` were effective, each with its own seed to repeat it alone."""
        counts = self.counts[name] = Counter({EFFECTIVE: 0, "trials": 0, "failed": 0})
        while counts[EFFECTIVE] < times and counts["trials"] < 3 * times and not counts[NOT_TRIED]:
            seed = self.seed + counts["trials"]
            counts["trials"] += 1
            try:
                counts.update(trial(random.Random(seed)))
            except (AssertionError, ArchiveError, sqlite3.Error, OSError) as error:
                counts["failed"] += 1
                options = f"--{name} 1 --articles {self.articles} --seed {seed}"
                self._fail(f"python -m tests.stress.crash_recovery {options}: {error!r}")
        if counts[EFFECTIVE] < times and not counts[NOT_TRIED]:
            self._fail(f"--{name}: {counts[EFFECTIVE]} of {counts['trials']} trials were effective")

    def _fail(self, message: str) -> None:
        self.failures.append(message)
        print(message, file=sys.stderr, flush=True)

    def __str__(self) -> str:
        lines = [
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in self.heading.items()),
        ]
        for name, counts in self.counts.items():
            lines.append(f"| **{TITLES[name]}** | **{counts[EFFECTIVE]}** |")
            others = [(what, count) for what, count in counts.items() if what != EFFECTIVE]
            lines += [f"| {what} | {count} |" for what, count in others]
        return "\n".join(lines)


def run(times: dict[str, int], articles: int, seed: int) -> Report:
    """Run each loop `times[loop]` times, on a made-up site with this many articles."""
    report = Report(seed, articles, {"seed": seed, **versions()})
    with tempfile.TemporaryDirectory() as name, FaultyServer(FakeSite(articles=articles)) as site:
        folder = Path(name)
        if times.get("torn-wal"):
            snapshots = wal_snapshots(folder)
            report.loop(
                "torn-wal",
                times["torn-wal"],
                lambda rng: torn_wal(rng.choice(snapshots), folder, rng),
            )
        if any(times.get(loop) for loop in TRIALS):
            baseline = Baseline(site, folder)
            report.heading |= {
                "articles on the site": articles,
                "requests of an undisturbed crawl": baseline.requests,
                "its largest file, bytes": baseline.largest_file,
            }
        for loop, trial in TRIALS.items():
            if times.get(loop):
                report.loop(loop, times[loop], partial(trial, baseline))
    return report


def versions() -> dict[str, str]:
    """Return the versions that the figures depend on."""
    return {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Scrapy": version("scrapy"),
        "system": f"{platform.system()}, {platform.machine()}",
    }


def main(args: list[str]) -> int:
    """Run the loops given as options, or all of them at full length; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.crash_recovery", description=(__doc__ or "").partition("\n")[0]
    )
    for loop, count in FULL_LENGTH.items():
        description = f"{TITLES[loop]} (full length: {count})"
        parser.add_argument(f"--{loop}", dest=loop, type=int, metavar="N", help=description)
    add = partial(parser.add_argument, type=int, metavar="N")
    add("--articles", default=60, help="articles on the made-up site (60)")
    add("--seed", default=random.randrange(10**6), help="random, and printed")
    options = vars(parser.parse_args(args))
    requested = {loop: options[loop] for loop in FULL_LENGTH if options[loop] is not None}
    report = run(requested or FULL_LENGTH, options["articles"], options["seed"])
    print(report)
    return bool(report.failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
