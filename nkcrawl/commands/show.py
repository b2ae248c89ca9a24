"""`scrapy show`: one page through the whole chain, without storing anything."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
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
from nkcrawl.commands import complain, end_quietly_on_closed_pipe, print_json, print_table
from nkcrawl.items import ARTICLE_FIELDS, Article, Listing, Page, Rejection
from nkcrawl.middlewares import in_its_charset
from nkcrawl.options import apply_options, read_options
from nkcrawl.pages import Reading, parse_html, read_article, read_listing
from nkcrawl.paywall import classify_paragraphs
from nkcrawl.pipelines import as_row, drop_filler, gate, normalise
from nkcrawl.spiders.nknews import NotVisited
from nkcrawl.text import canonical_url, strip_control_chars

_FIELDS = (*ARTICLE_FIELDS, "authors", "extractor_version")


class Command(ScrapyCommand):
    requires_project = True

    def syntax(self) -> str:
        return "[options] <URL or file>"

    def short_desc(self) -> str:
        return "Show how a page is read, storing nothing"

    def long_desc(self) -> str:
        return (
            "Take one page, by its URL or from a saved HTML file, through the whole chain without storing anything: each "
            "field, the rule that answered, what other sources of the page say of it, and every text block of the page "
            "with its region and role. Exit codes: 0 the page would be kept, 1 it would not or could not be fetched, "
            "2 bad argument."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--url",
            metavar="URL",
            help="where a saved file came from, if it does not say so itself",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError(
                "Name one page: scrapy show URL, or scrapy show FILE", print_help=False
            )
        assert self.settings is not None
        try:
            shown = self._shown(args[0], opts.url, read_options(self.settings).site)
        except UsageError as error:
            complain(error)
            self.exitcode = 2
            return
        if isinstance(shown, str):
            complain(shown)
            self.exitcode = 1
            return
        end_quietly_on_closed_pipe()
        print_json(shown) if opts.json else print_shown(shown)
        self.exitcode = 0 if shown["kept"] else 1

    def _shown(self, target: str, url: str | None, site_url: str) -> dict[str, Any] | str:
        """Return what is to be shown of a page, or a sentence on why it could not be fetched."""
        if not target.startswith(("http://", "https://")):
            return show_file(Path(target), url, site_url)
        canonical = canonical_url(target, site_url)
        if canonical is None:
            raise UsageError(f"{target} is not on {site_url}; nkcrawl reads no other site.")
        response = self._fetch(target)
        if isinstance(response, str):
            return response
        if not isinstance(response, HtmlResponse):
            return f"{response.url} is no HTML page but {response.headers.get('Content-Type')!r}."
        final = canonical_url(response.url, site_url) or ""
        return show_page(
            parse_html(response.text), Page(canonical, "article", final, response.status), site_url
        )

    def _fetch(self, url: str) -> Response | str:
        assert self.crawler_process is not None
        crawler = self.crawler_process.create_crawler(PageSpider)
        task = self.crawler_process.crawl(crawler, url=url)
        assert isinstance(task, asyncio.Task)
        self.crawler_process.start()
        if error := task.exception():
            raise error
        assert isinstance(crawler.spider, PageSpider)
        return crawler.spider.response or f"{url} could not be fetched: {crawler.spider.trouble}"


class PageSpider(Spider):
    """Fetches one page with all the manners of a crawl (robots.txt, user agent) and keeps the
    answer for the command.
    """

    name = "page"
    custom_settings = {  # noqa: RUF012
        "HTTPERROR_ALLOW_ALL": True,  # an error page is shown too
    }
    response: Response | None = None
    trouble = "no answer"
    url: str

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_options(settings)

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self.url, callback=self.keep, errback=self.note_trouble)

    def keep(self, response: Response) -> None:
        self.response = response

    def note_trouble(self, reason: Reason) -> None:
        kind = "" if isinstance(reason.value, NotVisited) else f"{type(reason.value).__name__}: "
        self.trouble = kind + reason.getErrorMessage()


def show_file(path: Path, url: str | None, site_url: str) -> dict[str, Any]:
    """Read a saved page; its URL is `url`, or what its rel=canonical or og:url says, or unknown."""
    try:
        response = in_its_charset(HtmlResponse(site_url + "/", body=path.read_bytes()))
    except OSError as error:
        raise UsageError(
            f"{path} could not be read ({error.strerror}); give a saved HTML file or a URL."
        ) from None
    html = parse_html(response.text)
    stated = html.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content").get(
        ""
    )
    found = (
        canonical_url(urljoin(get_base_url(response), url or stated), site_url)
        if url or stated
        else ""
    )
    if found is None:
        raise UsageError(
            f"{url or stated} is not on {site_url}; give the page's own URL with --url."
        )
    return show_page(html, Page(found or site_url + "/", "article", status=None), site_url)


def show_page(html: Selector, page: Page, site_url: str) -> dict[str, Any]:
    """Take a page through the chain and return everything there is to show of it, ready for
    JSON.
    """
    reading = read_article(html, page, site_url)
    known_url = urlsplit(page.final_url or page.url).path != "/"
    if reading.article.suspicion == "listing" or site.author_slug(
        urlsplit(page.final_url or page.url).path
    ):
        return _listing_shown(read_listing(html, page, site_url))
    article = drop_filler(normalise(reading.article, datetime.now(UTC).date()))
    verdict = gate(article, known_url=known_url)
    kept = isinstance(verdict, Article)
    return {
        "url": article.url if known_url else None,
        "kept": kept,
        "reason": f"{verdict.reason}: {verdict.detail}" if isinstance(verdict, Rejection) else None,
        "status": page.status,
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
    row = {**as_row(article), "authors": [asdict(author) for author in article.authors]}
    return {name: row[name] for name in _FIELDS}


def _blocks(reading: Reading) -> list[dict[str, str]]:
    kinds = iter(classify_paragraphs(reading.article.paragraphs))
    return [
        {**block._asdict(), "role": next(kinds) if block.role == "text" else block.role}
        for block in reading.blocks
    ]


def _listing_shown(listing: Listing) -> dict[str, Any]:
    return {
        "url": listing.page.final_url or listing.page.url,
        "kept": bool(listing.articles),
        "reason": None if listing.articles else "a listing without links to articles",
        "status": listing.page.status,
        "listing": {
            "slug": listing.slug,
            "name": listing.name,
            "bio": listing.bio,
            "next_page": listing.next_page.url if listing.next_page else None,
        },
        "links": [asdict(link) for link in listing.articles],
    }


def print_shown(shown: dict[str, Any]) -> None:
    """Print what `show_page` returned, as tables; unbroken lines where the output is no
    terminal.
    """
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(Text(shown["url"] or "URL not known (give it with --url)", style="bold"))
    console.print(
        Text(
            "would be kept"
            if shown["kept"]
            else strip_control_chars(f"would not be kept: {shown['reason']}")
        )
    )
    fields = shown.get("article") or shown["listing"]
    rules = shown.get("rules", {})
    rows = [[name, _plain(value), rules.get(name, "")] for name, value in fields.items()]
    rows += [["evidence", _plain(shown["evidence"]), ""]] if "evidence" in shown else []
    print_table(["field", "value", "rule"], rows)
    sources = [
        [name, "for" if source["agrees"] else "against", source["name"], source["value"]]
        for name, said in shown.get("sources", {}).items() for source in said
    ]  # fmt: skip
    if sources:
        print_table(["field", "says", "source", "value"], sources)
    print_table(["kind", "link"], [[link["kind"], link["url"]] for link in shown["links"]])
    if "blocks" in shown:
        print_table(
            ["region", "role", "text block"],
            [[block["region"], block["role"], block["text"]] for block in shown["blocks"]],
        )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(
            f"{item['name']} ({item['slug']})" if isinstance(item, dict) else str(item)
            for item in value
        )
    return "" if value is None else str(value)
