"""Night after night: what is requested again, what an edit leaves, what a redesign must keep."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest

from nkcrawl.demo import DemoArticle
from nkcrawl.pages import EXTRACTOR_VERSION
from tests.conftest import expected_row, stored
from tests.factories import feed, listing, new_archive, store
from tests.nightly import NEWEST, NightlyCrawls
from tests.site import EditableSite, FakeResponse

TODAY = date(2025, 11, 20)  # the newest article of the made-up site is ten days older


@pytest.fixture
def nights(archive_file: Path) -> Iterator[NightlyCrawls]:
    """The site on the day of its newest article, with nothing stored yet."""
    with NightlyCrawls(EditableSite(articles=60), archive_file, NEWEST) as nights:
        yield nights


def newest(nights: NightlyCrawls) -> DemoArticle:
    return nights.fake_site.articles[0]


def quietly(done: subprocess.CompletedProcess[str]) -> bool:
    print(done)  # pytest prints this if the assertion fails
    return (done.returncode, done.stdout, done.stderr) == (0, "", "")


def archived(fake_site: EditableSite, nights: NightlyCrawls, unseen: int) -> None:
    """Store a site without its newest articles, as a full crawl a night ago would have."""
    with new_archive(nights.archive_file, lambda: nights.now) as archive:
        newest_stored = nights.url(fake_site.articles[unseen].path)
        archive.store(feed(newest_stored, url=nights.url("/feed/")), 1)
        for article in fake_site.articles[unseen:]:
            row = fake_site.expected_row(article, nights.site.base_url)
            store(archive, extractor_version=EXTRACTOR_VERSION, **row)
        for author in fake_site.authors:
            for number in range(1, fake_site.page_count(author.slug) + 1):
                path = f"/content_author/{author.slug}/" + (f"page/{number}/" if number > 1 else "")
                entries = [
                    nights.url(article.path)
                    for article in fake_site.entries(author.slug, number)
                    if article.number <= len(fake_site.articles) - unseen
                ]
                fields = {"slug": author.slug, "name": author.name, "bio": None}
                archive.store(listing(nights.url(path), *entries, **fields), 1)


# --- Only what is due is requested ----------------------------------------------------------------


def test_an_article_is_requested_again_a_day_and_a_week_after_publication_and_then_never(
    nights: NightlyCrawls,
) -> None:
    assert quietly(nights.crawl())
    path = newest(nights).path
    again = []
    for night in range(1, 12):
        nights.pass_by()
        assert quietly(nights.crawl())
        if nights.request_counts[path]:
            again.append(night)
    assert again == [1, 7]
    assert nights.page(path)["due_at"] is None


def test_a_quiet_night_requests_only_robots_txt_the_feed_and_due_pages(
    nights: NightlyCrawls,
) -> None:
    nights.crawl()
    nights.pass_by(30)
    nights.crawl()
    nights.pass_by(days=1)
    due = {
        page["url"]
        for page in nights.rows(
            "SELECT url FROM pages WHERE due_at <= ?", f"{nights.now:%Y-%m-%dT%H:%M:%SZ}"
        )
    }
    assert quietly(nights.crawl())
    assert {nights.url(path) for path in nights.request_counts if path != "/robots.txt"} == due
    assert nights.url("/feed/") in due
    assert len(due) < 4


@pytest.mark.fault("N6")
def test_an_unchanged_article_costs_no_body_and_counts_as_checked(nights: NightlyCrawls) -> None:
    nights.crawl()
    path = newest(nights).path
    before = nights.article(path)
    nights.pass_by()
    assert quietly(nights.crawl())
    (hit,) = [hit for hit in nights.site.log if hit.path == path]
    assert (hit.conditional, hit.status) == (True, 304)
    assert nights.article(path) == before | {"checked_at": nights.article(path)["checked_at"]}
    assert nights.article(path)["checked_at"] > before["checked_at"]
    assert nights.page(path)["status"] == 304
    assert (
        nights.rows(
            "SELECT json_extract(stats, '$.\"nkcrawl/not_modified/article\"') AS n FROM runs"
        )[-1]["n"]
        >= 1
    )


@pytest.mark.fault("N6")
def test_a_server_that_lies_is_believed_once_in_a_row(nights: NightlyCrawls) -> None:
    nights.crawl()
    path = newest(nights).path
    nights.fake_site.revise(path, title="The headline after the edit")
    nights.site.lying_304 = True
    nights.pass_by()
    assert quietly(nights.crawl())
    assert nights.article(path)["title"] != "The headline after the edit"
    nights.pass_by(6)
    nights.crawl()
    (hit,) = [hit for hit in nights.site.log if hit.path == path]
    assert (hit.conditional, hit.status) == (False, 200)
    assert nights.article(path)["title"] == "The headline after the edit"


def test_explicitly_requested_pages_are_requested_unconditionally(nights: NightlyCrawls) -> None:
    nights.crawl()
    nights.pass_by()
    nights.crawl("-a", f"url={nights.url(newest(nights).path)}")
    nights.crawl("-a", "full=yes")
    assert not any(
        hit.conditional for hit in nights.site.log if hit.path.startswith("/content_author/")
    )


def test_an_edit_becomes_a_version_and_a_deletion_a_date(nights: NightlyCrawls) -> None:
    nights.crawl()
    article = newest(nights)
    before = nights.article(article.path)
    nights.fake_site.revise(article.path, title="The headline after the edit")
    nights.pass_by()
    assert quietly(nights.crawl())
    after = nights.article(article.path)
    assert (after["title"], after["body"]) == ("The headline after the edit", before["body"])
    (version,) = nights.rows("SELECT * FROM article_versions WHERE article_id = ?", after["id"])
    assert (version["title"], version["content_hash"]) == (before["title"], before["content_hash"])
    nights.fake_site.delete(article.path)
    nights.pass_by(6)
    assert quietly(nights.crawl())
    gone = nights.article(article.path)
    assert gone == after | {"gone_at": gone["gone_at"]}
    assert gone["gone_at"] is not None
    assert nights.page(article.path)["due_at"] is None


def test_a_teaser_that_becomes_free_is_read_whole_and_a_free_article_stays_whole(
    nights: NightlyCrawls,
) -> None:
    nights.crawl()
    teaser = next(
        article
        for article in nights.fake_site.articles
        if article.access == "teaser" and article.paragraphs
    )
    nights.pass_by(0.5)
    opened = nights.fake_site.open_up(teaser.path)
    nights.crawl("-a", f"url={nights.url(teaser.path)}")
    assert nights.article(teaser.path)["access"] == "free"
    assert nights.article(teaser.path)["body"] == "\n\n".join(opened.paragraphs)
    nights.fake_site.close_off(teaser.path)
    nights.crawl("-a", f"url={nights.url(teaser.path)}")
    assert nights.article(teaser.path)["access"] == "free"
    assert nights.article(teaser.path)["body"] == "\n\n".join(opened.paragraphs)
    (version,) = nights.rows("SELECT access, body FROM article_versions")
    assert version == {"access": "teaser", "body": "\n\n".join(teaser.paragraphs)}


# --- The feed -------------------------------------------------------------------------------------


def test_the_feed_is_requested_first_and_only_its_links_are_taken(nights: NightlyCrawls) -> None:
    assert quietly(nights.crawl())
    paths = [hit.path for hit in nights.site.log]
    assert paths[:2] == ["/robots.txt", "/feed/"]
    assert stored(nights.archive_file) == expected_row(nights.fake_site, nights.site)
    with nights.archive_file.open("rb") as file:
        everything = file.read().decode("utf-8", "replace")
    hidden = [paragraph for article in nights.fake_site.articles for paragraph in article.hidden]
    assert len(hidden) > 20
    assert not [paragraph for paragraph in hidden if paragraph in everything]


def test_a_new_article_of_a_silent_author_is_found_by_the_feed(archive_file: Path) -> None:
    with NightlyCrawls(
        EditableSite(articles=60), archive_file, NEWEST - timedelta(days=2)
    ) as nights:
        nights.crawl()
        authors = nights.rows("SELECT url FROM pages WHERE kind = 'author'")
        nights.pass_by()
        path = newest(nights).path
        nights.site.faults.update(
            {page["url"].removeprefix(nights.site.base_url): 503 for page in authors}
        )
        nights.crawl("-s", "RETRY_TIMES=0")
        assert nights.page(path)["found_on"] == nights.url("/feed/")
        assert nights.article(path)["title"] == newest(nights).title


def test_the_feed_is_left_where_robots_txt_forbids_it(nights: NightlyCrawls) -> None:
    nights.site.faults["/robots.txt"] = (200, "User-agent: *\nDisallow: /feed/\n")
    assert quietly(nights.crawl())
    assert nights.request_counts["/feed/"] == 0
    assert nights.page("/feed/")["last_error"] == "robots.txt forbids"
    assert len(stored(nights.archive_file)) == 60
    for _ in range(3):
        nights.pass_by()
        assert quietly(nights.crawl())


def test_the_feed_is_left_out_when_authors_are_named(nights: NightlyCrawls) -> None:
    nights.crawl("-a", f"authors={nights.fake_site.authors[1].slug}")
    assert nights.request_counts["/feed/"] == 0


def test_a_site_without_a_feed_causes_no_failure(nights: NightlyCrawls) -> None:
    nights.site.faults["/feed/"] = 404
    for _ in range(4):
        assert quietly(nights.crawl())
        nights.pass_by()
    assert len(stored(nights.archive_file)) == 60


def test_a_gap_between_the_feed_and_what_is_known_sends_us_through_the_listings(
    archive_file: Path,
) -> None:
    """Forty articles appear between two crawls, ten are in the feed, and no author page is due."""
    fake_site = EditableSite(articles=120, authors=3)
    with NightlyCrawls(fake_site, archive_file, fake_site.articles[40].published_on) as nights:
        fake_site.feed_size = 10
        nights.crawl()
        missed = len(stored(archive_file))
        nights.now += TODAY - nights.now.date()
        nights.show()
        assert len(fake_site.articles) >= missed + 40
        with closing(sqlite3.connect(archive_file)) as conn:
            conn.execute(
                """
                UPDATE pages SET due_at = '2099-01-01T00:00:00Z'
                WHERE kind = 'author' AND due_at IS NOT NULL
                """
            )
            conn.commit()
        assert quietly(nights.crawl())
        assert set(stored(archive_file)) == set(expected_row(fake_site, nights.site))


# --- Listings -------------------------------------------------------------------------------------


@pytest.mark.fault("N13")
def test_an_endless_pager_ends(nights: NightlyCrawls) -> None:
    slug = nights.fake_site.authors[0].slug
    first = nights.site.get(f"/content_author/{slug}/").body
    assert isinstance(first, str)

    def page(number: int) -> FakeResponse:
        pager = f'<a href="/content_author/{slug}/page/{number + 1}/">{number + 1}</a>'
        return FakeResponse(200, first.replace("</body>", f"{pager}</body>"))

    nights.site.faults |= {f"/content_author/{slug}/page/{n}/": page(n) for n in range(2, 40)}
    nights.site.faults[f"/content_author/{slug}/"] = page(1)
    assert quietly(nights.crawl())
    walked = [path for path in nights.request_counts if path.startswith(f"/content_author/{slug}/")]
    assert len(walked) == 2


# --- Redesigns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("redesign", "sentence"),
    [
        ("shell", "No author page shows a link to an article"),  # author pages come before articles
        ("undated", "recent articles have no date"),
        ("unlinked", "No author page shows a link to an article"),
    ],
)
@pytest.mark.fault("D14")
def test_a_redesign_is_reported_each_night_and_nothing_stored_is_overwritten(
    archive_file: Path, redesign: Literal["shell", "undated", "unlinked"], sentence: str
) -> None:
    fake_site = EditableSite(articles=300)
    with NightlyCrawls(fake_site, archive_file, TODAY) as nights:
        archived(fake_site, nights, unseen=12)
        before = nights.rows("SELECT * FROM articles ORDER BY id")
        nights.site.redesign = redesign
        for _ in range(3):
            nights.pass_by()
            done = nights.crawl()
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
            assert sentence in done.stderr
            assert "scrapy show http://127.0.0.1" in done.stderr
            after = nights.rows("SELECT * FROM articles ORDER BY id")
            assert [as_read(row) for row in after[: len(before)]] == [
                as_read(row) for row in before
            ]
            suspect = {row["url"]: row["published_on"] for row in after[len(before) :]}
            assert set(suspect.values()) <= {None}
            # In the other redesigns no article was requested.
            assert bool(suspect) == (redesign == "undated")
            assert due_tomorrow(nights) >= {*suspect, *author_pages_read(nights)}
        nights.site.redesign = None
        nights.pass_by()
        assert quietly(nights.crawl())
        assert stored(archive_file) == expected_row(fake_site, nights.site)


def as_read(article: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in article.items()
        if name not in ("checked_at", "extractor_version")
    }


def due_tomorrow(nights: NightlyCrawls) -> set[str]:
    tomorrow = f"{nights.now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    return {
        page["url"] for page in nights.rows("SELECT url FROM pages WHERE due_at <= ?", tomorrow)
    }


def author_pages_read(nights: NightlyCrawls) -> set[str]:
    """Return the author pages that were requested tonight and had no links."""
    return {
        nights.url(path)
        for path in nights.request_counts
        if "author" in path and nights.site.redesign != "undated"
    }


@pytest.mark.fault("D14")
def test_a_redesign_during_a_run_loses_no_text_and_its_pages_are_read_again(
    archive_file: Path,
) -> None:
    fake_site = EditableSite(articles=600)
    with NightlyCrawls(fake_site, archive_file, TODAY) as nights:
        archived(fake_site, nights, unseen=60)
        calls = iter(range(1_000))

        def redesign_after_a_few() -> None:
            if next(calls) == 12:
                nights.site.redesign = "undated"

        nights.site.faults["*"] = redesign_after_a_few
        nights.pass_by()
        done = nights.crawl()
        assert done.returncode == 3
        assert "recent articles have no date" in done.stderr
        dated = {
            url for url, row in expected_row(fake_site, nights.site).items() if row["published_on"]
        }
        undated = dated & {
            row["url"] for row in nights.rows("SELECT url FROM articles WHERE published_on IS NULL")
        }
        assert len(undated) > 5
        assert undated <= due_tomorrow(nights)
        nights.site.redesign, nights.site.faults = None, {}
        nights.pass_by()
        assert quietly(nights.crawl())
        assert stored(archive_file) == expected_row(fake_site, nights.site)


@pytest.mark.fault("P9")
def test_a_night_on_which_every_page_is_missing_loses_nothing(archive_file: Path) -> None:
    fake_site = EditableSite(articles=300)
    with NightlyCrawls(fake_site, archive_file, TODAY) as nights:
        archived(fake_site, nights, unseen=12)
        before = nights.rows("SELECT * FROM articles ORDER BY id")
        nights.site.faults = {"*": 404, "/robots.txt": (200, "User-agent: *\nDisallow:\n")}
        nights.pass_by()
        done = nights.crawl()
        assert done.returncode == 3
        assert done.stderr.startswith("No page is at its former URL, first ")
        assert nights.rows("SELECT * FROM articles ORDER BY id") == before
        nights.site.faults = {}
        nights.pass_by()
        assert quietly(nights.crawl())
        assert stored(archive_file) == expected_row(fake_site, nights.site)


@pytest.mark.fault("N14")
def test_after_an_outage_of_several_nights_the_next_one_finds_all_that_came(
    archive_file: Path,
) -> None:
    fake_site = EditableSite(articles=300)
    with NightlyCrawls(fake_site, archive_file, TODAY) as nights:
        archived(fake_site, nights, unseen=12)
        nights.site.faults = {"*": 503, "/robots.txt": (200, "User-agent: *\nDisallow:\n")}
        for _ in range(5):
            nights.pass_by()
            assert nights.crawl("-s", "RETRY_TIMES=0").returncode == 1
            assert nights.request_counts["/feed/"] == 1
        nights.site.faults = {}
        nights.pass_by()
        assert quietly(nights.crawl())
        assert stored(archive_file) == expected_row(fake_site, nights.site)


def test_unchanged_author_pages_and_one_without_articles_are_not_a_redesign(
    archive_file: Path,
) -> None:
    fake_site = EditableSite(articles=300)
    with NightlyCrawls(fake_site, archive_file, TODAY) as nights:
        assert quietly(nights.crawl("-s", "NKCRAWL_REQUEST_BUDGET=0"))
        nights.pass_by(30)
        slug = fake_site.authors[-1].slug
        nights.site.faults[f"/content_author/{slug}/"] = (200, "<h1>Somebody</h1>")
        assert quietly(nights.crawl())
        listings = [hit for hit in nights.site.log if "author" in hit.path]
        assert {hit.status for hit in listings} == {200, 304}
        assert [hit.path for hit in listings if hit.status == 200] == [f"/content_author/{slug}/"]
        assert nights.page(f"/content_author/{slug}/")["last_error"] == "no article links"


# --- Manners --------------------------------------------------------------------------------------


@pytest.mark.parametrize("throttle", ["True", "False"])
@pytest.mark.fault("N5")
def test_crawl_delay_is_obeyed_from_the_first_page_on(nights: NightlyCrawls, throttle: str) -> None:
    nights.site.faults["/robots.txt"] = (200, "User-agent: *\nCrawl-delay: 1\n")
    assert quietly(
        nights.crawl("-s", f"AUTOTHROTTLE_ENABLED={throttle}", "-s", "NKCRAWL_REQUEST_BUDGET=5")
    )
    times = [hit.at for hit in nights.site.log]
    assert len(times) == 5
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.9
    assert nights.site.in_flight_max == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.fault("N3")
def test_retry_after_is_obeyed_in_both_forms(nights: NightlyCrawls, form: str) -> None:
    path = newest(nights).path
    until = nights.now + timedelta(
        seconds=12
    )  # by the crawl's clock, which begins at `now` and needs time to get there
    after = "3" if form == "seconds" else f"{until:%a, %d %b %Y %H:%M:%S GMT}"
    answers = iter([FakeResponse(429, headers={"Retry-After": after})])
    nights.site.faults[path] = lambda: next(answers, None)
    assert quietly(nights.crawl())
    first, second = (hit for hit in nights.site.log if hit.path == path)
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= 3
    between = [hit for hit in nights.site.log if first.at < hit.at < second.at]
    assert between == []
    assert len(stored(nights.archive_file)) == 60


@pytest.mark.parametrize("budget", [1, 2, 3, 10])
def test_the_budget_holds_to_the_request(nights: NightlyCrawls, budget: int) -> None:
    hops = iter(range(100))
    nights.site.faults["/robots.txt"] = lambda: FakeResponse(
        302, headers={"Location": "/rules.txt"}
    )
    nights.site.faults["/rules.txt"] = (200, "User-agent: *\nDisallow:\n")
    nights.site.faults["/feed/"] = lambda: FakeResponse(
        302, headers={"Location": f"/feed/?hop={next(hops)}"}
    )
    done = nights.crawl("-s", f"NKCRAWL_REQUEST_BUDGET={budget}")
    assert len(nights.site.log) <= budget
    assert nights.rows("SELECT url FROM pages WHERE failures > 0 AND url NOT LIKE '%/feed/'") == []
    assert quietly(done)
    nights.pass_by(days=1 / 24)  # what the first crawl discovered in its last second is due
    assert quietly(nights.crawl())
    assert len(stored(nights.archive_file)) == 60


@pytest.mark.fault("N1")
def test_every_request_of_a_whole_crawl_is_polite(archive_file: Path) -> None:
    with NightlyCrawls(EditableSite(articles=30), archive_file, TODAY) as nights:
        article = newest(nights)
        nights.site.faults["/robots.txt"] = (200, f"User-agent: *\nDisallow: {article.path}\n")
        nights.site.delay = 0.01
        assert quietly(nights.crawl("-s", "DOWNLOAD_DELAY=0.25"))
        times = [hit.at for hit in nights.site.log]
        assert len(times) > 35
        # A busy machine may log a request late, which makes the next gap look short.
        assert min(later - earlier for earlier, later in pairwise(times)) > 0.1
        assert times[-1] - times[0] > 0.25 * (len(times) - 1) - 0.15
        assert nights.site.in_flight_max == 1
        assert nights.request_counts[article.path] == 0
        allowed = ("robots.txt", "feed", "content_author")
        assert all(
            path.split("/")[1] in allowed or path[1:5].isdigit() for path in nights.request_counts
        )
        assert {path: count for path, count in nights.request_counts.items() if count > 1} == {}


def test_the_clock_of_a_night_is_the_clock_of_the_archive(nights: NightlyCrawls) -> None:
    nights.crawl("-a", "limit=1")
    (run,) = nights.rows("SELECT started_at FROM runs")
    started = datetime.fromisoformat(run["started_at"])
    assert timedelta() <= started - nights.now < timedelta(seconds=30)


# --- Large archives -------------------------------------------------------------------------------


def test_a_quiet_night_costs_no_more_with_a_larger_archive(tmp_path: Path) -> None:
    beyond = {}
    for articles in (500, 5_000):
        fake_site = EditableSite(articles=articles, authors=40)
        with NightlyCrawls(fake_site, tmp_path / f"{articles}.db", TODAY) as nights:
            nights.now -= timedelta(days=1)
            archived(fake_site, nights, unseen=12)
            nights.now += timedelta(days=1)
            now = f"{nights.now:%Y-%m-%dT%H:%M:%SZ}"
            due = nights.rows(
                "SELECT count(*) AS n FROM pages WHERE due_at <= ? AND kind <> 'feed'", now
            )[0]["n"]
            assert quietly(nights.crawl())
            assert nights.rows("SELECT count(*) AS n FROM articles")[0]["n"] == articles
            # A second URL of an old article, linked from a new one, is a new page: it is
            # requested once.
            aliases = [path for path in nights.request_counts if path.endswith("-2/")]
            beyond[articles] = len(nights.site.log) - 12 - due - len(aliases)
            assert len(aliases) < 4
    assert beyond[500] == beyond[5_000] <= 3, (
        "it is robots.txt, the feed, and page 2 of an author who wrote half a page"
    )
