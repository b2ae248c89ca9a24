"""The crash loops of tests/stress/crash_recovery.py, a few trials of each; `make test-long` runs them at their
full length.
"""

import random

import pytest

from tests.stress import crash_recovery

ROWS = {
    "tails": ("S2",),
    "kills": ("P17", "S1"),
    "hangups": ("P16",),
    "signals": ("P15",),
    "limits": ("P3", "S8"),
    "starvations": ("P17",),
}


@pytest.mark.parametrize(
    ("loop", "times"),
    [
        pytest.param(loop, times, marks=pytest.mark.fault(*ROWS[loop]))
        for loop, times in (
            ("tails", 100),
            ("kills", 4),
            ("hangups", 1),
            ("signals", 1),
            ("limits", 2),
            ("starvations", 1),
        )
    ],
)
def test_after_every_blow_the_archive_is_whole_and_the_next_run_makes_it_complete(
    loop: str, times: int
) -> None:
    report = crash_recovery.run({loop: times}, articles=24, seed=random.randrange(10**6))
    print(report)
    assert report.failures == []


@pytest.mark.long
def test_all_of_them_at_their_full_length() -> None:
    assert crash_recovery.main([]) == 0
