"""How soon do the commands answer? `python bench/startup.py` times them from the shell's side, and
prints a table in Markdown.

Each is run in a process of its own on a made-up archive, by turns; the first round is not counted.
`python` alone and `import scrapy.cmdline` say how much of it is Python's and Scrapy's.
"""

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

from search import MadeUp, build

COMMANDS = {
    "`python -c pass`": ("-c", "pass"),
    "`import scrapy.cmdline`": ("-c", "import scrapy.cmdline"),
    "`scrapy status`": ("-m", "nkcrawl", "status"),
    "`scrapy status --max-age 26h`": ("-m", "nkcrawl", "status", "--max-age", "26h"),
    "`scrapy search timber`": ("-m", "nkcrawl", "search", "timber"),
}


def timed(arguments: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Run Python with these arguments; return how many milliseconds it took, and how many the
    processor worked.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "NKCRAWL_DATABASE": str(folder / "made-up.db")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (time.perf_counter() - started) * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how soon the commands answer.")
    parser.add_argument(
        "--articles", type=int, default=20_000, metavar="N", help="in the archive (default: 20000)"
    )
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="default: 15")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name:
        folder = Path(name)
        build(folder / "made-up.db", given.articles, MadeUp())
        rounds = [
            {command: timed(words, folder) for command, words in COMMANDS.items()}
            for _ in range(given.rounds + 1)
        ]
    print(
        f"{given.articles:,} articles, {given.rounds} rounds; Python {platform.python_version()}, Scrapy {version('Scrapy')}, "
        f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs\n\n| | median ms | worst ms | CPU ms |\n|---|--:|--:|--:|"
    )
    for command in COMMANDS:
        walls, cpus = zip(*(one[command] for one in rounds[1:]), strict=True)
        print(f"| {command} | {median(walls):.0f} | {max(walls):.0f} | {median(cpus):.0f} |")


if __name__ == "__main__":
    main()
