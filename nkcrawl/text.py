"""Site-independent text handling: white space, control characters, dates, timestamps and URLs."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from difflib import SequenceMatcher
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit

from w3lib.encoding import html_to_unicode
from w3lib.url import canonicalize_url

# A fixed offset needs no time zone data: Korea has had no summer time since 1988.
SEOUL = timezone(timedelta(hours=9), "KST")

MAX_URL_LENGTH = 2_000  # characters, close to Scrapy's URLLENGTH_LIMIT
_MAX_DATE = 60  # characters
_MAX_TIMESTAMP = 100

# C0 and C1 controls except white space, zero-width characters, soft hyphens, bidirectional
# overrides and isolates.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060"
    r"\u2066-\u2069\ufeff]"
)
# Line ends that move a terminal's cursor in other ways than '\n'.
_NEW_LINES = str.maketrans(dict.fromkeys("\r\x0b\x0c\x85", "\n"))
_SURROGATES = re.compile("[\ud800-\udfff]")
_TO_ESCAPE = re.compile(f"{_INVISIBLE.pattern}|{_SURROGATES.pattern}|\x85")
_STRAIGHT_QUOTES = {"‘": "'", "’": "'", "ʼ": "'"}
_TO_STRAIGHT_QUOTES = str.maketrans(_STRAIGHT_QUOTES)
_TO_MATCH_KEY = str.maketrans(
    {**_STRAIGHT_QUOTES, "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"}
)
# Closing quotes, brackets and footnote marks may follow the stop.
_SENTENCE_END = re.compile(r"[.!?…。][\"'”’)\]»]*(?:\s?(?:\[\d{1,3}\]|[⁰¹²³⁴⁵⁶⁷⁸⁹]))*$")

# --- White space, control characters, quotes ------------------------------------------------------


def strip_control_chars(text: str) -> str:
    """Return the text without invisible and terminal control characters; tabs and new lines stay.

    Lone surrogates (a cut emoji in JSON-LD) become U+FFFD: SQLite and terminals reject them.
    """
    if text.isprintable():
        return text
    return _INVISIBLE.sub("", _SURROGATES.sub("\ufffd", text)).translate(_NEW_LINES)


def escape_control_chars(text: str) -> str:
    r"""Return the text with invisible and control characters as JSON escapes: '\u009b'."""
    return _TO_ESCAPE.sub(lambda char: f"\\u{ord(char[0]):04x}", text)


def normalize_whitespace(text: str) -> str:
    """Return the text as one line: no control characters, white space collapsed and trimmed."""
    return " ".join(strip_control_chars(text).split())


def charset_of(body: bytes, content_type: str = "") -> str:
    """Return the charset of a page: UTF-8 if its bytes are valid, else as declared, else UTF-8.

    Valid UTF-8 that is not ASCII is in practice never another charset, whatever the header
    `content_type` or the page declares.
    """
    with suppress(UnicodeDecodeError):
        body.decode()
        if not body.isascii():
            return "utf-8"
    return str(html_to_unicode(content_type, body, default_encoding="utf-8")[0])


def normalize_for_match(text: str) -> str:
    """Return a key to compare two lines by, without regard to case, quotes, dashes and spaces."""
    key = _without_spaces(strip_control_chars(text))
    return (key if key.isascii() else key.translate(_TO_MATCH_KEY)).casefold().replace("--", "-")


def straighten_quotes(text: str) -> str:
    """Return the text with straight apostrophes, as in bylines and queries."""
    return text if text.isascii() else text.translate(_TO_STRAIGHT_QUOTES)


def strip_repetition(text: str) -> str:
    """Return 'X' for 'XX', 'X X' and 'X X X': links often hold a headline or a name twice."""
    whole = _without_spaces(text)
    for times in (3, 2):
        part = whole[: len(whole) // times]
        if part * times == whole:
            once = text[: len(text) // times].strip()
            if len(once) > 2 and _without_spaces(once) == part:
                return once
    return text


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def ends_as_sentence(text: str) -> bool:
    """Return whether the text ends with a full stop or the like, and possibly closing quotes."""
    return bool(_SENTENCE_END.search(text.rstrip()))


# --- Dates in text --------------------------------------------------------------------------------

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in _MONTHS)
_WEEKDAY = r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+)?"
# 'June 20, 2025' · 'Jun 20, 2025' · 'October 21st, 2013' · 'Sept. 3, 2019'. Anything may stand
# before it, since bylines join name and date ('LankovJune 20, 2025'), and anything but a digit
# after it ('2025Jun 20, 2025').
_MONTH_FIRST = re.compile(
    rf"{_WEEKDAY}(?P<month>{_MONTH_NAMES}|sept)\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+"
    r"(?P<year>\d{4})(?!\d)",
    re.IGNORECASE,
)
# '20 June 2025' · 'Friday, 20 June 2025' · '20th of June, 2025'
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?"
    rf"(?P<month>{_MONTH_NAMES}|sept)\.?,?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
# '2025-06-20' · '2025. 6. 20.' · '2025/06/20'; with the year last, the day or the month may be
# first.
_YEAR_FIRST = re.compile(
    r"(?<![\d/.-])(?P<year>(?:19|20)\d\d)([-/]|\.\s?)(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?![\d/-])"
)
# '20.06.2025': with points the day is always first, as is usual in Europe.
_DAY_POINTS = re.compile(
    r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>(?:19|20)\d\d)(?![\d.])"
)
# '2025년 6월 20일'
_KOREAN_DATE = re.compile(r"(?P<year>\d{4})년\s*(?P<month>\d{1,2})월\s*(?P<day>\d{1,2})일")
_HAS_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class DateInText:
    """A calendar day written in a text, and the span of characters that it takes."""

    day: date
    start: int
    end: int


def dates_in(text: str) -> Iterator[DateInText]:
    """Yield the calendar days written in a text, in order; days that do not exist are skipped.

    Read are 'June 20, 2025', '20 June 2025', '2025-06-20', '20.06.2025' and '2025년 6월 20일', the
    first two also after a weekday. '06/20/2025' is not: its order is ambiguous.
    """
    if _HAS_YEAR.search(text):
        yield from sorted(_dates_in(text), key=lambda match: match.start)


def _dates_in(text: str) -> Iterator[DateInText]:
    for pattern in (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST, _DAY_POINTS, _KOREAN_DATE):
        for match in pattern.finditer(text):
            month = match["month"]
            number = int(month) if month.isdigit() else _month_number(month)
            with suppress(ValueError):
                day = date(int(match["year"]), number, int(match["day"]))
                yield DateInText(day, match.start(), match.end())


def _month_number(name: str) -> int:
    """Return the number of a month by its first three letters, 0 for another text."""
    start = name[:3].lower()
    return next((number for number, month in enumerate(_MONTHS, 1) if month[:3] == start), 0)


def without_dates(text: str, replacement: str = " ") -> str:
    """Return the text with each written date replaced."""
    for match in sorted(dates_in(text), key=lambda match: match.start, reverse=True):
        text = text[: match.start] + replacement + text[match.end :]
    return text


# --- Timestamps -----------------------------------------------------------------------------------

# ISO 8601 as often written: '2025-6-20T3:14:00+9:00', '2025-06-20 03:14 UTC'.
_LOOSE_ISO = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})"
    r"(?:[Tt ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
# 'Fri Jun 20 2025 03:14:00 GMT+0000 (Coordinated Universal Time)': ECMA-262,
# Date.prototype.toString.
_JAVASCRIPT = re.compile(
    r"(?:[a-z]{3}\s+)?(?P<month>[a-z]{3})\s+(?P<day>\d{1,2})\s+(?P<year>\d{4})\s+"
    r"(?P<time>\d{2}:\d{2}:\d{2})\s+GMT(?P<zone>[+-]\d{4})?\b.*",
    re.IGNORECASE,
)


def parse_timestamp(value: str) -> datetime | None:
    """Return a timestamp in UTC, or None if the value is invalid or has no offset.

    Read are ISO 8601, also with an hour or an offset of one digit, RFC 2822, and JavaScript's form.
    """
    return _in_zone(_parse_datetime(value), UTC)


def seoul_day(value: str) -> date | None:
    """Return the day in Seoul of a date or timestamp; one without an offset is in Seoul's time."""
    timestamp = _parse_datetime(value)
    if timestamp is None:
        dates = dates_in(value) if len(value) <= _MAX_DATE else iter(())
        return next((match.day for match in dates), None)
    if timestamp.tzinfo is None:
        return timestamp.date()
    in_seoul = _in_zone(timestamp, SEOUL)
    return in_seoul and in_seoul.date()


