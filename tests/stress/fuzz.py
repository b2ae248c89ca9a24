"""A fuzzer of the page readers: `python -m tests.stress.fuzz --minutes 10`.

It mutates made-up pages, guided by coverage (libFuzzer through Atheris: `pip install atheris`, not
needed by `make test`); half of the mutations know HTML. A finding is an exception, a page that
takes seconds, or a field with an invalid value. The first page of each kind of finding is written
to tests/corpus, where the tests read it. Prints a table, and exits with 1 if there are findings.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import Random

from parsel import Selector

from nkcrawl import site
from nkcrawl.archive import article_row
from nkcrawl.archive.articles import merge
from nkcrawl.commands.show import show_page
from nkcrawl.demo import FakeSite, article_page, listing_page
from nkcrawl.demo.render import feed as demo_feed
from nkcrawl.items import Article, Listing
from nkcrawl.pages import parse_html, read_article, read_feed, read_listing
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import gate, normalise
from nkcrawl.text import canonical_url, normalize_whitespace, seoul_day
from tests.conftest import ROOT
from tests.factories import visited
from tests.html_factory import RENDERINGS, SITE, article_html, listing_html

CORPUS = ROOT / "tests" / "corpus"
TODAY = date(2026, 1, 1)
MAX_SIZE = 60_000  # bytes of a page
SLOW = 5.0  # seconds of CPU time for a page of that size
ARTICLE = visited(f"{SITE}/2025/06/lamps-2/")
AUTHOR = visited(f"{SITE}/content_author/mira-olsen/page/2/", "author")


# --- The properties of every page ----------------------------------------------------------------


def check(data: bytes) -> None:
    """Read a page and check the result; its first letter is its kind. Raises AssertionError."""
    page = data[1:].decode("utf-8", "replace")
    match data[:1]:
        case b"l":
            check_listing(read_listing(parse_html(page), AUTHOR, SITE))
        case b"f":
            check_feed(read_feed(Selector(text=page, type="xml"), SITE))
        case b"s":
            json.dumps(show_page(parse_html(page), ARTICLE, SITE)).encode()
        case _:
            check_article(read_article(parse_html(page), ARTICLE, SITE).article)


def check_article(read: Article) -> None:
    article = drop_filler(normalise(read, TODAY))
    gate(replace(ARTICLE, article=article))
    row = article_row(article)
    lines = [
        value
        for name, value in row.items()
        if isinstance(value, str) and name not in ("body", "note")
    ]
    lines += [*article.paragraphs, *(row["note"] or "").split("\n\n"), *article.evidence]
    for line in [*lines, *(author.name for author in article.authors)]:
        assert normalize_whitespace(line) == line, f"not a clean line: {line!r}"
        line.encode()
    assert all(article.paragraphs), "an empty paragraph"
    assert all(
        author.name and is_author(site.author_path(author.slug)) for author in article.authors
    )
    assert site.article_month(path_of(article.url)) == date(2025, 6, 1), article.url
    assert all(
        path_of(link.url) and link.url not in (ARTICLE.url, article.url) for link in article.links
    )
    check_dates(row["published_on"], row["published_at"], row["modified_at"])
    once = merge(None, row)
    assert merge(once, row) == once, "merging the same row again changes it"


def check_dates(day: str | None, published: str | None, modified: str | None) -> None:
    assert day is None or "2025-05-31" <= day <= "2025-07-01", day
    assert published is None or str(seoul_day(published)) == day, (day, published)
    assert modified is None or (published is not None and modified >= published), modified


def check_listing(listing: Listing) -> None:
    for line in filter(None, (listing.name, *(listing.bio or "").split("\n\n"))):
        assert normalize_whitespace(line) == line, f"not a clean line: {line!r}"
        line.encode()
    assert listing.slug == "mira-olsen"
    assert all(site.article_month(path_of(link.url)) for link in listing.articles)
    assert listing.next_page is None or path_of(listing.next_page.url) in (
        f"/content_author/mira-olsen/{form}/"
        for form in ("page/3", "3", "page/03", "03", "page/003", "003", "page/0003", "0003")
    )


def check_feed(feed: Listing) -> None:
    assert all(site.article_month(path_of(link.url)) for link in feed.articles)


def path_of(url: str) -> str:
    """Return the path of a URL of the site; raises AssertionError if it is not canonical."""
    assert canonical_url(url, SITE) == url, url
    return url.removeprefix(SITE)


def is_author(path: str) -> bool:
    return site.author_slug(path) is not None


# --- The first pages, and their mutations -----------------------------------------------------


def seeds() -> Iterator[bytes]:
    fake_site = FakeSite(60)
    for story in fake_site.articles:
        yield b"a" + article_page(fake_site, story, SITE).encode()
    for rendering in RENDERINGS:
        yield b"a" + article_html(rendering).encode()
        yield b"s" + article_html(rendering).encode()
        yield b"l" + listing_html(rendering).encode()
    for author in fake_site.authors:
        yield b"l" + (listing_page(fake_site, author.slug, 1, SITE) or "").encode()
    yield b"f" + demo_feed(FakeSite(5), SITE).encode()


PIECE = re.compile(rb"<!--.*?-->|<[^<>]*>|[^<]+", re.DOTALL)
INSERTIONS = [text.encode("utf-8", "surrogatepass") for text in (
    "\x00", "\x1b[31m", "\x85", "\u202e", "\u200b", "\ud83d", "&#xD83D;", "&#27;", "&#0;", "&nbsp;",
    "<br>", "<br><br>", "<p>", "</p>", "<div>", "</div>", "<h1>", "<a href='/2025/06/x/'>",
    "<a href='/content_author/x/'>", "</a>", "<time>",
    "<time datetime='2025-06-12T09:30:00+09:00'>", "<script type='application/ld+json'>", "<style>",
    "<svg>", "<noscript>", "<template>", "<base href='//x.test/'>", "[" * 900,
    '{"@type": "NewsArticle", "isAccessibleForFree": ["\\ud83d"]}', "9999-12-31T23:59:59-12:00",
    "June 31, 2025", "June 12, 2025", "Updated June 1, 2025", "Recent Stories", "NK PRO",
    "About the Author", "More articles by 'x'",
    "Views expressed in Opinion articles are exclusively", "Subscribe now", "Try unlimited access",
    "© Korea Risk Group", "| Image: x", "By A B", "한국어", "http://[", "javascript:", "//", "\\",
    "%00", "hidden", "style='display:none'", "itemprop='isAccessibleForFree'", "rel='canonical'",
    "class='wp-caption-text'",
)]  # fmt: skip


def mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """Return a page with some tags and texts removed, moved, repeated or inserted."""
    random = Random(seed)
    pieces = PIECE.findall(data[1:]) or [b""]
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        at, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        begin, end = min(at, other), min(max(at, other), min(at, other) + 12)
        match random.randrange(7):
            case 0:
                del pieces[begin : end + 1]
            case 1:
                pieces[at:at] = pieces[begin : end + 1]
            case 2:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces.insert(at, random.choice(INSERTIONS))
            case 4:
                cut = random.randrange(len(pieces[at]) + 1)
                pieces[at] = pieces[at][:cut] + random.choice(INSERTIONS) + pieces[at][cut:]
            case 5:
                pieces[at] *= random.choice((2, 3, 50, 400))
            case _:
                pieces[at] = random.choice(INSERTIONS)
        pieces = pieces or [b""]
    return (data[:1] + b"".join(pieces))[: min(max_size, MAX_SIZE)]


# --- The fuzzer: a separate process, because libFuzzer ends the one that it runs in ---------------

# Atheris measures the coverage of modules imported inside the block only.
PROCESS = """
import sys, atheris
with atheris.instrument_imports(include=["nkcrawl"]):
    from tests.stress.fuzz import fuzz
