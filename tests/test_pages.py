"""What is read from a page: every edge case of the site's pages, in two unlike renderings."""

import json
from datetime import date
from typing import Any

import pytest

from nkcrawl.archive import article_row
from nkcrawl.items import Author, Link, Listing
from nkcrawl.pages import EXTRACTOR_VERSION
from nkcrawl.pages.links import LinkResolver
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import normalise
from tests.html_factory import (
    BIO,
    CAPTION,
    CREDIT,
    ENTRIES,
    FIRST,
    IMAGE,
    LISTING_PATH,
    OFFER_END,
    OFFER_LIST,
    PATH,
    RECENT,
    RENDERINGS,
    SECOND,
    SITE,
    SUBTITLE,
    TITLE,
    article_html,
    box,
    listing_html,
    paragraphs,
    read,
    read_list,
)

TODAY = date(2025, 6, 20)
BODY = f"{FIRST}\n\n{SECOND}"
VIEWS = (
    "Views expressed in Opinion articles are exclusively the authors’ own and do not "
    "represent those of NK News."
)
NO_DATE = {"date": "", "timestamp": ""}
BASE: dict[str, Any] = {
    "url": SITE + PATH,
    "title": TITLE,
    "subtitle": SUBTITLE,
    "label": "Columns",
    "byline": "Mira Olsen",
    "published_on": "2025-06-12",
    "published_at": None,
    "modified_at": None,
    "body": BODY,
    "note": None,
    "access": "teaser",
    "access_evidence": ["page tail seen", "offer box: 9 lines", "last sentence whole"],
    "image_url": SITE + IMAGE,
    "image_caption": CAPTION,
    "image_credit": CREDIT,
    "language": "en",
    "extractor_version": EXTRACTOR_VERSION,
    "authors": [Author("mira-olsen", "Mira Olsen")],
    "links": [
        *(Link(SITE + path, "article") for path, _ in RECENT),
        Link(f"{SITE}/content_author/mira-olsen/", "author"),
    ],
}

renderings = pytest.mark.parametrize("rendering", RENDERINGS)


def row(html: str, path: str = PATH, final: str = "") -> dict[str, Any]:
    """Return everything that would be stored for a page."""
    article = drop_filler(normalise(read(html, path, final), TODAY))
    return {**article_row(article), "authors": article.authors, "links": article.links}


def expected(rendering: str, **changed: Any) -> dict[str, Any]:
    timestamp = "2025-06-12T00:30:00Z" if rendering == "semantic" else None
    return {**BASE, "published_at": timestamp, **changed}


def undated(**changed: Any) -> dict[str, Any]:
    return {**BASE, "published_on": None, "published_at": None, **changed}


def lines(*texts: str) -> str:
    return "\n\n".join(texts)


# --- The whole page -------------------------------------------------------------------------------


@renderings
def test_every_field_of_the_article_is_read(rendering: str) -> None:
    assert row(article_html(rendering)) == expected(rendering)


def test_two_renderings_of_one_article_give_one_row() -> None:
    nested, semantic = (row(article_html(rendering)) for rendering in RENDERINGS)
    assert {**nested, "published_at": None} == {**semantic, "published_at": None}


# --- Edge case 1: the visit's date at the top -----------------------------------------------------

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


# --- Edge case 2: dates of images, updates and promotions -----------------------------------------


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


# --- Edge case 3: the day, and the month that the URL proves --------------------------------------


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


# --- Edge case 4 and the stock notes: an empty lead is legal --------------------------------------

NOTES = (
    VIEWS,
    "Views expressed in Opinion articles are exclusively the authors' own.",
    "Views expressed in Opinion articles are exclusively those of the authors and no one else.",
    (
        "The following article is a column by Mira Olsen, a retired lamplighter who lives above "
        "the chandlery."
    ),
    "The following article is an opinion piece by Mira Olsen.",
    "This is part of NK News’ series on lamps and the people who clean them.",
    "“Lanterns and Ledgers” is a new NK News series about the price of light.",
    "Got a question for Mira Olsen? Email it to [email protected] and wait for the tide.",
    "About the podcast: Two rowers talk about weather and lamps.",
)


@renderings
@pytest.mark.parametrize("note", NOTES)
def test_a_page_with_nothing_but_a_note_is_an_article_with_an_empty_body(
    rendering: str, note: str
) -> None:
    evidence = ["page tail seen", "offer box: 9 lines", "no text"]
    assert row(article_html(rendering, lead=paragraphs(note))) == expected(
        rendering, body="", note=note, access_evidence=evidence
    )


@renderings
@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize(
    "markup", ["<p><em>{}</em></p>{}", "<div>{}</div><div>{}</div>", "{}<br><br>{}"]
)
def test_a_note_is_kept_apart_from_the_lead(rendering: str, note: str, markup: str) -> None:
    html = article_html(rendering, lead=markup.format(note, FIRST))
    assert row(html) == expected(rendering, body=FIRST, note=note)


@renderings
@pytest.mark.parametrize("note", [note for note in NOTES if note.endswith(".")])
def test_a_note_glued_to_the_first_sentence_is_split_off(rendering: str, note: str) -> None:
    assert row(article_html(rendering, lead=paragraphs(note + FIRST, SECOND))) == expected(
        rendering, note=note
    )


@renderings
def test_a_note_below_the_lead_and_a_note_twice(rendering: str) -> None:
    html = article_html(rendering, lead=paragraphs(VIEWS, FIRST, SECOND, VIEWS))
    assert row(html) == expected(rendering, note=VIEWS)


@renderings
@pytest.mark.parametrize(
    "sentence",
    [
        "Views expressed in the rowing club were exclusively about the weather.",
        "The following article of the harbor code forbids singing after dark.",
        "This is part of a longer quarrel over who may light the quay.",
        "“Lanterns at Dusk” is a new film about the lamplighters of the island.",
        "Got a question for the ferryman? Nobody does.",
    ],
)
def test_a_sentence_that_begins_like_a_note_is_text(rendering: str, sentence: str) -> None:
    html = article_html(rendering, lead=paragraphs(sentence, SECOND))
    assert row(html) == expected(rendering, body=lines(sentence, SECOND))


# --- Edge case 5: the three eras ------------------------------------------------------------------

LONG = tuple(
    f"Paragraph number {n} of the whole story tells what lamp number {n} had to say about it."
    for n in range(40)
)


@renderings
def test_a_whole_article_of_2018(rendering: str) -> None:
    html = article_html(
        rendering,
        lead=paragraphs(FIRST, *LONG),
        offer="",
        date="<time>June 12, 2018</time>",
        timestamp="",
        title="Lamps speak",
    )
    path = "/2018/06/lamps-speak/"
    evidence = ["page tail seen", "no offer", "last sentence whole"]
    assert row(html, path) == {
        **BASE, "title": "Lamps speak", "url": SITE + path, "published_on": "2018-06-12",
        "body": lines(FIRST, *LONG), "access": "free", "access_evidence": evidence,
    }  # fmt: skip


@renderings
def test_a_text_of_2020_cut_in_mid_sentence_stays_unchanged(rendering: str) -> None:
    cut = (
        "The harbor office counted its lamps.The clerk counted them again.Then, on the third of "
        "the month, he"
    )
    html = article_html(
        rendering, lead=paragraphs(FIRST, cut), date="February 3, 2020", timestamp=""
    )
    path = "/2020/02/lamps-counted/"
    evidence = ["page tail seen", "offer box: 9 lines", "last sentence cut"]
    assert row(html, path) == {
        **BASE,
        "url": SITE + path,
        "published_on": "2020-02-03",
        "body": lines(FIRST, cut),
        "access_evidence": evidence,
    }


@renderings
@pytest.mark.parametrize(
    "lead", [(FIRST,), (FIRST, SECOND), (FIRST, *LONG)], ids=["one", "two", "forty-one"]
)
def test_length_says_nothing_about_access(rendering: str, lead: tuple[str, ...]) -> None:
    assert row(article_html(rendering, lead=paragraphs(*lead))) == expected(
        rendering, body=lines(*lead)
    )
    whole = row(article_html(rendering, lead=paragraphs(*lead), offer=""))
    evidence = ["page tail seen", "no offer", "last sentence whole"]
    assert whole == expected(rendering, body=lines(*lead), access="free", access_evidence=evidence)


# --- Edge case 6: one article, one identity -------------------------------------------------------

