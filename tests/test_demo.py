"""The made-up site: is it the same every time, is all of it reachable, and does it show what it
says is true?
"""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest

from nkcrawl.demo import (
    EDGE_CASES,
    Answer,
    DemoArticle,
    DemoServer,
    FakeSite,
    article_page,
    listing_page,
)
from nkcrawl.demo.html import without_visit
from nkcrawl.demo.redesign import undated
from nkcrawl.demo.wording import long_date, ordinal_date, short_date
from nkcrawl.demo.world import RENDERINGS, STATES_TIMESTAMP
from nkcrawl.items import Page
from nkcrawl.pages import parse_html, read_article
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import as_row, normalise

SEED_AUTHORS = (
    "andrei-lankov",
    "chadcarrol",
    "colin-zwirko",
    "nk-news",
    "oliver-hotham",
    "inhua-kim",
    "kelly-kasulis",
)
BASE = "http://demo.test"
VOID = {"img", "br", "meta", "link", "input"}


class _Visible(HTMLParser):
    """The lines that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = (
            tag in ("script", "style")
            or "hidden" in given
            or "display" in (given.get("style") or "")
        )
        hidden = hidden or given.get("class") == "member-part"
        if tag == "br":
            self.parts.append(" ")
        elif tag in ("div", "p", "h1", "h2", "h3", "li", "title", "figure"):
            self.parts.append("\n")
        if tag not in VOID:
            self._open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag
        if tag in ("div", "p", "h1", "h2", "h3", "li", "title"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not any(hidden for _, hidden in self._open):
            self.parts.append(re.sub(r"\s+", " ", data))


def visible(html: str) -> str:
    """The visible text of a page, white space tidied."""
    reader = _Visible()
    reader.feed(html)
    return "\n".join(
        " ".join(line.split()) for line in "".join(reader.parts).split("\n") if line.strip()
    )


def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers, redirects followed."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


@pytest.fixture(scope="module")
def world() -> FakeSite:
    return FakeSite()


@pytest.fixture
def site(world: FakeSite) -> Iterator[DemoServer]:
    with DemoServer(world) as server:
        yield server


def listed(world: FakeSite, slug: str) -> list[DemoArticle]:
    """Everything on the pages of an author's listing."""
    return [
        entry
        for number in range(1, world.page_count(slug) + 1)
        for entry in world.entries(slug, number)
    ]


def pages(world: FakeSite) -> dict[str, str]:
    """Every page of the site, by path or by author and number."""
    articles = {article.path: article_page(world, article, BASE) for article in world.articles}
    listings = {
        f"{author.slug} {number}": listing_page(world, author.slug, number, BASE) or ""
        for author in world.authors
        for number in range(1, world.page_count(author.slug) + 2)
    }
    return articles | listings


def read(html: str, path: str) -> dict[str, Any]:
    """The archive row that the crawler makes of an article's page, with the fields that
    `FakeSite.expected_row` has.
    """
    page = Page(BASE + path, "article", BASE + path, 200)
    article = drop_filler(
        normalise(read_article(parse_html(html), page, BASE).article, date(2026, 1, 1))
    )
    row = as_row(article) | {"authors": [(author.slug, author.name) for author in article.authors]}
    return {
        name: value
        for name, value in row.items()
        if name not in ("access_evidence", "extractor_version")
    }


def nodes(html: str) -> list[dict[str, Any]]:
    """The JSON-LD of a page, one list for all its scripts."""
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    found = [json.loads(script) for script in scripts]
    return [node for part in found for node in (part if isinstance(part, list) else [part])]


def items(feed: str) -> list[dict[str, str]]:
    """The items of a feed, by the names of their parts without name space."""
    found = ElementTree.fromstring(feed).iter("item")
    return [{part.tag.rpartition("}")[2]: part.text or "" for part in item} for item in found]


def with_trap(world: FakeSite, trap: str) -> DemoArticle:
    return next(article for article in world.articles if trap in article.edge_cases)


# The world


def test_the_same_numbers_give_the_same_world(world: FakeSite) -> None:
    again = FakeSite()
    assert list(again.articles) == list(world.articles)
    assert [article_page(again, a, BASE) for a in again.articles] == [
        article_page(world, a, BASE) for a in world.articles
    ]
    assert [a.title for a in FakeSite(seed=1).articles] != [a.title for a in world.articles]


@pytest.mark.parametrize("seed", range(12))
def test_sixty_articles_set_every_trap(seed: int) -> None:
    met = frozenset[str]().union(*(article.edge_cases for article in FakeSite(seed=seed).articles))
    assert met == EDGE_CASES.keys()


