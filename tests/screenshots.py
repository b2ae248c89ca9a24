"""Pictures of the made-up site's archive.

`python -m tests.screenshots` makes those of the README, in docs/images; with a FOLDER it takes
every page of the browser side, wide and narrow.
"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser
from rich.console import Console
from rich.text import Text

from nkcrawl.demo import DemoServer, FakeSite
from tests.browser import chromium, fill, served
from tests.conftest import ROOT, clean_environment, crawl_args, scrapy

PAGES = {
    "home": "/",
    "articles": "/archive/articles",
    "article": "/archive/articles/1",
    "query": "/archive/longest-silence",
    "charts": "/-/dashboards/archive",
}
WIDTHS = (1280, 390)
COMMANDS = ("nkcrawl search --limit 3 timber", "nkcrawl status")
COLUMNS = 112


def take_all_pages(folder: Path) -> None:
    """Save each page at each width as a PNG in the folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        archive_file = Path(place) / "nknews.db"
        fill(archive_file)
        with served(archive_file) as address, chromium() as browser:
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900})
                for name, path in PAGES.items():
                    page.goto(address + path, wait_until="networkidle")
                    picture = folder / f"{name}-{width}.png"
                    # The list of articles is long: its first screen is enough.
                    page.screenshot(path=picture, full_page=name != "articles")
                    print(picture)


def make_readme_images(folder: Path) -> None:
    """Crawl the made-up site, and save browser.png and terminal.png in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        archive_file = Path(place) / "data" / "demo.db"
        archive_file.parent.mkdir()
        with DemoServer(FakeSite(articles=60)) as server:
            done = scrapy(*crawl_args(server, archive_file))
            assert done.returncode == 0, done.stderr
        with served(archive_file) as address, chromium() as browser:
            page = browser.new_page(viewport={"width": 1100, "height": 760})
            page.goto(f"{address}/archive/articles?_search=timber", wait_until="networkidle")
            page.screenshot(path=folder / "browser.png")
            output = terminal_output(archive_file).replace(place, "/home/you/nkcrawl")
            save_terminal(browser, output, folder / "terminal.png")


def terminal_output(archive_file: Path) -> str:
    """Return what a terminal shows of the commands, prompts included, with its colours."""
    environment = clean_environment(
        NKCRAWL_DATABASE=str(archive_file),
        NKCRAWL_CONTACT="https://example.org/about-my-project",
        TERM="xterm-256color",
    )
    lines = [
        f"\x1b[1m$ {command}\x1b[0m\n{run_in_terminal(command, environment)}"
        for command in COMMANDS
    ]
    return "\n".join(lines)


def run_in_terminal(command: str, environment: dict[str, str]) -> str:
    """Run a command of nkcrawl in a pseudo-terminal, and return its output."""
    process, terminal = pty.fork()
    if process == 0:
        _, *arguments = command.split()
        os.execve(sys.executable, [sys.executable, "-m", "nkcrawl", *arguments], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    output = b""
    try:
        while part := os.read(terminal, 65_536):
            output += part
    except OSError:  # Linux reports the end of a pseudo-terminal as an error
        pass
    os.waitpid(process, 0)
    return output.decode().replace("\r\n", "\n")


def save_terminal(browser: Browser, output: str, picture: Path) -> None:
    """Draw the output as a terminal window."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(output))
    # Without rich's web fonts: nothing is loaded from another host.
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="nkcrawl"), flags=re.DOTALL)
    page = browser.new_page(viewport={"width": 1100, "height": 760})
    page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
    page.locator("svg").first.screenshot(path=picture, omit_background=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        take_all_pages(Path(sys.argv[1]))
    else:
        make_readme_images(ROOT / "docs" / "images")