VARIANTS = (
    SITE + PATH,
    SITE + PATH.rstrip("/"),
    "https://nknews.org" + PATH,
    "http://nknews.org" + PATH.rstrip("/"),
    "http://www.nknews.org" + PATH,
    f"{SITE}{PATH}?c=1718000000000",
    f"{SITE}{PATH}?t=1718000000000",
    f"{SITE}{PATH}?page=59",
    f"{SITE}{PATH}?show=nkpro",
    f"{SITE}{PATH}?utm_source=letter&amp;utm_medium=email&amp;utm_campaign=lamps",
    f"{SITE}{PATH}?anything=at&amp;all#comments",
    PATH,
    f"{PATH.rstrip('/')}?c=1",
)


@renderings
def test_every_spelling_of_a_link_is_one_article(rendering: str) -> None:
    entries = "".join(f'<div><a href="{url}">An older story</a></div>' for url in VARIANTS)
    article = row(article_html(rendering, recent=entries), "/2025/07/another-story/")
    assert article["links"] == [
        Link(SITE + PATH, "article"),
        Link(f"{SITE}/content_author/mira-olsen/", "author"),
    ]


@renderings
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_link_to_the_page_itself_is_not_a_recent_story(rendering: str, variant: str) -> None:
    html = article_html(rendering, recent=f'<div><a href="{variant}">{TITLE}</a></div>')
    assert row(html) == expected(rendering, links=BASE["links"][3:])


@renderings
@pytest.mark.parametrize(
    "href",
    [
        SITE + PATH,
        PATH,
        SITE + PATH.rstrip("/"),
        f"http://nknews.org{PATH}",
        f"{SITE}{PATH}?utm_source=x",
    ],
)
def test_a_second_slug_is_a_copy_of_the_first(rendering: str, href: str) -> None:
    head = f'<link rel="canonical" href="{href}">'
    assert row(article_html(rendering, head=head), PATH.rstrip("/") + "-2/") == expected(rendering)


@renderings
def test_a_slug_that_ends_in_a_number_of_its_own_has_copies_too(rendering: str) -> None:
    path = "/2025/06/prices-slip-5/"
    head = f'<link rel="canonical" href="{SITE}{path}">'
    assert row(article_html(rendering, head=head), "/2025/06/prices-slip-5-2/") == expected(
        rendering, url=SITE + path
    )


@renderings
@pytest.mark.parametrize(
    "href",
    [
        f"{SITE}/2025/06/another-story/",
        f"{SITE}/2025/05/island-ferry-runs-without-lights/",
        f"https://elsewhere.test{PATH}",
        f"https://nknews.org.elsewhere.test{PATH}",
        f"https://elsewhere.test@www.nknews.org{PATH}",
        f"//elsewhere.test{PATH}",
        "javascript:alert(1)",
        f"{SITE}/",
        f"{SITE}/content_author/mira-olsen/",
        f"{SITE}/pro{PATH}",
        "https://[",
        "",
    ],
)
@pytest.mark.parametrize("slug", ["", "-2"])
@pytest.mark.fault("D12")
def test_any_other_canonical_is_ignored(rendering: str, href: str, slug: str) -> None:
    path = PATH.rstrip("/") + slug + "/"
    html = article_html(rendering, head=f'<link rel="canonical" href="{href}">')
    assert row(html, path) == expected(rendering, url=SITE + path)


@renderings
def test_the_identity_is_where_redirects_led(rendering: str) -> None:
    old = "/2025/06/island-ferri-runs/"
    assert row(article_html(rendering), old, PATH) == expected(rendering)


# --- Edge case 7 and 8: headlines -----------------------------------------------------------------


@renderings
@pytest.mark.parametrize("path", ["/2025/06/iland-fery-stopps/", "/2025/06/x-1/"])
def test_the_headline_is_the_page_s_and_not_the_slug_s(rendering: str, path: str) -> None:
    assert row(article_html(rendering), path) == expected(rendering, url=SITE + path)


@renderings
def test_a_page_without_any_headline_has_none(rendering: str) -> None:
    html = article_html(
        rendering,
        title="",
        heading="",
        again="",
        subtitle="",
        title_element="",
        image="",
        node={"headline": None},
    )
    assert row(html)["title"] is None


@renderings
@pytest.mark.parametrize(
    "heading",
    [
        TITLE,
        TITLE * 2,
        f"{TITLE} {TITLE}",
        f"{TITLE} {TITLE} {TITLE}",
        f"<span>{TITLE}</span><br>{TITLE}",
        f'<a href="{PATH}?utm_source=self">{TITLE}</a>',
        f'<img src="/x.jpg" alt="{TITLE}">{TITLE}',
    ],
)
@pytest.mark.parametrize("again", ["", "{title}", "{title} {title}"])
def test_the_headline_comes_many_times_and_counts_once(
    rendering: str, heading: str, again: str
) -> None:
    assert row(article_html(rendering, heading=heading, again=again)) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "title_element", ["{title}", " {title} | NK News", "{title} – NK News", "Older words | NK News"]
)
def test_the_site_s_name_is_not_part_of_the_headline(rendering: str, title_element: str) -> None:
    heading = f"<h1>{TITLE}</h1>" if title_element.startswith("Older") else TITLE
    assert row(article_html(rendering, title_element=title_element, heading=heading)) == expected(
        rendering
    )


@renderings
@pytest.mark.parametrize(
    "other", ["Island's last ferry runs without lights", "ISLAND’S LAST FERRY RUNS WITHOUT LIGHTS"]
)
def test_curly_and_straight_spellings_are_one_headline(rendering: str, other: str) -> None:
    assert row(
        article_html(rendering, again=other, title_element=f"{other} | NK News")
    ) == expected(rendering)


@renderings
def test_a_portrait_repeats_the_name(rendering: str) -> None:
    byline = (
        '<a href="/content_author/mira-olsen/"><img src="/p.jpg" alt="Mira Olsen"></a>'
        '<a href="/content_author/mira-olsen/">Mira Olsen</a>'
    )
    assert row(article_html(rendering, byline=byline)) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "byline",
    [
        '<a href="/content_author/mira-olsen/">Mira Olsen Mira Olsen</a>',
        '<a href="/content_author/mira-olsen/"><span>Mira Olsen</span><span>Mira Olsen</span></a>',
        (
            '<a href="/content_author/mira-olsen/">Mira Olsen</a> <a '
            'href="/content_author/mira-olsen/">Mira Olsen</a>'
        ),
        'By <a href="/content_author/mira-olsen/?utm_source=x">Mira&nbsp;Olsen</a>&nbsp;',
        '<a href="http://nknews.org/content_author/mira-olsen">Mira Olsen</a>',
        '<a href="/content_author/mira-olsen/page/2/">Mira Olsen</a>',
    ],
)
def test_a_name_written_twice_is_one_author(rendering: str, byline: str) -> None:
    assert row(article_html(rendering, byline=byline)) == expected(rendering)


# --- Edge case 8: the doubled lead ----------------------------------------------------------------

SHORT = "Then it rained."
THIRD = (
    "Later that night a second boat followed, and nobody on the quay could tell which of the "
    "two was late."
)


