"""When an article was published and changed, among all the other dates of its page."""

import pytest

from tests.html_factory import (
    BASE,
    FIRST,
    NO_DATE,
    PATH,
    SECOND,
    SITE,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
    undated,
)

VISITS = {
    "once": "June 20, 2025",
    "glued": "June 20, 2025Jun 20, 2025",
    "glued, another month": "March 27, 2026Mar 27, 2026",
    "two lines": "<div>June 20, 2025</div><div>Jun 20, 2025</div>",
    "beside the language": '<a href="/ko/">한국어</a> | June 20, 2025',
    "time": '<time datetime="2025-06-20">June 20, 2025</time>',
    "time with a timestamp": '<time datetime="2025-06-20T08:00:00+09:00">June 20, 2025</time>',
    "ordinal": "June 20th, 2025",
    "none": "",
}


@renderings
@pytest.mark.parametrize("line", VISITS.values(), ids=VISITS)
def test_the_visit_is_not_the_publication(rendering: str, line: str) -> None:
    assert row(article_html(rendering, visit=line)) == expected(rendering)


@renderings
@pytest.mark.parametrize("line", VISITS.values(), ids=VISITS)
def test_without_a_byline_date_there_is_no_day(rendering: str, line: str) -> None:
    assert row(article_html(rendering, visit=line, **NO_DATE)) == undated()


@renderings
@pytest.mark.parametrize("line", VISITS.values(), ids=VISITS)
def test_the_visit_right_above_the_headline_is_neither_label_nor_day(
    rendering: str, line: str
) -> None:
    html = article_html(rendering, label=f"<div>{line}</div>" if line else "", **NO_DATE)
    assert row(html) == undated(label=None)


@renderings
def test_a_page_read_on_two_days_gives_one_row(rendering: str) -> None:
    monday, tuesday = (
        article_html(rendering, visit=f"June {n}, 2025Jun {n}, 2025") for n in (23, 24)
    )
    assert row(monday) == row(tuesday)


@renderings
@pytest.mark.parametrize("title_element", ["Ferry sails in the dark | NK News", "NK News", ""])
def test_the_visit_is_not_the_publication_where_the_headline_is_not_recognised(
    rendering: str, title_element: str
) -> None:
    html = article_html(rendering, title_element=title_element, node={"headline": None})
    assert row(html)["published_on"] in (None, "2025-06-12")


@renderings
def test_the_caption_s_date_is_the_image_s(rendering: str) -> None:
    credit = "Gull Gazette (June 5, 2025)"
    html = article_html(rendering, caption=f"Lamps, June 6, 2025 | Image: {credit}", **NO_DATE)
    assert row(html) == undated(image_caption="Lamps, June 6, 2025", image_credit=credit)


@renderings
@pytest.mark.parametrize(
    "stamp",
    [
        "Update 20:15 GMT: The harbor office now says two lamps are left.",
        "Updated at 2130 KST: The ferry ran again on June 14, 2025.",
        "Update June 15, 2025: The lamps are back.",
    ],
)
def test_the_date_of_an_update_is_text_and_not_the_publication(rendering: str, stamp: str) -> None:
    html = article_html(rendering, lead=paragraphs(stamp, FIRST, SECOND), **NO_DATE)
    assert row(html) == undated(body=lines(stamp, FIRST, SECOND))


@renderings
@pytest.mark.parametrize(
    "line",
    [
        '<time class="updated" datetime="2025-06-15">June 15, 2025</time> {date}',
        (
            '{date} <time class="entry-date updated" datetime="2025-06-15T10:00:00+09:00">June 15, '
            "2025</time>"
        ),
    ],
)
def test_the_day_of_an_update_in_the_byline_is_not_the_publication(
    rendering: str, line: str
) -> None:
    assert (
        row(article_html(rendering, date=line.format(date="June 12, 2025"), timestamp=""))[
            "published_on"
        ]
        == "2025-06-12"
    )


@renderings
def test_a_byline_that_shows_only_the_update_gives_no_day(rendering: str) -> None:
    stamp = '<time class="updated" datetime="2025-06-15T10:00:00+09:00">June 15, 2025</time>'
    assert row(article_html(rendering, date=stamp, timestamp="")) == undated()


@renderings
def test_an_update_on_its_own_line_is_not_the_publication(rendering: str) -> None:
    assert row(article_html(rendering, date_line="Updated June 15, 2025", **NO_DATE)) == undated()
    assert row(article_html(rendering, date_line="Updated June 15, 2025")) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "line", ["June 12th, 2025", "June 12, 2025", "Jun. 12 2025", "2025년 6월 12일"]
)
def test_the_date_may_stand_on_its_own_line(rendering: str, line: str) -> None:
    html = article_html(rendering, date_line=line, **NO_DATE)
    assert row(html) == {**BASE, "published_at": None}


@renderings
@pytest.mark.parametrize("where", ["before", "after", "glued"])
def test_byline_and_date_stand_in_either_order(rendering: str, where: str) -> None:
    name = '<a href="/content_author/mira-olsen/">Mira Olsen</a>'
    byline = {
        "before": f"June 12, 2025 {name}",
        "after": f"By {name} on June 12, 2025",
        "glued": f"{name}June 12, 2025",
    }
    assert row(article_html(rendering, byline=byline[where], **NO_DATE)) == {
        **BASE,
        "published_at": None,
    }


@renderings
@pytest.mark.parametrize(
    "day", ["May 12, 2025", "August 3, 2025", "June 12, 2024", "January 10, 2018"]
)
@pytest.mark.fault("D11")
def test_a_day_that_contradicts_the_url_is_not_stored(rendering: str, day: str) -> None:
    assert row(article_html(rendering, date=day, timestamp="")) == undated()


