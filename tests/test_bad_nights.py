"""Nights on which the site loses articles while most pages work: reported by the third of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from parsel import Selector

from nkcrawl.pages import read_feed
from tests.busy_site import PER_NIGHT, BusySite
from tests.conftest import rows
from tests.factories import SITE, article_links, article_url
from tests.site import FakeResponse, Fault

GOOD_NIGHTS = 2


@pytest.fixture
def busy(request: pytest.FixtureRequest, archive_file: Path) -> Iterator[BusySite]:
    """The site with so many author pages, after two good nights."""
    with BusySite(archive_file, authors=request.param) as busy:
        for _ in range(GOOD_NIGHTS):
            quietly(busy)
        yield busy


def quietly(busy: BusySite) -> None:
    done = busy.crawl()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def stored(busy: BusySite) -> set[str]:
    return {row["url"] for row in rows(busy.archive_file, "SELECT url FROM articles")}


def is_article(path: str) -> bool:
    return path.startswith("/20")


def respond(response: Any, path: str) -> Fault:
    return response(path) if callable(response) else response


def to_itself(path: str) -> Fault:
    return FakeResponse(302, headers={"Location": path, "Set-Cookie": "seen=1; Path=/"})


def falsely_encoded(encoding: str) -> Fault:
    return FakeResponse(200, "<h1>Ferries</h1>" * 99, headers={"Content-Encoding": encoding})


@pytest.mark.parametrize(
    ("busy", "response", "cause"),
    [
        (25, to_itself, "max redirections reached"),
        (7, falsely_encoded("gzip"), ""),
        pytest.param(
            25,
            FakeResponse(200, "%PDF-1.4", "application/pdf"),
            "application/pdf",
            marks=pytest.mark.long,
        ),
    ],
    ids=["redirects to themselves", "false gzip", "PDF"],
    indirect=["busy"],
)
@pytest.mark.fault("D22")
def test_articles_that_fail_are_not_outvoted_by_listings(
    busy: BusySite, response: Any, cause: str
) -> None:
    before = stored(busy)
    busy.fault = lambda path: respond(response, path) if is_article(path) else None
    for _ in range(2):
        done = busy.crawl()
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith("5 articles in a row could not be read, first http://127")
        assert cause in done.stderr
        assert done.stderr.endswith(
            "; they are due again later. Is the site working, and does a browser show this page?\n"
        )
    assert busy.status("--max-age", "26h").returncode == 1
    assert stored(busy) == before
    busy.fault = lambda path: None
    for _ in range(3):
        busy.crawl()
    assert stored(busy) == {busy.url(path) for path in busy.paths()}


@pytest.mark.parametrize("busy", [7], indirect=True)
@pytest.mark.fault("D22")
def test_new_articles_that_fail_are_not_outvoted_by_known_ones(busy: BusySite) -> None:
    """On the first bad night there are as many known articles to read again."""
    busy.fault = lambda path: 418 if busy.paths().get(path, 0) > GOOD_NIGHTS else None
    codes = []
    for _ in range(3):
        codes.append((done := busy.crawl()).returncode)
    assert codes[1:] == [1, 1]
    assert " articles " in done.stderr


@pytest.mark.parametrize("busy", [7], indirect=True)
@pytest.mark.fault("D22")
def test_pages_that_stay_broken_end_no_later_run(busy: BusySite) -> None:
    """As six PDFs at URLs of articles would."""
    broken = list(busy.paths())[: 2 * PER_NIGHT]
    archive = {busy.url(path) for path in broken}
    with closing(sqlite3.connect(busy.archive_file)) as conn, conn:
        for url in archive:
            conn.execute("DELETE FROM article_authors")
            conn.execute("DELETE FROM articles WHERE url = ?", (url,))
            conn.execute("UPDATE pages SET due_at = found_at WHERE url = ?", (url,))
    busy.fault = lambda path: (
        FakeResponse(200, "%PDF-1.4", "application/pdf") if path in broken else None
    )
    codes = [busy.crawl().returncode for _ in range(5)]
    assert codes[3:] == [0, 0]
    assert stored(busy) == {busy.url(path) for path in busy.paths() if path not in broken}


GUID = "<item><guid>{url}</guid></item>"
FEEDS = {
    "guid without link": f"<rss><channel>{GUID}</channel></rss>",
    "Atom": '<feed xmlns="http://www.w3.org/2005/Atom"><link href="/2025/06/no/"/><entry>'
    '<link rel="self" href="/2025/06/no/"/><link href="{url}"/></entry></feed>',
    "RSS 1.0": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns="http://purl.org/rss/1.0/"><item><link>{url}</link></item></r:RDF>',
}


@pytest.mark.parametrize("document", FEEDS.values(), ids=FEEDS)
def test_feeds_of_each_format_are_read(document: str) -> None:
    xml = Selector(document.format(url=article_url()), type="xml")
    assert read_feed(xml, SITE).articles == article_links(article_url())


@pytest.mark.parametrize(
    "document",
    ["<html><h1>Hello</h1></html>", "<br />Warning: foreach()<rss/>", "", "<rss><channel/></rss>"],
)
def test_other_documents_have_no_links(document: str) -> None:
    assert read_feed(Selector(document, type="xml"), SITE).articles == []


@pytest.mark.parametrize(
    ("busy", "document"),
    [
        (7, "<html><h1>Hello</h1></html>"),
        pytest.param(
            25,
            "<rss><channel><item><guid>4711</guid></item></channel></rss>",
            marks=pytest.mark.long,
        ),
    ],
    ids=["a web page", "guid that is not a link"],
    indirect=["busy"],
)
@pytest.mark.fault("D23")
def test_a_feed_without_links_is_a_warning_and_then_a_change(busy: BusySite, document: str) -> None:
    busy.fault = lambda path: (200, document) if path == "/feed/" else None
    for night in (1, 2):
        quietly(busy)
        assert (
            f"The feed {busy.url('/feed/')} could not be used at its last visit (no article links, "
            f"{night} in a row): new articles are found on author pages only. See it in a browser "
            "if this goes on.\n"
        ) in busy.status().stdout
    for count in (3, 4):
        done = busy.crawl()
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == (
            f"No article link could be read from the feed at {count} visits in a row: "
            f"{busy.url('/feed/')} (no link to any article). New articles are found on author "
            "pages only. See in a browser whether the feed has moved or has another format; what "
            "to fix is most likely in nkcrawl/site.py.\n"
        )
    assert stored(busy) == {busy.url(path) for path in busy.paths()}
    busy.fault = lambda path: None
    quietly(busy)
    assert "The feed" not in busy.status().stdout


@pytest.mark.parametrize("busy", [7], indirect=True)
@pytest.mark.fault("D24")
def test_a_newly_rejected_page_is_in_the_summary_and_in_status(busy: BusySite) -> None:
    """The run is good, and prints nothing."""
    path = "/2025/06/story-33-a/"
    busy.fault = lambda requested: (200, "<p>Hello</p>") if requested == path else None
    quietly(busy)
    (run,) = rows(busy.archive_file, "SELECT summary FROM runs ORDER BY id DESC LIMIT 1")
    assert run["summary"].endswith(
        f" Newly rejected: 1, first {busy.url(path)} (no sign of an article); `scrapy show "
        f"{busy.url(path)}` shows how it is read."
    )
    assert (
        "Rejected for the first time in the last 7 days: 1, the latest "
        f"{busy.url(path)} (no sign of an article); `scrapy show {busy.url(path)}` shows how it is "
        "read.\n"
    ) in busy.status().stdout
    quietly(busy)
    (run,) = rows(busy.archive_file, "SELECT summary FROM runs ORDER BY id DESC LIMIT 1")
    assert "Newly rejected" not in run["summary"]