@renderings
@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ((FIRST, SECOND, FIRST, SECOND), (FIRST, SECOND)),
        ((FIRST, FIRST, SECOND, SECOND), (FIRST, SECOND)),
        ((FIRST, FIRST), (FIRST,)),
        ((FIRST, SHORT, FIRST, SHORT), (FIRST, SHORT)),
        ((FIRST, FIRST, SHORT, SHORT), (FIRST, SHORT)),
        ((FIRST, SECOND, FIRST, SECOND, THIRD), (FIRST, SECOND, THIRD)),
        ((FIRST, SHORT, SECOND, SHORT), (FIRST, SHORT, SECOND, SHORT)),
        ((FIRST, SHORT, SECOND, SHORT, THIRD, SHORT), (FIRST, SHORT, SECOND, SHORT, THIRD, SHORT)),
    ],
    ids=["ABAB", "AABB", "AA", "AbAb", "AAbb", "ABABC", "refrain", "refrain thrice"],
)
def test_a_doubled_lead_counts_once_and_a_refrain_stays(
    rendering: str, order: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    assert row(article_html(rendering, lead=paragraphs(*order))) == expected(
        rendering, body=lines(*kept)
    )


@renderings
def test_copies_that_differ_in_quotes_and_spaces_are_copies(rendering: str) -> None:
    curly = (
        "The clerk’s drawer holds “nothing at all” – not even a spare wick – and he keeps it "
        "locked at night."
    )
    plain = (
        'The clerk\'s  drawer holds "nothing at all" - not even a spare wick - and he keeps '
        "it locked at\u00a0night. "
    )
    assert row(article_html(rendering, lead=paragraphs(curly, plain))) == expected(
        rendering, body=curly
    )


# --- Edge case 9: corrupt text and obfuscated e-mail addresses ------------------------------------


@renderings
@pytest.mark.parametrize(
    "text",
    ["The harwhomaster bor slept.", "A lamp ? ? of brass.", "It’s it’s a typoo.", "Café â€™ 5."],
)
def test_the_site_s_own_errors_are_not_repaired(rendering: str, text: str) -> None:
    html = article_html(rendering, lead=paragraphs(text, SECOND), title="Harbr opns")
    assert row(html) == expected(rendering, body=lines(text, SECOND), title="Harbr opns")


def protected(address: str) -> str:
    """Return an e-mail address as Cloudflare obfuscates it: XOR with the first byte, in hex."""
    code = "2a" + "".join(f"{ord(char) ^ 0x2A:02x}" for char in address)
    return (
        f'<a href="/cdn-cgi/l/email-protection" class="__cf_email__" '
        f'data-cfemail="{code}">[email&#160;protected]</a>'
    )


@renderings
def test_an_obfuscated_e_mail_address_stays_obfuscated(rendering: str) -> None:
    html = article_html(
        rendering,
        lead=f"<p>Write to {protected('lamps@quay.test')} before the tide "
        f"turns.</p>{paragraphs(SECOND)}",
    )
    body = lines("Write to [email protected] before the tide turns.", SECOND)
    assert row(html) == expected(rendering, body=body)


@renderings
def test_an_obfuscated_e_mail_address_in_a_note(rendering: str) -> None:
    note = f"<p>Got a question for Mira Olsen? Email it to {protected('mira@quay.test')}</p>"
    html = article_html(rendering, lead=note + paragraphs(FIRST, SECOND))
    assert row(html) == expected(
        rendering, note="Got a question for Mira Olsen? Email it to [email protected]"
    )


# --- Paragraphs in unlike markup ------------------------------------------------------------------


@renderings
@pytest.mark.parametrize(
    "lead",
    [
        f"<div>{FIRST}</div><div>{SECOND}</div>",
        f"<div><div><div>{FIRST}</div></div></div><div><span>{SECOND}</span></div>",
        f"{FIRST}<br><br>{SECOND}",
        f"{FIRST}<br>{SECOND}",
        f"{FIRST}<br />\n<br />\n{SECOND}<br>",
        f"<p>{FIRST}<br>&nbsp;<br>{SECOND}</p>",
        f"<p>{FIRST}</p>{SECOND}",
        f"<p>{FIRST}<p>{SECOND}",
        f"<section><p>{FIRST}</p></section><blockquote><p>{SECOND}</p></blockquote>",
        (
            f"<p>{FIRST.replace('lanterns', '<b>lan</b><i>terns</i>')}</p><p>"
            f"{SECOND.replace(' ', chr(10) + '   ')}</p>"
        ),
        (
            f"<p>{FIRST.replace('lanterns', '<a href=/2024/01/x/>lanterns</a>')}</p><p></p><p>"
            f"&nbsp;</p><p>{SECOND}</p>"
        ),
        f"<p>{FIRST}</p><!-- a remark --><p>{SECOND.replace('clerk', 'cl<!-- -->erk')}</p>",
        f"<p>{FIRST.replace('lanterns', 'lan<wbr>terns')}</p><ul><li>{SECOND}</li></ul>",
    ],
)
def test_paragraphs_are_found_whatever_their_markup(rendering: str, lead: str) -> None:
    assert row(article_html(rendering, lead=lead)) == expected(rendering)


@renderings
def test_a_break_inside_a_sentence_does_not_split_it(rendering: str) -> None:
    lead = (
        f"<p>{FIRST.replace('with its', 'with<br>its')}</p><p>"
        f"{SECOND.replace('but a clerk', '<br/>but a clerk')}</p>"
    )
    assert row(article_html(rendering, lead=lead)) == expected(rendering)


@renderings
@pytest.mark.parametrize("space", ["\u00a0", "&nbsp;", "\t", " \u2009 ", "\r\n"])
def test_every_kind_of_space_is_a_space(rendering: str, space: str) -> None:
    def spaced(text: str) -> str:
        return text.replace(" ", space)

    html = article_html(
        rendering,
        title=TITLE,
        heading=spaced(TITLE) + space,
        subtitle=spaced(SUBTITLE) + space,
        date=spaced("June 12, 2025"),
        lead=paragraphs(spaced(FIRST) + space, space + spaced(SECOND)),
    )
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "sign",
    ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u2066", "\x07", "\x1b", "\x7f", "\x8d"],
)
@pytest.mark.fault("D5", "D7")
def test_invisible_characters_are_left_out(rendering: str, sign: str) -> None:
    def strewn(text: str) -> str:
        return sign.join([text[:5], text[5:9], text[9:]]) + sign

    html = article_html(
        rendering,
        title=TITLE,
        heading=strewn(TITLE),
        subtitle=strewn(SUBTITLE),
        lead=paragraphs(*map(strewn, (FIRST, SECOND))),
        byline=f'<a href="/content_author/mira-olsen/">{strewn("Mira Olsen")}</a>',
    )
    assert row(html) == expected(rendering)


# --- Subtitle and label ---------------------------------------------------------------------------


@renderings
def test_the_subtitle_may_be_missing(rendering: str) -> None:
    assert row(article_html(rendering, subtitle="")) == expected(rendering, subtitle=None)


@renderings
def test_without_subtitle_and_byline_the_first_paragraph_is_not_a_subtitle(rendering: str) -> None:
    html = article_html(
        rendering,
        subtitle="",
        byline="",
        share="",
        again="",
        image="",
        caption="",
        about="",
        node={"author": None},
        **NO_DATE,
    )
    assert row(html) == undated(
        subtitle=None, byline=None, authors=[], image_caption=None, image_credit=None,
        image_url=SITE + IMAGE if rendering == "semantic" else None, links=BASE["links"][:3],
    )  # fmt: skip


@renderings
def test_the_subtitle_may_be_the_opening_sentence(rendering: str) -> None:
    assert row(article_html(rendering, subtitle=FIRST)) == expected(rendering, subtitle=FIRST)


@renderings
def test_a_subtitle_written_twice_is_one(rendering: str) -> None:
    assert row(article_html(rendering, subtitle=f"{SUBTITLE} {SUBTITLE}")) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    ("markup", "label"),
    [
        ("News", "News"),
        ("Features", "Features"),
        ("COVID-19", "COVID-19"),
        ("Border Controls", "Border Controls"),
        ("Lanterns and Ledgers", "Lanterns and Ledgers"),
        ('<a href="/category/columns/">Columns</a>', "Columns"),
        ('<a href="/category/featured-content/analysis/?utm_source=x">Analysis</a>', "Analysis"),
        ("News News", "News"),
        ("", None),
        ("Get behind the headlines", None),
        ("NK News is hiring", None),
        ("Join our evening of lamp stories this Thursday", None),
    ],
)
@pytest.mark.parametrize("promo", ["Get behind the headlines", "NK News is hiring", ""])
def test_the_label_is_a_section_a_topic_or_nothing(
    rendering: str, markup: str, label: str | None, promo: str
) -> None:
    assert row(article_html(rendering, label=markup, promo=promo)) == expected(
        rendering, label=label
    )


# --- Bylines --------------------------------------------------------------------------------------

PAIR = (("mira-olsen", "Mira Olsen"), ("tohara", "Tess O'Hara"))


def signed(rendering: str, byline: str, *authors: Author, **changed: Any) -> dict[str, Any]:
    links = [
        *BASE["links"][:3],
        *(Link(f"{SITE}/content_author/{author.slug}/", "author") for author in authors),
    ]
    return expected(rendering, byline=byline, authors=list(authors), links=links, **changed)


MIRA, TESS = Author("mira-olsen", "Mira Olsen"), Author("tohara", "Tess O'Hara")


@renderings
@pytest.mark.parametrize("between", [" | ", "| ", "|", ", ", " and ", " & ", " "])
def test_two_authors_in_their_order(rendering: str, between: str) -> None:
    there = row(article_html(rendering, authors=PAIR, between=between))
    back = row(article_html(rendering, authors=PAIR[::-1], between=between))
    assert there == signed(rendering, "Mira Olsen | Tess O'Hara", MIRA, TESS)
    assert back == signed(rendering, "Tess O'Hara | Mira Olsen", TESS, MIRA)


