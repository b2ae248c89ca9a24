"""When an article was published and changed: from its header and metadata, checked by its URL."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.items import Article
from nkcrawl.pages.blocks import BEFORE, Block, TimeElement
from nkcrawl.pages.page import ArticlePage, compare_sources
from nkcrawl.text import SEOUL, dates_in, format_timestamp, parse_timestamp, seoul_day

_Timestamps = list[tuple[datetime, str]]  # (timestamp, rule)


def read_dates(article: Article, page: ArticlePage) -> None:
    """Set the dates: the byline's first, then the metadata's; the month in the URL can veto them.

    The date at the top of the page is the day of the visit, and dates in captions belong to the
    images: both are ignored.
    """
    month = site.article_month(urlsplit(article.url).path)
    timestamps = [
        (timestamp, rule)
        for timestamp, rule in _timestamps(page)
        if _is_near(_in_seoul(timestamp), month)
    ]
    match = _day_in_header(page, timestamps, month) or _stated_day(page, timestamps, month)
    if match is None:
        return
    day, article.rules["published_on"] = match
    article.published_on = day.isoformat()
    days = [(header_day.isoformat(), "date in the byline") for header_day in _days_in_header(page)]
    days += [(str(seoul_day(value) or value), rule) for value, rule in page.metadata.published]
    compare_sources(article, "published_on", article.published_on, days)
    for timestamp, rule in timestamps:
        if _in_seoul(timestamp) == day:
            article.published_at = format_timestamp(timestamp)
            article.rules["published_at"] = rule
            _read_modified(article, page, timestamp)
            return


def _day_in_header(
    page: ArticlePage, timestamps: _Timestamps, month: date | None
) -> tuple[date, str] | None:
    """Return the day in the byline, in Seoul even if the theme prints the UTC day."""
    for day in _days_in_header(page):
        for timestamp, rule in timestamps:
            if day == _in_seoul(timestamp):
                return day, "date in the byline"
            if day == timestamp.date():
                return _in_seoul(timestamp), f"{rule}, as a day in Seoul"
        if month is None or (day.year, day.month) == (month.year, month.month):
            return day, "date in the byline"
    return None


def _stated_day(
    page: ArticlePage, timestamps: _Timestamps, month: date | None
) -> tuple[date, str] | None:
    for timestamp, rule in timestamps:
        return _in_seoul(timestamp), f"{rule}, as a day in Seoul"
    for value, rule in page.metadata.published:
        day = seoul_day(value)
        if day and _is_near(day, month):
            return day, rule
    return None


def _in_seoul(timestamp: datetime) -> date:
    return timestamp.astimezone(SEOUL).date()


def _read_modified(article: Article, page: ArticlePage, published: datetime) -> None:
    updates = [
        (time.value, "update in the byline")
        for block in page.header() for time in block.times if _is_update(time)
    ]  # fmt: skip
    for value, rule in [*page.metadata.modified, *updates]:
        timestamp = parse_timestamp(value)
        if timestamp and timestamp >= published:
            article.modified_at = format_timestamp(timestamp)
            article.rules["modified_at"] = rule
            return


def _is_update(time: TimeElement) -> bool:
    return time.modified or bool(site.MODIFIED.search(time.before))


def _days_in_header(page: ArticlePage) -> Iterator[date]:
    for block in page.header():
        yield from _days_in_text(block)
        for time in block.times:
            if (
                not _is_update(time)
                and not any(dates_in(time.text))
                and parse_timestamp(time.value) is None
                and (day := seoul_day(time.value))
            ):
                yield day


def _days_in_text(block: Block) -> Iterator[date]:
    """Yield the days in a line, except those of an update."""
    spans = [
        (time.start, time.start + len(time.text) + 1) for time in block.times if _is_update(time)
    ]
    for match in dates_in(block.text):
        in_update = any(start <= match.start and match.end <= end for start, end in spans)
        before = block.text[max(0, match.start - BEFORE) : match.start]
        if not in_update and not site.MODIFIED.search(before):
            yield match.day


def _timestamps(page: ArticlePage) -> Iterator[tuple[datetime, str]]:
    for block in page.header():
        for time in block.times:
            timestamp = parse_timestamp(time.value)
            if timestamp and not _is_update(time):
                yield timestamp, "time element in the byline"
    for value, rule in page.metadata.published:
        if timestamp := parse_timestamp(value):
            yield timestamp, rule


def _is_near(day: date, month: date | None) -> bool:
    """Return whether a day lies in the URL's month, or one day beside it (another time zone).

    A URL without a month (a saved file) allows any day.
    """
    if month is None:
        return True
    following = (month + timedelta(days=31)).replace(day=1)
    return month - timedelta(days=1) <= day <= following
