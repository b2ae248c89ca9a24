"""`scrapy history` of an article that changed, run from the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import on_terminal, scrapy
from tests.factories import EMPTY, SITE, article_url, failure, new_archive, store

URL = article_url("ferry")
START = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
STATES = (
    {
        "title": "The ferry sails again",
        "access": "teaser",
        "body": "It sailed on Monday.\n\nCrowds came.",
    },
    {
        "title": "The ferry sails again",
        "access": "free",
        "body": "It sailed on Monday.\n\nCrowds came.\n\nSo did rain.",
    },
    {
        "title": "The old ferry sails",
        "access": "free",
        "body": "It sailed on Tuesday.\n\nCrowds came.\n\nSo did rain.",
    },
)


@pytest.fixture
def archive(archive_file: Path) -> Path:
    """An archive with one article in three states, a day apart, and gone on the fourth day."""
    now = [START]
    with new_archive(archive_file, lambda: now[0]) as archive:
        for state in STATES:
            store(archive, "ferry", **EMPTY | {"published_on": None, "language": None} | state)
            now[0] += timedelta(days=1)
        archive.store(failure(URL), 1)
    return archive_file


def test_what_changed_is_marked_word_by_word(archive: Path) -> None:
    done = scrapy("history", URL + "?utm_source=x", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        URL,
        "",
        "2025-06-20T03:15:00Z  first stored",
        "  title         The ferry sails again",
        "  body          It sailed on Monday. ¶ Crowds came.",
        "  access        teaser",
        "",
        "2025-06-21T03:15:00Z  changed",
        "  body          It sailed on Monday. ¶ Crowds came.{+ ¶ So did rain.+}",
        "  access        [-teaser-]{+free+}",
        "",
        "2025-06-22T03:15:00Z  changed",
        "  title         The{+ old+} ferry sails[- again-]",
        "  body          It sailed on [-Monday.-]{+Tuesday.+} ¶ Crowds came. ¶ So did rain.",
        "",
        "2025-06-23T03:15:00Z  gone from the site",
    ]


def test_a_terminal_shows_it_in_colour(archive: Path) -> None:
    output = on_terminal("history", URL, columns=200, NKCRAWL_DATABASE=str(archive))
    assert "\x1b[9;31mteaser\x1b[0m\x1b[32mfree\x1b[0m" in output
    assert "[-" not in output.replace("\x1b[", "")


def test_complete_states_as_json(archive: Path) -> None:
    done = scrapy("history", URL, "--json", NKCRAWL_DATABASE=str(archive))
    states = json.loads(done.stdout)
    texts = [{name: state[name] for name in ("title", "access", "body")} for state in states]
    assert tuple(texts) == STATES
    assert [state["since"] for state in states] == [
        f"2025-06-{day}T03:15:00Z" for day in (20, 21, 22)
    ]
    assert [state["gone_at"] for state in states] == [None, None, "2025-06-23T03:15:00Z"]


@pytest.mark.parametrize(
    ("argument", "code", "message"),
    [
        (
            f"{SITE}/2025/06/other/",
            1,
            f"No article is stored under {SITE}/2025/06/other/; scrapy crawl nknews -a url=",
        ),
        (
            "https://example.org/2025/06/ferry/",
            2,
            "https://example.org/2025/06/ferry/ is not on https://www.nknews.org",
        ),
        ("", 2, "Expected one article: scrapy history URL"),
    ],
)
def test_a_history_that_cannot_be_shown_fails_with_one_sentence(
    archive: Path, argument: str, code: int, message: str
) -> None:
    done = scrapy("history", *([argument] if argument else []), NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
