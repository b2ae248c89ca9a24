"""What our pages need beyond Datasette's own: authors as a facet, an article's history, and nothing
from elsewhere.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datasette import hookimpl
from datasette.database import QueryInterrupted
from datasette.facets import Facet
from datasette.filters import FilterArguments
from datasette.utils import is_url, path_with_replaced_args
from markupsafe import Markup

from nkcrawl.archive import ArchiveReader
from nkcrawl.archive.search import AUTHORS_OF, BY_SLUG, ArticleFilter
from nkcrawl.commands.history import Part, changes, shortened
from nkcrawl.items import ARTICLE_FIELDS
from nkcrawl.web.metadata import DATABASE

# A browser that obeys it asks no other host for anything, whatever a page holds; Vega compiles its
# charts by eval.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),  # a link to the original does not tell where it was found
]
_NAMES = re.compile(rb"(127\.0\.0\.1|localhost)(:\d+)?")  # of this machine
_MISDIRECTED = 421  # RFC 9110, 15.5.20
_BLANK_SEARCH = re.compile(
    rb"(?<![^&])_search=(\+|%20|%22)*(&|$)"
)  # to FTS5 it would be a syntax error

Application = Callable[..., Awaitable[None]]


@hookimpl
def asgi_wrapper() -> Callable[[Application], Application]:
    """Send the two headers with every answer, and let an empty search box ask for nothing.

    Who asks under another name than this machine's is a page elsewhere that had its own name point
    to it (DNS rebinding), and is answered nothing.
    """

    def wrap(application: Application) -> Application:
        async def wrapped(
            scope: dict[str, Any], receive: object, send: Callable[..., Awaitable[None]]
        ) -> None:
            if scope["type"] == "http" and not _NAMES.fullmatch(
                dict(scope["headers"]).get(b"host", b"")
            ):
                await send({"type": "http.response.start", "status": _MISDIRECTED, "headers": []})
                await send(
                    {
                        "type": "http.response.body",
                        "body": b"This is not the name of the machine that shows it.",
                    }
                )
                return

            async def send_more(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    message = message | {"headers": [*message.get("headers", []), *_HEADERS]}
                await send(message)

            query = _BLANK_SEARCH.sub(b"", scope.get("query_string", b""))
            await application(scope | {"query_string": query}, receive, send_more)

        return wrapped

    return wrap


# --- Which articles -------------------------------------------------------------------------------


@hookimpl
def filters_from_request(request: Any, database: str, table: str) -> FilterArguments | None:
    """Take `_author` (a slug), `_since` and `_until` (days in Seoul) in the address of the
    articles' page.
    """
    if (database, table) != (DATABASE, "articles"):
        return None
    author, since, until = (
        (request.args.get(name) or "").strip() for name in ("_author", "_since", "_until")
    )
    conditions, values = ArticleFilter(since=since, until=until).where()
    words = [f"published {name} {day}" for name, day in (("since", since), ("until", until)) if day]
    if author:
        conditions, values = [BY_SLUG, *conditions], values | {"author": author}
        words = [f"by {author}", *words]
    return FilterArguments(conditions, values, words)


class AuthorFacet(Facet):  # type: ignore[misc]
    """How many of the articles each author wrote: a byline may name several, so no column holds
    it.
    """

    type = "authors"

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the facet, or that it took too long."""
        if not self.get_configs() or self.table != "articles":
            return [], []
        size = self.get_facet_size()
        try:
            found = await self.ds.execute(
                self.database,
                AUTHORS_OF.format(articles=self.sql, limit=size + 1),
                self.params,
                truncate=False,
                custom_time_limit=self.ds.setting("facet_time_limit_ms"),
            )
        except QueryInterrupted:
            return [], ["author"]
        results = [self._choice(row) for row in found.rows[:size]]
        about = {"name": "author", "type": "column", "hideable": False, "toggle_url": None}
        return [about | {"results": results, "truncated": len(found.rows) > size}], []

    def _choice(self, row: Mapping[str, Any]) -> dict[str, Any]:
        selected = self.request.args.get("_author") == row["slug"]
        address = path_with_replaced_args(
            self.request, {"_author": None if selected else row["slug"]}
        )
        return {
            "value": row["slug"],
            "label": row["name"],
            "count": row["articles"],
            "toggle_url": self.ds.urls.path(address),
            "selected": selected,
        }


@hookimpl
def register_facet_classes() -> list[type[Facet]]:
    """Let the metadata ask for the facet `authors`."""
    return [AuthorFacet]


# --- What stands in our templates -----------------------------------------------------------------


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    """Give every template questions to the archive, and words for what it holds."""

    def ask(question: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def answer(*values: object) -> Any:
            database = datasette.get_database(DATABASE)
            return await database.execute_fn(
                lambda conn: question(ArchiveReader(Path(database.path), conn), *values)
            )

        return answer

    about = datasette.metadata()
    shown = about["databases"][DATABASE]
    env.globals |= {
        "about": about,
        "questions": shown["queries"],
        "tables_explained": {
            name: table["description"] for name, table in shown["tables"].items() if len(table) > 1
        },
        "file_name": lambda: Path(datasette.get_database(DATABASE).path).name,
        "count_articles": ask(ArchiveReader.count_articles),
        "newest_articles": ask(ArchiveReader.newest_articles),
        "last_runs": ask(ArchiveReader.runs),
        "byline_of": ask(ArchiveReader.byline),
        "history_of": ask(ArchiveReader.history),
        "changes_in": changes_in,
        "day_in_words": day_in_words,
        "as_link": lambda address: address if is_url(address) else None,
    }


# Where a cell of a view leads: (view, column) to an address, in which the column that says which
# one is filled in.
_LINKS = {
    ("article_list", "id"): ("articles/", "id"),
    ("changed_articles", "id"): ("articles/", "id"),
    ("author_activity", "name"): ("articles?_author=", "slug"),
    ("run_list", "id"): ("what-a-run-brought?run=", "id"),
}


@hookimpl
def render_cell(
    row: Mapping[str, Any], value: Any, column: str, table: str, database: str
) -> Markup | None:
    """Make a link of what stands for an article, an author or a run in a view."""
    if database != DATABASE or (table, column) not in _LINKS:
        return None
    address, key = _LINKS[table, column]
    return Markup('<a href="/{}/{}{}">{}</a>').format(
        DATABASE, address, quote(str(row[key])), value or row[key]
    )


def day_in_words(day: str | None) -> str:
    """Return a day or moment of the archive as '20 June 2025', or '' where there is none."""
    if not day:
        return ""
    found = date.fromisoformat(day[:10])
    return f"{found.day} {found:%B %Y}"


def changes_in(
    states: Sequence[Mapping[str, Any]],
) -> list[tuple[str, list[tuple[str, list[Part]]]]]:
    """Return when an article changed and what of it, field by field and word by word, the last
    change first.
    """
    changed = [
        (
            after["since"],
            [
                (field, shortened(changes(before[field] or "", after[field] or "")))
                for field in ARTICLE_FIELDS
                if before[field] != after[field]
            ],
        )
        for before, after in pairwise(states)
    ]
    return [(since, fields) for since, fields in reversed(changed) if fields]
