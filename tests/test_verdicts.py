"""One failure at a time in a real crawl of the made-up site: exit code, sentence, archive.

Every case names the exit code that docs/reference.md promises for it; the last test compares its
table with all of them.
"""

import gzip
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from nkcrawl import site
from nkcrawl.archive import Archive
from nkcrawl.extensions import EXIT_CODES
from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy, scrapy_command
from tests.docs import table
from tests.site import FakeResponse, FaultyServer

CHALLENGE = (
    "<html><title>Just a moment...</title>"
    "<p>Checking your browser before accessing the site.</p></html>"
)
QUICK = ("-s", "RETRY_TIMES=0")
IMPATIENT = (*QUICK, "-s", "DOWNLOAD_TIMEOUT=1")  # for what hangs


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong, and what is promised for it."""

    rows: str  # of the table of faults
    name: str
    code: int
    sentence: str  # a pattern that the one line on stderr matches from its beginning
    faults: dict[str, Any] | None = None  # of the bundled site
    patch: str = ""  # what is broken in nkcrawl, as a sitecustomize.py
    args: tuple[str, ...] = QUICK
    environment: dict[str, str] | None = None

    @property
    def verdict(self) -> str:
        return next(verdict for verdict, code in EXIT_CODES.items() if code == self.code)


def everything_but_robots(response: Any) -> dict[str, Any]:
    return {"*": response, "/robots.txt": (200, "User-agent: *\nDisallow:\n")}


def robots(response: Any) -> dict[str, Any]:
    return {"/robots.txt": response}


def breaking(module: str, function: str, body: str) -> str:
    """Return a sitecustomize.py in which a function of nkcrawl does something else."""
    return f"import {module} as m\ndef broken(*args, **given):\n    {body}\nm.{function} = broken\n"


def slow(seconds: float) -> Callable[[], None]:
    return lambda: time.sleep(seconds)


def fault_marks(case: Case) -> list[pytest.MarkDecorator]:
    return [pytest.mark.fault("P25", *case.rows.split())]


UNREADABLE = (
    r"http://127\.0\.0\.1:\d+/robots\.txt could not be read \(%s.*\), so no page was requested: "
)
CASES = [
    # --- the site
    Case(
        "P8",
        "every page answers 500",
        1,
        r"The site stopped answering: 5 requests in a row failed, first \S+/feed/ \(HTTP 500\)\.",
        everything_but_robots(500),
    ),
    Case(
        "P11",
        "every page hangs",
        1,
        r"The site stopped answering: 5 requests in a row failed, first \S+/feed/ "
        r"\(timeout: Getting .*\)\.",
        everything_but_robots(slow(1.5)),
        args=IMPATIENT,
    ),
    Case(
        "N11",
        "every page is cut off",
        1,
        r"The site stopped answering: 5 requests in a row failed, first \S+/feed/ \(cut off: ",
        everything_but_robots(FakeResponse(200, "<p>Hello" * 99, cut_off=True)),
    ),
    Case(
        "P8",
        "the host is not found",
        1,
        r"The site could not be reached: \S+/robots\.txt \(host not found: ",
        patch="import socket\ndef broken(*_, **__):\n"
        "    raise socket.gaierror(-2, 'Name or service not known')\n"
        "socket.getaddrinfo = socket.gethostbyname = broken\n",
        args=(*QUICK, "-s", "NKCRAWL_SITE=http://localhost:9"),
    ),
    Case(
        "P12",
        "the site is so slow that the time is up",
        1,
        r"The crawl was stopped when its time was up, because the site was slow or required "
        r"long pauses; ",
        everything_but_robots(slow(0.5)),
        args=("-s", "NKCRAWL_HARD_LIMIT=18"),
    ),
    Case(
        "P9",
        "every page is gone",
        3,
        r"5 pages in a row are gone, first \S+/content_author/andrei-lankov/ \(HTTP 404\): "
        r"the site's URLs seem to have changed",
        everything_but_robots(404),
    ),
    Case(
        "D14",
        "listings have no links",
        3,
        r"No author page shows a link to an article, first \S+/content_author/andrei-lankov/: ",
        {site.author_path(slug): (200, "<h1>Somebody</h1>") for slug in site.SEED_AUTHORS},
    ),
    *(
        Case(
            "P9",
            f"every page answers {status}",
            4,
            rf"The site refused 3 pages in a row, first \S+/feed/ \(HTTP {status}\), "
            r"so the crawl stopped\.",
            everything_but_robots(status),
        )
        for status in (401, 403)
    ),
    *(
        Case(
            "D13",
            f"every page is a challenge, {status}",
            4,
            r"The site refused 3 pages in a row, first \S+/feed/ \(a challenge page.*\), "
            r"so the crawl stopped\.",
            everything_but_robots((status, CHALLENGE)),
        )
        for status in (200, 403, 503)
    ),
    # --- robots.txt
    Case(
        "P10",
        "robots.txt forbids everything",
        4,
        r"robots\.txt forbids every author page that was to be requested, first \S+ "
        r"\(\S+/robots\.txt forbids it\)\.",
        robots((200, "User-agent: *\nDisallow: /\n")),
    ),
    *(
        Case(
            "N4",
            f"robots.txt is refused, {response}",
            4,
            r"The site refused even \S+/robots\.txt \(HTTP \d+\), so no page was requested\.",
            robots(response),
        )
        for response in (401, 403, (503, CHALLENGE), (200, CHALLENGE))
    ),
    *(
        Case(
            "N4", f"robots.txt answers {status}", 75, UNREADABLE % f"HTTP {status}", robots(status)
        )
        for status in (429, 500, 502, 503)
    ),
    Case("N4", "robots.txt hangs", 75, UNREADABLE % "timeout: ", robots(slow(1.5)), args=IMPATIENT),
    Case(
        "N4",
        "robots.txt is a web page",
        75,
        UNREADABLE % "it is a web page",
        robots((200, "\n<!DOCTYPE html><p>Hello</p>")),
    ),
    Case(
        "N4",
        "robots.txt is UTF-16",
        75,
        UNREADABLE % "it is not UTF-8 text",
        robots(FakeResponse(200, "User-agent: *".encode("utf-16"), "text/plain")),
    ),
    Case(
        "N4",
        "robots.txt is too large",
        75,
        UNREADABLE % "too large: ",
        robots((200, "# a comment\n" * 500_000)),
    ),
    Case(
        "N4 D1",
        "robots.txt is a bomb",
        75,
        UNREADABLE % "too large: ",
        robots(
            FakeResponse(
                200,
                gzip.compress(bytes(50_000_000)),
                "text/plain",
                headers={"Content-Encoding": "gzip"},
            )
        ),
    ),
    Case(
        "N4",
        "robots.txt is cut off",
        75,
        UNREADABLE % "cut off: ",
        robots(FakeResponse(200, "User-agent: *\n" * 99, "text/plain", cut_off=True)),
    ),
    Case(
        "N4 N8",
        "robots.txt leads to another host",
        75,
        UNREADABLE % "it led to http://localhost:9/robots.txt",
        robots(FakeResponse(302, headers={"Location": "http://localhost:9/robots.txt"})),
    ),
    Case(
        "N4 N9",
        "robots.txt leads in a circle",
        75,
        UNREADABLE % "max redirections reached",
        robots(FakeResponse(302, headers={"Location": "/robots.txt"})),
    ),
    Case(
        "N5",
        "Crawl-delay is longer than nkcrawl waits",
        75,
        r"\S+/robots\.txt requires 3600 seconds between requests \(Crawl-delay\), "
        r"longer than the 60 that nkcrawl waits",
        robots((200, "User-agent: *\nCrawl-delay: 3600\n")),
    ),
    # --- Retry-After
    *(
        Case(
            "N3",
            f"a page answers with Retry-After: {status}, {after}",
            75,
            rf"The site asked to slow down: \S+/feed/ answered HTTP {status} and {pause}, "
            r"which nkcrawl leaves for another ",
            everything_but_robots(
                FakeResponse(status, headers={"Retry-After": after} if after else {})
            ),
            args=("-s", "RETRY_TIMES=1"),
        )
        for status, after, pause in (
            (429, "", "does not say for how long"),
            (429, "soon", "does not say for how long"),
            (429, "-5", "does not say for how long"),
            (429, "121", "asks to wait 121 seconds"),
            (503, "86400", "asks to wait 86400 seconds"),
            (503, "Fri, 31 Dec 2099 23:59:59 GMT", r"asks to wait \d+ seconds"),
            (429, "1", "asks to wait 1 seconds once more"),
        )
    ),
    # --- nkcrawl itself
    Case(
        "P1",
        "reading a page raises",
        1,
        r"An error in nkcrawl: 5 pages in a row cannot be read, first \S+ "
        r"\(KeyError\('x'\) in read_article, article\.py:\d+\)\.",
        patch=breaking("nkcrawl.pages.article", "read_dates", "raise KeyError('x')"),
    ),
    Case(
        "P2",
        "a pipeline raises",
        1,
        r"An error in nkcrawl: 5 pages, first Error processing \S+/feed/ "
        r"\(KeyError\('x'\) in process_item, pipelines\.py:\d+\)",
        patch=breaking("nkcrawl.pipelines", "gate", "raise KeyError('x')"),
    ),
    Case(
        "P7",
        "the spider cannot start",
        1,
        r"The crawl ended early \(start_error\); what was stored stays",
        patch=breaking("nkcrawl.spiders.nknews", "NKNewsSpider._start_urls", "raise KeyError('x')"),
    ),
    Case(
        "P5",
        "a callback closes the spider",
        1,
        r"The crawl ended early \(why\); what was stored stays",
        patch="import nkcrawl.spiders.nknews as m\n"
        "from scrapy.exceptions import CloseSpider\n"
        "def broken(*_):\n    raise CloseSpider('why')\nm.read_article = broken\n",
    ),
    Case(
        "P5",
        "a part of the crawl cannot be built",
        1,
        r"The crawl could not start: KeyError\('x'\) in from_crawler, .*; please report it\.",
        patch=breaking("nkcrawl.frontier", "Frontier.__init__", "raise KeyError('x')"),
    ),
    *(
        Case(
            "P6",
            f"the handler of a signal fails: {handler}",
            1,
            r"An error in nkcrawl.*: Error caught on signal handler: .* \(KeyError\('x'\)",
            patch="from scrapy.extensions.corestats import CoreStats\n"
            f"def broken(*_, **__):\n    raise KeyError('x')\nCoreStats.{handler} = broken\n",
        )
        for handler in ("spider_opened", "spider_closed")
    ),
    Case(
        "P23",
        "memory runs out",
        1,
        r"The crawl used more memory than MEMUSAGE_LIMIT_MB allows and was stopped; ",
        everything_but_robots(slow(0.2)),
        args=("-s", "MEMUSAGE_LIMIT_MB=10", "-s", "MEMUSAGE_CHECK_INTERVAL_SECONDS=0.1"),
    ),
    Case(
        "P4",
        "an argument is wrong",
        2,
        r"limit='0': expected a whole number",
        args=("-a", "limit=0"),
    ),
    Case(
        "P4",
        "a setting is wrong",
        2,
        r"NKCRAWL_REQUEST_BUDGET='x': expected a whole number ",
        environment={"NKCRAWL_REQUEST_BUDGET": "x"},
    ),
]


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=fault_marks(case), id=case.name) for case in CASES]
)
def test_each_failure_is_reported_in_one_sentence_with_its_exit_code(
    case: Case, demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    demo.faults.update(case.faults or {})
    environment = dict(case.environment or {})
    if case.patch:
        (tmp_path / "sitecustomize.py").write_text(case.patch)
        environment["PYTHONPATH"] = str(tmp_path)
    done = scrapy(*crawl_args(demo, archive_file), *case.args, **environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (case.code, "", 1), (
        done.stderr
    )
    assert re.match(case.sentence, done.stderr)
    if case.code == 2:
        assert not archive_file.exists()
        return
    (run,) = rows(archive_file, "SELECT verdict, exit_code, summary FROM runs")
    assert run == {
        "verdict": case.verdict,
        "exit_code": case.code,
        "summary": done.stderr.rstrip("\n"),
    }
    assert rows(archive_file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    if case.code in (4, 75) and "robots" in case.name:
        assert {hit.path for hit in demo.log} <= {"/robots.txt"}, "a page was requested"
        assert (
            rows(
                archive_file,
                "SELECT url FROM pages WHERE failures > 0 AND last_error <> 'robots.txt forbids'",
            )
            == []
        )


@pytest.mark.fault("P23")
def test_the_memory_of_the_parent_process_does_not_count(
    demo: FaultyServer, archive_file: Path
) -> None:
    """A notebook of 600 MB starts the crawl."""
    starting = (
        "import subprocess, sys; held = b'x' * 600_000_000; sys.exit(subprocess.call(sys.argv[1:]))"
    )
    command = scrapy_command(*crawl_args(demo, archive_file), "-a", "limit=1")
    done = subprocess.run(
        [sys.executable, "-c", starting, *command],
        check=False,
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "response",
    [
        404,
        410,
        (404, "User-agent: *\nDisallow: /\n"),
        (200, ""),
        (200, "\ufeffUser-agent: *\nDisallow: /wp-admin/\n"),
        (200, "# a comment\n" * 90_000 + "User-agent: *\nDisallow: /wp-admin/\n"),
        FakeResponse(200, "User-agent: *\nDisallow: /wp-admin/\n", "text/html"),
        FakeResponse(301, headers={"Location": "/robots/"}),
        (200, "User-agent: somebot\nDisallow: /\n"),
    ],
)
def test_a_robots_txt_that_forbids_nothing_lets_the_crawl_pass(
    demo: FaultyServer, archive_file: Path, response: Any
) -> None:
    demo.faults = {"/robots.txt": response, "/robots/": (200, "User-agent: *\nDisallow:\n")}
    done = scrapy(*crawl_args(demo, archive_file), "-a", "limit=1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 1


@pytest.mark.parametrize("name", ["nkcrawl", "NKCrawl", "nkcrawl/0.1"])
def test_a_robots_txt_that_forbids_us_by_name_is_obeyed(
    demo: FaultyServer, archive_file: Path, name: str
) -> None:
    demo.faults["/robots.txt"] = (
        200,
        f"User-agent: *\nDisallow:\n\nUser-agent: {name}\nDisallow: /\n",
    )
    done = scrapy(*crawl_args(demo, archive_file))
    assert done.returncode == 4
    assert {hit.path for hit in demo.log} == {"/robots.txt"}


# --- Signals, kills, and two at once --------------------------------------------------------------


@contextmanager
def crawling(
    demo: FaultyServer, archive_file: Path, *args: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Start a crawl, and wait until it has requested a few pages."""
    command = scrapy_command(*crawl_args(demo, archive_file), "-s", "DOWNLOAD_DELAY=0.1", *args)
    env = clean_environment(**environment)
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            while process.poll() is None and len(demo.log) < 12:
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    "signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM] * 2, [signal.SIGINT] * 2]
)
@pytest.mark.fault("P14", "P15")
def test_a_signal_ends_the_crawl_in_order_and_a_second_one_at_once(
    demo: FaultyServer, archive_file: Path, signals: list[signal.Signals]
) -> None:
    if len(signals) > 1:
        demo.delay = 1.0  # so that the page under way keeps the first signal waiting
    with crawling(demo, archive_file) as process:
        for sent in signals:
            process.send_signal(sent)
            time.sleep(0.1)
        printed, stderr = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, "")
    assert (
        stderr == "The crawl was stopped by a signal; what was stored stays, and the rest is due.\n"
    )
    (run,) = rows(archive_file, "SELECT verdict, exit_code, summary FROM runs")
    assert run == {"verdict": "interrupted", "exit_code": 130, "summary": stderr.rstrip("\n")}
    demo.delay = 0
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 60


