"""The crontabs of docs/scheduling.md with Debian's cron; all jobs run in the same minute."""

import re
from dataclasses import dataclass

import pytest

from tests.recipes.conftest import SITE, SITE_BUSY, SITE_DOWN, SITE_MUTE
from tests.recipes.machine import DATA, PROJECT, Machine, wait_until
from tests.recipes.page import box, jobs, variables

CRONTAB, LOGS = box("MAILTO="), box("--logfile")
CRAWL, STATUS = jobs(CRONTAB)
(LOGGED,) = jobs(LOGS)
(ALL_LOGGED,) = jobs(box(">> $LOG"))
UNSTOPPABLE = "/stand-in/unstoppable"
STOPPED = "The crawl was stopped by a signal; what was stored stays, and the rest is due.\n"

YESTERDAY = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
for column in ("started_at", "finished_at"):
    earlier = f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '-27 hours')"
    connection.execute(f"UPDATE runs SET {column} = {earlier}")
connection.commit()
"""


@dataclass(frozen=True)
class Job:
    """A line of the crontab, and the site in the variables before it."""

    command: str
    site: str = SITE

    def lines(self, name: str) -> str:
        """Return the job with its own archive, log and mailbox."""
        own = {
            "MAILTO": f"{name}@example.org",
            "NKCRAWL_SITE": self.site,
            "NKCRAWL_DATABASE": f"{DATA}/{name}.db",
            "LOG": f"{DATA}/{name}.log",
        }
        return (
            "".join(f"{variable}={value}\n" for variable, value in own.items())
            + f"* * * * * {self.command} # {name}\n"
        )


JOBS = {
    "good": Job(CRAWL),
    "down": Job(CRAWL, SITE_DOWN),
    "later": Job(CRAWL, SITE_BUSY),
    "slow": Job(CRAWL.replace("65m", "10s")),
    "mute": Job(CRAWL.replace("65m", "10s"), SITE_MUTE),
    "unstoppable": Job(re.sub(r"-k 2m 65m .*", f"-k 2 2s {UNSTOPPABLE}", CRAWL)),
    "logged": Job(LOGGED),
    "logged-down": Job(LOGGED, SITE_DOWN),
    "all-logged-down": Job(ALL_LOGGED, SITE_DOWN),
    "environment": Job("env"),
    "bare": Job("cat %one line%another"),
    "escaped": Job(r"echo '50\%' $PERCENT"),
}


@pytest.fixture(scope="module")
def night(booted: Machine) -> Machine:
    """The machine after cron has run every job once."""
    booted.clear()
    booted.write(UNSTOPPABLE, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n", mode=0o755)
    head = "".join(f"{name}={value}\n" for name, value in variables(CRONTAB).items())
    head += "NKCRAWL_REQUEST_BUDGET=12\nPERCENT=60%\n"
    booted.run(
        "crontab",
        "-u",
        "you",
        "-",
        stdin=head + "".join(job.lines(name) for name, job in JOBS.items()),
    )
    booted.run("systemctl", "start", "cron.service")
    wait_until(
        lambda: log(booted).count(") CMD (") == len(JOBS), "the next minute", lambda: log(booted)
    )
    booted.run("crontab", "-u", "you", "-r")
    wait_until(
        lambda: log(booted).count(") END (") == len(JOBS),
        "the jobs to end",
        lambda: log(booted) + booted.run("ps", "-ef").stdout + booted.run("ls", "-la", DATA).stdout,
    )
    booted.run("systemctl", "stop", "cron.service")
    return booted


def log(machine: Machine) -> str:
    # Not by unit: journald may look a process up only after it has ended, and omit the unit.
    return machine.journal("SYSLOG_IDENTIFIER=CRON")


def exit_code(machine: Machine, name: str) -> int:
    """Return the exit code that cron logged for a job."""
    (pid,) = re.findall(rf"\) END \(\[(\d+)\] .* # {name}\)", log(machine))
    failed = re.search(rf"grandchild #{pid} failed with exit status (\d+)", log(machine))
    return int(failed[1]) if failed else 0


def mail(machine: Machine, name: str) -> list[str]:
    """Return the texts of the mails that cron sent for a job."""
    return [str(message.get_payload()) for message in machine.mails(f"{name}@example.org")]


def rows(machine: Machine, name: str, sql: str) -> list[dict[str, object]]:
    """Return the rows of a query of a job's archive."""
    return machine.rows(f"{DATA}/{name}.db", sql)