@renderings
@pytest.mark.parametrize(
    ("slug", "text", "name"),
    [
        ("nk-news", "NK News", "NK News"),
        ("nk-pro", "NK Pro", "NK Pro"),
        ("tohara", "Tess O’Hara", "Tess O'Hara"),
        ("theo-clair", "Théo Clair", "Théo Clair"),
        ("inji-kim", "In-ji Kim", "In-ji Kim"),
        ("kimhyanggi", "김향기", "김향기"),
    ],
)
def test_names_are_stored_as_in_the_byline(rendering: str, slug: str, text: str, name: str) -> None:
    article = row(article_html(rendering, authors=((slug, text),)))
    assert article == signed(rendering, name, Author(slug, name))


@renderings
def test_a_byline_without_links_takes_slugs_from_the_foot(rendering: str) -> None:
    html = article_html(rendering, authors=PAIR, byline="Mira Olsen | Tess O’Hara")
    assert row(html) == signed(rendering, "Mira Olsen | Tess O'Hara", MIRA, TESS)


@renderings
def test_an_author_linked_in_the_text_is_not_an_author_of_the_article(rendering: str) -> None:
    linked = (
        "<p>"
        + '<a href="/content_author/tohara/">Tess O’Hara</a> wrote of the same quay a year ago.'
        + "</p>"
    )
    html = article_html(rendering, lead=paragraphs(FIRST) + linked)
    body = lines(FIRST, "Tess O’Hara wrote of the same quay a year ago.")
    assert row(html) == expected(rendering, body=body)


@renderings
def test_authors_of_other_stories_are_not_authors_of_the_article(rendering: str) -> None:
    recent = (
        '<div><a href="/2025/06/tram/">Tram</a> <a href="/content_author/tohara/">Tess '
        "O'Hara</a> June 1, 2025</div>"
    )
    html = article_html(rendering, recent=recent)
    links = [
        Link(f"{SITE}/2025/06/tram/", "article"),
        Link(f"{SITE}/content_author/mira-olsen/", "author"),
    ]
    assert row(html) == expected(rendering, links=links)


# --- Images and captions --------------------------------------------------------------------------


@renderings
@pytest.mark.parametrize(
    ("line", "caption", "credit"),
    [
        ("Lamps | Image: Quay Post", "Lamps", "Quay Post"),
        ("Lamps|Image: Quay Post", "Lamps", "Quay Post"),
        ("Lamps | Images: Quay Post, edited by NK News", "Lamps", "Quay Post, edited by NK News"),
        ("Lamps | Image : Quay Post | Gull Gazette", "Lamps", "Quay Post | Gull Gazette"),
        ("| Image: Quay Post", None, "Quay Post"),
        ("Lamps, 4 | 5 of a set | Photo: Quay Post", "Lamps, 4 | 5 of a set", "Quay Post"),
        ("Featured image: Quay Post", None, "Quay Post"),
        ("", None, None),
    ],
)
def test_caption_and_credit_are_split(
    rendering: str, line: str, caption: str | None, credit: str | None
) -> None:
    html = article_html(rendering, caption=line)
    assert row(html) == expected(rendering, image_caption=caption, image_credit=credit)


@renderings
@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("Featured image: Quay Post", "Quay Post"),
        ("Featured Image: Quay Post (June 3, 2025)", "Quay Post (June 3, 2025)"),
        ("Illustration by Nadia Ferro", "Illustration by Nadia Ferro"),
    ],
)
def test_a_credit_below_the_text_is_not_a_paragraph(rendering: str, line: str, credit: str) -> None:
    html = article_html(rendering, caption="", lead=paragraphs(FIRST, SECOND, line))
    assert row(html) == expected(rendering, image_caption=None, image_credit=credit)


@renderings
@pytest.mark.parametrize(
    ("image", "url"),
    [
        ('<img src="ferry.jpg" alt="">', f"{SITE}{PATH}ferry.jpg"),
        ('<img src="https://img.test/a.jpg?w=1" alt="x">', "https://img.test/a.jpg?w=1"),
        ('<img src="data:image/gif;base64,R0" data-src="/a.jpg" alt="x">', f"{SITE}/a.jpg"),
        ('<img srcset="/s.jpg 300w, /l.jpg 1200w" alt="x">', f"{SITE}/l.jpg"),
        ('<noscript><img src="/a.jpg" alt="x"></noscript>', f"{SITE}/a.jpg"),
        (
            (
                '<a href="/content_author/mira-olsen/"><img src="/mira.jpg" alt="Mira '
                'Olsen"></a><img src="/a.jpg" alt="x">'
            ),
            f"{SITE}/a.jpg",
        ),
        ('<img src="/mira.jpg" alt="Mira Olsen"><img src="/a.jpg" alt="x">', f"{SITE}/a.jpg"),
    ],
)
def test_the_image_is_the_one_above_the_lead(rendering: str, image: str, url: str) -> None:
    assert row(article_html(rendering, image=image)) == expected(rendering, image_url=url)


@renderings
@pytest.mark.parametrize(
    ("stated", "url"),
    [("/o.jpg", f"{SITE}/o.jpg"), ("https://img.test/o.jpg", "https://img.test/o.jpg")],
)
def test_a_page_without_an_image_may_state_one(rendering: str, stated: str, url: str) -> None:
    html = article_html(
        rendering,
        image="",
        node={"image": None},
        head=f'<meta property="og:image" content="{stated}">',
    )
    assert row(html) == expected(rendering, image_url=url)


@renderings
def test_a_portrait_or_a_logo_is_never_the_article_s_image(rendering: str) -> None:
    byline = (
        '<a href="/content_author/mira-olsen/"><img src="/mira.jpg" alt="Mira Olsen">Mira Olsen</a>'
    )
    html = article_html(rendering, image="", caption="", byline=byline, node={"image": None})
    assert row(html) == expected(rendering, image_url=None, image_caption=None, image_credit=None)


@renderings
@pytest.mark.parametrize(
    "portrait",
    [
        '<a href="/content_author/mira-olsen/"><img src="/mira.jpg" alt=""></a>',
        '<img src="/mira.jpg" alt="Mira Olsen">',
    ],
    ids=["linked", "named"],
)
def test_a_portrait_before_the_only_image_is_passed_over(rendering: str, portrait: str) -> None:
    html = article_html(rendering, caption="", image=portrait + f'<img src="{IMAGE}" alt="x">')
    assert row(html) == expected(rendering, image_caption=None, image_credit=None)


# --- Language -------------------------------------------------------------------------------------

KOREAN = (
    "섬으로 가는 마지막 배가 등불 없이 부두를 떠났고 승객들은 갑판에서 별을 세었다.",
    "항만 사무소는 남은 등불이 몇 개인지 끝내 말하지 않았다.",
)


@renderings
def test_a_korean_article(rendering: str) -> None:
    title = "섬의 마지막 배, 등불 없이 떠나다"
    html = article_html(
        rendering,
        title=title,
        lead=paragraphs(*KOREAN),
        date="2025년 6월 12일",
        visit="2025년 6월 20일",
    )
    assert row(html) == expected(rendering, title=title, body=lines(*KOREAN), language="ko")


@pytest.mark.parametrize(
    ("stated", "language"),
    [("en-US", "en"), ("EN_gb", "en"), ("de", "de"), ("", "en"), ("12", "en"), ("english", "en")],
)
def test_the_stated_language(stated: str, language: str) -> None:
    assert row(article_html("semantic", language=stated)) == expected("semantic", language=language)


# --- What a reader does not see -------------------------------------------------------------------

SECRET = (
    "Behind the wall the harbor office admits that all forty lamps were sold to a circus in "
    "the spring."
)
HIDING = {
    "attribute": ("", "<div hidden>{}</div>"),
    "style": ("", '<div style="color:red; display: none">{}</div>'),
    "visibility": ("", '<div style="visibility:hidden">{}</div>'),
    "screen readers": ("", '<span class="screen-reader-text">{}</span>'),
    "sr-only": ("", '<p class="x sr-only">{}</p>'),
    "template": ("", "<template>{}</template>"),
    "noscript": ("", "<noscript>{}</noscript>"),
    "script": ("", '<script type="text/x-rest">{}</script>'),
    "textarea": ("", "<textarea>{}</textarea>"),
    "dialog": ("", "<dialog>{}</dialog>"),
    "own style": (
        "<style>.a{color:red}.rest-7{display:none}</style>",
        '<div class="rest-7">{}</div>',
    ),
    "own style, listed": (
        "<style>.o, .rest-7 {margin: 0; display: none !important}</style>",
        '<div class="rest-7">{}</div>',
    ),
    "own style, id": ("<style>#rest{display:none}</style>", '<div id="rest">{}</div>'),
    "own style, tag and class": (
        "<style>div.rest-7{display:none}</style>",
        '<div class="rest-7">{}</div>',
    ),
    "own style, two classes": (
        "<style>.rest.closed{display:none}</style>",
        '<div class="rest closed">{}</div>',
    ),
    "own style, attribute": (
        "<style>[data-part='.rest']{display:none}</style>",
        '<div data-part=".rest">{}</div>',
    ),
    "own style, inside": (
        "<style>main .rest-7, .css-1x7k9q .rest-7{display:none}</style>",
        '<div class="rest-7">{}</div>',
    ),
}


