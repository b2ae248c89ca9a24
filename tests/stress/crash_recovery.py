"""Crash loops: a crawl is killed, starved or cut short at random moments, again and again, and its
archive held to account.

`python -m tests.stress.crash_recovery` takes about half an hour and prints a table; with numbers (`--kills 20`)
it runs only those loops, until so many trials were hits. What is drawn follows from `--seed`. A
trial that fails names the command that makes it again, as far as two runs of a process can be
alike: with the same page in hand, after the same delay.

After every blow the archive must open, be sound by SQLite's own checks, hold every article that it
held before or that was acknowledged, each whole, and nothing else; and the next run, undisturbed,
must make it equal to one never disturbed.
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

FULL = {
    "tails": 2_000,
    "kills": 500,
    "hangups": 20,
    "signals": 50,
    "limits": 60,
    "disks": 40,
    "starvations": 50,
}
# seconds, for a crawl of seconds; for want of memory it may wait 30 for a page and 40 for its own
# end
PATIENCE = 120
ON_TRIAL = (
    5  # recent articles are stored when there are so many of them (nkcrawl/extensions/watch.py)
)
RECENT_MONTHS = 2
HIT = "hit"  # how often a trial did what it is there for
NOT_TRIED = "not tried, for want of the right to mount a file system"
TOLD_DIED = {"verdict": "failed", "finish_reason": "died"}

# Each crawl is a process of its own, forked from one that has imported what it needs: most of a
# crawl's time is spent there.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tests.test_crawl", "nkcrawl.commands.crawl", "nkcrawl.middlewares", "nkcrawl.pipelines"]
)

Limits = dict[int, int]  # resource → its limit


def run_crawl(args: tuple[str, ...], told: Path, limits: Limits) -> None:
    """Be a `scrapy` command in this process, with what it prints in a file."""
    from scrapy.cmdline import execute

    descriptor = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(ROOT)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup lets every process ignore
    for name in [name for name in os.environ if name.startswith(("NKCRAWL_", "SCRAPY_"))]:
        del os.environ[name]
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    execute(["scrapy", *args])


class Crawl:
    """One crawl under way, which the block that it is opened for may end."""

    def __init__(self, site: FaultyServer, archive: Path, limits: Limits | None = None) -> None:
        self.site, self.archive = site, archive
        self.told = archive.parent.with_suffix(".told")  # not on the disk that is too small
        self.process = FORKS.Process(
            target=run_crawl, args=(crawl_args(site, archive), self.told, limits or {})
        )

    def __enter__(self) -> Self:
        self.site.log.clear()
        self.process.start()
        self.deadline = time.monotonic() + PATIENCE
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()

    @property
    def is_alive(self) -> bool:
        assert time.monotonic() < self.deadline, (
            f"the crawl goes on for more than {PATIENCE} seconds"
        )
        return self.process.is_alive()

    def wait_for(self, requests: int) -> None:
        """Wait until so many pages were asked for, or the crawl is over."""
        while len(self.site.log) < requests and self.is_alive:
            time.sleep(0.003)

    def wait_for_its_lock(self) -> None:
        """Wait until the crawl opens its archive, or is over."""
        lock = self.archive.with_name(f"{self.archive.name}.lock")
        while self.is_alive and f"process {self.process.pid} " not in lock.read_text(
            encoding="utf-8"
        ):
            time.sleep(0.003)

    def send(self, signum: signal.Signals) -> bool:
        """Send a signal, and tell whether it found a crawl alive."""
        if not self.is_alive:
            return False
        with suppress(ProcessLookupError):  # it ended this very moment
            os.kill(self.process.pid or 0, signum)
            return True
        return False

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code, or minus the signal that ended it, and what was
        printed.
        """
        while self.is_alive:
            time.sleep(0.003)
        assert self.process.exitcode is not None
        return self.process.exitcode, self.told.read_text(encoding="utf-8")


