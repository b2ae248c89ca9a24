"""What the tests and benches store: rows of `articles`, visits, and archives with articles.

Every default describes one article, a free one of 20 June 2025; a test states only what matters
to it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from nkcrawl.archive import Archive, article_row
from nkcrawl.items import Article, Author, Link, Listing, PageKind, Visit
from nkcrawl.pages import parse_html, read_article
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import normalise

SITE = "https://www.nknews.org"
ANN = ("ann", "Ann Lee")  # an author as (slug, name)
# The columns of an article that may be empty.
EMPTY = dict.fromkeys(
    (
        "subtitle",
        "label",
        "byline",
        "published_at",
        "modified_at",
        "note",
        "image_url",
        "image_caption",
        "image_credit",
    )
)


def article_url(name: str = "a-story") -> str:
    return f"{SITE}/2025/06/{name}/"


STORY = article_url()
FEED = f"{SITE}/feed/"

# --- Rows and archives ----------------------------------------------------------------------------


def row(name: str = "a-story", **columns: Any) -> dict[str, Any]:
    """Return a row of `articles` as the pipelines give it to the archive."""
    return {
        "url": article_url(name),
        "title": "Rice prices rise",
        "subtitle": "Traders blame the rain",
        "label": "News",
        "byline": "Ann Lee",
        "published_on": "2025-06-20",
        "published_at": "2025-06-20T01:00:00Z",
        "modified_at": None,
        "body": "Rice rose.\n\nRain fell for days.",
        "note": None,
        "access": "free",
        "access_evidence": ["meta: free"],
        "image_url": f"{SITE}/rice.jpg",
        "image_caption": "Rice",
        "image_credit": "KCNA",
        "language": "en",
        "extractor_version": 1,
    } | columns


def store(
    archive: Archive,
    name: str = "a-story",
    *,
    authors: Sequence[tuple[str, str]] = (ANN,),
    visit: Visit | None = None,
    links: Sequence[Link] = (),
    run_id: int = 1,
    **columns: Any,
) -> str | None:
    """Store an article, and return whether it is new, changed or unchanged.

    `visit` is the one that found it; by default one of its own URL.
    """
    columns = row(name, **columns)
    visit = visit or visited(columns["url"])
    visit.article = Article(
        authors=[Author(*author) for author in authors],
        links=list(links),
        paragraphs=(columns.pop("body") or "").split("\n\n"),
        evidence=columns.pop("access_evidence"),
        **columns,
    )
    return archive.store(visit, run_id).article


@contextmanager
def new_archive(path: Path, clock: Callable[[], datetime] | None = None) -> Iterator[Archive]:
    """Open an archive to fill it: its first run has begun."""
    now = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
    with closing(Archive.open(path, clock or (lambda: now))) as archive:
        archive.begin_run({}, {})
        yield archive


def row_from_html(html: str, url: str, base_url: str) -> dict[str, Any]:
    """Return the row that a crawl makes of an article's page, with the authors as pairs.

    It lacks the columns that `FakeSite.expected_row` does not have.
    """
    reading = read_article(parse_html(html), visited(url), base_url)
    article = drop_filler(normalise(reading.article, date(2026, 1, 1)))
    authors = [(author.slug, author.name) for author in article.authors]
    stored = article_row(article) | {"authors": authors}
    del stored["access_evidence"], stored["extractor_version"]
    return stored


# --- Visits ---------------------------------------------------------------------------------------


def visited(url: str = STORY, kind: PageKind = "article", **changes: Any) -> Visit:
    """Return the visit of a page that the site answered with 200."""
    response = {"final_url": url, "status": 200, "etag": '"1"', "last_modified": "yesterday"}
    return Visit(**{"url": url, "kind": kind} | response | changes)


def article(url: str = STORY, **fields: Any) -> Article:
    defaults = {"title": "Rice prices rise", "published_on": "2025-06-20", "paragraphs": ["Text."]}
    return Article(url, **defaults | fields)


def read(url: str = STORY, **fields: Any) -> Visit:
    """Return the visit of a page on which an article was read."""
    return visited(url, article=article(url, **fields))


def listing(
    url: str,
    *articles: str,
    next_page: str | None = None,
    final_url: str | None = None,
    **fields: Any,
) -> Visit:
    """Return the visit of a page of an author's listing that shows these articles."""
    page = Listing(
        articles=article_links(*articles),
        next_page=Link(next_page, "author") if next_page else None,
        **{"slug": "ann", "name": "Ann Lee", "bio": "Writes."} | fields,
    )
    return visited(url, "author", final_url=final_url or url, listing=page)


def feed(*articles: str, url: str = FEED) -> Visit:
    return visited(url, "feed", listing=Listing(articles=article_links(*articles)))


def unchanged(url: str = STORY, kind: PageKind = "article", **changes: Any) -> Visit:
    return visited(url, kind, **{"status": 304, "outcome": "unchanged"} | changes)


def rejection(
    url: str = STORY, reason: str = "soft 404", detail: str = "", **changes: Any
) -> Visit:
    return visited(url, **changes).rejected(reason, detail)


def failure(
    url: str = STORY,
    reason: str = "HTTP 404",
    detail: str = "",
    kind: PageKind = "article",
    **changes: Any,
) -> Visit:
    """Return a failed visit; its status is that of a reason like 'HTTP 404', otherwise None."""
    status = int(reason[5:]) if reason.startswith("HTTP ") else None
    failed = {"outcome": "failed", "reason": reason, "detail": detail}
    return Visit(**{"url": url, "kind": kind, "status": status} | failed | changes)


def skipped(url: str = STORY, reason: str = "budget", kind: PageKind = "article") -> Visit:
    return Visit(url, kind, outcome="skipped", reason=reason)


def article_links(*urls: str) -> list[Link]:
    """Return links to articles."""
    return [Link(url, "article") for url in urls]
