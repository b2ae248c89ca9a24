"""A simulated year: one real crawl per night of a site that is edited, fails and is redesigned.

`python -m tests.stress.simulated_year` takes about an hour and prints a summary; the tests simulate
48 nights. Only the clock of each crawl is set: the site is served on loopback, the crawls are
processes.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from nkcrawl.demo import DemoArticle
from tests.conftest import ROOT, at, clean_environment, crawl_args, scrapy_command, stored
from tests.nightly import NEWEST, NightlyCrawls
from tests.site import EditableSite, FakeResponse

# Requests of a quiet night besides new and due pages: robots.txt, the feed, an alias.
ALLOWANCE = 3
RECENT = 250  # articles, more than are published while no crawl runs
PLAIN = "-"

# The events in order, with their number of nights and the exit code of each. Plain nights lie
# between them, except after the machine was off: the pages due then are enough to detect the next.
OFF = "no crawl, the machine is off"
EVENTS: tuple[tuple[str, int, int | None], ...] = (
    ("pages answer 503", 1, 1),
    ("the site answers 503", 2, 75),
    ("robots.txt answers 503", 1, 75),
    ("a page asks to wait 1 second", 1, 0),
    ("a page asks to wait an hour", 1, 75),
    ("the crawl is killed", 1, -signal.SIGKILL),
    (OFF, 5, None),
    ("a redesign without dates", 2, 3),
    ("a redesign as an empty shell", 2, 3),
    (OFF, 9, None),
    ("every page is gone", 1, 3),
    ("a redesign without links on author pages", 2, 3),
)

# What editors do to an article, with the chance per night.
CHANGES = {"edit": 0.7, "open": 0.3, "close": 0.6, "delete": 0.15, "delete old": 0.1}


@dataclass
class NightResult:
    """The result of one night."""

    day: date
    event: str
    code: int | None  # None: no crawl
    requests: int
    # Requests for later pages of a listing, which are due if the first shows mostly new articles.
    later_pages: int
    new: int
    allowed: int  # requests of a quiet night
    stderr: str


@dataclass
class ArticleHistory:
    """The states of an article, as a reader sees them every night."""

    states: list[dict[str, Any]] = field(default_factory=list)  # title, body, access
    deleted: bool = False
    seen_gone: bool = False  # a visit was still due when it was deleted


class SimulatedYear:
    """A year of the site, and the archive of it."""

    def __init__(self, nights: NightlyCrawls, count: int, budget: int, seed: int) -> None:
        self.nights = nights
        self.fake_site = nights.fake_site
        self.count = count
        self.budget = budget
        self.rng = random.Random(seed)
        self.log: list[NightResult] = []
        self.histories: dict[str, ArticleHistory] = {}
        # By URL, the row of each article as a crawl saw it last.
        self.expected: dict[str, dict[str, Any]] = {}
        self.events: Counter[str] = Counter()
        self.backfilled = False

    def simulate(self) -> None:
        """Simulate all nights, and then quiet ones until no page is due."""
        events = self._calendar()
        for number in range(self.count):
            event, code = events.get(number, (PLAIN, 0))
            self._edit()
            self._crawl(event, code)
        for _ in range(9):
            self._crawl(PLAIN, 0)

    def _calendar(self) -> dict[int, tuple[str, int | None]]:
        """Spread the events over the nights after the backfill."""
        nights = sum(length for _, length, _ in EVENTS)
        start = self.count // 6
        pause = (self.count - start - nights) // sum(event != OFF for event, _, _ in EVENTS)
        assert pause >= 1, "the events need more nights"
        calendar: dict[int, tuple[str, int | None]] = {}
        for event, length, code in EVENTS:
            calendar |= {start + night: (event, code) for night in range(length)}
            start += length + (pause if event != OFF else 0)
        return calendar

    # --- A night ----------------------------------------------------------------------------------

    def _crawl(self, event: str, code: int | None) -> None:
        self.nights.pass_by()
        for article in self.fake_site.articles[:RECENT]:
            self._record_state(article)
        new, allowed = self._expected_requests()
        if code is None:
            self.log.append(
                NightResult(self.nights.now.date(), event, None, 0, 0, new, allowed, "")
            )
            return
        self._break(event)
        done = self._killed_crawl() if event == "the crawl is killed" else self._crawl_quickly()
        self._recover()
        paths = [hit.path for hit in self.nights.site.log]
        later_pages = sum("/page/" in path for path in paths)
        night = NightResult(
            self.nights.now.date(),
            event,
            done.returncode,
            len(paths),
            later_pages,
            new,
            allowed,
            done.stderr,
        )
        self.log.append(night)
        assert done.returncode == code, f"{night}"
        assert done.stdout == ""
        assert (done.stderr == "") == (code in (0, -signal.SIGKILL)), f"{night}"
        assert done.stderr.count("\n") <= 1, f"{night}"
        self.backfilled = self.backfilled or (code == 0 and self._due_now() == 0)

    def _crawl_quickly(self) -> subprocess.CompletedProcess[str]:
        return self.nights.crawl(
            "-s", f"NKCRAWL_REQUEST_BUDGET={self.budget}", "-s", "RETRY_TIMES=1"
        )

    def _killed_crawl(self) -> subprocess.CompletedProcess[str]:
        self.nights.site.log.clear()
        command = scrapy_command(
            *crawl_args(self.nights.site, self.nights.archive_file), "-s", "DOWNLOAD_DELAY=0.05"
        )
        environment = clean_environment(**at(self.nights.now))
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            while process.poll() is None and len(self.nights.site.log) < 3:
                time.sleep(0.01)
            process.kill()
        return subprocess.CompletedProcess(command, process.returncode, "", "")

    def _break(self, event: str) -> None:
        site = self.nights.site
        rules = (200, "User-agent: *\nDisallow:\n")
        waits = iter([FakeResponse(429, headers={"Retry-After": "1"})])
        match event:
            case "pages answer 503":
                site.faults = {"*": 503, "/robots.txt": rules}
            case "the site answers 503":
                site.faults = {"*": 503}
            case "robots.txt answers 503":
                site.faults = {"/robots.txt": 503}
            case "every page is gone":
                site.faults = {"*": 404, "/robots.txt": rules}
            case "a page asks to wait 1 second":
                site.faults = {"/feed/": lambda: next(waits, None)}
            case "a page asks to wait an hour":
                site.faults = {"/feed/": FakeResponse(429, headers={"Retry-After": "3600"})}
            case "a redesign without dates":
                site.redesign = "undated"
            case "a redesign as an empty shell":
                site.redesign = "shell"
            case "a redesign without links on author pages":
                site.redesign = "unlinked"
        self.events[event] += 1

    def _recover(self) -> None:
        self.nights.site.faults = {}
        self.nights.site.redesign = None

    def _expected_requests(self) -> tuple[int, int]:
        """Return the number of undiscovered articles, and of requests allowed on a quiet night."""
        if not self.backfilled:
            return 0, 0
        known = {
            row["url"] for row in self.nights.rows("SELECT url FROM pages WHERE kind = 'article'")
        }
        new = sum(
            self.nights.url(article.path) not in known
            for article in self.fake_site.articles[:RECENT]
        )
        due = self._due_now("kind <> 'feed'")
        return new, new + due + ALLOWANCE

    def _due_now(self, which: str = "true") -> int:
        if not self.nights.archive_file.exists():
            return 0
        # Pages that the crawl discovers are due while it runs.
        now = f"{self.nights.now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        query = f"SELECT count(*) AS due FROM pages WHERE due_at <= ? AND {which}"
        return int(self.nights.rows(query, now)[0]["due"])

    # --- What the editors do ----------------------------------------------------------------------

    def _edit(self) -> None:
        """Change a few articles that will be visited again and whose last change was seen."""
        if not self.backfilled:
            return
        waiting = self._waiting()
        for change, chance in CHANGES.items():
            if self.rng.random() < chance:
                self._change(change, waiting)

    def _waiting(self) -> list[str]:
        """Return the paths of the articles that are stored unchanged and will be visited again."""
        rows = self.nights.rows(
            "SELECT a.url, a.title, a.body, a.access FROM articles a JOIN pages p ON p.url = a.url "
            "WHERE p.due_at IS NOT NULL AND p.failures = 0 AND a.gone_at IS NULL"
        )
        as_seen = {
            row["url"]: {name: row[name] for name in ("title", "body", "access")} for row in rows
        }
        return [
            path
            for path, history in self.histories.items()
            if not history.deleted
            and as_seen.get(self.nights.url(path)) == history.states[-1]
            and self.fake_site.article(path)
        ]

    def _change(self, change: str, waiting: list[str]) -> None:
        if change == "delete old":
            paths = [
                a.path
                for a in self.fake_site.articles[300:400]
                if not self.histories.get(a.path, ArticleHistory()).deleted
            ]
        else:
            paths = waiting
        self.rng.shuffle(paths)
        for path in paths:
            article = self.fake_site.article(path)
            assert article is not None
            if self._apply(change, article):
                self.events[change] += 1
                if path in waiting:
                    waiting.remove(path)
                return

    def _apply(self, change: str, article: DemoArticle) -> bool:
        """Change an article, and return whether that was possible."""
        match change:
            case "edit":
                number = len(self.histories[article.path].states)
                self._record_state(
                    self.fake_site.revise(
                        article.path, title=f"{article.title}, edition {number + 1}"
                    )
                )
            case "open":
                if article.access != "teaser" or not article.paragraphs:
                    return False
                self._record_state(self.fake_site.open_up(article.path))
            case "close":
                if article.access != "free" or article.language == "ko":
                    return False
                # The full text stays stored, so the history has no new state.
                self.fake_site.close_off(article.path)
            case "delete" | "delete old":
                self._record_state(article)
                history = self.histories[article.path]
                history.deleted, history.seen_gone = True, change == "delete"
                self.fake_site.delete(article.path)
        return True

    def _record_state(self, article: DemoArticle) -> None:
        """Record the state of an article; if it was closed off, its full text stays the state."""
        history = self.histories.setdefault(article.path, ArticleHistory())
        expected_row = self.fake_site.expected_row(article, self.nights.site.base_url)
        if history.states and history.states[-1]["access"] == "free":
            expected_row |= {name: history.states[-1][name] for name in ("body", "access")}
        state = {name: expected_row[name] for name in ("title", "body", "access")}
        if not history.states or history.states[-1] != state:
            history.states.append(state)
        self.expected[self.nights.url(article.path)] = expected_row

    # --- The checks -------------------------------------------------------------------------------

    def check(self) -> None:
        """Compare the archive with everything that happened."""
        for article in self.fake_site.articles:
            self._record_state(article)
        archived = stored(self.nights.archive_file)
        assert set(archived) == set(self.expected), "an article is missing or superfluous"
        wrong = {
            (url, name): (value, self.expected[url][name])
            for url, row in archived.items()
            for name, value in row.items()
            if value != self.expected[url][name]
        }
        assert wrong == {}, "stored values differ from the last ones shown"
        self._check_versions()
        self._check_gone()
        self._check_requests()
        assert self.nights.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        for event, _, _ in EVENTS:
            assert self.events[event] or event == OFF, event
        for change in ("edit", "open", "delete"):
            assert self.events[change], change

    def _check_versions(self) -> None:
        """Check that the versions are exactly the changes, in order."""
        versions: dict[str, list[dict[str, Any]]] = {}
        query = """
            SELECT a.url, v.title, v.body, v.access
            FROM article_versions v JOIN articles a ON a.id = v.article_id
            UNION ALL SELECT url, title, body, access FROM articles
        """
        for row in self.nights.rows(query):
            states = versions.setdefault(row.pop("url"), [])
            if not states or states[-1] != row:
                states.append(row)
        for path, history in self.histories.items():
            assert versions[self.nights.url(path)] == history.states, path

    def _check_gone(self) -> None:
        gone = {
            row["url"]
            for row in self.nights.rows("SELECT url FROM articles WHERE gone_at IS NOT NULL")
        }
        deleted = {
            self.nights.url(path) for path, history in self.histories.items() if history.deleted
        }
        seen = {
            self.nights.url(path) for path, history in self.histories.items() if history.seen_gone
        }
        assert seen <= gone <= deleted

    def _check_requests(self) -> None:
        for night in self.quiet():
            assert night.requests - night.later_pages <= night.allowed, night
            assert night.later_pages <= 2, night

    def quiet(self) -> list[NightResult]:
        """Return the nights after the backfill without an event, also on the night before."""
        return [
            night
            for before, night in pairwise(self.log)
            if before.code == night.code == 0 and before.allowed
        ]


def simulate(
    nights: int, articles: int, authors: int, budget: int, seed: int, folder: Path
) -> SimulatedYear:
    """Simulate that many nights of a site of that many articles, and check the archive of it."""
    today = NEWEST + timedelta(days=10)
    fake_site = EditableSite(articles=articles, authors=authors, seed=seed, today=today)
    with NightlyCrawls(fake_site, folder / "year.db", NEWEST - timedelta(days=nights)) as site:
        year = SimulatedYear(site, nights, budget, seed)
        year.simulate()
        year.check()
        return year


def report(year: SimulatedYear) -> str:
    """Return a summary of a few lines."""
    quiet = [night.requests for night in year.quiet()]
    codes = Counter("no crawl" if night.code is None else night.code for night in year.log)
    events = sorted(f"{count} x {what}" for what, count in year.events.items() if what != PLAIN)
    changes = sum(len(history.states) - 1 for history in year.histories.values())
    average = sum(quiet) / len(quiet)
    return f"""\
{len(year.log)} nights: {len(year.expected)} articles stored, {changes} changes, each one a version
events: {", ".join(events)}
exit codes: {", ".join(f"{count} x {code}" for code, count in codes.items())}
{len(quiet)} quiet nights: {average:.1f} requests on average, {max(quiet)} at most
no quiet night took more than new + due + {ALLOWANCE} requests"""


def main(args: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.simulated_year", description="Simulate a year of crawls."
    )
    parser.add_argument("--nights", type=int, default=365, metavar="N", help="default: 365")
    parser.add_argument("--articles", type=int, default=5_500, metavar="N", help="default: 5500")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    options = vars(parser.parse_args(args))
    with tempfile.TemporaryDirectory() as folder:
        print(report(simulate(**options, authors=60, budget=600, folder=Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
