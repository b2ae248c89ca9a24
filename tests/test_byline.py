"""Authors and dates from bylines, beside the other text that common software prints there."""

import json
from typing import Any

import pytest

from nkcrawl.items import Author
from nkcrawl.pages.byline import names_in
from tests.html_factory import PATH, SITE, SUBTITLE, WORDS, paragraphs, read, theme_html

MIRA = '<a href="/content_author/mira-olsen/">Mira Olsen</a>'
TESS = '<a href="/content_author/tess-ohara/">Tess O’Hara</a>'


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Ann Lee", ["Ann Lee"]),
        ("by Ann Lee and Bo Day", ["Ann Lee", "Bo Day"]),
        ("Ann Lee | Bo Day", ["Ann Lee", "Bo Day"]),
        ("Ann Lee, Bo Day & Cy Fox", ["Ann Lee", "Bo Day", "Cy Fox"]),
        ("NK News | By Ann Lee", ["Ann Lee"]),
        ("By NK News", ["NK News"]),
        ("By Ann Lee for NK News", ["Ann Lee"]),
        ("By Ann Lee, Senior Correspondent", ["Ann Lee"]),
        ("Ann Lee, data correspondent in Seoul", ["Ann Lee"]),
        ("By Ann Lee in Seoul and Bo Day in Tokyo", ["Ann Lee", "Bo Day"]),
        ("Ann Lee · 5 min read · 3 Comments", ["Ann Lee"]),
        ("By Ann Lee Updated June 20, 2025", ["Ann Lee"]),
        ("Updated June 20, 2025", []),
        ("June 20, 2025 | By Ann Lee | 1,204 views", ["Ann Lee"]),
        ("Words by Ann Lee, photos by Bo Day", ["Ann Lee"]),
        ("By Percy van der Holt and Théo Clamart", ["Percy van der Holt", "Théo Clamart"]),
        ("By Tess O’Hara (in Busan)", ["Tess O'Hara"]),
        ("홍길동 기자", ["홍길동"]),
        ("Share", []),
        ("", []),
    ],
)
def test_names_in_a_line(line: str, names: list[str]) -> None:
    assert names_in(line) == names


# The byline, and the author and day in it.
LINES = {
    "reading time and comments": (
        f'{MIRA} June 12, 2025 · 5 min read · <a href="#comments">3 Comments</a>'
    ),
    "outlet": f"<span>NK News</span> <span>&nbsp;|&nbsp;By {MIRA}</span> June 12, 2025",
    "title": f"{MIRA}, Senior Correspondent | June 12, 2025",
    "place": f"{MIRA} in Seoul June 12, 2025",
    "update": f"{MIRA} Published June 12, 2025, updated June 14, 2025",
    "day first": f"By {MIRA} on 12 June 2025",
    "weekday": f"By {MIRA} on Thursday, June 12, 2025 at 9:30 a.m.",
    "ISO": f"By {MIRA} | 2025-06-12",
    "time without a year": f'{MIRA} <time datetime="2025-06-12">Jun 12</time>',
    "time without an offset": f'{MIRA} <time datetime="2025-06-12T3:14">on Thursday</time>',
    "Korean": f"{MIRA} 2025년 6월 12일",
    "rows": (
        f"<div>by</div><div>{MIRA}</div><div>—</div><div>June 12, 2025</div><div>1,204 views</div>"
    ),
    "dots": (
        f"<div>{MIRA}</div><div>·</div><div>June 12, 2025</div><div>·</div><div>5 min read</div>"
    ),
    "no link": "By Mira Olsen June 12, 2025",
    "no link, no by": "<div>Mira Olsen</div><div>June 12, 2025</div>",
    "no link, a class": '<div class="byline">Mira Olsen</div><div>12 June 2025</div>',
    "date before": f"<div>June 12, 2025</div><div>By {MIRA}</div>",
}


