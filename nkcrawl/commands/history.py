"""`scrapy history`: how an article changed since it was first stored, word by word."""

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.commands import print_json, restore_sigpipe
from nkcrawl.commands.base import ArchiveCommand, fail
from nkcrawl.items import ARTICLE_FIELDS
from nkcrawl.text import (
    DiffPart,
    canonical_url,
    shorten_unchanged,
    strip_control_chars,
    word_diff,
)

_STYLES = {"equal": "", "delete": "red strike", "insert": "green"}
_MARKS = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}


class Command(ArchiveCommand, ScrapyCommand):
    usage = "[options] <URL>"
    summary = "Show how an article changed, word by word"
    description = (
        "Show the stored states of an article, each as the changes since the one before: in colour "
        "on a terminal, elsewhere as [-deleted-] and {+inserted+}. Exit codes: 0 shown, 1 no such "
        "article is stored, 2 bad argument or no archive."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="print the complete states as one JSON list"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1:
            raise UsageError("Expected one article: scrapy history URL")
        site = self.options.site
        url = canonical_url(args[0], site)
        if url is None:
            raise UsageError(f"{args[0]} is not on {site}; give the article's URL.")
        with self.open_reader() as reader:
            states = reader.history(url)
        if not states:
            return fail(
                1, f"No article is stored under {url}; scrapy crawl nknews -a url=… stores one."
            )
        restore_sigpipe()
        print_json(states) if opts.json else print_history(url, states)
        return 0


def print_history(url: str, states: Sequence[Mapping[str, Any]]) -> None:
    """Print the states of an article: the first one complete, the others as changes."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(url, style="bold"))
    _print_heading(console, f"{states[0]['since']}  first stored")
    for field in ARTICLE_FIELDS:
        if states[0][field]:
            _print_field(console, field, [("equal", states[0][field])])
    for before, after in pairwise(states):
        changed = [field for field in ARTICLE_FIELDS if before[field] != after[field]]
        if changed:  # not only the evidence for the access label
            _print_heading(console, f"{after['since']}  changed")
        for field in changed:
            diff = word_diff(before[field] or "", after[field] or "")
            _print_field(console, field, shorten_unchanged(diff))
    if states[-1]["gone_at"]:
        _print_heading(console, f"{states[-1]['gone_at']}  gone from the site")


def _print_heading(console: Console, heading: str) -> None:
    console.print(Text(f"\n{heading}", style="bold"))


def _print_field(console: Console, field: str, parts: Sequence[DiffPart]) -> None:
    line = Text(f"  {field:14}")
    for tag, text in parts:
        begin, end = ("", "") if console.is_terminal else _MARKS[tag]
        text = strip_control_chars(text).replace("\n\n", " ¶ ").replace("\n", " ")
        line.append(f"{begin}{text}{end}", style=_STYLES[tag])
    console.print(line)
