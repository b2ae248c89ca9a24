"""`scrapy demo`: a real crawl of a made-up NK News that this machine serves to itself."""

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
from nkcrawl.archive import Archive, ArchiveReader
from nkcrawl.commands import restore_sigpipe
from nkcrawl.commands.base import ArchiveCommand
from nkcrawl.options import whole_number

ARCHIVE = Path(nkcrawl.__file__).resolve().parent.parent / "data" / "demo.db"
_QUERIES = (
    """sqlite3 -box {file} "SELECT published_on, title, authors, access
    FROM article_list ORDER BY 1 DESC LIMIT 5\"""",
    """sqlite3 -box {file} "SELECT title, snippet(articles_fts, 2, '[', ']', '…', 9) AS found
    FROM articles_fts WHERE articles_fts MATCH 'timber' LIMIT 5\"""",
)


class Command(ArchiveCommand, ScrapyCommand):
    summary = "Crawl a made-up site on this machine, and show what was stored"
    description = (
        "Serve a small made-up NK News on loopback, crawl it with a real `scrapy crawl nknews` "
        "into data/demo.db, and print what was stored with two queries to try. Nothing leaves this "
        "machine; data/demo.db is created anew."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--articles", default="60", metavar="N", help="articles of the site (default: 60)"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        # Not at the top, for Scrapy imports every command to find one.
        from nkcrawl.demo import DemoServer, FakeSite

        if args:
            raise UsageError("scrapy demo takes no argument, only --articles N.")
        articles = whole_number("--articles", opts.articles, 1)
        remove_archive(ARCHIVE)
        print(
            f"Crawling a made-up NK News of {articles} articles, "
            "served by this machine to itself …",
            flush=True,
        )
        with DemoServer(FakeSite(articles=articles)) as server:
            crawl = subprocess.run(crawl_command(server.base_url, ARCHIVE), check=False)
        if crawl.returncode == 0:
            restore_sigpipe()
            print_stored(ARCHIVE)
        return crawl.returncode


def remove_archive(archive: Path) -> None:
    """Remove the archive of an earlier demo; raises ArchiveError if it is some other file."""
    if archive.exists():
        Archive.open(archive).close()
    for suffix in ("", "-wal", "-shm"):
        archive.with_name(archive.name + suffix).unlink(missing_ok=True)


def crawl_command(site_url: str, archive: Path) -> list[str]:
    """Return the command for a crawl at full speed, which a site on this machine allows."""
    settings = {
        "NKCRAWL_SITE": site_url,
        "NKCRAWL_DATABASE": str(archive),
        "NKCRAWL_REQUEST_BUDGET": "0",
        "DOWNLOAD_DELAY": "0",
        "AUTOTHROTTLE_ENABLED": "False",
    }
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    return [sys.executable, "-m", "scrapy", "crawl", "nknews", *options]


def print_stored(archive: Path) -> None:
    """Print the number of articles, the newest rows, and queries to try."""
    with closing(ArchiveReader.open(archive)) as reader:
        counts, newest = reader.count_articles(), reader.newest_articles(8)
    counts.pop("gone")
    file, total = _relative(archive), sum(counts.values())
    by_access = ", ".join(f"{count} {access}" for access, count in counts.items())
    console = Console(highlight=False)
    console.print(Text(f"\nStored in {file}: {total} articles ({by_access}). The newest:\n"))
    columns = ("published", "title", "authors", "access", "words")
    table = Table(*columns, box=None, pad_edge=False, header_style="dim")
    for row in newest:
        names = ("published_on", "title", "authors", "access", "word_count")
        cells = ("" if row[name] is None else str(row[name]) for name in names)
        table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in cells))
    console.print(table)
    print("\nTwo queries to try:\n")
    for query in _QUERIES:
        print(query.format(file=file))


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