class Baseline:
    """The bundled site, and how an undisturbed crawl of it goes."""

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
        """Let the next run do what is due, and hold the archive against one that was never
        disturbed.
        """
        with Crawl(self.site, archive) as crawl:
            assert crawl.end() == (0, "")
        for run in left.unfinished:
            assert rows(archive, "SELECT verdict, finish_reason FROM runs WHERE id = ?", run) == [
                TOLD_DIED
            ]
        for table, found in comparable(archive).items():
            assert found == self.undisturbed[table], (
                f"{table} is not as in an archive that was never disturbed"
            )
        self.check(archive, set(self.expected_row))

    def acknowledged(self, log: list[LoggedRequest]) -> set[str]:
        """Return the URLs of the articles that must be stored: another page was asked for after
        each of them.

        Of the newest months the first few articles are kept back by design, until it is clear that
        the site is as it was.
        """
        asked = [article for hit in log[:-1] if (article := self.site.fake_site.article(hit.path))]
        recent = {article.path for article in asked if self._is_recent(article)}
        held_back = recent if len(recent) < ON_TRIAL else set()
        return {
            self.site.base_url + article.path for article in asked if article.path not in held_back
        }

    def _is_recent(self, article: DemoArticle) -> bool:
        newest, month = self.site.fake_site.articles[0].published_on, article.published_on
        return (newest.year - month.year) * 12 + newest.month - month.month < RECENT_MONTHS

    def check(self, archive: Path, acknowledged: set[str]) -> "Leftovers":
        """Hold a copy of an archive to account, so that the next run meets the very files that the
        last one left.
        """
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
            assert article == self.expected_row.get(url), f"{url} is not what the site has"
        return Leftovers(set(articles), unfinished)


@dataclass(frozen=True)
class Leftovers:
    """What a crawl left behind: the URLs of the stored articles, and the runs without a verdict."""

    articles: set[str] = field(default_factory=set)
    unfinished: list[int] = field(default_factory=list)


# --- The loops: each function is one trial, and returns what it counted ---------------------------

Trial = Callable[[Baseline, random.Random], Counter[str]]


def kills(
    ground: Baseline, rng: random.Random, signum: signal.Signals = signal.SIGKILL
) -> Counter[str]:
    """Kill a crawl at any moment from its second request on, and the next one soon after it takes
    hold of the archive.
    """
    counts: Counter[str] = Counter()
    archive, left = ground.new_file(), Leftovers()
    with Crawl(ground.site, archive) as crawl:
        crawl.wait_for(rng.randint(2, ground.requests))
        left = _kill(ground, crawl, left, rng.expovariate(1 / 0.03), signum, counts)  # seconds
    assert left.articles or left.unfinished or not counts[HIT], (
        "it was killed before its first commit"
    )
    with Crawl(ground.site, archive) as crawl:
        crawl.wait_for_its_lock()
        left = _kill(ground, crawl, left, rng.expovariate(1 / 0.15), signum, counts)
    ground.finish(archive, left)
    return counts + Counter({"made whole by the next run": 1})


def _kill(
    ground: Baseline,
    crawl: Crawl,
    before: Leftovers,
    delay: float,
    signum: signal.Signals,
    counts: Counter[str],
) -> Leftovers:
    time.sleep(delay)
    crawl.send(signum)
    code, told = crawl.end()
    assert (code, told) in ((0, ""), (-signum, "")), f"{code}: {told}"
    counts[HIT if code else "too late"] += 1
    counts["killed in the run after a kill"] += bool(code and before.unfinished)
    return ground.check(crawl.archive, before.articles | ground.acknowledged(ground.site.log))


def hangups(ground: Baseline, rng: random.Random) -> Counter[str]:
    return kills(ground, rng, signal.SIGHUP)


def signals(ground: Baseline, rng: random.Random) -> Counter[str]:
    """Ask a crawl to end by SIGTERM, and shortly afterwards again."""
    archive = ground.new_file()
    with Crawl(ground.site, archive) as crawl:
        crawl.wait_for(rng.randint(1, ground.requests))
        time.sleep(rng.expovariate(1 / 0.03))
        crawl.send(signal.SIGTERM)
        time.sleep(rng.expovariate(1 / 0.02))
        twice = crawl.send(signal.SIGTERM)
        code, told = crawl.end()
    assert (code, told) in ((0, ""), (130, f"{ending('shutdown').summary}\n")), f"{code}: {told}"
    left = ground.check(archive, ground.acknowledged(ground.site.log))
    assert left.unfinished == []
    ground.finish(archive, left)
    return Counter(
        {
            HIT: code == 130,
            "alive at the second one": bool(code and twice),
            "too late": not code,
        }
    )


def limits(ground: Baseline, rng: random.Random) -> Counter[str]:
    """Let no file grow beyond a size that is too small."""
    archive = ground.new_file()
    return _cramped(
        ground, archive, {resource.RLIMIT_FSIZE: rng.randint(4_096, ground.largest_file)}
    )


