"""The patterns of the site match its URLs, headings, captions and stock notes, and nothing else."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nkcrawl import site

every_note = pytest.mark.parametrize(
    "note", site.STOCK_NOTES, ids=[note.sample[:30] for note in site.STOCK_NOTES]
)

# --- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "month", "slug"),
    [
        ("/2025/06/some-slug/", date(2025, 6, 1), "some-slug"),
        ("/2012/12/x/", date(2012, 12, 1), "x"),
        ("/2025/06/some-slug-2/", date(2025, 6, 1), "some-slug-2"),
        ("/2025/06/100-lamps/", date(2025, 6, 1), "100-lamps"),
        ("/2025/06/2018/", date(2025, 6, 1), "2018"),
        ("/2025/06/pages-of-a-diary/", date(2025, 6, 1), "pages-of-a-diary"),
        ("/2025/06/%ED%95%9C/", date(2025, 6, 1), "%ED%95%9C"),
        ("/2025/06/some-slug", None, None),
        ("/2025/06/", None, None),
        ("/2025/06/12/", None, None),
        ("/2025/06/page/2/", None, None),
        ("/2025/06/feed/", None, None),
        ("/2025/13/some-slug/", None, None),
        ("/2025/00/some-slug/", None, None),
        ("/1999/06/some-slug/", None, None),
        ("/2025/6/some-slug/", None, None),
        ("/2025/06/some-slug/amp/", None, None),
        ("/2025/06/some-slug/feed/", None, None),
        ("/pro/2025/06/some-slug/", None, None),
        ("/category/news/", None, None),
        ("/content_author/mira-olsen/", None, None),
        ("/wp-json/2025/06/x/", None, None),
        ("/", None, None),
        ("", None, None),
    ],
)
def test_article_paths(path: str, month: date | None, slug: str | None) -> None:
    assert (site.article_month(path), site.article_slug(path)) == (month, slug)


@pytest.mark.parametrize(
    ("path", "slug", "number"),
    [
        ("/content_author/mira-olsen/", "mira-olsen", 1),
        ("/content_author/mira-olsen/page/1/", "mira-olsen", 1),
        ("/content_author/mira-olsen/page/2/", "mira-olsen", 2),
        ("/content_author/mira-olsen/page/128/", "mira-olsen", 128),
        ("/content_author/mira-olsen/3/", "mira-olsen", 3),
        ("/content_author/mira-olsen", None, 0),
        ("/content_author/", None, 0),
        ("/content_author/mira-olsen/feed/", None, 0),
        ("/content_author/mira-olsen/page/", None, 0),
        ("/content_author/mira-olsen/page/x/", None, 0),
        ("/pro/content_author/mira-olsen/", None, 0),
        ("/author/mira-olsen/", None, 0),
        ("/2025/06/some-slug/", None, 0),
        ("/", None, 0),
    ],
)
def test_author_paths(path: str, slug: str | None, number: int) -> None:
    assert (site.author_slug(path), site.author_page_number(path)) == (slug, number)


@settings(deadline=None)
@given(st.from_regex(r"[a-z]{1,9}(-[a-z]{1,9}){0,2}", fullmatch=True))
def test_an_author_s_path_names_the_author(slug: str) -> None:
    path = site.author_path(slug)
    assert (site.author_slug(path), site.author_page_number(path), site.article_month(path)) == (
        slug,
        1,
        None,
    )


def test_the_seed_authors_are_distinct_slugs() -> None:
    assert [site.author_slug(site.author_path(slug)) for slug in site.SEED_AUTHORS] == list(
        site.SEED_AUTHORS
    )
    assert len(set(site.SEED_AUTHORS)) == len(site.SEED_AUTHORS)


@pytest.mark.parametrize(
    ("slug", "first"),
    [
        ("some-slug-2", "some-slug"),
        ("some-slug-12", "some-slug"),
        ("some-slug", "some-slug"),
        ("year-2018", "year-2018"),
    ],
)
def test_a_repeated_slug(slug: str, first: str) -> None:
    assert site.SLUG_REPEAT.sub("", slug) == first


# --- Headings, captions, stamps -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Lamps burn | NK News", "Lamps burn"),
        ("Lamps burn – NK News", "Lamps burn"),
        ("Lamps burn - NK News - North Korea News", "Lamps burn"),
        ("Lamps burn » NK News", "Lamps burn"),
        ("Lamps burn, says NK News", "Lamps burn, says NK News"),
        ("Lamps | ferries | NK News", "Lamps | ferries"),
        ("Lamps burn", "Lamps burn"),
    ],
)
def test_the_title_s_suffix(title: str, bare: str) -> None:
    assert site.TITLE_SUFFIX.sub("", title).rstrip() == bare


@pytest.mark.parametrize(
    ("pattern", "line", "known"),
    [
        (site.ABOUT_AUTHOR, "About the Author", True),
        (site.ABOUT_AUTHOR, "About the author", True),
        (site.ABOUT_AUTHOR, "About the Authors:", True),
        (site.ABOUT_AUTHOR, "About the author of the letter", False),
        (site.MORE_ARTICLES, "More articles by 'Mira Olsen'", True),
        (site.MORE_ARTICLES, "More articles by 'Tess O'Hara'", True),
        (site.MORE_ARTICLES, "More articles by ‘Tess O’Hara’", True),
        (site.MORE_ARTICLES, "More articles by the dead editor", False),
        (site.VIEW_MORE, "View more articles by Mira Olsen", True),
        (site.VIEW_MORE, "View more articles byte for byte", False),
        (
            site.COPYRIGHT,
            "© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved",
            True,
        ),
        (site.COPYRIGHT, "© Korea Risk Group. All rights reserved. |", True),
        (site.COPYRIGHT, "© 2025 Gull Gazette", False),
        (site.TOPIC, "COVID-19", True),
        (site.TOPIC, "Border Controls", True),
        (site.TOPIC, "Settling in Seoul", True),
        (site.TOPIC, "Ask a North Korean", True),
        (site.TOPIC, "Get behind the headlines", False),
        (site.TOPIC, "Join us this evening", False),
        (site.ILLUSTRATION, "Illustration by Nadia Ferro", True),
        (site.DESK_LINE, "Edited by Lena Moss and Ivo Reed", True),
        (site.DESK_LINE, "They edited by night", False),
        (site.CHALLENGE, "Just a moment...", True),
        (site.CHALLENGE, "Checking your browser before you go on", True),
        (site.NOT_FOUND, "404", True),
        (site.NOT_FOUND, "Error 404: not here", True),
        (site.NOT_FOUND, "Page not found", True),
        (site.NOT_FOUND, "Oops! That page can’t be found.", True),
        (site.NOT_FOUND, "4040 lamps", False),
        (
            site.NOT_FOUND,
            "The diver who went down to the wreck said that nothing was found in its hold",
            False,
        ),
        (site.LOGIN, "Log in", True),
        (site.LOGIN, "Please sign in to NK News", True),
        (site.LOGIN, "Logging in the north", False),
    ],
)
def test_lines_that_the_site_prints(pattern: re.Pattern[str], line: str, known: bool) -> None:
    match = pattern.search(line) if pattern is site.CHALLENGE else pattern.fullmatch(line)
    assert bool(match) is known


@pytest.mark.parametrize(
    ("before", "modified"),
    [
        ("Updated ", True),
        ("Last modified on ", True),
        ("Update: ", True),
        ("Mira Olsen ", False),
        ("", False),
    ],
)
def test_what_stands_before_the_day_of_a_change(before: str, modified: bool) -> None:
    assert bool(site.MODIFIED.search(before)) is modified


# --- Stock notes ----------------------------------------------------------------------------------


@every_note
def test_every_stock_note_matches_its_sample(note: site.StockNote) -> None:
    assert note.opening.match(note.sample)
    assert [other for other in site.STOCK_NOTES if other.opening.match(note.sample)] == [note]


@every_note
def test_a_stock_note_matches_in_straight_quotes(note: site.StockNote) -> None:
    straight = note.sample.translate(str.maketrans("‘’“”", "''\"\""))
    assert note.opening.match(straight)


@pytest.mark.parametrize(
    "line",
    [
        "Views expressed in Opinion articles are exclusively the authors’ own.",
        "The following article is a column by Mira Olsen, a lamplighter.",
        "The following article is an opinion piece by Mira Olsen.",
        "This is part of NK News’ series on lamps.",
        "This is part of NK News' series on lamps.",
        "“Lanterns and Ledgers” is a new NK News series about light.",
        "Got a question for Mira Olsen? Email it to [email protected].",
        "About the podcast: Two rowers talk.",
    ],
)
def test_a_stock_note_about_anything(line: str) -> None:
    assert len([note for note in site.STOCK_NOTES if note.opening.match(line)]) == 1
