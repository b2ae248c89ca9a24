"""`scrapy history`: how an article changed since it was first stored, word by word."""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Literal

from rich.console import Console
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveReader
from nkcrawl.commands import complain, print_json
from nkcrawl.commands.asking import asking
from nkcrawl.items import ARTICLE_FIELDS
from nkcrawl.options import read_options
from nkcrawl.text import canonical_url, strip_control_chars

_STYLES = {"kept": "", "gone": "red strike", "new": "green"}
_BESIDE = 16  # words, and spaces between them, shown on either side of a change

Part = tuple[Literal["kept", "gone", "new"], str]


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] <URL>"

    def short_desc(self) -> str:
        return "Show how an article changed, word by word"

    def long_desc(self) -> str:
        return (
            "Show the states that an article was seen in, each as what changed since the one before: in colour on a "
            "terminal, elsewhere as [-taken out-] and {+put in+}. Exit codes: 0 shown, 1 no such article is stored, "
            "2 bad argument or no archive."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="print the states whole, as one JSON list"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with asking(self):
            url, states = self._states(args)
            if not states:
                complain(
                    f"No article is stored under {url}; scrapy crawl nknews -a url=… takes one."
                )
                self.exitcode = 1
            elif opts.json:
                print_json(states)
            else:
                print_history(url, states)

    def _states(self, args: list[str]) -> tuple[str, list[dict[str, Any]]]:
        if len(args) != 1:
            raise UsageError("Name one article: scrapy history URL")
        assert self.settings is not None
        options = read_options(self.settings)
        url = canonical_url(args[0], options.site)
        if url is None:
            raise UsageError(f"{args[0]} is not on {options.site}; give the article's URL.")
        with closing(ArchiveReader.open(options.database)) as reader:
            return url, reader.history(url)


def print_history(url: str, states: Sequence[Mapping[str, Any]]) -> None:
    """Print an article's states: the first one whole, the others as what changed."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(url, style="bold"))
    console.print(Text(f"\n{states[0]['since']}  first stored", style="bold"))
    for field in ARTICLE_FIELDS:
        if states[0][field]:
            _print_field(console, field, [("kept", states[0][field])])
    for before, after in pairwise(states):
        changed = [field for field in ARTICLE_FIELDS if before[field] != after[field]]
        if changed:  # and not only what speaks for a paywall
            console.print(Text(f"\n{after['since']}  changed", style="bold"))
        for field in changed:
            _print_field(
                console, field, shortened(changes(before[field] or "", after[field] or ""))
            )
    if states[-1]["gone_at"]:
        console.print(Text(f"\n{states[-1]['gone_at']}  gone from the site", style="bold"))


def _print_field(console: Console, field: str, parts: Sequence[Part]) -> None:
    marks = {"kept": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
    line = Text(f"  {field:14}")
    for kind, words in parts:
        begin, end = ("", "") if console.is_terminal else marks[kind]
        line.append(
            begin + strip_control_chars(words).replace("\n\n", " ¶ ").replace("\n", " ") + end,
            style=_STYLES[kind],
        )
    console.print(line)


def changes(before: str, after: str) -> list[Part]:
    """Return two texts as one: what both have, what only the first has, what only the second has,
    in reading order.
    """
    old, new = _words(before), _words(after)
    parts: list[Part] = []
    for step, old_start, old_end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=True
    ).get_opcodes():
        if step == "equal":
            parts.append(("kept", "".join(old[old_start:old_end])))
            continue
        if old_start < old_end:
            parts.append(("gone", "".join(old[old_start:old_end])))
        if new_start < new_end:
            parts.append(("new", "".join(new[new_start:new_end])))
    return parts


def _words(words: str) -> list[str]:
    """Return the words and what stands between them."""
    return re.findall(r"\s+|\S+", words)


def shortened(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with what is kept cut down to a few words beside each change."""
    return list(_shortened(parts))


def _shortened(parts: Sequence[Part]) -> Iterator[Part]:
    for place, (kind, words) in enumerate(parts):
        kept = _words(words)
        before = kept[:_BESIDE] if place > 0 else []
        after = kept[-_BESIDE:] if place < len(parts) - 1 else []
        if kind != "kept" or len(kept) <= len(before) + len(after) + 1:
            yield kind, words
        else:
            yield kind, f"{''.join(before).rstrip()} … {''.join(after).lstrip()}"
