"""The archive in a browser: pages served as by `make web`, in a real Chromium."""

import hashlib
import http.client
import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from nkcrawl.archive import Archive
from nkcrawl.demo import FakeSite
from nkcrawl.web.app import ReadOnlyDatabase
from nkcrawl.web.metadata import described_tables, metadata
from tests.browser import EDIT, HOSTILE_LABEL, HOSTILE_TITLE, chromium, fill, served
from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy_command
from tests.site import FaultyServer

CHARTS = metadata()["plugins"]["datasette-dashboards"]["archive"]["charts"]
QUERIES = metadata()["databases"]["archive"]["queries"]
DASHBOARD = "/-/dashboards/archive"
_AREAS = """
    marks => marks.map(mark => mark.getBoundingClientRect())
        .map(box => box.width > 0.5 && box.height > 0.5)
"""


@dataclass
class Seen:
    """The served archive, and a browser page with the requests and errors of its visits."""

    archive_file: Path
    address: str
    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        response = self.page.goto(self.address + path)
        assert response is not None
        assert (path, response.status) == (path, 200)
        if path.startswith(DASHBOARD):
            expect(self.page.locator("svg.marks:has(.role-mark path)")).to_have_count(
                1 if path != DASHBOARD else len(CHARTS)
            )
        return self.page

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return rows(self.archive_file, sql, *values)

    def count(self, table: str) -> int:
        return len(self.rows(f"SELECT 1 FROM {table}"))

    def ask(self, path: str, **values: object) -> Any:
        return fetch(f"{self.address}{path}.json?{urlencode({'_shape': 'array', **values})}")


def fetch(address: str) -> Any:
    with urlopen(address) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def archive_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("web") / "nknews.db"
    fill(path)
    return path


