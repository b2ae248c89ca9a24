"""The made-up site: always the same, all of it reachable, and its pages show its true values."""

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
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest

import nkcrawl.demo
from nkcrawl.demo import EDGE_CASES, DemoArticle, FakeSite, article_page, listing_page
from nkcrawl.demo.article import RENDERINGS, SEED_AUTHORS
from nkcrawl.demo.wording import MODELLED, long_date, ordinal_date, short_date
from tests.factories import row_from_html
from tests.site import EditableSite, FakeResponse, FaultyServer, undated, without_visit

BASE = "http://demo.test"
VOID = {"img", "br", "meta", "link", "input"}
SEED_PATHS = [f"/content_author/{slug}/" for slug, _ in SEED_AUTHORS]


class _Visible(HTMLParser):
    """Collects the lines that a reader sees."""

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
    """Return the visible text of a page, white space normalized."""
    reader = _Visible()
    reader.feed(html)
    return "\n".join(
        " ".join(line.split()) for line in "".join(reader.parts).split("\n") if line.strip()
    )


def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Return status, body and headers, redirects followed."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


@pytest.fixture
def site() -> Iterator[FaultyServer]:
    with FaultyServer(EditableSite()) as server:
        yield server


@pytest.fixture(scope="module")
def large_site() -> FakeSite:
    return FakeSite(240, 20, seed=3)


def pages(fake_site: FakeSite) -> dict[str, str]:
    """Return every page of the site, by its path."""
    articles = {
        article.path: article_page(fake_site, article, BASE) for article in fake_site.articles
    }
    listings = {
        author.page_path(number): listing_page(fake_site, author.slug, number, BASE) or ""
        for author in fake_site.authors
        for number in range(1, fake_site.page_count(author.slug) + 2)
    }
    return articles | listings


def read(html: str, path: str) -> dict[str, Any]:
    return row_from_html(html, BASE + path, BASE)


def in_rendering(fake_site: FakeSite, rendering: str) -> Iterator[tuple[DemoArticle, str]]:
    """Yield the articles of a rendering, each with its HTML."""
    for article in fake_site.articles:
        if article.rendering == rendering:
            yield article, article_page(fake_site, article, BASE)


def nodes(html: str) -> list[dict[str, Any]]:
    """Return the JSON-LD of a page, one list for all its scripts."""
    scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    parts = [json.loads(script) for script in scripts]
    return [node for part in parts for node in (part if isinstance(part, list) else [part])]


def items(feed: str) -> list[dict[str, str]]:
    """Return the items of a feed, by the names of their parts without namespace."""
    elements = ElementTree.fromstring(feed).iter("item")
    return [{part.tag.rpartition("}")[2]: part.text or "" for part in item} for item in elements]


def with_edge_case(fake_site: FakeSite, name: str) -> DemoArticle:
    return next(article for article in fake_site.articles if name in article.edge_cases)


def with_access(fake_site: FakeSite, *access: str) -> list[DemoArticle]:
    return [article for article in fake_site.articles if article.access in access]


# --- The site as data -----------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_site() -> None:
    one, same, other = FakeSite(), FakeSite(), FakeSite(seed=1)
    assert one.articles == same.articles
    assert pages(one) == pages(same)
    assert not {article.title for article in one.articles} & {a.title for a in other.articles}


@pytest.mark.parametrize("seed", range(12))
def test_sixty_articles_have_every_edge_case(seed: int) -> None:
    cases = [article.edge_cases for article in FakeSite(seed=seed).articles]
    assert frozenset[str]().union(*cases) == EDGE_CASES.keys()


@pytest.mark.parametrize(("articles", "authors"), [(60, 8), (300, 30), (2000, 40)])
def test_articles_are_distinct_and_ordered(articles: int, authors: int) -> None:
    fake_site = FakeSite(articles, authors)
    stories, days = fake_site.articles, [a.published_on for a in fake_site.articles]
    assert len({a.path for a in stories}) == len({a.title for a in stories}) == articles
    assert days == sorted(days, reverse=True)
    assert ((fake_site.today - days[0]).days, days[-1].year) == (10, 2013)
    assert len({a.name for a in fake_site.authors}) == len({a.slug for a in fake_site.authors})
    listed = [
        article for author in fake_site.authors for article in listing(fake_site, author.slug)
    ]
    assert Counter(a.path for a in listed) == {a.path: len(a.authors) for a in stories}


