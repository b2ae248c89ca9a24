"""`scrapy export`: stored articles as CSV, JSON Lines, an Atom feed, or Markdown files."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import track
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.commands import format_size
from nkcrawl.commands.base import FileCommand, fail
from nkcrawl.commands.filter_options import add_filter_options, read_article_filter
from nkcrawl.export import StoredArticle, new_file
from nkcrawl.export.feed import as_atom
from nkcrawl.export.markdown import as_markdown, file_name
from nkcrawl.export.tables import as_csv, as_jsonl
from nkcrawl.options import whole_number

_FEED_LENGTH = 50  # articles, without --limit

Format = Literal["", ".csv", ".jsonl", ".atom"]  # '' is a folder of Markdown files


class Command(FileCommand, ScrapyCommand):
    usage = "[options] <FILE.csv|FILE.jsonl|FILE.atom|FOLDER/>"
    summary = "Write stored articles to a CSV, JSON Lines, Atom or Markdown file"
    description = (
        "Write the articles that match all options, or every article, to a new file. Its suffix "
        "sets the format: .csv is a table for spreadsheets, .jsonl has one JSON object per line, "
        ".atom is a feed of the articles stored last, without their text; a name that ends in / "
        "or has no suffix is a folder with one Markdown file per article. A crawl may be running. "
        "Exit codes: 0 created, 1 no such article or it could not be written, 2 bad argument or no "
        "archive, 130 stopped by a signal; unless it is 0, nothing was created."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_filter_options(parser)
        parser.add_argument(
            "--limit", metavar="N", help=f"number of articles in a feed (default: {_FEED_LENGTH})"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1 or not args[0]:
            raise UsageError("Expected one file or folder to create: scrapy export articles.csv")
        target, suffix, about = Path(args[0]), export_format(args[0]), describe_filter(opts)
        article_filter, newest = read_article_filter(opts), read_limit(opts.limit, suffix)
        with self.open_reader() as reader:
            ids = reader.find(article_filter, newest)
            if not ids:
                return fail(1, f"No article is stored{about and f' {about}'}; nothing was created.")
            with new_file(target) as temporary:
                articles = with_progress(reader.iter_articles(ids), len(ids))
                write(suffix, temporary, articles, self.options.site, about)
        if sys.stdout.isatty():
            print(describe_file(target, len(ids)))
        return 0


def export_format(name: str) -> Format:
    """Return the format of a file name by its suffix; raises UsageError for an unknown suffix."""
    suffix = "" if name.endswith("/") else Path(name).suffix.lower()
    match suffix:
        case "" | ".csv" | ".jsonl" | ".atom":
            return suffix
    raise UsageError(
        f"{name} ends in {suffix}, but an export is .csv, .jsonl or .atom, or a folder of Markdown "
        "files, written with a / at the end."
    )


def read_limit(value: str | None, suffix: Format) -> int | None:
    """Return the number of articles in a feed, None for other formats.

    Raises UsageError for an invalid number, and for any number if it is not a feed.
    """
    if suffix == ".atom":
        return _FEED_LENGTH if value is None else whole_number("--limit", value, 1)
    if value is not None:
        raise UsageError(
            "--limit is the number of articles in a feed; leave it out, or write to a .atom file."
        )
    return None


def describe_filter(opts: argparse.Namespace) -> str:
    """Return the filter options in words, 'by Ann since 2025'; '' if there are none."""
    filters = {
        "by": opts.author,
        "since": opts.since,
        "until": opts.until,
        "labelled": opts.label,
        "access": opts.access,
    }
    return " ".join(f"{name} {value}" for name, value in filters.items() if value)


def describe_file(target: Path, articles: int) -> str:
    """Return what was created, 'articles.csv: 3 articles, 12.3 kB.'."""
    amount = "1 article" if articles == 1 else f"{articles:,} articles"
    size = "" if target.is_dir() else f", {format_size(target.stat().st_size)}"
    return f"{target}: {amount}{size}."


def write(
    suffix: Format, path: Path, articles: Iterable[StoredArticle], site: str, about: str
) -> None:
    """Write articles to a new file or folder; `site` and `about` are named in a feed alone."""
    match suffix:
        case "":
            write_folder(path, articles)
        case ".csv":
            write_file(path, as_csv(articles))
        case ".jsonl":
            write_file(path, as_jsonl(articles))
        case ".atom":
            write_file(path, as_atom(articles, site, about))


def with_progress(articles: Iterator[dict[str, Any]], total: int) -> Iterable[dict[str, Any]]:
    """Yield the articles; on a terminal, show the progress."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return articles
    return track(articles, "Writing …", total, console=console, transient=True)


def write_file(path: Path, parts: Iterable[str]) -> None:
    """Write a new file as UTF-8 with line ends unchanged; a lone surrogate becomes '?'."""
    with path.open("x", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(parts)


def write_folder(path: Path, articles: Iterable[StoredArticle]) -> None:
    """Write a new folder with one Markdown file per article."""
    path.mkdir()
    for article in articles:
        try:
            write_file(path / file_name(article), [as_markdown(article)])
        except FileExistsError:
            write_file(path / file_name(article, numbered=True), [as_markdown(article)])
