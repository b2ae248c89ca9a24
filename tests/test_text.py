"""Text handling: tables of inputs and outputs, and properties that hold for any text."""

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import unquote, unquote_to_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nkcrawl.text import (
    absolute_url,
    canonical_url,
    charset_of,
    dates_in,
    ends_as_sentence,
    format_timestamp,
    normalize_for_match,
    normalize_whitespace,
    parse_timestamp,
    seoul_day,
    shorten_unchanged,
    straighten_quotes,
    strip_control_chars,
    strip_repetition,
    without_dates,
    word_diff,
)

SITE = "https://www.nknews.org"
ANY_TEXT = st.text(max_size=200)
# Text full of what may go wrong: spaces, invisible characters, lone surrogates.
AWKWARD = st.text(
    st.sampled_from(
        " \t\n\r\u00a0\u2009\u3000\u200b\u00ad\ufeff\u202e\x00\x07\x85\ud83d\udc00ab.’'-–"
    ),
    max_size=60,
)

BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("", ""),
        ("  a  b\n\tc ", "a b c"),
        ("a\u00a0b\u2009c\u3000d\u00a0", "a b c d"),
        ("a\r\nb\x85c\u2028d", "a b c d"),
        ("a\rb\fc\vd", "a b c d"),
        ("la\u200bmp\u00ads\ufeff", "lamps"),
        ("a\x00b\x07c\x1bd\x7fe\x9f", "abcde"),
        ("\u202eabc\u2066d\u200e", "abcd"),
        ("a \u200b b", "a b"),
        ("cut \ud83d", "cut \ufffd"),
        ("\udc00", "\ufffd"),
        ("😀 e\u0301 한국어", "😀 e\u0301 한국어"),
        ("“a” – b — c -- d", "“a” – b — c -- d"),
        ("\u200b \u00a0", ""),
    ],
)
@pytest.mark.fault("D5", "D7")
def test_normalize_whitespace(raw: str, line: str) -> None:
    assert normalize_whitespace(raw) == line


@settings(deadline=None)
@given(ANY_TEXT | AWKWARD)
def test_normalizing_whitespace_twice_changes_nothing(raw: str) -> None:
    line = normalize_whitespace(raw)
    assert normalize_whitespace(line) == line


@settings(deadline=None)
@given(ANY_TEXT | AWKWARD)
@pytest.mark.fault("D5", "D6", "D7", "D18")
def test_a_normalized_text_is_one_line_that_sqlite_accepts(raw: str) -> None:
    line = normalize_whitespace(raw)
    line.encode()
    assert line == " ".join(line.split())
    assert not {"\x00", "\u200b", "\n", "\x7f"} & set(line)


@settings(deadline=None)
@given(ANY_TEXT | AWKWARD | st.text(st.characters(categories=["Cc", "Cf", "Cs"]), max_size=60))
@pytest.mark.fault("D5", "D17")
def test_stripped_text_has_no_terminal_or_bidirectional_controls(raw: str) -> None:
    seen = strip_control_chars(raw)
    seen.encode()
    assert {char for char in seen if unicodedata.category(char) == "Cc"} <= {"\n", "\t"}
    assert not {char for char in seen if unicodedata.bidirectional(char) in BIDI_CONTROLS}
    assert strip_control_chars(seen) == seen
    assert normalize_whitespace(seen) == normalize_whitespace(raw)


@settings(deadline=None)
@given(AWKWARD, AWKWARD)
def test_normalizing_whitespace_keeps_every_visible_character(one: str, other: str) -> None:
    visible = [char for char in one + "X" + other if char in "ab.’'-–X"]
    assert [
        char for char in normalize_whitespace(one + "X" + other) if char not in " \ufffd"
    ] == visible


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("O’Hara’s “lamp”", "o'hara's \"LAMP\"", True),
        ("a – b", "a-b", True),
        ("a -- b", "A—b", True),
        ("a\u00a0b", "ab", True),
        ("lamp", "lamps", False),
        ("a.", "a", False),
        ("ß", "ss", True),
    ],
)
def test_normalize_for_match(one: str, other: str, same: bool) -> None:
    assert (normalize_for_match(one) == normalize_for_match(other)) is same


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("O’Hara", "O'Hara"),
        ("‘a’", "'a'"),
        ("ʼ", "'"),
        ("“a”", "“a”"),
        ("Théo Clair", "Théo Clair"),
        ("", ""),
    ],
)
def test_straighten_quotes(raw: str, line: str) -> None:
    assert straighten_quotes(raw) == line