def listing(fake_site: FakeSite, slug: str) -> list[DemoArticle]:
    """Return everything on the pages of an author's listing."""
    numbers = range(1, fake_site.page_count(slug) + 1)
    return [entry for number in numbers for entry in fake_site.entries(slug, number)]


@pytest.mark.parametrize("arguments", [{"authors": 0}, {"articles": -1}])
def test_an_impossible_site_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one author"):
        FakeSite(**arguments)


@pytest.mark.parametrize("articles", [0, 1, 2, 5])
@pytest.mark.parametrize("authors", [1, 8])
def test_tiny_sites_have_pages(articles: int, authors: int) -> None:
    assert len(pages(FakeSite(articles, authors))) == articles + 2 * authors


# --- What a page shows ----------------------------------------------------------------------------


def test_every_expected_value_is_on_the_page_and_is_read(large_site: FakeSite) -> None:
    for article in large_site.articles:
        html, row = article_page(large_site, article, BASE), large_site.expected_row(article, BASE)
        text = visible(html)
        named = ("title", "subtitle", "label", "note", "image_caption", "image_credit")
        values = [row[name] for name in named if row[name]] + [*article.paragraphs]
        assert [value for value in values if value not in text] == []
        assert [part for part in article.hidden if part in text] == []
        assert all(author.name in text for author in article.authors)
        assert read(html, article.path) == row


def test_every_page_and_template_says_that_it_is_modelled() -> None:
    fake_site = FakeSite()
    for path, html in pages(fake_site).items():
        assert f"<!-- {MODELLED} -->" in html, path
        assert "November 20, 2025" in visible(html)
    for template in (Path(nkcrawl.demo.__file__).parent / "templates").iterdir():
        text = " ".join(template.read_text(encoding="utf-8").lower().split())
        assert "nobody has recorded the live site" in text or "wording.modelled" in text, template


def test_access_follows_from_the_page() -> None:
    offers = ("Try unlimited access", "Become a member for less", "You have reached your limit")
    fake_site = FakeSite()
    for article in fake_site.articles:
        html = article_page(fake_site, article, BASE)
        assert any(offer in visible(html) for offer in offers) == (article.access != "free")
        if article.rendering == "cards":
            assert nodes(html)[-1]["isAccessibleForFree"] == (article.access == "free")
            continue
        closed = r'"isAccessibleForFree": (false|"False"|"http://schema.org/False")'
        is_block_teaser = article.rendering == "block" and article.access == "teaser"
        assert bool(re.search(closed, html)) == is_block_teaser


def test_every_paragraph_has_lines_of_its_own() -> None:
    fake_site = FakeSite(300, 40, seed=5)
    for article in fake_site.articles:
        html = article_page(fake_site, article, BASE).replace("<br>", "<p></p>")
        lines = Counter(visible(html).splitlines())
        glued = article.paragraphs[:1] if "note-glued" in article.edge_cases else ()
        expected = 2 if "doubled-lead" in article.edge_cases else 1
        counts = {part: lines[part] for part in article.paragraphs if part not in glued}
        assert set(counts.values()) <= {expected}, (article.path, counts)
        assert [part for part in glued if (article.note or "") + part not in "".join(lines)] == []


def test_a_nested_page_states_nothing_for_machines(large_site: FakeSite) -> None:
    for _, html in in_rendering(large_site, "nested"):
        assert not re.search(r"<h\d|<article|<time|ld\+json|og:|lang=|canonical|rel=", html)


