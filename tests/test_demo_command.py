"""`scrapy demo`, run from the command line."""

import shlex

import pytest

from tests.conftest import ROOT, rows, scrapy

ARCHIVE = ROOT / "data" / "demo.db"


@pytest.fixture
def no_archive() -> None:
    for end in ("", "-wal", "-shm"):
        ARCHIVE.with_name(ARCHIVE.name + end).unlink(missing_ok=True)


@pytest.mark.usefixtures("no_archive")
def test_it_crawls_the_made_up_site_and_shows_what_was_stored() -> None:
    for _ in range(2):  # the second time over the archive of the first
        done = scrapy("demo", "--articles", "20")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Stored in data/demo.db: 20 articles" in done.stdout
        assert rows(ARCHIVE, "SELECT count(*) AS articles FROM articles") == [{"articles": 20}]


@pytest.mark.usefixtures("no_archive")
def test_the_queries_to_try_give_rows() -> None:
    done = scrapy("demo")
    commands = (
        done.stdout.split("Two queries to try:")[1]
        .replace("\n    FROM", " FROM")
        .strip()
        .splitlines()
    )
    assert len(commands) == 2
    for command in commands:
        program, option, file, query = shlex.split(command)
        assert (program, option) == ("sqlite3", "-box")
        assert len(rows(ROOT / file, query)) == 5


@pytest.mark.usefixtures("no_archive")
def test_another_file_is_not_overwritten() -> None:
    ARCHIVE.write_text("my notes")
    try:
        done = scrapy("demo")
        assert (done.returncode, done.stdout) == (2, "")
        assert "is not a SQLite database" in done.stderr
        assert ARCHIVE.read_text() == "my notes"
    finally:
        ARCHIVE.unlink()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--articles", "0"], "--articles='0': expected a whole number of at least 1"),
        (["extra"], "scrapy demo takes no argument, only --articles N."),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], error: str) -> None:
    done = scrapy("demo", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(error)
