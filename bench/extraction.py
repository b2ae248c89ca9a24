"""Measures how fast and how well pages are read, beside trafilatura, newspaper4k and news-please:
`python bench/extraction.py`.

All read the same pages of the made-up site, as large as real ones, each in one process, on one core
and in an environment of its own, which is made the first time (`bench` in this environment's
folder). The pages are in memory; the time of nkcrawl includes cleaning, filler and gate, but not
storing. With `--sizes`: the time of nkcrawl by the size of a page.

Correct is: a headline or list of names that differs only in case, quotes, dashes and spaces; the
day in Seoul or in UTC, or none if the page shows none. For a body, the share of words in common
with the expected one (F1), and how often it is exactly that text.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

from page_size import padded
from reader import read_with_nkcrawl

from nkcrawl.demo import DemoArticle, FakeSite, article_page
from nkcrawl.text import normalize_for_match, normalize_whitespace

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = Path(sys.prefix) / "bench"
PACKAGES = {  # with what each needs to run and to read Korean
    "trafilatura": ("trafilatura", "lxml_html_clean"),
    "newspaper4k": ("newspaper4k[nlp]", "lxml_html_clean"),
    "news-please": ("news-please", "newspaper4k[nlp]"),
}
SITE = "https://www.nknews.example"  # does not resolve
SIZES = (70_000, 250_000, 500_000, 1_000_000, 2_000_000, 3_500_000, 5_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure the speed and accuracy of reading pages, beside other packages."
    )
    parser.add_argument("--articles", type=int, default=300, metavar="N", help="default: 300")
    parser.add_argument(
        "--sizes", action="store_true", help="the time of nkcrawl by the size of a page instead"
    )
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, one process at a time\n")
    if options.sizes:
        print_sizes()
    else:
        print_comparison(FakeSite(articles=options.articles, authors=20))


# --- Beside other packages ------------------------------------------------------------------------


def print_comparison(world: FakeSite) -> None:
    articles = list(world.articles)
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name:
        folder = Path(name)
        size = write_pages(world, articles, folder)
        print(
            f"{len(articles)} articles, pages of {size / 1e3:.0f} KB (median)\n\n"
            "| | version | pages/s | CPU ms per page "
            "| headline | date | authors | body, words (F1) | body, exact |\n"
            "|---|---|--:|--:|--:|--:|--:|--:|--:|"
        )
        print(row("nkcrawl", read_all("nkcrawl", sys.executable, folder), articles))
        for package in PACKAGES:
            try:
                read = read_all(package, environment_of(package), folder)
            except subprocess.CalledProcessError as error:
                print(f"| {package} | could not be run here: {last_line(error.stderr)} |")
            else:
                print(row(package, read, articles), flush=True)


def write_pages(world: FakeSite, articles: Sequence[DemoArticle], folder: Path) -> float:
    """Write the page of each article, and a list of them; return the median size in bytes."""
    pages = [padded(article_page(world, article, SITE)) for article in articles]
    for number, page in enumerate(pages):
        (folder / f"{number}.html").write_text(page)
    listed = [[SITE + article.path, f"{number}.html"] for number, article in enumerate(articles)]
    (folder / "pages.json").write_text(json.dumps(listed))
    return median(len(page.encode()) for page in pages)


def environment_of(package: str) -> str:
    """Return the Python of a package's environment, made at first use; raises
    CalledProcessError.
    """
    folder = ENVIRONMENTS / package
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        print(f"installing {package} ...", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(str(python), *pip, *PACKAGES[package])
        ready.touch()
    return str(python)


def read_all(package: str, python: str, folder: Path) -> dict[str, Any]:
    """Read the pages in a folder with a package; raises CalledProcessError."""
    output = run(python, str(HERE / "reader.py"), package, str(folder))
    read: dict[str, Any] = json.loads(output.splitlines()[-1])
    return read


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no error message"])[-1]


def row(package: str, read: dict[str, Any], articles: Sequence[DemoArticle]) -> str:
    """Return a row of the table."""
    pairs = list(zip(read["results"], articles, strict=True))
    measures = (headline, day, authors, body_words, body_exact)
    scores = " | ".join(f"{mean(measure(*pair) for pair in pairs):.1%}" for measure in measures)
    wall, cpu = read["seconds"]["wall"], read["seconds"]["cpu"]
    times = f"{len(pairs) / wall:.0f} | {cpu / len(pairs) * 1e3:.1f}"
    return f"| {package} | {read['version']} | {times} | {scores} |"


def headline(result: dict[str, Any], article: DemoArticle) -> bool:
    return normalize_for_match(result.get("headline") or "") == normalize_for_match(article.title)


def day(result: dict[str, Any], article: DemoArticle) -> bool:
    read = (result.get("day") or "")[:10]
    if "no-date" in article.edge_cases:
        return not read
    return read in (article.published_on.isoformat(), article.published_at.date().isoformat())


def authors(result: dict[str, Any], article: DemoArticle) -> bool:
    names = {normalize_for_match(name) for name in result.get("authors") or []}
    return names == {normalize_for_match(author.name) for author in article.authors}


def body_words(result: dict[str, Any], article: DemoArticle) -> float:
    """Return the F1 score, the harmonic mean of precision and recall, of the words."""
    read = Counter((result.get("body") or "").split())
    expected = Counter(" ".join(article.paragraphs).split())
    total = read.total() + expected.total()
    return 2 * (read & expected).total() / total if total else 1.0


def body_exact(result: dict[str, Any], article: DemoArticle) -> bool:
    return normalize_whitespace(result.get("body") or "") == normalize_whitespace(
        " ".join(article.paragraphs)
    )


# --- By the size of a page -------------------------------------------------------------------


def print_sizes() -> None:
    article = next(
        article
        for article in FakeSite(articles=60).articles
        if article.rendering == "block" and article.access == "free"
    )
    page = article_page(FakeSite(articles=60), article, SITE)
    kinds: dict[str, Callable[[int], str]] = {
        "styles and scripts": lambda size: padded(page, size),
        "paragraphs": lambda size: longer(
            page, size, lambda number: f"<p>{sentence(number)}</p>\n"
        ),
        "lines in one paragraph": lambda size: longer(
            page, size, lambda number: f"{sentence(number)}<br>\n"
        ),
        "unbroken text": lambda size: longer(page, size, sentence),
    }
    print("ms to read a page, and ms per 100 KB of it, by what the page is filled with\n")
    print(f"| size | {' | '.join(kinds)} |\n|--:|{'--:|' * len(kinds)}")
    for size in SIZES:
        cells = []
        for make in kinds.values():
            html = make(size)
            ms = cpu_time(lambda html=html: read_with_nkcrawl(html, SITE + article.path)) * 1e3
            cells.append(f"{ms:,.1f} ({ms / len(html) * 1e5:.1f})")
        print(f"| {size / 1e3:,.0f} KB | {' | '.join(cells)} |", flush=True)


def sentence(number: int) -> str:
    """Return a sentence as long as a paragraph, different for each number."""
    return (
        f"The ferry of berth {number} left the quay with its lanterns dark, "
        + "and the passengers counted the stars " * 9
        + "aloud. "
    )


def longer(page: str, size: int, line: Callable[[int], str]) -> str:
    """Return the page with lines added to its text, up to about `size` characters."""
    before, end, after = padded(page).partition("</figure>")
    lines: list[str] = []
    length, number = len(before) + len(after), 0
    while length < size:
        lines.append(line(number))
        length += len(lines[-1])
        number += 1
    return f"{before}{end}{''.join(lines)}{after}"


def cpu_time(work: Callable[[], object]) -> float:
    """Return the least CPU time of five runs."""
    times = []
    for _ in range(5):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
