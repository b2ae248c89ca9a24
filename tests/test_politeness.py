"""Politeness of a real crawl, seen by the site and by hosts that it must never contact."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from nkcrawl.demo import FakeSite, article_page
from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy, scrapy_command
from tests.site import FakeResponse, FaultyServer

Crawl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def settings() -> Settings:
    return get_project_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROBOTSTXT_OBEY", True),
        pytest.param("CONCURRENT_REQUESTS", 1, marks=pytest.mark.fault("N1")),
        ("CONCURRENT_REQUESTS_PER_DOMAIN", 1),
        ("SCRAPER_SLOT_MAX_ACTIVE_SIZE", 0),
        pytest.param("DOWNLOAD_DELAY", 2.0, marks=pytest.mark.fault("N1")),
        pytest.param("DOWNLOAD_DELAY_JITTER", 0, marks=pytest.mark.fault("N2")),
        ("AUTOTHROTTLE_ENABLED", True),
        pytest.param("COOKIES_ENABLED", False, marks=pytest.mark.fault("N12")),
        pytest.param("REFERER_ENABLED", False, marks=pytest.mark.fault("D20")),
        ("TELNETCONSOLE_ENABLED", False),
        ("REMOTE_CONTROL_ENABLED", False),
        ("METAREFRESH_ENABLED", False),
        ("DOWNLOAD_VERIFY_CERTIFICATES", True),
        ("DOWNLOAD_MAXSIZE", 5 * 1024 * 1024),
        pytest.param("HTTPCACHE_ENABLED", False, marks=pytest.mark.fault("N7")),
        pytest.param("JOBDIR", None, marks=pytest.mark.fault("P19")),
    ],
)
def test_the_settings_are_safe_from_the_start(settings: Settings, name: str, value: object) -> None:
    assert settings[name] == value


@pytest.mark.fault("D21")
def test_no_other_scheme_has_a_handler(settings: Settings) -> None:
    assert {
        scheme for scheme, handler in settings.getwithbase("DOWNLOAD_HANDLERS").items() if handler
    } == {
        "http",
        "https",
    }


@pytest.mark.fault("N1", "N2")
def test_the_gap_between_requests_is_never_shorter_than_the_delay(
    crawl: Crawl, demo: FaultyServer
) -> None:
    done = crawl("-s", "DOWNLOAD_DELAY=0.5", "-s", "NKCRAWL_REQUEST_BUDGET=9")
    assert done.returncode == 0
    times = [hit.at for hit in demo.log if hit.path != "/robots.txt"]
    assert len(times) == 8
    # On a busy machine the first request may arrive late, which makes the first gap look short.
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.4
    assert demo.in_flight_max == 1


@pytest.mark.fault("N12")
def test_requests_identify_nkcrawl_and_carry_neither_cookie_nor_referer(archive_file: Path) -> None:
    """Serve HTTP from a plain socket, to see the headers as they are sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        port = server.getsockname()[1]
        process = subprocess.Popen(
            scrapy_command(
                *(
                    "crawl",
                    "nknews",
                    "-a",
                    "authors=x",
                    "-s",
                    f"NKCRAWL_SITE=http://127.0.0.1:{port}",
                ),
                *(
                    "-s",
                    f"NKCRAWL_DATABASE={archive_file}",
                    "-s",
                    "DOWNLOAD_DELAY=0",
                    "-s",
                    "RETRY_TIMES=0",
                ),
            ),
            cwd=ROOT,
            env=clean_environment(NKCRAWL_CONTACT="https://example.org/who"),
            stderr=subprocess.DEVNULL,
        )
        headers = []
        for body in (b"User-agent: *\nDisallow:\n", b"<p>nothing</p>"):
            connection, _ = server.accept()
            with connection:
                headers.append(connection.recv(65536).decode().lower())
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\n"
                    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
        process.wait(60)
    assert len(headers) == 2
    for header in headers:
        assert "user-agent: nkcrawl/0.1.0 (+https://example.org/who)" in header
        assert "cookie:" not in header
        assert "referer:" not in header