@pytest.mark.parametrize(("articles", "authors"), [(60, 8), (300, 30), (2000, 40)])
def test_articles_are_distinct_ordered_and_of_their_time(articles: int, authors: int) -> None:
    world = FakeSite(articles, authors)
    found = list(world.articles)
    assert len({a.path for a in found}) == len({a.title for a in found}) == articles
    assert [a.published_on for a in found] == sorted((a.published_on for a in found), reverse=True)
    assert (world.today - found[0].published_on).days == 10
    assert found[-1].published_on.year == 2013
    assert (
        len({author.name for author in world.authors})
        == len({a.slug for a in world.authors})
        == authors
    )
    assert sum(len(world.articles_of(author.slug)) for author in world.authors) == sum(
        len(a.authors) for a in found
    )


def test_the_seed_authors_come_first(world: FakeSite) -> None:
    assert tuple(author.slug for author in world.authors[:7]) == SEED_AUTHORS


def test_an_article_is_found_by_path_and_by_alias(world: FakeSite) -> None:
    article = with_trap(world, "alias")
    assert world.article(article.path) == article
    assert article.alias_path == article.path[:-1] + "-2/"
    assert world.article(article.alias_path) == article
    assert world.article("/2020/01/no-such-story/") is None


def test_holding_back_changes_nothing_else(world: FakeSite) -> None:
    assert list(FakeSite(held_back=5).articles) == list(world.articles)[5:]


def test_editors_can_revise() -> None:
    world = FakeSite()
    before = world.articles[3]
    world.revise(before.path, title="A better headline")
    assert world.articles[3].title == "A better headline"
    assert world.articles[3].paragraphs == before.paragraphs
    assert "A better headline" in article_page(world, world.articles[3], BASE)


def test_what_is_opened_up_is_shown_whole() -> None:
    world = FakeSite(240, 20, seed=3)
    closed = [article for article in world.articles if article.access != "free"]
    assert {trap for article in closed for trap in article.edge_cases} >= {
        "limit-box",
        "cut-off",
        "note-only",
        "korean",
    }
    for before in closed:
        after = world.open_up(before.path)
        assert after == world.article(before.path)
        assert (after.access, after.paragraphs, after.hidden) == ("free", before.whole, ())
        assert after.whole == before.whole != before.paragraphs
        assert len(after.edge_cases & {"whole-free", "free-late"}) == 1
        assert after.edge_cases.isdisjoint(
            ("offer-week", "bullets-dash", "limit-box", "cut-off", "contradiction", "note-only")
        )
        html = article_page(world, after, BASE)
        assert [part for part in before.whole if part not in visible(html)] == []
        assert read(html, after.path) == world.expected_row(after, BASE)
        changed = {"access": "free", "body": "\n\n".join(before.whole)}
        assert world.expected_row(after, BASE) == world.expected_row(before, BASE) | changed
    assert {article.access for article in world.articles} == {"free"}


def test_what_is_closed_off_is_a_teaser() -> None:
    world = FakeSite(240, 20, seed=3)
    free = [article for article in world.articles if article.access == "free"]
    assert {trap for article in free for trap in article.edge_cases} >= {
        "free-late",
        "update-stamp",
        "email",
        "korean",
    }
    for before in free:
        after = world.close_off(before.path)
        assert after == world.article(before.path)
        assert (after.access, after.paragraphs, after.whole) == (
            "teaser",
            before.paragraphs[:1],
            before.paragraphs,
        )
        assert after.edge_cases.isdisjoint(
            ("whole-free", "free-late", "update-stamp", "br-paragraphs", "br-lines")
        )
        html = article_page(world, after, BASE)
        assert [part for part in after.hidden if part in html] == []
        assert "All major cards accepted." in visible(html)
        assert read(html, after.path) == world.expected_row(after, BASE)
        changed = {"access": "teaser", "body": before.paragraphs[0]}
        assert world.expected_row(after, BASE) == world.expected_row(before, BASE) | changed
    assert "free" not in {article.access for article in world.articles}


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_a_paywall_falls_and_rises_again(rendering: str) -> None:
    world = FakeSite(240, 20)
    article = next(
        a
        for a in world.articles
        if (a.rendering, a.access) == (rendering, "teaser") and a.paragraphs
    )
    opened, closed, again = (
        move(article.path) for move in (world.open_up, world.close_off, world.open_up)
    )
    assert closed.paragraphs == article.paragraphs[:1]
    assert again.paragraphs == opened.paragraphs == article.whole
    assert (
        read(article_page(world, again, BASE), again.path)
        == world.expected_row(again, BASE)
        == world.expected_row(opened, BASE)
    )


def test_a_paywall_neither_falls_nor_rises_twice() -> None:
    world = FakeSite()
    free, teaser = (
        next(a for a in world.articles if a.access == access) for access in ("free", "teaser")
    )
    with pytest.raises(ValueError, match=f"{free.path} is free already"):
        world.open_up(free.path)
    with pytest.raises(ValueError, match=f"{teaser.path} is not free"):
        world.close_off(teaser.path)


