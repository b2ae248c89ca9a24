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
from scrapy.responsetypes import responsetypes
from scrapy.robotstxt import ProtegoRobotParser

from nkcrawl.compression import DECODERS, DecompressionError, decompress
from nkcrawl.extensions import Ending, ending, stop_run, summary
from nkcrawl.frontier import Frontier
from nkcrawl.items import Reason, Visit
from nkcrawl.options import read_options, user_agent
from nkcrawl.responses import RequestDropped, failure_reason, is_challenge, visit_from_response
from nkcrawl.text import charset_of

_NO_LIMIT = 2**40  # bytes
MAX_WAIT = 120  # seconds that Retry-After may ask for; a longer wait is left for another night

logger = logging.getLogger(__name__)


class StrictOffsiteMiddleware:
    """Drops every request that leaves the site's scheme, host and port.

    Unlike Scrapy's class it also checks retries and redirects, allows no exception (`dont_filter`,
    `allow_offsite`) and no subdomain, and reports to the errback, so that a page that led elsewhere
    is recorded.
    """

    def __init__(self, site: str) -> None:
        parts = urlsplit(site)
        self.origin = (parts.scheme, parts.netloc)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StrictOffsiteMiddleware":
        return cls(read_options(crawler.settings).site)

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if (parts.scheme, parts.netloc.lower()) != self.origin:
            site = "://".join(self.origin)
            detail = f"it led to {request.url}, which is not on {site}"
            raise RequestDropped(Reason.LEFT_SITE, detail)


class RobotsMiddleware:
    """Obeys robots.txt, and lets no page be requested if it cannot be read (RFC 9309, 2.3.1.4).

    Scrapy's class takes a robots.txt that fails, times out or is a web page for permission to
    request everything, and ignores Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.url = read_options(crawler.settings).site + "/robots.txt"
        self.name = user_agent(contact="")  # with the version, which a rule may name too
        self.reading: asyncio.Task[ProtegoRobotParser] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):  # robots.txt itself, and its redirects
            return
        if self.reading is None:
            self.reading = asyncio.ensure_future(self.read())
        rules = await self.reading
        if not rules.allowed(request.url, self.name):
            raise RequestDropped(Reason.FORBIDDEN, f"{self.url} forbids it")

    async def read(self) -> ProtegoRobotParser:
        """Return the rules, and apply their Crawl-delay.

        Ends the run and raises RequestDropped if there are no rules to be read.
        """
        try:
            request = Request(self.url, callback=NO_CALLBACK, meta={"dont_obey_robotstxt": True})
            response = await self.crawler.engine.download_async(request)
        except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
            why = failure_reason(error)[1]
            raise self._stop(ending("unreachable", url=self.url, why=why)) from error
        except Exception as error:
            why = failure_reason(error)[1]
            raise self._stop(ending("robots_unreachable", url=self.url, why=why)) from error
        if robots_ending := unusable_robots(response):
            raise self._stop(robots_ending)
        # A site without robots.txt forbids nothing.
        body = response.body if response.status < 300 else b""
        rules = ProtegoRobotParser.from_crawler(self.crawler, body)
        self._slow_down(rules.crawl_delay(self.name) or 0)
        return rules

    def _stop(self, robots_ending: Ending) -> RequestDropped:
        stop_run(self.crawler, robots_ending)
        return RequestDropped(robots_ending.reason, robots_ending.summary, retry_later=True)

    def _slow_down(self, delay: float) -> None:
        """Wait at least `delay` seconds between requests from now on."""
        limit = self.crawler.settings.getfloat("AUTOTHROTTLE_MAX_DELAY")
        if delay > limit:
            raise self._stop(ending("crawl_delay", url=self.url, delay=delay, limit=limit))
        downloader = self.crawler.engine.downloader
        for key, slot in downloader.slots.items():
            slot.delay = max(slot.delay, delay)
            # Also for the slot that replaces this one after a pause.
            downloader.per_slot_settings[key] = {"delay": slot.delay}
        throttle = self.crawler.get_extension(AutoThrottle)
        if throttle is not None:
            throttle.mindelay = max(throttle.mindelay, delay)


def unusable_robots(response: Response) -> Ending | None:
    """Return why a response is neither rules nor the absence of rules, or None if it is usable.

    RFC 9309 takes any 4xx for permission; 401, 403 and 429 are not taken for it here.
    """
    url, status = response.url, response.status
    body = response.body.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_page = body.startswith(b"<")
    if status in (401, 403) or (is_page and is_challenge(response)):
        what = f"The site refused even {url} (HTTP {status}), so no page was requested"
        return ending("refused", what=what)
    if status == 429 or status >= 500 or 300 <= status < 400:
        return ending("robots_unreachable", url=url, why=f"HTTP {status}")
    if status < 300 and is_page:
        return ending("robots_unreachable", url=url, why="it is a web page")
    if status < 300 and b"\0" in body:
        return ending("robots_unreachable", url=url, why="it is not UTF-8 text")
    return None


class RetryAfterMiddleware(RetryMiddleware):
    """Retries as Scrapy does, but after the wait that Retry-After asks for (RFC 9110, 10.2.3).

    The run ends on a 429 without Retry-After, on a wait over the limit, and on a wait that is asked
    for again after the first. A challenge page is not retried: it is a refusal.
    """

    def process_response(  # type: ignore[override]  # without the deprecated argument `spider`
        self, request: Request, response: Response
    ) -> Request | Response:
        wait = retry_after(response, datetime.now(UTC))
        if response.status == 429 or (response.status == 503 and wait is not None):
            return self._wait(request, response, wait)
        if response.status == 503 and is_challenge(response):
            return response
        result: Request | Response = super().process_response(request, response)
        return result

    def _wait(
        self, request: Request, response: Response, seconds: float | None
    ) -> Request | Response:
        """Return the request to send after a pause, or the response if no frontier can pause."""
        scheduler = self.crawler.engine.scheduler
        if not isinstance(scheduler, Frontier) or "page" not in request.meta:  # robots.txt
            return response
        assert self.crawler.spider is not None
        retry = get_retry_request(
            request, spider=self.crawler.spider, reason=f"HTTP {response.status}"
        )
        if retry is None or seconds is None or seconds > MAX_WAIT:
            too_long = _wait_too_long(response, seconds, is_repeated=retry is None)
            stop_run(self.crawler, too_long)
            raise RequestDropped(too_long.reason, too_long.summary, retry_later=True)
        scheduler.pause(seconds)
        return retry


def retry_after(response: Response, now: datetime) -> float | None:
    """Return the seconds that Retry-After asks to wait, or None if it is missing or invalid."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), 10**9))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


