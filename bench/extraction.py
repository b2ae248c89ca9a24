"""How fast and how well are pages read? nkcrawl beside trafilatura, newspaper4k and news-please:
`python bench/extraction.py`.

All read the same pages of the made-up site, padded to the size of real ones, each in one process,
one core and an environment of its own, which is made at the first time (`bench` in this
environment's folder). The pages are in memory; what nkcrawl does beside reading (cleaning, filler,
gate) is counted, storing is not. With `--sizes`: nkcrawl's time against the size of a page.

Right is: a headline or a list of names equal but for case, quotes, dashes and spaces; the day in
Seoul or in UTC, or none where the page shows none. Of a body, the share of words in common with the
true one (F1), and how often it is that text to the letter.
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
from reader import nkcrawl as nkcrawl_reader

from nkcrawl.demo import DemoArticle, FakeSite, article_page
from nkcrawl.text import normalize_for_match, normalize_whitespace

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = Path(sys.prefix) / "bench"
PACKAGES = {  # and what each needs besides, to run and to read Korean
    "trafilatura": ("trafilatura", "lxml_html_clean"),
    "newspaper4k": ("newspaper4k[nlp]", "lxml_html_clean"),
    "news-please": ("news-please", "newspaper4k[nlp]"),
}
SITE = "https://www.nknews.example"  # a name that leads nowhere
SIZES = (70_000, 250_000, 500_000, 1_000_000, 2_000_000, 3_500_000, 5_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure how fast and how well pages are read, beside other packages."
    )
    parser.add_argument("--articles", type=int, default=300, metavar="N", help="default: 300")
    parser.add_argument(
        "--sizes", action="store_true", help="nkcrawl's time against the size of a page instead"
    )
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, one process at a time\n")
    if given.sizes:
        print_sizes()
    else:
        print_comparison(FakeSite(articles=given.articles, authors=20))


# --- Beside other packages ------------------------------------------------------------------------


def print_comparison(fake_site: FakeSite) -> None:
    articles = list(fake_site.articles)
    with tempfile.TemporaryDirectory(prefix="nkcrawl-bench-") as name:
        folder = Path(name)
        size = write_pages(fake_site, articles, folder)
        print(
            f"{len(articles)} articles, pages of {size / 1e3:.0f} KB (median)\n\n"
            "| | version | pages/s | CPU ms a page | headline | day | authors | body, words (F1) | body, exact |\n"
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


def write_pages(fake_site: FakeSite, articles: Sequence[DemoArticle], folder: Path) -> float:
    """Write each article's page into the folder, with a list of them; return the median of their
    sizes in bytes.
    """
    pages = [padded(article_page(fake_site, article, SITE)) for article in articles]
    for number, page in enumerate(pages):
        (folder / f"{number}.html").write_text(page)
    listed = [[SITE + article.path, f"{number}.html"] for number, article in enumerate(articles)]
    (folder / "pages.json").write_text(json.dumps(listed))
    return median(len(page.encode()) for page in pages)


def environment_of(package: str) -> str:
    """Return the Python of a package's own environment, which is made if it is not there; raises
    CalledProcessError.
    """
    folder = ENVIRONMENTS / package
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        print(f"installing {package} ...", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        run(
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *PACKAGES[package],
        )
        ready.touch()
    return str(python)


def read_all(package: str, python: str, folder: Path) -> dict[str, Any]:
    """Have the pages in a folder read by a package; raises CalledProcessError where that fails."""
    read: dict[str, Any] = json.loads(
        run(python, str(HERE / "reader.py"), package, str(folder)).splitlines()[-1]
    )
    return read


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def last_line(words: str) -> str:
    return (words.strip().splitlines() or ["no word of why"])[-1]


def row(package: str, read: dict[str, Any], articles: Sequence[DemoArticle]) -> str:
    """Return a row of the table."""
    pairs = list(zip(read["found"], articles, strict=True))
    judges = (headline, day, authors, body_words, body_exact)
    shares = " | ".join(
        f"{mean(judge(found, article) for found, article in pairs):.1%}" for judge in judges
    )
    wall, cpu = read["seconds"]["wall"], read["seconds"]["cpu"]
    return f"| {package} | {read['version']} | {len(pairs) / wall:.0f} | {cpu / len(pairs) * 1e3:.1f} | {shares} |"


def headline(found: dict[str, Any], article: DemoArticle) -> bool:
    return normalize_for_match(found.get("headline") or "") == normalize_for_match(article.title)


def day(found: dict[str, Any], article: DemoArticle) -> bool:
    read = (found.get("day") or "")[:10]
    if "no-date" in article.edge_cases:
        return not read
    return read in (article.published_on.isoformat(), article.published_at.date().isoformat())


def authors(found: dict[str, Any], article: DemoArticle) -> bool:
    names = {normalize_for_match(name) for name in found.get("authors") or []}
    return names == {normalize_for_match(author.name) for author in article.authors}


def body_words(found: dict[str, Any], article: DemoArticle) -> float:
    """Return the harmonic mean of the shares of words that were found and of found words that are
    right.
    """
    read, true = (
        Counter((found.get("body") or "").split()),
        Counter(" ".join(article.paragraphs).split()),
    )
    common, both = (read & true).total(), read.total() + true.total()
    return 2 * common / both if both else 1.0


def body_exact(found: dict[str, Any], article: DemoArticle) -> bool:
    return normalize_whitespace(found.get("body") or "") == normalize_whitespace(
        " ".join(article.paragraphs)
    )


# --- Against the size of a page -------------------------------------------------------------------


def print_sizes() -> None:
    read = nkcrawl_reader()
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
    print("ms to read a page, and ms per 100 KB of it, by what makes it large\n")
    print(f"| size | {' | '.join(kinds)} |\n|--:|{'--:|' * len(kinds)}")
    for size in SIZES:
        cells = []
        for make in kinds.values():
            html = make(size)
            ms = time_of(lambda html=html: read(html, SITE + article.path)) * 1e3
            cells.append(f"{ms:,.1f} ({ms / len(html) * 1e5:.1f})")
        print(f"| {size / 1e3:,.0f} KB | {' | '.join(cells)} |", flush=True)


def sentence(number: int) -> str:
    """Return one of many sentences, none like another, of a paragraph's length."""
    return (
        f"The ferry of berth {number} left the quay with its lanterns dark, "
        + "and the passengers counted the stars " * 9
        + "aloud. "
    )


def longer(page: str, size: int, line: Callable[[int], str]) -> str:
    """Return the page with so many lines more at the end of its text that it has about `size`
    characters.
    """
    before, end, after = padded(page).partition("</figure>")
    lines: list[str] = []
    length, number = len(before) + len(after), 0
    while length < size:
        lines.append(line(number))
        length += len(lines[-1])
        number += 1
    return f"{before}{end}{''.join(lines)}{after}"


def time_of(work: Callable[[], object]) -> float:
    """Return the least processor time of a few runs."""
    times = []
    for _ in range(5):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