def is_one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith((".\n", "?\n"))


def test_a_good_run_fills_the_archive_and_sends_no_mail(night: Machine) -> None:
    assert mail(night, "good") == []
    assert rows(night, "good", "SELECT verdict, exit_code FROM runs") == [
        {"verdict": "ok", "exit_code": 0}
    ]
    assert len(rows(night, "good", "SELECT 1 FROM articles")) > 0
    assert exit_code(night, "good") == 0


@pytest.mark.parametrize(
    ("name", "site", "code"), [("down", SITE_DOWN, 1), ("later", SITE_BUSY, 75)]
)
def test_any_other_run_has_cron_mail_one_sentence(
    night: Machine, name: str, site: str, code: int
) -> None:
    (text,) = mail(night, name)
    assert is_one_sentence(text)
    assert site in text
    assert exit_code(night, name) == code


@pytest.mark.parametrize("name", ["slow", "mute"])
def test_a_run_whose_time_is_up_ends_by_itself_and_says_so(night: Machine, name: str) -> None:
    assert mail(night, name) == [STOPPED]
    assert exit_code(night, name) == 124
    assert rows(night, name, "SELECT verdict FROM runs") == [{"verdict": "interrupted"}]
    assert rows(night, name, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_run_that_ignores_sigterm_is_killed_and_cron_mails_that(night: Machine) -> None:
    assert mail(night, "unstoppable") == ["Killed\n"]
    assert exit_code(night, "unstoppable") == 137


def test_scrapy_s_own_log_goes_to_its_file_and_the_sentence_still_to_the_mail(
    night: Machine,
) -> None:
    assert mail(night, "logged") == []
    assert "Spider closed (" in night.file(f"{DATA}/logged.log").read_text()
    (text,) = mail(night, "logged-down")
    assert is_one_sentence(text)
    assert exit_code(night, "logged-down") == 1
    assert "Spider closed (" in night.file(f"{DATA}/logged-down.log").read_text()


def test_where_everything_goes_to_the_log_no_mail_comes(night: Machine) -> None:
    assert mail(night, "all-logged-down") == []
    lines = night.file(f"{DATA}/all-logged-down.log").read_text().splitlines()
    assert any("Spider closed (" in line for line in lines)
    assert SITE_DOWN in lines[-1]


def test_cron_gives_a_job_what_the_page_says_and_nothing_else(night: Machine) -> None:
    (text,) = mail(night, "environment")
    given = dict(line.split("=", 1) for line in text.splitlines())
    own = {"MAILTO", "LOG", "PERCENT", *(name for name in given if name.startswith("NKCRAWL_"))}
    assert given["NKCRAWL_CONTACT"] == variables(CRONTAB)["NKCRAWL_CONTACT"]
    assert {name: value for name, value in given.items() if name not in own} == {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/you",
        "LOGNAME": "you",
        "SHELL": "/bin/sh",
        "PWD": "/home/you",  # the shell's own
    }


def test_a_percent_sign_is_a_line_break_in_a_command_unless_it_is_escaped(night: Machine) -> None:
    assert mail(night, "bare") == ["one line\nanother # bare\n"]
    assert mail(night, "escaped") == ["50% 60%\n"]


def test_the_second_line_speaks_up_when_the_last_good_run_is_too_old(night: Machine) -> None:
    def status(command: str, name: str) -> tuple[int, str, bool]:
        done = night.as_cron(command, NKCRAWL_DATABASE=f"{DATA}/{name}.db")
        return done.returncode, done.stdout, is_one_sentence(done.stderr) if done.stderr else False

    assert status(STATUS, "good") == (0, "", False)
    assert status(STATUS, "down") == (1, "", True)
    night.run(f"{PROJECT}/.venv/bin/python", "-c", YESTERDAY, f"{DATA}/good.db")
    assert status(STATUS, "good") == (1, "", True)
    assert status(STATUS.replace("26h", "50h"), "good") == (0, "", False)
