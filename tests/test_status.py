"""`scrapy status` for people, programs and monitoring, run from the command line."""

import json
import os
import pty
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nkcrawl.archive import Archive, schema
from nkcrawl.items import Link
from tests.conftest import ROOT, at, clean_environment, scrapy, scrapy_command
from tests.factories import EMPTY, SITE, article_url, failure, rejection, store

ENDED = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)


@pytest.fixture
def archive(archive_file: Path) -> Path:
    """An archive with two runs, the last one good, three articles and three pages that failed."""
    with closing(Archive.open(archive_file, lambda: ENDED)) as archive:
        run = archive.begin_run({}, {})
        archive.finish_run(
            run,
            verdict="refused",
            exit_code=4,
            finish_reason="refused",
            summary="It said no.",
            stats={},
        )
        run = archive.begin_run({"limit": "3"}, {"nkcrawl": "0.1.0"})
        archive.add_links(
            [Link(f"{SITE}/content_author/ann/", "author"), Link(f"{SITE}/feed/", "feed")]
        )
        for name, access, body in (
            ("a", "free", "Text."),
            ("b", "teaser", "Text."),
            ("c", "teaser", ""),
        ):
            columns = EMPTY | {"title": name, "published_on": "2025-06-19"}
            store(archive, name, run_id=run, access=access, body=body, **columns)
        archive.store(failure(article_url("c")), 1)
        archive.store(failure(article_url("d"), "timeout"), 1)
        archive.store(failure(article_url("e"), "timeout"), 1)
        archive.store(failure(article_url("e"), "timeout"), 1)
        archive.store(rejection(article_url("f")), run)
        stats = {"nkcrawl/articles/new": 3, "downloader/request_count": 9}
        archive.finish_run(
            run,
            verdict="ok",
            exit_code=0,
            finish_reason="finished",
            summary="3 articles.",
            stats=stats,
        )
    return archive_file


def test_everything_as_json(archive: Path) -> None:
    done = scrapy(
        "status", "--json", NKCRAWL_DATABASE=str(archive), **at(ENDED + timedelta(hours=6))
    )
    assert (done.returncode, done.stderr) == (0, "")
    output = json.loads(done.stdout)
    assert output.pop("file") == {
        "path": str(archive),
        "bytes": archive.stat().st_size,
        "schema": schema.VERSION,
        "journal_mode": "delete",
        "sqlite": sqlite3.sqlite_version,
    }
    assert output.pop("articles") == {"free": 1, "teaser": 2, "unknown": 0, "gone": 1}
    assert output.pop("pages") == {
        "article": {"now": 0, "within_a_day": 5, "later": 0, "never": 1},
        "author": {"now": 1, "within_a_day": 0, "later": 0, "never": 0},
        "feed": {"now": 1, "within_a_day": 0, "later": 0, "never": 0},
    }
    timeouts, *others = output.pop("failures")
    assert timeouts == {
        "last_error": "timeout",
        "pages": 2,
        "in_a_row": 2,
        "url": f"{SITE}/2025/06/e/",
        "due_at": "2025-06-20T23:15:00Z",
    }
    assert {(row["last_error"], row["due_at"]) for row in others} == {
        ("HTTP 404", None),
        ("soft 404", "2025-06-20T15:15:00Z"),
    }
    rejected = article_url("f")
    (warning,) = output.pop("warnings")
    assert warning == (
        f"Rejected for the first time in the last 7 days: 1, the latest {rejected} (soft 404); "
        f"`scrapy show {rejected}` shows how it is read."
    )
    fields = output.pop("fields")
    assert (fields["title"], fields["body"], fields["subtitle"]) == (1.0, 0.667, 0.0)
    assert output.pop("last_good_run_ended_at") == "2025-06-20T03:15:00Z"
    assert output.pop("last_good_run_hours_ago") == 6.0
    last, first = output.pop("runs")
    assert (last["verdict"], last["args"], last["stats"]["nkcrawl/articles/new"]) == (
        "ok",
        {"limit": "3"},
        3,
    )
    assert (first["verdict"], first["exit_code"], first["summary"]) == ("refused", 4, "It said no.")
    assert output == {}


@pytest.mark.fault("S21")
def test_for_people(archive: Path) -> None:
    done = scrapy("status", NKCRAWL_DATABASE=str(archive), **at(ENDED + timedelta(hours=6)))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    size = f"{archive.stat().st_size / 1e3:,.1f} kB"
    versions = f"schema {schema.VERSION}, SQLite {sqlite3.sqlite_version}"
    assert lines[0] == f"{archive}: {size}, {versions}"
    for line in (
        "articles\tfree\tteaser\tunknown\tgone",
        "3\t1\t2\t0\t1",
        "due\tnow\twithin a day\tlater\tnever",
        "article\t0\t5\t0\t1",
        f"timeout\t2\t{SITE}/2025/06/e/\t2\t2025-06-20T23:15:00Z",
        f"HTTP 404\t1\t{SITE}/2025/06/c/\t1\tnever",
        "2025-06-20T03:15:00Z\t0:00\tok\t3\t9\t3 articles.",
        "2025-06-20T03:15:00Z\t0:00\trefused\t0\t0\tIt said no.",
    ):
        assert line in lines
    assert "title 100%, subtitle 0%" in done.stdout


@pytest.mark.parametrize(
    ("age", "hours", "code", "message"),
    [
        ("26h", 26, 0, ""),
        (
            "26h",
            27,
            1,
            "No good run since 2025-06-20T03:15:00Z (27 hours); the last run began 2025-06-20T03:",
        ),
        ("2d", 47, 0, ""),
        ("90m", 2, 1, "(2 hours)"),
        ("0m", 1, 1, "`ok`: 3 articles."),
    ],
)
@pytest.mark.fault("P24")
def test_max_age_is_silent_unless_there_was_no_good_run(
    archive: Path, age: str, hours: int, code: int, message: str
) -> None:
    now = ENDED + timedelta(hours=hours)
    done = scrapy("status", "--max-age", age, NKCRAWL_DATABASE=str(archive), **at(now))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == code


