"""Hostile responses in real crawls: the run succeeds, and no row of another article changes."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from nkcrawl.demo import FakeSite
from tests.conftest import rows
from tests.site import FaultyServer
from tests.stress.hostile_responses import (
    ARTICLES,
    AUTHORS,
    CASES,
    ENDLESS_PAGER,
    FEEDS,
    Case,
    CrawlResult,
    articles_of,
    crawl,
    make_due,
    outcome_of,
)

EVERYTHING = ("-s", "NKCRAWL_REQUEST_BUDGET=0")
MEMORY = 300  # MiB; at 512 a crawl ends itself
# Articles of the sites; every second one is replaced by a case.
WORLD, SMALL_WORLD = 2 * len(ARTICLES) + 40, 8

Rows = dict[str, dict[str, Any]]


class HostileCrawls:
    """The crawls of this module, two at a time: into a new archive, into a filled one, per feed."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
            first, second, small = (
                stack.enter_context(FaultyServer(FakeSite(articles=count)))
                for count in (WORLD, WORLD, SMALL_WORLD)
            )
            self.sites = [first.base_url, second.base_url, small.base_url]
            again = pool.submit(self._again, first, folder)
            self.new = pool.submit(
                crawl, second, folder / "new.db", [*ARTICLES, *AUTHORS], *EVERYTHING
            ).result()
            feeds = pool.submit(self._of_feeds, small, folder)
            self.before, self.again = again.result()
            self.before_feeds, self.feeds = feeds.result()

    @staticmethod
    def _again(server: FaultyServer, folder: Path) -> tuple[Rows, CrawlResult]:
        """Crawl the ordinary site, and then with the cases instead of the stored articles."""
        archive = folder / "stored.db"
        crawl(server, archive, [], *EVERYTHING)
        before = articles_of(archive, server.base_url)
        make_due(archive)
        return before, crawl(server, archive, ARTICLES, *EVERYTHING)

    @staticmethod
    def _of_feeds(server: FaultyServer, folder: Path) -> tuple[Rows, dict[str, CrawlResult]]:
        crawl(server, folder / "small.db", [])
        results = {}
        for number, case in enumerate(FEEDS):
            archive = folder / f"feed{number}.db"
            shutil.copy(folder / "small.db", archive)
            make_due(archive)
            results[case.name] = crawl(server, archive, [case])
        return articles_of(folder / "small.db", server.base_url), results

    def of(self, case: Case) -> tuple[CrawlResult, str]:
        """Return the crawl in which a case was new, and its base URL."""
        if case in FEEDS:
            return self.feeds[case.name], self.sites[2]
        return self.new, self.sites[1]

    def all(self) -> list[CrawlResult]:
        return [self.new, self.again, *self.feeds.values()]


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> HostileCrawls:
    return HostileCrawls(tmp_path_factory.mktemp("hostile"))


def each(cases: list[Case]) -> list[Any]:
    return [
        pytest.param(case, marks=pytest.mark.fault(*case.rows.split()), id=case.name)
        for case in cases
    ]


@pytest.mark.parametrize("case", each(CASES))
def test_each_response_has_the_expected_outcome(crawls: HostileCrawls, case: Case) -> None:
    result, base_url = crawls.of(case)
    assert outcome_of(result, case, base_url) == case.outcome
    stored = articles_of(result.archive, base_url).get(result.paths[case.name])
    if case in ARTICLES:
        assert (stored is not None) == (case.outcome == "article")
    if stored and case.columns:
        assert {name: stored[name] for name in case.columns} == case.columns


@pytest.mark.parametrize("case", each(ARTICLES))
def test_a_stored_article_loses_nothing(crawls: HostileCrawls, case: Case) -> None:
    result, base_url = crawls.again, crawls.sites[0]
    path = result.paths[case.name]
    before, after = crawls.before[path], articles_of(result.archive, base_url)[path]
    versions = rows(
        result.archive,
        "SELECT v.body FROM article_versions v JOIN articles a ON a.id = article_id WHERE url = ?",
        base_url + path,
    )
    if case.outcome in ("article", "alias"):
        assert after["body"] == before["body"] or [version["body"] for version in versions] == [
            before["body"]
        ]
    else:
        assert after | {"gone_at": None} == before
        assert (outcome_of(result, case, base_url), versions) == (case.outcome, [])


def test_no_other_article_changes(crawls: HostileCrawls) -> None:
    for result, base_url, before in (
        (crawls.new, crawls.sites[1], crawls.before),
        (crawls.again, crawls.sites[0], crawls.before),
        *((result, crawls.sites[2], crawls.before_feeds) for result in crawls.feeds.values()),
    ):
        hostile = set(result.paths.values())
        after = articles_of(result.archive, base_url)
        others = {path: row for path, row in before.items() if path not in hostile}
        assert {path: after.get(path) for path in others} == others
        assert after.keys() - hostile <= before.keys()
        assert rows(result.archive, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_the_run_succeeds_with_bounded_memory(crawls: HostileCrawls) -> None:
    for result in crawls.all():
        assert (result.code, result.stderr) == (0, "")
        assert result.memory < MEMORY


@pytest.mark.fault("N8", "N10", "D19", "D20")
def test_no_other_host_is_contacted(crawls: HostileCrawls) -> None:
    assert [result.requests_elsewhere for result in crawls.all()] == [[] for _ in crawls.all()]


@pytest.mark.fault("D18")
def test_no_line_of_the_log_is_forged(crawls: HostileCrawls) -> None:
    for result in (crawls.new, crawls.again):
        assert "soft 404" in str(rows(result.archive, "SELECT reason FROM rejects"))
        assert not [line for line in result.log.splitlines() if line.startswith("FORGED")]
        assert not [
            row
            for row in rows(result.archive, "SELECT detail FROM rejects")
            if "\n" in (row["detail"] or "")
        ]


def test_names_and_urls_are_limited_in_length(crawls: HostileCrawls) -> None:
    (longest,) = rows(
        crawls.new.archive,
        "SELECT (SELECT max(length(name)) FROM authors) AS name, "
        "(SELECT max(length(url)) FROM pages) AS url",
    )
    assert longest["name"] <= 200
    assert longest["url"] <= 2_100


@pytest.mark.fault("N13")
def test_pagination_ends_after_a_page_that_shows_nothing_new(
    crawls: HostileCrawls,
) -> None:
    path = crawls.new.paths[ENDLESS_PAGER]
    pages = rows(crawls.new.archive, "SELECT url FROM pages WHERE url LIKE ?", f"%{path}%")
    assert [row["url"].removeprefix(crawls.sites[1] + path) for row in pages] == ["", "page/2/"]
