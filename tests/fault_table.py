"""What goes wrong, and the tests that show what nkcrawl does about it: `python -m tests.fault_table`
runs them and prints a table.

A test names the rows that it shows: `@pytest.mark.fault("P3", "S8")`. A row that no test can show
says why. `--list` counts the cases and runs none; anything else is for pytest.
"""

import os
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Row:
    """One thing that goes wrong."""

    fault: str
    promise: str  # what nkcrawl does about it; with the exit code, where the run ends by it
    not_shown: str = ""  # why no test shows it


SECTIONS = {
    "P": "The process, cron, the machine",
    "S": "The archive",
    "N": "The network, and manners",
    "D": "Content, hostile or merely bad",
}

ROWS = {
    "P1": Row(
        "a page trips our reader",
        "1; names the page and the function; five in a row end the run; pages stay due",
    ),
    "P2": Row("a pipeline raises", "1; names the page; five times end the run; pages stay due"),
    "P3": Row(
        "storing fails in mid-crawl", "1; the first error ends the run; what was stored stays"
    ),
    "P4": Row(
        "the archive cannot be opened",
        "2, or 1 where the machine is to blame; nothing is asked, nothing changed",
    ),
    "P5": Row("something closes the spider", "1; names the reason"),
    "P6": Row("the handler of a signal raises", "1; the run's row is finished all the same"),
    "P7": Row("the spider cannot start", "1"),
    "P8": Row("no DNS, connection refused, 5xx everywhere", "1; pages stay due"),
    "P9": Row("403, or 404, everywhere", "4, or 3; nothing is taken to be gone"),
    "P10": Row("robots.txt forbids everything", "4; no page is asked for"),
    "P11": Row("the server hangs, or drips", "1; five in a row end the run"),
    "P12": Row("the time is up", "1; ends in order"),
    "P13": Row("the process is stuck in a regular expression", "1; ends itself, with a traceback"),
    "P14": Row("SIGTERM or SIGINT", "130; the page in hand is stored, the rest is due"),
    "P15": Row("SIGTERM or SIGINT twice", "130; at once"),
    "P16": Row("SIGHUP", "as a kill"),
    "P17": Row(
        "kill -9, out of memory",
        "nothing to repair; the next run goes on, and marks a run that died; 1 where it is refused more memory",
    ),
    "P18": Row("two runs at once", "75; says who holds the archive and since when"),
    "P19": Row("a job folder of Scrapy's", "none is used; the archive is the queue"),
    "P20": Row("cron's empty environment, any folder", "works"),
    "P21": Row("the log grows", "at INFO a few bytes a page, never an article"),
    "P22": Row("the log's disk is full", "one sentence, or the crawl goes on; no flood on stderr"),
    "P23": Row("memory grows", "1; ends at MEMUSAGE_LIMIT_MB of its own"),
    "P24": Row("no run comes at all", "`scrapy status --max-age` ends with 1 and a sentence"),
    "P25": Row("nobody is told", "a good run prints nothing; any other one line on stderr"),
    "S1": Row(
        "kill -9 in the middle of a transaction", "whole or not at all; full-text search agrees"
    ),
    "S2": Row("the log's tail is lost or damaged", "opens; a whole prefix of what was committed"),
    "S3": Row("the file is copied while a crawl writes", "`scrapy backup` makes a whole copy"),
    "S4": Row("a reader in the middle of a query", "the crawl writes on"),
    "S5": Row("another program locks the file", "waits 30 s, then 1; nothing lost"),
    "S6": Row("a transaction that reads before it writes", "takes the write lock first"),
    "S7": Row("two processes open a new file at once", "one works, one says 75"),
    "S8": Row("the disk is full", "1; what was acknowledged is there"),
    "S9": Row("the file is no database", "2; untouched"),
    "S10": Row("the database is somebody else's", "2; untouched"),
    "S11": Row(
        "a page of the file is damaged",
        "2; untouched; a file of over 256 MB is looked through once a week",
    ),
    "S12": Row(
        "a reader who may not write beside the file", "reads it, between runs and after a kill"
    ),
    "S13": Row(
        "a later visit shows less", "an empty value replaces nothing, a teaser no whole text"
    ),
    "S14": Row("row numbers change under the search", "they never do"),
    "S15": Row(
        "another tool writes to the articles",
        "not our promise",
        "nothing but nkcrawl should write to the file",
    ),
    "S16": Row("VACUUM renumbers", "the numbers are declared, and stay"),
    "S17": Row("a write that is not committed", "each method of the archive is one transaction"),
    "S18": Row("a file of an older schema", "2; a sentence on what to do; untouched"),
    "S19": Row("a value of the wrong type", "refused by the table"),
    "S20": Row("trusted_schema=OFF", "not set", "the triggers of the full-text search need it on"),
    "S21": Row(
        "the WAL-reset bug of SQLite before 3.51.3",
        "one writer by a lock; `status` shows the version",
    ),
    "S22": Row("search words that are syntax", "any text is a question"),
    "S23": Row(
        "the cost of a commit", "a figure, in docs/performance.md", "a benchmark, not a fault"
    ),
    "N1": Row(
        "requests too fast, or side by side", "never two at once, never sooner than the delay"
    ),
    "N2": Row("jitter halves the delay", "none"),
    "N3": Row("429 or 503, with or without Retry-After", "waits up to 120 s, once a page; else 75"),
    "N4": Row("robots.txt cannot be read", "75; no page is asked for"),
    "N5": Row("Crawl-delay", "obeyed up to 60 s; above, 75"),
    "N6": Row(
        "pages as they were are sent again",
        "conditional requests; no two answers in a row on trust",
    ),
    "N7": Row("a cache answers for the site", "none is used"),
    "N8": Row("a redirect off the site", "not followed, retried or not; a failed page"),
    "N9": Row("redirects in a circle", "a failed page after five"),
    "N10": Row("another scheme or port", "not followed"),
    "N11": Row("a body that is cut off", "a failed page, no article"),
    "N12": Row("cookies make Scrapy ask other hosts", "none are taken; nobody else is asked"),
    "N13": Row("a pager without end, or in a circle", "ends after a page that shows nothing new"),
    "N14": Row("the site is down for a night", "the archive is as it was, but for the run's row"),
    "D1": Row("a compressed bomb", "cut off at 5 MiB; a failed page"),
    "D2": Row("a body without end", "likewise"),
    "D3": Row("5 MiB of one tag", "rejected before it is parsed; memory bounded"),
    "D4": Row("100,000 levels", "rejected; no row, for the parser drops what lies deep"),
    "D5": Row("control characters, terminal escapes, bidi overrides", "left out"),
    "D6": Row("half an emoji in JSON-LD", "replaced"),
    "D7": Row("NUL", "left out"),
    "D8": Row("JSON-LD that is huge, nested or no JSON", "survived"),
    "D9": Row("a headline of 10 MB", "rejected"),
    "D10": Row(
        "a charset that is wrong or not stated",
        "read as UTF-8 where it is UTF-8, else as declared, never guessed",
    ),
    "D11": Row("dates that cannot be", "no date, rather than a wrong one"),
    "D12": Row("a canonical link to another article", "not believed"),
    "D13": Row(
        "soft 404, login, challenge, listing in an article's place", "rejected; no row is touched"
    ),
    "D14": Row("a redesign", "3; nothing stored is replaced by less"),
    "D15": Row("HTML or script in a headline", "text"),
    "D16": Row("formulas in CSV", "an apostrophe before them"),
    "D17": Row("terminal escapes in what is printed", "none is printed"),
    "D18": Row("a headline that forges a line of the log", "one line is one line"),
    "D19": Row("entities in XML", "not expanded"),
    "D20": Row("a Referrer-Policy that names code", "not looked at"),
    "D21": Row("file:, data: or ftp: by redirect", "not followed"),
}


