"""The spider's arguments (`-a name=value`), read and checked before anything is touched."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlsplit

from scrapy.exceptions import UsageError

from nkcrawl import site
from nkcrawl.options import day, whole_number
from nkcrawl.text import canonical_url


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments, checked; what each does is in the docstring of the spider."""

    authors: tuple[str, ...]  # slugs
    url: str  # canonical, or ''
    since: date | None
    limit: int  # 0: no limit
    full: bool
    recent: bool


ARGUMENTS = tuple(field.name for field in fields(Arguments))


def check_names(names: Iterable[str]) -> None:
    """Raise UsageError if one of the names is not an argument of the spider."""
    if unknown := sorted(set(names) - set(ARGUMENTS)):
        raise UsageError(
            f"Unknown argument {', '.join(unknown)}; available: {', '.join(ARGUMENTS)}."
        )


def read_arguments(values: Mapping[str, str], site_url: str) -> Arguments:
    """Return the arguments checked; raises UsageError with the argument and what it takes."""
    check_names(values)
    arguments = Arguments(
        authors=_slugs(values.get("authors", "")),
        url=_page_url(values.get("url", ""), site_url),
        since=day("since", values["since"]) if values.get("since") else None,
        limit=whole_number("limit", values["limit"], 1) if values.get("limit") else 0,
        full=_yes("full", values.get("full", "no")),
        recent=_yes("recent", values.get("recent", "yes")),
    )
    if arguments.url and (
        arguments.authors or arguments.since or arguments.limit or arguments.full
    ):
        raise UsageError(
            "url selects one page and cannot be combined with authors, since, limit or full."
        )
    return arguments


def _slugs(value: str) -> tuple[str, ...]:
    slugs = tuple(dict.fromkeys(slug.strip() for slug in value.split(",") if slug.strip()))
    for slug in slugs:
        if not re.fullmatch(r"[\w%.-]+", slug) or slug.strip(".") == "" or "%2e" in slug.casefold():
            raise UsageError(
                f"authors={value!r}: {slug!r} is not an author slug; take it from the URL of an "
                "author page."
            )
    if value and not slugs:
        raise UsageError(
            f"authors={value!r}: expected slugs from the URLs of author pages, separated by commas."
        )
    return slugs


def _page_url(value: str, site_url: str) -> str:
    url = canonical_url(value, site_url) if value else ""
    if url is None or (url and site.page_kind(urlsplit(url).path) not in ("article", "author")):
        raise UsageError(f"url={value!r} is not an article or author page of {site_url}.")
    return url


def _yes(name: str, value: str) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise UsageError(f"{name}={value!r}: expected yes or no.")
    return value.casefold() == "yes"
