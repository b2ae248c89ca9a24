"""docs/reliability.md against the code: its table of faults is what the tests show."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.fault_table import ROWS

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_the_table_of_faults_is_the_one_that_is_printed() -> None:
    command = [sys.executable, "-m", "tests.fault_table", "--list"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n| ") == len(ROWS) + 4  # with the heads of four tables
    assert done.stdout.strip() in PAGE, "let `python -m tests.fault_table --list` print it anew"


@pytest.mark.parametrize(
    "command", ["fault_table", "stress.crash_recovery", "stress.hostile_responses", "stress.fuzz"]
)
def test_each_table_has_its_command(command: str) -> None:
    assert f"`.venv/bin/python -m tests.{command}" in PAGE
    assert (ROOT / "tests" / f"{command.replace('.', '/')}.py").is_file()
