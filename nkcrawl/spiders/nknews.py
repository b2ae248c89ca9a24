"""The order of visits: which due pages belong to this run, and which function reads each kind."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from parsel import Selector
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure as TwistedFailure

from nkcrawl import settings as project
from nkcrawl import site
from nkcrawl.arguments import read_arguments
from nkcrawl.items import Listing, Reason, Visit
from nkcrawl.options import apply_options, read_options
from nkcrawl.pages import (
    EXTRACTOR_VERSION,
    TOO_COMPLEX,
    exceeds_limits,
    parse_html,
    read_article,
    read_feed,
    read_listing,
)
from nkcrawl.responses import (
    visit_from_error,
    visit_from_response,
    visit_without_html,
    visit_without_links,
)
from nkcrawl.text import canonical_url

if TYPE_CHECKING:
    from nkcrawl.archive import DuePage


class NKNewsSpider(Spider):
    """Visits the author pages, the feed and the articles of NK News that are due.

    Arguments, all strings: `authors` (slugs, comma-separated: only these authors' pages), `url`
    (only this page), `since` (YYYY-MM-DD: nothing from an earlier month), `limit` (articles),
    `full` (yes: follow listings to their end, known or not), `recent` (no: do not follow Recent
    Stories). An invalid one raises UsageError.
    """

    name = "nknews"
    # What stores is configured here, so that `scrapy shell`, `fetch` and `show` store nothing.
    custom_settings = {  # noqa: RUF012
        "SCHEDULER": "nkcrawl.frontier.Frontier",  # the archive is the queue
        "EXTENSIONS": {
            **project.EXTENSIONS,
            "nkcrawl.extensions.Run": 0,
            "nkcrawl.extensions.Progress": 10,
        },
        "ITEM_PIPELINES": {
            "nkcrawl.pipelines.NormalisePipeline": 100,
            "nkcrawl.pipelines.PaywallPipeline": 200,
            "nkcrawl.pipelines.ArticleGatePipeline": 300,
            "nkcrawl.pipelines.StoragePipeline": 900,
        },
        # The verdict is one sentence. Errors are in the run's row; `-L INFO` shows more.
        "LOG_LEVEL": "CRITICAL",
    }

    def __init__(self, site_url: str = site.SITE, /, **given: str) -> None:
        super().__init__()
        self.site_url = site_url
        self.given = given
        self.args = read_arguments(given, site_url)
        self.too_old: set[str] = set()  # listing pages that lie wholly before `since`
        self.listed: dict[str, set[int]] = {}  # author → hashes of the links seen in this run

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "NKNewsSpider":
        return super().from_crawler(crawler, read_options(crawler.settings).site, *args, **kwargs)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_options(settings)

    # --- Which pages ------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Yield the pages to start from; a known one is visited only if it is due.

        With `due_now` it is visited whether due or not.
        """
        for url in self._start_urls():
            kind = site.page_kind(urlsplit(url).path)
            due_now = bool(self.args.url) or (self.args.full and kind == "author")
            yield Request(url, meta={"kind": kind, "due_now": due_now})

    def _start_urls(self) -> list[str]:
        if self.args.url:
            return [self.args.url]
        feed = [] if self.args.authors else [site.FEED_PATH]
        paths = [*feed, *map(site.author_path, self.args.authors or site.SEED_AUTHORS)]
        return [url for path in paths if (url := canonical_url(path, self.site_url))]

    def should_visit(self, page: "DuePage") -> bool:
        """Return whether a due page belongs to this run."""
        if self.args.url:
            return page.url == self.args.url
        if page.kind == "author":
            return page.url not in self.too_old and self._is_selected(page.url)
        if page.kind == "feed":
            return not self.args.authors
        if self._is_too_old(page.url):
            return False
        match site.page_kind(urlsplit(page.found_on).path) if page.found_on else None:
            case "article":
                return self.args.recent or (page.fetched_at is not None and not self.args.authors)
            case "feed":
                return not self.args.authors
            case _:
                return self._is_selected(page.found_on or "")

    def _is_selected(self, author_url: str) -> bool:
        authors = self.args.authors
        return not authors or site.author_slug(urlsplit(author_url).path) in authors

    def _is_too_old(self, article_url: str) -> bool:
        month, since = site.article_month(urlsplit(article_url).path), self.args.since
        return bool(since and month and month < since.replace(day=1))

    def limit_reached(self) -> bool:
        """Return whether the run has read `limit` articles."""
        limit = self.args.limit
        return bool(limit) and self.crawler.stats.get_value("nkcrawl/articles", 0) >= limit

    def make_request(self, page: "DuePage") -> Request:
        """Return the request for a due page, conditional if the page may be unchanged."""
        callback = {
            "article": self.parse_article,
            "author": self.parse_author,
            "feed": self.parse_feed,
        }[page.kind]
        return Request(
            page.url,
            headers=self._conditions(page),
            callback=callback,
            errback=self.visit_failed,
            meta={"page": page.url, "kind": page.kind},
        )

    def _conditions(self, page: "DuePage") -> dict[str, str]:
        """Return If-None-Match and If-Modified-Since if the last visit got the whole page.

        After a 304 the next request is unconditional: servers err, so no two of them in a row are
        trusted. So is that for an explicitly requested page, for a later page of a listing, and for
        an article that was read by another version of the extractor.
        """
        is_later = page.kind == "author" and site.author_page_number(urlsplit(page.url).path) != 1
        is_outdated = page.kind == "article" and page.extractor_version != EXTRACTOR_VERSION
        if page.status != 200 or self.args.url or self.args.full or is_later or is_outdated:
            return {}
        stored = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
        return {name: value for name, value in stored.items() if value}

    # --- What they contain ------------------------------------------------------------------------

    def parse_feed(self, response: Response) -> Iterator[Visit]:
        visit = visit_from_response(response)
        if isinstance(response, TextResponse) and not exceeds_limits(response.body):
            visit.listing = read_feed(Selector(response.text, type="xml"), self.site_url)
        yield visit if visit.listing and visit.listing.articles else visit_without_links(response)

    def parse_article(self, response: Response) -> Iterator[Visit]:
        visit = visit_from_response(response)
        if not isinstance(response, HtmlResponse):
            yield visit_without_html(response)
        elif exceeds_limits(response.body):
            yield visit.rejected(TOO_COMPLEX, "too much markup")
        else:
            visit.article = read_article(parse_html(response.text), visit, self.site_url).article
            yield visit

    def parse_author(self, response: Response) -> Iterator[Visit]:
        visit = visit_from_response(response)
        path = urlsplit(visit.final_url).path
        if not isinstance(response, HtmlResponse):
            yield visit_without_html(response)
        elif exceeds_limits(response.body):
            yield visit.failed(TOO_COMPLEX, "too much markup")
        elif site.page_kind(path) != "author":
            yield visit.failed(Reason.NOT_AUTHOR_PAGE, f"it led to {response.url}")
        else:
            listing = read_listing(parse_html(response.text), visit, self.site_url)
            if not listing.articles and site.author_page_number(path) == 1:
                yield visit_without_links(response)
            else:
                self._decide_next_page(listing)
                visit.listing = listing
                yield visit

    def _decide_next_page(self, listing: Listing) -> None:
        listing.follow_all = self.args.full
        if self._is_repeated(listing):
            listing.next_page = None
        if listing.next_page and all(self._is_too_old(link.url) for link in listing.articles):
            self.too_old.add(listing.next_page.url)

    def _is_repeated(self, listing: Listing) -> bool:
        """Return whether this author's earlier pages showed all of it, as in an endless pager."""
        listed, links = (
            self.listed.setdefault(listing.slug, set()),
            set(map(hash, listing.articles)),
        )
        is_repeated = listed.issuperset(links)
        listed |= links
        return is_repeated

    def visit_failed(self, failure: TwistedFailure) -> Iterator[Visit]:
        """Record a visit without content: an error status, or an error in place of a response."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        if isinstance(failure.value, Exception):
            yield visit_from_error(request, failure.value)
