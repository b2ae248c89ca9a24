"""The options of `scrapy search` and `scrapy export` that select articles."""

import argparse
import re
from typing import get_args

from scrapy.exceptions import UsageError

from nkcrawl.archive import ArticleFilter
from nkcrawl.items import Access
from nkcrawl.options import day
from nkcrawl.text import normalize_whitespace


def add_filter_options(parser: argparse.ArgumentParser) -> None:
    """Add --author, --since, --until, --label and --access."""
    parser.add_argument("--author", metavar="NAME", help="by this author: part of a name, or slug")
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
    """Return the filter that the options describe; raises UsageError for an invalid value."""
    access: Access | None = opts.access
    if access not in (None, *get_args(Access)):
        raise UsageError(f"--access must be free, teaser or unknown, not {opts.access!r}.")
    since = _read_day("--since", opts.since or "", "-01-01")
    until = _read_day("--until", opts.until or "", "-12-31")
    if since and until and since > until:
        raise UsageError(f"--since {opts.since} is later than --until {opts.until}.")
    author, label = (normalize_whitespace(text or "") for text in (opts.author, opts.label))
    return ArticleFilter(author, since, until, label, access)


def _read_day(option: str, value: str, rest: str) -> str:
    """Return the day for a year, a month or a day; a shorter value is completed from `rest`."""
    if not value:
        return ""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", value, flags=re.ASCII):
        raise UsageError(f"{option}: invalid date {value!r}, expected YYYY, YYYY-MM or YYYY-MM-DD.")
    day(option, value + "-01-01"[len(value) - 4 :])
    # Days are compared as text, so every month may end with the 31st.
    return value + rest[len(value) - 4 :]
