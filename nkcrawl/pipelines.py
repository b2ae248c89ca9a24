"""The four steps between a page and its row, in running order, each a thin class over what does the
work.
"""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from nkcrawl import site
from nkcrawl.archive import Archive
from nkcrawl.extensions import RunRecord
from nkcrawl.extensions.verdict import FORBIDDEN, GONE, is_no_failure
from nkcrawl.items import (
    ARTICLE_FIELDS,
    Article,
    Author,
    Failure,
    Feed,
    Item,
    Listing,
    Rejection,
    Skip,
    Unchanged,
    article_columns,
)
from nkcrawl.paywall import classify_paragraphs, judge_access, text_evidence
from nkcrawl.spiders.nknews import NKNewsSpider
from nkcrawl.text import normalize_whitespace

# Longest field a row may hold, in characters; what is longer is no field of a news article.
FIELD_LIMIT = 1_000
NOTE_LIMIT = 5_000
BODY_LIMIT = 500_000
OLDEST = date(2010, 1, 1)  # NK News began in 2010

_LINES = article_columns("line")


class NormalisePipeline:
    """Clean every field, and drop dates that cannot be."""

    def process_item(self, item: Item) -> Item:
        return normalise(item, datetime.now(UTC).date()) if isinstance(item, Article) else item


def normalise(article: Article, today: date) -> Article:
    """Return the article with each text on clean lines, empty ones None, and dates outside 2010 to
    tomorrow dropped.
    """
    lines: dict[str, Any] = {
        name: normalize_whitespace(getattr(article, name) or "") or None for name in _LINES
    }
    possible = article.published_on and OLDEST <= date.fromisoformat(
        article.published_on
    ) <= today + timedelta(days=2)
    paragraphs = [
        line for paragraph in article.paragraphs if (line := normalize_whitespace(paragraph))
    ]
    return replace(
        article,
        **lines,
        note="\n\n".join(
            filter(None, map(normalize_whitespace, (article.note or "").split("\n\n")))
        )
        or None,
        paragraphs=paragraphs,
        authors=[
            Author(author.slug, normalize_whitespace(author.name)) for author in article.authors
        ],
        published_on=article.published_on if possible else None,
        published_at=article.published_at if possible else None,
        modified_at=article.modified_at if possible else None,
    )


class PaywallPipeline:
    """Drop the paragraphs that only sell a subscription, and say whether the article is cut off by
    a paywall.
    """

    def process_item(self, item: Item) -> Item:
        return drop_filler(item) if isinstance(item, Article) else item


def drop_filler(article: Article) -> Article:
    """Return the article without filler paragraphs, with `access` judged and its evidence
    listed.
    """
    kinds = classify_paragraphs(article.paragraphs)
    kept = [
        paragraph
        for paragraph, kind in zip(article.paragraphs, kinds, strict=True)
        if kind == "lead"
    ]
    offers = [
        paragraph
        for paragraph, kind in zip(article.paragraphs, kinds, strict=True)
        if kind == "offer"
    ]
    evidence = [*article.evidence, *text_evidence(kept, offers)]
    rules = {**article.rules, "access": "weighed evidence"}
    return replace(
        article, paragraphs=kept, evidence=evidence, access=judge_access(evidence), rules=rules
    )


class ArticleGatePipeline:
    """Turn what is no article into a rejection with its reason."""

    def process_item(self, item: Item) -> Item:
        return gate(item) if isinstance(item, Article) else item


def gate(article: Article, *, known_url: bool = True) -> Article | Rejection:
    """Return the article, or a `Rejection` saying why the page is not kept as one; a saved page's
    URL may not be known.
    """
    page = article.page
    served = page.final_url or page.url
    if known_url and site.article_month(urlsplit(served).path) is None:
        return Rejection(
            page, "not an article URL", f"the request for {page.url} ended at {served}"
        )
    if article.suspicion:
        return Rejection(page, article.suspicion, f"headline {_short(article.title)}")
    if not article.title:
        return Rejection(page, "no headline", "neither a heading nor a title was found")
    for name, limit in [(name, FIELD_LIMIT) for name in _LINES] + [("note", NOTE_LIMIT)]:
        if len(getattr(article, name) or "") > limit:
            return Rejection(
                page, "absurd field", f"{name} has {len(getattr(article, name))} characters"
            )
    if sum(map(len, article.paragraphs)) > BODY_LIMIT:
        return Rejection(page, "absurd field", "the body is longer than any article")
    return article


