"""The order of visits: which due pages belong to this run, and which function reads each kind."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.http import HtmlResponse, Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure as Reason

from nkcrawl import site, text
from nkcrawl.items import Article, Failure, Listing, Page, PageKind
from nkcrawl.options import apply_options, read_options
from nkcrawl.pages import read_article, read_listing

if TYPE_CHECKING:
    from nkcrawl.archive import DuePage


ARGUMENTS = ("authors", "url", "since", "limit", "full", "recent")


class NKNewsSpider(Spider):
    """Walks author pages and Recent Stories of NK News.

    Arguments, all texts: `authors` (slugs, comma-separated: walk only these authors' pages), `url` (this page alone),
    `since` (YYYY-MM-DD: nothing from an earlier month), `limit` (articles), `full` (yes: walk listings to their end, known
    or not), `recent` (no: do not follow Recent Stories). A bad one raises UsageError.
    """

    name = "nknews"
    custom_settings = {"SCHEDULER": "nkcrawl.frontier.Frontier"}  # noqa: RUF012  # the archive is the queue

    def __init__(self, site_url: str = site.SITE, /, **given: str) -> None:
        super().__init__()
        if unknown := sorted(given.keys() - set(ARGUMENTS)):
            raise UsageError(f"There is no argument {', '.join(unknown)}; there are {', '.join(ARGUMENTS)}.")
        self.site_url = site_url
        self.given = given
        self.authors = _slugs(given.get("authors", ""))
        self.url = _page_url(given.get("url", ""), site_url)
        self.since = _day("since", given.get("since", ""))
        self.limit = _count("limit", given.get("limit", ""))
        self.full = _yes("full", given.get("full", "no"))
        self.recent = _yes("recent", given.get("recent", "yes"))
        if self.url and (self.authors or self.since or self.limit or self.full):
            raise UsageError("The argument url asks for one page alone; leave out authors, since, limit and full.")
        self.too_old: set[str] = set()  # listing pages that lie wholly before `since`

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "NKNewsSpider":
        return super().from_crawler(crawler, read_options(crawler.settings).site, *args, **kwargs)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_options(settings)

    # --- Which pages ----------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Name the pages to start from; one that is known already is asked only when due, unless all are wanted now."""
        urls = [self.url] if self.url else map(self._author_url, self.authors or site.SEED_AUTHORS)
        for url in urls:
            yield Request(url, meta={"kind": _kind(url), "due_now": bool(self.url) or self.full})

    def _author_url(self, slug: str) -> str:
        return text.canonical_url(site.author_path(slug), self.site_url) or ""

    def wants(self, page: "DuePage") -> bool:
        """Tell whether a due page belongs to this run."""
        if self.url:
            return page.url == self.url
        if page.kind == "author":
            return page.url not in self.too_old and self._is_named(page.url)
        if self._is_too_old(page.url):
            return False
        found_on_author = bool(page.found_on and _kind(page.found_on) == "author")
        if found_on_author or not page.found_on:
            return self._is_named(page.found_on or "")
        return self.recent or (page.fetched_at is not None and not self.authors)

    def _is_named(self, author_url: str) -> bool:
        return not self.authors or site.author_slug(urlsplit(author_url).path) in self.authors

    def _is_too_old(self, article_url: str) -> bool:
        month = site.article_month(urlsplit(article_url).path)
        return bool(self.since and month and month < self.since.replace(day=1))

    def has_enough(self) -> bool:
        """Tell whether the run has read as many articles as were asked for."""
        return bool(self.limit) and self.crawler.stats.get_value("nkcrawl/articles", 0) >= self.limit

    def visit(self, page: "DuePage") -> Request:
        """Return the request for a due page."""
        callback = self.parse_author if page.kind == "author" else self.parse_article
        meta = {"page": page.url, "kind": page.kind}
        return Request(page.url, callback=callback, errback=self.page_failed, meta=meta)

    # --- What became of them --------------------------------------------------------------------------------------------

    def parse_article(self, response: Response) -> Iterator[Article | Failure]:
        page = visited_page(response)
        if isinstance(response, HtmlResponse):
            yield read_article(response.selector, page, self.site_url).article
        else:
            yield _not_html(response, page)

    def parse_author(self, response: Response) -> Iterator[Listing | Failure]:
        page = visited_page(response)
        if not isinstance(response, HtmlResponse):
            yield _not_html(response, page)
            return
        if _kind(page.final_url) != "author":
            yield Failure(page, "not an author page", f"the request ended at {response.url}")
            return
        listing = read_listing(response.selector, page, self.site_url)
        if not listing.articles and site.author_page_number(urlsplit(page.final_url).path) == 1:
            yield Failure(page, "no article links", "an author's first page without a link to any article")
            return
        listing.walk_on = self.full
        if listing.next_page and all(self._is_too_old(link.url) for link in listing.articles):
            self.too_old.add(listing.next_page.url)
        yield listing

    def page_failed(self, reason: Reason) -> Iterator[Failure]:
        """Record a page that gave nothing, by its status or by the error that came instead of an answer."""
        request: Request = reason.request  # type: ignore[attr-defined]  # Scrapy puts it there
        if isinstance(reason.value, HttpError):
            response = reason.value.response
            yield Failure(
                visited_page(response), f"HTTP {response.status}", f"{response.url} answered {response.status}"
            )
        else:
            page = Page(url=request.meta["page"], kind=request.meta["kind"])
            yield Failure(page, type(reason.value).__name__, f"{request.url}: {reason.getErrorMessage()}"[:500])


def visited_page(response: Response) -> Page:
    """Return the visit that a response answers; its canonical final URL is '' where a redirect left the site."""
    assert response.request is not None
    meta = response.request.meta
    origin = urlsplit(meta["page"])
    return Page(
        url=meta["page"],
        kind=meta["kind"],
        final_url=text.canonical_url(response.url, f"{origin.scheme}://{origin.netloc}") or "",
        status=response.status,
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return text.clean(value.decode("latin-1"))[:500] or None if value else None


def _not_html(response: Response, page: Page) -> Failure:
    return Failure(page, "not HTML", f"Content-Type {_header(response, 'Content-Type')!r}")


def _kind(url: str) -> PageKind | None:
    path = urlsplit(url).path
    if site.author_slug(path):
        return "author"
    return "article" if site.article_month(path) else None


# --- Arguments ------------------------------------------------------------------------------------------------------------


def _slugs(value: str) -> tuple[str, ...]:
    slugs = tuple(dict.fromkeys(slug.strip() for slug in value.split(",") if slug.strip()))
    for slug in slugs:
        if not re.fullmatch(r"[\w%.-]+", slug):
            raise UsageError(
                f"authors={value!r} holds {slug!r}, which is no author's slug; take it from an author page's URL."
            )
    if value and not slugs:
        raise UsageError(f"authors={value!r} names nobody; give slugs from author pages' URLs, parted by commas.")
    return slugs


def _page_url(value: str, site_url: str) -> str:
    url = text.canonical_url(value, site_url) if value else ""
    if url is None or (url and _kind(url) is None):
        raise UsageError(f"url={value!r} is no article and no author page of {site_url}.")
    return url


def _day(name: str, value: str) -> date | None:
    if not value:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise UsageError(f"{name}={value!r} is no day; write it like 2025-06-20.")


def _count(name: str, value: str) -> int:
    if not value:
        return 0
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise UsageError(f"{name}={value!r} is no number of articles; write a whole number from 1 up.")
    return int(value)


def _yes(name: str, value: str) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise UsageError(f"{name}={value!r} is neither yes nor no.")
    return value.casefold() == "yes"
