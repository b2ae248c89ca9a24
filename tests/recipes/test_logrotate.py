"""The logs and the logrotate snippet of docs/scheduling.md, with the real logrotate and crawls."""

import gzip
import re

import pytest

from tests.recipes.conftest import SITE
from tests.recipes.machine import DATA, Machine, wait_until
from tests.recipes.page import box, jobs, variables

LOG = variables(box("--logfile"))["LOG"]
LINES = [*jobs(box("--logfile")), *jobs(box(">> $LOG"))]
SNIPPET = box("delaycompress")


@pytest.fixture
def rotated(machine: Machine) -> Machine:
    machine.write("/etc/logrotate.d/nkcrawl", SNIPPET)
    machine.run("rm", "-f", "/var/lib/logrotate/status")
    return machine


def rotate(machine: Machine, *options: str) -> str:
    """Run logrotate as Debian does every day; return its messages."""
    return machine.run("/usr/sbin/logrotate", *options, "/etc/logrotate.conf").stderr


def crawl_across_a_rotation(machine: Machine, line: str) -> None:
    """Run a crawl that logs every page, and rotate when it is half through."""
    line = line.replace("-L INFO", "-L DEBUG")
    process = machine.start_as_cron(line, LOG=LOG, NKCRAWL_SITE=SITE, NKCRAWL_REQUEST_BUDGET="5")
    wait_until(lambda: pages_in(read(machine, "")) >= 2, "the first pages")
    rotate(machine, "--force")
    assert process.wait() == 0


def read(machine: Machine, ending: str) -> str:
    file = machine.file(LOG + ending)
    if not file.exists():
        return ""
    return (
        gzip.decompress(file.read_bytes()).decode() if ending.endswith(".gz") else file.read_text()
    )


def pages_in(log: str) -> int:
    return len(re.findall(r"DEBUG: Crawled \(\d+\) <GET ", log))


def is_a_whole_run(log: str) -> bool:
    return log.count("Spider opened") == log.count("Spider closed (") == 1


@pytest.mark.parametrize("line", LINES, ids=["scrapy's log", "all in one"])
def test_nothing_is_lost_when_the_log_is_rotated_under_a_crawl(rotated: Machine, line: str) -> None:
    crawl_across_a_rotation(rotated, line)
    first = read(rotated, ".1")
    assert (read(rotated, ""), is_a_whole_run(first)) == ("", True)
    crawl_across_a_rotation(rotated, line)
    second = read(rotated, ".1")
    assert (read(rotated, ""), is_a_whole_run(second)) == ("", True)
    assert read(rotated, ".2.gz") == first, "the first night's log, compressed now"
    answers = rotated.rows(
        f"{DATA}/nknews.db",
        "SELECT stats ->> '$.\"downloader/response_count\"' AS n FROM runs ORDER BY id",
    )
    assert [pages_in(first), pages_in(second)] == [row["n"] for row in answers]


def test_it_is_rotated_once_a_month_and_belongs_to_you(rotated: Machine) -> None:
    rotated.run("runuser", "-u", "you", "--", "sh", "-c", f"echo a line > {LOG}")
    month_ago = rotated.run("date", "--date=32 days ago", "+%Y-%-m-%-d").stdout.strip()
    for last, files in (("", ["nkcrawl.log"]), (month_ago, ["nkcrawl.log", "nkcrawl.log.1"])):
        if last:
            rotated.write(
                "/var/lib/logrotate/status",
                f'logrotate state -- version 2\n"{LOG}" {last}-0:0:0\n',
                mode=0o600,
            )
        assert rotate(rotated) == ""
        assert sorted(rotated.run("ls", DATA).stdout.split()) == files
    assert rotated.run("stat", "--format=%U", f"{LOG}.1").stdout == "you\n"
