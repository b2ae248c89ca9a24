"""Site-independent string work: white space, control characters, dates, moments and canonical
URLs.
"""

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

# A fixed offset and not zoneinfo: Korea has had no summer time since 1988, and no time zone data is
# needed.
SEOUL = timezone(timedelta(hours=9), "KST")

LONGEST_URL = 2_000  # characters, as of Scrapy's URLLENGTH_LIMIT; longer ones no server answers

# C0 and C1 controls but those that count as white space, zero-width characters, soft hyphens,
# bidirectional overrides and isolates.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_NEW_LINES = str.maketrans(
    dict.fromkeys("\r\x0b\x0c\x85", "\n")
)  # which move a terminal's cursor in ways of their own
_SURROGATES = re.compile("[\ud800-\udfff]")
_TO_SPELL_OUT = re.compile(f"{_INVISIBLE.pattern}|{_SURROGATES.pattern}|\x85")
_LOOSE = str.maketrans(
    {"‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"}
)

_MONTHS = ("january", "february", "march", "april", "may", "june",
           "july", "august", "september", "october", "november", "december")  # fmt: skip
_MONTH_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in _MONTHS)
_WEEKDAY = r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+)?"
# 'June 20, 2025' · 'Jun 20, 2025' · 'October 21st, 2013' · 'Sept. 3, 2019'; no boundary on the
# left, since bylines glue the name to the date ('LankovJune 20, 2025'), and none but a digit on the
# right ('2025Jun 20, 2025').
_DATE = re.compile(
    rf"{_WEEKDAY}(?P<month>{_MONTH_NAMES}|sept)\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
# '20 June 2025' · 'Friday, 20 June 2025' · '20th of June, 2025'
_DAY_FIRST = re.compile(
    rf"{_WEEKDAY}(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH_NAMES}|sept)\.?,?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
# '2025-06-20' · '2025. 6. 20.' · '2025/06/20'; with the year last it could be the day or the month
# that comes first.
_YEAR_FIRST = re.compile(
    r"(?<![\d/.-])(?P<year>(?:19|20)\d\d)([-/]|\.\s?)(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?![\d/-])"
)
# '20.06.2025': with points the day always comes first (ISO 8601's predecessors in Europe); with
# slashes it may not.
_DAY_POINTS = re.compile(
    r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>(?:19|20)\d\d)(?![\d.])"
)
# '2025년 6월 20일'
_KOREAN_DATE = re.compile(r"(?P<year>\d{4})년\s*(?P<month>\d{1,2})월\s*(?P<day>\d{1,2})일")
_HAS_YEAR = re.compile(r"\d{4}")

# ISO 8601 as many write it: '2025-6-20T3:14:00+9:00', '2025-06-20 03:14 UTC'.
_LOOSE_ISO = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})(?:[Tt ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
# 'Fri Jun 20 2025 03:14:00 GMT+0000 (Coordinated Universal Time)': JavaScript's
# Date.prototype.toString (ECMA-262).
_JAVASCRIPT = re.compile(
    r"(?:[a-z]{3}\s+)?(?P<month>[a-z]{3})\s+(?P<day>\d{1,2})\s+(?P<year>\d{4})\s+(?P<time>\d{2}:\d{2}:\d{2})\s+GMT(?P<zone>[+-]\d{4})?\b.*",
    re.IGNORECASE,
)

# Closing quotes, brackets and the marks of footnotes may follow the stop.
_SENTENCE_END = re.compile(r"[.!?…。][\"'”’)\]»]*(?:\s?(?:\[\d{1,3}\]|[⁰¹²³⁴⁵⁶⁷⁸⁹]))*$")


@dataclass(frozen=True, slots=True)
class DateInText:
    """A calendar day written in a text, and the span of characters that says it."""

    day: date
    start: int
    end: int


def strip_control_chars(text: str) -> str:
    """Return the text without the characters that nobody sees and that a terminal may obey; tabs
    and new lines stay.

    Lone surrogates (a cut emoji in JSON-LD) become U+FFFD, for neither SQLite nor a terminal takes
    them.
    """
    if text.isprintable():  # which none of these characters is
        return text
    return _INVISIBLE.sub("", _SURROGATES.sub("\ufffd", text)).translate(_NEW_LINES)


def escape_control_chars(text: str) -> str:
    """Return the text with each character that `visible` leaves out as its number, as JSON writes
    it: '\\u009b'.
    """
    return _TO_SPELL_OUT.sub(lambda char: f"\\u{ord(char[0]):04x}", text)


def normalize_whitespace(text: str) -> str:
    """Return the text as one line a reader would see: no control characters, white space joined and
    trimmed.
    """
    return " ".join(strip_control_chars(text).split())


def charset_of(body: bytes, content_type: str = "") -> str:
    """Return the charset to read a page in: UTF-8 where its bytes are that, else the declared one,
    else UTF-8 all the same.

    What is no ASCII and yet whole UTF-8 is nothing else, whatever `content_type`, the header, or
    the page say of it.
    """
    with suppress(UnicodeDecodeError):
        body.decode()
        if not body.isascii():
            return "utf-8"
    return str(html_to_unicode(content_type, body, default_encoding="utf-8")[0])


def normalize_for_match(text: str) -> str:
    """Return a key under which two spellings of one line are equal: case, quotes, dashes and spaces
    do not count.
    """
    key = _unspaced(strip_control_chars(text))
    return (key if key.isascii() else key.translate(_LOOSE)).casefold().replace("--", "-")


def straighten_quotes(text: str) -> str:
    """Return the text with straight apostrophes, the form that bylines use and queries type."""
    return text.replace("’", "'").replace("‘", "'").replace("ʼ", "'")


def strip_repetition(text: str) -> str:
    """Return 'X' for 'XX', 'X X' and 'X X X': one link often holds a headline or a name twice."""
    whole = _unspaced(text)
    for times in (3, 2):
        part = whole[: len(whole) // times]
        if part * times == whole:
            once = text[: len(text) // times].strip()
            if len(once) > 2 and _unspaced(once) == part:
                return once
    return text


def _unspaced(text: str) -> str:
    return "".join(text.split())


def ends_as_sentence(text: str) -> bool:
    """Tell whether the text ends as a sentence does, closing quotes and brackets allowed."""
    return bool(_SENTENCE_END.search(text.rstrip()))


def dates_in(text: str) -> Iterator[DateInText]:
    """Yield the calendar days written in a text, in order, each with its span; days that do not
    exist are passed over.

    Read are 'June 20, 2025', '20 June 2025', '2025-06-20' and '2025년 6월 20일', with a weekday before
    the first two. A date of digits whose year comes last is not read: it may mean either of two
    days.
    """
    if _HAS_YEAR.search(text):
        yield from sorted(_dates_in(text), key=lambda found: found.start)


def _dates_in(text: str) -> Iterator[DateInText]:
    for pattern in (_DATE, _DAY_FIRST, _YEAR_FIRST, _DAY_POINTS, _KOREAN_DATE):
        for match in pattern.finditer(text):
            month = match["month"].lower()
            number = (
                int(month)
                if month.isdigit()
                else next(i for i, m in enumerate(_MONTHS, 1) if m[:3] == month[:3])
            )
            try:
                day = date(int(match["year"]), number, int(match["day"]))
            except ValueError:
                continue
            yield DateInText(day, match.start(), match.end())


def without_dates(text: str, instead: str = " ") -> str:
    """Return the text with every written date taken out, and `instead` in its place."""
    for found in sorted(dates_in(text), key=lambda found: found.start, reverse=True):
        text = text[: found.start] + instead + text[found.end :]
    return text


def parse_timestamp(value: str) -> datetime | None:
    """Return a timestamp in UTC, or None if the text is not one or states no offset (then it is not
    a point in time).

    Read are ISO 8601, also with an hour or an offset of one digit, RFC 2822, and JavaScript's own
    form.
    """
    stated = _parse_machine_form(value)
    if stated is None or stated.tzinfo is None:
        return None
    try:
        return stated.astimezone(UTC)
    except OverflowError:
        return None


def seoul_day(value: str) -> date | None:
    """Return the Seoul calendar day of a date or timestamp; one without an offset is taken as the
    site's own.
    """
    stated = _parse_machine_form(value)
    if stated is None:
        return next((found.day for found in dates_in(value)), None) if len(value) <= 60 else None
    if stated.tzinfo is None:
        return stated.date()
    try:
        return stated.astimezone(SEOUL).date()
    except OverflowError:
        return None


def _parse_machine_form(value: str) -> datetime | None:
    value = value.strip()
    if len(value) > 100:
        return None
    for candidate in (value, _iso_from(value)):
        with suppress(ValueError):
            return datetime.fromisoformat(candidate)
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return parsedate_to_datetime(value)  # RFC 2822
    return None


def _iso_from(value: str) -> str:
    """Return a timestamp of another form as ISO 8601 has it, '' for any other text."""
    if match := _LOOSE_ISO.fullmatch(value):
        year, month, day = match["day"].split("-")
        iso = f"{year}-{month:0>2}-{day:0>2}"
        if match["hour"]:
            iso += f"T{match['hour']:0>2}:{match['minute']}:{match['second'] or '00'}{_offset(match['zone'] or '')}"
        return iso
    if match := _JAVASCRIPT.fullmatch(value):
        number = next(
            (i for i, name in enumerate(_MONTHS, 1) if name[:3] == match["month"].lower()), 0
        )
        return f"{match['year']}-{number:02}-{match['day']:0>2}T{match['time']}{_offset(match['zone'] or 'Z')}"
    return ""


def _offset(zone: str) -> str:
    """Return an offset from UTC with two digits for hours and minutes: '+9', '+9:00' and '+0900'
    are '+09:00'.
    """
    if zone[:1] not in ("+", "-"):
        return "+00:00" if zone else ""
    hours, _, minutes = zone[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return f"{zone[0]}{hours:0>2}:{minutes or '00'}"


def format_timestamp(timestamp: datetime) -> str:
    """Return an aware datetime as the archive writes it: '2025-06-20T03:15:00Z'."""
    return timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical_url(url: str, site: str, base: str = "") -> str | None:
    """Return the one form of a URL of the site, or None for anything that is not on it.

    The site's scheme and host (with or without www, http or https), the path as served with a final
    slash, no query, no fragment. `url` is absolute, or relative to `base` or else to the site's
    root; `site` is like 'https://www.nknews.org'. Backslashes count as slashes, as in a browser
    (WHATWG URL). An absurdly long one is None.
    """
    if len(url) > LONGEST_URL:
        return None
    try:
        written = strip_control_chars(url).strip().replace("\\", "/")
        asked, home = urlsplit(urljoin(base or site + "/", written)), urlsplit(site)
        same = _host(asked.hostname) == _host(home.hostname) and _port(asked.port) == _port(
            home.port
        )
    except ValueError:  # 'http://[' and ports that are no numbers
        return None
    if asked.scheme not in ("http", "https") or not same or asked.username is not None:
        return None
    path = re.sub(r"/{2,}", "/", f"{asked.path}/")
    canonical = str(
        canonicalize_url(f"{home.scheme}://{home.netloc}{path}")
    )  # which may be many times as long
    return canonical if len(canonical) <= LONGEST_URL else None


def absolute_url(url: str, base: str) -> str | None:
    """Return an http or https URL made absolute against `base`, or None for any other and for what
    is no URL.
    """
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