def _wait_too_long(response: Response, seconds: float | None, *, is_repeated: bool) -> Ending:
    if seconds is None:
        wait = "does not say for how long"
    else:
        again = " once more" if is_repeated and seconds <= MAX_WAIT else ""
        wait = f"asks to wait {seconds:.0f} seconds{again}"
    return ending(
        "retry_after", url=response.url, status=response.status, wait=wait, limit=MAX_WAIT
    )


class BudgetMiddleware:
    """Drops requests beyond the budget; the frontier stops in time, but redirects may not."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.budget = read_options(crawler.settings).request_budget

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BudgetMiddleware":
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if 0 < self.budget <= self.stats.get_value("downloader/request_count", 0):
            detail = f"the budget of {self.budget} requests is used up"
            raise RequestDropped(Reason.BUDGET, detail, retry_later=True)


class RefererlessRedirectMiddleware(RedirectMiddleware):
    """Follows redirects as Scrapy does, without the warning that no middleware sets a Referer."""

    def _engine_started(self) -> None:
        """Do not look for a Referer middleware: there is none, on purpose."""


class DecompressionMiddleware:
    """Decompresses bodies, and fails a request whose body is incomplete or not as declared.

    Scrapy's class returns what it could decompress. Of an article that was cut off, that is the
    beginning, which would be stored as an edit.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DecompressionMiddleware":
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE") or _NO_LIMIT)

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", ", ".join(DECODERS))

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response decompressed; raises RequestDropped unless it is an error status."""
        try:
            return decompressed(response, self.limit)
        except DecompressionError as error:
            if response.status >= 300:  # the status is the result, and often has no body
                return response
            raise RequestDropped(error.reason, str(error)) from error


def decompressed(response: Response, limit: int) -> Response:
    """Return the response with its body decompressed; raises DecompressionError."""
    value = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
    encodings = [encoding.strip() for encoding in value.split(",") if encoding.strip()]
    body, left = decompress(response.body, encodings, limit)
    if left == encodings:
        return response
    headers = response.headers.copy()
    headers["Content-Encoding"] = left
    # What kind of response it is, Scrapy has guessed from the compressed bytes.
    response_class = responsetypes.from_args(headers=headers, url=response.url, body=body)
    attributes = {name: getattr(response, name) for name in Response.attributes}
    return response_class(**{**attributes, "headers": headers, "body": body})


class CharsetMiddleware:
    """Decodes a page as UTF-8 if it is valid UTF-8, else as it declares itself.

    Scrapy trusts a wrong declaration, which garbles a valid page, and guesses if there is none.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        return in_its_charset(response) if isinstance(response, TextResponse) else response


def in_its_charset(response: TextResponse) -> TextResponse:
    """Return the response with the encoding that `charset_of` finds."""
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return response.replace(encoding=charset_of(response.body, content_type))


class ParseErrorMiddleware:
    """Turns an exception of a callback into a failed visit, so that the page is tried again."""

    def process_spider_exception(
        self, response: Response, exception: Exception
    ) -> Iterable[Visit] | None:
        if isinstance(exception, CloseSpider):
            return None
        logger.error("%s cannot be read", response.url, exc_info=exception)
        visit = visit_from_response(response)
        return [visit.failed(Reason.UNREADABLE, summary(exception))]