def _short(words: str | None) -> str:
    return repr(words if words is None or len(words) <= 100 else words[:100] + "…")


class StoragePipeline:
    """Write each item into the archive, one transaction a page, when the watch has no doubts about
    it; the last step.
    """

    def __init__(self, crawler: Crawler, record: RunRecord) -> None:
        self.crawler = crawler
        self.stats = crawler.stats
        self.record = record
        self.archive: Archive = record.archive

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StoragePipeline":
        if not isinstance(crawler.spider, NKNewsSpider):  # nothing of another spider is stored
            raise NotConfigured
        pipeline = cls(crawler, RunRecord.of(crawler))
        crawler.signals.connect(pipeline.scheduler_empty, signal=signals.scheduler_empty)
        return pipeline

    def process_item(self, item: Item) -> Item:
        self._count_seen(item)
        for released in self.record.offer(item):
            self._store(released)
        return item

    def scheduler_empty(self) -> None:
        """Settle where no page is left to ask for, for what is held back may lead to more; a pause
        is not the end.
        """
        assert self.crawler.engine is not None
        assert self.crawler.engine.scheduler is not None
        if not self.crawler.engine.scheduler.has_pending_requests():
            self.settle()

    def close_spider(self) -> None:
        self.settle()

    def settle(self) -> None:
        """Store what the watch holds back, there being nothing more to learn from."""
        try:
            for released in self.record.watch.end():
                self._store(released)
        except sqlite3.Error as error:
            self.record.stop_for(error)

    def _store(self, item: Item) -> None:
        match item:
            case Article():
                row, run_id = as_row(item), self.record.run_id
                outcome = self.archive.store_article(
                    row, item.authors, item.page, item.links, run_id
                )
                self._count(f"articles/{outcome}")
            case Listing():
                self._count_links("article", len(item.articles), self.archive.store_listing(item))
            case Feed():
                self._count_links("feed", len(item.articles), self.archive.store_feed(item))
            case Unchanged():
                self.archive.store_unchanged(item)
            case Rejection():
                self.archive.store_rejection(item, self.record.run_id)
            case Failure():
                self.archive.store_failure(item)

    def _count_seen(self, item: Item) -> None:
        match item:
            case Article():
                self._count("articles", f"access/{item.access}")
                row = as_row(item)
                for name in ARTICLE_FIELDS:
                    self.stats.inc_value(f"nkcrawl/filled/{name}", int(bool(row[name])))
            case Listing():
                self._count("listings")
            case Feed():
                self._count("feeds")
            case Unchanged():
                self._count("not modified", f"not modified/{item.page.kind}")
                if item.page.kind == "article":
                    self._count("articles", "articles/unchanged")
            case Rejection():
                self._count("rejected", f"rejected/{item.reason}")
            case Failure() if item.reason == FORBIDDEN:
                self._count("skipped", f"skipped/{item.reason}", f"forbidden/{item.page.kind}")
            case Failure():
                what = (
                    "no feed"
                    if is_no_failure(item)
                    else "gone"
                    if item.reason in GONE
                    else "failed"
                )
                self._count(what, f"{what}/{item.reason}")
            case Skip():
                self._count("skipped", f"skipped/{item.reason}")

    def _count_links(self, source: str, seen: int, new: int) -> None:
        self.stats.inc_value(f"nkcrawl/links/{source}", seen)
        self.stats.inc_value("nkcrawl/links/new", new)

    def _count(self, *names: str) -> None:
        for name in names:
            self.stats.inc_value(f"nkcrawl/{name}")


def as_row(article: Article) -> dict[str, Any]:
    """Return the columns of `articles` that come from the page."""
    return {name: getattr(article, name) for name in ARTICLE_FIELDS if name != "body"} | {
        "url": article.url,
        "body": "\n\n".join(article.paragraphs),
        "access_evidence": article.evidence,
        "extractor_version": article.extractor_version,
    }