def _in_zone(timestamp: datetime | None, zone: timezone) -> datetime | None:
    if timestamp is None or timestamp.tzinfo is None:
        return None
    with suppress(OverflowError):
        return timestamp.astimezone(zone)
    return None


def _parse_datetime(value: str) -> datetime | None:
    value = value.strip()
    if len(value) > _MAX_TIMESTAMP:
        return None
    for candidate in (value, _as_iso(value)):
        with suppress(ValueError):
            return datetime.fromisoformat(candidate)
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return parsedate_to_datetime(value)  # RFC 2822
    return None


def _as_iso(value: str) -> str:
    """Return a timestamp of another form in ISO 8601, '' for any other text."""
    if match := _LOOSE_ISO.fullmatch(value):
        year, month, day = match["day"].split("-")
        iso = f"{year}-{month:0>2}-{day:0>2}"
        if match["hour"]:
            time = f"{match['hour']:0>2}:{match['minute']}:{match['second'] or '00'}"
            iso += f"T{time}{_offset(match['zone'] or '')}"
        return iso
    if match := _JAVASCRIPT.fullmatch(value):
        day = f"{match['year']}-{_month_number(match['month']):02}-{match['day']:0>2}"
        return f"{day}T{match['time']}{_offset(match['zone'] or 'Z')}"
    return ""