@pytest.fixture(scope="module")
def address(archive_file: Path) -> Iterator[str]:
    with served(archive_file) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def seen(browser: Browser, archive_file: Path, address: str) -> Iterator[Seen]:
    """No page may log an error, or send a request to another host."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    seen = Seen(archive_file, address, page)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on(
        "console",
        lambda message: seen.problems.append(f"{message.type}: {message.text} on {page.url}"),
    )
    page.on("pageerror", lambda error: seen.problems.append(f"{error} on {page.url}"))
    page.on("dialog", lambda dialog: seen.problems.append(f"a dialog on {page.url}"))
    yield seen
    page.close()
    assert seen.problems == []
    assert [url for url in seen.requests if not url.startswith((f"{address}/", "data:"))] == []


def every_page(address: str) -> list[str]:
    tables = [f"/archive/{name}" for name in described_tables()]
    charts = [f"{DASHBOARD}/{name}" for name in CHARTS]
    rows = [f"/archive/{place}/1" for place in ("articles", "authors", "article_versions", "runs")]
    queries = [f"/archive/{name}" for name in QUERIES]
    further = [
        "/archive/articles?access=teaser&_search=the",
        "/archive?sql=select+*+from+articles",
        "/archive",
    ]
    return ["/", *tables, *rows, *queries, "/-/dashboards", DASHBOARD, *charts, *further]


def test_no_page_is_wider_than_a_phone_or_logs_errors_or_requests_another_host(seen: Seen) -> None:
    seen.page.set_viewport_size({"width": 390, "height": 800})
    widths = {}
    for path in every_page(seen.address):
        widths[path] = seen.open(path).evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(widths, 390)


def test_the_home_page_leads_on(seen: Seen) -> None:
    page = seen.open("/")
    assert (
        page.locator(".figures").first.inner_text().startswith(f"{seen.count('articles')} articles")
    )
    newest = seen.rows("SELECT title FROM article_list ORDER BY published_on DESC, id LIMIT 8")
    assert page.locator(".story h3").all_inner_texts() == [row["title"] for row in newest]
    for title in [query["title"] for query in QUERIES.values()]:
        assert page.get_by_role("link", name=title, exact=True).count() == 1
    page.get_by_role("link", name="Charts", exact=True).click()
    expect(page.locator("h1")).to_have_text("At a glance")


# --- Articles -------------------------------------------------------------------------------------


def test_articles_come_newest_first_page_after_page(seen: Seen) -> None:
    page = seen.open("/archive/articles")
    titles = []
    while True:
        titles += page.locator(".story h3").all_inner_texts()
        older = page.get_by_role("link", name="Older articles")
        if not older.count():
            break
        with page.expect_navigation():
            older.click()
    stored = seen.rows("SELECT title FROM articles ORDER BY published_on DESC, id")
    assert sorted(titles) == sorted(row["title"] for row in stored)
    days = seen.rows("SELECT published_on FROM articles WHERE title = ?", titles[0])
    assert days == seen.rows("SELECT max(published_on) AS published_on FROM articles")


@pytest.mark.parametrize(
    ("facet", "column"),
    [("label", "label"), ("access", "access"), ("author", None)],
)
def test_a_choice_at_the_side_leaves_as_many_articles_as_it_says(
    seen: Seen, facet: str, column: str | None
) -> None:
    page = seen.open("/archive/articles")
    choices = page.locator(f"#facet-{facet} li")
    counts = {
        choice.locator("a").inner_text(): int(choice.locator(".count").inner_text())
        for choice in choices.all()
    }
    if column:
        sql = (
            f"SELECT {column} AS name, count(*) AS articles FROM articles "
            f"WHERE {column} IS NOT NULL GROUP BY 1"
        )
    else:
        sql = "SELECT name, articles FROM author_activity"
    assert counts == {row["name"]: row["articles"] for row in seen.rows(sql)}
    name, count = list(counts.items())[-1]
    choices.last.locator("a").click()
    chosen = page.locator(f"#facet-{facet} .chosen a")
    expect(chosen).to_have_text(name)
    expect(page.locator(".figures strong")).to_have_text(str(count))
    chosen.click()
    expect(chosen).to_have_count(0)
    assert int(page.locator(".figures strong").inner_text()) == seen.count("articles")


def test_a_search_typed_by_keyboard_finds_its_article_and_keeps_what_was_chosen(seen: Seen) -> None:
    (article,) = seen.rows(
        "SELECT * FROM articles WHERE title LIKE ? LIMIT 1",
        "%coal ledger ahead of a party congress%",
    )
    page = seen.open("/archive/articles?access=free")
    page.get_by_role("searchbox").focus()
    page.keyboard.type('"coal ledger ahead of a party congress"')
    page.keyboard.press("Enter")
    page.wait_for_url("**_search=**")
    assert page.locator(".story h3").all_inner_texts() == [article["title"]]
    assert "access=free" in page.url
    page.locator(".story h3 a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/archive/articles/*")
    assert page.locator("h1").inner_text() == article["title"]


def test_a_period_is_from_day_to_day(seen: Seen) -> None:
    page = seen.open("/archive/articles")
    page.get_by_label("from", exact=True).fill("2019-03-01")
    page.get_by_label("to", exact=True).fill("2019-08-31")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**_until=2019-08-31**")
    (counted,) = seen.rows(
        "SELECT count(*) AS n FROM articles "
        "WHERE published_on BETWEEN '2019-03-01' AND '2019-08-31'"
    )
    assert int(page.locator(".figures strong").inner_text()) == counted["n"] > 0


def test_an_article_reads_like_an_article(seen: Seen) -> None:
    article = seen.rows(
        "SELECT * FROM articles WHERE access = 'teaser' AND body LIKE ? AND note != '' "
        "AND image_credit != '' AND label != '' AND subtitle != '' AND published_on LIKE '202%' "
        "ORDER BY id LIMIT 1",
        "%.\n\n%",
    )[0]
    authors = seen.rows(
        "SELECT name FROM authors JOIN article_authors ON author_id = authors.id "
        "WHERE article_id = ? ORDER BY position",
        article["id"],
    )
    page = seen.open(f"/archive/articles/{article['id']}")

    def text(selector: str) -> str:
        return page.locator(f"article {selector}").inner_text()

    assert text(".kicker").lower() == article["label"].lower()
    assert text("h1") == page.title() == article["title"]
    assert text(".standfirst") == article["subtitle"]
    assert page.locator("article .byline a").all_inner_texts() == [
        author["name"] for author in authors
    ]
    day = date.fromisoformat(article["published_on"])
    assert text("time") == f"{day.day} {day:%B %Y}"
    assert text(".access") == "teaser: cut off by the paywall"
    assert article["image_caption"] in text(".picture")
    assert text(".credit") == article["image_credit"]
    assert page.locator("article .text p").all_inner_texts() == article["body"].split("\n\n")
    assert text(".note") == article["note"]
    links = page.locator("article .picture a, article .original a").all()
    assert [link.get_attribute("href") for link in links] == [article["image_url"], article["url"]]
    assert page.locator("img").count() == 0


def test_an_article_that_changed_shows_what_it_was(seen: Seen) -> None:
    (article,) = seen.rows(
        "SELECT * FROM articles JOIN changed_articles USING (id) "
        "WHERE access_before = 'teaser' LIMIT 1"
    )
    page = seen.open(f"/archive/articles/{article['id']}")
    text = page.locator("#changes").inner_text()
    assert page.locator("#changes del").all_inner_texts()[-1] == "teaser"
    assert page.locator("#changes ins").all_inner_texts()[-1] == "free"
    assert page.locator("#changes ins").first.inner_text().endswith(EDIT.rpartition(" ")[2])
    assert "5 November 2025" in text
    page.get_by_role("link", name="Earlier versions").click()
    expect(page.locator("h3").first).to_contain_text("1 row")


def test_an_article_that_never_changed_has_no_such_part(seen: Seen) -> None:
    (article,) = seen.rows(
        "SELECT id FROM articles WHERE id NOT IN (SELECT article_id FROM article_versions) LIMIT 1"
    )
    page = seen.open(f"/archive/articles/{article['id']}")
    assert page.locator("#changes, [href='#changes']").count() == 0


@pytest.mark.parametrize("text", ["", "  ", '"', "-", "*", "NEAR(", "coal AND", "title:", "%", "'"])
def test_whatever_is_typed_into_the_search_box_is_a_search(address: str, text: str) -> None:
    result = fetch(f"{address}/archive/articles.json?{urlencode({'_search': text, '_since': ''})}")
    assert (result["filtered_table_rows_count"] > 300) == (not text.strip(' "'))


# --- What is not to be trusted --------------------------------------------------------------------


@pytest.mark.fault("D15")
def test_a_hostile_headline_and_label_are_text_wherever_they_stand(seen: Seen) -> None:
    (article,) = seen.rows(
        "SELECT id FROM articles WHERE title = ? AND label = ?", HOSTILE_TITLE, HOSTILE_LABEL
    )
    page = seen.open(f"/archive/articles/{article['id']}")
    assert page.title() == page.locator("h1").inner_text() == HOSTILE_TITLE
    page = seen.open("/archive/articles?" + urlencode({"label": HOSTILE_LABEL}))
    assert page.locator(".story h3").all_inner_texts() == [HOSTILE_TITLE]
    assert page.locator("#facet-label .chosen a").inner_text() == HOSTILE_LABEL
    page = seen.open("/archive/by-author-and-period?since=2025-10-01")
    assert page.get_by_role("link", name=HOSTILE_TITLE, exact=True).count() == 1
    page = seen.open(f"{DASHBOARD}/labels")
    bar = page.locator(".mark-rect.role-mark path[aria-label*='<b onmouseover']").first
    bar.hover()
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_contain_text(HOSTILE_LABEL)
    assert page.locator("b[onmouseover], img[onerror]").count() == 0


def test_a_url_that_is_a_script_is_not_a_link(
    browser: Browser, archive_file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "what%20a #name?.db"
    copy.write_bytes(archive_file.read_bytes())
    script = "javascript:alert(1)//https://www.nknews.org/"
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute(
            "UPDATE articles SET url = ?, image_url = ? WHERE id = 1", (script, script)
        )
    with served(copy) as address, closing(browser.new_page()) as page:
        for path in (
            "/archive/articles/1",
            "/archive/articles?id=1",
            "/archive/article_list?id=1",
            "/archive/changed_articles?id=1",
            "/archive/what-a-run-brought?run=1",
            "/archive?" + urlencode({"sql": "SELECT url, image_url FROM articles WHERE id = 1"}),
        ):
            page.goto(address + path)
            links = page.locator("a").evaluate_all("links => links.map(link => link.protocol)")
            assert "javascript:" not in links, path


def test_a_page_cannot_request_another_host(browser: Browser, address: str) -> None:
    with FaultyServer(FakeSite(articles=1)) as elsewhere, closing(browser.new_page()) as page:
        page.goto(f"{address}/archive/articles/1")
        image = f"Object.assign(new Image(), {{src: '{elsewhere.base_url}/x.png'}})"
        page.evaluate(f"document.body.append({image})")
        blocked = page.evaluate(
            f"fetch('{elsewhere.base_url}/').then(() => 'answered', () => 'blocked')"
        )
        assert (blocked, elsewhere.log) == ("blocked", [])


# --- Questions ------------------------------------------------------------------------------------


def test_the_questions_have_the_right_answers(seen: Seen) -> None:
    articles = seen.ask(
        "/archive/by-author-and-period", author="MASLIN", since="2019", until="2020-06"
    )
    expected = seen.rows(
        "SELECT id FROM article_list WHERE instr(authors, 'Viktor Maslin') "
        "AND published_on BETWEEN '2019' AND '2020-06-31'"
    )
    assert {row["article"] for row in articles} == {row["id"] for row in expected} != set()
    assert [row["published_on"] for row in articles] == sorted(
        (row["published_on"] for row in articles), reverse=True
    )

    changed = seen.ask("/archive/changed-headlines")
    assert len(changed) == 2
    assert {row["title_before"] + EDIT for row in changed} == {
        row["title_after"] for row in changed
    }

    freed = seen.ask("/archive/teasers-that-became-free")
    assert len(freed) == 2
    assert all(row["words_before"] < row["words_after"] for row in freed)

    last = seen.ask("/archive/what-a-run-brought")
    (run,) = seen.rows("SELECT * FROM run_list ORDER BY id DESC LIMIT 1")
    assert [row["what"] for row in last].count("new") == run["new"] > 0
    assert [row["what"] for row in last].count("changed") == run["changed"] > 0
    assert len(seen.ask("/archive/what-a-run-brought", run=1)) == 305


def test_the_longest_silence_is_the_longest(seen: Seen) -> None:
    days: dict[str, list[date]] = {}
    for row in seen.rows(
        "SELECT name, published_on FROM authors JOIN article_authors ON author_id = authors.id"
        " JOIN articles ON articles.id = article_id"
        " WHERE published_on IS NOT NULL ORDER BY published_on"
    ):
        days.setdefault(row["name"], []).append(date.fromisoformat(row["published_on"]))
    longest = {
        name: max((later - earlier).days for earlier, later in pairwise(all_))
        for name, all_ in days.items()
    }
    silences = seen.ask("/archive/longest-silence")
    assert {row["author"]: row["days"] for row in silences} == longest
    for row in silences:
        assert (
            date.fromisoformat(row["until"]) - date.fromisoformat(row["silent_from"])
        ).days == row["days"]


def test_a_query_form_leads_to_the_article(seen: Seen) -> None:
    page = seen.open("/archive/by-author-and-period")
    assert page.locator("h1").inner_text() == QUERIES["by-author-and-period"]["title"]
    assert page.locator(".lead").inner_text() == QUERIES["by-author-and-period"]["description"]
    page.get_by_label("author").fill("maslin")
    page.get_by_label("since").fill("2025-01-01")
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**author=maslin**")
    link = page.locator("table.answer a").first
    title = link.inner_text()
    link.click()
    page.wait_for_url("**/archive/articles/*")
    expect(page.locator("h1")).to_have_text(title)


# --- Charts ---------------------------------------------------------------------------------------


def test_every_chart_is_drawn_as_its_query_says(seen: Seen) -> None:
    page = seen.open(DASHBOARD)
    drawn = {}
    for name, chart in CHARTS.items():
        card = page.locator(f"#card-{name}")
        assert card.locator(".dashboard-card-title").inner_text().startswith(chart["title"])
        drawn[name] = card.locator("svg .role-mark path").evaluate_all(_AREAS).count(True)
        assert card.locator("svg .role-axis-label text").count() >= 2
    assert drawn == {
        "months": len(seen.rows(CHARTS["months"]["query"])),
        "authors": len(seen.rows(CHARTS["authors"]["query"])),
        "labels": len(seen.rows(CHARTS["labels"]["query"])),
        "new": len(seen.rows("SELECT * FROM run_list WHERE new > 0")),
        "requests": len(seen.rows("SELECT * FROM run_list WHERE requests > 0")),
        "verdicts": seen.count("run_list"),
    }


def test_an_access_has_one_colour_everywhere(seen: Seen) -> None:
    page = seen.open(DASHBOARD)
    colours = {}
    for name in ("months", "labels"):
        for access in ("free", "teaser", "unknown"):
            marks = page.locator(f"#chart-{name} .role-mark path[aria-label*='access: {access}']")
            colours[name, access] = set(
                marks.evaluate_all("marks => marks.map(mark => getComputedStyle(mark).fill)")
            )
    page = seen.open("/archive/articles")
    for access in ("free", "teaser", "unknown"):
        badge = page.locator(f"#facet-access .access-{access}")
        colour = badge.evaluate("badge => getComputedStyle(badge, '::before').backgroundColor")
        assert colours["months", access] == colours["labels", access] == {colour}


# --- Serving it -----------------------------------------------------------------------------------


def test_every_table_and_column_is_explained_as_the_metadata_say(address: str) -> None:
    described = described_tables()
    tables = fetch(f"{address}/-/metadata.json")["databases"]["archive"]["tables"]
    for name, table in described.items():  # Datasette adds keys of its own to a table's
        assert (name, tables[name]["description"]) == (name, table["description"])
        assert (name, tables[name]["columns"]) == (name, table["columns"])
    listed = fetch(f"{address}/archive.json")["tables"]
    assert {table["name"] for table in listed if not table["hidden"]} == {
        name for name in described if not re.search("_fts|_list|_activity|changed_", name)
    }


def test_looking_changes_nothing_and_the_whole_file_cannot_be_had(seen: Seen) -> None:
    before = hashlib.sha256(seen.archive_file.read_bytes()).hexdigest()
    page = seen.page
    refused = f"{seen.address}/archive?{urlencode({'sql': 'DELETE FROM articles'})}"
    assert page.request.get(refused).status == 400
    assert page.request.get(f"{seen.address}/archive.db").status == 403
    assert hashlib.sha256(seen.archive_file.read_bytes()).hexdigest() == before
    assert [
        file.name for file in seen.archive_file.parent.iterdir() if not file.name.endswith(".lock")
    ] == [seen.archive_file.name]


def test_a_write_connection_of_datasette_cannot_write(archive_file: Path) -> None:
    connection = ReadOnlyDatabase(None, path=str(archive_file)).connect(write=True)
    with closing(connection), pytest.raises(sqlite3.OperationalError, match="readonly database"):
        connection.execute("DELETE FROM articles")


def test_only_this_machine_is_served(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_requests_for_another_host_name_are_refused(address: str) -> None:
    port = int(address.rpartition(":")[2])
    for host, status in (
        ("evil.example", 421), (f"evil.example:{port}", 421),
        (f"127.0.0.1.evil.example:{port}", 421), ("", 421),
        (f"localhost:{port}", 200), ("127.0.0.1", 200),
    ):  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", port)
        with closing(connection):
            connection.request("GET", "/archive/articles.json", headers={"Host": host})
            response = connection.getresponse()
            body = response.read()
        assert (host, response.status, b"title" in body) == (host, status, status == 200)


def test_it_is_read_while_a_crawl_is_writing(archive_file: Path, tmp_path: Path) -> None:
    growing = tmp_path / "growing.db"
    Archive.open(growing).close()
    with FaultyServer(FakeSite(articles=30)) as site, served(growing) as address:
        site.delay = 0.02
        parameters = {"sql": "SELECT count(*) FROM articles", "_shape": "arrayfirst"}
        counting = f"{address}/archive.json?{urlencode(parameters)}"
        command = scrapy_command(*crawl_args(site, growing))
        crawl = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(), stderr=subprocess.PIPE, text=True
        )
        counts = []
        while crawl.poll() is None:
            for path in ("/", "/archive/articles", DASHBOARD, "/archive/what-a-run-brought"):
                with urlopen(address + path) as response:
                    assert response.status == 200
            counts += fetch(counting)
        assert (crawl.returncode, crawl.communicate()[1]) == (0, "")
        assert counts == sorted(counts)
        assert any(0 < count < 30 for count in counts)
        assert fetch(counting) == [30]


def web(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nkcrawl.web", *map(str, args)]
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (None, "No archive at {file} yet; `scrapy crawl nknews` creates it.", True),
        (b"", "No archive at {file} yet; `scrapy crawl nknews` creates it.", True),
        (b"my notes", "{file} is not a SQLite database.", False),
        (b"SQLite format 3\0" + b"\0" * 4080, "{file} is a database of some other program", False),
    ],
)
def test_a_file_that_is_not_an_archive_is_one_sentence(
    tmp_path: Path, content: bytes | None, message: str, hint: bool
) -> None:
    file = tmp_path / "nknews.db"
    if content is not None:
        file.write_bytes(content)
    done = web(file)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(message.format(file=file))
    assert ("make demo" in done.stderr) == hint


def test_a_port_in_use_is_one_sentence(archive_file: Path, address: str) -> None:
    port = address.rpartition(":")[2]
    done = web(archive_file, "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        rf"Port {port} cannot be used: .+\. Choose another one, as in `make web PORT=\d+`\.\n",
        done.stderr,
    )


def test_without_chromium_these_tests_fail_and_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with (
        pytest.raises(pytest.fail.Exception, match=r"no chromium here.*apt-get install chromium"),
        chromium(),
    ):
        pass
