"""When a page is due again: pure functions on timestamps as the archive stores them.

A wait of whole days is shortened by a few hours: no nightly run starts at the exact minute of an
earlier one.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.text import SEOUL, format_timestamp

Clock = Callable[[], datetime]

_ARTICLE_VISITS = (timedelta(days=1), timedelta(days=7))  # after publication
_FEED_VISIT = timedelta(hours=12)  # a nightly run finds the feed due at whatever minute it starts
_EARLIER = timedelta(hours=4)
_FIRST_BACKOFF = timedelta(hours=12)
_LONGEST_BACKOFF = timedelta(days=30)
# Age in calendar months of an author's newest article → days until the next visit.
_AUTHOR_VISITS = ((1, 1), (3, 3), (12, 7))
_QUIET_AUTHOR = 30
_UNKNOWN_AUTHOR = 7


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def after_article(
    now: datetime, url: str, published_at: str | None, published_on: str | None, first_seen_at: str
) -> str | None:
    """Return when an article that was just read is due again, or None after its last visit.

    Raises ValueError for an invalid date.
    """
    published = _published(url, published_at, published_on, first_seen_at)
    visits = (published + wait for wait in _ARTICLE_VISITS)
    return next((format_timestamp(visit) for visit in visits if visit > now), None)


def _published(
    url: str, published_at: str | None, published_on: str | None, first_seen_at: str
) -> datetime:
    """Return the publication time, or the latest it can be: the end of its day or URL's month."""
    if published_at:
        return datetime.fromisoformat(published_at)
    if published_on:
        return _midnight(date.fromisoformat(published_on) + timedelta(days=1))
    first_seen, month = datetime.fromisoformat(first_seen_at), _month(url)
    if month is None:
        return first_seen
    return min(first_seen, _midnight((month + timedelta(days=31)).replace(day=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SEOUL)


def _month(url: str) -> date | None:
    return site.article_month(urlsplit(url).path)


def after_listing(now: datetime, url: str, article_urls: Iterable[str]) -> str | None:
    """Return when a listing page that was just read is due again; None if it is a later page.

    `article_urls` are the articles it shows; the newest of them, by the month in its URL, says how
    busy the author is.
    """
    if not is_front_page(url):
        return None
    months = [month for month in map(_month, article_urls) if month is not None]
    if not months:
        return _days_from(now, _UNKNOWN_AUTHOR)
    today, newest = now.astimezone(SEOUL), max(months)
    age = (today.year - newest.year) * 12 + today.month - newest.month
    return _days_from(
        now, next((days for limit, days in _AUTHOR_VISITS if age <= limit), _QUIET_AUTHOR)
    )


def is_front_page(url: str) -> bool:
    """Return whether a URL is the first page of an author's listing."""
    return site.author_page_number(urlsplit(url).path) == 1


def after_feed(now: datetime) -> str:
    """Return when the feed is due again after a visit."""
    return format_timestamp(now + _FEED_VISIT)


def after_failure(now: datetime, failures: int) -> str:
    """Return when a page is due again after its visit failed for the `failures`th time in a row."""
    if failures <= 1:
        return format_timestamp(now + _FIRST_BACKOFF)
    days = 2 ** min(failures - 2, 10)  # far beyond the longest backoff, without an overflow
    return _days_from(now, min(days, _LONGEST_BACKOFF.days))


def _days_from(now: datetime, days: int) -> str:
    return format_timestamp(now + timedelta(days=days) - _EARLIER)
