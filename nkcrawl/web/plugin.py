"""What the project adds to Datasette: author facets, article histories, security headers."""

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
from nkcrawl.items import ARTICLE_FIELDS
from nkcrawl.text import DiffPart, shorten_unchanged, word_diff
from nkcrawl.web.metadata import DATABASE

# Whatever a page contains, the browser requests nothing from another host. Vega needs eval.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),  # the site does not learn where its link was followed
]
_LOCAL_HOST = re.compile(rb"(127\.0\.0\.1|localhost)(:\d+)?")
_MISDIRECTED = 421  # RFC 9110, 15.5.20
# FTS5 would report a syntax error.
_EMPTY_SEARCH = re.compile(rb"(?<![^&])_search=(\+|%20|%22)*(&|$)")

Application = Callable[..., Awaitable[None]]


class RequestGuard:
    """ASGI middleware that answers local requests only, and adds security headers to responses.

    A request for another host name comes from a web page whose name was made to resolve to this
    machine (DNS rebinding). An empty search is taken out of the query, and so lists everything.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: object, send: Application) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"")
            if not _LOCAL_HOST.fullmatch(host):
                await _refuse(send)
                return

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = message | {"headers": [*message.get("headers", []), *_HEADERS]}
            await send(message)

        query = _EMPTY_SEARCH.sub(b"", scope.get("query_string", b""))
        await self.application(scope | {"query_string": query}, receive, send_with_headers)


async def _refuse(send: Application) -> None:
    body = b"Unknown host name; use 127.0.0.1 or localhost."
    await send({"type": "http.response.start", "status": _MISDIRECTED, "headers": []})
    await send({"type": "http.response.body", "body": body})


@hookimpl
def asgi_wrapper() -> Callable[[Application], Application]:
    """Put RequestGuard in front of Datasette."""
    return RequestGuard


# --- Filters and facets ---------------------------------------------------------------------------


@hookimpl
def filters_from_request(request: Any, database: str, table: str) -> FilterArguments | None:
    """Filter the table `articles` by `_author` (a slug), `_since` and `_until` (days in Seoul)."""
    if (database, table) != (DATABASE, "articles"):
        return None
    author, since, until = (
        (request.args.get(name) or "").strip() for name in ("_author", "_since", "_until")
    )
    conditions, values = ArticleFilter(since=since, until=until).where()
    texts = [f"published {name} {day}" for name, day in (("since", since), ("until", until)) if day]
    if author:
        conditions, values = [BY_SLUG, *conditions], values | {"author": author}
        texts = [f"by {author}", *texts]
    return FilterArguments(conditions, values, texts)


class AuthorFacet(Facet):  # type: ignore[misc]
    """Articles per author; a byline may name several, so that no column can be the facet."""

    type = "authors"

    async def facet_results(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the facet, or its name among those that took too long."""
        if not self.get_configs() or self.table != "articles":
            return [], []
        size = self.get_facet_size()
        try:
            result = await self.ds.execute(
                self.database,
                AUTHORS_OF.format(articles=self.sql, limit=size + 1),
                self.params,
                truncate=False,
                custom_time_limit=self.ds.setting("facet_time_limit_ms"),
            )
        except QueryInterrupted:
            return [], ["author"]
        facet = {
            "name": "author",
            "type": "column",
            "hideable": False,
            "toggle_url": None,
            "results": [self._choice(row) for row in result.rows[:size]],
            "truncated": len(result.rows) > size,
        }
        return [facet], []

    def _choice(self, row: Mapping[str, Any]) -> dict[str, Any]:
        selected = self.request.args.get("_author") == row["slug"]
        path = path_with_replaced_args(self.request, {"_author": None if selected else row["slug"]})
        return {
            "value": row["slug"],
            "label": row["name"],
            "count": row["articles"],
            "toggle_url": self.ds.urls.path(path),
            "selected": selected,
        }


@hookimpl
def register_facet_classes() -> list[type[Facet]]:
    """Make the facet `authors` available to the metadata."""
    return [AuthorFacet]


# --- What templates use ---------------------------------------------------------------------------


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    """Add queries of the archive and formatting functions to the globals of all templates."""

    def query(method: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        async def call(*values: object) -> Any:
            database = datasette.get_database(DATABASE)
            return await database.execute_fn(
                lambda conn: method(ArchiveReader(Path(database.path), conn), *values)
            )

        return call

    about = datasette.metadata()
    database = about["databases"][DATABASE]
    env.globals |= {
        "about": about,
        "questions": database["queries"],
        "table_descriptions": {
            name: table["description"]
            for name, table in database["tables"].items()
            if "description" in table
        },
        "file_name": lambda: Path(datasette.get_database(DATABASE).path).name,
        "count_articles": query(ArchiveReader.count_articles),
        "newest_articles": query(ArchiveReader.newest_articles),
        "last_runs": query(ArchiveReader.runs),
        "byline_of": query(ArchiveReader.byline),
        "history_of": query(ArchiveReader.history),
        "changes_in": changes_in,
        "format_day": format_day,
        "safe_url": lambda url: url if is_url(url) else None,
    }


# Cells of views that are links: (view, column) to a path, and the column that completes it.
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
    """Link the articles, authors and runs in a view."""
    if database != DATABASE or (table, column) not in _LINKS:
        return None
    path, key = _LINKS[table, column]
    link = Markup('<a href="/{}/{}{}">{}</a>')
    return link.format(DATABASE, path, quote(str(row[key])), value or row[key])


def format_day(timestamp: str | None) -> str:
    """Return a day or timestamp of the archive as '20 June 2025', '' for None."""
    if not timestamp:
        return ""
    day = date.fromisoformat(timestamp[:10])
    return f"{day.day} {day:%B %Y}"


def changes_in(
    states: Sequence[Mapping[str, Any]],
) -> list[tuple[str, list[tuple[str, list[DiffPart]]]]]:
    """Return the changes between the states of an article, latest first.

    Each is a timestamp and the changed fields, with the word diff of each.
    """
    changes = [
        (after["since"], _changed_fields(before, after)) for before, after in pairwise(states)
    ]
    return [(since, fields) for since, fields in reversed(changes) if fields]


def _changed_fields(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, list[DiffPart]]]:
    return [
        (field, shorten_unchanged(word_diff(before[field] or "", after[field] or "")))
        for field in ARTICLE_FIELDS
        if before[field] != after[field]
    ]