@renderings
@pytest.mark.parametrize("way", HIDING)
def test_the_hidden_rest_of_an_article_stays_unread(rendering: str, way: str) -> None:
    head, markup = HIDING[way]
    inner = SECRET if way in ("script", "textarea") else f"<span>{SECRET}</span> <b>{THIRD}</b>"
    html = article_html(rendering, head=head, lead=paragraphs(FIRST, SECOND) + markup.format(inner))
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize("way", HIDING)
def test_hidden_copies_of_the_page_s_parts_count_for_nothing(rendering: str, way: str) -> None:
    head, markup = HIDING[way]
    copy = markup.format("Gull by Tess")
    author = markup.format("June 1, 2025") if way in ("script", "textarea") else markup.format(
        '<a href="/content_author/tohara/">Tess O\'Hara</a> June 1, 2025'
    )  # fmt: skip
    html = article_html(
        rendering, head=head, subtitle=copy + SUBTITLE, date=author + "June 12, 2025", timestamp=""
    )
    assert row(html) == {**BASE, "published_at": None}


@renderings
@pytest.mark.parametrize(
    "way",
    ["<p>{}</p>", '<p aria-hidden="true">{}</p>', "<p hidden>{}</p>", '<p class="sr-only">{}</p>'],
)
def test_a_paragraph_copied_for_some_readers_counts_once(rendering: str, way: str) -> None:
    html = article_html(rendering, lead=paragraphs(FIRST) + way.format(FIRST) + paragraphs(SECOND))
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "style",
    [
        "@media print { .lead-5 { display: none } }",
        "@media (max-width: 600px) { .lead-5 { display: none } }",
        ".lead-5 { display: block } .other { display: none }",
        "/* .lead-5 { display: none } */",
        ".lead-5:empty { display: none }",
    ],
)
def test_a_text_that_is_hidden_only_elsewhere_is_read(rendering: str, style: str) -> None:
    html = article_html(
        rendering,
        head=f"<style>{style}</style>",
        lead=f'<div class="lead-5">{paragraphs(FIRST, SECOND)}</div>',
    )
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize("free", [False, "False", "http://schema.org/False"])
@pytest.mark.parametrize("many", [True, False])
def test_the_part_that_the_page_calls_paywalled_stays_unread(
    rendering: str, free: Any, many: bool
) -> None:
    part = {"@type": "WebPageElement", "isAccessibleForFree": free, "cssSelector": ".member-part"}
    node = {"@type": "NewsArticle", "headline": TITLE, "hasPart": [part] if many else part}
    html = article_html(
        rendering,
        head=f'<script type="application/ld+json">{json.dumps(node)}</script>',
        lead=paragraphs(FIRST, SECOND) + f'<div class="member-part">{paragraphs(SECRET)}</div>',
    )
    evidence = ["part withheld", *BASE["access_evidence"]]
    assert row(html) == expected(rendering, access_evidence=evidence)


@renderings
@pytest.mark.parametrize("lead", [(FIRST, SECOND), ()], ids=["with a lead", "without"])
def test_a_body_stated_for_machines_is_never_taken(rendering: str, lead: tuple[str, ...]) -> None:
    node = {"@type": "NewsArticle", "headline": TITLE, "articleBody": SECRET, "text": SECRET}
    html = article_html(
        rendering,
        lead=paragraphs(*lead),
        node={"articleBody": SECRET},
        head=f'<script type="application/ld+json">{json.dumps(node)}</script>'
        f'<meta name="description" content="{SECRET}"><script id="__NEXT_DATA__" '
        f'type="application/json">'
        f"{json.dumps({'content': SECRET})}</script>",
    )
    evidence = [*BASE["access_evidence"][:2], "last sentence whole" if lead else "no text"]
    assert row(html) == expected(rendering, body=lines(*lead), access_evidence=evidence)


# --- Bad JSON-LD ----------------------------------------------------------------------------------

BAD_JSON = (
    "",
    "{",
    "null",
    "5",
    '"NewsArticle"',
    "[]",
    "[[[[1, null, {}]]]]",
    "{'@type': 'NewsArticle'}",
    "[" * 100_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    '{"@type": 5, "headline": "No"}',
    (
        '{"@type": ["Article", 7], "headline": ["\\ud83d", 1], "author": 5, "datePublished": {}, '
        '"image": [[]]}'
    ),
    (
        '{"@type": "NewsArticle", "@id": ["x"], "author": [null, [{}], {"name": 4}], "image": '
        '{"@id": {}}, "hasPart": "x"}'
    ),
    (
        '{"@type": "NewsArticle", "headline": {}, "author": {"@id": "#self"}, "@id": "#self", '
        '"hasPart": [{"cssSelector": 5}]}'
    ),
    (
        '{"@type": "NewsArticle", "headline": "\\ud83d\\ud83d", "author": "", "inLanguage": 7, '
        '"articleSection": {"a": 1}}'
    ),
    (
        '{"@type": "NewsArticle", "datePublished": "0001-01-01T00:00:00+14:00", "dateModified": '
        '"9999-12-31T23:59:59-12:00"}'
    ),
    (
        '{"@type": "NewsArticle", "datePublished": "2025-13-45", "hasPart": '
        '[{"isAccessibleForFree": false, "cssSelector": 5}]}'
    ),
    '<!-- {"@type": "NewsArticle"} -->',
    '{"@type": "NewsArticle", "headline": "a\nb\tc", "wordCount": 1e999, "x": NaN}',
)


@renderings
@pytest.mark.parametrize("script", BAD_JSON, ids=range(len(BAD_JSON)))
@pytest.mark.fault("D8")
def test_malformed_json_ld_is_ignored(rendering: str, script: str) -> None:
    html = article_html(rendering, head=f'<script type="application/ld+json">{script}</script>')
    unreadable = script in ("{", "{'@type': 'NewsArticle'}") or len(script) > 10_000
    evidence = [*["JSON-LD unreadable"] * unreadable, *BASE["access_evidence"]]
    assert row(html) == expected(rendering, access_evidence=evidence)


@renderings
@pytest.mark.parametrize("name", ["{", "{{x}}", "{a}b", "\x1b", "<", '"', "한", ":", "a:b:c"])
def test_an_attribute_with_an_invalid_name_is_ignored(rendering: str, name: str) -> None:
    """Seen where a template was not filled in; found by tests/stress/fuzz.py."""
    head = (
        f'<meta {name}="1" property="x" content="y"><link {name} rel="x" href="y"><i {name} '
        f'itemprop="isAccessibleForFree">'
    )
    lead = (
        f"<p {name}>{FIRST}</p><p><a {name} href='/x/'><img {name}><time "
        f"{name}></time></a>{SECOND}</p>"
    )
    assert row(article_html(rendering, head=head, lead=lead))["body"] == BODY


@renderings
@pytest.mark.parametrize("selector", ["(((", "", ":nope(", "p:not(", "\x07"])
def test_an_invalid_selector_is_ignored(rendering: str, selector: str) -> None:
    part = {"isAccessibleForFree": False, "cssSelector": selector}
    node = json.dumps({"@type": "NewsArticle", "hasPart": part})
    html = article_html(rendering, head=f'<script type="application/ld+json">{node}</script>')
    assert row(html)["body"] == BODY


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (False, "False"),
        ("\ud83d", "\ufffd"),
        (" http://schema.org/False\n\x1b[31m", "http://schema.org/False [31m"),
        ("x" * 10_000, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
        ("\u200b", None),
        (["False"], None),
        ({"a": 1}, None),
    ],
)
@pytest.mark.fault("D5", "D6", "D8")
def test_evidence_is_a_short_line_that_can_be_stored(stated: Any, kept: str | None) -> None:
    evidence = row(article_html("semantic", node={"isAccessibleForFree": stated}))[
        "access_evidence"
    ]
    assert [line for line in evidence if "Free" in line] == (
        [f"isAccessibleForFree: {kept}"] if kept else []
    )


