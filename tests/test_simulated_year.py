"""A short form of tests/stress/simulated_year.py; `make test-long` simulates a whole year."""

from pathlib import Path

import pytest

from tests.stress.simulated_year import report, simulate


@pytest.mark.parametrize(
    ("nights", "articles", "authors", "budget"),
    [(48, 500, 12, 300), pytest.param(365, 5_500, 60, 600, marks=pytest.mark.long)],
)
def test_nothing_is_missed_in_all_nights(
    tmp_path: Path, nights: int, articles: int, authors: int, budget: int
) -> None:
    year = simulate(
        nights=nights, articles=articles, authors=authors, budget=budget, seed=0, folder=tmp_path
    )
    print(report(year))
    assert len(year.quiet()) > nights // 4
    assert any(night.new for night in year.quiet())
