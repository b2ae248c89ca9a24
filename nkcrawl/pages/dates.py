"""When an article was published and changed: as its header shows and as the page states, within the
month of its URL.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.items import Article
from nkcrawl.pages.blocks import BEFORE, TimeElement
from nkcrawl.pages.metadata import PageMetadata
from nkcrawl.pages.roles import PageLayout
from nkcrawl.pages.sources import weigh
from nkcrawl.text import SEOUL, dates_in, format_timestamp, parse_timestamp, seoul_day


def read_dates(article: Article, layout: PageLayout, metadata: PageMetadata) -> None:
    """Find the publication day: the byline's date first, then what is stated; the URL's month can
    veto, never invent.

    The date at the top of the page is the day of the visit, and dates in captions are the images':
    neither is looked at.
    """
    month = site.article_month(urlsplit(article.url).path)
    timestamps = [
        (timestamp, rule)
        for timestamp, rule in _timestamps(layout, metadata)
        if _is_near(_in_seoul(timestamp), month)
    ]
    found = _shown_day(layout, timestamps, month) or _stated_day(metadata, timestamps, month)
    if found is None:
        return
    day, article.rules["published_on"] = found
    article.published_on = day.isoformat()
    _weigh_days(article, layout, metadata, day)
    for timestamp, rule in timestamps:
        if _in_seoul(timestamp) == day:
            article.published_at, article.rules["published_at"] = (
                format_timestamp(timestamp),
                rule,
            )
            _read_modified(article, layout, metadata, timestamp)
            return


def _weigh_days(article: Article, layout: PageLayout, metadata: PageMetadata, day: date) -> None:
    days = [(shown.isoformat(), "date in the byline") for shown in _shown_days(layout)]
    days += [(str(seoul_day(value) or value), rule) for value, rule in metadata.published]
    weigh(article, "published_on", day.isoformat(), days)


def _shown_day(
    layout: PageLayout, timestamps: list[tuple[datetime, str]], month: date | None
) -> tuple[date, str] | None:
    """Return the day that the byline shows, in Seoul even where the theme prints the UTC day of the
    timestamp beside it.
    """
    for day in _shown_days(layout):
        for timestamp, rule in timestamps:
            if day == _in_seoul(timestamp):
                return day, "date in the byline"
            if day == timestamp.date():
                return _in_seoul(timestamp), f"{rule}, as a day in Seoul"
        if month is None or (day.year, day.month) == (month.year, month.month):
            return day, "date in the byline"
    return None


def _stated_day(
    metadata: PageMetadata, timestamps: list[tuple[datetime, str]], month: date | None
) -> tuple[date, str] | None:
    for timestamp, rule in timestamps:
        return _in_seoul(timestamp), f"{rule}, as a day in Seoul"
    for value, rule in metadata.published:
        day = seoul_day(value)
        if day and _is_near(day, month):
            return day, rule
    return None


def _in_seoul(timestamp: datetime) -> date:
    return timestamp.astimezone(SEOUL).date()


def _read_modified(
    article: Article, layout: PageLayout, metadata: PageMetadata, published: datetime
) -> None:
    shown = [
        (time.value, "update in the byline")
        for block in layout.header() for time in block.times if _is_update(time)
    ]  # fmt: skip
    for value, rule in [*metadata.modified, *shown]:
        timestamp = parse_timestamp(value)
        if timestamp and timestamp >= published:
            article.modified_at = format_timestamp(timestamp)
            article.rules["modified_at"] = rule
            return


def _is_update(time: TimeElement) -> bool:
    return time.modified or bool(site.MODIFIED.search(time.before))


def _shown_days(layout: PageLayout) -> Iterator[date]:
    for block in layout.header():
        updates = [time for time in block.times if _is_update(time)]
        for found in dates_in(block.text):
            in_update = any(found.start >= time.start and found.end <= time.start + len(time.text) + 1
                            for time in updates)  # fmt: skip
            if not in_update and not site.MODIFIED.search(
                block.text[max(0, found.start - BEFORE) : found.start]
            ):
                yield found.day
        for time in block.times:
            if (
                time not in updates
                and not any(dates_in(time.text))
                and parse_timestamp(time.value) is None
            ):
                yield from filter(None, [seoul_day(time.value)])


def _timestamps(layout: PageLayout, metadata: PageMetadata) -> Iterator[tuple[datetime, str]]:
    for block in layout.header():
        for time in block.times:
            timestamp = parse_timestamp(time.value)
            if timestamp and not _is_update(time):
                yield timestamp, "time element in the byline"
    for value, rule in metadata.published:
        if timestamp := parse_timestamp(value):
            yield timestamp, rule


def _is_near(day: date, month: date | None) -> bool:
    """Return whether a day lies in the URL's month, a day's grace on either side for a month turned
    in another time zone.

    A page whose URL names no month (a saved file) has nothing to veto with.
    """
    if month is None:
        return True
    following = (month + timedelta(days=31)).replace(day=1)
    return month - timedelta(days=1) <= day <= following
