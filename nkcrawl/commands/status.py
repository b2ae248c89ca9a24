"""`scrapy status`: the state of the archive, for people, programs and monitoring."""

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveReader
from nkcrawl.commands import format_size, print_json, print_table, restore_sigpipe
from nkcrawl.commands.base import ArchiveCommand, fail
from nkcrawl.options import missing_contact
from nkcrawl.text import format_timestamp

_RUNS = 10
_FAILURES = 10
_REJECTED_DAYS = 7
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_COLOURS = {"ok": "green", "later": "yellow", "interrupted": "yellow"}


class Command(ArchiveCommand, ScrapyCommand):
    summary = "Show the state of the archive: last runs, articles, due pages, failures"
    description = (
        "Show what is in the archive and how its last runs ended; a crawl may be running. With "
        "--max-age it is a check for a second cron line or a monitoring service: it ends with 0, "
        "and silently without --json, if a run with the verdict `ok` ended within that time (runs "
        "of a single page, with url=, do not count), else it prints one sentence and ends with 1. "
        "Exit codes: 0 fine, 1 no good run that recent, 2 bad argument or no archive."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--max-age", metavar="AGE", help="maximum age of the last good run: 90m, 26h, 3d"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        if args:
            raise UsageError("scrapy status takes no argument, only --json and --max-age AGE.")
        max_age = None if opts.max_age is None else read_age(opts.max_age)
        now = datetime.now(UTC)
        with self.open_reader() as reader:
            status = gather(reader, now)
        restore_sigpipe()
        if opts.json:
            print_json(status)
        elif max_age is None:
            print_status(status)
            if warning := missing_contact(self.options):
                print(f"\n{warning}")
        if max_age is not None and (message := too_old(status, now, max_age)):
            return fail(1, message)
        return 0


def read_age(value: str) -> timedelta:
    """Return an age like '26h' as a timedelta; raises UsageError for anything else."""
    match = re.fullmatch(r"([0-9]{1,5})([mhd])", value.strip())
    if not match:
        raise UsageError(
            f"--max-age={value!r}: expected minutes, hours or days, like 90m, 26h or 3d."
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def gather(reader: ArchiveReader, now: datetime) -> dict[str, Any]:
    """Return the state of the archive, ready for JSON; timestamps are UTC."""
    last_good = reader.last_good_end()
    return {
        "file": reader.about_file(),
        "articles": reader.count_articles(),
        "pages": reader.count_pages(),
        "failures": reader.failures(_FAILURES),
        "warnings": warnings(reader),
        "fields": reader.fill_rates(),
        "last_good_run_ended_at": last_good and format_timestamp(last_good),
        "last_good_run_hours_ago": last_good and round((now - last_good) / timedelta(hours=1), 2),
        "runs": reader.runs(_RUNS),
    }


def warnings(reader: ArchiveReader) -> list[str]:
    """Return a sentence on each loss that a good run does not report."""
    rejected = reader.newly_rejected(_REJECTED_DAYS)
    sentence = (
        f"Rejected for the first time in the last {_REJECTED_DAYS} days: {rejected['pages']}, the "
        f"latest {rejected['url']} ({rejected['reason']}); `scrapy show {rejected['url']}` shows "
        "how it is read."
    )
    return [*([sentence] if rejected["pages"] else []), *_feed_warnings(reader)]


def _feed_warnings(reader: ArchiveReader) -> list[str]:
    return [
        f"The feed {feed['url']} could not be used at its last visit ({feed['last_error']}, "
        f"{feed['failures']} in a row): new articles are found on author pages only. "
        "See it in a browser if this goes on."
        for feed in reader.feed_failures()
    ]


def too_old(status: dict[str, Any], now: datetime, max_age: timedelta) -> str | None:
    """Return a sentence on the last run if no good one ended within `max_age`, else None."""
    ended = status["last_good_run_ended_at"]
    if ended and now - datetime.fromisoformat(ended) <= max_age:
        return None
    since = "No good run yet"
    if ended:
        since = f"No good run since {ended} ({status['last_good_run_hours_ago']:.0f} hours)"
    if not status["runs"]:
        return f"{since}, nor any other; is the crawl in a crontab, and is cron running?"
    last = status["runs"][0]
    outcome = "not ended: it is running, or was killed."
    if last["verdict"]:
        outcome = f"`{last['verdict']}`: {last['summary']}"
    return f"{since}; the last run began {last['started_at']} and is {outcome}"


def print_status(status: dict[str, Any]) -> None:
    """Print the state of the archive for people."""
    file = status["file"]
    size = format_size(file["bytes"])
    print(f"{file['path']}: {size}, schema {file['schema']}, SQLite {file['sqlite']}")
    _print_articles(status["articles"])
    if status["pages"]:
        _print_pages(status["pages"])
    if status["fields"]:
        rates = ", ".join(f"{field} {rate:.0%}" for field, rate in status["fields"].items())
        console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        console.print(Text(f"\nfields present in the latest articles: {rates}"))
    if status["failures"]:
        print_table(
            ["failure", "pages", "example", "in a row", "due again"],
            [_failure_row(failure) for failure in status["failures"]],
        )
    for warning in status["warnings"]:
        print(f"\n{warning}")
    print_table(
        ["run", "duration", "verdict", "new", "requests", "summary"],
        [_run_row(run) for run in status["runs"]],
    )


def _print_articles(counts: dict[str, int]) -> None:
    total = sum(counts.values()) - counts["gone"]  # which are counted by their access, too
    print_table(["articles", *counts], [[f"{count:,}" for count in (total, *counts.values())]])


def _print_pages(counts: dict[str, dict[str, int]]) -> None:
    columns = [name.replace("_", " ") for name in next(iter(counts.values()))]
    rows = [[kind, *(f"{count:,}" for count in row.values())] for kind, row in counts.items()]
    print_table(["due", *columns], rows)


def _failure_row(failure: dict[str, Any]) -> list[str]:
    return [
        failure["last_error"],
        f"{failure['pages']:,}",
        failure["url"],
        str(failure["in_a_row"]),
        failure["due_at"] or "never",
    ]


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
    duration = datetime.fromisoformat(finished_at) - datetime.fromisoformat(started_at)
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"