def test_robots_txt_is_obeyed(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[0].path
    demo.faults["/robots.txt"] = (200, f"User-agent: *\nDisallow: {path}\n")
    done = crawl()
    assert done.returncode == 0
    assert path not in [hit.path for hit in demo.log]
    (page,) = rows(
        archive_file, "SELECT failures, fetched_at FROM pages WHERE url = ?", demo.base_url + path
    )
    assert page == {"failures": 1, "fetched_at": None}


def redirect(target: str, status: int = 302) -> FakeResponse:
    return FakeResponse(status, headers={"Location": target})


@pytest.mark.parametrize("first", ["at once", "after a retry"])
@pytest.mark.parametrize("where", ["another host", "another port", "file", "data", "a circle"])
@pytest.mark.fault("N8", "N9", "N10", "D21")
def test_a_redirect_never_leaves_the_site(
    crawl: Crawl,
    demo: FaultyServer,
    fake_site: FakeSite,
    archive_file: Path,
    where: str,
    first: str,
) -> None:
    path = fake_site.articles[0].path
    with FaultyServer(fake_site) as elsewhere:
        port = elsewhere.base_url.rsplit(":", 1)[1]
        target = {
            "another host": f"http://localhost:{port}{path}",
            "another port": elsewhere.base_url + path,
            "file": "file:///etc/hostname",
            "data": "data:text/html,<h1>x</h1>",
            "a circle": path,
        }[where]
        answers = iter([FakeResponse(503)] if first == "after a retry" else [])
        demo.faults[path] = lambda: next(answers, redirect(target))
        done = crawl("-s", "RETRY_TIMES=2")
        assert elsewhere.log == []
    assert (done.returncode, done.stderr) == (0, "")
    (page,) = rows(archive_file, "SELECT failures FROM pages WHERE url = ?", demo.base_url + path)
    assert page["failures"] == 1
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == len(fake_site.articles) - 1
    requests = sum(hit.path == path for hit in demo.log)
    assert requests == (6 if where == "a circle" else 1) + (first == "after a retry")


def test_a_redirect_on_the_site_makes_the_old_url_an_alias(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    new = fake_site.articles[0].path
    old = new.rstrip("/") + "-old/"
    demo.faults[old] = redirect(new, 301)
    done = crawl("-a", f"url={demo.base_url}{old}")
    assert done.returncode == 0
    assert rows(archive_file, "SELECT url FROM articles") == [{"url": demo.base_url + new}]
    pages = rows(
        archive_file,
        "SELECT url, due_at, status FROM pages WHERE url LIKE ? ORDER BY url",
        f"%{new.rstrip('/')}%",
    )
    assert pages == [
        {"url": demo.base_url + old, "due_at": None, "status": 200},
        {"url": demo.base_url + new, "due_at": None, "status": 200},
    ]


@pytest.mark.fault("D2")
def test_a_body_over_five_mebibytes_is_cut_off_and_not_kept(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[0].path
    demo.faults[path] = (200, "<p>" + "word " * (6 * 1024 * 1024 // 5))
    done = crawl("-s", "RETRY_TIMES=0")
    assert done.returncode == 0
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == len(fake_site.articles) - 1
    assert rows(archive_file, "SELECT failures FROM pages WHERE url = ?", demo.base_url + path) == [
        {"failures": 1}
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            (
                "<title>Just a moment...</title>"
                "<p>Checking your browser before accessing the site.</p>"
            ),
            "challenge page",
        ),
        ("<title>Page not found | NK News</title><h1>Page not found</h1>", "soft 404"),
        ("<title>Log in | NK News</title><h1>Log in</h1><input type=password>", "login page"),
        ("", "no sign of an article"),
    ],
)
@pytest.mark.fault("D13")
def test_a_page_that_is_not_an_article_is_rejected_and_never_stored(
    crawl: Crawl,
    demo: FaultyServer,
    fake_site: FakeSite,
    archive_file: Path,
    body: str,
    reason: str,
) -> None:
    path = fake_site.articles[0].path
    demo.faults[path] = (200, f"<html>{body}</html>")
    assert crawl().returncode == 0
    url = demo.base_url + path
    assert rows(archive_file, "SELECT url, reason FROM rejects") == [{"url": url, "reason": reason}]
    assert rows(archive_file, "SELECT 1 FROM articles WHERE url = ?", url) == []
    (page,) = rows(
        archive_file, "SELECT failures, due_at > fetched_at AS later FROM pages WHERE url = ?", url
    )
    assert page == {"failures": 1, "later": 1}


@pytest.mark.fault("D13")
def test_a_soft_404_takes_nothing_from_a_stored_article(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    crawl("-a", "limit=1")
    (before,) = rows(archive_file, "SELECT * FROM articles")
    demo.faults[before["url"].removeprefix(demo.base_url)] = (200, "<h1>Page not found</h1>")
    crawl("-a", f"url={before['url']}")
    assert rows(archive_file, "SELECT * FROM articles") == [before]
    assert rows(archive_file, "SELECT reason FROM rejects") == [{"reason": "soft 404"}]


@pytest.mark.fault("P1")
def test_a_page_on_which_nkcrawl_raises_fails_the_run_and_is_tried_again(
    demo: FaultyServer, fake_site: FakeSite, archive_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import nkcrawl.pages.article as a\n"
        "real = a.read_dates\n"
        "def tripping(article, *rest):\n"
        f"    if {fake_site.articles[0].path!r} in article.url: raise KeyError('a surprise')\n"
        "    return real(article, *rest)\n"
        "a.read_dates = tripping\n"
    )
    done = scrapy(*crawl_args(demo, archive_file), PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    url = demo.base_url + fake_site.articles[0].path
    assert done.stderr.startswith(
        f"An error in nkcrawl: {url} cannot be read (KeyError('a surprise') in read_article, "
    )
    assert done.stderr.count("\n") == 1
    (run,) = rows(
        archive_file, "SELECT json_extract(stats, '$.\"nkcrawl/errors\"[0]') AS error FROM runs"
    )
    assert run["error"].splitlines()[-1] == "KeyError: 'a surprise'"
    (page,) = rows(
        archive_file, "SELECT failures, due_at IS NOT NULL AS due FROM pages WHERE url = ?", url
    )
    assert page == {"failures": 1, "due": 1}
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == len(fake_site.articles) - 1


@pytest.mark.fault("P3", "S8")
def test_a_full_disk_stops_the_crawl_and_is_reported(
    demo: FaultyServer, archive_file: Path
) -> None:
    # blocks of 512 bytes or of 1 KiB, as the shell has it
    limit = "ulimit -f 300; trap '' XFSZ; exec \"$@\""
    done = subprocess.run(
        ["bash", "-c", limit, "bash", *scrapy_command(*crawl_args(demo, archive_file))],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert (
        f"The crawl stopped because {archive_file} could not be used"
        in done.stderr.splitlines()[-1]
    )
    stored = len(rows(archive_file, "SELECT 1 FROM articles"))
    assert stored < 60
    assert len(demo.log) < 60, "it went on asking for pages that it could not store"
    assert rows(archive_file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 60


@pytest.mark.fault("P3")
def test_an_archive_that_cannot_be_read_any_more_stops_the_crawl(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sqlite3\n"
        "from nkcrawl.archive import Archive\n"
        "real, calls = Archive.due, []\n"
        "def failing(archive):\n"
        "    calls.append(1)\n"
        "    if len(calls) > 30: raise sqlite3.OperationalError('disk I/O error')\n"
        "    return real(archive)\n"
        "Archive.due = failing\n"
    )
    done = scrapy(*crawl_args(demo, archive_file), PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "could not be used (OperationalError: disk I/O error)" in done.stderr
    assert 0 < len(demo.log) < 60


@pytest.mark.fault("P14")
def test_a_signal_ends_the_crawl_with_130_and_keeps_what_was_stored(
    demo: FaultyServer, archive_file: Path
) -> None:
    command = scrapy_command(*crawl_args(demo, archive_file), "-s", "DOWNLOAD_DELAY=0.1")
    process = subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and len(demo.log) < 12:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (
        stderr == "The crawl was stopped by a signal; what was stored stays, and the rest is due.\n"
    )
    (run,) = rows(archive_file, "SELECT verdict, exit_code FROM runs")
    assert run == {"verdict": "interrupted", "exit_code": 130}
    assert 0 < len(rows(archive_file, "SELECT 1 FROM articles")) < 60


@pytest.mark.fault("P13")
def test_a_stuck_process_ends_itself(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import re\nimport nkcrawl.pages.article as a\n"
        "def stuck(*_): re.match('(a+)+$', 'a' * 60 + 'b')\na.read_dates = stuck\n"
    )
    done = scrapy(*crawl_args(demo, archive_file), NKCRAWL_HARD_LIMIT="5", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "The crawl was stuck for 5 seconds (NKCRAWL_HARD_LIMIT) and ended itself, while processing "
    )
    assert f"{demo.base_url}/2025/" in done.stderr
    assert ", in read_article, article.py:" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.fault("N11")
def test_a_cut_off_page_is_a_failure_and_not_an_article(
    crawl: Crawl, demo: FaultyServer, fake_site: FakeSite, archive_file: Path
) -> None:
    path = fake_site.articles[0].path
    demo.faults[path] = FakeResponse(
        200, article_page(fake_site, fake_site.articles[0], demo.base_url), cut_off=True
    )
    assert crawl().returncode == 0
    url = demo.base_url + path
    (page,) = rows(archive_file, "SELECT failures, last_error FROM pages WHERE url = ?", url)
    assert page == {"failures": 1, "last_error": "cut off"}
    assert rows(archive_file, "SELECT 1 FROM articles WHERE url = ?", url) == []


@pytest.mark.fault("P21")
def test_a_log_is_small_and_contains_no_article(
    demo: FaultyServer, fake_site: FakeSite, archive_file: Path, tmp_path: Path
) -> None:
    log = tmp_path / "crawl.log"
    for level in ("INFO", "DEBUG"):
        done = scrapy(
            *crawl_args(demo, archive_file.with_suffix(f".{level}")), "-L", level, "--logfile", log
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        text = log.read_text(encoding="utf-8")
        assert len(text) < {"INFO": 20_000, "DEBUG": 100_000}[level]
        assert not [p for article in fake_site.articles for p in article.paragraphs if p in text]


def test_it_listens_on_no_socket(demo: FaultyServer, archive_file: Path) -> None:
    command = scrapy_command(*crawl_args(demo, archive_file), "-s", "DOWNLOAD_DELAY=0.2")
    process = subprocess.Popen(command, cwd=ROOT, env=clean_environment())
    try:
        while process.poll() is None and len(demo.log) < 3:
            time.sleep(0.02)
        assert process.poll() is None
        own = {
            Path(f"/proc/{process.pid}/fd/{fd.name}").readlink().name
            for fd in Path(f"/proc/{process.pid}/fd").iterdir()
        }
        listening = {
            f"socket:[{line.split()[9]}]"
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]
            if line.split()[3] == "0A"
        }
        assert listening, "the demo server itself should be listed"
        assert own & listening == set()
    finally:
        process.kill()
        process.wait()
