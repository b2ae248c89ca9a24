"""Readers of every kind during a crawl: none blocks it, and none sees half an article."""

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy, scrapy_command
from tests.site import FaultyServer

WHOLE = """
    SELECT url, title, body,
        (SELECT count(*) FROM article_authors WHERE article_id = articles.id) AS authors,
        (SELECT count(*) FROM articles_fts WHERE articles_fts.rowid = articles.id) AS searched
    FROM articles
"""


@pytest.mark.fault("S4")
def test_four_readers_during_a_crawl_see_whole_articles_and_block_nothing(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    demo.delay = 0.15
    command = scrapy_command(*crawl_args(demo, archive_file))
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as crawling:
        while len(demo.log) < 12 and crawling.poll() is None:
            time.sleep(0.02)

        def as_long_as_it_runs(
            read: Callable[[int], list[dict[str, Any]]],
        ) -> list[list[dict[str, Any]]]:
            seen = []
            while crawling.poll() is None:
                seen.append(read(len(seen)))
            return seen

        def plainly(_: int) -> list[dict[str, Any]]:
            return rows(archive_file, WHOLE)

        def searching(_: int) -> list[dict[str, Any]]:
            done = scrapy(
                "search", "--json", "--limit", "99", "the", NKCRAWL_DATABASE=str(archive_file)
            )
            assert (done.returncode, done.stderr) == (0, "")
            return json.loads(done.stdout)["articles"]

        def exporting(number: int) -> list[dict[str, Any]]:
            file = tmp_path / f"{number}.jsonl"
            done = scrapy("export", file, NKCRAWL_DATABASE=str(archive_file))
            assert (done.returncode, done.stderr) == (0, "")
            return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

        def copying(number: int) -> list[dict[str, Any]]:
            file = tmp_path / f"{number}.db"
            done = scrapy("backup", file, NKCRAWL_DATABASE=str(archive_file))
            assert (done.returncode, done.stderr) == (0, "")
            return rows(file, WHOLE)

        readers = (plainly, searching, exporting, copying)
        with ThreadPoolExecutor() as pool:
            seen = dict(zip(readers, pool.map(as_long_as_it_runs, readers), strict=True))
        printed = crawling.communicate()
    assert (crawling.returncode, printed) == (0, ("", ""))
    stored = {row["url"]: row for row in rows(archive_file, WHOLE)}
    assert len(stored) == 60
    assert all(row["authors"] and row["searched"] for row in stored.values())
    for read, readings in seen.items():
        assert readings, read
        assert any(0 < len(reading) < 60 for reading in readings), read
        for row in (row for reading in readings for row in reading):
            assert row["title"] == stored[row["url"]]["title"]
    for read in (plainly, copying):
        assert all(row == stored[row["url"]] for reading in seen[read] for row in reading)
    for row in (row for reading in seen[exporting] for row in reading):
        whole = stored[row["url"]]
        assert (row["body"], len(row["authors"])) == (whole["body"], whole["authors"])
