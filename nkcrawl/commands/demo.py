"""`scrapy demo`: the whole tool in a few seconds, on a made-up NK News that this machine serves to
itself.
"""

import argparse
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

import nkcrawl
from nkcrawl.archive import Archive, ArchiveError, ArchiveReader
from nkcrawl.commands import complain, end_quietly_on_closed_pipe

ARCHIVE = Path(nkcrawl.__file__).resolve().parent.parent / "data" / "demo.db"
_TO_TRY = (
    """sqlite3 -box {file} "SELECT published_on, title, authors, access FROM article_list ORDER BY 1 DESC LIMIT 5\"""",
    """sqlite3 -box {file} "SELECT title, snippet(articles_fts, 2, '[', ']', '…', 9) AS found
    FROM articles_fts WHERE articles_fts MATCH 'timber' LIMIT 5\"""",
)


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Crawl a made-up site on this machine, and look at what was stored"

    def long_desc(self) -> str:
        return (
            "Serve a small made-up NK News on loopback, crawl it with a real `scrapy crawl nknews` into data/demo.db, and "
            "print what was stored with two queries to try. Nothing leaves this machine; data/demo.db is made anew."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--articles",
            type=int,
            default=60,
            metavar="N",
            help="articles of the site (default: 60)",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from nkcrawl.demo import (
            DemoServer,
            FakeSite,
        )  # not at the top, for Scrapy imports every command to find one

        if args or opts.articles < 1:
            raise UsageError(
                "scrapy demo takes no argument but --articles N, from 1 up", print_help=False
            )
        try:
            remove_old(ARCHIVE)
        except ArchiveError as error:
            complain(error)
            self.exitcode = 2
            return
        print(
            f"Crawling a made-up NK News of {opts.articles} articles, served by this machine to itself …",
            flush=True,
        )
        with DemoServer(FakeSite(articles=opts.articles)) as server:
            self.exitcode = subprocess.run(
                crawl_command(server.base_url, ARCHIVE), check=False
            ).returncode
        if self.exitcode == 0:
            print_stored(ARCHIVE)


def remove_old(archive: Path) -> None:
    """Remove the archive of an earlier demo; raises ArchiveError for a file that is no archive of
    ours.
    """
    if archive.exists():
        Archive.open(archive).close()
    for end in ("", "-wal", "-shm"):
        archive.with_name(archive.name + end).unlink(missing_ok=True)


def crawl_command(site_url: str, archive: Path) -> list[str]:
    """Return the crawl as one would type it, at full speed, for the site is on this machine."""
    settings = {
        "NKCRAWL_SITE": site_url,
        "NKCRAWL_DATABASE": str(archive),
        "NKCRAWL_REQUEST_BUDGET": "0",
        "DOWNLOAD_DELAY": "0",
        "AUTOTHROTTLE_ENABLED": "False",
    }
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    return [sys.executable, "-m", "scrapy", "crawl", "nknews", *given]


def print_stored(archive: Path) -> None:
    """Print what the archive holds: how much, the newest rows, and queries to go on with."""
    end_quietly_on_closed_pipe()
    with closing(ArchiveReader.open(archive)) as reader:
        counts, newest = reader.count_articles(), reader.newest_articles(8)
    console = Console(highlight=False)
    counts.pop("gone")
    articles = ", ".join(f"{count} {access}" for access, count in counts.items())
    console.print(
        Text(
            f"\nStored in {_shown(archive)}: {sum(counts.values())} articles ({articles}). The newest:\n"
        )
    )
    table = Table(
        "published",
        "title",
        "authors",
        "access",
        "words",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for row in newest:
        cells = (
            row["published_on"],
            row["title"],
            row["authors"],
            row["access"],
            str(row["word_count"]),
        )
        table.add_row(*(Text(cell or "", overflow="ellipsis", no_wrap=True) for cell in cells))
    console.print(table)
    print("\nTwo queries to try:\n")
    for query in _TO_TRY:
        print(query.format(file=_shown(archive)))


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
