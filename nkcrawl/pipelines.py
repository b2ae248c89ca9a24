"""The four steps between a page and its row, in running order, each a thin class over functions."""

import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import Crawler

from nkcrawl import site
from nkcrawl.archive import Archive, article_row
from nkcrawl.extensions import HealthMonitor, Run
from nkcrawl.extensions.endings import stat_name
from nkcrawl.extensions.health import month_of
from nkcrawl.extensions.run import failure_count
from nkcrawl.items import ARTICLE_FIELDS, Article, Author, Reason, Visit, article_columns
from nkcrawl.paywall import drop_filler
from nkcrawl.text import normalize_whitespace

# Characters of the longest fields that a news article may have.
FIELD_LIMIT = 1_000
NOTE_LIMIT = 5_000
BODY_LIMIT = 500_000
FIRST_DATE = date(2010, 1, 1)  # NK News began in 2010
_GOOD_RUNS = 7  # whose counts of recent articles are the baseline
_OLDEST_NEWS = 24  # months; on an empty archive, older articles are not recent

_LINES = article_columns("line")


class NormalisePipeline:
    """Clean every field, and drop impossible dates."""

    def process_item(self, visit: Visit) -> Visit:
        if visit.article:
            visit.article = normalise(visit.article, datetime.now(UTC).date())
        return visit


def normalise(article: Article, today: date) -> Article:
    """Return the article with clean text, None for empty fields, and without impossible dates.

    A date is possible from 2010 to two days after `today`: the site is hours ahead of UTC.
    """
    lines: dict[str, Any] = {
        name: normalize_whitespace(getattr(article, name) or "") or None for name in _LINES
    }
    published_on = article.published_on and date.fromisoformat(article.published_on)
    possible = published_on and FIRST_DATE <= published_on <= today + timedelta(days=2)
    return replace(
        article,
        **lines,
        note="\n\n".join(_clean_lines((article.note or "").split("\n\n"))) or None,
        paragraphs=_clean_lines(article.paragraphs),
        authors=[
            Author(author.slug, normalize_whitespace(author.name)) for author in article.authors
        ],
        published_on=article.published_on if possible else None,
        published_at=article.published_at if possible else None,
        modified_at=article.modified_at if possible else None,
    )


def _clean_lines(texts: list[str]) -> list[str]:
    return [line for line in map(normalize_whitespace, texts) if line]


class PaywallPipeline:
    """Drop filler paragraphs, and determine whether the article is cut off by the paywall."""

    def process_item(self, visit: Visit) -> Visit:
        if visit.article:
            visit.article = drop_filler(visit.article)
        return visit


class ArticleGatePipeline:
    """Reject pages that are not articles, with a reason."""

    def process_item(self, visit: Visit) -> Visit:
        return gate(visit)


def gate(visit: Visit, *, known_url: bool = True) -> Visit:
    """Return the visit, or it as rejected if its page is not kept as an article.

    The URL of a saved page may be unknown.
    """
    article = visit.article
    if article is None:
        return visit
    served = visit.final_url or visit.url
    if known_url and site.article_month(urlsplit(served).path) is None:
        detail = f"the request for {visit.url} ended at {served}"
        return visit.rejected(Reason.NOT_ARTICLE_URL, detail)
    if article.rejection_reason:
        return visit.rejected(article.rejection_reason, f"headline {_shortened(article.title)}")
    if not article.title:
        return visit.rejected(Reason.NO_HEADLINE, "neither a heading nor a title was found")
    if too_long := _too_long_field(article):
        return visit.rejected(Reason.FIELD_TOO_LONG, too_long)
    return visit


def _too_long_field(article: Article) -> str | None:
    for name, limit in [(name, FIELD_LIMIT) for name in _LINES] + [("note", NOTE_LIMIT)]:
        length = len(getattr(article, name) or "")
        if length > limit:
            return f"{name} has {length} characters"
    is_too_long = sum(map(len, article.paragraphs)) > BODY_LIMIT
    return "the body is longer than any article" if is_too_long else None


