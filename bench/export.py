"""Measures the time and memory of `scrapy export`: `python bench/export.py` prints a table.

The made-up archives are made in a temporary folder, which needs 2 GB of space.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from synthetic_archive import SyntheticArticles, fill

ARTICLES = (1_000, 100_000)
TARGETS = ("a.csv", "a.jsonl", "a.atom", "notes/")


def measure(archive: Path, target: str) -> tuple[float, float]:
    """Run one export; return its seconds and its peak of memory in MB."""
    started = time.monotonic()
    export = subprocess.Popen(
        [sys.executable, "-m", "nkcrawl", "export", target],
        cwd=archive.parent,
        env={**os.environ, "NKCRAWL_DATABASE": str(archive)},
    )
    _, status, usage = os.wait4(export.pid, 0)
    export.returncode = os.waitstatus_to_exitcode(status)
    assert export.returncode == 0
    return time.monotonic() - started, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the time and memory of exports.")
    parser.add_argument(
        "--articles",
        type=int,
        nargs="+",
        default=ARTICLES,
        metavar="N",
        help="default: 1000 100000",
    )
    sizes = parser.parse_args().articles
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name:
        archives = {size: Path(name) / str(size) / "nknews.db" for size in sizes}
        for size, archive in archives.items():
            archive.parent.mkdir()
            fill(archive, SyntheticArticles(), 0, size)
        print(f"| export | {' | '.join(f'{size:,} articles' for size in sizes)} |")
        print("|---|" + "--:|" * len(sizes))
        for target in TARGETS:
            figures = (measure(archive, target) for archive in archives.values())
            cells = (f"{seconds:.1f} s, {memory:.0f} MB" for seconds, memory in figures)
            print(f"| {target} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
