"""Measures the start-up time of the commands: `python bench/startup.py` prints a table.

Each command runs in a process of its own on a made-up archive, in turns; the first round is not
counted. `python` alone and `import scrapy.cmdline` show the share of Python and of Scrapy.
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

from synthetic_archive import SyntheticArticles, fill

COMMANDS = {
    "`python -c pass`": ("-c", "pass"),
    "`import scrapy.cmdline`": ("-c", "import scrapy.cmdline"),
    "`scrapy status`": ("-m", "nkcrawl", "status"),
    "`scrapy status --max-age 26h`": ("-m", "nkcrawl", "status", "--max-age", "26h"),
    "`scrapy search timber`": ("-m", "nkcrawl", "search", "timber"),
}


def run_timed(arguments: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Run Python with these arguments; return the milliseconds of wall-clock and CPU time."""
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
    parser = argparse.ArgumentParser(description="Measure the start-up time of the commands.")
    parser.add_argument(
        "--articles", type=int, default=20_000, metavar="N", help="in the archive (default: 20000)"
    )
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="default: 15")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name:
        folder = Path(name)
        fill(folder / "made-up.db", SyntheticArticles(), 0, options.articles)
        rounds = [
            {name: run_timed(arguments, folder) for name, arguments in COMMANDS.items()}
            for _ in range(options.rounds + 1)
        ]
    print(
        f"{options.articles:,} articles, {options.rounds} rounds; "
        f"Python {platform.python_version()}, Scrapy {version('Scrapy')}, "
        f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs\n\n"
        "| | median ms | worst ms | CPU ms |\n|---|--:|--:|--:|"
    )
    for command in COMMANDS:
        walls, cpus = zip(*(one[command] for one in rounds[1:]), strict=True)
        print(f"| {command} | {median(walls):.0f} | {max(walls):.0f} | {median(cpus):.0f} |")


if __name__ == "__main__":
    main()
