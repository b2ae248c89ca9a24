"""A few trials of each crash loop of tests/stress/; `make test-long` runs them at full length."""

import random

import pytest

from tests.stress import crash_recovery


@pytest.mark.parametrize(
    ("loop", "times"),
    [
        pytest.param("torn-wal", 100, marks=pytest.mark.fault("S2")),
        pytest.param("kills", 4, marks=pytest.mark.fault("P17", "S1")),
        pytest.param("signals", 1, marks=pytest.mark.fault("P15")),
        pytest.param("file-limits", 2, marks=pytest.mark.fault("P3", "S8")),
        pytest.param("memory-limits", 1, marks=pytest.mark.fault("P17")),
    ],
)
def test_the_archive_is_sound_after_each_crash_and_completed_by_the_next_run(
    loop: str, times: int
) -> None:
    report = crash_recovery.run({loop: times}, articles=24, seed=random.randrange(10**6))
    print(report)
    assert report.failures == []


@pytest.mark.long
def test_the_crash_loops_at_full_length() -> None:
    assert crash_recovery.main([]) == 0