@pytest.mark.parametrize("delay", range(0, 10, 3))
@pytest.mark.fault("P14")
def test_a_signal_at_any_time_during_startup_ends_the_crawl_with_its_code(
    demo: FaultyServer, archive_file: Path, delay: int
) -> None:
    """From the time the command reads its arguments; before that, Python just ends."""
    demo.delay = 0.2
    process = subprocess.Popen(
        scrapy_command(*crawl_args(demo, archive_file)),
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not catches(process.pid, signal.SIGTERM):
        time.sleep(0.005)
    time.sleep(delay * 0.07)
    process.send_signal(signal.SIGTERM)
    printed, stderr = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, "")
    assert (
        stderr == "The crawl was stopped by a signal; what was stored stays, and the rest is due.\n"
    )
    demo.delay = 0
    assert scrapy(*crawl_args(demo, archive_file), "-a", "limit=1").returncode == 0


def catches(pid: int, signum: signal.Signals) -> bool:
    """Return whether a process has its own handler for a signal."""
    caught = re.search(
        r"^SigCgt:\t(\w+)$", Path(f"/proc/{pid}/status").read_text(), flags=re.MULTILINE
    )
    return bool(caught and int(caught[1], 16) >> (signum - 1) & 1)


@pytest.mark.fault("P14")
def test_a_signal_while_robots_txt_hangs_is_a_signal(
    demo: FaultyServer, archive_file: Path
) -> None:
    demo.faults["/robots.txt"] = slow(3)
    command = scrapy_command(
        *crawl_args(demo, archive_file), "-s", "DOWNLOAD_TIMEOUT=2", "-s", "RETRY_TIMES=0"
    )
    with subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None and not demo.in_flight_max:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (
        stderr == "The crawl was stopped by a signal; what was stored stays, and the rest is due.\n"
    )


