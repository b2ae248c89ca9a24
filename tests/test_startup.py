"""Scrapy imports every command to find one: heavy packages are imported only where needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment

_PRINT_IMPORTS = """
import sys
from scrapy.cmdline import execute
try:
    execute(["scrapy", *sys.argv[1:]])
finally:
    print(*sys.modules, file=sys.stderr)
"""
_FOR_OTHERS = {
    "nkcrawl.demo", "nkcrawl.web",
    "datasette", "duckdb", "jinja2", "numpy", "pandas", "uvicorn",
    "boto3", "botocore", "IPython", "PIL",  # optional for Scrapy
    "hypothesis", "playwright", "pytest",
}  # fmt: skip


@pytest.mark.parametrize("command", [["status"], ["search", "ferry"]])
def test_a_command_imports_nothing_heavy_that_only_others_need(
    command: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_IMPORTS, *command],
        check=False,
        cwd=ROOT,
        env=clean_environment(NKCRAWL_DATABASE=str(tmp_path / "nknews.db")),
        capture_output=True,
        text=True,
    )
    imported = set(done.stderr.splitlines()[-1].split())
    assert {f"nkcrawl.commands.{command[0]}", "nkcrawl.archive"} <= imported
    assert not imported & _FOR_OTHERS
