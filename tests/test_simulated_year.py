"""NightlyCrawls in a row with everything that befalls a site and a machine: a month of them here, a year
in `make test-long`.
"""

from pathlib import Path

import pytest

from tests.stress.simulated_year import live_through, report


@pytest.mark.parametrize(
    ("nights", "articles", "authors", "budget"),
    [(48, 500, 12, 300), pytest.param(365, 5_500, 60, 600, marks=pytest.mark.long)],
)
def test_through_all_nights_nothing_is_left_out(
    tmp_path: Path, nights: int, articles: int, authors: int, budget: int
) -> None:
    year = live_through(
        nights=nights, articles=articles, authors=authors, budget=budget, seed=0, folder=tmp_path
    )
    print(report(year))
    assert len(year.quiet()) > nights // 4
    assert any(night.new for night in year.quiet())
