"""The units of docs/scheduling.md under a real systemd; tests change them with drop-ins only."""

import re
import time

import pytest

from tests.recipes.conftest import MONITOR, SITE, SITE_BUSY, SITE_DOWN, SITE_MUTE, pings
from tests.recipes.machine import DATA, PROJECT, Machine, wait_until
from tests.recipes.page import box

UNITS = {
    "nkcrawl.service": box("SuccessExitStatus="),
    "nkcrawl.timer": box("OnCalendar=*-*-* 05:17"),
    "nkcrawl-status.service": box("ExecStart=/home/you/nkcrawl/.venv/bin/nkcrawl status"),
    "nkcrawl-status.timer": box("OnCalendar=*-*-* 09:00"),
    "nkcrawl-failed@.service": box("MONITOR_UNIT"),
}
PING = box("ExecStopPost=")
ENABLE = box("systemctl enable")
ARCHIVE = f"{DATA}/nknews.db"
STOPPED = "The crawl was stopped by a signal; what was stored stays, and the rest is due."
A_FEW_PAGES = f"Environment=NKCRAWL_SITE={SITE} NKCRAWL_REQUEST_BUDGET=3"
ALL_PAGES = f"Environment=NKCRAWL_SITE={SITE}"
MUTE = f"Environment=NKCRAWL_SITE={SITE_MUTE}"
BUSY = f"Environment=NKCRAWL_SITE={SITE_BUSY}"
DOWN = f"Environment=NKCRAWL_SITE={SITE_DOWN} NKCRAWL_REQUEST_BUDGET=8"


@pytest.fixture
def units(machine: Machine) -> Machine:
    """The machine with the page's units, as they are printed."""
    machine.run(
        "systemctl", "stop", "nkcrawl.timer", "nkcrawl.service", "nkcrawl-status.timer", check=False
    )
    machine.run("rm", "-rf", *(f"/etc/systemd/system/{unit}.d" for unit in UNITS))
    machine.run("rm", "-f", "/var/lib/systemd/timers/stamp-nkcrawl.timer")
    for unit, text in UNITS.items():
        machine.write(f"/etc/systemd/system/{unit}", text)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed")
    return machine


def drop_in(machine: Machine, unit: str, text: str) -> None:
    section = "Timer" if unit.endswith(".timer") else "Service"
    machine.write(f"/etc/systemd/system/{unit}.d/test.conf", f"[{section}]\n{text}\n")
    machine.run("systemctl", "daemon-reload")


def instead(command: str) -> str:
    """Return the text of a drop-in that runs a command instead of the crawl."""
    return f"ExecStart=\nExecStart={command}"


def run_crawl(machine: Machine, text: str) -> bool:
    """Start the crawl with a drop-in, wait, and return whether systemd calls it a success."""
    drop_in(machine, "nkcrawl.service", text)
    return run(machine, "nkcrawl")


def run(machine: Machine, name: str) -> bool:
    """Start a service, wait for its end and its mail, and return whether it was a success."""
    good = machine.run("systemctl", "start", f"{name}.service", check=False).returncode == 0
    mailer = f"nkcrawl-failed@{name}.service"
    if not good:
        wait_until(
            lambda: mails(machine) and unit_property(machine, mailer, "ActiveState") == "inactive",
            "the mail",
        )
    return good


def unit_property(machine: Machine, unit: str, name: str) -> str:
    return machine.run("systemctl", "show", "--value", f"--property={name}", unit).stdout.strip()


def mails(machine: Machine) -> list[tuple[str, str]]:
    """Return the subject and the text of each mail."""
    return [(mail["Subject"], str(mail.get_payload())) for mail in machine.mails("you@example.org")]


def runs(machine: Machine) -> list[tuple[object, object]]:
    rows = machine.rows(ARCHIVE, "SELECT verdict, exit_code FROM runs")
    return [(run["verdict"], run["exit_code"]) for run in rows]


def journal_of(machine: Machine) -> str:
    """Return what the processes of the service wrote to the journal in this test."""
    return machine.journal("_SYSTEMD_UNIT=nkcrawl.service")


def has_run(machine: Machine) -> bool:
    return (
        machine.file(ARCHIVE).exists()
        and unit_property(machine, "nkcrawl.service", "ActiveState") == "inactive"
    )


