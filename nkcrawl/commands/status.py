"""`scrapy status`: how the archive is, for people, for programs, and for whoever must know that no
good run came.
"""

import argparse
import re
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveReader
from nkcrawl.commands import complain, print_json, print_table, size
from nkcrawl.commands.asking import asking
from nkcrawl.options import missing_contact, read_options
from nkcrawl.text import format_timestamp

_RUNS = 10
_FAILURES = 10
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_COLOURS = {"ok": "green", "later": "yellow", "interrupted": "yellow"}


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Tell how the archive is: last runs, articles, what is due, failures"

    def long_desc(self) -> str:
        return (
            "Tell what is in the archive and how its last runs went; it may be asked while a crawl is running. With "
            "--max-age it is a check for a second cron line or a monitoring service: it ends with 0, and without --json in "
            "silence, if a run with the verdict `ok` ended within that time (a run for one page, with url=, does not "
            "count), else it prints one sentence and ends with 1. Exit codes: 0 fine, 1 no good run that recent, 2 bad "
            "argument or no archive."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--max-age", metavar="AGE", help="how old the last good run may be: 90m, 26h, 3d"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with asking(self):
            if args:
                raise UsageError("scrapy status takes no argument but --json and --max-age AGE")
            max_age = None if opts.max_age is None else read_age(opts.max_age)
            assert self.settings is not None
            now = datetime.now(UTC)
            options = read_options(self.settings)
            with closing(ArchiveReader.open(options.database)) as reader:
                status = gather(reader, now)
            if opts.json:
                print_json(status)
            elif max_age is None:
                print_status(status)
                if warning := missing_contact(options):
                    print(f"\n{warning}")
            if max_age is not None and (complaint := too_old(status, now, max_age)):
                complain(complaint)
                self.exitcode = 1


def read_age(words: str) -> timedelta:
    """Read an age like '26h'; raises UsageError for anything else."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", words.strip())
    if not found:
        raise UsageError(
            f"--max-age is {words!r}, but it takes a number of minutes, hours or days, like 90m, 26h or 3d."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def gather(reader: ArchiveReader, now: datetime) -> dict[str, Any]:
    """Return all there is to tell, ready for JSON; times are UTC."""
    last_good = reader.last_good_end()
    return {
        "file": reader.about_file(),
        "articles": reader.count_articles(),
        "pages": reader.count_pages(),
        "failures": reader.failures(_FAILURES),
        "fields": reader.fill_rates(),
        "last_good_run_ended_at": format_timestamp(last_good) if last_good else None,
        "last_good_run_hours_ago": round((now - last_good) / timedelta(hours=1), 2)
        if last_good
        else None,
        "runs": reader.runs(_RUNS),
    }


def too_old(status: dict[str, Any], now: datetime, max_age: timedelta) -> str | None:
    """Return a sentence if no good run ended within `max_age`, with what the last run had to say,
    or None.
    """
    ended = status["last_good_run_ended_at"]
    if ended and now - datetime.fromisoformat(ended) <= max_age:
        return None
    since = (
        f"No good run since {ended} ({status['last_good_run_hours_ago']:.0f} hours)"
        if ended
        else "No good run yet"
    )
    last = status["runs"][0] if status["runs"] else None
    if last is None:
        return f"{since}, nor any other; is the crawl in a crontab, and is cron running?"
    said = (
        f"`{last['verdict']}`: {last['summary']}"
        if last["verdict"]
        else "not ended: it is running, or was killed."
    )
    return f"{since}; the last run began {last['started_at']} and is {said}"


def print_status(status: dict[str, Any]) -> None:
    """Print what `gather` returned, for people."""
    file, articles = status["file"], dict(status["articles"])
    print(
        f"{file['path']}: {size(file['bytes'])}, schema {file['schema']}, SQLite {file['sqlite']}"
    )
    gone = articles.pop("gone")
    print_table(
        ["articles", *articles, "gone"],
        [
            [
                f"{sum(articles.values()):,}",
                *(f"{count:,}" for count in articles.values()),
                f"{gone:,}",
            ]
        ],
    )
    if status["pages"]:
        columns = list(next(iter(status["pages"].values())))
        print_table(
            ["due", *(name.replace("_", " ") for name in columns)],
            [
                [kind, *(f"{counts[name]:,}" for name in columns)]
                for kind, counts in status["pages"].items()
            ],
        )
    if status["fields"]:
        rates = ", ".join(f"{field} {rate:.0%}" for field, rate in status["fields"].items())
        console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        console.print(Text(f"\nfilled in the articles stored last: {rates}"))
    if status["failures"]:
        print_table(
            ["last error", "pages", "one of them", "failures", "due again"],
            [
                [
                    row["last_error"],
                    f"{row['pages']:,}",
                    row["url"],
                    str(row["in_a_row"]),
                    row["due_at"] or "never",
                ]
                for row in status["failures"]
            ],
        )
    print_table(
        ["run", "took", "verdict", "new", "requests", "summary"],
        [_run_row(run) for run in status["runs"]],
    )


def _run_row(run: dict[str, Any]) -> list[str | Text]:
    verdict = run["verdict"] or "running?"
    return [
        run["started_at"],
        _duration(run["started_at"], run["finished_at"]),
        Text(verdict, style=_COLOURS.get(verdict, "red")),
        str(run["stats"].get("nkcrawl/articles/new", 0)),
        str(run["stats"].get("downloader/request_count", 0)),
        run["summary"] or "",
    ]


def _duration(started_at: str, finished_at: str | None) -> str:
    if finished_at is None:
        return ""
    took = datetime.fromisoformat(finished_at) - datetime.fromisoformat(started_at)
    minutes, seconds = divmod(round(took.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"
