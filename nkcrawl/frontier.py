"""What is asked next: a Scrapy scheduler whose queue is the archive's `pages` table.

The archive remembers every URL and when it is due, so nothing is kept beside it: a run that was
killed goes on where its last stored page left it. Only a request that Scrapy itself puts back (a
retry, a redirect) waits in memory.
"""

import sqlite3
import time
from collections import deque

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from nkcrawl.archive import DuePage
from nkcrawl.extensions import RunRecord
from nkcrawl.items import Link
from nkcrawl.spiders.nknews import NKNewsSpider


class Frontier(BaseScheduler):
    """Hands out due pages in the archive's order, each at most once a run, until the spider or the
    budget says stop.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.record = RunRecord.of(crawler)
        self.archive = self.record.archive
        self.budget = crawler.settings.getint("NKCRAWL_REQUEST_BUDGET")
        self.put_back: deque[Request] = deque()
        self.handed_out: set[str] = set()
        self.resumes_at = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Frontier":
        return cls(crawler)

    def open(self, spider: Spider) -> None:
        assert isinstance(spider, NKNewsSpider)
        self.spider = spider
        if spider.full and not spider.authors:
            self.archive.make_authors_due()

    def enqueue_request(self, request: Request) -> bool:
        """Take a start request into the archive, or the retry or redirect of a page under way back
        into the queue.
        """
        if "page" in request.meta:
            self.put_back.append(request)
        else:
            link = Link(request.url, request.meta["kind"])
            try:
                self.archive.add_links([link], due_now=request.meta["due_now"])
            except sqlite3.Error as error:
                self.record.stop_for(error)
        return True

    def has_pending_requests(self) -> bool:
        return not self._is_over() and (bool(self.put_back) or self._next_page() is not None)

    def pause(self, seconds: float) -> None:
        """Hand out nothing for so long; Scrapy asks again every few seconds, and a signal ends the
        wait.
        """
        self.resumes_at = time.monotonic() + seconds

    def next_request(self) -> Request | None:
        if self._is_over() or time.monotonic() < self.resumes_at:
            return None
        if self.put_back:
            return self.put_back.popleft()
        page = self._next_page()
        if page is None:
            return None
        self.handed_out.add(page.url)
        return self.spider.visit(page)

    def _next_page(self) -> DuePage | None:
        try:
            for page in self.archive.due():
                if page.url not in self.handed_out and self.spider.wants(page):
                    return page
        except sqlite3.Error as error:  # Scrapy would log it and ask again, for ever
            self.record.stop_for(error)
        return None

    def _is_over(self) -> bool:
        """Tell whether the run was stopped, the spider has enough, or the next request would
        overdraw the budget.

        The first page costs two requests, for robots.txt is asked for before it.
        """
        sent: int = self.stats.get_value("downloader/request_count", 0)
        if self.record.stopped or self.spider.has_enough():
            return True
        return 0 < self.budget < sent + (1 if sent else 2)