def test_a_bad_run_is_not_a_good_run_and_its_summary_is_shown(archive_file: Path) -> None:
    with closing(Archive.open(archive_file)) as archive:
        run = archive.begin_run({}, {})
        archive.finish_run(
            run,
            verdict="refused",
            exit_code=4,
            finish_reason="refused",
            summary="It said no.",
            stats={},
        )
    done = scrapy("status", "--max-age", "26h", NKCRAWL_DATABASE=str(archive_file))
    assert done.returncode == 1
    assert done.stderr.startswith("No good run yet; the last run began ")
    assert done.stderr.endswith("`refused`: It said no.\n")
    with closing(Archive.open(archive_file)) as archive:
        archive.begin_run({}, {})
        done = scrapy("status", "--max-age", "26h", NKCRAWL_DATABASE=str(archive_file))
    assert done.stderr.endswith("is not ended: it is running, or was killed.\n")


def test_an_archive_without_any_run(archive_file: Path) -> None:
    Archive.open(archive_file).close()
    done = scrapy("status", "--max-age", "26h", NKCRAWL_DATABASE=str(archive_file))
    assert (done.returncode, done.stderr) == (
        1,
        "No good run yet, nor any other; is the crawl in a crontab, and is cron running?\n",
    )
    assert scrapy("status", NKCRAWL_DATABASE=str(archive_file)).returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No archive at {file} yet; `scrapy crawl nknews` creates it."),
        (b"", "No archive at {file} yet; `scrapy crawl nknews` creates it."),
        (b"my notes", "{file} is not a SQLite database."),
        (b"SQLite format 3\0" + b"\0" * 4080, "{file} is a database of some other program"),
    ],
)
def test_a_file_that_is_not_an_archive_fails_with_one_sentence(
    archive_file: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        archive_file.write_bytes(content)
    done = scrapy("status", NKCRAWL_DATABASE=str(archive_file))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message.format(file=archive_file))
    assert done.stderr.count("\n") == 1
    assert (archive_file.read_bytes() if archive_file.exists() else None) == content


@pytest.mark.fault("S11")
def test_a_damaged_archive_is_one_sentence(archive: Path) -> None:
    with archive.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 8)
    for command in (["status"], ["status", "--max-age", "26h"], ["history", f"{SITE}/2025/06/a/"]):
        done = scrapy(*command, NKCRAWL_DATABASE=str(archive))
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith(f"{archive} is damaged (")


def test_a_run_of_one_page_does_not_count(archive_file: Path) -> None:
    with closing(Archive.open(archive_file)) as archive:
        run = archive.begin_run({"url": f"{SITE}/2025/06/a/"}, {})
        archive.finish_run(
            run, verdict="ok", exit_code=0, finish_reason="finished", summary="1 article.", stats={}
        )
    done = scrapy("status", "--max-age", "26h", NKCRAWL_DATABASE=str(archive_file))
    assert done.returncode == 1
    assert done.stderr.startswith("No good run yet; the last run began ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-age", "soon"],
        ["--max-age", "26"],
        ["--max-age", ""],
        ["--max-age", "٣h"],
        ["something"],
    ],
)
def test_bad_arguments_are_refused(archive: Path, arguments: list[str]) -> None:
    done = scrapy("status", *arguments, NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.fault("S4")
def test_it_reads_while_a_crawl_writes_and_leaves_nothing_behind(archive: Path) -> None:
    with closing(Archive.open(archive)) as writing:
        writing.begin_run({}, {})
        during = scrapy("status", NKCRAWL_DATABASE=str(archive))
        assert during.returncode == 0
        assert "running?" in during.stdout
    os.chmod(archive, 0o440)
    before = sorted(file.name for file in archive.parent.iterdir())
    assert scrapy("status", NKCRAWL_DATABASE=str(archive)).returncode == 0
    assert sorted(file.name for file in archive.parent.iterdir()) == before


def test_a_live_crawl_without_a_contact_is_mentioned(archive: Path) -> None:
    sentence = "NKCRAWL_CONTACT is not set"
    assert sentence in scrapy("status", NKCRAWL_DATABASE=str(archive)).stdout
    for set_or_local in (
        {"NKCRAWL_CONTACT": "https://example.org/me"},
        {"NKCRAWL_SITE": "http://127.0.0.1:1"},
    ):
        assert (
            sentence not in scrapy("status", NKCRAWL_DATABASE=str(archive), **set_or_local).stdout
        )


def test_a_missing_contact_is_reported_on_a_terminal_only(tmp_path: Path) -> None:
    """The archive's folder does not exist, so the crawl ends before its first request."""
    environment = clean_environment(NKCRAWL_DATABASE=str(tmp_path / "none" / "nknews.db"))
    command = scrapy_command("crawl", "nknews")
    reading, writing = pty.openpty()
    crawl = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=writing, stdout=writing, stderr=writing
    )
    os.close(writing)
    output = b""
    with suppress(OSError):  # the terminal's other end is closed
        while piece := os.read(reading, 4096):
            output += piece
    os.close(reading)
    assert crawl.wait(60) == 2
    assert (
        b"NKCRAWL_CONTACT is not set, so https://www.nknews.org cannot tell whose crawler this is."
        in output
    )
    quiet = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=60
    )
    assert quiet.returncode == 2
    assert b"CONTACT" not in quiet.stderr