@pytest.mark.parametrize(
    ("raw", "once"),
    [
        ("Lamp", "Lamp"),
        ("LampLamp", "Lamp"),
        ("Lamp Lamp", "Lamp"),
        ("Lamp Lamp Lamp", "Lamp"),
        ("LampLampLamp", "Lamp"),
        ("A lamp burns A lamp burns", "A lamp burns"),
        ("A lamp burnsA lamp burns", "A lamp burns"),
        ("A lamp burns A lamp burns A lamp burns", "A lamp burns"),
        ("Lamp lamp", "Lamp lamp"),
        ("Lamp Lamps", "Lamp Lamps"),
        ("Lamp, Lamp", "Lamp, Lamp"),
        ("No no", "No no"),
        ("aa", "aa"),
        ("", ""),
        ("김향기 김향기", "김향기"),
    ],
)
def test_strip_repetition(raw: str, once: str) -> None:
    assert strip_repetition(raw) == once


@settings(deadline=None)
@given(
    st.from_regex(r"[A-Z][a-z]{2,8}( [a-z]{2,8}){1,5} [0-9]{3}[A-Z]", fullmatch=True),
    st.sampled_from(["", " "]),
)
def test_any_repetition_is_stripped(line: str, glue: str) -> None:
    assert strip_repetition(line) == line
    assert strip_repetition(line + glue + line) == line
    assert strip_repetition(line + glue + line + glue + line) == line


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("A lamp burns.", True),
        ("Does it?", True),
        ("It does!", True),
        ("So they say…", True),
        ("“It burns.”", True),
        ("It burns.”)", True),
        ("(It burns.)", True),
        ("등불이 탄다.", True),
        ("A lamp burns.  ", True),
        ("A lamp", False),
        ("A lamp,", False),
        ("A lamp:", False),
        ("“A lamp”", False),
        ("A lamp burns. Then he", False),
        ("", False),
    ],
)
def test_ends_as_sentence(line: str, whole: bool) -> None:
    assert ends_as_sentence(line) is whole


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("June 20, 2025", [date(2025, 6, 20)]),
        ("Jun 20, 2025", [date(2025, 6, 20)]),
        ("June 20, 2025Jun 20, 2025", [date(2025, 6, 20)] * 2),
        ("March 27, 2025Mar 27, 2025", [date(2025, 3, 27)] * 2),
        ("Mira OlsenJune 2, 2025", [date(2025, 6, 2)]),
        ("October 21st, 2013", [date(2013, 10, 21)]),
        (
            "May 2nd, 2014 · May 3rd, 2014 · May 4th, 2014",
            [date(2014, 5, 2), date(2014, 5, 3), date(2014, 5, 4)],
        ),
        (
            "Sept. 3, 2019, Sep 4 2019, Feb. 17, 2025",
            [date(2019, 9, 3), date(2019, 9, 4), date(2025, 2, 17)],
        ),
        ("JUNE 20, 2025 june 21, 2025", [date(2025, 6, 20), date(2025, 6, 21)]),
        ("June\u00a020,\u00a02025", [date(2025, 6, 20)]),
        ("2025년 6월 20일", [date(2025, 6, 20)]),
        ("2025년6월20일", [date(2025, 6, 20)]),
        ("February 29, 2024", [date(2024, 2, 29)]),
        ("February 29, 2025", []),
        ("June 31, 2025", []),
        ("June 0, 2025", []),
        ("2025년 13월 1일", []),
        ("June 20, 20255", []),
        ("June 20", []),
        ("June 2025", []),
        ("2018-01-10 02:35:37", [date(2018, 1, 10)]),
        ("20 June 2025", [date(2025, 6, 20)]),
        ("Friday, 20th of June 2025", [date(2025, 6, 20)]),
        ("Fri, Jun 20, 2025", [date(2025, 6, 20)]),
        ("20.06.2025", [date(2025, 6, 20)]),
        ("2025. 6. 20.", [date(2025, 6, 20)]),
        ("2025/06/20", [date(2025, 6, 20)]),
        ("06/20/2025", []),
        ("20/06/2025", []),
        ("version 1.2025.06.20", []),
        ("20 June 2025, updated 2025-06-22", [date(2025, 6, 20), date(2025, 6, 22)]),
        ("", []),
    ],
)
def test_dates_in(line: str, days: list[date]) -> None:
    assert [match.day for match in dates_in(line)] == days