def test_a_revised_text_stays_when_the_paywall_falls() -> None:
    world = FakeSite()
    teaser = next(
        article for article in world.articles if article.access == "teaser" and article.paragraphs
    )
    world.revise(teaser.path, title="A better headline", paragraphs=("A better lead.",))
    opened = world.open_up(teaser.path)
    assert (opened.title, opened.paragraphs) == (
        "A better headline",
        ("A better lead.", *teaser.hidden),
    )


def test_a_day_shows_what_was_published_by_then() -> None:
    world = FakeSite(240, 20)
    everything, last = list(world.articles), world.today
    for days_ago in (*range(60, 0, -1), 4000, 900, 0):
        day = last - timedelta(days=days_ago)
        world.go_to(day)
        published = [article for article in everything if article.published_on <= day]
        assert list(world.articles) == published
        for author in world.authors:
            own = [article for article in published if author in article.authors]
            assert list(world.articles_of(author.slug)) == listed(world, author.slug) == own
            assert world.page_count(author.slug) == max(1, -(-len(own) // 10))
        shown = {
            path: world.article(path) for a in everything for path in (a.path, a.alias_path) if path
        }
        assert {path: article for path, article in shown.items() if article} == {
            path: article
            for article in published
            for path in (article.path, article.alias_path)
            if path
        }
        for article in published:
            stories = [story for story, _ in world.recent(article)]
            assert len({story.path for story in stories}) == len(stories)
            assert len(stories) == min(3, len(published) - 1) or "alias-link" in article.edge_cases
            assert article not in stories
            assert [story for story in stories if story not in published] == []


def test_a_day_shows_its_date_and_nothing_else_of_it(world: FakeSite) -> None:
    other = FakeSite()
    other.go_to(date(2026, 3, 8))
    assert other.articles[0].published_on == date(2025, 11, 10)
    moved = pages(world)
    for old, new in (
        ("November 20, 2025", "March 8, 2026"),
        ("Nov 20, 2025", "Mar 8, 2026"),
        ("© 2025", "© 2026"),
    ):
        moved = {path: page.replace(old, new) for path, page in moved.items()}
    assert pages(other) == moved != pages(world)


def test_a_journey_ends_where_a_world_that_stayed_is(world: FakeSite) -> None:
    other = FakeSite()
    for day in (date(2013, 1, 1), date(2024, 2, 29), date(2030, 1, 1), world.today):
        other.go_to(day)
    assert pages(other) == pages(world)


def test_before_the_first_day_there_is_nothing_and_on_it_one_story() -> None:
    world = FakeSite(30)
    first = world.articles[-1]
    world.go_to(first.published_on - timedelta(days=1))
    assert list(world.articles) == []
    assert [world.page_count(author.slug) for author in world.authors] == [1] * 8
    assert all(listing_page(world, author.slug, 1, BASE) for author in world.authors)
    assert world.article(first.path) is None
    world.go_to(first.published_on)
    assert list(world.articles) == [first]
    assert world.recent(first) == []


def test_what_was_held_back_is_published_on_its_day(world: FakeSite) -> None:
    other = FakeSite(held_back=5)
    other.go_to(world.articles[4].published_on)
    assert list(other.articles) == list(world.articles)[4:]


def test_a_new_story_changes_few_pages() -> None:
    world = FakeSite(600, 20)
    newest = world.articles[0].published_on
    before: dict[str, list[tuple[DemoArticle, str]]] = {}
    changed = []
    for days_ago in range(30, -1, -1):
        world.go_to(newest - timedelta(days=days_ago))
        now = {article.path: world.recent(article) for article in world.articles}
        changed.append(sum(now[path] != stories for path, stories in before.items()))
        if list(now) == list(before):
            assert now == before
        before = now
    assert 0 < sum(changed) < 300
    assert max(changed) < 30


def test_a_year_of_days_brings_articles_and_takes_none() -> None:
    world = FakeSite(20_000, 40)
    last, counts = world.today, []
    for days_ago in range(365, -1, -1):
        world.go_to(last - timedelta(days=days_ago))
        counts.append(len(world.articles))
    assert counts == sorted(counts)
    assert counts[0] < 17_000
    assert counts[-1] == 20_000


def test_what_is_deleted_is_nowhere() -> None:
    world, untouched = FakeSite(), FakeSite()
    article = with_trap(world, "alias")
    world.delete(article.path)
    left = [other for other in untouched.articles if other != article]
    assert list(world.articles) == left
    for author in world.authors:
        assert listed(world, author.slug) == [other for other in left if author in other.authors]
    assert (world.article(article.path), world.article(article.alias_path or "")) == (None, None)
    assert article in [story for other in left for story, _ in untouched.recent(other)]
    for other in left:
        stories, before = ([story for story, _ in w.recent(other)] for w in (world, untouched))
        assert article not in stories
        assert stories == before or article in before or "alias-link" in other.edge_cases


def test_what_is_deleted_early_never_comes() -> None:
    world = FakeSite()
    article, last = world.articles[0], world.today
    world.go_to(article.published_on - timedelta(days=1))
    world.delete(article.path)
    before = list(world.articles)
    world.go_to(last)
    assert (list(world.articles), world.article(article.path)) == (before, None)


@pytest.mark.parametrize(
    "wrong", [{"authors": 0}, {"articles": -1}, {"articles": 3, "held_back": 4}]
)
def test_an_impossible_world_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one author"):
        FakeSite(
            articles=wrong.get("articles", 60),
            authors=wrong.get("authors", 8),
            held_back=wrong.get("held_back", 0),
        )


@pytest.mark.parametrize("articles", [0, 1, 2, 5])
@pytest.mark.parametrize("authors", [1, 8])
def test_tiny_worlds_render(articles: int, authors: int) -> None:
    world = FakeSite(articles, authors)
    assert all(article_page(world, article, BASE) for article in world.articles)
    assert all(listing_page(world, author.slug, 1, BASE) for author in world.authors)


# What a page shows


def test_every_truth_can_be_read_on_its_page() -> None:
    world = FakeSite(240, 20, seed=3)
    for article in world.articles:
        shown, expected_row = (
            visible(article_page(world, article, BASE)),
            world.expected_row(article, BASE),
        )
        named = ["title", "subtitle", "label", "note", "image_caption", "image_credit"]
        expected = [expected_row[name] for name in named if expected_row[name]] + list(
            article.paragraphs
        )
        assert [part for part in expected if part not in shown] == []
        assert [part for part in article.hidden if part in shown] == []
        assert all(author.name in shown for author in article.authors)


def test_every_page_shows_the_day_of_the_visit_and_says_it_is_modelled(world: FakeSite) -> None:
    for article in world.articles:
        html = article_page(world, article, BASE)
        assert "November 20, 2025" in visible(html)
        assert "November 20, 2025Nov 20, 2025" in visible(html) or article.rendering == "classic"
        assert "modelled by hand; nobody has recorded the live site" in html


def test_access_follows_from_the_page(world: FakeSite) -> None:
    offers = ("Try unlimited access", "Become a member for less", "You have reached your limit")
    for article in world.articles:
        html = article_page(world, article, BASE)
        offered = any(offer in visible(html) for offer in offers)
        assert offered == (article.access != "free")
        if article.rendering == "cards":
            assert nodes(html)[-1]["isAccessibleForFree"] == (article.access == "free")
            continue
        closed = re.search(
            r'"isAccessibleForFree": (false|"False"|"http://schema.org/False")', html
        )
        assert bool(closed) == (article.rendering == "block" and article.access == "teaser")


def test_a_nested_page_says_nothing_to_machines(world: FakeSite) -> None:
    for article in world.articles:
        if article.rendering == "nested":
            html = article_page(world, article, BASE)
            assert not re.search(r"<h\d|<article|<time|ld\+json|og:|lang=|canonical|rel=", html)


@pytest.mark.parametrize("articles", [60, 240, 900])
def test_two_thirds_of_the_articles_are_in_the_first_three_renderings(articles: int) -> None:
    shown = Counter(article.rendering for article in FakeSite(articles, 20).articles)
    assert all(
        articles / 9 - 1 < shown[rendering] < articles / 9 + 1 for rendering in RENDERINGS[3:]
    )
    assert all(
        articles / 4.5 - 2 < shown[rendering] < articles / 4.5 + 2 for rendering in RENDERINGS[:3]
    )


def test_every_paragraph_has_lines_of_its_own() -> None:
    world = FakeSite(900, 40, seed=5)
    for article in world.articles:
        html = re.sub("<br>", "<p></p>", article_page(world, article, BASE))
        shown = Counter(visible(html).splitlines())
        glued = article.paragraphs[:1] if "note-glued" in article.edge_cases else ()
        expected = 2 if "doubled-lead" in article.edge_cases else 1
        counts = {part: shown[part] for part in article.paragraphs if part not in glued}
        assert set(counts.values()) <= {expected}, (article.path, counts)
        assert [part for part in glued if (article.note or "") + part not in "".join(shown)] == []


def test_a_popover_page_introduces_its_authors_before_the_lead() -> None:
    world = FakeSite(240, 20, seed=3)
    for article in (article for article in world.articles if article.rendering == "popover"):
        shown = visible(article_page(world, article, BASE))
        about, work = shown.index("About the Author"), shown.index("View more articles by")
        row = shown[shown.index(article.title, shown.index("All news")) : about]
        assert article.title in row
        assert re.search(r"\d min read", row)
        assert re.search(r"\d Comments", row)
        assert re.search("in Seoul|in Yanji|Correspondent|Staff Reporter", row)
        assert article.label is None or article.label in row
        assert all(author.name in row for author in article.authors)
        assert all(about < work < shown.index(part) for part in article.paragraphs[:1])
        if "editors-note" in article.edge_cases:
            assert re.search(rf"Editor[’']s [Nn]ote: {re.escape(article.note or '')}", shown)


def test_a_cards_page_is_full_of_other_stories() -> None:
    world = FakeSite(240, 20, seed=3)
    for article in (article for article in world.articles if article.rendering == "cards"):
        html = article_page(world, article, BASE)
        other, own = nodes(html)
        assert (
            other["mainEntityOfPage"]["@id"]
            != own["mainEntityOfPage"]["@id"]
            == BASE + article.path
        )
        assert [author["name"] for author in own["author"]] == [
            author.name for author in article.authors
        ]
        assert other["isAccessibleForFree"] != own["isAccessibleForFree"]
        content = html.partition('class="entry-content"')[2].partition("Share this:")[0]
        assert re.search(r"READ MORE: <a href=", content)
        assert re.search(r'class="related-card".*?rel="author".*?<form', content, re.DOTALL)
        for part in ("Most read", "Tagged:", "Previous story", "Next story", "3 thoughts on"):
            assert part in visible(html)


def test_a_headless_page_is_boxes_and_holds_other_stories() -> None:
    world = FakeSite(240, 20, seed=3)
    for article in (article for article in world.articles if article.rendering == "headless"):
        html = article_page(world, article, BASE)
        assert not re.search(
            r"<(article|main|section|header|footer|nav|aside|figure|time)\b|ld\+json|og:", html
        )
        assert {
            re.sub(r"[0-9a-f]{6}", "", name) for name in re.findall(r'class="([^"]*)"', html)
        } <= {
            "css-",
            "__cf_email__",
            "member-part",
        }
        data = json.loads(html.partition('type="application/json">')[2].partition("</script>")[0])
        stories = data["props"]["pageProps"]["upNext"]
        assert (len(stories), article.path in [story["uri"] for story in stories]) == (6, False)
        shown = visible(html).splitlines()
        assert shown[1] == "Before you read on"
        assert article.label is None or f"Start›{article.label}›{article.title}" in shown


def test_only_some_renderings_state_a_timestamp(world: FakeSite) -> None:
    for article in world.articles:
        expected_row = world.expected_row(article, BASE)
        stated = article.rendering in STATES_TIMESTAMP and "no-date" not in article.edge_cases
        assert bool(expected_row["published_at"]) == bool(expected_row["modified_at"]) == stated
    early = world.expected_row(with_trap(world, "day-before"), BASE)
    assert early["published_at"][:10] < early["published_on"]


# The server


def test_every_article_is_reached_from_the_seed_authors() -> None:
    world = FakeSite(240, 30)
    with DemoServer(world) as site:
        due = [f"{site.base_url}/content_author/{slug}/" for slug in SEED_AUTHORS]
        met, articles = set(due), set()
        while due:
            url = due.pop()
            status, html, _ = get(url)
            assert status == 200, url
            if re.match(r"/\d{4}/", urlsplit(url).path):
                articles.add(world.article(urlsplit(url).path))
            for href in re.findall(r'href="([^"#]+)', html):
                path = urlsplit(urljoin(url, href)).path
                target = f"{site.base_url}{path.removesuffix('/')}/"
                if target not in met and re.match(r"/(\d{4}/\d\d|content_author)/", path):
                    met.add(target)
                    due.append(target)
        assert articles == set(world.articles)
        assert {hit.status for hit in site.log} == {200}
        assert any(hit.path.endswith("-2/") for hit in site.log)


def test_a_deleted_article_is_missing_and_its_listing_shifts_up() -> None:
    with DemoServer(FakeSite()) as site:
        deleted, next_up = (
            site.world.entries("andrei-lankov", 1)[0],
            site.world.entries("andrei-lankov", 2)[0],
        )
        first_page = f"{site.base_url}/content_author/andrei-lankov/"
        assert next_up.path not in get(first_page)[1]
        site.world.delete(deleted.path)
        assert get(site.base_url + deleted.path)[0] == 404
        assert get(site.base_url + deleted.path.removesuffix("/"))[0] == 404
        html = get(first_page)[1]
        assert (next_up.path in html, deleted.path in html) == (True, False)
        assert deleted.path not in get(f"{site.base_url}/")[1]


def test_an_article_answers_from_its_day_on() -> None:
    with DemoServer(FakeSite()) as site:
        article = site.world.articles[0]
        url, statuses = site.base_url + article.path, []
        for days in (-1, 0, 1):
            site.world.go_to(article.published_on + timedelta(days=days))
            statuses.append(get(url)[0])
        assert statuses == [404, 200, 200]


def test_one_page_past_the_end_is_empty_and_the_next_is_missing(site: DemoServer) -> None:
    for author in site.world.authors[:3]:
        last = site.world.page_count(author.slug)
        listing = f"{site.base_url}/content_author/{author.slug}/page"
        status, html, _ = get(f"{listing}/{last + 1}/")
        assert status == 200
        assert "More articles by '" in html
        assert "About the author" in html
        assert not re.search(r'href="[^"]*/20\d\d/', html)
        assert get(f"{listing}/{last + 2}/")[0] == 404
    assert get(f"{site.base_url}/content_author/nobody/")[0] == 404


def test_ten_entries_a_page_newest_first(site: DemoServer) -> None:
    shown: list[str] = []
    for number in range(1, site.world.page_count("chadcarrol") + 1):
        html = get(f"{site.base_url}/content_author/chadcarrol/page/{number}/")[1]
        paths = dict.fromkeys(re.findall(r'href="(?:http://[^/]+)?(/20\d\d/\d\d/[^/"?#]+)', html))
        assert len(paths) <= 10
        shown += paths
    assert [f"{path}/" for path in shown] == [
        article.path for article in site.world.articles_of("chadcarrol")
    ]


def test_the_feed_holds_the_newest_stories_whole() -> None:
    with DemoServer(FakeSite(120, 8)) as site:
        site.world.feed_size = 40
        status, xml, headers = get(f"{site.base_url}/feed/")
        assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=UTF-8")
        assert xml.startswith(
            '<?xml version="1.0" encoding="UTF-8"?>\n<!-- modelled by hand; nobody has recorded the'
        )
        pro, stories = items(xml)[1], [item for item in items(xml) if "/pro/" not in item["link"]]
        assert (urlsplit(pro["link"]).path[:10], len(items(xml))) == ("/pro/2025/", 41)
        assert pro["link"].startswith(f"{site.base_url}/pro/")
        assert {urlsplit(story["link"]).query for story in stories} == {"", "utm_source=rss"}
        newest = site.world.articles[:40]
        assert [
            (
                story["title"],
                story["link"].removesuffix("?utm_source=rss"),
                story["creator"].split(", "),
                parsedate_to_datetime(story["pubDate"]),
                visible(story["encoded"]).splitlines(),
            )
            for story in stories
        ] == [
            (
                article.title,
                site.base_url + article.path,
                [author.name for author in article.authors],
                article.published_at,
                list(article.whole),
            )
            for article in newest
        ]
        for story, article in zip(stories, newest, strict=True):
            about = visible(story["description"])
            assert about == article.subtitle or " ".join(article.paragraphs).startswith(
                about.removesuffix(" […]")
            )
        members_only = [part for article in newest for part in article.hidden]
        assert len(members_only) > 40
        assert [part for part in members_only if escape(part, quote=False) not in xml] == []


def test_the_feed_moves_with_the_days_and_loses_what_is_deleted() -> None:
    with DemoServer(FakeSite(400, 8)) as site:
        assert len(items(get(f"{site.base_url}/feed/")[1])) == 301
        site.world.feed_size = 3
        paths = [article.path for article in site.world.articles]

        def fed() -> list[str]:
            links = [
                urlsplit(item["link"]).path for item in items(get(f"{site.base_url}/feed/")[1])
            ]
            return [path for path in links if not path.startswith("/pro/")]

        assert fed() == paths[:3]
        site.world.go_to(site.world.articles[0].published_on - timedelta(days=1))
        unpublished = 400 - len(site.world.articles)
        assert unpublished > 0
        assert fed() == paths[unpublished:][:3]
        site.world.delete(paths.pop(unpublished + 1))
        assert fed() == paths[unpublished:][:3]
        site.world.go_to(date(2013, 1, 1))
        assert items(get(f"{site.base_url}/feed/")[1]) == []


def test_an_alias_serves_the_article_and_names_the_first_address(site: DemoServer) -> None:
    article = with_trap(site.world, "alias")
    status, html, _ = get(f"{site.base_url}{article.alias_path}")
    assert status == 200
    assert f'<link rel="canonical" href="{site.base_url}{article.path}">' in html


def test_a_missing_final_slash_redirects_and_a_query_is_ignored(site: DemoServer) -> None:
    url = site.base_url + site.world.articles[0].path
    plain = get(url)
    assert get(url[:-1])[:2] == plain[:2]
    assert get(f"{url}?t=1718870000000")[:2] == plain[:2]
    assert [hit.status for hit in site.log] == [200, 301, 200, 200]
    assert site.log[-1].path.endswith("/?t=1718870000000")


def test_the_other_addresses(site: DemoServer) -> None:
    assert get(f"{site.base_url}/robots.txt")[1] == "User-agent: *\nDisallow: /wp-admin/\n"
    assert get(f"{site.base_url}/")[0] == 200
    assert "Log in" in get(f"{site.base_url}/pro/2025/01/sanctions-ledger-7/")[1]
    with urllib.request.urlopen(
        site.base_url + site.world.articles[0].image_path, timeout=10
    ) as image:
        assert image.headers["Content-Type"] == "image/png"
        assert image.read().startswith(b"\x89PNG")
    assert get(f"{site.base_url}/2020/01/no-such-story/")[0] == 404
    assert get(f"{site.base_url}/wp-json/")[0] == 404


def test_an_unchanged_page_is_not_sent_again(site: DemoServer) -> None:
    url = site.base_url + site.world.articles[0].path
    _, _, headers = get(url)
    assert headers["Content-Type"] == "text/html; charset=UTF-8"
    assert get(url, **{"If-None-Match": headers["ETag"]})[0] == 304
    assert get(url, **{"If-None-Match": '"other"'})[0] == 200
    assert [(hit.status, hit.conditional) for hit in site.log] == [
        (200, False),
        (304, True),
        (200, True),
    ]


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("ignored", [False, True])
def test_an_unchanged_page_keeps_its_etag_on_another_day_if_the_visit_is_ignored(
    rendering: str, ignored: bool
) -> None:
    with DemoServer(FakeSite()) as site:
        site.etag_ignores_visit = ignored
        article = next(article for article in site.world.articles if article.rendering == rendering)
        listing = f"/content_author/{SEED_AUTHORS[RENDERINGS.index(article.rendering)]}/"
        site.world.go_to(article.published_on)
        etags = {
            path: get(site.base_url + path)[2]["ETag"] for path in (article.path, listing, "/feed/")
        }

        def statuses() -> list[int]:
            return [
                get(site.base_url + path, **{"If-None-Match": etag})[0]
                for path, etag in etags.items()
            ]

        assert statuses() == [304, 304, 304]
        site.world.go_to(article.published_on + timedelta(days=1))
        assert statuses() == ([304, 304, 304] if ignored else [200, 200, 304])
        site.world.revise(article.path, title="A better headline")
        assert statuses()[0] == 200


def test_the_etags_of_all_pages_live_through_new_year_if_the_visit_is_ignored(
    world: FakeSite,
) -> None:
    other = FakeSite()
    other.go_to(date(2026, 1, 1))
    before, after = (
        {path: without_visit(page, w.today) for path, page in pages(w).items()}
        for w in (world, other)
    )
    assert before == after
    assert [path for path, page in before.items() if page == pages(world)[path]] == []


def test_an_article_says_when_it_was_changed() -> None:
    with DemoServer(FakeSite()) as site:
        article = next(
            a for a in site.world.articles if a.modified_at > a.published_at + timedelta(days=3)
        )
        url, moment = (
            site.base_url + article.path,
            article.modified_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        )
        headers = get(url)[2]
        assert headers["Last-Modified"] == moment
        assert get(url, **{"If-Modified-Since": moment})[0] == 304
        assert get(url, **{"If-Modified-Since": "Mon, 06 Jan 2020 00:00:00 GMT"})[0] == 200
        assert get(url, **{"If-Modified-Since": moment, "If-None-Match": '"other"'})[0] == 200
        assert [hit.conditional for hit in site.log] == [False, True, True, True]
        changed_on = (article.modified_at + timedelta(hours=9)).date()
        site.world.go_to(changed_on)
        assert get(url)[2]["Last-Modified"] == moment
        site.world.go_to(changed_on - timedelta(days=1))
        assert "Last-Modified" not in get(url)[2]
        assert "Last-Modified" not in get(f"{site.base_url}/content_author/nk-news/")[2]


def test_a_lying_site_says_that_nothing_has_changed() -> None:
    with DemoServer(FakeSite()) as site:
        revised, deleted, faulty = site.world.articles[:3]
        urls = [site.base_url + article.path for article in (revised, deleted, faulty)]
        etags = [get(url)[2]["ETag"] for url in urls]
        site.world.revise(revised.path, title="A better headline")
        site.world.delete(deleted.path)
        site.faults = {faulty.path: 500}
        asked = [{"If-None-Match": etag} for etag in etags]
        assert [get(url, **headers)[0] for url, headers in zip(urls, asked, strict=True)] == [
            200,
            404,
            500,
        ]
        site.lying_304 = True
        lies = [get(url, **headers) for url, headers in zip(urls, asked, strict=True)]
        assert [(status, body, headers["ETag"]) for status, body, headers in lies] == [
            (304, "", tag) for tag in etags
        ]
        assert get(urls[0], **{"If-Modified-Since": "Mon, 06 Jan 2020 00:00:00 GMT"})[0] == 304
        assert [get(url)[0] for url in urls] == [200, 404, 500]


def test_a_shell_is_empty_until_a_script_fills_it(site: DemoServer) -> None:
    article = with_trap(site.world, "alias")
    listing = "/content_author/andrei-lankov/"
    unchanged = (
        "/robots.txt",
        "/feed/",
        "/",
        "/pro/2025/01/sanctions-ledger-7/",
        "/2020/01/no-such-story/",
    )
    before = {path: get(site.base_url + path)[:2] for path in unchanged}
    site.redesign = "shell"
    shells = {
        get(site.base_url + path)[:2]
        for path in (article.path, article.alias_path, listing, f"{listing}page/2/")
    }
    ((status, html),) = shells
    assert (status, visible(html)) == (200, "NK News")
    assert re.findall(r"<(\w+)", html) == ["html", "head", "meta", "title", "body", "div", "script"]
    assert "<title>NK News</title>" in html
    assert '<div id="app"></div>' in html
    assert {path: get(site.base_url + path)[:2] for path in unchanged} == before
    assert get(f"{site.base_url}{listing}page/99/")[0] == 404
    site.redesign = None
    assert article.title in get(site.base_url + article.path)[1]


def test_an_undated_page_says_nowhere_when_it_was_published() -> None:
    with DemoServer(FakeSite(240, 20, seed=3)) as site:
        listing = f"{site.base_url}/content_author/colin-zwirko/"
        dated = get(listing)[:2]
        site.redesign = "undated"
        assert get(listing)[:2] == dated
        for article in site.world.articles:
            html = get(site.base_url + article.path)[1]
            moments = (article.published_at, article.modified_at)
            forms = [moment.date().isoformat() for moment in moments] + [
                form(article.published_on)
                for form in (long_date, short_date, ordinal_date, date.isoformat)
            ]
            assert [form for form in forms if form in html] == []
            assert not re.search(
                r"<time|published_time|modified_time|datePublished|dateModified", html
            )
            if article.rendering == "block":
                assert '"NewsArticle"' in html
            row = read(html.replace(site.base_url, BASE), article.path)
            assert row == site.world.expected_row(undated(article), BASE)
            unknown = dict.fromkeys(("published_on", "published_at", "modified_at"))
            assert row == site.world.expected_row(article, BASE) | unknown


def test_an_unlinked_author_page_shows_headlines_that_lead_nowhere() -> None:
    with DemoServer(FakeSite(120, 8)) as site:
        article = site.base_url + site.world.articles[0].path
        listings = [f"{site.base_url}/content_author/{slug}/" for slug in SEED_AUTHORS]
        before = {url: get(url)[1] for url in (article, *listings)}
        site.redesign = "unlinked"
        assert get(article)[1] == before.pop(article)
        for url, linked in before.items():
            html = get(url)[1]
            assert visible(html) == visible(linked)
            paths = [urlsplit(href).path for href in re.findall(r'href="([^"]*)', linked)]
            others = [path for path in paths if not re.match(r"/20\d\d/", path)]
            assert len(others) < len(paths)
            assert [urlsplit(href).path for href in re.findall(r'href="([^"]*)', html)] == others
            assert html.count("<img") == linked.count("<img")


def test_faults_stand_in_for_pages(site: DemoServer) -> None:
    answers = iter([Answer(503, "later", headers={"Retry-After": "7"}), None])
    site.faults = {"/": 500, "/robots.txt": (403, "no"), "/pro/": lambda: next(answers)}
    assert get(f"{site.base_url}/")[0] == 500
    assert get(f"{site.base_url}/robots.txt")[:2] == (403, "no")
    status, _, headers = get(f"{site.base_url}/pro/")
    assert (status, headers["Retry-After"]) == (503, "7")
    assert get(f"{site.base_url}/pro/")[0] == 200
    site.faults = {"*": (403, "Just a moment...")}
    assert get(f"{site.base_url}/content_author/nk-news/")[:2] == (403, "Just a moment...")


def test_requests_that_overlap_are_counted(world: FakeSite) -> None:
    with DemoServer(world, delay=0.3) as site:
        threads = [threading.Thread(target=get, args=(f"{site.base_url}/",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert site.in_flight_max > 1
        assert len(site.log) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere loopback is a single address")
def test_only_loopback_is_bound(site: DemoServer) -> None:
    assert site.base_url == f"http://127.0.0.1:{site.port}"
    with socket.socket() as other:  # on another address of this machine the port is still free
        other.bind(("127.0.0.2", site.port))


def test_after_the_block_nothing_listens_and_no_thread_is_left(world: FakeSite) -> None:
    before = threading.active_count()
    with DemoServer(world) as site, socket.create_connection(("127.0.0.1", site.port)) as kept:
        kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(100).startswith(b"HTTP/1.1 200")
        site.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", site.port))


# The command


def test_the_command_serves_until_interrupted() -> None:
    command = [sys.executable, "-m", "nkcrawl.demo", "--articles", "12", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        assert get(f"{address}/")[0] == 200
        assert f"scrapy crawl nknews -s NKCRAWL_SITE={address} " in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--articles", "many"], "'many' is not a whole number"),
        (["--authors", "0"], "0 is not between 1 and 2000"),
        (["--port", "99999"], "99999 is not between 0 and 65535"),
    ],
)
def test_bad_arguments_are_clear_errors(given: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nkcrawl.demo", *given],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_a_port_in_use_is_a_clear_error(site: DemoServer) -> None:
    command = [sys.executable, "-m", "nkcrawl.demo", "--port", str(site.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert f"port {site.port} cannot be used" in done.stderr