def test_a_popover_page_introduces_its_authors_before_the_lead(large_site: FakeSite) -> None:
    for article, html in in_rendering(large_site, "popover"):
        text = visible(html)
        about, work = text.index("About the Author"), text.index("View more articles by")
        row = text[text.index(article.title, text.index("All news")) : about]
        for pattern in (r"\d min read", r"\d Comments", "in Seoul|in Yanji|Correspondent|Reporter"):
            assert re.search(pattern, row)
        assert all(value in row for value in (article.label or "", *names(article)))
        assert all(about < work < text.index(part) for part in article.paragraphs[:1])
        if "editors-note" in article.edge_cases:
            assert re.search(rf"Editor[’']s [Nn]ote: {re.escape(article.note or '')}", text)


def names(article: DemoArticle) -> list[str]:
    return [author.name for author in article.authors]


def test_a_cards_page_is_full_of_other_stories(large_site: FakeSite) -> None:
    for article, html in in_rendering(large_site, "cards"):
        other, own = nodes(html)
        assert own["mainEntityOfPage"]["@id"] == BASE + article.path
        assert other["mainEntityOfPage"]["@id"] != BASE + article.path
        assert [author["name"] for author in own["author"]] == names(article)
        assert other["isAccessibleForFree"] != own["isAccessibleForFree"]
        content = html.partition('class="entry-content"')[2].partition("Share this:")[0]
        assert re.search(r"READ MORE: <a href=", content)
        assert re.search(r'class="related-card".*?rel="author".*?<form', content, re.DOTALL)
        for part in ("Most read", "Tagged:", "Previous story", "Next story", "3 thoughts on"):
            assert part in visible(html)


def test_a_headless_page_is_boxes_and_holds_other_stories(large_site: FakeSite) -> None:
    semantic = r"<(article|main|section|header|footer|nav|aside|figure|time)\b|ld\+json|og:"
    for article, html in in_rendering(large_site, "headless"):
        assert not re.search(semantic, html)
        classes = set(re.findall(r'class="([^"]*)"', html)) - {"__cf_email__", "member-part"}
        assert all(re.fullmatch(r"css-[0-9a-f]{6}", name) for name in classes)
        data = json.loads(html.partition('type="application/json">')[2].partition("</script>")[0])
        stories = data["props"]["pageProps"]["upNext"]
        assert (len(stories), article.path in [story["uri"] for story in stories]) == (6, False)
        lines = visible(html).splitlines()
        assert lines[1] == "Before you read on"
        assert article.label is None or f"Start›{article.label}›{article.title}" in lines


# --- The server -----------------------------------------------------------------------------------


def test_every_article_is_reached_from_the_seed_authors() -> None:
    with FaultyServer(FakeSite(240, 30)) as site:
        due = [site.base_url + path for path in SEED_PATHS]
        seen, articles = set(due), set()
        while due:
            url = due.pop()
            status, html, _ = get(url)
            assert status == 200, url
            if re.match(r"/\d{4}/", urlsplit(url).path):
                articles.add(site.fake_site.article(urlsplit(url).path))
            for href in re.findall(r'href="([^"#]+)', html):
                path = urlsplit(urljoin(url, href)).path
                target = f"{site.base_url}{path.removesuffix('/')}/"
                if target not in seen and re.match(r"/(\d{4}/\d\d|content_author)/", path):
                    seen.add(target)
                    due.append(target)
        assert articles == set(site.fake_site.articles)
        assert {request.status for request in site.log} == {200}
        assert any(request.path.endswith("-2/") for request in site.log)


def test_one_page_past_the_end_is_empty_and_the_next_is_missing(site: FaultyServer) -> None:
    for author in site.fake_site.authors[:3]:
        last = site.fake_site.page_count(author.slug)
        status, html, _ = get(site.base_url + author.page_path(last + 1))
        assert status == 200
        assert "More articles by '" in unescape(html)
        assert "About the author" in html
        assert not re.search(r'href="[^"]*/20\d\d/', html)
        assert get(site.base_url + author.page_path(last + 2))[0] == 404
    assert get(f"{site.base_url}/content_author/unknown/")[0] == 404