@settings(deadline=None)
@given(
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.sampled_from(["%B %d, %Y", "%b %d, %Y", "%b. %d, %Y", "%B %dth, %Y"]),
)
def test_every_day_is_found_where_it_is_written(day: date, form: str) -> None:
    written = day.strftime(form)
    line = f"Mira Olsen{written}, lamps"
    match = list(dates_in(line))
    assert [each.day for each in match] == [day]
    assert line[match[0].start : match[0].end] == written
    assert without_dates(line) == "Mira Olsen , lamps"


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("Mira Olsen June 20, 2025", "Mira Olsen  "),
        ("June 20, 2025Jun 20, 2025", "  "),
        ("2025년 6월 20일 June 20, 2025", "   "),
        ("No date", "No date"),
        ("June 31, 2025", "June 31, 2025"),
    ],
)
def test_without_dates(line: str, rest: str) -> None:
    assert without_dates(line) == rest


@pytest.mark.parametrize(
    ("value", "timestamp", "day"),
    [
        ("2025-06-20T12:15:00+09:00", "2025-06-20T03:15:00Z", date(2025, 6, 20)),
        ("2025-06-19T16:00:00Z", "2025-06-19T16:00:00Z", date(2025, 6, 20)),
        ("2025-06-19T14:59:59+00:00", "2025-06-19T14:59:59Z", date(2025, 6, 19)),
        ("2025-06-19T15:00:00+00:00", "2025-06-19T15:00:00Z", date(2025, 6, 20)),
        ("2024-12-31T10:00:00-05:00", "2024-12-31T15:00:00Z", date(2025, 1, 1)),
        (" 2025-06-20T12:15:00+0900 ", "2025-06-20T03:15:00Z", date(2025, 6, 20)),
        ("2025-06-20T12:15:00.123456+09:00", "2025-06-20T03:15:00Z", date(2025, 6, 20)),
        ("2025-06-20T23:15:00", None, date(2025, 6, 20)),
        ("2025-06-20", None, date(2025, 6, 20)),
        ("2025-06-31", None, None),
        ("June 20, 2025", None, date(2025, 6, 20)),
        ("2025-6-20T3:14:00+9:00", "2025-06-19T18:14:00Z", date(2025, 6, 20)),
        ("2025-06-20 03:14 UTC", "2025-06-20T03:14:00Z", date(2025, 6, 20)),
        ("2025-06-20T3:14", None, date(2025, 6, 20)),
        ("Fri, 20 Jun 2025 03:14:00 +0000", "2025-06-20T03:14:00Z", date(2025, 6, 20)),
        ("Fri Jun 20 2025 03:14:00 GMT+0000", "2025-06-20T03:14:00Z", date(2025, 6, 20)),
        (
            "Thu Jun 19 2025 18:14:00 GMT+0000 (Coordinated Universal Time)",
            "2025-06-19T18:14:00Z",
            date(2025, 6, 20),
        ),
        ("Fri Jux 20 2025 03:14:00 GMT+0000", None, None),
        ("20/06/2025", None, None),
        ("yesterday", None, None),
        ("", None, None),
        ("0001-01-01T00:00:00+14:00", None, None),
        ("9999-12-31T23:59:59-12:00", None, None),
    ],
)
def test_timestamps_and_days(value: str, timestamp: str | None, day: date | None) -> None:
    result = parse_timestamp(value)
    assert (None if result is None else format_timestamp(result)) == timestamp
    assert seoul_day(value) == day


