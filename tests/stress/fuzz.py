"""Mutates the made-up pages and looks at what the readers make of them: `python -m tests.stress.fuzz
--minutes 10`.

The mutations are led by coverage (libFuzzer through Atheris, `pip install atheris`, not among the
tools of `make test`), and half of them know what HTML is. A finding is an exception, a page that
takes seconds, or a field that no page may give; each kind is written once to tests/corpus, where
the tests find it. Prints its figures as a table, and ends with 1 if there are findings.
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
from nkcrawl.demo.render import feed
from nkcrawl.items import Article, Listing
from nkcrawl.pages import parse_html, read_article, read_feed, read_listing
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import gate, normalise
from nkcrawl.text import canonical_url, normalize_whitespace, seoul_day
from tests.factories import visited
from tests.html_factory import RENDERINGS, SITE, article_html, listing_html

CORPUS = Path(__file__).parent.parent / "corpus"
TODAY = date(2026, 1, 1)
LONGEST = 60_000  # bytes of a page
SLOW = 5.0  # seconds of the processor's time for one of that size
ARTICLE = visited(f"{SITE}/2025/06/lamps-2/")
AUTHOR = visited(f"{SITE}/content_author/mira-olsen/page/2/", "author")


# --- What is to hold of every page ----------------------------------------------------------------


def check(data: bytes) -> None:
    """Read a page, whose first letter says of which kind it is; raises where anything is not as it
    has to be.
    """
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
    check_days(row["published_on"], row["published_at"], row["modified_at"])
    once = merge(None, row)
    assert merge(once, row) == once, "seen twice, it is not the same"


def check_days(day: str | None, moment: str | None, modified: str | None) -> None:
    assert day is None or "2025-05-31" <= day <= "2025-07-01", day
    assert moment is None or str(seoul_day(moment)) == day, (day, moment)
    assert modified is None or (moment is not None and modified >= moment), (moment, modified)


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


def check_feed(found: Listing) -> None:
    assert all(site.article_month(path_of(link.url)) for link in found.articles)


def path_of(url: str) -> str:
    """Return the path of a page of the site; raises AssertionError for a URL that is not its own
    canonical form.
    """
    assert canonical_url(url, SITE) == url, url
    return url.removeprefix(SITE)


def is_author(path: str) -> bool:
    return site.author_slug(path) is not None


# --- Pages to begin with, and how they change -----------------------------------------------------


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
    yield b"f" + feed(FakeSite(5), SITE).encode()


PIECE = re.compile(rb"<!--.*?-->|<[^<>]*>|[^<]+", re.DOTALL)
ODD = [piece.encode("utf-8", "surrogatepass") for piece in (
    "\x00", "\x1b[31m", "\x85", "\u202e", "\u200b", "\ud83d", "&#xD83D;", "&#27;", "&#0;", "&nbsp;", "<br>", "<br><br>",
    "<p>", "</p>", "<div>", "</div>", "<h1>", "<a href='/2025/06/x/'>", "<a href='/content_author/x/'>", "</a>", "<time>",
    "<time datetime='2025-06-12T09:30:00+09:00'>", "<script type='application/ld+json'>", "<style>", "<svg>", "<noscript>",
    "<template>", "<base href='//x.test/'>", "[" * 900, '{"@type": "NewsArticle", "isAccessibleForFree": ["\\ud83d"]}',
    "9999-12-31T23:59:59-12:00", "June 31, 2025", "June 12, 2025", "Updated June 1, 2025", "Recent Stories", "NK PRO",
    "About the Author", "More articles by 'x'", "Views expressed in Opinion articles are exclusively", "Subscribe now",
    "Try unlimited access", "© Korea Risk Group", "| Image: x", "By A B", "한국어", "http://[", "javascript:", "//", "\\", "%00",
    "hidden", "style='display:none'", "itemprop='isAccessibleForFree'", "rel='canonical'", "class='wp-caption-text'",
)]  # fmt: skip


def mutated(data: bytes, longest: int, seed: int) -> bytes:
    """Return a page with some of its tags and texts taken out, doubled, moved, nested deep, or
    something odd put in.
    """
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
                pieces.insert(at, random.choice(ODD))
            case 4:
                cut = random.randrange(len(pieces[at]) + 1)
                pieces[at] = pieces[at][:cut] + random.choice(ODD) + pieces[at][cut:]
            case 5:
                pieces[at] *= random.choice((2, 3, 50, 400))
            case _:
                pieces[at] = random.choice(ODD)
        pieces = pieces or [b""]
    return (data[:1] + b"".join(pieces))[: min(longest, LONGEST)]


# --- The fuzzer: a process of its own, for libFuzzer ends the one that it runs in -----------------


# Only what is imported inside the block is watched for what it reaches.
PROCESS = """
import sys, atheris
with atheris.instrument_imports(include=["nkcrawl"]):
    from tests.stress.fuzz import fuzz
fuzz(*sys.argv[1:])
"""


def fuzz(folder: str, seconds: str, seed: str) -> None:
    """Mutate the pages in a folder for so long; writes each new kind of finding to tests/corpus."""
    import atheris  # not at the top, for the pages and the checks are of use without it

    known: set[str] = set()

    def one(data: bytes) -> None:
        began = time.process_time()
        try:
            check(data)
            assert time.process_time() - began < SLOW, "slow"
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            keep(data, error, known)

    def mutate(data: bytes, longest: int, number: int) -> bytes:
        return mutated(data, longest, number) if number % 2 else atheris.Mutate(data, longest)

    limits = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
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
    """Write a page that found something to tests/corpus, the first of its kind, and say what it was
    on stdout.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
    if kind in known:
        return
    known.add(kind)
    CORPUS.mkdir(exist_ok=True)
    file = CORPUS / sha256(kind.encode()).hexdigest()[:12]
    file.write_bytes(data)
    print(f"FOUND {kind}: {str(error)[:200]!r}, {file.name}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.fuzz", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    opts = parser.parse_args()
    try:
        atheris = version("atheris")
    except PackageNotFoundError:
        print("The fuzzer needs Atheris: .venv/bin/python -m pip install atheris", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        for count, seed in enumerate(seeds(), start=1):
            Path(folder, f"{count:03}").write_bytes(seed[:LONGEST])
        command = [
            sys.executable,
            "-c",
            PROCESS,
            folder,
            str(round(opts.minutes * 60)),
            str(opts.seed),
        ]
        done = subprocess.run(
            command, cwd=CORPUS.parent.parent, capture_output=True, text=True, check=False
        )
        grown = len(list(Path(folder).iterdir())) - count
    ended = re.search(r"Done (\d+) runs in (\d+) second", done.stderr)
    found = [line for line in done.stdout.splitlines() if line.startswith("FOUND")]
    if ended is None:  # a crash of the interpreter, a page without end, or no memory left
        found.append("FOUND " + " ".join(done.stderr.split()[-60:]))
    covered = re.findall(r"cov: (\d+)", done.stderr)
    runs, seconds = map(int, ended.groups()) if ended else (0, 0)
    figures = {
        "seed": opts.seed,
        "pages to begin with": count,
        "pages kept for what they reached": grown,
        "executions": f"{runs:,}",
        "seconds": seconds,
        "branches reached at first, in the end": f"{covered[0]}, {covered[-1]}" if covered else "",
        "findings": len(found),
        "versions": f"Python {platform.python_version()}, Atheris {atheris}, lxml {version('lxml')}, parsel {version('parsel')}",
    }
    print("| | |\n|---|---|")
    print("".join(f"| {name} | {value} |\n" for name, value in figures.items()), end="")
    print("".join(f"\n{line}" for line in found), end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