def test_a_listing_page_has_ten_entries_newest_first(site: FaultyServer) -> None:
    author, paths = site.fake_site.authors[1], []
    for number in range(1, site.fake_site.page_count(author.slug) + 1):
        html = get(site.base_url + author.page_path(number))[1]
        linked = re.findall(r'href="(?:http://[^/]+)?(/20\d\d/\d\d/[^/"?#]+)', html)
        assert len(set(linked)) <= 10
        paths += [f"{path}/" for path in dict.fromkeys(linked)]
    assert paths == [article.path for article in site.fake_site.articles_of(author.slug)]


def test_the_feed_has_the_newest_stories_whole() -> None:
    with FaultyServer(FakeSite(120, 8)) as site:
        site.fake_site.feed_size = 40
        status, xml, headers = get(f"{site.base_url}/feed/")
        assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=UTF-8")
        assert xml.startswith(f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {MODELLED} -->')
        first, pro, *others = items(xml)
        assert pro["link"].startswith(f"{site.base_url}/pro/2025/")
        stories, newest = [first, *others], site.fake_site.articles[:40]
        assert {urlsplit(story["link"]).query for story in stories} == {"", "utm_source=rss"}
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
            (a.title, site.base_url + a.path, names(a), a.published_at, list(a.whole))
            for a in newest
        ]
        for story, article in zip(stories, newest, strict=True):
            text = visible(story["description"])
            lead = " ".join(article.paragraphs)
            assert text == article.subtitle or lead.startswith(text.removesuffix(" […]"))


def test_an_alias_serves_the_article_and_names_the_first_url(site: FaultyServer) -> None:
    article = with_edge_case(site.fake_site, "alias")
    assert article.alias_path == f"{article.path[:-1]}-2/"
    status, html, _ = get(site.base_url + article.alias_path)
    assert status == 200
    assert f'<link rel="canonical" href="{site.base_url}{article.path}">' in html


def test_a_missing_final_slash_redirects_and_a_query_is_ignored(site: FaultyServer) -> None:
    url = site.base_url + site.fake_site.articles[0].path
    plain = get(url)
    assert get(url[:-1])[:2] == plain[:2]
    assert get(f"{url}?t=1718870000000")[:2] == plain[:2]
    assert [request.status for request in site.log] == [200, 301, 200, 200]
    assert site.log[-1].path.endswith("/?t=1718870000000")


def test_the_other_urls(site: FaultyServer) -> None:
    assert get(f"{site.base_url}/robots.txt")[1] == "User-agent: *\nDisallow: /wp-admin/\n"
    assert get(f"{site.base_url}/")[0] == 200
    assert "Log in" in get(f"{site.base_url}/pro/2025/01/sanctions-ledger-7/")[1]
    picture = site.base_url + site.fake_site.articles[0].image_path
    with urllib.request.urlopen(picture, timeout=10) as image:
        assert image.headers["Content-Type"] == "image/png"
        assert image.read().startswith(b"\x89PNG")
    assert get(f"{site.base_url}/2020/01/no-such-story/")[0] == 404
    assert get(f"{site.base_url}/wp-json/")[0] == 404


def test_an_unchanged_page_is_not_sent_again(site: FaultyServer) -> None:
    url = site.base_url + site.fake_site.articles[0].path
    _, _, headers = get(url)
    assert headers["Content-Type"] == "text/html; charset=UTF-8"
    assert get(url, **{"If-None-Match": headers["ETag"]})[0] == 304
    assert get(url, **{"If-None-Match": '"other"'})[0] == 200
    log = [(request.status, request.conditional) for request in site.log]
    assert log == [(200, False), (304, True), (200, True)]


def test_an_article_states_when_it_was_changed(site: FaultyServer) -> None:
    article = with_edge_case(site.fake_site, "hidden-headline")
    url = site.base_url + article.path
    changed_at = article.modified_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert get(url)[2]["Last-Modified"] == changed_at
    assert get(url, **{"If-Modified-Since": changed_at})[0] == 304
    assert get(url, **{"If-Modified-Since": "Mon, 06 Jan 2020 00:00:00 GMT"})[0] == 200
    assert get(url, **{"If-Modified-Since": changed_at, "If-None-Match": '"other"'})[0] == 200
    site.fake_site.today = (article.modified_at + timedelta(hours=9)).date() - timedelta(days=1)
    assert "Last-Modified" not in get(url)[2]
    assert "Last-Modified" not in get(site.base_url + SEED_PATHS[0])[2]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere loopback is a single address")
