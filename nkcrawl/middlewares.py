"""The politeness and safety that Scrapy lacks."""

import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from nkcrawl.items import Failure
from nkcrawl.options import read_options
from nkcrawl.spiders.nknews import visited_page

logger = logging.getLogger(__name__)


class StrictOffsiteMiddleware:
    """Refuses every request that leaves the site's scheme, host and port, retried and redirected ones included.

    Unlike Scrapy's own it knows no exception (`dont_filter`, `allow_offsite`) and no subdomain, and it acts where the
    errback hears of it, so that a page that led elsewhere is recorded.
    """

    def __init__(self, site: str) -> None:
        parts = urlsplit(site)
        self.home = (parts.scheme, parts.netloc)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StrictOffsiteMiddleware":
        return cls(read_options(crawler.settings).site)

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if (parts.scheme, parts.netloc.lower()) != self.home:
            raise IgnoreRequest(f"{request.url} is not on {self.home[0]}://{self.home[1]}")


class RefererlessRedirectMiddleware(RedirectMiddleware):
    """Follows redirects without a Referer header, as Scrapy does when no middleware sets one, but without its warning."""

    def _engine_started(self) -> None:
        """Look for no Referer middleware: there is none, on purpose."""


class UnreadablePageMiddleware:
    """Turns a page that trips our own code into a `Failure`, so that it is tried again and never lost in silence."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "UnreadablePageMiddleware":
        return cls(crawler)

    def process_spider_exception(self, response: Response, exception: Exception) -> Iterable[Failure]:
        logger.error("Cannot read %s: %r", response.url, exception, exc_info=exception)
        self.stats.inc_value("nkcrawl/crashed")
        return [Failure(visited_page(response), "unreadable", repr(exception)[:500])]