@settings(deadline=None)
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_a_timestamp_is_the_same_in_every_zone(naive: datetime, zone: timezone) -> None:
    timestamp = naive.replace(tzinfo=UTC, microsecond=0)
    there = timestamp.astimezone(zone).isoformat()
    assert parse_timestamp(there) == timestamp
    assert seoul_day(there) == (timestamp + timedelta(hours=9)).date()
    assert parse_timestamp(naive.isoformat()) is None
    assert seoul_day(naive.isoformat()) == naive.date()
    assert datetime.fromisoformat(format_timestamp(timestamp.astimezone(zone))) == timestamp


@settings(deadline=None)
@given(ANY_TEXT)
@pytest.mark.fault("D11")
def test_parsing_dates_never_raises(raw: str) -> None:
    assert all(0 <= match.start < match.end <= len(raw) for match in dates_in(raw))
    result = parse_timestamp(raw)
    assert result is None or result.tzinfo is UTC


ARTICLE = f"{SITE}/2025/06/some-slug/"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (ARTICLE, ARTICLE),
        ("https://www.nknews.org/2025/06/some-slug", ARTICLE),
        ("https://nknews.org/2025/06/some-slug/", ARTICLE),
        ("http://www.nknews.org/2025/06/some-slug/", ARTICLE),
        ("http://nknews.org/2025/06/some-slug", ARTICLE),
        ("HTTPS://WWW.NKNEWS.ORG/2025/06/some-slug/", ARTICLE),
        ("https://www.nknews.org:443/2025/06/some-slug/", ARTICLE),
        ("http://www.nknews.org:80/2025/06/some-slug/", ARTICLE),
        ("//www.nknews.org/2025/06/some-slug/", ARTICLE),
        ("/2025/06/some-slug/", ARTICLE),
        ("2025/06/some-slug", ARTICLE),
        (" \t/2025/06/some-slug/\n", ARTICLE),
        ("/2025/06/some\u200b-slug/", ARTICLE),
        ("/2025//06/some-slug//", ARTICLE),
        ("/2025/05/../06/./some-slug/", ARTICLE),
        (ARTICLE + "?c=1718000000000", ARTICLE),
        (ARTICLE + "?t=1718000000000", ARTICLE),
        (ARTICLE + "?page=59", ARTICLE),
        (ARTICLE + "?show=nkpro", ARTICLE),
        (ARTICLE + "?utm_source=a&utm_medium=b&utm_campaign=c", ARTICLE),
        (ARTICLE + "?anything=at&all", ARTICLE),
        ("https://nknews.org/2025/06/some-slug?c=1#comments", ARTICLE),
        (ARTICLE + "#comments", ARTICLE),
        (ARTICLE + "?", ARTICLE),
        ("https://www.nknews.org", SITE + "/"),
        ("http://nknews.org/", SITE + "/"),
        ("", SITE + "/"),
        ("/content_author/mira-olsen/page/2", SITE + "/content_author/mira-olsen/page/2/"),
        ("/2025/06/some-slug-2/", SITE + "/2025/06/some-slug-2/"),
        ("/2025/06/한글/", SITE + "/2025/06/%ED%95%9C%EA%B8%80/"),
        ("/2025/06/%ed%95%9c%EA%B8%80/", SITE + "/2025/06/%ED%95%9C%EA%B8%80/"),
        ("https://signup.nknews.org/2025/06/some-slug/", None),
        ("https://tv.nknews.org/", None),
        ("https://elsewhere.test/2025/06/some-slug/", None),
        ("https://nknews.org.elsewhere.test/", None),
        ("https://notnknews.org/", None),
        ("//elsewhere.test/x", None),
        ("https://user@www.nknews.org/", None),
        ("https://www.nknews.org@elsewhere.test/", None),
        ("https://www.nknews.org:8080/", None),
        ("https://www.nknews.org:port/", None),
        ("javascript:alert(1)", None),
        ("mailto:lamps@quay.test", None),
        ("tel:+4712345", None),
        ("data:text/html,x", None),
        ("ftp://www.nknews.org/", None),
        ("http://[", None),
        ("https://[::1", None),
    ],
)
def test_canonical_url(url: str, canonical: str | None) -> None:
    assert canonical_url(url, SITE) == canonical


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("/2025/06/x?c=1", "http://127.0.0.1:8000/2025/06/x/"),
        ("http://127.0.0.1:8000/2025/06/x", "http://127.0.0.1:8000/2025/06/x/"),
        ("http://127.0.0.1:8001/2025/06/x", None),
        ("http://127.0.0.1/2025/06/x", None),
        ("https://www.nknews.org/2025/06/x/", None),
    ],
)
def test_canonical_url_of_a_site_on_another_port(url: str, canonical: str | None) -> None:
    assert canonical_url(url, "http://127.0.0.1:8000") == canonical


