"""Random pages: each part that was put into a page is read into the field where it belongs."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nkcrawl import site
from nkcrawl.archive import article_row
from nkcrawl.demo import FakeSite, article_page
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import normalise
from tests.factories import article, row_from_html
from tests.html_factory import (
    OFFER,
    OFFER_END,
    OFFER_LIST,
    RENDERINGS,
    SITE,
    Parts,
    article_html,
    listing_html,
    read,
    read_list,
)

TODAY = date(2026, 1, 1)
BASE = "http://demo.test"

# Words of an article; some are also words of the offers and of the interface.
WORDS = st.sampled_from(
    "lamp ferry island quay gull clerk drawer oar tide harbor lantern geese orchard baker "
    "unlimited access to all of now "
    "subscribe contact reporters news the month free article price card week account photo author "
    "story update".split()
)


LINES = st.lists(WORDS, min_size=5, max_size=12).map(lambda words: " ".join(words).capitalize())
NAMES = st.from_regex(r"[A-Z][a-z]{2,7} [A-Z][a-z]{3,8}", fullmatch=True).filter(
    lambda name: len({*name.split()}) == 2
)
SLUGS = st.from_regex(r"[a-z]{3,8}(-[a-z]{3,8}){1,4}", fullmatch=True)


@dataclass(frozen=True)
class Story:
    """The parts of a made-up page."""

    title: str
    subtitle: str
    label: str
    authors: tuple[tuple[str, str], ...]
    day: date
    caption: str
    credit: str
    lead: tuple[str, ...]
    offer: bool
    recent: tuple[tuple[str, str], ...]
    visit: date


@st.composite
def stories(draw: st.DrawFn) -> Story:
    line = iter(draw(st.lists(LINES, min_size=14, max_size=14, unique=True)))
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=str.casefold))
    day = draw(st.dates(date(2012, 2, 1), date(2025, 12, 31)))
    return Story(
        title=next(line),
        subtitle=draw(st.sampled_from([next(line), ""])),
        label=draw(st.sampled_from(["News", "Columns", "COVID-19", "Border Controls", ""])),
        authors=tuple((name.lower().replace(" ", "-"), name) for name in names),
        day=day,
        caption=draw(st.sampled_from([f"{next(line)} on May 3, 2011", ""])),
        credit=draw(
            st.sampled_from(["Gull Gazette (Feb. 9, 2011), edited by NK News", "Quay Post"])
        ),
        lead=tuple(f"{next(line)}. {next(line)}." for _ in range(draw(st.integers(1, 4)))),
        offer=draw(st.booleans()),
        recent=tuple(
            (f"/2025/05/{number}-lamps/", next(line)) for number in range(draw(st.integers(1, 3)))
        ),
        visit=draw(st.dates(day, date(2026, 1, 1))),
    )


def written(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def page_of(story: Story, rendering: str, paragraph: str) -> str:
    between = {"p": ("<p>", "</p>"), "div": ("<div>", "</div>"), "br": ("", "<br><br>")}[paragraph]
    return article_html(
        rendering,
        title=story.title,
        subtitle=story.subtitle,
        label=story.label,
        authors=story.authors,
        date=written(story.day),
        timestamp=f"{story.day}T09:30:00+09:00",
        visit=written(story.visit) * 2,
        image="" if not story.caption else Parts.image,
        caption=f"{story.caption} | Image: {story.credit}" if story.caption else "",
        lead="".join(between[0] + text + between[1] for text in story.lead),
        offer=OFFER if story.offer else "",
        recent="".join(f'<div><a href="{path}">{title}</a></div>' for path, title in story.recent),
    )


@settings(deadline=None, max_examples=80)
@given(stories(), st.sampled_from(RENDERINGS), st.sampled_from(["p", "div", "br"]), SLUGS)
def test_every_part_put_into_a_page_is_read(
    story: Story, rendering: str, paragraph: str, slug: str
) -> None:
    path = f"/{story.day:%Y/%m}/{slug}/"
    result = drop_filler(normalise(read(page_of(story, rendering, paragraph), path), TODAY))
    row = article_row(result)
    assert row["url"] == SITE + path
    assert row["title"] == story.title
    assert row["subtitle"] == (story.subtitle or None)
    assert row["label"] == (story.label or None)
    assert [(author.slug, author.name) for author in result.authors] == list(story.authors)
    assert row["published_on"] == story.day.isoformat()
    assert (row["image_caption"], row["image_credit"]) == (
        (story.caption, story.credit) if story.caption else (None, None)
    )
    assert result.paragraphs == list(story.lead)
    assert row["access"] == ("teaser" if story.offer else "free")
    assert [link.url for link in result.links if link.kind == "article"] == [
        SITE + path for path, _ in story.recent
    ]
    assert result.rejection_reason is None


@st.composite
def broken(draw: st.DrawFn, line: str) -> list[str]:
    """Split a line at up to three spaces, with any white space in place of the others."""
    words = line.split(" ")
    cuts = draw(st.sets(st.integers(1, len(words) - 1), max_size=3)) if len(words) > 1 else set()
    gaps = [" " if at not in cuts else "\n\n" for at in range(1, len(words))]
    loose = [
        draw(st.sampled_from([" ", "\u00a0", "\t", " \n "])) if gap == " " else gap for gap in gaps
    ]
    return "".join(word + gap for word, gap in zip(words, [*loose, ""], strict=True)).split("\n\n")


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_an_offer_is_dropped_however_it_is_split_and_no_sentence_with_it(
    data: st.DataObject,
) -> None:
    boxes = st.sampled_from(
        [
            [OFFER_LIST[0]],
            [*OFFER_LIST, *OFFER_END],
            ["Become a member for less than $4 per week.", *OFFER_LIST],
        ]
    )
    sentences = data.draw(st.lists(LINES.map(lambda line: line + "."), max_size=6, unique=True))
    lead: list[str] = []
    for sentence in sentences:
        if data.draw(st.booleans()):
            lead += [piece for line in data.draw(boxes) for piece in data.draw(broken(line))]
        lead.append(sentence)
    result = drop_filler(normalise(article(paragraphs=lead), TODAY))
    assert result.paragraphs == sentences


@settings(deadline=None, max_examples=50)
@given(st.lists(LINES.map(lambda line: line + "."), min_size=1, max_size=8), st.data())
def test_no_sentence_of_ordinary_words_is_ever_dropped(
    sentences: list[str], data: st.DataObject
) -> None:
    """Each paragraph may hold one sentence, several, or half of one."""
    pieces = [piece for sentence in sentences for piece in data.draw(broken(sentence))]
    result = drop_filler(normalise(article(paragraphs=pieces), TODAY))
    assert " ".join(result.paragraphs) == " ".join(sentences)
    assert drop_filler(normalise(article(paragraphs=[" ".join(pieces)]), TODAY)).paragraphs == [
        " ".join(sentences)
    ]


# --- Days and URLs --------------------------------------------------------------------------------

DAYS = st.dates(date(2012, 2, 1), date(2025, 12, 31))


@settings(deadline=None, max_examples=50)
@given(DAYS, st.lists(DAYS, min_size=4, max_size=4), st.sampled_from(RENDERINGS))
@pytest.mark.fault("D11")
def test_the_day_of_an_article_is_in_the_month_of_its_url_or_missing(
    month: date, days: list[date], rendering: str
) -> None:
    in_byline, visited, stated, captioned = days
    html = article_html(
        rendering,
        date=written(in_byline),
        timestamp=f"{stated}T09:30:00+09:00",
        visit=written(visited) * 2,
        caption=f"A ferry on {written(captioned)} | Image: Quay Post",
    )
    result = read(html, f"/{month:%Y/%m}/lamps/").published_on
    if (in_byline.year, in_byline.month) == (month.year, month.month):
        assert result == in_byline.isoformat()
    if result is not None:
        assert result in {day.isoformat() for day in (in_byline, stated)}
        assert abs((date.fromisoformat(result) - month.replace(day=15)).days) <= 17


NUMBERED = st.from_regex(r"[a-z]{1,3}(-[a-z]{1,2})?(-[0-9]{1,3})?", fullmatch=True)
PLACES = st.tuples(st.sampled_from(["2024/06", "2024/07", "2025/06"]), NUMBERED).map("/".join)


@settings(deadline=None, max_examples=50)
@given(PLACES, PLACES, st.sampled_from(RENDERINGS))
@pytest.mark.fault("D12")
def test_no_page_takes_the_url_of_another_article(served: str, named: str, rendering: str) -> None:
    """Copies of one story, for which rel=canonical counts, differ in one or two final digits."""
    html = article_html(rendering, head=f'<link rel="canonical" href="/{named}/">')
    url = read(html, f"/{served}/").url
    assert url in (f"{SITE}/{served}/", f"{SITE}/{named}/")
    if url != f"{SITE}/{served}/":
        one, other = (site.SLUG_REPEAT.sub("", place) for place in (served, named))
        assert other in (one, served) or one == named


# --- Listings, and the made-up site ---------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(
    st.lists(LINES, min_size=1, max_size=12, unique=True),
    NAMES,
    st.sampled_from(RENDERINGS),
    st.integers(1, 30),
    st.booleans(),
    st.booleans(),
)
def test_what_was_put_into_a_listing_comes_out(
    headlines: list[str], name: str, rendering: str, number: int, has_next: bool, has_bio: bool
) -> None:
    slug = name.lower().replace(" ", "-")
    own = f"/content_author/{slug}/"
    bio = (
        f"{name} writes about lamps and ferries from a room above the chandlery." if has_bio else ""
    )
    entries = tuple(
        (f"/2025/05/{place}-lamps/", title, title[::-1]) for place, title in enumerate(headlines)
    )
    pager = "".join(
        f'<a href="{own}page/{other}/">{other}</a> '
        for other in (1, number, number + has_next, 99)
        if other != 99
    )
    html = listing_html(rendering, name=name, slug=slug, bio=bio, entries=entries, pager=pager)
    result = read_list(html, own if number == 1 else f"{own}page/{number}/")
    assert (result.slug, result.name, result.bio) == (slug, name, bio or None)
    assert [link.url for link in result.articles] == [SITE + path for path, _, _ in entries]
    following = f"{SITE}{own}page/{number + 1}/"
    assert (result.next_page.url if result.next_page else None) == (following if has_next else None)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.integers(0, 59))
def test_every_page_of_any_made_up_site_is_read_correctly(seed: int, number: int) -> None:
    fake_site = FakeSite(60, seed=seed)
    story = fake_site.articles[number]
    assert row_from_html(
        article_page(fake_site, story, BASE), BASE + story.path, BASE
    ) == fake_site.expected_row(story, BASE)
