"""`scrapy show`: how one page is read, without storing anything."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from rich.console import Console
from rich.text import Text
from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.http import HtmlResponse, Response
from scrapy.settings import BaseSettings
from scrapy.utils.response import get_base_url
from twisted.python.failure import Failure as Reason

from nkcrawl import site
from nkcrawl.archive import article_row
from nkcrawl.commands import print_json, print_table, restore_sigpipe
from nkcrawl.commands.base import ArchiveCommand, fail
from nkcrawl.items import ARTICLE_FIELDS, Article, Listing, Visit
from nkcrawl.middlewares import in_its_charset
from nkcrawl.options import apply_options
from nkcrawl.pages import Reading, parse_html, read_article, read_listing
from nkcrawl.paywall import classify_paragraphs, drop_filler
from nkcrawl.pipelines import gate, normalise
from nkcrawl.responses import RequestDropped
from nkcrawl.text import canonical_url, strip_control_chars

_FIELDS = (*ARTICLE_FIELDS, "authors", "extractor_version")


class NotFetched(Exception):
    """The page could not be fetched; the message is a sentence that says why."""


class Command(ArchiveCommand, ScrapyCommand):
    requires_crawler_process = True
    usage = "[options] <URL or file>"
    summary = "Show how a page is read, storing nothing"
    description = (
        "Read one page, by its URL or from a saved HTML file, without storing anything, and show "
        "each field, the rule that matched, the other sources for it on the page, and every text "
        "block with its region and role. Exit codes: 0 the page would be kept, 1 it would not or "
        "could not be fetched, 2 bad argument."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--url", metavar="URL", help="URL of a saved file, if the file does not state it"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1:
            raise UsageError("Expected one page: scrapy show URL, or scrapy show FILE")
        target, site_url = args[0], self.options.site
        try:
            if target.startswith(("http://", "https://")):
                result = self._show_url(target, site_url)
            else:
                result = show_file(Path(target), opts.url, site_url)
        except NotFetched as error:
            return fail(1, error)
        restore_sigpipe()
        print_json(result) if opts.json else print_page(result)
        return 0 if result["kept"] else 1

    def _show_url(self, url: str, site_url: str) -> dict[str, Any]:
        canonical = canonical_url(url, site_url)
        if canonical is None:
            raise UsageError(f"{url} is not on {site_url}; nkcrawl reads no other site.")
        response = self._fetch(url)
        if not isinstance(response, HtmlResponse):
            content_type = response.headers.get("Content-Type")
            raise NotFetched(f"{response.url} is not an HTML page but {content_type!r}.")
        final_url = canonical_url(response.url, site_url) or ""
        visit = Visit(canonical, "article", final_url, response.status)
        return show_page(parse_html(response.text), visit, site_url)

    def _fetch(self, url: str) -> Response:
        assert self.crawler_process is not None
        crawler = self.crawler_process.create_crawler(PageSpider)
        task = self.crawler_process.crawl(crawler, url=url)
        assert isinstance(task, asyncio.Task)
        self.crawler_process.start()
        if error := task.exception():
            raise error
        assert isinstance(crawler.spider, PageSpider)
        if crawler.spider.response is None:
            raise NotFetched(f"{url} could not be fetched: {crawler.spider.error}")
        return crawler.spider.response


class PageSpider(Spider):
    """Fetches one page as politely as a crawl (robots.txt, user agent), and keeps the response."""

    name = "page"
    custom_settings = {"HTTPERROR_ALLOW_ALL": True}  # noqa: RUF012  # error pages are shown, too
    response: Response | None = None
    error = "no answer"
    url: str

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_options(settings)

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self.url, callback=self.keep_response, errback=self.keep_error)

    def keep_response(self, response: Response) -> None:
        self.response = response

    def keep_error(self, reason: Reason) -> None:
        kind = (
            "" if isinstance(reason.value, RequestDropped) else f"{type(reason.value).__name__}: "
        )
        self.error = kind + reason.getErrorMessage()


def show_file(path: Path, url: str | None, site_url: str) -> dict[str, Any]:
    """Read a saved page; its URL is `url`, or its rel=canonical or og:url, or unknown."""
    try:
        response = in_its_charset(HtmlResponse(site_url + "/", body=path.read_bytes()))
    except OSError as error:
        raise UsageError(
            f"{path} could not be read ({error.strerror}); give a saved HTML file or a URL."
        ) from None
    html = parse_html(response.text)
    if not url:
        url = html.xpath(
            "//link[@rel='canonical']/@href | //meta[@property='og:url']/@content"
        ).get("")
    page_url = canonical_url(urljoin(get_base_url(response), url), site_url) if url else ""
    if page_url is None:
        raise UsageError(f"{url} is not on {site_url}; give the page's own URL with --url.")
    return show_page(html, Visit(page_url or site_url + "/", "article"), site_url)


def show_page(html: Selector, visit: Visit, site_url: str) -> dict[str, Any]:
    """Read a page, and return everything there is to show of it, ready for JSON."""
    reading = read_article(html, visit, site_url)
    path = urlsplit(visit.final_url or visit.url).path
    if reading.article.rejection_reason == "listing" or site.author_slug(path):
        return _describe_listing(visit, read_listing(html, visit, site_url))
    article = drop_filler(normalise(reading.article, datetime.now(UTC).date()))
    known_url = path != "/"
    gated = gate(replace(visit, article=article), known_url=known_url)
    return {
        "url": article.url if known_url else None,
        "kept": gated.outcome == "read",
        "reason": f"{gated.reason}: {gated.detail}" if gated.outcome == "rejected" else None,
        "status": visit.status,
        "article": _fields(article),
        "evidence": article.evidence,
        "rules": article.rules,
        "sources": {
            name: [source._asdict() for source in sources]
            for name, sources in article.sources.items()
        },
        "links": [asdict(link) for link in article.links],
        "blocks": _blocks(reading),
    }


def _fields(article: Article) -> dict[str, Any]:
    row = {**article_row(article), "authors": [asdict(author) for author in article.authors]}
    return {name: row[name] for name in _FIELDS}


def _blocks(reading: Reading) -> list[dict[str, str]]:
    roles = iter(classify_paragraphs(reading.article.paragraphs))
    return [
        {**block._asdict(), "role": next(roles) if block.role == "text" else block.role}
        for block in reading.blocks
    ]


def _describe_listing(visit: Visit, listing: Listing) -> dict[str, Any]:
    return {
        "url": visit.final_url or visit.url,
        "kept": bool(listing.articles),
        "reason": None if listing.articles else "a listing without links to articles",
        "status": visit.status,
        "listing": {
            "slug": listing.slug,
            "name": listing.name,
            "bio": listing.bio,
            "next_page": listing.next_page.url if listing.next_page else None,
        },
        "links": [asdict(link) for link in listing.articles],
    }


def print_page(result: dict[str, Any]) -> None:
    """Print the result of `show_page` as tables; lines are not wrapped unless on a terminal."""
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    outcome = "would be kept" if result["kept"] else f"would not be kept: {result['reason']}"
    console.print(Text(result["url"] or "URL not known (give it with --url)", style="bold"))
    console.print(Text(strip_control_chars(outcome)))
    fields, rules = result.get("article") or result["listing"], result.get("rules", {})
    rows = [[name, _as_text(value), rules.get(name, "")] for name, value in fields.items()]
    rows += [["evidence", _as_text(result["evidence"]), ""]] if "evidence" in result else []
    print_table(["field", "value", "rule"], rows)
    sources = [
        [name, "for" if source["agrees"] else "against", source["name"], source["value"]]
        for name, entries in result.get("sources", {}).items()
        for source in entries
    ]
    if sources:
        print_table(["field", "says", "source", "value"], sources)
    print_table(["kind", "link"], [[link["kind"], link["url"]] for link in result["links"]])
    if "blocks" in result:
        print_table(
            ["region", "role", "text block"],
            [[block["region"], block["role"], block["text"]] for block in result["blocks"]],
        )


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(
            f"{item['name']} ({item['slug']})" if isinstance(item, dict) else str(item)
            for item in value
        )
    return "" if value is None else str(value)