def _cramped(
    ground: Baseline, archive: Path, limits: Limits, make_room: Callable[[], object] = lambda: None
) -> Counter[str]:
    with Crawl(ground.site, archive, limits) as crawl:
        code, told = crawl.end()
    assert (code, told.count("\n")) in ((0, 0), (1, 1)), f"{code}: {told}"
    left = ground.check(archive, ground.acknowledged(ground.site.log))
    make_room()
    ground.finish(archive, left)
    return Counter({HIT: code, "large enough": not code})


def disks(ground: Baseline, rng: random.Random) -> Counter[str]:
    """Crawl into a file system that is too small, and make room in it afterwards."""
    disk = ground.new_file().parent
    size = rng.randint(64 * 1024, ground.largest_file)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        return Counter({NOT_TRIED: 1})
    try:
        more = ["mount", "-o", f"remount,size={size + 10 * ground.largest_file}", disk]
        return _cramped(ground, disk / "nknews.db", {}, lambda: subprocess.run(more, check=True))
    finally:
        subprocess.run(["umount", disk], check=True)


def starvations(ground: Baseline, rng: random.Random) -> Counter[str]:
    """Give a crawl under way hardly more memory than it has."""
    archive = ground.new_file()
    kind, used = rng.choice([(resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")])
    with Crawl(ground.site, archive) as crawl:
        crawl.wait_for(rng.randint(2, ground.requests // 2))
        acknowledged = ground.acknowledged(
            [*ground.site.log]
        )  # what is asked for from now on may not arrive
        limit = _memory(crawl, used) + rng.randint(0, 200_000)
        resource.prlimit(crawl.process.pid or 0, kind, (limit, limit))
        code, _ = crawl.end()
    left = ground.check(archive, acknowledged)
    ground.finish(archive, left)
    return Counter({HIT: bool(code), f"of all, ended with {code}": 1})


def _memory(crawl: Crawl, which: str) -> int:
    """Return how many bytes a crawl has, by a line of its status."""
    status = Path(f"/proc/{crawl.process.pid}/status").read_text(encoding="utf-8")
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(which)
    )


# --- The log's tail -------------------------------------------------------------------------------


@dataclass
class WalSnapshot:
    """An archive under way, its log holding the last commits: the bytes of both, and each state
    that it was in.
    """

    file: bytes
    log: bytes
    states: list[str]

    @property
    def commits(self) -> list[int]:
        """Return where in the log each commit ends, by SQLite's file format."""
        size, salt = int.from_bytes(self.log[8:12], "big") + 24, self.log[16:24]
        ends = []
        for start in range(32, len(self.log), size):
            if self.log[start + 8 : start + 16] != salt:  # left from before the last checkpoint
                break
            if self.log[start + 4 : start + 8] != bytes(4):
                ends.append(start + size)
        return ends


def scenes(folder: Path) -> list[WalSnapshot]:
    """Store articles, and take a picture before SQLite first empties the log into the file, and one
    a while after.
    """
    fake_site, path = FakeSite(articles=81), folder / "scene.db"
    pictures = []
    with closing(Archive.open(path)) as archive:
        states = [_state(path)]
        archive.begin_run({}, {})
        states.append(_state(path))
        for number, article in enumerate(fake_site.articles):
            store(archive, **fake_site.expected_row(article, SITE))
            states.append(_state(path))
            if number in (30, 80):
                pictures.append(WalSnapshot(path.read_bytes(), _log(path).read_bytes(), [*states]))
    before, after = pictures
    assert len(before.commits) == 32
    assert 0 < len(after.commits) < 80
    return pictures


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _state(path: Path) -> str:
    """Return all that an archive holds, as a hash."""
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
    """Return a log cut off at a random place, or with zeros or noise for all of the rest or for a
    sector of the disk.

    With it comes the place, up to which the log is as it was.
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


def tails(scene: WalSnapshot, folder: Path, rng: random.Random) -> Counter[str]:
    """Open an archive whose log is damaged: of its commits, those before the damage are there, and
    nothing else.
    """
    path = folder / "tail.db"
    log, intact = damage(scene.log, scene.commits[-1], rng)
    path.write_bytes(scene.file)
    _log(path).write_bytes(log)
    lost = sum(end > intact for end in scene.commits)
    with closing(Archive.open(path)):
        assert _state(path) == scene.states[-1 - lost], (
            f"{lost} commits should be lost, by a damage at {intact}"
        )
    check_file(path)
    return Counter({HIT: 1, "commits lost": lost, "commits kept": len(scene.commits) - lost})


# --- All of them ----------------------------------------------------------------------------------

TRIALS: dict[str, Trial] = {
    "kills": kills,
    "hangups": hangups,
    "signals": signals,
    "limits": limits,
    "disks": disks,
    "starvations": starvations,
}
TITLES = {
    "tails": "the log's tail cut off, zeroed or scrambled (simulated)",
    "kills": "kill -9 at random moments of a crawl",
    "hangups": "SIGHUP likewise",
    "signals": "SIGTERM twice likewise",
    "limits": "files that may grow to a random size only (RLIMIT_FSIZE)",
    "disks": "a small file system (tmpfs) of a random size",
    "starvations": "no more memory from a random moment on (RLIMIT_AS, RLIMIT_DATA)",
}


@dataclass
class Report:
    """What came of the loops, to be printed as a table."""

    seed: int
    articles: int
    heading: dict[str, object]
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def loop(self, name: str, times: int, trial: Callable[[random.Random], Counter[str]]) -> None:
        """Make trials until so many were hits, each with a seed of its own, so that each can be
        made again alone.
        """
        counts = self.counts[name] = Counter({HIT: 0, "trials": 0, "failed": 0})
        while counts[HIT] < times and counts["trials"] < 3 * times and not counts[NOT_TRIED]:
            seed = self.seed + counts["trials"]
            counts["trials"] += 1
            try:
                counts.update(trial(random.Random(seed)))
            except (AssertionError, ArchiveError, sqlite3.Error, OSError) as error:
                counts["failed"] += 1
                again = f"python -m tests.stress.crash_recovery --{name} 1 --articles {self.articles} --seed {seed}"
                self.failures.append(f"{again}: {error!r}")
                print(self.failures[-1], file=sys.stderr, flush=True)
        if counts[HIT] < times and not counts[NOT_TRIED]:
            self.failures.append(
                f"--{name}: only {counts[HIT]} of {counts['trials']} trials did what they are there for"
            )
            print(self.failures[-1], file=sys.stderr, flush=True)

    def __str__(self) -> str:
        lines = [
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in self.heading.items()),
        ]
        for name, counts in self.counts.items():
            lines.append(f"| **{TITLES[name]}** | **{counts[HIT]}** |")
            lines += [f"| {what} | {count} |" for what, count in counts.items() if what != HIT]
        return "\n".join(lines)


def run(times: dict[str, int], articles: int, seed: int) -> Report:
    """Run each loop so many times, on a made-up site of so many articles."""
    report = Report(seed, articles, {"seed": seed, **versions()})
    with tempfile.TemporaryDirectory() as name, FaultyServer(FakeSite(articles=articles)) as site:
        folder = Path(name)
        if times.get("tails"):
            pictures = scenes(folder)
            report.loop(
                "tails", times["tails"], lambda rng: tails(rng.choice(pictures), folder, rng)
            )
        if any(times.get(loop) for loop in TRIALS):
            ground = Baseline(site, folder)
            report.heading |= {
                "articles on the site": articles,
                "requests of an undisturbed crawl": ground.requests,
                "its largest file, bytes": ground.largest_file,
            }
        for loop, trial in TRIALS.items():
            if times.get(loop):
                report.loop(loop, times[loop], partial(trial, ground))
    return report


def versions() -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Scrapy": version("scrapy"),
        "system": f"{platform.system()}, {platform.machine()}",
    }


def main(args: list[str]) -> int:
    """Run the loops that are named, or all of them at their full length; print the table, and
    return the exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.crash_recovery", description=(__doc__ or "").partition("\n")[0]
    )
    for loop, count in FULL.items():
        parser.add_argument(
            f"--{loop}", type=int, metavar="N", help=f"{TITLES[loop]} (full length: {count})"
        )
    parser.add_argument(
        "--articles", type=int, default=60, metavar="N", help="on the made-up site (60)"
    )
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10**6), metavar="N", help="random, and printed"
    )
    given = vars(parser.parse_args(args))
    named = {loop: given[loop] for loop in FULL if given[loop] is not None}
    report = run(named or FULL, given["articles"], given["seed"])
    print(report)
    return bool(report.failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
