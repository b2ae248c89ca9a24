"""When a page is due again; pure: times go in and come out as the archive stores them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from urllib.parse import urlsplit

SEOUL = timezone(timedelta(hours=9))
_ARTICLE_VISITS = (timedelta(days=1), timedelta(days=7))  # after publication
_FEED_VISIT = timedelta(hours=12)  # so that a run each night finds it due, at whatever minute
_EARLIER = timedelta(
    hours=4
)  # than whole days, for no night's run comes to the minute of an earlier one
_FIRST_BACKOFF = timedelta(hours=12)
_LONGEST_BACKOFF = timedelta(days=30)
# Age in calendar months of an author's newest article → days until the next visit.
_AUTHOR_VISITS = ((1, 1), (3, 3), (12, 7))
_QUIET_AUTHOR = 30
_UNKNOWN_AUTHOR = 7
_YEAR_AND_MONTH = re.compile(r"^/(20\d\d)/(0[1-9]|1[0-2])/", re.ASCII)


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Write a moment that knows its offset as the archive does: 2025-06-20T03:15:00Z."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def after_article(
    now: datetime, url: str, published_at: str | None, published_on: str | None, first_seen_at: str
) -> str | None:
    """Return when an article that was just read is due again, or None when it has had all its
    visits.

    Raises ValueError for a date that is none.
    """
    published = _publication(url, published_at, published_on, first_seen_at)
    visits = (published + wait for wait in _ARTICLE_VISITS)
    return next((stamp(visit) for visit in visits if visit > now), None)


def _publication(
    url: str, published_at: str | None, published_on: str | None, first_seen_at: str
) -> datetime:
    """Return the stated moment, or else the end of the stated day, so that a visit is rather late
    than early.

    An article without a date was published before it was seen, and at the latest in the month that
    its URL names.
    """
    if published_at:
        return _moment(published_at)
    if published_on:
        return datetime.combine(date.fromisoformat(published_on) + timedelta(days=1), time(), SEOUL)
    first_seen, month = _moment(first_seen_at), _month_of(url)
    if month is None:
        return first_seen
    return min(first_seen, datetime(month // 12, month % 12 + 1, 1, tzinfo=SEOUL))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def after_listing(now: datetime, url: str, article_urls: Iterable[str]) -> str | None:
    """Return when a listing page that was just read is due again: never, unless it is the first of
    its listing.

    `article_urls` are the articles it shows; the newest of them, by the month in its URL, says how
    busy the author is.
    """
    if not is_first_page(url):
        return None
    months = [month for month in map(_month_of, article_urls) if month is not None]
    if not months:
        return _nights_from(now, _UNKNOWN_AUTHOR)
    local = now.astimezone(SEOUL)
    age = local.year * 12 + local.month - max(months)
    return _nights_from(
        now, next((days for limit, days in _AUTHOR_VISITS if age <= limit), _QUIET_AUTHOR)
    )


def _nights_from(now: datetime, days: int) -> str:
    return stamp(now + timedelta(days=days) - _EARLIER)


def after_feed(now: datetime) -> str:
    """Return when the feed, just looked at, is due again."""
    return stamp(now + _FEED_VISIT)


def _month_of(url: str) -> int | None:
    found = _YEAR_AND_MONTH.match(urlsplit(url).path)
    return int(found[1]) * 12 + int(found[2]) if found else None


def is_first_page(url: str) -> bool:
    """Tell whether a listing's URL has no page number: /author/slug/ has none, /author/slug/page/2/
    has.
    """
    return len([segment for segment in urlsplit(url).path.split("/") if segment]) <= 2


def listing_name(url: str) -> str:
    """Return whose listing a URL is a page of: 'slug' for /author/slug/ and for
    /author/slug/page/2/.
    """
    return [segment for segment in urlsplit(url).path.split("/") if segment][1]


def after_failure(now: datetime, failures: int) -> str:
    """Return when a page is due again after so many failures in a row, the present one included."""
    if failures <= 1:
        return stamp(now + _FIRST_BACKOFF)
    days = 2 ** min(failures - 2, 10)  # far past the longest wait, and no overflow
    return stamp(now + min(timedelta(days=days), _LONGEST_BACKOFF) - _EARLIER)
