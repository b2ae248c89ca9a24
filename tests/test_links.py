"""Which links of an article page are followed, and where they lead."""

import pytest

from nkcrawl.items import Author, Link
from nkcrawl.pages.links import LinkResolver
from tests.html_factory import (
    BASE,
    FIRST,
    PATH,
    RECENT,
    SITE,
    SPELLINGS,
    TITLE,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
)


@renderings
def test_every_spelling_of_a_link_is_one_article(rendering: str) -> None:
    entries = "".join(f'<div><a href="{url}">An older story</a></div>' for url in SPELLINGS)
    article = row(article_html(rendering, recent=entries), "/2025/07/another-story/")
    assert article["links"] == [
        Link(SITE + PATH, "article"),
        Link(f"{SITE}/content_author/mira-olsen/", "author"),
    ]


@renderings
@pytest.mark.parametrize("variant", SPELLINGS)
def test_a_link_to_the_page_itself_is_not_a_recent_story(rendering: str, variant: str) -> None:
    html = article_html(rendering, recent=f'<div><a href="{variant}">{TITLE}</a></div>')
    assert row(html) == expected(rendering, links=BASE["links"][3:])


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