@pytest.mark.fault("P14")
def test_a_signal_ends_the_wait_of_retry_after(demo: FaultyServer, archive_file: Path) -> None:
    patient = FakeResponse(429, headers={"Retry-After": "100"})
    answers = iter([None] * 12)
    demo.faults["*"] = lambda: next(answers, patient)
    with crawling(demo, archive_file) as process:
        while len(demo.log) < 13:
            time.sleep(0.02)
        time.sleep(0.3)
        signalled = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - signalled < 20


@pytest.mark.fault("P15")
def test_two_signals_while_a_page_is_read_are_two_signals(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    sending = "import os; [os.kill(os.getpid(), 15) for _ in range(2)]"
    (tmp_path / "sitecustomize.py").write_text(
        breaking("nkcrawl.pages.article", "read_dates", sending)
    )
    done = scrapy(*crawl_args(demo, archive_file), PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (130, "")
    assert (
        done.stderr
        == "The crawl was stopped by a signal; what was stored stays, and the rest is due.\n"
    )


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGHUP])
@pytest.mark.fault("P16", "P17")
def test_a_run_that_was_killed_is_marked_by_the_next(
    demo: FaultyServer, archive_file: Path, sent: signal.Signals
) -> None:
    with crawling(demo, archive_file) as process:
        process.send_signal(sent)
        process.communicate(timeout=60)
    assert process.returncode == -sent
    assert rows(archive_file, "SELECT verdict FROM runs") == [{"verdict": None}]
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0
    runs = rows(
        archive_file,
        "SELECT verdict, finish_reason, exit_code, finished_at IS NULL AS open FROM runs",
    )
    assert runs[0] == {"verdict": "failed", "finish_reason": "died", "exit_code": None, "open": 1}
    assert runs[1] == {"verdict": "ok", "finish_reason": "finished", "exit_code": 0, "open": 0}
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 60


