"""The script of docs/scheduling.md that runs a crawl and pings a monitor, here a local server."""

import pytest

from tests.recipes.conftest import MONITOR, MONITOR_DOWN, SITE, SITE_BUSY, SITE_DOWN, pings
from tests.recipes.machine import Machine
from tests.recipes.page import box, jobs

SCRIPT = box("code=$?")
(LINE,) = jobs(box("nkcrawl-nightly"))
GOOD = {"NKCRAWL_SITE": SITE, "NKCRAWL_REQUEST_BUDGET": "3"}
BAD = {"NKCRAWL_SITE": SITE_DOWN, "NKCRAWL_REQUEST_BUDGET": "8"}


def install(machine: Machine, script: str = SCRIPT, monitor: str = MONITOR) -> None:
    machine.write(LINE, script.replace("https://ping.example.org", monitor), mode=0o755)


def test_a_good_run_is_reported_without_a_word(machine: Machine) -> None:
    install(machine)
    done = machine.as_cron(LINE, **GOOD)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert pings(machine) == ["/your-id/0"]


def test_a_bad_run_keeps_its_sentence_and_its_exit_code(machine: Machine) -> None:
    install(machine)
    done = machine.as_cron(LINE, **BAD)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert SITE_DOWN in done.stderr
    assert pings(machine) == ["/your-id/1"]


def test_a_run_that_gave_way_is_not_reported(machine: Machine) -> None:
    install(machine)
    assert machine.as_cron(LINE, NKCRAWL_SITE=SITE_BUSY).returncode == 75
    assert pings(machine) == []


@pytest.mark.parametrize(("run", "code"), [(GOOD, 0), (BAD, 1)], ids=["good run", "bad run"])
def test_a_monitor_that_is_away_adds_a_sentence_and_changes_no_exit_code(
    machine: Machine, run: dict[str, str], code: int
) -> None:
    install(machine, monitor=MONITOR_DOWN)
    done = machine.as_cron(LINE, **run)
    *sentence, error = done.stderr.splitlines()
    assert (done.returncode, len(sentence)) == (code, code)
    assert error.startswith("curl: (7) Failed to connect")