def _offset(zone: str) -> str:
    """Return a UTC offset in two digits each: '+09:00' for '+9', '+9:00' and '+0900'."""
    if zone[:1] not in ("+", "-"):
        return "+00:00" if zone else ""
    hours, _, minutes = zone[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return f"{zone[0]}{hours:0>2}:{minutes or '00'}"


def format_timestamp(timestamp: datetime) -> str:
    """Return an aware datetime in the form of the archive: '2025-06-20T03:15:00Z'."""
    return timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- URLs -----------------------------------------------------------------------------------------


def canonical_url(url: str, site: str, base: str = "") -> str | None:
    """Return the canonical form of a URL of the site, None for any other URL.

    That is the site's scheme and host (with or without www, http or https), the path as served with
    a final slash, no query, no fragment. `url` is absolute, or relative to `base`, or to the root
    of the site; `site` is like 'https://www.nknews.org'. Backslashes count as slashes (WHATWG URL).
    A URL of more than MAX_URL_LENGTH characters is None.
    """
    if len(url) > MAX_URL_LENGTH:
        return None
    try:
        bare = strip_control_chars(url).strip().replace("\\", "/")
        parts, home = urlsplit(urljoin(base or site + "/", bare)), urlsplit(site)
        same_host = _host(parts.hostname) == _host(home.hostname)
        same_port = _port(parts.port) == _port(home.port)
    except ValueError:  # 'http://[', or a port that is not a number
        return None
    if parts.scheme not in ("http", "https") or parts.username is not None:
        return None
    if not same_host or not same_port:
        return None
    path = re.sub(r"/{2,}", "/", f"{parts.path}/")
    # Percent-encoding can make it many times as long.
    canonical = str(canonicalize_url(f"{home.scheme}://{home.netloc}{path}"))
    return canonical if len(canonical) <= MAX_URL_LENGTH else None


def absolute_url(url: str, base: str) -> str | None:
    """Return an http or https URL made absolute against `base`, None for any other."""
    try:
        absolute = urljoin(base, normalize_whitespace(url)) if url else ""
        return absolute if urlsplit(absolute).scheme in ("http", "https") else None
    except ValueError:
        return None


def _host(name: str | None) -> str:
    return (name or "").removeprefix("www.")


def _port(port: int | None) -> int | None:
    return None if port in (80, 443) else port


# --- Word diff ------------------------------------------------------------------------------------

CONTEXT_WORDS = 16  # words, and the spaces between them, kept on either side of a change

DiffPart = tuple[Literal["equal", "delete", "insert"], str]


def word_diff(before: str, after: str) -> list[DiffPart]:
    """Return both texts as one list of parts in reading order: equal, deleted and inserted words.

    The parts that are not inserted make up `before`, those that are not deleted `after`.
    """
    old, new = _tokens(before), _tokens(after)
    parts: list[DiffPart] = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(
        None, old, new
    ).get_opcodes():
        if tag == "equal":
            parts.append(("equal", "".join(old[old_start:old_end])))
            continue
        if old_start < old_end:
            parts.append(("delete", "".join(old[old_start:old_end])))
        if new_start < new_end:
            parts.append(("insert", "".join(new[new_start:new_end])))
    return parts


def shorten_unchanged(parts: Sequence[DiffPart]) -> list[DiffPart]:
    """Return the parts with each equal one cut down to a few words next to the changes."""
    last = len(parts) - 1
    return [
        (tag, _with_ellipsis(text, at_start=i == 0, at_end=i == last) if tag == "equal" else text)
        for i, (tag, text) in enumerate(parts)
    ]


def _with_ellipsis(text: str, *, at_start: bool, at_end: bool) -> str:
    tokens = _tokens(text)
    head = [] if at_start else tokens[:CONTEXT_WORDS]
    tail = [] if at_end else tokens[-CONTEXT_WORDS:]
    if len(tokens) <= len(head) + len(tail) + 1:
        return text
    return f"{''.join(head).rstrip()} … {''.join(tail).lstrip()}"


def _tokens(text: str) -> list[str]:
    """Return the words and the white space between them."""
    return re.findall(r"\s+|\S+", text)
