"""`scrapy search`: the articles in which words stand, best first, each with the words in their
context.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveReader, BadQuery, SearchQuery
from nkcrawl.archive.search import MARKS, MARKS_TO_READ, complete_sql, search_sql
from nkcrawl.commands import complain, print_json
from nkcrawl.commands.asking import asking
from nkcrawl.commands.filter_options import add_filter_options, read_article_filter
from nkcrawl.options import read_options
from nkcrawl.text import normalize_whitespace

_FOUND = "bold red"
_PIECES = re.compile(f"({'|'.join(MARKS)})")
_SYNTAX = "https://www.sqlite.org/fts5.html#full_text_query_syntax"


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] <words>"

    def short_desc(self) -> str:
        return "Find articles by their words"

    def long_desc(self) -> str:
        return (
            "Find the articles in which all the words stand, in headline, subtitle or text, in any of their forms "
            "(engineer finds engineers); the best first, which is where the headline has them. Words in double quotes are a "
            "phrase: scrapy search '\"cargo drones\" Rason'. No character has another meaning, be it in a whole headline "
            "that you paste. On a terminal the words are shown in colour, elsewhere an article is one line: day, headline, "
            "authors, label, access, URL and context, with tabs between. Exit codes: 0 found, 1 nothing found, 2 bad "
            "argument or no archive."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_filter_options(parser)
        parser.add_argument(
            "--limit", default="20", metavar="N", help="show so many at most (default: 20)"
        )
        parser.add_argument(
            "--raw",
            action="store_true",
            help="the words are FTS5's own syntax: rason AND (ferr* OR ship)",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object: how many were found, and these",
        )
        parser.add_argument(
            "--sql",
            action="store_true",
            help="print the query for sqlite3 in place of what it finds",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with asking(self):
            question = SearchQuery(
                read_words(args), read_article_filter(opts), read_limit(opts.limit), opts.raw
            )
            if opts.sql:
                print(complete_sql(*search_sql(question, MARKS_TO_READ)))
            else:
                self._print(question, self._ask(question), opts.json)

    def _ask(self, question: SearchQuery) -> list[dict[str, Any]]:
        assert self.settings is not None
        with closing(ArchiveReader.open(read_options(self.settings).database)) as reader:
            try:
                return [_cleaned(hit) for hit in reader.search(question)]
            except BadQuery as error:
                raise UsageError(
                    f"{question.query!r} is not FTS5's syntax ({error}); see {_SYNTAX}, or leave out --raw."
                ) from None

    def _print(
        self, question: SearchQuery, hits: Sequence[Mapping[str, Any]], as_json: bool
    ) -> None:
        found = hits[0]["found"] if hits else 0
        if as_json:
            print_json({"found": found, "articles": [_plain(hit) for hit in hits]})
        else:
            print_hits(hits)
        if not hits:
            complain(nothing_found(question))
            self.exitcode = 1
        elif len(hits) < found and not as_json:
            complain(f"{found - len(hits):,} more; --limit {found} shows all of them.")


def read_words(args: Sequence[str]) -> str:
    """Return the words to look for; raises UsageError where there are none, and for a mistyped
    option among them.
    """
    before, after = list(args), list[str]()
    if "--" in args:
        at = before.index("--")
        before, after = before[:at], before[at + 1 :]
    for word in before:
        if re.fullmatch(r"--?[a-z][\w-]*(=.*)?", word, flags=re.DOTALL):
            raise UsageError(f"There is no option {word}; to look for the word, put -- before it.")
    if not before + after:
        raise UsageError("Say what to look for: scrapy search WORDS")
    return " ".join(before + after)


def read_limit(words: str) -> int:
    """Return how many articles to show; raises UsageError for what is no number from 1 up."""
    if not re.fullmatch(r"0*[1-9]\d{0,8}", words.strip(), flags=re.ASCII):
        raise UsageError(f"--limit is {words!r}, but it takes a number from 1 up.")
    return int(words)


def nothing_found(question: SearchQuery) -> str:
    """Return a sentence on what was asked in vain, and one on what to try."""
    if not any(character.isalnum() for character in question.query):
        return f"{question.query!r} has no word in it: letters or digits are needed to search for."
    stated = [f"{name} {value}" for name, value in asdict(question.filters).items() if value]
    asked = f"{question.query!r}" + (f" ({', '.join(stated)})" if stated else "")
    if stated:
        hint = "Fewer conditions find more."
    elif not question.raw and len(question.query.split()) > 1:
        hint = "All the words must stand in one article; --raw 'this OR that' finds either."
    else:
        hint = "--raw 'begin*' finds every word that begins so."
    return f"Nothing found for {asked}. {hint}"


def print_hits(hits: Sequence[Mapping[str, Any]]) -> None:
    """Print the articles found: a few lines each on a terminal, elsewhere one line with tabs."""
    if not sys.stdout.isatty():
        for hit in hits:
            cells = [
                hit[name] for name in ("published_on", "title", "authors", "label", "access", "url")
            ]
            print("\t".join(_unmarked(cell or "") for cell in [*cells, _context(hit)]))
        return
    console = Console(highlight=False)
    for hit in hits:
        console.print(_coloured(hit["title"] or "(no headline)", "bold"))
        about = (hit["published_on"] or "undated", hit["authors"], hit["label"], hit["access"])
        console.print(Text(" · ".join(filter(None, about)), style="dim"))
        if context := _context(hit):
            console.print(Padding(_coloured(context), (0, 0, 0, 2)))
        console.print(Text(hit["url"], style="blue"), soft_wrap=True)
        console.print()


def _context(hit: Mapping[str, Any]) -> str:
    """Return where in subtitle and text the words stand, or else how the text begins."""
    parts = (hit["subtitle"] or "", hit["excerpt"])
    return " ¶ ".join(part for part in parts if MARKS[0] in part) or parts[1]


def _coloured(words: str, style: str = "") -> Text:
    """Return words with what was found in colour; never read for rich's markup, which a web page
    could hold.
    """
    line, is_found = Text(style=style), False
    for piece in _PIECES.split(words):
        if piece in MARKS:
            is_found = piece == MARKS[0]
        else:
            line.append(piece, style=_FOUND if is_found else "")
    return line


def _cleaned(hit: Mapping[str, Any]) -> dict[str, Any]:
    """Return an article found without any character that a terminal would obey."""
    return {
        name: normalize_whitespace(value) if isinstance(value, str) else value
        for name, value in hit.items()
    }


def _plain(hit: Mapping[str, Any]) -> dict[str, Any]:
    """Return an article found as programs take it."""
    return {
        name: _unmarked(value) if isinstance(value, str) else value
        for name, value in hit.items()
        if name != "found"
    }


def _unmarked(words: str) -> str:
    return _PIECES.sub("", words)