URLS = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from("/.?#:@[]%&=ab2x \\\t\u200b한"), max_size=40),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from([
            "",
            "http://nknews.org",
            "https://www.nknews.org",
            "//",
            "https://elsewhere.test",
            "https://www.nknews.org:",
        ]),
        st.sampled_from(["", "/"]),
        st.text(st.sampled_from("/.?#:@[]%&=ab2x \\한;+"), max_size=30),
        st.sampled_from(["", "?c=1718000000000", "?page=59", "#x", "/"]),
    ),
)  # fmt: skip


@settings(deadline=None)
@given(URLS)
@example("/%2f/")
@example("/a/../../b")
@example("/a%3Fb")
@example("/a%23b/")
@example("/%252e%252e/")
@example("/;a?b")
@example("/ /a b")
@example("\\\\elsewhere.test\\a")
@example("https://www.nknews.org\\@elsewhere.test/")
def test_a_canonical_url_stays_on_the_site_and_is_its_own_canonical(url: str) -> None:
    canonical = canonical_url(url, SITE)
    if canonical is not None:
        assert canonical.startswith(SITE + "/")
        assert canonical.endswith("/")
        assert not {"?", "#", " "} & set(canonical)
        assert canonical.isascii()
        assert canonical_url(canonical, SITE) == canonical


@pytest.mark.parametrize(
    ("slug", "is_one"),
    [("é" * 300, True), ("é" * 400, False), ("a" * 1_900, True), ("a" * 2_100, False)],
)
def test_a_url_that_is_too_long_once_it_is_encoded_is_rejected(slug: str, is_one: bool) -> None:
    url = canonical_url(f"/2025/06/{slug}/", "https://www.nknews.org")
    assert (url is not None) == is_one
    assert url is None or canonical_url(url, "https://www.nknews.org") == url


@settings(deadline=None)
@given(
    st.from_regex(
        r"/20[12][0-9]/(0[1-9]|1[0-2])/[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True
    ),
    st.data(),
)
def test_every_spelling_of_a_url_has_one_canonical_form(path: str, data: st.DataObject) -> None:
    host = data.draw(
        st.sampled_from(
            ["", "http://nknews.org", "https://nknews.org", "http://www.nknews.org", SITE]
        )
    )
    slash = data.draw(st.sampled_from(["", "/", "//"]))
    query = data.draw(
        st.sampled_from(
            [
                "",
                "?c=1718000000000",
                "?t=1718000000000",
                "?page=59",
                "?show=nkpro",
                "?utm_source=x",
                "#y",
            ]
        )
    )
    assert canonical_url(host + path + slash + query, SITE) == f"{SITE}{path}/"