fuzz(*sys.argv[1:])
"""


def fuzz(folder: str, seconds: str, seed: str) -> None:
    """Mutate the pages in a folder; write each new kind of finding to tests/corpus."""
    import atheris  # not needed by the tests

    known: set[str] = set()

    def one(data: bytes) -> None:
        began = time.process_time()
        try:
            check(data)
            assert time.process_time() - began < SLOW, "slow"
        except Exception as error:  # noqa: BLE001  # any exception is a finding
            keep(data, error, known)

    def mutate(data: bytes, max_size: int, number: int) -> bytes:
        return mutated(data, max_size, number) if number % 2 else atheris.Mutate(data, max_size)

    limits = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={MAX_SIZE}",
        "-timeout=60",
        "-rss_limit_mb=4096",
    ]
    atheris.Setup(
        [sys.argv[0], *limits, f"-artifact_prefix={folder}/", str(folder)],
        one,
        custom_mutator=mutate,
    )
    atheris.Fuzz()


def keep(data: bytes, error: Exception, known: set[str]) -> None:
    """Write the first page of each kind of finding to tests/corpus, and report it on stdout."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
    if kind in known:
        return
    known.add(kind)
    CORPUS.mkdir(exist_ok=True)
    file = CORPUS / sha256(kind.encode()).hexdigest()[:12]
    file.write_bytes(data)
    print(f"FOUND {kind}: {str(error)[:200]!r}, {file.name}", flush=True)


def run_fuzzer(seconds: int, seed: int) -> tuple[dict[str, object], list[str]]:
    """Run the fuzzer on the first pages; return its figures and its findings."""
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        for count, page in enumerate(seeds(), start=1):
            Path(folder, f"{count:03}").write_bytes(page[:MAX_SIZE])
        command = [sys.executable, "-c", PROCESS, folder, str(seconds), str(seed)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        kept = len(list(Path(folder).iterdir())) - count
    ended = re.search(r"Done (\d+) runs in (\d+) second", done.stderr)
    findings = [line for line in done.stdout.splitlines() if line.startswith("FOUND")]
    if ended is None:  # a crash of the interpreter, a timeout, or out of memory
        findings.append("FOUND " + " ".join(done.stderr.split()[-60:]))
    covered = re.findall(r"cov: (\d+)", done.stderr)
    figures = {
        "seed": seed,
        "pages at first": count,
        "pages kept for new coverage": kept,
        "executions": f"{int(ended[1]):,}" if ended else "",
        "seconds": ended[2] if ended else "",
        "branches covered at first, at last": f"{covered[0]}, {covered[-1]}" if covered else "",
        "findings": len(findings),
    }
    return figures, findings


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.fuzz", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("--minutes", type=float, default=10, help="default: 10")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    options = parser.parse_args()
    try:
        versions = {package: version(package) for package in ("atheris", "lxml", "parsel")}
    except PackageNotFoundError:
        print("The fuzzer needs Atheris: .venv/bin/python -m pip install atheris", file=sys.stderr)
        return 2
    figures, findings = run_fuzzer(round(options.minutes * 60), options.seed)
    figures |= {"Python": platform.python_version(), **versions}
    print("| | |\n|---|---|")
    print("\n".join(f"| {name} | {value} |" for name, value in figures.items()))
    print("".join(f"\n{finding}" for finding in findings), end="\n" if findings else "")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