@renderings
@pytest.mark.parametrize(
    "timestamp", ["2025-07-12T09:30:00+09:00", "2011-01-01T00:00:00Z", "2025-06-99", "soon"]
)
def test_a_stated_timestamp_that_contradicts_the_url_is_not_stored(
    rendering: str, timestamp: str
) -> None:
    meta = f'<meta property="article:published_time" content="{timestamp}">'
    assert row(article_html(rendering, date="", timestamp=timestamp, head=meta)) == undated()


@renderings
@pytest.mark.parametrize(
    ("text", "timestamp", "path", "day", "stored"),
    [
        ("June 11, 2025", "2025-06-11T16:30:00+00:00", PATH, "2025-06-12", "2025-06-11T16:30:00Z"),
        ("June 12, 2025", "2025-06-11T16:30:00Z", PATH, "2025-06-12", "2025-06-11T16:30:00Z"),
        ("June 11, 2025", "2025-06-11T12:30:00-04:00", PATH, "2025-06-12", "2025-06-11T16:30:00Z"),
        ("May 31, 2025", "2025-05-31T15:00:00Z", PATH, "2025-06-01", "2025-05-31T15:00:00Z"),
        ("June 12, 2025", "2025-06-12T14:59:59Z", PATH, "2025-06-12", "2025-06-12T14:59:59Z"),
        (
            "Dec. 31, 2024",
            "2024-12-31T15:00:00Z",
            "/2025/01/new-lamps/",
            "2025-01-01",
            "2024-12-31T15:00:00Z",
        ),
    ],
)
def test_the_day_is_seoul_s(
    rendering: str, text: str, timestamp: str, path: str, day: str, stored: str
) -> None:
    html = article_html(rendering, date=f'<time datetime="{timestamp}">{text}</time>', timestamp="")
    assert row(html, path) == {
        **BASE,
        "url": SITE + path,
        "published_on": day,
        "published_at": stored,
    }


@renderings
@pytest.mark.parametrize(
    "timestamp", ["2025-06-12", "2025-06-12T23:30:00", "2025-06-12T00:30:00", "2025-06-12 09:30:00"]
)
def test_a_time_without_an_offset_is_not_a_timestamp(rendering: str, timestamp: str) -> None:
    html = article_html(
        rendering, date=f'<time datetime="{timestamp}">June 12, 2025</time>', timestamp=""
    )
    assert row(html) == {**BASE, "published_at": None}


@renderings
@pytest.mark.parametrize(
    ("timestamp", "day", "stored"),
    [
        ("2025-06-11T16:30:00+00:00", "2025-06-12", "2025-06-11T16:30:00Z"),
        ("2025-06-12T23:30:00", "2025-06-12", None),
        ("2025-06-12", "2025-06-12", None),
    ],
)
def test_a_stated_timestamp_is_used_where_the_byline_has_no_day(
    rendering: str, timestamp: str, day: str, stored: str | None
) -> None:
    meta = f'<meta property="article:published_time" content="{timestamp}">'
    html = article_html(rendering, head=meta, **NO_DATE)
    assert row(html) == {**BASE, "published_on": day, "published_at": stored}


@renderings
@pytest.mark.parametrize(
    ("modified", "stored"),
    [
        ("2025-06-13T10:00:00+09:00", "2025-06-13T01:00:00Z"),
        ("2025-06-13T10:00:00", None),
        ("2025-06-01T10:00:00+09:00", None),  # before the publication
        ("yesterday", None),
    ],
)
def test_the_time_of_a_change_needs_an_offset_and_follows_the_publication(
    rendering: str, modified: str, stored: str | None
) -> None:
    html = article_html(
        rendering,
        date='<time datetime="2025-06-12T09:30:00+09:00">June 12, 2025</time>',
        timestamp="",
        head=f'<meta property="article:modified_time" content="{modified}">',
    )
    assert row(html) == {**BASE, "published_at": "2025-06-12T00:30:00Z", "modified_at": stored}


@renderings
@pytest.mark.parametrize("clock", ["7:30 AM KST", "at 7:30 a.m.", "07:30 UTC"])
def test_a_time_of_day_beside_the_date_is_not_text(rendering: str, clock: str) -> None:
    html = article_html(
        rendering, date=f"June 12, 2025 {clock}", timestamp="", node={"datePublished": None}
    )
    assert row(html) == undated(published_on="2025-06-12")


@renderings
@pytest.mark.parametrize(
    "date",
    [
        (
            'Updated <time datetime="2025-06-14T01:00:00Z">June 14, 2025</time> '
            'Published <time datetime="2025-06-12T00:30:00Z">June 12, 2025</time>'
        ),
        (
            'Updated <time class="updated" datetime="2025-06-14T01:00:00Z">June 14, 2025</time> '
            '<abbr class="published" title="2025-06-12T09:30:00+09:00">June 12, 2025</abbr>'
        ),
        (
            '<span itemprop="datePublished" content="2025-06-12T00:30:00Z">June 12, 2025</span> '
            "(Updated June 14, 2025)"
        ),
    ],
    ids=["words", "hAtom", "microdata"],
)
def test_of_two_timestamps_the_updated_one_is_not_the_publication(
    rendering: str, date: str
) -> None:
    result = row(
        article_html(
            rendering, date=date, timestamp="", node={"datePublished": None, "dateModified": None}
        )
    )
    assert (result["published_on"], result["published_at"]) == (
        "2025-06-12",
        "2025-06-12T00:30:00Z",
    )