def test_only_loopback_is_bound(site: FaultyServer) -> None:
    assert site.base_url == f"http://127.0.0.1:{site.port}"
    with socket.socket() as other:  # on another address of this machine the port is still free
        other.bind(("127.0.0.2", site.port))


def test_after_the_block_nothing_listens_and_no_thread_is_left() -> None:
    before = threading.active_count()
    with FaultyServer() as site, socket.create_connection(("127.0.0.1", site.port)) as kept:
        kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(100).startswith(b"HTTP/1.1 200")
        site.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", site.port))


# --- Edits and days -------------------------------------------------------------------------------


def test_an_opened_article_is_shown_whole() -> None:
    fake_site = EditableSite(240, 20, seed=3)
    for before in with_access(fake_site, "teaser", "unknown"):
        after = fake_site.open_up(before.path)
        assert (after.access, after.paragraphs, after.hidden) == ("free", before.whole, ())
        changed = {"access": "free", "body": "\n\n".join(before.whole)}
        row = fake_site.expected_row(before, BASE) | changed
        assert fake_site.expected_row(after, BASE) == row
        assert read(article_page(fake_site, after, BASE), after.path) == row
    assert with_access(fake_site, "free") == fake_site.articles


def test_a_closed_article_is_a_teaser() -> None:
    fake_site = EditableSite(240, 20, seed=3)
    for before in with_access(fake_site, "free"):
        after = fake_site.close_off(before.path)
        lead, *hidden = before.paragraphs
        assert (after.access, after.paragraphs, after.hidden) == ("teaser", (lead,), (*hidden,))
        html = article_page(fake_site, after, BASE)
        assert [part for part in hidden if part in html] == []
        assert "All major cards accepted." in visible(html)
        row = fake_site.expected_row(before, BASE) | {"access": "teaser", "body": lead}
        assert fake_site.expected_row(after, BASE) == row == read(html, after.path)
    assert with_access(fake_site, "free") == []


def test_an_article_can_be_opened_closed_and_opened_again() -> None:
    fake_site = EditableSite(240, 20)
    english = [a for a in with_access(fake_site, "teaser") if a.language == "en"]
    assert {article.rendering for article in english} == {*RENDERINGS}
    for article in english:
        fake_site.revise(article.path, title="A better headline")
        opened = fake_site.open_up(article.path)
        closed = fake_site.close_off(article.path)
        assert closed.paragraphs == article.whole[:1]
        row = fake_site.expected_row(closed, BASE)
        assert read(article_page(fake_site, closed, BASE), closed.path) == row
        again = fake_site.open_up(article.path)
        assert (again.title, again.paragraphs) == ("A better headline", article.whole)
        assert fake_site.expected_row(again, BASE) == fake_site.expected_row(opened, BASE)


def test_a_day_shows_what_was_published_by_then() -> None:
    fake_site = EditableSite(240, 20)
    everything, last = fake_site.articles, fake_site.today
    for days_ago in (*range(60, 0, -1), 4000, 900, 6000, 0):
        fake_site.go_to(last - timedelta(days=days_ago))
        published = [a for a in everything if a.published_on <= fake_site.today]
        assert fake_site.articles == published
        assert [a for a in everything if fake_site.article(a.path)] == published
        for author in fake_site.authors:
            own = [article for article in published if author in article.authors]
            assert listing(fake_site, author.slug) == own
        for article in published:
            stories = [story for story, _ in fake_site.recent(article)]
            assert len({story.path for story in stories}) == len(stories)
            assert len(stories) == min(3, len(published) - 1) or "alias-link" in article.edge_cases
            assert [story for story in stories if story == article or story not in published] == []


