"""A year of nights on the made-up site: what happens to a site and to a machine, one real crawl a
night, and the sum.

The clock of each crawl is set, nothing else is: the site is served on loopback, the crawls are
processes.
"""

import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from nkcrawl.demo import DemoArticle
from tests.conftest import ROOT, at, clean_environment, crawl_args, scrapy_command, stored
from tests.nightly import NightlyCrawls
from tests.site import EditableSite, FakeResponse

END = date(2025, 11, 10)  # the day of the newest article
ALLOWANCE = (
    3  # requests a quiet night may cost beside what is new and due: robots.txt, the feed, an alias
)
RECENT = 250  # articles, more than come while no crawl runs
PLAIN = "-"

# What happens, in this order and so many nights each, with the exit code it must have; plain nights
# lie between, but for those after the machine was off: what waits then is enough to show what is
# wrong with the site.
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


@dataclass
class NightResult:
    """What one night brought."""

    day: date
    event: str
    code: int | None  # None: no crawl
    requests: int
    # of them, pages of a listing after the first: a busy author's, due once the first shows much
    # that is new
    further: int
    new: int
    allowed: int  # requests that a quiet night may cost
    stderr: str


@dataclass
class ArticleHistory:
    """The states an article has been in, as a reader who comes every night sees them."""

    states: list[dict[str, Any]] = field(default_factory=list)  # title, body, access
    deleted: bool = False
    seen_gone: bool = False  # a visit was still due when it was deleted


