"""A crawled archive, served as by `make web`, and the browser to open it in."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import ROOT, clean_environment
from tests.nightly import NightlyCrawls
from tests.site import EditableSite

HOSTILE_TITLE = (
    "<script>document.title = 'taken'</script><img src=x onerror=alert(1)> & \"quoted\" </title>"
)
HOSTILE_LABEL = "<b onmouseover=alert(1)>Bold</b>"
EDIT = ", officials say"
_FIRST_NIGHT = date(2025, 11, 4)
_NIGHTS = (0, 75, 3, 0)  # with which exit code those after it end


def fill(archive_file: Path) -> None:
    """Crawl 310 made-up articles on five nights, one without robots.txt, one with a redesign."""
    with NightlyCrawls(EditableSite(articles=310), archive_file, _FIRST_NIGHT) as nights:
        fake_site = nights.fake_site
        fake_site.revise(fake_site.articles[6].path, title=HOSTILE_TITLE, label=HOSTILE_LABEL)
        _crawl(nights, 0)
        for code in _NIGHTS:
            newest = fake_site.articles[0]  # and so it is requested again
            fake_site.revise(newest.path, title=f"{newest.title.removesuffix(EDIT)}{EDIT}")
            if newest.access == "teaser":
                fake_site.open_up(newest.path)
            nights.pass_by()
            nights.site.faults = {"/robots.txt": 503} if code == 75 else {}
            nights.site.redesign = "unlinked" if code == 3 else None
            _crawl(nights, code)


def _crawl(nights: NightlyCrawls, code: int) -> None:
    done = nights.crawl()
    assert done.returncode == code, done.stderr


@contextmanager
def served(archive_file: Path) -> Iterator[str]:
    """Serve the archive in its own process, which must not print errors; yield the URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nkcrawl.web", str(archive_file), "--port", "0"],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+(?=/ until Ctrl-C)", line)
        assert url, line or process.communicate()[1]
        yield url[0]
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)
    assert (process.returncode, *rest) == (0, "", ""), rest


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium without a window."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail(
            "There is no chromium here, and these tests open pages in it: apt-get install chromium",
            False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()
