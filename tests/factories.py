"""What the tests and benches store: rows of `articles`, items as the spider yields them, and
archives with articles in them.

Every default describes one article, a free one of 20 June 2025; a test states only what matters
to it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from nkcrawl.archive import Archive
from nkcrawl.items import (
    Article,
    Author,
    Failure,
    Feed,
    Link,
    Listing,
    Page,
    PageKind,
    Rejection,
    Skip,
    Unchanged,
)
from nkcrawl.pages import parse_html, read_article
from nkcrawl.pipelines import as_row, drop_filler, normalise

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
    page: Page | None = None,
    links: Sequence[Link] = (),
    run_id: int = 1,
    **columns: Any,
) -> str:
    """Store an article, and return whether it is new, changed or unchanged.

    `page` is the visit that found it; by default one of its own URL.
    """
    article_row = row(name, **columns)
    visit = page or visited(article_row["url"])
    people = [Author(*author) for author in authors]
    return archive.store_article(article_row, people, visit, links, run_id)


@contextmanager
def new_archive(path: Path, clock: Callable[[], datetime] | None = None) -> Iterator[Archive]:
    """Open an archive to fill it: its first run has begun."""
    now = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
    with closing(Archive.open(path, clock or (lambda: now))) as archive:
        archive.begin_run({}, {})
        yield archive


def row_from_html(html: str, url: str, base_url: str) -> dict[str, Any]:
    """Return the row that a crawl makes of an article's page, with the authors as pairs, and
    without the columns that `FakeSite.expected_row` does not have.
    """
    page = read_article(parse_html(html), visited(url), base_url)
    article = drop_filler(normalise(page.article, date(2026, 1, 1)))
    stored = as_row(article) | {
        "authors": [(author.slug, author.name) for author in article.authors]
    }
    del stored["access_evidence"], stored["extractor_version"]
    return stored


# --- Items ----------------------------------------------------------------------------------------


def visited(url: str = STORY, kind: PageKind = "article", **changes: Any) -> Page:
    """Return the visit of a page that the site answered with 200."""
    answer = {"final_url": url, "status": 200, "etag": '"1"', "last_modified": "yesterday"}
    return Page(**{"url": url, "kind": kind} | answer | changes)


def article(url: str = STORY, **fields: Any) -> Article:
    defaults = {"title": "Rice prices rise", "published_on": "2025-06-20", "paragraphs": ["Text."]}
    return Article(visited(url), url, **defaults | fields)


def listing(
    url: str,
    *articles: str,
    next_page: str | None = None,
    page: Page | None = None,
    **fields: Any,
) -> Listing:
    """Return a page of an author's listing that shows these articles."""
    fields = {"slug": "ann", "name": "Ann Lee", "bio": "Writes."} | fields
    return Listing(
        page=page or visited(url, "author"),
        articles=article_links(*articles),
        next_page=Link(next_page, "author") if next_page else None,
        **fields,
    )


def feed(*articles: str, url: str = FEED) -> Feed:
    return Feed(visited(url, "feed"), article_links(*articles))


def unchanged(url: str = STORY, kind: PageKind = "article", **changes: Any) -> Unchanged:
    return Unchanged(visited(url, kind, **{"status": 304} | changes))


def rejection(
    url: str = STORY, reason: str = "soft 404", detail: str = "", **changes: Any
) -> Rejection:
    return Rejection(visited(url, **changes), reason, detail)


def failure(
    url: str = STORY,
    reason: str = "HTTP 404",
    detail: str = "",
    kind: PageKind = "article",
    **changes: Any,
) -> Failure:
    """Return a failed visit; its status is that of a reason like 'HTTP 404', otherwise None."""
    status = int(reason[5:]) if reason.startswith("HTTP ") else None
    return Failure(Page(**{"url": url, "kind": kind, "status": status} | changes), reason, detail)


def skipped(url: str = STORY, reason: str = "budget", kind: PageKind = "article") -> Skip:
    return Skip(Page(url, kind), reason)


def article_links(*urls: str) -> list[Link]:
    """Return links to articles."""
    return [Link(url, "article") for url in urls]
