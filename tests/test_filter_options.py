"""The filter options as typed, and the articles that match them."""

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArticleFilter
from nkcrawl.commands.filter_options import add_filter_options, read_article_filter
from tests.factories import new_archive, store


def read(*typed: str) -> ArticleFilter:
    parser = argparse.ArgumentParser()
    add_filter_options(parser)
    return read_article_filter(parser.parse_args(typed))


@pytest.mark.parametrize(
    ("typed", "selection"),
    [
        ([], ArticleFilter()),
        (["--author", " Ann Lee "], ArticleFilter(author="Ann Lee")),
        (
            ["--since", "2025", "--until", "2025"],
            ArticleFilter(since="2025-01-01", until="2025-12-31"),
        ),
        (
            ["--since", "2024-02", "--until", "2024-02"],
            ArticleFilter(since="2024-02-01", until="2024-02-31"),
        ),
        (
            ["--since", "2025-06-20", "--until", "2025-06-20"],
            ArticleFilter(since="2025-06-20", until="2025-06-20"),
        ),
        (["--label", "Opinion", "--access", "free"], ArticleFilter(label="Opinion", access="free")),
        (["--author", "\udcff", "--label", "A\n B"], ArticleFilter(author="\ufffd", label="A B")),
    ],
)
def test_what_is_typed(typed: list[str], selection: ArticleFilter) -> None:
    assert read(*typed) == selection


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--access", "paid"], "--access must be free, teaser or unknown, not 'paid'."),
        (
            ["--since", "yesterday"],
            "--since: invalid date 'yesterday', expected YYYY, YYYY-MM or YYYY-MM-DD.",
        ),
        (["--since", "2025-13"], "--since: invalid date '2025-13-01', expected YYYY-MM-DD."),
        (["--until", "2025-02-30"], "--until: invalid date '2025-02-30', expected YYYY-MM-DD."),
        (["--until", "20250620"], "--until: invalid date '20250620', expected YYYY, YYYY-MM"),
        (
            ["--since", "2025-06", "--until", "2025-05"],
            "--since 2025-06 is later than --until 2025-05",
        ),
    ],
)
def test_invalid_filters(typed: list[str], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(*typed)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("selection", "titles"),
    [
        (ArticleFilter(), "0123"),
        (ArticleFilter(author="ann"), "01"),
        (ArticleFilter(author="ANN L"), "01"),
        (ArticleFilter(author="100%"), "2"),
        (ArticleFilter(author="100_"), ""),
        (ArticleFilter(author="nobody"), ""),
        (ArticleFilter(since="2025-06-01"), "12"),
        (ArticleFilter(until="2025-06-31"), "01"),
        (ArticleFilter(since="2025-06-01", until="2025-06-31"), "1"),
        (ArticleFilter(label="OPINION"), "2"),
        (ArticleFilter(access="teaser"), "13"),
        (ArticleFilter(author="ann", access="teaser", since="2025-06-20", until="2025-06-20"), "1"),
    ],
)
def test_which_articles_match(archive_file: Path, selection: ArticleFilter, titles: str) -> None:
    articles = [
        ("ann", "Ann Lee", "2025-05-31", "News", "free"),
        ("ann", "Ann Lee", "2025-06-20", "News", "teaser"),
        ("desk", "The 100% desk", "2025-07-01", "Opinion", "free"),
        ("desk", "The 100 desk", None, "News", "teaser"),
    ]
    with new_archive(archive_file) as archive:
        for number, (slug, name, day, label, access) in enumerate(articles):
            store(
                archive,
                f"story-{number}",
                authors=[(f"{slug}-{name[-6]}", name)],
                label=label,
                published_on=day,
                published_at=None,
                access=access,
                title=str(number),
            )
    conditions, values = selection.where()
    with closing(sqlite3.connect(archive_file)) as conn:
        sql = (
            f"SELECT title FROM articles WHERE {' AND '.join(['true', *conditions])} ORDER BY title"
        )
        assert "".join(title for (title,) in conn.execute(sql, values)) == titles


def test_only_the_present_byline_counts(archive_file: Path) -> None:
    with new_archive(archive_file) as archive:
        for author in (("ann", "Ann Lee"), ("bo", "Bo Ray")):
            store(archive, authors=[author])
    with closing(sqlite3.connect(archive_file)) as conn:
        for author, count in (("ann", 0), ("Bo", 1)):
            (condition,), values = ArticleFilter(author=author).where()
            assert conn.execute(
                f"SELECT count(*) FROM articles WHERE {condition}", values
            ).fetchone() == (count,)
