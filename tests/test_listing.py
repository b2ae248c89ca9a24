"""Author pages: the name, the biography, the entries and the next page."""

from typing import Any

import pytest

from nkcrawl.items import Link, Listing
from tests.html_factory import (
    BIO,
    ENTRIES,
    LISTING_PATH,
    RECENT,
    SITE,
    SPELLINGS,
    TITLE,
    listing_html,
    read_list,
    renderings,
)

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
    entries = tuple((url, TITLE, "") for url in SPELLINGS)
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
        next_page=Link(SITE + LISTING_PATH + following, "author")
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
    assert read_list(html, path) == listed(articles=[], next_page=None)


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