def test_evidence_in_markup_is_a_short_line_too() -> None:
    stated = f'<meta itemprop="isAccessibleForFree" content="\x07{"x" * 10_000}">'
    tier = f'<meta property="article:content_tier" content="{"y" * 10_000}">'
    evidence = row(article_html("nested", head=stated + tier))["access_evidence"]
    assert evidence[:2] == [f"isAccessibleForFree: {'x' * 99}", f"content tier: {'y' * 100}"]


@pytest.mark.fault("D6")
def test_a_lone_surrogate_is_replaced() -> None:
    node = (
        r'{"@type": "NewsArticle", "headline": "A bridge \ud83d of boats", "author": {"name": '
        r'"Mira \udc00"}}'
    )
    html = (
        f'<html><head><script type="application/ld+json">{node}</script></head><body><p>'
        f"{FIRST}</p></body></html>"
    )
    article = row(html)
    assert (article["title"], article["byline"]) == ("A bridge \ufffd of boats", "Mira \ufffd")


# --- Section 2: links -----------------------------------------------------------------------------

STRAY = (
    '<p>See also <a href="/2025/06/stray-story/">a story in the text</a> of the year before.</p>'
)


@renderings
@pytest.mark.parametrize(
    "where",
    [
        {"top": f"<nav>{STRAY}</nav>"},
        {"top": f"<aside>{STRAY}</aside>"},
        {"foot": f"<footer>{STRAY}</footer>"},
        {"about": '<p>Mira Olsen once wrote <a href="/2025/06/stray-story/">this</a>.</p>'},
        {"foot": "<h3>Recommended for You</h3>" + STRAY},
    ],
)
def test_only_recent_stories_are_followed(rendering: str, where: dict[str, str]) -> None:
    assert row(article_html(rendering, **where)) == expected(rendering)


@renderings
def test_a_story_linked_in_the_text_is_not_followed(rendering: str) -> None:
    html = article_html(rendering, lead=paragraphs(FIRST) + STRAY)
    body = lines(FIRST, "See also a story in the text of the year before.")
    assert row(html) == expected(rendering, body=body)


@renderings
@pytest.mark.parametrize("tag", ["aside", "div", "section"])
@pytest.mark.parametrize(
    "heading", ["<h3>Recent Stories</h3>", "<div>Recent Stories</div>", "<b>RECENT STORIES:</b>"]
)
def test_recent_stories_may_stand_before_the_article(
    rendering: str, tag: str, heading: str
) -> None:
    box_html = "".join(f'<div><a href="{path}">{title}</a></div>' for path, title in RECENT)
    html = article_html(rendering, recent="", top=f"<{tag}>{heading}{box_html}</{tag}>")
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "entry",
    [
        '<div><a href="/pro/2025/06/paid-story/">A paid story of the lamp trade</a></div>',
        '<div><a href="https://www.nknews.org/pro/">All of it</a></div>',
        (
            '<div><span>NK PRO</span><a href="/2025/06/paid-story/">A paid story of the lamp '
            "trade</a></div>"
        ),
        (
            '<div><a href="/2025/06/paid-story/">A paid story of the lamp trade <span>NK '
            "Pro</span></a></div>"
        ),
        (
            '<div><a href="/2025/06/paid-story/">A paid story</a></div><div><a '
            'href="/2025/06/paid-story/"><i>NK PRO</i></a></div>'
        ),
        '<div><a href="https://signup.nknews.org/2025/06/x/">Sign up</a></div>',
        '<div><a href="https://tv.nknews.org/2025/06/x/">Watch</a></div>',
        '<div><a href="https://elsewhere.test/2025/06/x/">Elsewhere</a></div>',
        (
            '<div><a href="/tag/lamps/">Lamps</a><a href="/category/news/page/2/">More</a><a '
            'href="/wp-json/x">x</a></div>'
        ),
        (
            '<div><a href="javascript:void(0)">Next</a><a href="#">Up</a><a>None</a><a '
            'href="">Self</a></div>'
        ),
        '<div><a href="http://[">Broken</a><a href="mailto:x@quay.test">Mail</a></div>',
    ],
)
def test_pro_entries_and_links_elsewhere_are_never_followed(rendering: str, entry: str) -> None:
    stories = "".join(
        f'<div><a href="{path}">{title}</a><a href="{path}">{title}</a></div>'
        for path, title in RECENT
    )
    assert row(article_html(rendering, recent=f"<div>{entry}</div>{stories}")) == expected(
        rendering
    )


@renderings
@pytest.mark.parametrize(
    "menu",
    ['<a href="/pro/">NK Pro</a>', "<b>NK PRO</b>", '<a href="/pro/"><span>NK Pro</span></a>'],
)
def test_a_menu_with_nk_pro_removes_no_story(rendering: str, menu: str) -> None:
    path, title = RECENT[0]
    html = article_html(
        rendering,
        top=f"<nav><ul><li>{menu}</li></ul></nav>",
        recent=f'<a href="{path}">{title}</a>',
    )
    assert row(html) == expected(rendering, links=[BASE["links"][0], BASE["links"][3]])


@renderings
def test_a_byline_of_nk_pro_removes_no_story(rendering: str) -> None:
    path, title = RECENT[0]
    html = article_html(
        rendering, authors=(("nk-pro", "NK Pro"),), recent=f'<a href="{path}">{title}</a>'
    )
    links = [BASE["links"][0], Link(f"{SITE}/content_author/nk-pro/", "author")]
    assert row(html) == expected(
        rendering, byline="NK Pro", authors=[Author("nk-pro", "NK Pro")], links=links
    )


# --- Section 4: filler ----------------------------------------------------------------------------

HEADINGS = (
    ("Become a member for less than $4 per week.",),
    ("Become a member for less", "than $5.75 per week."),
    ("Become a member for less than €3,50 per week.",),
    ("Try unlimited access", "Only $1 for four weeks"),
    ("Try unlimited access", "Only US$2.99 for four weeks"),
    ("Try unlimited access Only ₩1,900 for four weeks",),
)
LIST_FORMS = {
    "list": lambda items: f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>",
    "bullets": lambda items: "".join(f"<div>• {item}</div>" for item in items),
    "bullets in one": lambda items: box("<br>".join(f"&nbsp; • {item}" for item in items)),
    "lone dashes": lambda items: "".join(f"<div>-</div><div>{item}</div>" for item in items),
    "dashes": lambda items: "".join(f"<p>- {item}</p>" for item in items),
    "run on": lambda items: f"<p>{' '.join(items)}</p>",
    "breaks inside": lambda items: "".join(
        f"<p>{item.replace(', ', ',<br>', 1)}</p>" for item in items
    ),
    "wrapped": lambda items: "".join(
        f"<p>{item.replace(' ', chr(10) + '      ')}</p>" for item in items
    ),
    "halves": lambda items: "".join(
        f"<div>{' '.join(item.split()[:4])}</div><div>{' '.join(item.split()[4:])}</div>"
        for item in items
    ),
    "shouted": lambda items: "".join(f"<p>{item.upper()}</p>" for item in items),
    "nbsp": lambda items: "".join(f"<p>{item.replace(' ', '&nbsp;')}</p>" for item in items),
}


@renderings
@pytest.mark.parametrize(
    ("form", "heading"),
    [(form, HEADINGS[3]) for form in LIST_FORMS] + [("bullets", heading) for heading in HEADINGS],
)
def test_the_offer_box_is_never_text_however_it_is_broken(
    rendering: str, form: str, heading: tuple[str, ...]
) -> None:
    offer = "".join(map(box, heading)) + LIST_FORMS[form](OFFER_LIST) + "".join(map(box, OFFER_END))
    article = row(article_html(rendering, offer=offer))
    assert {name: article[name] for name in ("body", "note", "access", "image_caption")} == {
        "body": BODY, "note": None, "access": "teaser", "image_caption": CAPTION,
    }  # fmt: skip


@renderings
@pytest.mark.parametrize(
    "end",
    [
        ("Subscribe", "now"),
        (
            "Get unlimited access to all NK News content, from the archive to the podcasts.",
            "Subscribe now",
        ),
        ("All major cards accepted. Pause whenever you like.",),
        (
            "Get unlimited access to all NK News content, including original reporting,",
            "investigations, and analyses by our team of DPRK experts.",
            "Subscribe now",
        ),
        (OFFER_END[0].replace("by our ", "by our<br>"),),
        ("- Subscribe", "now -", "All major cards accepted."),
    ],
)
def test_the_end_of_the_offer_box_varies(rendering: str, end: tuple[str, ...]) -> None:
    offer = "".join(map(box, ("Try unlimited access", "Only $1 for four weeks", *OFFER_LIST, *end)))
    article = row(article_html(rendering, offer=offer))
    assert (article["body"], article["access"]) == (BODY, "teaser")


