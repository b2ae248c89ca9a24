"""The authors of an article: their names, their slugs and their order."""

from typing import Any

import pytest

from nkcrawl.items import Author, Link
from tests.html_factory import (
    BASE,
    BODY,
    FIRST,
    SITE,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
)


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
