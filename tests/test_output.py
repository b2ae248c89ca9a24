"""Exit codes when output cannot be written, with and without Python's buffering of it."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from nkcrawl.demo import FakeSite
from tests.conftest import ROOT, clean_environment, crawl_args, scrapy, scrapy_command
from tests.site import FaultyServer

pytestmark = pytest.mark.fault("P26")

# Unbuffered output fails in the print itself, not at exit.
BUFFERING = pytest.mark.parametrize("unbuffered", ["", pytest.param("1", marks=pytest.mark.long)])
LOST = "The output could not be written (No space left on device). Is the disk full?\n"
FULL, CLOSED = ">/dev/full 2>&1", ">&- 2>&-"
NOWHERE = "http://127.0.0.1:9"  # no server listens on this port


def run(redirection: str, unbuffered: str, *args: str | Path) -> tuple[int, str, str]:
    """Run a scrapy command with its output redirected by a shell; return its code and output."""
    environment = {"PYTHONUNBUFFERED": unbuffered} if unbuffered else {}
    done = subprocess.run(
        ["/bin/sh", "-c", f"{shlex.join(scrapy_command(*args))} {redirection}"],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The setting that names an archive of a few articles."""
    file = tmp_path_factory.mktemp("output") / "nknews.db"
    with FaultyServer(FakeSite(articles=12)) as demo:
        assert scrapy(*crawl_args(demo, file)).returncode == 0
    return f"NKCRAWL_DATABASE={file}"


@BUFFERING
@pytest.mark.parametrize("redirection", [FULL, CLOSED])
@pytest.mark.parametrize("code", [0, 1, 3])
def test_a_crawl_ends_with_the_code_of_its_verdict(
    demo: FaultyServer, archive_file: Path, code: int, redirection: str, unbuffered: str
) -> None:
    args = crawl_args(demo, archive_file)
    if code == 0:
        args = (*args, "-a", "limit=1", "-L", "DEBUG")  # with something to print
    elif code == 1:
        args = (*args, "-s", f"NKCRAWL_SITE={NOWHERE}")
    else:
        demo.faults = {"/robots.txt": 404, "*": 404}
    assert run(redirection, unbuffered, *args) == (code, "", "")


@BUFFERING
@pytest.mark.parametrize("redirection", [FULL, CLOSED])
def test_a_wrong_argument_is_2(redirection: str, unbuffered: str, archive: str) -> None:
    for args in (["crawl", "nknews", "-a", "limit=none"], ["status", "--nonsense"]):
        assert run(redirection, unbuffered, *args, "-s", archive) == (2, "", ""), args


@BUFFERING
@pytest.mark.parametrize("command", ["status", "search harbor", "show PAGE"])
def test_a_command_whose_output_is_lost_says_so(
    command: str, unbuffered: str, archive: str, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<h1>The harbor office counts its ferries</h1>", encoding="utf-8")
    args = [*command.replace("PAGE", str(page)).split(), "-s", archive]
    code = scrapy(*args).returncode
    assert code in (0, 1)  # `show` ends with 1 for a page that would be rejected
    assert run(">/dev/full", unbuffered, *args) == (1, "", LOST)
    assert run(FULL, unbuffered, *args) == (1, "", "")
    assert run(CLOSED, unbuffered, *args) == (code, "", "")


@BUFFERING
def test_a_check_without_output_ends_with_its_result(unbuffered: str, archive: str) -> None:
    for redirection in (FULL, CLOSED):
        for args, code in ((["--max-age=26h"], 0), (["--max-age=0m"], 1)):
            assert run(redirection, unbuffered, "status", *args, "-s", archive) == (code, "", "")


@BUFFERING
@pytest.mark.parametrize("redirection", [FULL, CLOSED])
def test_an_export_is_written_even_if_nothing_can_be_printed(
    redirection: str, unbuffered: str, archive: str, tmp_path: Path
) -> None:
    file = tmp_path / "articles.csv"
    assert run(redirection, unbuffered, "export", file, "-s", archive) == (0, "", "")
    assert file.stat().st_size > 0
    assert run(redirection, unbuffered, "export", file, "-s", archive) == (2, "", "")


@BUFFERING
def test_the_command_nkcrawl_ends_with_the_same_codes(unbuffered: str, archive: str) -> None:
    environment = {"PYTHONUNBUFFERED": unbuffered} if unbuffered else {}
    database = {"NKCRAWL_DATABASE": archive.partition("=")[2]}
    command = shlex.join(scrapy_command("status")).replace(" scrapy ", " nkcrawl ")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} >/dev/full"],
        cwd=ROOT,
        env=clean_environment(**environment, **database),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, LOST)


def test_no_variable_of_the_caller_changes_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setenv("PYTHONPATH", os.sep)
    ours = {name: value for name, value in clean_environment().items() if "PYTHON" in name}
    assert ours == {"PYTHONWARNINGS": "default"}