class Ledger:
    """A pytest plugin that keeps account of the cases of each row, and of those that failed."""

    def __init__(self) -> None:
        self.rows_of: dict[str, set[str]] = {}  # of each test, by its name
        self.cases: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self.rows_of[item.nodeid] = {
                row for mark in item.iter_markers("fault") for row in mark.args
            }
        self.cases = Counter(row for rows in self.rows_of.values() for row in rows)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.update(self.rows_of[report.nodeid])


def as_markdown(ledger: Ledger) -> str:
    """Return the tables of faults, with how many cases show each row, and how many of them
    failed.
    """
    lines = []
    for letter, title in SECTIONS.items():
        lines += [
            f"### {title}",
            "",
            "| | what goes wrong | what nkcrawl does | cases |",
            "|---|---|---|---|",
        ]
        lines += [_line(name, row, ledger) for name, row in ROWS.items() if name[0] == letter] + [
            ""
        ]
    return "\n".join(lines)


def _line(name: str, row: Row, ledger: Ledger) -> str:
    shown = row.not_shown or str(ledger.cases[name])
    if ledger.failed[name]:
        shown = f"**{ledger.failed[name]} of {shown} failed**"
    return f"| {name} | {row.fault} | {row.promise} | {shown} |"


def main(args: list[str]) -> int:
    """Run the tests that show a fault, or with --list only count them; print the tables, and return
    the exit code.
    """
    ledger, only_count = Ledger(), args == ["--list"]
    marked = [str(Path(__file__).parent), "-q", "--no-header", "-m", "fault and not long"]
    with redirect_stdout(StringIO()):
        code = pytest.main([*marked, "--collect-only"], plugins=[ledger])
    if not only_count and not code:  # side by side, in processes that know nothing of the ledger
        code = pytest.main(
            [*marked, "-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile", *args],
            plugins=[ledger],
        )
    print(as_markdown(ledger))
    unknown = {row for rows in ledger.rows_of.values() for row in rows} - ROWS.keys()
    unshown = [name for name, row in ROWS.items() if not row.not_shown and not ledger.cases[name]]
    if unknown or unshown:
        print(
            f"Unknown rows: {sorted(unknown)}. Rows that no test shows: {unshown}.", file=sys.stderr
        )
    return int(code) or bool(unknown or unshown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