@pytest.mark.parametrize(
    "raising",
    [
        "raise MemoryError()",
        "raise lxml.etree.XMLSyntaxError('unknown error', 2, 0, 0)",
        "try: [].pop()\n    except IndexError as error: error.__context__ = MemoryError(); raise",
    ],
)
@pytest.mark.fault("P17")
def test_a_crawl_that_is_refused_memory_reports_it_and_charges_no_page(
    demo: FaultyServer, archive_file: Path, tmp_path: Path, raising: str
) -> None:
    broken = breaking("nkcrawl.pages.article", "read_dates", raising)
    (tmp_path / "sitecustomize.py").write_text(f"import lxml.etree\n{broken}")
    done = scrapy(*crawl_args(demo, archive_file), PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(
        "The crawl was refused more memory and stopped; what was stored stays, and the rest is "
    )
    (run,) = rows(archive_file, "SELECT verdict, finish_reason, summary FROM runs")
    assert run == {
        "verdict": "failed",
        "finish_reason": "out_of_memory",
        "summary": done.stderr.rstrip("\n"),
    }
    assert rows(archive_file, "SELECT url FROM pages WHERE failures > 0") == []
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 60


@pytest.mark.parametrize(
    ("module", "function", "body"),
    [
        (
            "scrapy.core.downloader.handlers.http11",
            "_ResponseReader.dataReceived",
            "args[0]._bodybuf.close()",
        ),
        ("scrapy.core.downloader.handlers.http11", "_ScrapyAgent._get_agent", ""),
        ("scrapy.core.scraper", "Slot.finish_response", ""),
    ],
)
@pytest.mark.fault("P17")
def test_a_crawl_in_which_scrapy_lost_a_page_for_lack_of_memory_still_ends(
    demo: FaultyServer, archive_file: Path, tmp_path: Path, module: str, function: str, body: str
) -> None:
    """Memory is refused in the middle of a response, before it, or at the end of a page."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import nkcrawl.extensions.run as run\nrun._CLOSING_TIMEOUT = 2\n"
        f"import {module} as target\noriginal, calls = target.{function}, []\n"
        "def broken(*args, **given):\n    calls.append(1)\n"
        "    if len(calls) < 9: return original(*args, **given)\n"
        f"    {body or 'pass'}\n    raise MemoryError()\ntarget.{function} = broken\n"
    )
    done = scrapy(
        *crawl_args(demo, archive_file), "-s", "NKCRAWL_HARD_LIMIT=60", PYTHONPATH=str(tmp_path)
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    (run,) = rows(archive_file, "SELECT verdict, exit_code, summary FROM runs")
    assert (run["verdict"], run["exit_code"]) == ("failed", 1)
    assert run["summary"].startswith("The crawl was refused more memory and stopped; ")
    assert done.stderr.splitlines()[-1] == run["summary"]
    assert rows(archive_file, "SELECT url FROM pages WHERE failures > 0") == []


@pytest.mark.fault("P18")
def test_a_second_run_ends_at_once_and_names_the_process_of_the_first(
    demo: FaultyServer, archive_file: Path
) -> None:
    with crawling(demo, archive_file) as process:
        request_count = len(demo.log)
        second = scrapy(*crawl_args(demo, archive_file))
        assert process.poll() is None
        (run,) = rows(archive_file, "SELECT started_at FROM runs")
        process.kill()
    assert (second.returncode, second.stdout) == (75, "")
    match = re.fullmatch(
        re.escape(
            f"{archive_file} is in use by another run (process {process.pid} on "
            f"{socket.gethostname()}, since "
        )
        + r"(\S+)\), so this one did nothing\. "
        + r"Wait until that one is done; `scrapy status` shows its progress\.\n",
        second.stderr,
    )
    assert match
    since, started = datetime.fromisoformat(match[1]), datetime.fromisoformat(run["started_at"])
    # The lock is held before a row is written.
    assert timedelta() <= started - since <= timedelta(seconds=10)
    assert request_count > 0
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.long)])
@pytest.mark.fault("P18", "S7")
def test_of_two_crawls_started_together_on_a_new_archive_one_works(
    demo: FaultyServer, tmp_path: Path, times: int
) -> None:
    for attempt in range(times):
        archive_file, one_ended = tmp_path / f"{attempt}.db", Event()
        demo.faults["/robots.txt"] = lambda held=one_ended: None if held.wait(60) else 503
        command = scrapy_command(*crawl_args(demo, archive_file), "-a", "limit=5")
        both = [
            subprocess.Popen(
                command, cwd=ROOT, env=clean_environment(), stderr=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        # The site keeps the one that works waiting.
        while all(process.poll() is None for process in both):
            time.sleep(0.01)
        one_ended.set()
        errors = {process.communicate(timeout=120)[1][:60] for process in both}
        assert sorted(process.returncode for process in both) == [0, 75]
        assert errors == {"", f"{archive_file} is in use by another run"[:60]}
        assert rows(archive_file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert len(rows(archive_file, "SELECT 1 FROM articles")) == 5
        assert rows(archive_file, "SELECT verdict FROM runs") == [{"verdict": "ok"}]


@pytest.mark.fault("P13")
def test_a_process_that_no_signal_reaches_ends_itself_too(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import nkcrawl.pages.article as a, nkcrawl.commands.signals as c, itertools\n"
        "c._LAST_RESORT = 1\n"
        "def stuck(*_):\n"
        "    max(itertools.repeat(1))  # never returns to Python, where signals are handled\n"
        "a.read_dates = stuck\n"
    )
    done = scrapy(*crawl_args(demo, archive_file), NKCRAWL_HARD_LIMIT="3", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "Timeout (0:00:04)!" in done.stderr
    assert "in stuck" in done.stderr


# --- The disk -------------------------------------------------------------------------------------


@pytest.mark.fault("S5")
def test_an_archive_that_another_program_keeps_locked_is_a_failure(
    demo: FaultyServer, archive_file: Path, tmp_path: Path
) -> None:
    Archive.open(archive_file).close()
    (tmp_path / "sitecustomize.py").write_text(
        "import nkcrawl.archive.errors as o\no.BUSY_SECONDS = 0.2\n"
    )
    with closing(sqlite3.connect(archive_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = scrapy(*crawl_args(demo, archive_file), PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(
        f"{archive_file} has been locked by another program for more than 0.2 seconds."
    )
    assert demo.log == []


@pytest.mark.parametrize("place", ["missing/nknews.db", "."])
@pytest.mark.fault("P4")
def test_an_impossible_path_of_the_archive_is_a_usage_error(
    demo: FaultyServer, tmp_path: Path, place: str
) -> None:
    done = scrapy(*crawl_args(demo, tmp_path / place))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(tmp_path) in done.stderr
    assert demo.log == []


@pytest.mark.fault("P22")
def test_a_log_that_cannot_be_written_is_reported_once(
    demo: FaultyServer, archive_file: Path
) -> None:
    done = scrapy(*crawl_args(demo, archive_file), "-L", "DEBUG", "--logfile", "/dev/full")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(
        "The log could not be written ([Errno 28] No space left on device)."
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.fault("P20")
def test_a_standard_stream_that_is_closed_changes_nothing(
    demo: FaultyServer, archive_file: Path, closed: str
) -> None:
    command = shlex.join(scrapy_command(*crawl_args(demo, archive_file), "-a", "limit=3"))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], check=False, cwd=ROOT, env=clean_environment()
    )
    assert done.returncode == 0
    assert rows(
        archive_file, "SELECT verdict, (SELECT count(*) FROM articles) AS articles FROM runs"
    ) == [{"verdict": "ok", "articles": 3}]


@pytest.mark.parametrize("change", ["removed", "moved", "replaced"])
@pytest.mark.fault("P3")
def test_an_archive_that_is_taken_away_from_under_a_crawl_is_a_failure(
    demo: FaultyServer, archive_file: Path, change: str
) -> None:
    with crawling(demo, archive_file) as process:
        match change:
            case "removed":
                archive_file.unlink()
            case "moved":
                archive_file.rename(archive_file.with_name("moved.db"))
            case "replaced":
                archive_file.with_name("other.db").write_bytes(b"")
                archive_file.with_name("other.db").rename(archive_file)
        printed, stderr = process.communicate(timeout=60)
    assert (process.returncode, printed, stderr.count("\n")) == (1, "", 1)
    assert stderr.startswith(
        f"{archive_file} was removed, moved or replaced while the crawl was writing to it; "
    )


@pytest.mark.parametrize(("status", "code"), [(None, 0), (403, 4)])
@pytest.mark.fault("P22")
def test_output_that_cannot_be_printed_does_not_change_the_exit_code(
    demo: FaultyServer, archive_file: Path, status: int | None, code: int
) -> None:
    demo.faults.update(everything_but_robots(status) if status else {})
    command = scrapy_command(*crawl_args(demo, archive_file), "-L", "DEBUG")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, cwd=ROOT, env=clean_environment(), stderr=full, stdout=full, check=False
        )
    assert done.returncode == code


# --- Failures of some pages only ------------------------------------------------------------------


@pytest.mark.fault("P9")
def test_deleted_articles_are_gone_however_many_follow_each_other(
    demo: FaultyServer, archive_file: Path
) -> None:
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0
    deleted = [
        row["url"]
        for row in rows(
            archive_file, "SELECT url FROM articles ORDER BY url DESC LIMIT 12 OFFSET 5"
        )
    ]
    with closing(sqlite3.connect(archive_file)) as conn, conn:
        conn.execute(
            """
            UPDATE pages SET due_at = found_at
            WHERE kind = 'article' AND url IN (SELECT url FROM articles)
            """
        )
    demo.faults = {url.removeprefix(demo.base_url): 404 for url in deleted}
    done = scrapy(*crawl_args(demo, archive_file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    gone = rows(
        archive_file, "SELECT url FROM articles WHERE gone_at IS NOT NULL ORDER BY url DESC"
    )
    assert [row["url"] for row in gone] == deleted


def test_unknown_authors_are_reported_and_do_not_stop_a_later_run(
    demo: FaultyServer, archive_file: Path
) -> None:
    assert scrapy(*crawl_args(demo, archive_file), "-a", "limit=5").returncode == 0
    done = scrapy(*crawl_args(demo, archive_file), "-a", "authors=aa,bb,cc,dd,ee")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"There is no author page {demo.base_url}/content_author/aa/. "
        "Take the slug from the URL of an author's page.\n"
    )
    done = scrapy(*crawl_args(demo, archive_file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 60


def test_a_further_page_of_a_named_author_may_be_missing(
    demo: FaultyServer, archive_file: Path
) -> None:
    author = demo.fake_site.authors[0]
    further = f"{site.author_path(author.slug)}page/2/"
    demo.faults = {further: 404}
    done = scrapy(*crawl_args(demo, archive_file), "-a", f"authors={author.slug}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert further in [hit.path for hit in demo.log]


@pytest.mark.parametrize("body", ["", "<div id='app'></div>"])
@pytest.mark.fault("D14")
def test_a_site_of_which_no_page_is_an_article_has_changed(
    demo: FaultyServer, archive_file: Path, body: str
) -> None:
    demo.faults = {article.path: (200, body) for article in demo.fake_site.articles}
    for _ in range(2):
        done = scrapy(*crawl_args(demo, archive_file))
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert re.match(
            r"\d+ of \d+ (recent )?articles are not recognized as articles: "
            r"the page layout seems to have changed",
            done.stderr,
        )
        with closing(sqlite3.connect(archive_file)) as conn, conn:
            conn.execute("UPDATE pages SET due_at = found_at WHERE due_at IS NOT NULL")
    demo.faults = {}
    assert scrapy(*crawl_args(demo, archive_file)).returncode == 0
    assert len(rows(archive_file, "SELECT 1 FROM articles")) == 60


@pytest.mark.parametrize("target", ["/", "http://localhost:9/", "{path}"])
@pytest.mark.fault("D14")
def test_a_site_whose_author_pages_lead_elsewhere_has_changed(
    demo: FaultyServer, archive_file: Path, target: str
) -> None:
    paths = [site.author_path(author.slug) for author in demo.fake_site.authors]
    demo.faults = {
        path: FakeResponse(302, headers={"Location": target.format(path=path)}) for path in paths
    }
    done = scrapy(*crawl_args(demo, archive_file))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert done.stderr.startswith(
        f"No author page shows a link to an article, first {demo.base_url}{paths[0]}: "
    )


# --- All of it ------------------------------------------------------------------------------------


@pytest.mark.fault("N14")
def test_a_site_that_is_down_for_a_night_changes_nothing_but_the_record(
    demo: FaultyServer, archive_file: Path
) -> None:
    def everything() -> dict[str, list[dict[str, Any]]]:
        tables = [
            row["name"]
            for row in rows(archive_file, "SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        return {
            name: rows(archive_file, f"SELECT * FROM {name}") for name in tables if name != "runs"
        }

    assert scrapy(*crawl_args(demo, archive_file), "-a", "limit=20").returncode == 0
    before = everything()
    for faults, code in (({"*": 503}, 75), ({"*": slow(1.5)}, 75), (everything_but_robots(503), 1)):
        demo.faults = faults
        assert scrapy(*crawl_args(demo, archive_file), *IMPATIENT).returncode == code
        assert everything() == before


def test_the_readme_s_table_of_exit_codes_is_what_was_seen_here() -> None:
    promised = {int(code): verdict for code, verdict, *_ in table("docs/reference.md", "exit code")}
    assert promised == {code: verdict for verdict, code in EXIT_CODES.items()}
    seen = {case.code for case in CASES} | {0, 130}  # the latter in tests of their own
    assert set(promised) == seen
