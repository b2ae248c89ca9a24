"""The politeness and safety that Scrapy lacks."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadConnectionRefusedError,
    NotConfigured,
)
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response, TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from nkcrawl.extensions import Judgement, briefly, stop_run
from nkcrawl.extensions.verdict import FORBIDDEN, refused
from nkcrawl.extensions.watch import UNREADABLE
from nkcrawl.frontier import Frontier
from nkcrawl.items import Failure
from nkcrawl.options import read_options, user_agent
from nkcrawl.responses import RequestDropped, failure_reason, is_challenge, visit_from_response
from nkcrawl.text import charset_of

LONGEST_WAIT = 120  # seconds that we wait when asked to; for longer, another night is better

logger = logging.getLogger(__name__)


class StrictOffsiteMiddleware:
    """Refuses every request that leaves the site's scheme, host and port, retried and redirected
    ones included.

    Unlike Scrapy's own it knows no exception (`dont_filter`, `allow_offsite`) and no subdomain, and
    it acts where the errback hears of it, so that a page that led elsewhere is recorded.
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
            raise RequestDropped(
                "left the site", f"it led to {request.url}, which is not on {'://'.join(self.home)}"
            )


class RobotsMiddleware:
    """Obeys robots.txt, and asks for no page at all where it cannot be read (RFC 9309, 2.3.1.4).

    Scrapy's own takes a robots.txt that fails, hangs or is a web page for leave to ask for
    everything, and does not look at Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.url = read_options(crawler.settings).site + "/robots.txt"
        self.name = user_agent(contact="")  # with its version, for rules that name that too
        self.reading: asyncio.Task[ProtegoRobotParser] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):  # robots.txt itself, and where it leads
            return
        if self.reading is None:
            self.reading = asyncio.ensure_future(self.read())
        rules = await self.reading
        if not rules.allowed(request.url, self.name):
            raise RequestDropped(FORBIDDEN, f"{self.url} forbids it")

    async def read(self) -> ProtegoRobotParser:
        """Return the rules, with their Crawl-delay set; raises RequestDropped, and ends the run, where
        there are none.
        """
        try:
            request = Request(self.url, callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True})
            response = await self.crawler.engine.download_async(request)
        except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
            raise self._end(_unreachable(self.url, failure_reason(error)[1])) from error
        except Exception as error:
            raise self._end(_not_readable(self.url, failure_reason(error)[1])) from error
        if trouble := robots_trouble(response):
            raise self._end(trouble)
        body = (
            response.body if response.status < 300 else b""
        )  # a site without robots.txt forbids nothing
        rules = ProtegoRobotParser.from_crawler(self.crawler, body)
        self._slow_down(rules.crawl_delay(self.name) or 0)
        return rules

    def _end(self, trouble: Judgement) -> RequestDropped:
        stop_run(self.crawler, trouble)
        return RequestDropped(trouble.reason, trouble.summary, retry_later=True)

    def _slow_down(self, delay: float) -> None:
        """Ask from now on at most every `delay` seconds, if that is slower than before."""
        longest = self.crawler.settings.getfloat("AUTOTHROTTLE_MAX_DELAY")
        if delay > longest:
            raise self._end(_too_slow(self.url, delay, longest))
        downloader = self.crawler.engine.downloader
        for key, slot in downloader.slots.items():
            slot.delay = max(slot.delay, delay)
            downloader.per_slot_settings[key] = {
                "delay": slot.delay
            }  # for the slot made anew after a pause
        throttle = self.crawler.get_extension(AutoThrottle)
        if throttle is not None:
            throttle.mindelay = max(throttle.mindelay, delay)


def robots_trouble(response: Response) -> Judgement | None:
    """Return why an answer for robots.txt is neither rules nor the absence of rules, or None if it
    is one of the two.

    Of the 4xx, RFC 9309 takes all but 429 for leave; 401 and 403 are no leave to us.
    """
    url, status, body = (
        response.url,
        response.status,
        response.body.removeprefix(b"\xef\xbb\xbf").lstrip(),
    )
    is_page = body.startswith(b"<")
    if status in (401, 403) or (is_page and is_challenge(response)):
        return refused(f"The site refused even {url} (HTTP {status}), so no page was asked for")
    if status == 429 or status >= 500 or 300 <= status < 400:
        return _not_readable(url, f"HTTP {status}")
    if status < 300 and is_page:
        return _not_readable(url, "it is a web page")
    if status < 300 and b"\0" in body:
        return _not_readable(url, "it is no UTF-8 text")
    return None


def _not_readable(url: str, why: str) -> Judgement:
    return Judgement(
        "later",
        f"{url} could not be read ({why}), so no page was asked for: what it forbids is not known. "
        "The next run tries again; look at it in a browser if this goes on.",
        reason="robots_unreachable",
    )


def _unreachable(url: str, why: str) -> Judgement:
    return Judgement(
        "failed",
        f"The site could not be reached: {url} ({why}). Is this machine online, and the site up?",
        reason="no_answer",
    )


def _too_slow(url: str, delay: float, longest: float) -> Judgement:
    return Judgement(
        "later",
        f"{url} asks for {delay:g} seconds between requests (Crawl-delay), longer than the {longest:g} that nkcrawl waits "
        "(AUTOTHROTTLE_MAX_DELAY), so no page was asked for. Ask the site's owner what is welcome.",
        reason="asked_to_wait",
    )


class RetryAfterMiddleware(RetryMiddleware):
    """Retries as Scrapy does, but waits as long as the site asks for in Retry-After (RFC 9110,
    10.2.3), up to a limit.

    A 429 that does not say how long, one that asks for more than the limit, and one that comes
    again after the wait end the run. A challenge is not retried: it means no.
    """

    def process_response(  # type: ignore[override]  # without the deprecated argument `spider`
        self, request: Request, response: Response
    ) -> Request | Response:
        wait = retry_after(response, datetime.now(UTC))
        if response.status == 429 or (response.status == 503 and wait is not None):
            return self._wait(request, response, wait)
        if response.status == 503 and is_challenge(response):
            return response
        retried: Request | Response = super().process_response(request, response)
        return retried

    def _wait(
        self, request: Request, response: Response, seconds: float | None
    ) -> Request | Response:
        """Return the request to make after a pause; whoever has no frontier to pause (robots.txt)
        gets the answer.
        """
        scheduler = self.crawler.engine.scheduler
        if not isinstance(scheduler, Frontier) or "page" not in request.meta:
            return response
        assert self.crawler.spider is not None
        retry = get_retry_request(
            request, spider=self.crawler.spider, reason=f"HTTP {response.status}"
        )
        if retry is None or seconds is None or seconds > LONGEST_WAIT:
            waited = retry is None and seconds is not None and seconds <= LONGEST_WAIT
            trouble = _asked_to_wait(request.url, response.status, seconds, waited)
            stop_run(self.crawler, trouble)
            raise RequestDropped(trouble.reason, trouble.summary, retry_later=True)
        scheduler.pause(seconds)
        return retry


def retry_after(response: Response, now: datetime) -> float | None:
    """Return how long Retry-After asks to wait, in either of its forms; None where it is missing or
    says nothing.
    """
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), 10**9))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


def _asked_to_wait(url: str, status: int, seconds: float | None, waited: bool) -> Judgement:
    long = "does not say for how long" if seconds is None else f"asks to wait {seconds:.0f} seconds"
    long += " once more" if waited else ""
    return Judgement(
        "later",
        f"The site asked to slow down: {url} answered HTTP {status} and {long}, which nkcrawl leaves for another night "
        f"(it waits up to {LONGEST_WAIT} seconds, once a page). What was stored stays, and the rest is due.",
        reason="asked_to_wait",
    )


class BudgetMiddleware:
    """Lets no request pass that would overdraw the budget: the frontier stops in time, but
    redirects may not.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.budget = read_options(crawler.settings).request_budget

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BudgetMiddleware":
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if 0 < self.budget <= self.stats.get_value("downloader/request_count", 0):
            raise RequestDropped(
                "budget", f"the budget of {self.budget} requests is used up", retry_later=True
            )