def test_systemd_finds_no_fault_in_the_units(units: Machine) -> None:
    done = units.run(
        "systemd-analyze", "verify", *(f"/etc/systemd/system/{unit}" for unit in UNITS)
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_the_timers_are_due_when_they_say_and_start_nothing_before(units: Machine) -> None:
    units.run("sh", "-e", "-c", ENABLE)
    assert 5 * 60 + 17 <= due(units, "nkcrawl.timer") <= 5 * 60 + 32
    assert due(units, "nkcrawl-status.timer") == 9 * 60
    assert not units.file(ARCHIVE).exists()
    assert mails(units) == []


def due(machine: Machine, timer: str) -> int:
    """Return the minute of the day at which an enabled timer elapses, as systemctl lists it."""
    assert unit_property(machine, timer, "UnitFileState") == "enabled"
    (listed,) = (
        line
        for line in machine.run("systemctl", "list-timers").stdout.splitlines()
        if f" {timer} " in line
    )
    hour, minute = re.findall(r"(\d\d):(\d\d):\d\d", listed)[0]
    return int(hour) * 60 + int(minute)


def test_the_timer_starts_a_crawl_that_fills_the_archive_and_sends_no_mail(units: Machine) -> None:
    drop_in(units, "nkcrawl.service", f"Environment=NKCRAWL_SITE={SITE} NKCRAWL_REQUEST_BUDGET=12")
    drop_in(
        units,
        "nkcrawl.timer",
        "OnCalendar=\nOnCalendar=*:*:0/3\nAccuracySec=1s\nRandomizedDelaySec=0",
    )
    units.run("systemctl", "start", "nkcrawl.timer")
    wait_until(lambda: units.file(ARCHIVE).exists(), "the timer")
    units.run("systemctl", "stop", "nkcrawl.timer")
    wait_until(lambda: has_run(units), "the crawl to end")
    assert runs(units) == [("ok", 0)]
    assert len(units.rows(ARCHIVE, "SELECT 1 FROM articles")) > 0
    assert mails(units) == []
    assert unit_property(units, "nkcrawl.service", "Result") == "success"


def test_a_night_in_which_the_machine_was_off_is_made_up_for(units: Machine) -> None:
    drop_in(units, "nkcrawl.service", A_FEW_PAGES)
    drop_in(units, "nkcrawl.timer", "RandomizedDelaySec=0")
    units.run("touch", "--date=2 days ago", "/var/lib/systemd/timers/stamp-nkcrawl.timer")
    units.run("systemctl", "start", "nkcrawl.timer")
    wait_until(lambda: has_run(units), "the crawl", seconds=20)
    assert runs(units) == [("ok", 0)]


def test_a_bad_run_is_mailed_and_listed_as_failed(units: Machine) -> None:
    assert not run_crawl(units, DOWN)
    ((subject, text),) = mails(units)
    assert subject == "nkcrawl.service: exit-code, exit code 1"
    assert (text.count("\n"), SITE_DOWN in text) == (1, True)
    assert "nkcrawl.service" in units.run("systemctl", "--failed").stdout
    assert text == journal_of(units)
    assert text.strip() in units.run("journalctl", "-u", "nkcrawl.service").stdout


def test_a_run_that_gave_way_is_neither_mailed_nor_failed(units: Machine) -> None:
    assert run_crawl(units, BUSY)
    assert runs(units) == [("later", 75)]
    assert mails(units) == []
    assert SITE_BUSY in journal_of(units)


def test_a_morning_without_a_good_run_is_mailed(units: Machine) -> None:
    assert run_crawl(units, BUSY)
    assert not run(units, "nkcrawl-status")
    ((subject, text),) = mails(units)
    assert (subject, text.count("\n")) == ("nkcrawl-status.service: exit-code, exit code 1", 1)


def test_a_morning_after_a_good_run_is_not_mailed(units: Machine) -> None:
    assert run_crawl(units, A_FEW_PAGES)
    assert run(units, "nkcrawl-status")
    assert mails(units) == []


@pytest.mark.parametrize("code", [0, 75, 130, 1, 2, 3, 4])
def test_which_exit_codes_are_mailed(units: Machine, code: int) -> None:
    good = code in (0, 75, 130)
    assert run_crawl(units, instead(f"/bin/sh -c 'exit {code}'")) is good
    assert [subject for subject, _ in mails(units)] == (
        [] if good else [f"nkcrawl.service: exit-code, exit code {code}"]
    )


@pytest.mark.parametrize(
    "site", [ALL_PAGES, MUTE], ids=["a site that answers", "a site that does not"]
)
def test_a_stop_ends_the_crawl_cleanly(units: Machine, site: str) -> None:
    drop_in(units, "nkcrawl.service", site)
    units.run("systemctl", "start", "--no-block", "nkcrawl.service")
    wait_until(lambda: units.file(ARCHIVE).exists(), "the crawl to begin")
    time.sleep(5)
    units.run("systemctl", "stop", "nkcrawl.service")
    assert runs(units) == [("interrupted", 130)]
    assert units.rows(ARCHIVE, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert (unit_property(units, "nkcrawl.service", "ActiveState"), mails(units)) == (
        "inactive",
        [],
    )
    assert journal_of(units) == f"{STOPPED}\n"


def test_a_run_whose_time_is_up_ends_cleanly_and_is_mailed(units: Machine) -> None:
    assert not run_crawl(units, f"{ALL_PAGES}\nTimeoutStartSec=8s")
    assert mails(units) == [("nkcrawl.service: timeout, exit code 130", f"{STOPPED}\n")]
    assert runs(units) == [("interrupted", 130)]


def test_a_run_that_does_not_heed_is_killed_and_mailed(units: Machine) -> None:
    stuck = instead("""/bin/sh -c 'trap "" TERM; while :; do sleep 1; done'""")
    assert not run_crawl(units, f"{stuck}\nTimeoutStartSec=1s\nTimeoutStopSec=2s")
    assert [subject for subject, _ in mails(units)] == ["nkcrawl.service: timeout, exit code KILL"]


def test_of_what_is_on_disk_the_crawl_can_change_its_data_folder_and_nothing_else(
    units: Machine,
) -> None:
    units.run("runuser", "-u", "you", "--", "mkdir", "-p", "/home/you/notes", "/var/tmp/notes")
    units.write("/tmp/of-another-program", "")
    places = (DATA, PROJECT, "/home/you", "/home/you/notes", "/var/tmp/notes", "/etc", "/usr")
    tries = "; ".join(f"touch {place}/x && echo wrote to {place}" for place in places)
    looks = "ls /tmp; grep -E ^NoNewPrivs:\\|^CapBnd: /proc/self/status; echo reached the end"
    assert run_crawl(units, instead(f"/bin/sh -c '{tries}; {looks}'"))
    lines = [line for line in journal_of(units).splitlines() if not line.startswith("touch: ")]
    assert lines == [
        f"wrote to {DATA}",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
        "reached the end",
    ]


def test_the_crawl_is_given_the_contact_and_a_percent_sign_is_written_twice(units: Machine) -> None:
    assert run_crawl(units, instead("/usr/bin/env") + "\nEnvironment=TWICE=50%%")
    assert {"NKCRAWL_CONTACT=https://example.org/about-my-project", "TWICE=50%"} <= set(
        journal_of(units).splitlines()
    )


def test_a_ping_follows_each_run_but_one_that_gave_way(units: Machine) -> None:
    ping = PING.replace("https://ping.example.org", MONITOR)
    assert run_crawl(units, f"{A_FEW_PAGES}\n{ping}")
    assert not run_crawl(units, instead("/bin/sh -c 'exit 1'") + f"\n{ping}")
    assert run_crawl(units, instead("/bin/sh -c 'exit 75'") + f"\n{ping}")
    assert not run_crawl(units, instead("/bin/sh -c 'kill -KILL $$$$'") + f"\n{ping}")
    assert pings(units) == ["/your-id/0", "/your-id/1", "/your-id/KILL"]


def test_a_monitor_that_is_away_makes_no_run_a_failed_one(units: Machine) -> None:
    assert run_crawl(units, f"{A_FEW_PAGES}\n{PING.replace('https://ping.example.org', SITE_DOWN)}")
    assert mails(units) == []
    assert "curl: (7) Failed to connect" in journal_of(units)
