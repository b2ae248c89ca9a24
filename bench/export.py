"""How long `scrapy export` takes and how much memory, for few articles and for many: `python
bench/export.py`.

The made-up archives are made in a temporary folder, which needs 2 GB of room.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from nkcrawl.archive import Archive
from nkcrawl.items import Author, Page

SITE = "https://www.nknews.org"
ARTICLES = (1_000, 100_000)
FORMS = ("a.csv", "a.jsonl", "a.atom", "notes/")


def make_archive(path: Path, articles: int) -> None:
    """Make an archive of so many articles of 360 words, each by one of 50 authors."""
    words = list(
        islice(
            cycle(
                "ferry rice border harbor crane potato winter trade coal market depot seed".split()
            ),
            1_000,
        )
    )
    empty = ("note", "published_at", "modified_at", "image_url", "image_caption", "image_credit")
    with closing(Archive.open(path)) as archive:
        run = archive.begin_run({}, {})
        for number in range(articles):
            start = number % 600
            url = f"{SITE}/{2013 + number % 12}/{1 + number % 12:02}/story-{number}/"
            row = dict.fromkeys(empty) | {
                "url": url,
                "title": " ".join(words[start : start + 8]),
                "subtitle": " ".join(words[start : start + 12]),
                "label": "News",
                "byline": "Ann Lee",
                "published_on": f"{2013 + number % 12}-{1 + number % 12:02}-{1 + number % 28:02}",
                "body": "\n\n".join(" ".join(words[start + 60 * part :][:60]) for part in range(6)),
                "access": "free",
                "access_evidence": ["no offer"],
                "language": "en",
                "extractor_version": 1,
            }
            author = Author(f"ann-{number % 50}", f"Ann Lee {number % 50}")
            archive.store_article(row, [author], Page(url, "article", status=200), [], run)
        archive.finish_run(
            run, verdict="ok", exit_code=0, finish_reason="finished", summary="Made up.", stats={}
        )


def measure(archive: Path, target: str) -> tuple[float, float]:
    """Run one export; return how many seconds it took, and the most memory it had, in MB."""
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
    console = Console(highlight=False)
    table = Table(
        "export", *(f"{count:,} articles" for count in ARTICLES), box=None, padding=(0, 3, 0, 0)
    )
    with tempfile.TemporaryDirectory() as name:
        archives = {count: Path(name) / str(count) / "nknews.db" for count in ARTICLES}
        for count, archive in archives.items():
            archive.parent.mkdir()
            make_archive(archive, count)
        for form in FORMS:
            figures = (measure(archive, form) for archive in archives.values())
            table.add_row(
                form, *(f"{seconds:.1f} s, {memory:.0f} MB" for seconds, memory in figures)
            )
    console.print(table)


if __name__ == "__main__":
    main()
