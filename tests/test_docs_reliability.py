"""docs/reliability.md against the tests: its tables list the faults that the tests provoke."""

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([PSND]\d+) \| .+ \| (.+) \|$", flags=re.MULTILINE)
# The arguments of `@pytest.mark.fault("P3", "S8")`, and the `rows` of a Case.
MARK = re.compile(r'"((?:\{\w+\} )?[PSND]\d+(?: [PSND]\d+)*)"')


def test_every_mark_is_a_row_and_every_row_has_a_mark_or_a_reason() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    literals = " ".join(match for source in sources for match in MARK.findall(source))
    rows = dict(ROW.findall(PAGE.partition("## Faults")[2].partition("\n## ")[0]))
    tested = {name for name, answer in rows.items() if not answer.startswith("not tested: ")}
    assert set(re.findall(r"[PSND]\d+", literals)) == tested


@pytest.mark.parametrize(
    "program", ["crash_recovery", "hostile_responses", "simulated_year", "fuzz"]
)
def test_each_stress_program_has_its_command(program: str) -> None:
    assert f"`.venv/bin/python -m tests.stress.{program}" in PAGE
    assert (ROOT / "tests" / "stress" / f"{program}.py").is_file()