SLUG_CHARACTERS = "abAB19-._~!$'()*+,;=:@한é%"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["/2025/06/", "/2025/07/", "/2024/06/"]),
            st.text(SLUG_CHARACTERS, min_size=1, max_size=6),
        ),
        min_size=2,
        max_size=2,
    ),
    st.sampled_from([SITE, "http://127.0.0.1:8000", "http://[::1]:8000"]),
)
@example([("/2025/06/", "a%2Fb"), ("/2025/06/", "a")], SITE)
@example([("/2025/06/", "a%3Fb"), ("/2025/06/", "a")], SITE)
@example([("/2025/06/", "%252e"), ("/2025/06/", "%2e")], SITE)
@example([("/2025/06/", "a+b"), ("/2025/06/", "a b")], SITE)
@example([("/2025/06/", "A"), ("/2025/06/", "a")], SITE)
@example([("/2025/06/", "a-2"), ("/2025/06/", "a")], SITE)
@example([("/2025/06/", "a."), ("/2025/06/", "a")], SITE)
def test_only_equivalent_urls_have_one_canonical_form(
    addresses: list[tuple[str, str]], site: str
) -> None:
    paths = [
        month + slug for month, slug in addresses if slug.strip(".") and unquote(slug).strip(".")
    ]
    canonical = [canonical_url(path, site) for path in paths]
    assert [canonical_url(url, site) for url in canonical if url] == canonical
    if len(paths) == 2:
        assert (canonical[0] == canonical[1]) == (
            unquote_to_bytes(paths[0]) == unquote_to_bytes(paths[1])
        )


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("/a.jpg", "https://www.nknews.org/a.jpg"),
        ("b.jpg?w=1", "https://www.nknews.org/2025/06/x/b.jpg?w=1"),
        ("https://cdn.example.org/c.jpg", "https://cdn.example.org/c.jpg"),
        ("//cdn.example.org/c.jpg", "https://cdn.example.org/c.jpg"),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,x", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_absolute_url(url: str, absolute: str | None) -> None:
    assert absolute_url(url, "https://www.nknews.org/2025/06/x/") == absolute


@pytest.mark.parametrize(
    ("body", "content_type", "charset"),
    [
        ("“é”".encode(), "text/html; charset=UTF-8", "utf-8"),
        ("“é”".encode(), "text/html; charset=ISO-8859-1", "utf-8"),
        ("<meta charset=windows-1252>“é”".encode(), "", "utf-8"),
        ("“é”".encode(), "text/html; charset=nonsense", "utf-8"),
        ("“é”".encode(), "", "utf-8"),
        ("“é”".encode("cp1252"), "text/html; charset=windows-1252", "cp1252"),
        ("<meta charset=windows-1252>“é”".encode("cp1252"), "text/html", "cp1252"),
        ("한국".encode("euc-kr"), "text/html; charset=euc-kr", "cp949"),
        ("“é”".encode("utf-16"), "text/html", "utf-16-le"),
        ("plain".encode("utf-16-le"), "text/html; charset=utf-16le", "utf-16-le"),
        ("“é”".encode("cp1252"), "text/html", "utf-8"),
        ("“é”".encode("cp1252"), "text/html; charset=UTF-8", "utf-8"),
        (b"", "", "utf-8"),
    ],
)
@pytest.mark.fault("D10")
def test_charset_of(body: bytes, content_type: str, charset: str) -> None:
    assert charset_of(body, content_type) == charset


WORDS = st.lists(st.sampled_from(["rice", "rose", "rain", "fell.\n\n"]), max_size=30).map(" ".join)


@given(WORDS, WORDS)
def test_a_word_diff_contains_both_texts(before: str, after: str) -> None:
    parts = word_diff(before, after)
    assert "".join(text for tag, text in parts if tag != "insert") == before
    assert "".join(text for tag, text in parts if tag != "delete") == after


def test_unchanged_text_is_shortened_to_the_words_next_to_a_change() -> None:
    long = " ".join(f"w{number}" for number in range(50))
    parts = shorten_unchanged(
        [("equal", long + " "), ("delete", "old"), ("insert", "new"), ("equal", " " + long)]
    )
    assert parts == [
        ("equal", " … w42 w43 w44 w45 w46 w47 w48 w49 "),
        ("delete", "old"),
        ("insert", "new"),
        ("equal", " w0 w1 w2 w3 w4 w5 w6 w7 … "),
    ]
