"""`scrapy export`: stored articles as a table, as JSON Lines, as a feed, or as a folder of Markdown
files.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import track
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveReader
from nkcrawl.commands import complain, size
from nkcrawl.commands.filter_options import add_filter_options, read_article_filter
from nkcrawl.commands.making import making
from nkcrawl.export import StoredArticle
from nkcrawl.export.feed import as_atom
from nkcrawl.export.markdown import as_markdown, file_name
from nkcrawl.export.tables import as_csv, as_jsonl
from nkcrawl.options import read_options
from nkcrawl.placing import check_place, placed

_IN_A_FEED = 50  # articles, unless another number is asked for

Form = Literal["", ".csv", ".jsonl", ".atom"]


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] <FILE.csv|FILE.jsonl|FILE.atom|FOLDER/>"

    def short_desc(self) -> str:
        return "Write stored articles into a table, JSON Lines, a feed or Markdown files"

    def long_desc(self) -> str:
        return (
            "Write the articles that meet all options, or every one, into something new; its ending says what: .csv a "
            "table for spreadsheets, .jsonl one JSON object a line, .atom a feed of what was stored last, without the "
            "text; a name that ends in / or has no ending is a folder of Markdown files, one an article. It may be asked "
            "while a crawl is running. Exit codes: 0 made, 1 no such article or it could not be written, 2 bad argument "
            "or no archive, 130 stopped by a signal; unless it is 0, nothing was made."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_filter_options(parser)
        parser.add_argument(
            "--limit", metavar="N", help=f"how many articles a feed has (default: {_IN_A_FEED})"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with making(self, " ".join(args)):
            if len(args) != 1 or not args[0]:
                raise UsageError("Name one file or folder to make: scrapy export articles.csv")
            form, selection, target = read_form(args[0]), read_article_filter(opts), Path(args[0])
            newest = read_limit(opts.limit, form)
            check_place(target)
            assert self.settings is not None
            options = read_options(self.settings)
            with closing(ArchiveReader.open(options.database)) as reader:
                ids = reader.find(selection, newest)
                if not ids:
                    complain(f"No article is stored{in_words(opts)}; nothing was made.")
                    self.exitcode = 1
                    return
                with placed(target) as made:
                    articles = with_progress(reader.iter_articles(ids), len(ids))
                    write(form, made, articles, options.site, in_words(opts).strip())
            if sys.stdout.isatty():
                print(made_in_words(target, len(ids)))


def read_form(name: str) -> Form:
    """Return which form a name asks for by its ending, '' for a folder; raises UsageError for an
    ending that is none.
    """
    ending = "" if name.endswith("/") else Path(name).suffix.lower()
    match ending:
        case "" | ".csv" | ".jsonl" | ".atom":
            return ending
    raise UsageError(
        f"{name} ends in {ending}, but an export is .csv, .jsonl, .atom, or a folder of Markdown files, written with a / at "
        "its end."
    )


def read_limit(words: str | None, form: Form) -> int | None:
    """Return how many articles a feed has, or None for what is no feed; raises UsageError for what
    is no such number.
    """
    if words is not None and form != ".atom":
        raise UsageError(
            "--limit is how many articles a feed has; leave it out, or name a file that ends in .atom."
        )
    if form != ".atom":
        return None
    number = str(_IN_A_FEED) if words is None else words
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:7]) <= 1_000_000):
        raise UsageError(f"--limit is {words!r}, but it takes a whole number from 1 to 1000000.")
    return int(number)


def in_words(opts: argparse.Namespace) -> str:
    """Return what the options ask for as people say it, ' by Ann since 2025'; '' where they ask for
    nothing.
    """
    names = {
        "by": opts.author,
        "since": opts.since,
        "until": opts.until,
        "labelled": opts.label,
        "access": opts.access,
    }
    return "".join(f" {name} {words}" for name, words in names.items() if words)


def made_in_words(target: Path, articles: int) -> str:
    """Return what was made, for a terminal."""
    amount = "1 article" if articles == 1 else f"{articles:,} articles"
    return f"{target}: {amount}" + ("." if target.is_dir() else f", {size(target.stat().st_size)}.")


def write(form: Form, path: Path, articles: Iterable[StoredArticle], site: str, about: str) -> None:
    """Write articles into a new file or folder of a form; what a feed is about, and of which site,
    only it tells.
    """
    match form:
        case "":
            write_folder(path, articles)
        case ".csv":
            write_file(path, as_csv(articles))
        case ".jsonl":
            write_file(path, as_jsonl(articles))
        case ".atom":
            write_file(path, as_atom(articles, site, about))


def with_progress(articles: Iterator[dict[str, Any]], total: int) -> Iterable[dict[str, Any]]:
    """Yield articles, and show on a terminal how far that is."""
    console = Console(stderr=True)
    return (
        track(articles, "Writing …", total, console=console, transient=True)
        if console.is_terminal
        else articles
    )


def write_file(path: Path, pieces: Iterable[str]) -> None:
    """Write a text into a new file, as UTF-8, its line ends as they are; a lone surrogate becomes a
    question mark.
    """
    with path.open("x", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(pieces)


def write_folder(path: Path, articles: Iterable[StoredArticle]) -> None:
    """Write a new folder of Markdown files, one an article."""
    path.mkdir()
    for article in articles:
        try:
            write_file(path / file_name(article), [as_markdown(article)])
        except FileExistsError:
            write_file(path / file_name(article, numbered=True), [as_markdown(article)])
