"""What NK News looks like: does every pattern know its samples, and leave the sentences of an
article alone?
"""

import re
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nkcrawl import site

FILLER_IDS = [filler.sample[:30] for filler in site.FILLERS]
every_filler = pytest.mark.parametrize("filler", site.FILLERS, ids=FILLER_IDS)
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


def test_the_seed_authors_are_slugs_without_doubles() -> None:
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
def test_every_stock_note_knows_its_sample(note: site.StockNote) -> None:
    assert note.opening.match(note.sample)
    assert [other for other in site.STOCK_NOTES if other.opening.match(note.sample)] == [note]


@every_note
def test_a_stock_note_is_known_in_straight_quotes(note: site.StockNote) -> None:
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


# --- Filler ---------------------------------------------------------------------------------------


@every_filler
def test_every_filler_knows_its_sample(filler: site.Filler) -> None:
    assert filler.pattern.fullmatch(filler.sample)
    assert [found.kind for found in site.filler_in(filler.sample)][:1] == [filler.kind]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Try unlimited access Only $1 for four weeks", 1),
        ("Try unlimited access\n\nOnly $1 for four weeks", 1),
        ("Only $2.50 for four weeks", 1),
        ("Only €3,50 for four weeks", 1),
        ("Become a member for less than $4 per week.", 1),
        ("Become a member for less than £12 per week.", 1),
        ("Become a member for less\nthan ₩5,000 per week.", 1),
        ("Year-one discount if you continue past €2 trial period", 1),
        ("Subscribe\nnow", 1),
        ("Subscribe now Subscribe now", 2),
        ("© Korea Risk Group. All rights reserved. |", 1),
        ("by nknews_hq on 2018-01-10 02:35:37", 1),
        ("by nknews_hq on 2020-11-01 23:00:01", 1),
        ("Don’t have an account? SIGN UP", 1),
        ("Never miss a beat. Try the new mobile app.", 1),
        ("Copy Icon COPY LINKMastodon Icon MASTODON", 2),
        ("", 0),
        (" • - ", 0),
        ("Subscribe", 0),
        ("Subscribe now, they said", 0),
        ("They said: Subscribe now", 0),
        ("Try unlimited access to the tower", 0),
        ("Become a member for less than a song per week.", 0),
        ("Lamps", 0),
    ],
)
def test_how_many_filler_sentences_a_line_is_made_of(line: str, count: int) -> None:
    assert len(site.filler_in(line)) == count


SPACE = st.sampled_from([" ", "  ", "\n", "\u00a0", "\t", " \n  ", "\r\n"])
BULLET = st.sampled_from(["", "• ", "- ", "· ", "* ", "  •\t", "– ", "✓ ", "-\n"])
CASE = st.sampled_from([str, str.upper, str.lower, str.title])


@settings(deadline=None)
@given(st.sampled_from(site.FILLERS), st.data())
def test_space_bullets_and_case_do_not_count(filler: site.Filler, data: st.DataObject) -> None:
    words = filler.sample.split(" ")
    joined = words[0] + "".join(data.draw(SPACE) + word for word in words[1:])
    cased = data.draw(CASE)(joined).replace("İ", "i")
    line = data.draw(BULLET) + cased + data.draw(st.sampled_from(["", " ", " |", "\n•", " -"]))
    assert site.filler_in(line) == site.filler_in(filler.sample) != ()


@settings(deadline=None)
@given(st.lists(st.sampled_from(site.FILLERS), min_size=1, max_size=5), st.data())
def test_filler_after_filler_is_filler(fillers: list[site.Filler], data: st.DataObject) -> None:
    line = "".join(data.draw(BULLET) + filler.sample + data.draw(SPACE) for filler in fillers)
    assert site.filler_in(line) != ()


WORDS = st.sampled_from(
    "lamp ferry island quay gull clerk drawer oar tide harbor lantern geese orchard baker unlimited access to all of now "
    "subscribe contact reporters news the month free article price card email member week account".split()
)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=3, max_size=30), st.sampled_from(".?!"))
def test_a_sentence_of_ordinary_words_is_no_filler(words: list[str], stop: str) -> None:
    assume(words[0] != "email")  # a button of that name
    sentence = " ".join(words).capitalize() + stop
    assert site.filler_in(sentence) == ()
    assert [note for note in site.STOCK_NOTES if note.opening.match(sentence)] == []


@settings(deadline=None)
@given(
    st.sampled_from(site.FILLERS), st.sampled_from(["lamp", "he said", "the ferry’s bell", "2018"])
)
def test_a_word_before_it_makes_filler_a_sentence(filler: site.Filler, word: str) -> None:
    assert site.filler_in(f"{word} {filler.sample}") == ()


@settings(deadline=None)
@given(st.sampled_from(site.FILLERS), st.data())
def test_a_word_after_it_makes_cut_filler_a_sentence(
    filler: site.Filler, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(filler.sample) // 2))
    assert site.filler_in(filler.sample[:cut] + " •" * 500 + " lamp") == ()
