"""`scrapy search`: full-text search, best match first, with each match in its context."""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import BadQuery, SearchQuery
from nkcrawl.archive.search import MARKS, MARKS_TO_READ, complete_sql, search_sql
from nkcrawl.commands import print_error, print_json, restore_sigpipe
from nkcrawl.commands.base import ArchiveCommand, fail
from nkcrawl.commands.filter_options import add_filter_options, read_article_filter
from nkcrawl.options import whole_number
from nkcrawl.text import normalize_whitespace

_MATCH_STYLE = "bold red"
_MARK = re.compile(f"({'|'.join(MARKS)})")
_SYNTAX = "https://www.sqlite.org/fts5.html#full_text_query_syntax"


class Command(ArchiveCommand, ScrapyCommand):
    usage = "[options] <words>"
    summary = "Search the stored articles"
    description = (
        "Find the articles that contain all the words in headline, subtitle or text, in any form "
        "(engineer finds engineers); matches in the headline come first. Words in double quotes "
        "are a phrase: scrapy search '\"cargo drones\" Rason'. Other punctuation has no meaning, "
        "so a whole headline can be pasted. On a terminal the matches are coloured; elsewhere each "
        "article is one line: day, headline, authors, label, access, URL and context, separated by "
        "tabs. Exit codes: 0 found, 1 nothing found, 2 bad argument or no archive."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_filter_options(parser)
        parser.add_argument(
            "--limit", default="20", metavar="N", help="maximum number of articles (default: 20)"
        )
        parser.add_argument(
            "--raw",
            action="store_true",
            help="the words are an FTS5 query: rason AND (ferr* OR ship)",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object: the number of matches, and the articles",
        )
        parser.add_argument(
            "--sql", action="store_true", help="print the query for sqlite3 instead of its result"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        limit = whole_number("--limit", opts.limit, 1)
        query = SearchQuery(read_words(args), read_article_filter(opts), limit, opts.raw)
        restore_sigpipe()
        if opts.sql:
            print(complete_sql(*search_sql(query, MARKS_TO_READ)))
            return 0
        hits = self._search(query)
        total = hits[0]["found"] if hits else 0
        if opts.json:
            print_json({"found": total, "articles": [_without_marks(hit) for hit in hits]})
        else:
            print_hits(hits)
        if not hits:
            return fail(1, nothing_found(query))
        if len(hits) < total and not opts.json:
            print_error(f"{total - len(hits):,} more; --limit {total} shows all of them.")
        return 0

    def _search(self, query: SearchQuery) -> list[dict[str, Any]]:
        with self.open_reader() as reader:
            try:
                return [_clean(hit) for hit in reader.search(query)]
            except BadQuery as error:
                raise UsageError(
                    f"{query.query!r} is not a valid FTS5 query ({error}); see {_SYNTAX}, "
                    "or leave out --raw."
                ) from None


def read_words(args: Sequence[str]) -> str:
    """Return the words to search for; raises UsageError if there are none, or an unknown option."""
    before, after = list(args), list[str]()
    if "--" in args:
        separator = before.index("--")
        before, after = before[:separator], before[separator + 1 :]
    for word in before:
        if re.fullmatch(r"--?[a-z][\w-]*(=.*)?", word, flags=re.DOTALL):
            raise UsageError(f"Unknown option {word}; to search for the word, put -- before it.")
    if not before + after:
        raise UsageError("Expected words to search for: scrapy search WORDS")
    return " ".join(before + after)


def nothing_found(query: SearchQuery) -> str:
    """Return a sentence that repeats the query, and one on what to try instead."""
    if not any(character.isalnum() for character in query.query):
        return f"{query.query!r} contains no word: a search needs letters or digits."
    filters = [f"{name} {value}" for name, value in asdict(query.filters).items() if value]
    subject = f"{query.query!r}" + (f" ({', '.join(filters)})" if filters else "")
    if filters:
        hint = "Try fewer filters."
    elif not query.raw and len(query.query.split()) > 1:
        hint = "An article must contain all the words; --raw 'this OR that' matches either."
    else:
        hint = "--raw 'begin*' matches words with this prefix."
    return f"Nothing found for {subject}. {hint}"


def print_hits(hits: Sequence[Mapping[str, Any]]) -> None:
    """Print the matching articles: a few lines each on a terminal, elsewhere one line with tabs."""
    if not sys.stdout.isatty():
        for hit in hits:
            print(_as_line(hit))
        return
    console = Console(highlight=False)
    for hit in hits:
        console.print(_highlight(hit["title"] or "(no headline)", "bold"))
        about = (hit["published_on"] or "undated", hit["authors"], hit["label"], hit["access"])
        console.print(Text(" · ".join(filter(None, about)), style="dim"))
        if context := _context(hit):
            console.print(Padding(_highlight(context), (0, 0, 0, 2)))
        console.print(Text(hit["url"], style="blue"), soft_wrap=True)
        console.print()


def _as_line(hit: Mapping[str, Any]) -> str:
    columns = ("published_on", "title", "authors", "label", "access", "url")
    cells = [*(hit[name] or "" for name in columns), _context(hit)]
    return "\t".join(_MARK.sub("", cell) for cell in cells)


def _context(hit: Mapping[str, Any]) -> str:
    """Return subtitle and excerpt where they contain a match, else how the text begins."""
    parts = (hit["subtitle"] or "", hit["excerpt"])
    return " ¶ ".join(part for part in parts if MARKS[0] in part) or parts[1]


def _highlight(text: str, style: str = "") -> Text:
    """Return a text with its matches in colour; rich's markup in it is not interpreted."""
    line, is_match = Text(style=style), False
    for part in _MARK.split(text):
        if part in MARKS:
            is_match = part == MARKS[0]
        else:
            line.append(part, style=_MATCH_STYLE if is_match else "")
    return line


def _clean(hit: Mapping[str, Any]) -> dict[str, Any]:
    """Return a hit without control characters."""
    return {
        name: normalize_whitespace(value) if isinstance(value, str) else value
        for name, value in hit.items()
    }


def _without_marks(hit: Mapping[str, Any]) -> dict[str, Any]:
    """Return a hit as programs want it: no marks, and no number of matches in each."""
    return {
        name: _MARK.sub("", value) if isinstance(value, str) else value
        for name, value in hit.items()
        if name != "found"
    }
