"""End to end: real runs of `scrapy crawl nknews` on the made-up site, and the rows they store."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nkcrawl.demo import FakeSite
from tests.conftest import (
    ROOT,
    clean_environment,
    comparable,
    crawl_args,
    expected_row,
    rows,
    scrapy,
    scrapy_command,
    stored,
)
from tests.site import FaultyServer

Crawl = Callable[..., subprocess.CompletedProcess[str]]


def request_counts(demo: FaultyServer) -> Counter[str]:
    return Counter(request.path for request in demo.log)


def test_every_cell_of_every_article_equals_the_truth(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    done = crawl()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stored(archive_file) == expected_row(fake_site, demo)
    assert rows(archive_file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert rows(archive_file, "SELECT url, reason FROM rejects") == []


def test_the_authors_of_the_archive_are_the_authors_of_the_site(
    crawl: Crawl, fake_site: FakeSite, archive_file: Path
) -> None:
    crawl()
    authors = {
        row["slug"]: (row["name"], row["bio"])
        for row in rows(archive_file, "SELECT slug, name, bio FROM authors")
    }
    assert authors == {author.slug: (author.name, author.bio) for author in fake_site.authors}


@pytest.mark.fault("N7")
def test_a_second_run_requests_no_article_and_changes_no_row(
    crawl: Crawl, demo: FaultyServer, archive_file: Path
) -> None:
    crawl()
    before = comparable(archive_file)
    demo.log.clear()
    done = crawl()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path for path in request_counts(demo) if path != "/robots.txt"] == []
    assert comparable(archive_file) == before


def test_the_row_of_a_run_records_what_happened(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    soft, down, forbidden = (fake_site.articles[number].path for number in (1, 2, 3))
    demo.faults = {
        soft: (200, "<h1>Page not found</h1>"),
        down: 503,
        "/robots.txt": (200, f"User-agent: *\nDisallow: {forbidden}\n"),
    }
    crawl("-s", "RETRY_TIMES=0", "-a", "full=yes")
    (run,) = rows(archive_file, "SELECT * FROM runs")
    stats, arguments = json.loads(run["stats"]), json.loads(run["args"])
    assert (run["verdict"], run["exit_code"], run["finish_reason"]) == ("ok", 0, "finished")
    assert arguments == {"full": "yes"}
    aliases, rejected = stats["nkcrawl/articles/unchanged"], demo.base_url + soft
    assert run["summary"] == (
        f"{57 + aliases} articles (57 new, 0 changed, {aliases} unchanged), "
        f"{stats['nkcrawl/listings']} listing pages, 1 rejected, 1 failed, 1 skipped; "
        f"0 pages are still due. Newly rejected: 1, first {rejected} (soft 404); "
        f"`scrapy show {rejected}` shows how it is read."
    )
    counted = {
        name: count
        for name, count in stats.items()
        if name.startswith(("nkcrawl/rej", "nkcrawl/f", "nkcrawl/s"))
    }
    assert {
        name: count for name, count in counted.items() if not name.startswith("nkcrawl/fill")
    } == {
        "nkcrawl/rejected": 1,
        "nkcrawl/rejected/soft_404": 1,
        "nkcrawl/failed": 1,
        "nkcrawl/failed/http_503": 1,
        "nkcrawl/feeds": 1,
        "nkcrawl/forbidden/article": 1,
        "nkcrawl/skipped": 1,
        "nkcrawl/skipped/robots.txt_forbids": 1,
    }
    assert stats["nkcrawl/links/feed"] == len(fake_site.articles)
    assert stats["nkcrawl/links/article"] >= len(fake_site.articles)
    assert stats["downloader/request_count"] == len(demo.log)
    assert stats["nkcrawl/errors"] == []
    (filled,) = rows(
        archive_file, "SELECT count(subtitle) AS subtitle, count(note) AS note FROM articles"
    )
    for field, count in filled.items():
        assert stats[f"nkcrawl/fill/{field}"] == pytest.approx(
            count / 57, abs=0.03
        )  # aliases were read too
    assert run["started_at"] <= run["finished_at"]
    assert json.loads(run["versions"]).keys() >= {
        "nkcrawl",
        "scrapy",
        "sqlite",
        "python",
        "extractor",
    }


@pytest.mark.fault("P17", "S1")
def test_killed_twenty_times_and_started_again_the_archive_is_the_same(
    crawl: Crawl, demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    crawl()
    undisturbed = comparable(archive_file)
    killed_file = tmp_path / "killed.db"
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    command = scrapy_command(*crawl_args(demo, killed_file), "-s", "DOWNLOAD_DELAY=0.03")
    alive = 0
    for _ in range(20):
        requests_before = len(demo.log)
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(), stderr=subprocess.DEVNULL
        )
        while process.poll() is None and len(demo.log) == requests_before:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        alive += process.poll() is None
        process.kill()
        process.wait()
        assert rows(killed_file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert alive >= 10, "the kills came too late to prove anything"
    last = scrapy(*crawl_args(demo, killed_file))
    assert (last.returncode, last.stderr) == (0, "")
    assert comparable(killed_file) == undisturbed


@pytest.mark.fault("P19")
def test_a_backfill_cut_off_by_the_budget_goes_on_the_next_night_newest_first(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    for _ in range(20):
        demo.log.clear()
        assert crawl("-s", "NKCRAWL_REQUEST_BUDGET=12").returncode == 0
        assert len(demo.log) <= 12
        last = demo.base_url + demo.log[-1].path if demo.log else ""
        newer_and_due = rows(
            archive_file,
            """
            SELECT url FROM pages
            WHERE kind = 'article' AND fetched_at IS NULL AND url > ? AND found_on <> ?
            """,
            last,
            last,
        )
        assert newer_and_due == [] or "/content_author/" in last
        if not demo.log:
            break
    assert stored(archive_file) == expected_row(fake_site, demo)
    summaries = [
        row["summary"] for row in rows(archive_file, "SELECT summary FROM runs ORDER BY id")
    ]
    assert len(summaries) > 6
    assert summaries[-1].endswith("; 0 pages are still due.")
    assert not any(summary.endswith("; 0 pages are still due.") for summary in summaries[:-2])


def test_a_page_that_failed_is_tried_in_a_later_run_and_not_in_the_same(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[0].path
    demo.faults[path] = (503, "down")
    done = crawl("-s", "RETRY_TIMES=0")
    assert done.returncode == 0
    assert request_counts(demo)[path] == 1
    (page,) = rows(archive_file, "SELECT * FROM pages WHERE url = ?", demo.base_url + path)
    assert (page["status"], page["failures"]) == (503, 1)
    assert page["due_at"] > rows(archive_file, "SELECT finished_at FROM runs")[0]["finished_at"]
    assert demo.base_url + path not in stored(archive_file)


def test_a_page_that_is_gone_is_never_requested_again(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[0].path
    demo.faults[path] = (410, "gone")
    crawl()
    (page,) = rows(
        archive_file, "SELECT status, due_at FROM pages WHERE url = ?", demo.base_url + path
    )
    assert page == {"status": 410, "due_at": None}


@pytest.mark.fault("N12")
def test_no_url_is_requested_twice_and_no_excluded_path_at_all(
    crawl: Crawl, demo: FaultyServer
) -> None:
    crawl()
    assert {path: count for path, count in request_counts(demo).items() if count > 1} == {}
    assert not [
        path
        for path in request_counts(demo)
        if path.startswith(("/pro/", "/wp-", "/category", "/tag"))
    ]
    assert demo.in_flight_max == 1


def test_limit_stops_after_that_number_of_articles(crawl: Crawl, archive_file: Path) -> None:
    crawl("-a", "limit=7")
    assert len(stored(archive_file)) == 7


def test_authors_walks_only_their_pages(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    slug = fake_site.authors[1].slug
    crawl("-a", f"authors={slug}", "-a", "recent=no")
    assert set(stored(archive_file)) == {
        demo.base_url + article.path for article in fake_site.articles_of(slug)
    }
    walked = [path for path in request_counts(demo) if path.startswith("/content_author/")]
    assert walked
    assert all(path.startswith(f"/content_author/{slug}/") for path in walked)


def test_url_reads_one_page_alone_due_or_not(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[5].path
    for _ in range(2):
        demo.log.clear()
        done = crawl("-a", f"url={demo.base_url}{path.rstrip('/')}?utm_source=x")
        assert done.returncode == 0
        assert request_counts(demo) == {"/robots.txt": 1, path: 1}
    assert list(stored(archive_file)) == [demo.base_url + path]


def test_since_requests_nothing_of_an_earlier_month(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    since = fake_site.articles[20].published_on
    crawl("-a", f"since={since}")
    month = f"{since:%Y/%m}"
    started_from = {author.slug for author in fake_site.authors[:7]}
    recent = [article for article in fake_site.articles if article.path[1:8] >= month]
    of_seeds = {
        demo.base_url + a.path
        for a in recent
        if started_from & {author.slug for author in a.authors}
    }
    assert (
        of_seeds
        <= set(stored(archive_file))
        <= {demo.base_url + article.path for article in recent}
    )
    assert not [path for path in request_counts(demo) if path[1:5].isdigit() and path[1:8] < month]
    done = crawl()
    assert done.returncode == 0
    assert len(stored(archive_file)) == len(fake_site.articles)


def test_full_walks_known_listings_to_their_end(crawl: Crawl, demo: FaultyServer) -> None:
    crawl()
    listings = {path for path in request_counts(demo) if path.startswith("/content_author/")}
    demo.log.clear()
    crawl("-a", "full=yes")
    assert {path for path in request_counts(demo) if path != "/robots.txt"} == listings


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ("-a limit=0", "limit='0': expected a whole number"),
        ("-a limit=many", "limit='many': expected a whole number"),
        ("-a since=2025-13-01", "since: invalid date '2025-13-01', expected YYYY-MM-DD"),
        ("-a since=yesterday", "since: invalid date 'yesterday', expected YYYY-MM-DD"),
        ("-a full=maybe", "full='maybe': expected yes or no"),
        ("-a recent=1", "recent='1': expected yes or no"),
        ("-a authors=a/b", "authors='a/b': 'a/b' is not an author slug"),
        ("-a authors=,", "authors=',': expected slugs"),
        ("-a url=https://example.org/2025/06/x/", "is not an article or author page of"),
        ("-a url=/2025/06/x/ -a limit=3", "cannot be combined with authors, since, limit or full"),
        ("-a autors=x", "Unknown argument autors; available: authors, url, "),
        ("-a self=x", "Unknown argument self"),
        ("-a authors=..", "'..' is not an author slug"),
        (f"-a limit={'9' * 5_000}", "expected a whole number of at least 1 and at most 1000000"),
        (f"-s NKCRAWL_REQUEST_BUDGET={'9' * 5_000}", "expected a whole number of at least 0"),
        ("-s NKCRAWL_DATABASE=~nobody-of-that-name/x.db", "there is no such folder"),
        ("-s NKCRAWL_SITE=http://127.0.0.1:", "expected a scheme and a host"),
        ("-s NKCRAWL_SITE=http://한국.example", "expected a scheme and a host"),
        (f"-s NKCRAWL_CONTACT={'x' * 301}", "expected a plain URL or mail address"),
        ("-s DOWNLOAD_TIMEOUT=soon", "DOWNLOAD_TIMEOUT='soon': expected a number"),
        ("-L LOUD", "LOG_LEVEL is 'LOUD', but it takes one of DEBUG"),
        (
            "--logfile /missing/x.log",
            "The log /missing/x.log cannot be opened: No such file or directory.",
        ),
        ("-s NKCRAWL_REQUEST_BUDGET=lots", "expected a whole number of at least 0"),
        ("-s NKCRAWL_HARD_LIMIT=99999999999", "expected a whole number of at least 1"),
        ("-s NKCRAWL_HARD_LIMIT=0", "expected a whole number of at least 1"),
        ("-s NKCRAWL_SITE=nknews.org", "expected a scheme and a host"),
        ("-s NKCRAWL_CONTACT=me(you)", "expected a plain URL or mail address"),
        (
            "-s NKCRAWL_SITE=https://www.nknews.org",
            "a live site gets at most one request every 2 seconds",
        ),
        (
            "-s NKCRAWL_SITE=https://www.nknews.org -s DOWNLOAD_DELAY=2 -s ROBOTSTXT_OBEY=no",
            "obeys robots.txt on every",
        ),
        (
            "-s NKCRAWL_SITE=https://www.nknews.org -s DOWNLOAD_DELAY=2 -s CONCURRENT_REQUESTS=8",
            "one request at a time",
        ),
    ],
)
@pytest.mark.fault("P4")
def test_a_bad_argument_or_setting_is_refused_before_anything_is_touched(
    crawl: Crawl, demo: FaultyServer, archive_file: Path, option: str, error: str
) -> None:
    done = crawl(*option.split(" "))
    assert (done.returncode, done.stdout) == (2, "")
    assert error in done.stderr
    assert done.stderr.count("\n") == 1
    assert not archive_file.exists()
    assert demo.log == []


@pytest.mark.parametrize("command", ["fetch", "shell"])
def test_scrapy_s_own_commands_fetch_a_page_and_store_nothing(
    demo: FaultyServer, fake_site: FakeSite, archive_file: Path, command: str
) -> None:
    url = demo.base_url + fake_site.articles[0].path
    code = ("-c", "response.status") if command == "shell" else ()
    where = ("-s", f"NKCRAWL_SITE={demo.base_url}", "-s", f"NKCRAWL_DATABASE={archive_file}")
    done = scrapy(command, *code, *where, "-s", "DOWNLOAD_DELAY=0", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "200" or "<html" in done.stdout
    assert [hit.path for hit in demo.log] == ["/robots.txt", fake_site.articles[0].path]
    assert not archive_file.exists()


def test_settings_come_from_the_environment_and_s_wins(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    done = scrapy(
        *(
            "crawl",
            "nknews",
            "-s",
            "DOWNLOAD_DELAY=0",
            "-a",
            "limit=1",
            "-s",
            f"NKCRAWL_DATABASE={archive_file}",
        ),
        NKCRAWL_SITE=demo.base_url,
        NKCRAWL_DATABASE=str(other),
        NKCRAWL_CONTACT="mailto:someone@example.org",
    )
    assert done.returncode == 0
    assert archive_file.exists()
    assert not other.exists()


@pytest.mark.parametrize(
    "content", [b"not a database", b"<html>" * 1000, b"SQLite format 3\0" + b"\0" * 4080]
)
@pytest.mark.fault("S10")
def test_a_foreign_file_is_left_unchanged(
    crawl: Crawl, demo: FaultyServer, archive_file: Path, content: bytes
) -> None:
    archive_file.write_bytes(content)
    done = crawl()
    assert done.returncode == 2
    assert str(archive_file) in done.stderr
    assert done.stderr.count("\n") == 1
    assert archive_file.read_bytes() == content
    assert demo.log == []


@pytest.mark.fault("P20")
def test_the_archive_lies_in_the_project_wherever_the_command_is_given() -> None:
    program = Path(sys.executable).parent / "nkcrawl"
    command = [str(program), "settings", "--get", "NKCRAWL_DATABASE"]
    done = subprocess.run(command, check=False, cwd="/", env={}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"{ROOT / 'data' / 'nknews.db'}\n",
        "",
    )


@pytest.mark.fault("P20")
def test_the_commands_work_from_any_directory_with_an_empty_environment(
    demo: FaultyServer, archive_file: Path, fake_site: FakeSite
) -> None:
    program = Path(sys.executable).parent / "nkcrawl"
    done = subprocess.run(
        [str(program), *crawl_args(demo, archive_file)],
        check=False,
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stored(archive_file) == expected_row(fake_site, demo)


@pytest.mark.fault("P8", "P25")
def test_a_site_that_is_down_is_a_failure_with_one_sentence(archive_file: Path) -> None:
    done = scrapy(
        *(
            "crawl",
            "nknews",
            "-s",
            "NKCRAWL_SITE=http://127.0.0.1:9",
            "-s",
            f"NKCRAWL_DATABASE={archive_file}",
        ),
        *("-s", "DOWNLOAD_DELAY=0", "-s", "RETRY_TIMES=0"),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The site could not be reached: http://127.0.0.1:9/robots.txt (")
    assert done.stderr.count("\n") == 1