OLD_OFFER = (
    "You have reached your limit of 5 free articles this month.",
    "Subscribe today for unlimited access.",
    "Prices start from just $10 a month.",
    "Existing users, please sign in here:",
    "Remember Me",
)
POPUPS = (
    "Specialist news and analysis,",
    "research tools, and unique data sets",
    "Internet Explorer is not compatible with this website. Please try another browser.",
    "Join the influential community of members who rely on NK News each day.",
    "Don't have an account? SIGN UP",
)


@renderings
def test_the_offer_of_2014_with_its_login_form(rendering: str) -> None:
    form = (
        f"<form>{''.join(f'<p>{line}</p>' for line in OLD_OFFER)}<input name=log><input "
        f"type=password name=pwd></form>"
    )
    article = read(article_html(rendering, offer=form))
    assert (row(article_html(rendering, offer=form))["body"], article.rejection_reason) == (
        BODY,
        None,
    )


@renderings
@pytest.mark.parametrize("where", ["top", "foot", "promo", "share", "offer", "inside"])
@pytest.mark.parametrize("tag", ["p", "div", "li"])
def test_pop_ups_are_never_text(rendering: str, where: str, tag: str) -> None:
    popup = "".join(f"<{tag}>{line}</{tag}>" for line in POPUPS)
    inside = {"lead": paragraphs(FIRST) + popup + paragraphs(SECOND)}
    html = article_html(rendering, offer="" if where != "offer" else popup, **(
        inside if where == "inside" else {} if where == "offer" else {where: popup}
    ))  # fmt: skip
    result = row(html)
    names = ("title", "subtitle", "label", "byline", "published_on", "body", "note")
    assert {name: result[name] for name in names} == {name: BASE[name] for name in names}


@renderings
@pytest.mark.parametrize("where", ["top", "promo", "share", "offer", "foot"])
def test_the_promotion_of_2019_gives_neither_text_nor_day(rendering: str, where: str) -> None:
    box_html = paragraphs("New user promotion", "by nknews_hq on 2018-01-10 02:35:37")
    result = row(article_html(rendering, **{where: box_html}, **NO_DATE))
    names = ("title", "subtitle", "label", "byline", "published_on", "published_at", "body", "note")
    assert {name: result[name] for name in names} == {name: undated()[name] for name in names}


@renderings
@pytest.mark.parametrize(
    "tail",
    [
        ("© Korea Risk Group. All rights reserved. |",),
        (
            "© Korea Risk Group. All rights reserved.",
            "No part of this content may be copied without asking.",
        ),
        ("Never miss a beat.", "Try the new mobile app."),
        ("• © Korea Risk Group.", "All rights reserved."),
        ("©&nbsp;2014 Korea Risk Group. All rights reserved.",),
    ],
)
@pytest.mark.parametrize("recent", [True, False])
def test_the_tail_is_not_text(rendering: str, tail: tuple[str, ...], recent: bool) -> None:
    html = article_html(rendering, rights=paragraphs(*tail), **({} if recent else {"recent": ""}))
    assert row(html)["body"] == BODY


HARD = (
    "The app lets people “subscribe now for unlimited access” to songs about the sea.",
    "Recent stories in the county bulletin describe a bumper harvest of eels.",
    "Recent Stories in the Gull Gazette were all about geese.",
    "Subscribe now, the poster on the tram told commuters, or row home.",
    "Try unlimited access to the lighthouse, the mayor said, and see who climbs it.",
    (
        "Unlimited access to all of NK News: reporting, investigations, analysis was the first "
        "prize of the raffle."
    ),
    (
        "Contact NK News reporters with tips or requests for reporting, the flyer urged, but "
        "nobody did."
    ),
    "Become a member for less than $4 per week, the rowing club pleads, and bring your own oar.",
    "You have reached your limit of 5 free articles this month, the library told the boy.",
    "Get unlimited access to all NK News content, the false banner promised, for a jar of honey.",
    "Prices start from just four marks for the slow boat.",
    "Join the influential community of members who row at dawn, says the sign of the club.",
    (
        "Internet Explorer is not compatible with this website. The clerk read the notice aloud "
        "and shrugged."
    ),
    "No part of this content may be reproduced, the clerk read aloud from a yellowed page.",
    "All major cards accepted. The sign in the ferry’s bar has been wrong since the spring.",
    "Never miss a beat. Try the new mobile app. So runs the song of the drummers.",
    "View more articles by hand, the archivist says, and the pattern comes out.",
    (
        "More articles by “The Lantern” followed within a week, and the editor called all of them "
        "“dim.”"
    ),
    "Illustrations by hand took the studio nine months.",
    "Got a news tip? The box outside the harbor office asks that, and holds nothing but leaves.",
    "Let us know! So the lamplighters wrote on the wall.",
    "About the author of the letter little is known.",
    "About the Author: so begins the strangest page of the book.",
    "Recommended for you, said the waiter, is the eel.",
    "Skip to content, the preacher told the sailors, and be glad of it.",
    "Copy link by link, the chain was forged again.",
    "Mastodon bones were found under the quay.",
    "Email was slower than the ferry.",
    "Remember me, the lamplighter asked his son.",
    "Just a moment... The clerk looked up, and went on counting.",
    "Access denied, said the harbor gate.",
    "Edited by the tide, the map on the wall has lost two islands.",
    "Updated lamps hang on the quay.",
    "By Tuesday the lamps were gone.",
    "June 3, 2025, was the darkest night of the year on the island.",
)


@renderings
@pytest.mark.parametrize("sentence", HARD)
def test_a_sentence_of_the_article_is_never_filler(rendering: str, sentence: str) -> None:
    html = article_html(rendering, lead=paragraphs(FIRST, sentence, SECOND))
    assert row(html) == expected(rendering, body=lines(FIRST, sentence, SECOND))


@renderings
@pytest.mark.parametrize("sentence", HARD)
def test_a_sentence_of_the_article_is_never_filler_as_the_first_one(
    rendering: str, sentence: str
) -> None:
    html = article_html(rendering, lead=paragraphs(sentence, SECOND))
    assert row(html) == expected(rendering, body=lines(sentence, SECOND))


@renderings
@pytest.mark.parametrize(
    "crosshead",
    [
        "Remember me",
        "Subscribe now",
        "New user promotion",
        "Recent stories in the bulletin",
        "The lamps",
        "EMAIL",
        "Prices",
    ],
)
@pytest.mark.parametrize("tag", ["h2", "h3", "p", "div"])
def test_a_subheading_stays_in_the_text(rendering: str, crosshead: str, tag: str) -> None:
    html = article_html(
        rendering, lead=f"{paragraphs(FIRST)}<{tag}>{crosshead}</{tag}>{paragraphs(SECOND)}"
    )
    assert row(html) == expected(rendering, body=lines(FIRST, crosshead, SECOND))


@renderings
@pytest.mark.parametrize(
    "top", ["Skip to toolbar", "Skip to content", "한국어 | June 20, 2025", "Log in"]
)
def test_lines_above_the_article_are_not_part_of_it(rendering: str, top: str) -> None:
    assert row(article_html(rendering, top=f'<a href="#x">{top}</a>')) == expected(rendering)


# --- Listings -------------------------------------------------------------------------------------

ENTRY_LINKS = [Link(SITE + path, "article") for path, _, _ in ENTRIES]
NEXT = Link(f"{SITE}/content_author/mira-olsen/page/2/", "author")


def listed(**changed: Any) -> Listing:
    facts: dict[str, Any] = {
        "slug": "mira-olsen", "name": "Mira Olsen", "bio": BIO,
        "articles": ENTRY_LINKS, "next_page": NEXT, "follow_all": False,
    }  # fmt: skip
    return Listing(**{**facts, **changed})


@renderings
def test_a_listing_is_read_whole(rendering: str) -> None:
    assert read_list(listing_html(rendering)) == listed()


@renderings
@pytest.mark.parametrize(
    ("text", "name"),
    [("Tess O’Hara", "Tess O'Hara"), ("Tess O'Hara", "Tess O'Hara"), ("Théo Clair", "Théo Clair")],
)
def test_the_name_in_a_listing(rendering: str, text: str, name: str) -> None:
    assert read_list(listing_html(rendering, name=text)) == listed(name=name)


@renderings
@pytest.mark.parametrize("quotes", ["'{}'", "‘{}’", "“{}”"])
def test_the_heading_of_a_listing_in_any_quotes(rendering: str, quotes: str) -> None:
    more = "More articles by " + quotes.format("Mira Olsen")
    assert read_list(listing_html(rendering, more=more)) == listed()