class RefererlessRedirectMiddleware(RedirectMiddleware):
    """Follows redirects without a Referer header, as Scrapy does when no middleware sets one, but
    without its warning.
    """

    def _engine_started(self) -> None:
        """Look for no Referer middleware: there is none, on purpose."""


class CharsetMiddleware:
    """Has a page read as UTF-8 where it is UTF-8, as the site's pages are, else as it declares
    itself, and never guesses.

    Scrapy believes a false declaration, by which an answer that is well would turn to rubbish, and
    guesses where there is none.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        return in_its_charset(response) if isinstance(response, TextResponse) else response


def in_its_charset(response: TextResponse) -> TextResponse:
    """Return the response such that its text is read in the charset that `charset_of`
    finds.
    """
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return response.replace(encoding=charset_of(response.body, content_type))


class ParseErrorMiddleware:
    """Turns a page that trips our own code into a `Failure`, so that it is tried again and never
    lost in silence.
    """

    def process_spider_exception(
        self, response: Response, exception: Exception
    ) -> Iterable[Failure] | None:
        if isinstance(exception, CloseSpider):
            return None
        logger.error("%s cannot be read", response.url, exc_info=exception)
        page = visit_from_response(response)
        return [Failure(page, UNREADABLE, f"{page.url} ({briefly(exception)})"[:500])]