def _shortened(text: str | None) -> str:
    return repr(text if text is None or len(text) <= 100 else text[:100] + "…")


class StoragePipeline:
    """Store each visit in a transaction of its own, unless the site's health is in doubt."""

    def __init__(self, crawler: Crawler, run: Run) -> None:
        self.crawler = crawler
        self.stats = crawler.stats
        self.run = run
        self.archive = run.archive
        is_explicit = bool(run.args.url or run.args.authors)
        self.health = health_monitor(run.archive, datetime.now(UTC), is_explicit)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StoragePipeline":
        pipeline = cls(crawler, Run.of(crawler))
        crawler.signals.connect(pipeline.scheduler_empty, signal=signals.scheduler_empty)
        return pipeline

    def process_item(self, visit: Visit) -> Visit:
        self._count(*visit_counts(visit))
        if self.run.is_lost_without_memory(visit):
            return visit
        self.run.note_failure(visit)
        for released in self.health.check(visit, self.archive.lookup(visit)):
            self._store(released)
        if self.health.stopped:
            self.run.stop(self.health.stopped)
        return visit

    def scheduler_empty(self) -> None:
        """Store what is held back, as it may lead to more pages, unless Scrapy only pauses."""
        assert self.crawler.engine is not None
        assert self.crawler.engine.scheduler is not None
        if not self.crawler.engine.scheduler.has_pending_requests():
            self._flush()

    def close_spider(self) -> None:
        self._flush()
        self.run.site_ending = self.health.ending()
        self.run.suspects = self.health.suspects
        self.run.newly_rejected = self.health.newly_rejected
        for name, count in self.health.counts.items():
            self.stats.set_value(name, count)

    def _flush(self) -> None:
        try:
            for released in self.health.flush():
                self._store(released)
        except sqlite3.Error as error:
            self.run.stop_for(error)

    def _store(self, visit: Visit) -> None:
        stored = self.archive.store(visit, self.run.id)
        if stored.article:
            self._count(f"articles/{stored.article}")
        if visit.listing:
            source = "feed" if visit.kind == "feed" else "article"
            self.stats.inc_value(f"nkcrawl/links/{source}", len(visit.listing.articles))
            self.stats.inc_value("nkcrawl/links/new", stored.new_links)

    def _count(self, *names: str) -> None:
        for name in names:
            self.stats.inc_value(f"nkcrawl/{name}")


def health_monitor(archive: Archive, now: datetime, is_explicit: bool) -> HealthMonitor:
    """Return a monitor that knows what is usual from the last good runs of the archive."""
    baseline: Counter[str] = Counter()
    for stats in archive.stats_of_good_runs("nkcrawl/recent/visited", _GOOD_RUNS):
        baseline.update(
            {name: count for name, count in stats.items() if name.startswith("nkcrawl/recent/")}
        )
    this_month = now.year * 12 + now.month
    newest_month = min(month_of(archive.newest_article_url()), this_month + 1)
    oldest_month = this_month - _OLDEST_NEWS
    return HealthMonitor(max(newest_month, oldest_month), this_month, baseline, is_explicit)


def visit_counts(visit: Visit) -> list[str]:
    """Return the names of the stats, below `nkcrawl/`, that count a visit."""
    reason = stat_name(visit.reason)
    match visit.outcome:
        case "read" if article := visit.article:
            row = article_row(article)
            filled = [f"filled/{name}" for name in ARTICLE_FIELDS if row[name]]
            return ["articles", f"access/{article.access}", *filled]
        case "read":
            return ["feeds" if visit.kind == "feed" else "listings"]
        case "unchanged":
            articles = ["articles", "articles/unchanged"] if visit.kind == "article" else []
            return ["not_modified", f"not_modified/{visit.kind}", *articles]
        case "failed" if visit.reason == Reason.FORBIDDEN:
            return ["skipped", f"skipped/{reason}", f"forbidden/{visit.kind}"]
        case "failed":
            return [count := failure_count(visit), f"{count}/{reason}"]
        case outcome:  # rejected, skipped
            return [outcome, f"{outcome}/{reason}"]