@renderings
@pytest.mark.parametrize("bio", ["", "<a href='/2020/01/old-story/'>Read this</a>"])
def test_a_listing_without_a_bio(rendering: str, bio: str) -> None:
    assert read_list(listing_html(rendering, bio=bio)) == listed(bio=None)


@renderings
def test_a_story_linked_in_the_bio_is_not_an_entry(rendering: str) -> None:
    bio = 'She wrote about the pier <a href="/2020/01/old-story/">here</a>.'
    assert read_list(listing_html(rendering, bio=bio)) == listed(
        bio="She wrote about the pier here."
    )


@renderings
@pytest.mark.parametrize(
    "stamp",
    [
        "June 12, 2025",
        "Mira Olsen June 12, 2025",
        '<a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025',
    ],
)
def test_bylines_of_entries_change_nothing(rendering: str, stamp: str) -> None:
    assert read_list(listing_html(rendering, stamp=stamp)) == listed()


@renderings
def test_every_spelling_of_an_entry_is_one_article(rendering: str) -> None:
    entries = tuple((url, TITLE, "") for url in VARIANTS)
    assert read_list(listing_html(rendering, entries=entries)) == listed(articles=ENTRY_LINKS[:1])


@renderings
@pytest.mark.parametrize(
    ("path", "pager", "following"),
    [
        (LISTING_PATH, "{}page/2/", "page/2/"),
        (LISTING_PATH, "{}2/", "2/"),
        (LISTING_PATH + "page/2/", "{}page/3/", "page/3/"),
        (LISTING_PATH + "2/", "{}3/", "3/"),
        (LISTING_PATH + "page/127/", "{}page/128/", "page/128/"),
        (LISTING_PATH, "{}page/2?c=1718000000000", "page/2/"),
        (LISTING_PATH, "https://nknews.org{}page/2", "page/2/"),
    ],
)
def test_the_next_page_in_both_styles_of_pager(
    rendering: str, path: str, pager: str, following: str
) -> None:
    others = "".join(f'<a href="{LISTING_PATH}page/{n}/">{n}</a>' for n in (1, 6, 20))
    html = listing_html(rendering, pager=f'{others}<a href="{pager.format(LISTING_PATH)}">»</a>')
    assert read_list(html, path) == listed(
        path, next_page=Link(SITE + LISTING_PATH + following, "author")
    )


@renderings
def test_the_next_page_may_be_stated(rendering: str) -> None:
    head = f'<link rel="next" href="{SITE}{LISTING_PATH}page/2/">'
    assert read_list(listing_html(rendering, pager="", head=head)) == listed()


@renderings
@pytest.mark.parametrize(
    "pager",
    [
        "",
        (
            '<a href="/content_author/mira-olsen/">1</a>'
            '<a href="/content_author/mira-olsen/page/1/">1</a>'
        ),
        '<a href="/content_author/tohara/page/2/">2</a>',
        '<a href="/content_author/mira-olsen/page/3/">3</a>',
        '<a href="/tag/lamps/page/2/">2</a><a href="/pro/content_author/mira-olsen/page/2/">2</a>',
        '<a href="https://elsewhere.test/content_author/mira-olsen/page/2/">2</a>',
    ],
)
def test_a_listing_without_a_next_page(rendering: str, pager: str) -> None:
    assert read_list(listing_html(rendering, pager=pager)) == listed(next_page=None)


@renderings
@pytest.mark.parametrize("recent", ["", f'<div><a href="{RECENT[0][0]}">{RECENT[0][1]}</a></div>'])
def test_a_page_past_the_end_has_no_entries_and_no_next_page(rendering: str, recent: str) -> None:
    path = LISTING_PATH + "page/272/"
    pager = f'<a href="{LISTING_PATH}page/271/">271</a><a href="{LISTING_PATH}page/273/">273</a>'
    html = listing_html(rendering, entries=(), pager=pager, recent=recent)
    assert read_list(html, path) == listed(path, articles=[], next_page=None)


@renderings
@pytest.mark.parametrize("where", ["recent", "top"])
def test_recent_stories_of_a_listing_are_not_entries(rendering: str, where: str) -> None:
    stories = "".join(f'<div><a href="{path}">{title}</a></div>' for path, title in RECENT)
    stories = stories if where == "recent" else f"<div><h3>Recent Stories</h3>{stories}</div>"
    assert read_list(listing_html(rendering, **{where: stories})) == listed()


@renderings
@pytest.mark.parametrize(
    "entry",
    [
        '<div><a href="/pro/2025/06/paid-story/">A paid story of the lamp trade</a></div>',
        '<div><b>NK PRO</b><a href="/2025/06/paid-story/">A paid story of the lamp trade</a></div>',
        '<article><h3><a href="/2025/06/paid-story/">A paid story</a></h3><p>NK PRO</p></article>',
        '<div><a href="https://tv.nknews.org/2025/06/watch/">Watch</a></div>',
    ],
)
def test_pro_entries_of_a_listing_are_left_out(rendering: str, entry: str) -> None:
    assert read_list(listing_html(rendering, extra=entry)) == listed()


@renderings
def test_the_slug_is_where_redirects_led(rendering: str) -> None:
    old, new = "/content_author/mira/", LISTING_PATH
    result = read_list(listing_html(rendering), old, new)
    assert result == listed()


@renderings
def test_a_menu_with_nk_pro_removes_no_entry(rendering: str) -> None:
    html = listing_html(rendering, entries=ENTRIES[:1], top='<nav><a href="/pro/">NK Pro</a></nav>')
    assert read_list(html) == listed(articles=ENTRY_LINKS[:1])


# --- Pages of other designs -----------------------------------------------------------------------


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


@renderings
def test_share_icons_on_lines_of_their_own_are_neither_text_nor_image(rendering: str) -> None:
    icons = ('<li><img src="/i/c.svg" alt="Copy Icon"> COPY LINK</li>'
             '<li><img src="/i/m.svg" alt="Mastodon Icon"> MASTODON</li>')  # fmt: skip
    html = article_html(rendering, share="", again=f"<ul>{icons}</ul>")
    assert row(html) == expected(rendering)


def test_headline_subtitle_and_byline_may_share_a_block_with_br() -> None:
    byline = 'by <a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025'
    header = f"Columns<br>{TITLE}<br>{SUBTITLE}<br>{byline}"
    html = article_html("nested", label="", heading=header, subtitle="", byline="", date="")
    result = row(html)
    names = ("title", "subtitle", "label", "byline", "published_on", "body")
    assert {name: result[name] for name in names} == {name: BASE[name] for name in names}


@renderings
def test_a_sidebar_before_the_article_does_not_swallow_its_label(rendering: str) -> None:
    stories = "".join(f'<li><a href="{path}">{title}</a></li>' for path, title in RECENT)
    html = article_html(
        rendering,
        recent="",
        label='<a href="/category/columns/">Columns</a>',
        promo=f"<div>Recent Stories</div>{stories}",
    )
    result = row(html)
    assert (result["label"], result["title"], result["body"]) == ("Columns", TITLE, BODY)


@renderings
def test_a_menu_line_above_the_headline_is_not_a_label(rendering: str) -> None:
    menu = '<a href="/">Home</a> | <a href="/category/news/">News</a> | <a href="/pro/">NK Pro</a>'
    assert row(article_html(rendering, promo="", label=menu))["label"] is None


@renderings
def test_names_of_many_words_need_no_link_in_the_byline(rendering: str) -> None:
    authors = (("percy", "Percy van der Holt"), ("mira-olsen", "Mira Olsen"))
    html = article_html(
        rendering,
        authors=authors,
        byline="By Percy van der Holt| Mira Olsen",
        date="",
        timestamp="",
    )
    result = row(html)
    assert result["byline"] == "Percy van der Holt | Mira Olsen"
    assert result["authors"] == [
        Author("percy", "Percy van der Holt"),
        Author("mira-olsen", "Mira Olsen"),
    ]
    assert result["body"] == BODY


def test_equal_relative_links_of_two_pages_lead_to_different_urls() -> None:
    one, other = (
        LinkResolver(SITE, frozenset((f"{SITE}/2025/06/{name}/",))) for name in ("gull", "tern")
    )
    assert one.url("../lamps/") == one.url("/2025/06/lamps/") == f"{SITE}/2025/06/lamps/"
    assert [place.url("part-2") for place in (one, other)] == [
        f"{SITE}/2025/06/gull/part-2/",
        f"{SITE}/2025/06/tern/part-2/",
    ]
    assert [place.url("//evil.example/x/") for place in (one, other)] == [None, None]
    assert one.url("/" + "a" * 2_000) is None
