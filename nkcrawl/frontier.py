"""The crawl frontier: a Scrapy scheduler whose queue is the table `pages` of the archive.

The archive knows every URL and when it is due, so there is no other state: a run that was killed is
continued by the next one from its last stored page. Only requests that Scrapy itself schedules
again (retries, redirects) are kept in memory.
"""

import sqlite3
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from nkcrawl.archive import DuePage
from nkcrawl.extensions import Run
from nkcrawl.items import Link

if TYPE_CHECKING:
    from nkcrawl.spiders.nknews import NKNewsSpider


class Frontier(BaseScheduler):
    """Dispatches due pages in the archive's order, each at most once per run.

    It ends when the run was stopped, when the spider's limit is reached, or before the next request
    would exceed the budget.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.run = Run.of(crawler)
        self.archive = self.run.archive
        self.budget = crawler.settings.getint("NKCRAWL_REQUEST_BUDGET")
        self.requeued: deque[Request] = deque()
        self.dispatched: set[str] = set()
        self.resumes_at = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Frontier":
        return cls(crawler)

    def open(self, spider: Spider) -> None:
        self.spider = cast("NKNewsSpider", spider)
        if self.spider.args.full and not self.spider.args.authors:
            self.archive.make_authors_due()

    def enqueue_request(self, request: Request) -> bool:
        """Add a start request to the archive; keep a retry or redirect of a page in memory."""
        if "page" in request.meta:
            self.requeued.append(request)
        else:
            link = Link(request.url, request.meta["kind"])
            try:
                self.archive.add_links([link], due_now=request.meta["due_now"])
            except sqlite3.Error as error:
                self.run.stop_for(error)
        return True

    def has_pending_requests(self) -> bool:
        return not self._is_over() and (bool(self.requeued) or self._next_page() is not None)

    def pause(self, seconds: float) -> None:
        """Dispatch nothing for a time; Scrapy polls every few seconds, so signals still work."""
        self.resumes_at = time.monotonic() + seconds

    def next_request(self) -> Request | None:
        if self._is_over() or time.monotonic() < self.resumes_at:
            return None
        if self.requeued:
            return self.requeued.popleft()
        page = self._next_page()
        if page is None:
            return None
        self.dispatched.add(page.url)
        return self.spider.make_request(page)

    def _next_page(self) -> DuePage | None:
        try:
            for page in self.archive.due():
                if page.url not in self.dispatched and self.spider.should_visit(page):
                    return page
        except sqlite3.Error as error:  # Scrapy would log it and poll again, forever
            self.run.stop_for(error)
        return None

    def _is_over(self) -> bool:
        """Return whether nothing more is dispatched.

        The first page costs two requests, since robots.txt is requested before it.
        """
        sent: int = self.stats.get_value("downloader/request_count", 0)
        if self.run.stopped or self.spider.limit_reached():
            return True
        return 0 < self.budget < sent + (1 if sent else 2)