def test_a_new_story_changes_few_pages() -> None:
    fake_site = EditableSite(600, 20)
    newest = fake_site.articles[0].published_on
    before: dict[str, list[tuple[DemoArticle, str]]] = {}
    changed = []
    for days_ago in range(30, -1, -1):
        fake_site.go_to(newest - timedelta(days=days_ago))
        now = {article.path: fake_site.recent(article) for article in fake_site.articles}
        changed.append(sum(now[path] != stories for path, stories in before.items()))
        if list(now) == list(before):
            assert now == before
        before = now
    assert 0 < sum(changed) < 300
    assert max(changed) < 30


def test_a_deleted_article_is_nowhere() -> None:
    fake_site, untouched = EditableSite(), FakeSite()
    article = with_edge_case(fake_site, "alias")
    fake_site.delete(article.path)
    left = [other for other in untouched.articles if other != article]
    assert fake_site.articles == left
    for author in fake_site.authors:
        own = [other for other in left if author in other.authors]
        assert listing(fake_site, author.slug) == own
    assert {fake_site.article(path) for path in (article.path, article.alias_path or "")} == {None}
    for other in left:
        stories, before = ([story for story, _ in s.recent(other)] for s in (fake_site, untouched))
        assert article not in stories
        assert stories == before or article in before or "alias-link" in other.edge_cases


@pytest.mark.parametrize("ignored", [False, True])
def test_an_unchanged_page_keeps_its_etag_on_another_day_if_the_visit_is_ignored(
    site: FaultyServer, ignored: bool
) -> None:
    site.etag_ignores_visit = ignored
    articles = [with_rendering(site.fake_site, rendering) for rendering in RENDERINGS]
    paths = ["/feed/", *SEED_PATHS[:3], *(article.path for article in articles)]
    etags = {path: get(site.base_url + path)[2]["ETag"] for path in paths}

    def statuses() -> list[int]:
        return [
            get(site.base_url + path, **{"If-None-Match": etag})[0] for path, etag in etags.items()
        ]

    assert statuses() == [304] * 10
    site.fake_site.go_to(site.fake_site.today + timedelta(days=1))
    assert statuses() == [304] + [304 if ignored else 200] * 9
    for article in articles:
        site.fake_site.revise(article.path, title="A better headline")
    assert statuses()[4:] == [200] * 6


def with_rendering(fake_site: FakeSite, rendering: str) -> DemoArticle:
    return next(article for article in fake_site.articles if article.rendering == rendering)


def test_another_day_changes_only_what_shows_the_visit() -> None:
    fake_site, other = FakeSite(), EditableSite()
    other.go_to(date(2026, 1, 1))
    before, after = pages(fake_site), pages(other)
    assert [path for path, page in before.items() if page == after[path]] == []
    assert {path: without_visit(page, fake_site.today) for path, page in before.items()} == {
        path: without_visit(page, other.today) for path, page in after.items()
    }


# --- Faults and redesigns -------------------------------------------------------------------------


def test_a_lying_site_says_that_nothing_has_changed(site: FaultyServer) -> None:
    revised, deleted, faulty = site.fake_site.articles[:3]
    urls = [site.base_url + article.path for article in (revised, deleted, faulty)]
    etags = [get(url)[2]["ETag"] for url in urls]
    site.fake_site.revise(revised.path, title="A better headline")
    site.fake_site.delete(deleted.path)
    site.faults = {faulty.path: 500}

    def conditional() -> list[tuple[int, str | None]]:
        responses = (
            get(url, **{"If-None-Match": etag}) for url, etag in zip(urls, etags, strict=True)
        )
        return [(status, headers.get("ETag")) for status, _, headers in responses]

    assert [status for status, _ in conditional()] == [200, 404, 500]
    site.lying_304 = True
    assert conditional() == [(304, etag) for etag in etags]
    assert get(urls[0], **{"If-Modified-Since": "Mon, 06 Jan 2020 00:00:00 GMT"})[0] == 304
    assert [get(url)[0] for url in urls] == [200, 404, 500]


