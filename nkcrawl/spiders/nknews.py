"""The order of visits: which due pages belong to this run, and which function reads each kind."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from parsel import Selector
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, UsageError
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure as Reason

from nkcrawl import site
from nkcrawl.items import (
    Article,
    Failure,
    Feed,
    Listing,
    Page,
    PageKind,
    Rejection,
    Skip,
    Unchanged,
)
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
from nkcrawl.text import canonical_url, normalize_whitespace

if TYPE_CHECKING:
    from nkcrawl.archive import DuePage


ARGUMENTS = ("authors", "url", "since", "limit", "full", "recent")
_CHALLENGED = (401, 403, 429, 503)  # what a challenge page comes with
_BEGINNING = 20_000  # bytes of a page within which a challenge shows itself
# What Scrapy calls an answer that did not come → what a reader of the archive is told.
_NO_ANSWER = {
    "CannotResolveHostError": "host not found",
    "DownloadConnectionRefusedError": "connection refused",
    "DownloadTimeoutError": "timeout",
    "DownloadFailedError": "no answer",
    "ResponseDataLossError": "cut off",
    "DownloadCancelledError": "too large",
    "ValueError": "not followed",  # a redirect to what is no URL
}


class NotVisited(IgnoreRequest):
    """Raised by a middleware that keeps a page from being asked for; one that `stays_due` was no
    failure of the page.
    """

    def __init__(self, reason: str, detail: str, *, stays_due: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason  # a few fixed words, countable
        self.stays_due = stays_due


class NKNewsSpider(Spider):
    """Walks author pages and Recent Stories of NK News.

    Arguments, all texts: `authors` (slugs, comma-separated: walk only these authors' pages), `url`
    (this page alone), `since` (YYYY-MM-DD: nothing from an earlier month), `limit` (articles),
    `full` (yes: walk listings to their end, known or not), `recent` (no: do not follow Recent
    Stories). A bad one raises UsageError.
    """

    name = "nknews"
    custom_settings = {  # noqa: RUF012
        "SCHEDULER": "nkcrawl.frontier.Frontier",  # the archive is the queue
        # the verdict is one sentence; errors are in the run's row, `-L INFO` shows more
        "LOG_LEVEL": "CRITICAL",
    }

    def __init__(self, site_url: str = site.SITE, /, **given: str) -> None:
        super().__init__()
        check_names(given)
        self.site_url = site_url
        self.given = given
        self.authors = _slugs(given.get("authors", ""))
        self.url = _page_url(given.get("url", ""), site_url)
        self.since = _day("since", given.get("since", ""))
        self.limit = _count("limit", given.get("limit", ""))
        self.full = _yes("full", given.get("full", "no"))
        self.recent = _yes("recent", given.get("recent", "yes"))
        if self.url and (self.authors or self.since or self.limit or self.full):
            raise UsageError(
                "The argument url asks for one page alone; leave out authors, since, limit and full."
            )
        self.too_old: set[str] = set()  # listing pages that lie wholly before `since`
        self.shown: dict[
            str, set[int]
        ] = {}  # hashes of the links that an author's pages have shown in this run

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "NKNewsSpider":
        return super().from_crawler(crawler, read_options(crawler.settings).site, *args, **kwargs)

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_options(settings)

    # --- Which pages ------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Name the pages to start from; one that is known already is asked only when due, unless
        all are wanted now.
        """
        for url in self._start_urls():
            kind = _kind(url)
            yield Request(
                url,
                meta={"kind": kind, "due_now": bool(self.url) or (self.full and kind == "author")},
            )

    def _start_urls(self) -> list[str]:
        if self.url:
            return [self.url]
        feed = [] if self.authors else [site.FEED_PATH]
        paths = [*feed, *map(site.author_path, self.authors or site.SEED_AUTHORS)]
        return [url for path in paths if (url := canonical_url(path, self.site_url))]

    def wants(self, page: "DuePage") -> bool:
        """Tell whether a due page belongs to this run."""
        if self.url:
            return page.url == self.url
        if page.kind == "author":
            return page.url not in self.too_old and self._is_named(page.url)
        if page.kind == "feed":
            return not self.authors
        if self._is_too_old(page.url):
            return False
        match _kind(page.found_on) if page.found_on else None:
            case "article":
                return self.recent or (page.fetched_at is not None and not self.authors)
            case "feed":
                return not self.authors
            case _:
                return self._is_named(page.found_on or "")

    def _is_named(self, author_url: str) -> bool:
        return not self.authors or site.author_slug(urlsplit(author_url).path) in self.authors

    def _is_too_old(self, article_url: str) -> bool:
        month = site.article_month(urlsplit(article_url).path)
        return bool(self.since and month and month < self.since.replace(day=1))

    def has_enough(self) -> bool:
        """Tell whether the run has read as many articles as were asked for."""
        return (
            bool(self.limit) and self.crawler.stats.get_value("nkcrawl/articles", 0) >= self.limit
        )

    def visit(self, page: "DuePage") -> Request:
        """Return the request for a due page, conditional where the page may be as it was."""
        callback = {
            "article": self.parse_article,
            "author": self.parse_author,
            "feed": self.parse_feed,
        }[page.kind]
        meta = {"page": page.url, "kind": page.kind}
        return Request(
            page.url,
            headers=self._conditions(page),
            callback=callback,
            errback=self.page_failed,
            meta=meta,
        )

    def _conditions(self, page: "DuePage") -> dict[str, str]:
        """Return If-None-Match and If-Modified-Since for a page that was sent whole when it was
        last asked for.

        After a 304 it is asked for whole again, since servers err: no two answers in a row are
        taken on trust. So is every page that was named by hand, every further page of a listing,
        and an article that an older reader has read.
        """
        further = page.kind == "author" and site.author_page_number(urlsplit(page.url).path) != 1
        outdated = page.kind == "article" and page.extractor_version != EXTRACTOR_VERSION
        if page.status != 200 or self.url or self.full or further or outdated:
            return {}
        stored = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
        return {name: value for name, value in stored.items() if value}

    # --- What became of them ----------------------------------------------------------------------

    def parse_feed(self, response: Response) -> Iterator[Feed | Failure]:
        page = visited_page(response)
        feed = Feed(page)
        if isinstance(response, TextResponse) and not exceeds_limits(response.body):
            feed = read_feed(Selector(response.text, type="xml"), page, self.site_url)
        yield feed if feed.articles else _without_links(response, page)

    def parse_article(self, response: Response) -> Iterator[Article | Rejection | Failure]:
        page = visited_page(response)
        if not isinstance(response, HtmlResponse):
            yield _not_html(response, page)
        elif exceeds_limits(response.body):
            yield Rejection(page, TOO_COMPLEX, "too much markup")
        else:
            yield read_article(parse_html(response.text), page, self.site_url).article

    def parse_author(self, response: Response) -> Iterator[Listing | Failure]:
        page = visited_page(response)
        if not isinstance(response, HtmlResponse):
            yield _not_html(response, page)
            return
        if exceeds_limits(response.body):
            yield Failure(page, TOO_COMPLEX, f"{page.url} (too much markup)")
            return
        if _kind(page.final_url) != "author":
            yield Failure(page, "not an author page", f"{page.url} (it led to {response.url})")
            return
        listing = read_listing(parse_html(response.text), page, self.site_url)
        if not listing.articles and site.author_page_number(urlsplit(page.final_url).path) == 1:
            yield _without_links(response, page)
            return
        listing.walk_on = self.full
        if self._is_repeated(listing):
            listing.next_page = None
        if listing.next_page and all(self._is_too_old(link.url) for link in listing.articles):
            self.too_old.add(listing.next_page.url)
        yield listing

    def _is_repeated(self, listing: Listing) -> bool:
        """Tell whether a page shows nothing but what this author's pages before it showed, as a
        pager without end does.
        """
        shown, links = self.shown.setdefault(listing.slug, set()), set(map(hash, listing.articles))
        is_repeated = shown.issuperset(links)
        shown |= links
        return is_repeated

    def page_failed(self, reason: Reason) -> Iterator[Failure | Unchanged | Skip]:
        """Record a page that gave no content, by its status or by the error that came instead of an
        answer.
        """
        request: Request = reason.request  # type: ignore[attr-defined]  # Scrapy puts it there
        page = Page(url=request.meta["page"], kind=request.meta["kind"])
        match reason.value:
            case HttpError(response=response):
                yield _without_content(response)
            case NotVisited(stays_due=True) as why:
                yield Skip(page, why.reason)
            case Exception() as error:
                kind, words = why_no_answer(error)
                yield Failure(page, kind, f"{page.url} ({words})"[:500])


def why_no_answer(error: Exception) -> tuple[str, str]:
    """Return why a request got no answer: in a few fixed words, countable, and in all that is
    known.
    """
    if isinstance(error, NotVisited):
        return error.reason, str(error)
    if isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(
        error
    ):  # what a compressed body unfolds to
        return "too large", f"too large: {normalize_whitespace(str(error))}"
    if isinstance(error, IgnoreRequest):  # Scrapy's own, as of redirects without end
        return "not followed", normalize_whitespace(str(error))
    kind = _NO_ANSWER.get(type(error).__name__, type(error).__name__)
    return kind, f"{kind}: {normalize_whitespace(str(error))}"


def _without_content(response: Response) -> Failure | Unchanged:
    page = visited_page(response)
    assert response.request is not None
    asked = {b"If-None-Match", b"If-Modified-Since"} & set(response.request.headers)
    if (
        response.status == 304 and asked and page.final_url == page.url
    ):  # not of a page that it was led to
        return Unchanged(page)
    if response.status in _CHALLENGED and is_challenge(response):
        return Failure(
            page, "challenge page", f"{page.url} (a challenge page, HTTP {response.status})"
        )
    return Failure(page, f"HTTP {response.status}", f"{page.url} (HTTP {response.status})")


def _without_links(response: Response, page: Page) -> Failure:
    if is_challenge(response):
        return Failure(page, "challenge page", f"{page.url} (a challenge page)")
    return Failure(page, "no article links", f"{page.url} (no link to any article)")


def is_challenge(response: Response) -> bool:
    """Tell whether an answer that is no ordinary page asks whether we are human."""
    return bool(site.CHALLENGE.search(response.body[:_BEGINNING].decode("utf-8", "replace")))


def visited_page(response: Response) -> Page:
    """Return the visit that a response answers; its canonical final URL is '' where a redirect left
    the site.
    """
    assert response.request is not None
    meta = response.request.meta
    origin = urlsplit(meta["page"])
    return Page(
        url=meta["page"],
        kind=meta["kind"],
        final_url=canonical_url(response.url, f"{origin.scheme}://{origin.netloc}") or "",
        status=response.status,
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return normalize_whitespace(value.decode("latin-1"))[:500] or None if value else None


def _not_html(response: Response, page: Page) -> Failure:
    return Failure(
        page, "not HTML", f"{page.url} (Content-Type {_header(response, 'Content-Type')!r})"
    )


def _kind(url: str) -> PageKind | None:
    path = urlsplit(url).path
    if site.author_slug(path):
        return "author"
    if path == site.FEED_PATH:
        return "feed"
    return "article" if site.article_month(path) else None


# --- Arguments ------------------------------------------------------------------------------------


def check_names(given: Iterable[str]) -> None:
    """Raise UsageError where one of these is no argument of the spider."""
    if unknown := sorted(set(given) - set(ARGUMENTS)):
        raise UsageError(
            f"There is no argument {', '.join(unknown)}; there are {', '.join(ARGUMENTS)}."
        )


def _slugs(value: str) -> tuple[str, ...]:
    slugs = tuple(dict.fromkeys(slug.strip() for slug in value.split(",") if slug.strip()))
    for slug in slugs:
        if not re.fullmatch(r"[\w%.-]+", slug) or slug.strip(".") == "" or "%2e" in slug.casefold():
            raise UsageError(
                f"authors={value!r} holds {slug!r}, which is no author's slug; take it from an author page's URL."
            )
    if value and not slugs:
        raise UsageError(
            f"authors={value!r} names nobody; give slugs from author pages' URLs, parted by commas."
        )
    return slugs


def _page_url(value: str, site_url: str) -> str:
    url = canonical_url(value, site_url) if value else ""
    if url is None or (url and _kind(url) not in ("article", "author")):
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
    if not re.fullmatch(r"0*[1-9][0-9]{0,8}", value):
        raise UsageError(
            f"{name}={value!r} is no number of articles; write a whole number from 1 up."
        )
    return int(value)


def _yes(name: str, value: str) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise UsageError(f"{name}={value!r} is neither yes nor no.")
    return value.casefold() == "yes"