class SimulatedYear:
    """The site's year and the archive that is kept of it."""

    def __init__(self, nights: NightlyCrawls, count: int, budget: int, seed: int) -> None:
        self.nights = nights
        self.fake_site = nights.fake_site
        self.count = count
        self.budget = budget
        self.rng = random.Random(seed)
        self.log: list[NightResult] = []
        self.lives: dict[str, ArticleHistory] = {}
        self.truths: dict[
            str, dict[str, Any]
        ] = {}  # as they were last seen by a good crawl, or are now
        self.happened: Counter[str] = Counter()
        self.backfilled = False

    def live(self) -> None:
        """Live through all nights, and then through as many quiet ones as it takes until nothing is
        due any more.
        """
        events = self._calendar()
        for number in range(self.count):
            event, code = events.get(number, (PLAIN, 0))
            self._edit()
            self._crawl(event, code)
        for _ in range(9):
            self._crawl(PLAIN, 0)

    def _calendar(self) -> dict[int, tuple[str, int | None]]:
        """Spread the events over the nights, after those that the backfill may take."""
        nights = sum(length for _, length, _ in EVENTS)
        start = self.count // 6
        pause = (self.count - start - nights) // sum(event != OFF for event, _, _ in EVENTS)
        assert pause >= 1, "so many events need more nights"
        calendar: dict[int, tuple[str, int | None]] = {}
        for event, length, code in EVENTS:
            calendar |= {start + night: (event, code) for night in range(length)}
            start += length + (pause if event != OFF else 0)
        return calendar

    # --- A night ----------------------------------------------------------------------------------

    def _crawl(self, event: str, code: int | None) -> None:
        self.nights.pass_by()
        for article in self.fake_site.articles[:RECENT]:
            self._note(article)
        new, allowed = self._expected_requests()
        if code is None:
            self.log.append(
                NightResult(self.nights.now.date(), event, None, 0, 0, new, allowed, "")
            )
            return
        self._befall(event)
        done = self._killed() if event == "the crawl is killed" else self._whole()
        self._recover()
        paths = [hit.path for hit in self.nights.site.log]
        further = sum("/page/" in path for path in paths)
        night = NightResult(
            self.nights.now.date(),
            event,
            done.returncode,
            len(paths),
            further,
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

    def _whole(self) -> subprocess.CompletedProcess[str]:
        return self.nights.crawl(
            "-s", f"NKCRAWL_REQUEST_BUDGET={self.budget}", "-s", "RETRY_TIMES=1"
        )

    def _killed(self) -> subprocess.CompletedProcess[str]:
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

    def _befall(self, event: str) -> None:
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
        self.happened[event] += 1

    def _recover(self) -> None:
        self.nights.site.faults = {}
        self.nights.site.redesign = None

    def _expected_requests(self) -> tuple[int, int]:
        """Return how many articles are there that were never met, and how many requests a quiet
        night may cost.
        """
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
        # what a crawl finds is due while it runs
        now = f"{self.nights.now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        return int(
            self.nights.rows(f"SELECT count(*) AS n FROM pages WHERE due_at <= ? AND {which}", now)[
                0
            ]["n"]
        )

    # --- What the editors do ----------------------------------------------------------------------

    def _edit(self) -> None:
        """Change one article or another that a visit is still due to, and that shows no change
        nobody has seen yet.
        """
        if not self.backfilled:
            return
        waiting = self._waiting()
        for change in ("edit", "open", "close", "delete", "delete old"):
            if (
                self.rng.random()
                < {"edit": 0.7, "open": 0.3, "close": 0.6, "delete": 0.15, "delete old": 0.1}[
                    change
                ]
            ):
                self._change(change, waiting)

    def _waiting(self) -> list[str]:
        """Return the paths of the stored articles that will be visited again, and were seen as they
        are.
        """
        rows = self.nights.rows(
            "SELECT a.url, a.title, a.body, a.access FROM articles a JOIN pages p ON p.url = a.url "
            "WHERE p.due_at IS NOT NULL AND p.failures = 0 AND a.gone_at IS NULL"
        )
        as_seen = {
            row["url"]: {name: row[name] for name in ("title", "body", "access")} for row in rows
        }
        return [
            path
            for path, life in self.lives.items()
            if not life.deleted
            and as_seen.get(self.nights.url(path)) == life.states[-1]
            and self.fake_site.article(path)
        ]

    def _change(self, change: str, waiting: list[str]) -> None:
        if change == "delete old":
            paths = [
                a.path
                for a in self.fake_site.articles[300:400]
                if not self.lives.get(a.path, ArticleHistory()).deleted
            ]
        else:
            paths = waiting
        self.rng.shuffle(paths)
        for path in paths:
            article = self.fake_site.article(path)
            assert article is not None
            if self._apply(change, article):
                self.happened[change] += 1
                if path in waiting:
                    waiting.remove(path)
                return

    def _apply(self, change: str, article: DemoArticle) -> bool:
        """Make a change to an article, and tell whether it could be made."""
        match change:
            case "edit":
                number = len(self.lives[article.path].states)
                self._note(
                    self.fake_site.revise(
                        article.path, title=f"{article.title}, edition {number + 1}"
                    )
                )
            case "open":
                if article.access != "teaser" or not article.paragraphs:
                    return False
                self._note(self.fake_site.open_up(article.path))
            case "close":
                if article.access != "free" or article.language == "ko":
                    return False
                self.fake_site.close_off(
                    article.path
                )  # what is stored stays whole, so the story has no new state
            case "delete" | "delete old":
                self._note(article)
                life = self.lives[article.path]
                life.deleted, life.seen_gone = True, change == "delete"
                self.fake_site.delete(article.path)
        return True

    def _note(self, article: DemoArticle) -> None:
        """Remember how an article is now; of one that was closed off, the whole text that was seen
        before is what stays.
        """
        life = self.lives.setdefault(article.path, ArticleHistory())
        expected_row = self.fake_site.expected_row(article, self.nights.site.base_url)
        if life.states and life.states[-1]["access"] == "free":
            expected_row |= {name: life.states[-1][name] for name in ("body", "access")}
        state = {name: expected_row[name] for name in ("title", "body", "access")}
        if not life.states or life.states[-1] != state:
            life.states.append(state)
        self.truths[self.nights.url(article.path)] = expected_row

    # --- The sum ----------------------------------------------------------------------------------

    def check(self) -> None:
        """Hold the archive against everything that happened."""
        for article in self.fake_site.articles:
            self._note(article)
        archived = stored(self.nights.archive_file)
        assert set(archived) == set(self.truths), "an article is missing, or one too many"
        wrong = {
            (url, name): (value, self.truths[url][name])
            for url, row in archived.items()
            for name, value in row.items()
            if value != self.truths[url][name]
        }
        assert wrong == {}, "what is stored is not what was last to be seen"
        self._check_versions()
        self._check_gone()
        self._check_requests()
        assert self.nights.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        for event, _, _ in EVENTS:
            assert self.happened[event] or event == OFF, event
        for change in ("edit", "open", "delete"):
            assert self.happened[change], change

    def _check_versions(self) -> None:
        """Check that each change is a version, in order, that none is missing and none was made
        up.
        """
        told: dict[str, list[dict[str, Any]]] = {}
        for row in self.nights.rows(
            "SELECT a.url, v.title, v.body, v.access FROM article_versions v JOIN articles a ON a.id = v.article_id "
            "UNION ALL SELECT url, title, body, access FROM articles"
        ):
            states = told.setdefault(row.pop("url"), [])
            if not states or states[-1] != row:
                states.append(row)
        for path, life in self.lives.items():
            assert told[self.nights.url(path)] == life.states, path

    def _check_gone(self) -> None:
        gone = {
            row["url"]
            for row in self.nights.rows("SELECT url FROM articles WHERE gone_at IS NOT NULL")
        }
        deleted = {self.nights.url(path) for path, life in self.lives.items() if life.deleted}
        seen = {self.nights.url(path) for path, life in self.lives.items() if life.seen_gone}
        assert seen <= gone <= deleted

    def _check_requests(self) -> None:
        for night in self.quiet():
            assert night.requests - night.further <= night.allowed, night
            assert night.further <= 2, night

    def quiet(self) -> list[NightResult]:
        """Return the nights after the backfill on which nothing happened to the site, and nothing
        the night before.
        """
        return [
            night
            for before, night in pairwise(self.log)
            if before.code == night.code == 0 and before.allowed
        ]


def live_through(
    nights: int, articles: int, authors: int, budget: int, seed: int, folder: Path
) -> SimulatedYear:
    """Live through so many nights of a site of so many articles, hold the archive against it, and
    return the year.
    """
    fake_site = EditableSite(
        articles=articles, authors=authors, seed=seed, today=END + timedelta(days=10)
    )
    with NightlyCrawls(fake_site, folder / "year.db", END - timedelta(days=nights)) as site:
        year = SimulatedYear(site, nights, budget, seed)
        year.live()
        year.check()
        return year


def report(year: SimulatedYear) -> str:
    """Return what came of a year in a few lines."""
    quiet = [night.requests for night in year.quiet()]
    codes = Counter(night.code for night in year.log)
    happened = sorted(f"{count} x {what}" for what, count in year.happened.items() if what != PLAIN)
    changes = sum(len(life.states) - 1 for life in year.lives.values())
    counted = ", ".join(
        f"{count} x {'no crawl' if code is None else code}" for code, count in codes.items()
    )
    average = sum(quiet) / len(quiet)
    return f"""\
{len(year.log)} nights: {len(year.truths)} articles stored, {changes} changes seen, each of them a version
happened: {", ".join(happened)}
exit codes: {counted}
{len(quiet)} quiet nights: {average:.1f} requests on average, {max(quiet)} at most, never more than new + due + {ALLOWANCE}"""
