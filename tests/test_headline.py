"""Which line is the headline, where the theme is ambiguous or repeats it."""

import pytest

from tests.html_factory import (
    PATH,
    SITE,
    SUBTITLE,
    TITLE,
    WITHOUT_HEADLINE,
    WORDS,
    article_html,
    expected,
    paragraphs,
    read,
    renderings,
    row,
)

BYLINE = '<div><a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025</div>'


def page(heading: str, *, title: str = TITLE, before: str = "", after: str = "") -> str:
    return (
        f"<html><head><title>{title} | NK News</title></head><body><header>NK "
        f"News</header>{before}<main>{heading}"
        f"<p>{SUBTITLE}</p>{BYLINE}<div>{paragraphs(*WORDS)}</div></main>{after}</body></html>"
    )


@pytest.mark.parametrize(
    ("heading", "stated", "title"),
    [
        (f"<h1>{TITLE}</h1>", TITLE, TITLE),
        (f"<div>{TITLE}</div>", TITLE, TITLE),
        # edited since: the visible one counts
        (
            "<div>Island’s last ferry now runs without lights</div>",
            TITLE,
            "Island’s last ferry now runs without lights",
        ),
        ("<h1>A night on the dark ferry</h1>", TITLE, "A night on the dark ferry"),
        (
            "<div>Talks, tides and ledgers: Harbor chief</div>",
            "Talks, tides and ledgers: Harbor chief of Gull Island",
            "Talks, tides and ledgers: Harbor chief",
        ),
        # a kicker in the same heading, on a line of its own or not
        (f"<h1><span>Ferries</span> {TITLE}</h1>", TITLE, TITLE),
        (
            "<h1><div>Ferries</div><div>The last one runs without lights</div></h1>",
            "Ferries: The last one runs without lights",
            "Ferries: The last one runs without lights",
        ),
    ],
)
def test_the_headline_is_found(heading: str, stated: str, title: str) -> None:
    article = read(page(heading, title=stated))
    assert (article.title, article.byline, article.paragraphs) == (title, "Mira Olsen", list(WORDS))


@pytest.mark.parametrize(
    "stray",
    [
        "<h2>Latest</h2>",
        (
            "<section><h3>About the Author</h3><h4>Mira Olsen</h4><p>Mira Olsen writes about lamps "
            "and ferries.</p></section>"
        ),
        '<h2><a href="/2025/05/the-lamp-maker/">The lamp maker of the island</a></h2>',
        "<h2>Menu</h2><h2>Subscribe to our newsletter</h2>",
        "<div role='dialog'><h1>We value your privacy</h1></div>",
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_stray_heading_is_not_the_headline(stray: str, place: str) -> None:
    assert read(page(f"<div>{TITLE}</div>", **{place: stray})).title == TITLE
    assert read(page(f"<h1>{TITLE}</h1>", title="", **{place: stray})).title == TITLE


@renderings
@pytest.mark.parametrize("path", ["/2025/06/iland-fery-stopps/", "/2025/06/x-1/"])
def test_the_headline_is_the_page_s_and_not_the_slug_s(rendering: str, path: str) -> None:
    assert row(article_html(rendering), path) == expected(rendering, url=SITE + path)


@renderings
def test_a_page_without_any_headline_has_none(rendering: str) -> None:
    html = article_html(rendering, **WITHOUT_HEADLINE)
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
