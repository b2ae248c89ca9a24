"""The options by which `scrapy search` and `scrapy export` are told which articles."""

import argparse
import re
from datetime import date
from typing import get_args

from scrapy.exceptions import UsageError

from nkcrawl.archive import ArticleFilter
from nkcrawl.items import Access
from nkcrawl.text import normalize_whitespace


def add_filter_options(parser: argparse.ArgumentParser) -> None:
    """Add --author, --since, --until, --label and --access."""
    parser.add_argument(
        "--author", metavar="NAME", help="by this author: a part of the name, or the slug"
    )
    parser.add_argument(
        "--since", metavar="DAY", help="published on this day or later: 2025, 2025-06 or 2025-06-20"
    )
    parser.add_argument(
        "--until", metavar="DAY", help="published on this day or earlier; 2025 is to its last day"
    )
    parser.add_argument(
        "--label", metavar="LABEL", help="of this section or series, such as Opinion"
    )
    parser.add_argument(
        "--access",
        metavar="|".join(get_args(Access)),
        help="free, cut off by the paywall, or unknown",
    )


def read_article_filter(opts: argparse.Namespace) -> ArticleFilter:
    """Return which articles the options ask for; raises UsageError for a value that is none."""
    access: Access | None = opts.access
    if access not in (None, *get_args(Access)):
        raise UsageError(f"--access {opts.access!r} is none of {', '.join(get_args(Access))}.")
    since, until = (
        read_day("since", opts.since or "", "-01-01"),
        read_day("until", opts.until or "", "-12-31"),
    )
    if since and until and since > until:
        raise UsageError(
            f"--since {opts.since} is later than --until {opts.until}: no article can be both."
        )
    return ArticleFilter(
        normalize_whitespace(opts.author or ""),
        since,
        until,
        normalize_whitespace(opts.label or ""),
        access,
    )


def read_day(name: str, words: str, rest: str) -> str:
    """Return the day that a year, a month or a day stands for, `rest` being what a year lacks of
    the day that is meant.
    """
    if not words:
        return ""
    try:
        if not re.fullmatch(r"\d{4}(-\d\d){0,2}", words, flags=re.ASCII):
            raise ValueError(words)
        date.fromisoformat(words + "-01-01"[len(words) - 4 :])
    except ValueError:
        raise UsageError(
            f"--{name} {words!r} is no day; write it like 2025, 2025-06 or 2025-06-20."
        ) from None
    # The 31st of every month will do: days are compared as texts.
    return words + rest[len(words) - 4 :]