def test_a_shell_is_empty_until_a_script_fills_it(site: FaultyServer) -> None:
    article, listing_path = with_edge_case(site.fake_site, "alias"), SEED_PATHS[0]
    unchanged = ("/robots.txt", "/feed/", "/", "/pro/2025/01/x/", "/2020/01/no-such-story/")
    before = {path: get(site.base_url + path)[:2] for path in unchanged}
    site.redesign = "shell"
    paths = (article.path, article.alias_path, listing_path, f"{listing_path}page/2/")
    ((status, html),) = {get(f"{site.base_url}{path}")[:2] for path in paths}
    assert (status, visible(html)) == (200, "NK News")
    assert re.findall(r"<(\w+)", html) == ["html", "head", "meta", "title", "body", "div", "script"]
    assert {path: get(site.base_url + path)[:2] for path in unchanged} == before
    assert get(f"{site.base_url}{listing_path}page/99/")[0] == 404


def test_an_undated_page_has_no_date_of_publication(large_site: FakeSite) -> None:
    with FaultyServer(large_site) as site:
        listing_url = site.base_url + SEED_PATHS[2]
        dated = get(listing_url)[:2]
        site.redesign = "undated"
        assert get(listing_url)[:2] == dated
        for article in large_site.articles:
            html = get(site.base_url + article.path)[1]
            times = (article.published_at, article.modified_at)
            notations = (long_date, short_date, ordinal_date, date.isoformat)
            dates = [when.date().isoformat() for when in times]
            dates += [notation(article.published_on) for notation in notations]
            assert [text for text in dates if text in html] == []
            assert not re.search(
                r"<time|published_time|modified_time|datePublished|dateModified", html
            )
            row = read(html.replace(site.base_url, BASE), article.path)
            assert row == large_site.expected_row(undated(article), BASE)
            unknown = dict.fromkeys(("published_on", "published_at", "modified_at"))
            assert row == large_site.expected_row(article, BASE) | unknown


def test_an_unlinked_author_page_has_headlines_without_links() -> None:
    with FaultyServer(FakeSite(120, 8)) as site:
        article = site.base_url + site.fake_site.articles[0].path
        before = {url: get(url)[1] for url in (article, *(site.base_url + p for p in SEED_PATHS))}
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


def test_faults_replace_pages(site: FaultyServer) -> None:
    later = FakeResponse(503, "later", headers={"Retry-After": "7"})
    responses = iter([later, None])
    site.faults = {"/": 500, "/robots.txt": (403, "no"), "/pro/": lambda: next(responses)}
    assert get(f"{site.base_url}/")[0] == 500
    assert get(f"{site.base_url}/robots.txt")[:2] == (403, "no")
    status, _, headers = get(f"{site.base_url}/pro/")
    assert (status, headers["Retry-After"]) == (503, "7")
    assert get(f"{site.base_url}/pro/")[0] == 200
    site.faults = {"*": (403, "Just a moment...")}
    assert get(site.base_url + SEED_PATHS[0])[:2] == (403, "Just a moment...")


def test_requests_that_overlap_are_counted(site: FaultyServer) -> None:
    site.delay = 0.3
    threads = [threading.Thread(target=get, args=(f"{site.base_url}/",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.in_flight_max > 1
    assert len(site.log) == 3


# --- The command ----------------------------------------------------------------------------------


def test_the_command_serves_until_interrupted() -> None:
    command = [sys.executable, "-m", "nkcrawl.demo", "--articles", "12", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        assert get(f"{url}/")[0] == 200
        assert f"scrapy crawl nknews -s NKCRAWL_SITE={url} " in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--articles", "many"], "'many' is not a whole number"),
        (["--authors", "0"], "0 is not between 1 and 2000"),
        (["--port", "99999"], "99999 is not between 0 and 65535"),
    ],
)
def test_bad_arguments_are_clear_errors(arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nkcrawl.demo", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert message in done.stderr


def test_a_port_in_use_is_a_clear_error(site: FaultyServer) -> None:
    command = [sys.executable, "-m", "nkcrawl.demo", "--port", str(site.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert f"port {site.port} cannot be used" in done.stderr