@pytest.mark.parametrize("subtitle", [f"<p>{SUBTITLE}</p>", ""], ids=["subtitle", "none"])
@pytest.mark.parametrize("line", LINES)
def test_words_beside_names_and_date_do_not_break_a_byline(line: str, subtitle: str) -> None:
    article = read(theme_html(byline=LINES[line], subtitle=subtitle))
    assert (article.byline, article.published_on) == ("Mira Olsen", "2025-06-12")
    assert article.subtitle == (SUBTITLE if subtitle else None)
    assert article.paragraphs == list(WORDS)


@pytest.mark.parametrize(
    "byline",
    [
        f"By {MIRA} and {TESS}",
        f"{MIRA} | {TESS}, Correspondent in Busan",
        f"<div>{MIRA}</div><div>{TESS}</div>",
        f"By {MIRA} and Tess O’Hara",
    ],
)
def test_every_author_of_a_byline_is_named(byline: str) -> None:
    about = "<section><h3>About the Authors</h3><p>" + TESS + "</p></section>"
    article = read(theme_html(byline=f"{byline} June 12, 2025", foot=about))
    assert article.authors == [
        Author("mira-olsen", "Mira Olsen"),
        Author("tess-ohara", "Tess O'Hara"),
    ]


def test_an_update_alone_gives_neither_an_author_nor_a_day() -> None:
    article = read(theme_html(byline="<div>Updated</div><div>Updated June 20, 2025</div>"))
    assert (article.byline, article.published_on) == (None, None)


def test_authors_linked_elsewhere_on_the_page_are_not_the_article_s() -> None:
    most_read = (
        f'<div><h3>Most read</h3><ul><li><a href="/2025/05/x-y-z/">A story of lamps</a> '
        f"{TESS}</li></ul></div>"
    )
    article = read(
        theme_html(byline="By Mira Olsen June 12, 2025", foot=most_read, top=f"<nav>{TESS}</nav>")
    )
    assert (article.byline, article.authors) == ("Mira Olsen", [])


def test_a_byline_below_the_text_counts_if_there_is_none_above_it() -> None:
    foot = '<p>By <a href="/content_author/ann-lee/" rel="author">Ann Lee</a></p>'
    assert read(theme_html(byline="June 12, 2025", after=foot)).authors == [
        Author("ann-lee", "Ann Lee")
    ]
    assert read(theme_html(after=foot)).byline == "Mira Olsen"


def test_a_first_line_of_names_is_a_byline() -> None:
    article = read(
        theme_html(byline="June 12, 2025", body="<p>Mira Olsen</p>" + paragraphs(*WORDS))
    )
    assert (article.byline, article.paragraphs) == ("Mira Olsen", list(WORDS))


# --- What the page states -------------------------------------------------------------------------


def stated(*nodes: dict[str, Any]) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(node)}</script>' for node in nodes
    )


OWN = {"@type": "NewsArticle", "url": SITE + PATH, "author": {"@type": "Person", "name": "Bo Day"}}


def test_people_come_before_organizations() -> None:
    node = {
        **OWN,
        "author": [
            {"@type": "Organization", "name": "NK News"},
            {"@type": "Person", "name": "Bo Day"},
        ],
    }
    assert read(theme_html(byline="", head=stated(node))).byline == "Bo Day"


@pytest.mark.parametrize("name", ["Bo Day", '<a href="/content_author/bo-day/">Bo Day</a>'])
def test_a_place_is_not_an_author_if_the_page_states_the_authors(name: str) -> None:
    byline = f'<div class="byline">{name}, Gull Island, June 12, 2025</div>'
    assert read(theme_html(byline=byline, head=stated(OWN))).byline == "Bo Day"


def test_a_second_author_counts_though_the_page_states_only_the_first() -> None:
    byline = (
        '<div class="byline"><a href="/content_author/bo-day/">Bo Day</a> and Mira Olsen '
        "June 12, 2025</div>"
    )
    assert read(theme_html(byline=byline, head=stated(OWN))).byline == "Bo Day | Mira Olsen"


def test_the_other_sources_of_the_authors_are_listed() -> None:
    article = read(theme_html(head=stated(OWN)))
    assert article.byline == "Mira Olsen"
    assert [
        (source.name, source.value, source.agrees) for source in article.sources["authors"]
    ] == [("stated author", "Bo Day", False)]
