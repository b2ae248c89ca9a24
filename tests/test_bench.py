"""The benchmarks run and print their tables; their figures are not tested."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment

BENCHMARKS = sorted(
    path for path in (ROOT / "bench").glob("*.py") if "ArgumentParser" in path.read_text()
)


@pytest.mark.parametrize(
    ("script", "row"),
    [
        ("scaling.py", "| next due page |"),
        pytest.param(
            "nightly_requests.py",
            "| nothing new, no article to check again |",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_benchmark_prints_a_table_and_leaves_nothing_behind(
    tmp_path: Path, script: str, row: str
) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / script, "--most", "400"],
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(TMPDIR=str(tmp_path)),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert row in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", [path.name for path in BENCHMARKS])
def test_a_benchmark_has_help(script: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / script, "--help"],
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: {script}" in done.stdout
