"""Hostile answers among ordinary articles, in real crawls: the run ends well, and no other
article's row is touched.
"""

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
    FEEDS,
    Case,
    NightResult,
    articles_of,
    crawl,
    make_due,
    what_became,
)

EVERYTHING = ("-s", "NKCRAWL_REQUEST_BUDGET=0")
MEMORY = 300  # MiB; at 512 a crawl ends itself
WORLD, SMALL_WORLD = 2 * len(ARTICLES) + 40, 8  # articles; every second is in the place of a case

Rows = dict[str, dict[str, Any]]


class NightlyCrawls:
    """The crawls of this module, two side by side: of everything, new and again; and one for each
    feed.
    """

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
    def _again(server: FaultyServer, folder: Path) -> tuple[Rows, NightResult]:
        """Crawl the site as it should be, and then with the cases in the place of what is
        stored.
        """
        archive = folder / "stored.db"
        crawl(server, archive, [], *EVERYTHING)
        before = articles_of(archive, server.base_url)
        make_due(archive)
        return before, crawl(server, archive, ARTICLES, *EVERYTHING)

    @staticmethod
    def _of_feeds(server: FaultyServer, folder: Path) -> tuple[Rows, dict[str, NightResult]]:
        crawl(server, folder / "small.db", [])
        nights = {}
        for number, case in enumerate(FEEDS):
            archive = folder / f"feed{number}.db"
            shutil.copy(folder / "small.db", archive)
            make_due(archive)
            nights[case.name] = crawl(server, archive, [case])
        return articles_of(folder / "small.db", server.base_url), nights

    def of(self, case: Case) -> tuple[NightResult, str]:
        """Return the night in which a case was new, and the site's root in it."""
        return (
            (self.feeds[case.name], self.sites[2]) if case in FEEDS else (self.new, self.sites[1])
        )

    def all(self) -> list[NightResult]:
        return [self.new, self.again, *self.feeds.values()]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> NightlyCrawls:
    return NightlyCrawls(tmp_path_factory.mktemp("hostile"))


def each(cases: list[Case]) -> list[Any]:
    return [
        pytest.param(case, marks=pytest.mark.fault(*case.rows.split()), id=case.name)
        for case in cases
    ]


@pytest.mark.parametrize("case", each(CASES))
def test_a_hostile_answer_becomes_what_it_should_and_nothing_else(
    nights: NightlyCrawls, case: Case
) -> None:
    night, base_url = nights.of(case)
    assert what_became(night, case, base_url) == case.becomes
    stored = articles_of(night.archive, base_url).get(night.paths[case.name])
    if case in ARTICLES:
        assert (stored is not None) == (case.becomes == "article")
    if stored and case.shows:
        assert {name: stored[name] for name in case.shows} == case.shows


@pytest.mark.parametrize("case", each(ARTICLES))
def test_in_the_place_of_a_stored_article_it_takes_nothing_away(
    nights: NightlyCrawls, case: Case
) -> None:
    night, base_url = nights.again, nights.sites[0]
    path = night.paths[case.name]
    before, after = nights.before[path], articles_of(night.archive, base_url)[path]
    versions = rows(
        night.archive,
        "SELECT v.body FROM article_versions v JOIN articles a ON a.id = article_id WHERE url = ?",
        base_url + path,
    )
    if case.becomes in ("article", "alias"):
        assert after["body"] == before["body"] or [version["body"] for version in versions] == [
            before["body"]
        ]
    else:
        assert after | {"gone_at": None} == before
        assert (what_became(night, case, base_url), versions) == (case.becomes, [])


def test_no_other_article_is_touched(nights: NightlyCrawls) -> None:
    for night, base_url, before in (
        (nights.new, nights.sites[1], nights.before),
        (nights.again, nights.sites[0], nights.before),
        *((night, nights.sites[2], nights.before_feeds) for night in nights.feeds.values()),
    ):
        hostile = set(night.paths.values())
        after = articles_of(night.archive, base_url)
        others = {path: row for path, row in before.items() if path not in hostile}
        assert {path: after.get(path) for path in others} == others
        assert after.keys() - hostile <= before.keys()
        assert rows(night.archive, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_the_run_ends_well_and_bounded_in_memory(nights: NightlyCrawls) -> None:
    for night in nights.all():
        assert (night.code, night.told) == (0, "")
        assert night.memory < MEMORY


@pytest.mark.fault("N8", "N10", "D19", "D20")
def test_nobody_else_is_asked(nights: NightlyCrawls) -> None:
    assert [night.asked_elsewhere for night in nights.all()] == [[] for _ in nights.all()]


@pytest.mark.fault("D18")
def test_a_line_of_the_log_is_ours(nights: NightlyCrawls) -> None:
    for night in (nights.new, nights.again):
        assert "soft 404" in str(rows(night.archive, "SELECT reason FROM rejects"))
        assert not [line for line in night.log.splitlines() if line.startswith("FORGED")]
        assert not [
            row
            for row in rows(night.archive, "SELECT detail FROM rejects")
            if "\n" in (row["detail"] or "")
        ]


def test_a_name_or_a_url_without_measure_is_not_kept(nights: NightlyCrawls) -> None:
    (longest,) = rows(
        nights.new.archive,
        "SELECT (SELECT max(length(name)) FROM authors) AS name, (SELECT max(length(url)) FROM pages) AS url",
    )
    assert longest["name"] <= 200
    assert longest["url"] <= 2_100


@pytest.mark.fault("N13")
def test_a_pager_without_end_is_left_after_a_page_that_shows_nothing_new(
    nights: NightlyCrawls,
) -> None:
    path = nights.new.paths["a pager without end"]
    pages = rows(nights.new.archive, "SELECT url FROM pages WHERE url LIKE ?", f"%{path}%")
    assert [row["url"].removeprefix(nights.sites[1] + path) for row in pages] == ["", "page/2/"]
