"""Responses of a hostile or broken server, and what nkcrawl must do with each of them.

`python -m tests.stress.hostile_responses` crawls the made-up site once per case, and prints the
outcome of the page, the exit code and the peak memory of the crawl.
"""

import gzip
import json
import platform
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import version
from itertools import repeat
from pathlib import Path
from time import sleep
from typing import Any

import brotli

from nkcrawl import site
from nkcrawl.demo import FakeSite
from tests.conftest import ROOT, clean_environment, crawl_args, rows, scrapy_command
from tests.site import FakeResponse, FaultyServer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd  # comes with Scrapy

MEBIBYTE = 1024 * 1024
ENDLESS_PAGER = "pagination without end"
BOMB = 256 * MEBIBYTE  # the size of a decompressed bomb
LARGE = 5 * MEBIBYTE - 2_000  # a page just below the limit
DEEP = 100_000
TITLE = "The harbor office counts its cranes"
BODY = (
    "The harbor office has counted its cranes, and says that there are nine.\n\n"
    "Nobody could say who owns the ninth."
)
IMPATIENT = ("-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_TIMEOUT=2")
ARTICLE, AUTHOR, FEED = "article", "author", "feed"  # the kinds of page that are replaced


@dataclass(frozen=True)
class Target:
    """The page that a response replaces: its site and path, the path of another article, and a
    server that must not be contacted.
    """

    base_url: str
    path: str
    other: str
    elsewhere: str

    @property
    def port_elsewhere(self) -> str:
        return self.elsewhere.rsplit(":", 1)[1]


@dataclass(frozen=True)
class Case:
    """One hostile response, and the outcome of its page."""

    rows: str  # of the tables in docs/reliability.md
    name: str
    response: Callable[[Target], FakeResponse]
    outcome: str  # 'article', 'author', 'feed', 'alias', 'rejected: …' or 'failed: …'
    columns: dict[str, Any] = field(default_factory=dict)  # of the article's row
    kind: str = ARTICLE


# --- Responses ---------------------------------------------------------------------


def page(
    at: Target,
    *,
    title: str = TITLE,
    head: str = "",
    body: str = "",
    foot: str = "",
    dated: str = "",
) -> str:
    """Return the HTML of a plain article, with additions."""
    month = site.article_month(at.path)
    assert month is not None
    day = dated or f"{month:%B} 9, {month:%Y}"
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in BODY.split("\n\n"))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta property="og:type" content="article">'
        f"{head}</head><body><h1>{title}</h1>"
        f'<p><a href="/content_author/nk-news/">NK News</a> {day}</p>'
        f"{body}{paragraphs}{foot}</body></html>"
    )


def plain(**parts: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, page(at, **parts))


def answer(
    body: str | bytes = "", status: int = 200, kind: str = "text/html; charset=UTF-8"
) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(status, body, kind)


def headers(**values: str) -> Callable[[Target], FakeResponse]:
    names = {name.replace("_", "-"): value for name, value in values.items()}
    return lambda at: FakeResponse(200, page(at), headers=names)


def ld(script: str) -> str:
    return f'<script type="application/ld+json">{script}</script>'


def stating(**properties: object) -> Callable[[Target], FakeResponse]:
    """Return an article with these properties in its JSON-LD."""
    return plain(head=ld(json.dumps({"@type": "NewsArticle", **properties})))


def full_of(tag: str) -> Callable[[Target], FakeResponse]:
    """Return an article of five MiB that repeats one tag."""
    return lambda at: FakeResponse(200, page(at, foot=tag * (LARGE // len(tag))))


def in_charset(charset: str, declared: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(
        200, page(at, title="“Señor” counts").encode(charset), f"text/html{declared}"
    )


def canonical(url: str) -> Callable[[Target], FakeResponse]:
    """Return an article with a canonical link to another URL."""

    def response(at: Target) -> FakeResponse:
        link = url.format(other=at.other, base=at.base_url, elsewhere=at.elsewhere)
        head = f'<link rel="canonical" href="{link}"><meta property="og:url" content="{link}">'
        return FakeResponse(200, page(at, head=head))

    return response


def redirect(url: str) -> Callable[[Target], FakeResponse]:
    def response(at: Target) -> FakeResponse:
        location = url.format(
            own=at.path, other=at.other, port=at.port_elsewhere, elsewhere=at.elsewhere
        )
        return FakeResponse(302, headers={"Location": location})

    return response


@cache
def bomb(encoding: str) -> bytes:
    """Return 256 MiB of zeros, compressed."""
    piece = bytes(MEBIBYTE)
    compressors: dict[str, Any] = {
        "gzip": partial(zlib.compressobj, wbits=31),
        "deflate": zlib.compressobj,
        "zstd": zstd.ZstdCompressor,
        "br": partial(brotli.Compressor, quality=1),
    }
    compressor = compressors[encoding]()
    compress = compressor.process if encoding == "br" else compressor.compress
    finish = compressor.finish if encoding == "br" else compressor.flush
    return b"".join(compress(piece) for _ in range(BOMB // MEBIBYTE)) + bytes(finish())


def compressed_bomb(encoding: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, bomb(encoding), headers={"Content-Encoding": encoding})


def endless(pieces: Callable[[], Iterator[bytes]]) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, chunks=pieces)


def dripping() -> Iterator[bytes]:
    while True:
        yield b"<p>and"
        sleep(0.2)


# --- The cases ------------------------------------------------------------------------------------

ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BILLION_LAUGHS = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">{ENTITIES}]>'
INTACT = {"title": TITLE, "byline": "NK News", "body": BODY, "gone_at": None}
TOO_LARGE, NOT_FOLLOWED = "failed: too large", "failed: not followed"
NO_LINKS, LEFT = "failed: no article links", "failed: left the site"
ABSURD, NO_SIGN = "rejected: absurd page", "rejected: no sign of an article"
PROPERTIES = (
    "headline", "description", "articleSection", "datePublished", "dateModified", "inLanguage",
    "image", "author", "isAccessibleForFree", "hasPart", "@id",
)  # fmt: skip

# fmt: off
ARTICLES = [
    # --- unbounded bodies
    *(
        Case("D1", f"a bomb in {name}", compressed_bomb(name), TOO_LARGE)
        for name in ("gzip", "deflate", "br", "zstd")
    ),
    Case(
        "D1",
        "a bomb in gzip, in gzip",
        lambda at: FakeResponse(200, gzip.compress(bomb("gzip")),
                          headers={"Content-Encoding": "gzip, gzip"}),
        TOO_LARGE,
    ),
    Case("D1", "an unknown encoding", headers(Content_Encoding="x-evil"), "article"),
    Case("D2", "a body without end", endless(lambda: repeat(b"<p>and so on" * 5_000)), TOO_LARGE),
    Case("D2 P11", "a body that drips", endless(dripping), "failed: timeout"),
    Case("D2", "a body of six MiB", answer("<p>" + "word " * (6 * MEBIBYTE // 5)), TOO_LARGE),
    Case("D2", "a header of 200 kB", headers(X_Long="x" * 200_000), "failed: no answer"),
    *(
        Case("D3", f"five MiB of {tag}", full_of(tag), ABSURD)
        for tag in ("<p>", "<p>a", "<div>", "<b>a", "<li>x", "a<br>", "<img src=a>",
                    "<time>x</time> ", "<!--a-->")
    ),
    Case("D3", "five MiB of links", full_of('<p><a href="/2025/01/a/">a</a>'), ABSURD),
    Case("D3", "a MiB of words", plain(foot="word " * (MEBIBYTE // 5)), "rejected: absurd field"),
    Case("D3", "a MiB of words of an offer", plain(foot="EMAIL " * (MEBIBYTE // 6)),
         "rejected: absurd field"),
    Case(
        "D3", "a tag with 400,000 attributes",
        plain(foot=f"<p {' '.join(f'a{n}=1' for n in range(400_000))}>"), ABSURD
    ),
    Case(
        "D3",
        "a style sheet that selects everything",
        plain(head="<style>" + "* * b {display:none} b * * {visibility:hidden}" * 20 + "</style>",
              foot="<b>a</b>" * 9_000),
        "article",
        INTACT,
    ),
    *(
        Case("D3", f"a style sheet of {sign}",
             plain(head=f"<style>display:none{sign * (250_000 // len(sign))}</style>"),
             "article", INTACT)
        for sign in ("@", "/*", "a", "@a{{}")
    ),
    *(
        Case("D4", f"100,000 levels of {tag}", plain(body=tag * DEEP), ABSURD)
        for tag in ("<div>", "<b>", "<a><ul>")
    ),
    Case("D4", "100,000 levels, closed again",
         plain(body="<div>" * DEEP + "deep" + "</div>" * DEEP), ABSURD),
    # --- characters
    Case("D5 D7", "NUL", plain(title="The harbor\0 office &#0;counts"), "article",
         {"title": "The harbor office �counts"}),
    Case("D5", "escapes of a terminal",
         plain(title="\x1b[2J\x1b]0;x\x07The harbor &#27;[31moffice\x9b"), "article",
         {"title": "[2J]0;xThe harbor [31moffice"}),
    Case("D5", "bidi overrides", plain(title="The \u202eharbor\u202c &#x2066;office&#x2069;"),
         "article",
         {"title": "The harbor office"}),
    Case("D6", "half an emoji",
         plain(head=ld(r'{"@type": "NewsArticle", "headline": "x", '
                       r'"articleSection": "Boats \ud83d"}')),
         "article", {"label": "Boats �"}),
    Case("D6", "half an emoji as an entity", plain(title="The harbor &#xD83D; office"), "article",
         {"title": "The harbor � office"}),
    Case("D18", "a headline that forges a line",
         plain(title="The harbor&#10;FORGED&#13;FORGED office"), "article",
         {"title": "The harbor FORGED FORGED office"}),
    Case("D18", "a rejected headline that forges a line",
         answer("<h1>Page not found&#10;FORGED\nFORGED</h1>"),
         "rejected: soft 404"),
    *(
        Case("D10", f"UTF-8, {how}", in_charset("utf-8", declared), "article",
             {"title": "“Señor” counts"})
        for how, declared in (
            ("not declared", ""), ("declared as Latin 1", "; charset=ISO-8859-1"),
            ("declared as nonsense", "; charset=xyz"),
        )
    ),
    *(
        Case("D10", f"{charset}, declared", in_charset(charset, f"; charset={charset}"), "article",
             {"title": "“Señor” counts"})
        for charset in ("windows-1252", "utf-16")
    ),
    *(
        Case("D10", f"windows-1252, {how}", in_charset("windows-1252", declared), "article",
             {"title": "�Se�or� counts"})
        for how, declared in (("not declared", ""), ("declared as UTF-8", "; charset=UTF-8"))
    ),
    Case("D10", "random bytes", answer(bytes(range(256)) * 400), NO_SIGN),
    # --- metadata
    Case("D8", "JSON-LD of 100,000 levels", plain(head=ld("[" * DEEP + "]" * DEEP)), "article",
         INTACT),
    *(
        Case("D8", f"JSON-LD of {depth} levels of a statement",
             plain(head=ld('{"@type": "NewsArticle", "isAccessibleForFree": '
                           + "[" * depth + "]" * depth + "}")),
             "article", INTACT)
        for depth in (850, 900, 950, 990)
    ),
    Case("D8", "JSON-LD of huge numbers",
         plain(head=ld('{"@type": "NewsArticle", "headline": 1' + "0" * 5_000 + "}")
               + ld('{"@type": "NewsArticle", "isAccessibleForFree": 1e999, "wordCount": -1e999, '
                    '"datePublished": NaN}')),
         "article", INTACT),
    *(
        Case("D8", f"JSON-LD with {value_kind} everywhere",
             stating(**dict.fromkeys(PROPERTIES, wrong)), "article", INTACT)
        for value_kind, wrong in (
            ("numbers", 7), ("null", None), ("lists of lists", [[[]], [["x"]]]),
            ("objects", {"@id": {}}), ("true", True), ("empty texts", ""),
        )
    ),
    Case("D8", "JSON-LD that is not JSON",
         plain(head=ld("{'a': }") + ld("") + ld("[1, 2") + ld('"x"')), "article", INTACT),
    Case("D8", "JSON-LD of 30,000 authors", stating(author=[{"name": "x"}] * 30_000), "article",
         INTACT),
    Case("D9", "a headline of ten MB", plain(title="word " * 2_000_000), TOO_LARGE),
    Case("D9", "a headline of a MB", plain(title="word " * 200_000), "rejected: absurd field"),
    Case("D9", "a slug of a megabyte in the byline",
         plain(body=f'<a rel=author href="/content_author/{"x" * MEBIBYTE}/">X</a>'),
         "article"),
    *(
        Case("D11", f"a page of {timestamp}",
             stating(datePublished=timestamp, dateModified=timestamp), "article",
             {"published_at": None, "modified_at": None})
        for timestamp in ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z",
                          "9999-12-31T23:59:59-12:00", "2025-13-45", "12")
    ),
    *(
        Case("D11", f"a byline of {day}", plain(dated=day), "article", {"published_on": None})
        for day in ("January 1, 0001", "January 1, 1970", "December 31, 9999", "February 31, 2025")
    ),
    *(
        Case("D12", f"a canonical link to {where}", canonical(url), "article", INTACT)
        for where, url in (
            ("another article", "{base}{other}"), ("another host", "{elsewhere}{other}"),
            ("javascript:", "javascript:alert(1)"),
            ("no URL", "http://["), ("the front page", "/"),
            ("a megabyte", "/2025/06/" + "x" * MEBIBYTE),
        )
    ),
    Case("D15", "script in a headline",
         plain(title="<script>alert(1)</script>The <b onclick=x>harbor</b> office"), "article",
         {"title": "The harbor office"}),
    Case("D15", "script in a headline, as text",
         plain(title="&lt;script&gt;alert(1)&lt;/script&gt;"), "article",
         {"title": "<script>alert(1)</script>"}),
    Case("D20 N12", "headers that name code",
         headers(Referrer_Policy="sys.exit", Set_Cookie="a=b; Domain=example.org"),
         "article", INTACT),
    Case("D20", "base, refresh and frames of another host",
         lambda at: FakeResponse(200, page(
             at,
             head=f'<base href="{at.elsewhere}/">'
                  f'<meta http-equiv=refresh content="0;url={at.elsewhere}/">',
             body=f'<iframe src="{at.elsewhere}/"></iframe><img src="{at.elsewhere}/a.png">'
                  '<script src="/x.js"></script>')),
         "article", {"title": TITLE, "body": BODY}),
    # --- something else instead of an article
    Case("D13", "a soft 404",
         answer("<title>Page not found | NK News</title><h1>Page not found</h1>"),
         "rejected: soft 404"),
    Case("D13", "a login", answer("<title>Log in</title><h1>Log in</h1><input type=password>"),
         "rejected: login page"),
    Case("D13", "a challenge", answer("<title>Just a moment...</title><p>Checking your browser"),
         "rejected: challenge page"),
    Case("D13", "a listing",
         answer("<h1>X</h1><h2>More articles by 'X'</h2><p><a href=/2025/06/a/>A</a>"),
         "rejected: listing"),
    Case("D13", "nothing", answer(""), NO_SIGN),
    Case("D13", "an empty page", answer("<html><body></body></html>"), NO_SIGN),
    Case("D13", "a PDF", answer(b"%PDF-1.7\n\0\xff", kind="application/pdf"), "failed: not HTML"),
    Case("D13", "a picture declared as HTML", answer(b"\x89PNG\r\n\x1a\n" + bytes(9_000)),
         NO_SIGN),
    Case("D13", "JSON", answer('{"title": "x"}', kind="application/json"), "failed: not HTML"),
    # --- redirects
    *(
        Case(f"{fault} D21", f"a redirect to {where}", redirect(url), outcome)
        for fault, where, url, outcome in (
            ("N8", "another host", "http://localhost:{port}{own}", LEFT),
            ("N8", "another host, without a scheme", "//localhost:{port}{own}", LEFT),
            ("N10", "another port", "{elsewhere}{own}", LEFT),
            ("N10", "https", "https://127.0.0.1:{port}{own}", LEFT),
            ("N8", "the name of a user", "http://127.0.0.1@localhost:{port}/", LEFT),
            ("N9", "itself", "{own}", NOT_FOLLOWED),
            ("D13", "the login", "/wp-login.php", "failed: HTTP 404"),
            ("D13", "the front page", "/", "rejected: not an article URL"),
        )
    ),
    *(
        Case("N8 D21", f"a redirect to {url}", redirect(url), "failed: HTTP 302")
        for url in ("file:///etc/hostname", "data:text/html,<h1>x</h1>", "ftp://localhost:{port}/")
    ),
    Case("N8 D21", "a redirect to javascript:", redirect("javascript:alert(1)"), NOT_FOLLOWED),
    Case("N8", "a redirect to another article", redirect("{other}"), "alias"),
]


def listing(at: Target, *links: str, name: str = "") -> FakeResponse:
    entries = "".join(f'<p><a href="{url}">Some headline</a></p>' for url in (at.other, *links))
    return FakeResponse(200, f"<html><body><h1>{name}</h1>{entries}</body></html>")


AUTHORS = [
    Case("N13", ENDLESS_PAGER, lambda at: listing(at, f"{at.path}page/2/"), "author", kind=AUTHOR),
    Case("N13", "a listing that lists itself",
         lambda at: listing(at, at.path, f"{at.path}page/1/"), "author", kind=AUTHOR),
    Case("N13 D3", "a listing of five MiB of links",
         lambda at: listing(at, *["/2025/01/a/"] * 100_000), "failed: absurd page",
         kind=AUTHOR),
    Case("D9", "an author's name of a megabyte", lambda at: listing(at, name="N" * MEBIBYTE),
         "author", kind=AUTHOR),
    Case("D4", "a listing of 100,000 levels",
         lambda at: FakeResponse(200, "<div>" * DEEP + str(listing(at).body)),
         NO_LINKS, kind=AUTHOR),
    Case("N8", "a redirect of an author to another host", redirect("{elsewhere}{own}"), LEFT,
         kind=AUTHOR),
    Case("D13", "an article instead of an author page",
         lambda at: FakeResponse(200, "<h1>A</h1><p>Words, and no link to any article."),
         NO_LINKS, kind=AUTHOR),
]

RSS = "application/rss+xml; charset=UTF-8"
ITEM = "<item><title>x</title><link>{base}{other}</link></item>"


def feed(text: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, text.replace("{base}", at.base_url).replace("{other}", at.other)
                             .replace("{elsewhere}", at.elsewhere), RSS)  # fmt: skip


FEEDS = [
    Case("D19", "a feed of nested entities",
         feed(f'{BILLION_LAUGHS}<rss><channel><title>&a11;</title>{ITEM}</channel></rss>'),
         NO_LINKS, kind=FEED),
    Case("D19", "a feed that reads a file and contacts a host",
         feed('<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">'
              '<!ENTITY h SYSTEM "{elsewhere}/x">'
              '<!ENTITY % p SYSTEM "{elsewhere}/y">%p;]>'
              f"<rss><channel><item><link>{{base}}/2025/06/&f;/</link></item><title>&h;</title>{ITEM}</channel></rss>"),
         "feed", kind=FEED),
    Case("D19 D2", "a feed of six MiB", feed("<rss><channel>" + "<a/>" * (6 * MEBIBYTE // 4)),
         TOO_LARGE, kind=FEED),
    Case("D19 D3", "a feed of five MiB of items",
         feed("<rss><channel>" + "<item>" * (LARGE // 6)), NO_LINKS,
         kind=FEED),
    Case("D19 D4", "a feed of 100,000 levels", feed("<rss><channel>" + "<item>" * DEEP), NO_LINKS,
         kind=FEED),
    Case("D19", "a feed that is a page", answer("<h1>Hello</h1>"), NO_LINKS, kind=FEED),
    Case("D19", "a feed that breaks off", feed(f"<rss><channel>{ITEM}<item><link>{{base}}/20"),
         "feed", kind=FEED),
    Case("D19", "a feed of random bytes", answer(bytes(range(256)) * 100, kind=RSS), NO_LINKS,
         kind=FEED),
]
# fmt: on

CASES = [*ARTICLES, *AUTHORS, *FEEDS]


# --- A crawl with these responses -----------------------------------------------------------------

_OF_THE_VISIT = frozenset(("id", "run_id", "first_seen_at", "checked_at", "changed_at"))


@dataclass(frozen=True)
class CrawlResult:
    """The result of a crawl of the made-up site with hostile responses."""

    archive: Path
    paths: dict[str, str]  # name of a case → the path of its page
    code: int
    stderr: str
    memory: float  # peak, MiB
    requests_elsewhere: list[str]
    log: str = ""


def articles_in_turn(fake_site: FakeSite) -> list[str]:
    """Return the paths of the articles in the order of the visits, without those with an alias."""
    paths = (article.path for article in fake_site.articles if not article.alias_path)
    return sorted(paths, reverse=True)


def targets(fake_site: FakeSite, cases: list[Case]) -> dict[str, str]:
    """Return the path of each case: every second article, the authors one by one, the feed."""
    paths = {
        ARTICLE: iter(articles_in_turn(fake_site)[1::2]),
        AUTHOR: map(site.author_path, site.SEED_AUTHORS),
        FEED: iter([site.FEED_PATH]),
    }
    return {case.name: next(paths[case.kind]) for case in cases}


def crawl(server: FaultyServer, archive: Path, cases: list[Case], *args: str) -> CrawlResult:
    """Crawl the site while it gives the responses of these cases."""
    articles = articles_in_turn(server.fake_site)
    paths = targets(server.fake_site, cases)
    log, peak = archive.with_suffix(".log"), archive.with_suffix(".memory")
    with FaultyServer(FakeSite(articles=1)) as elsewhere:
        server.faults = {}
        for case in cases:
            path = paths[case.name]
            other = articles[articles.index(path) - 1] if path in articles else articles[0]
            target = Target(server.base_url, path, other, elsewhere.base_url)
            server.faults[path] = case.response(target)
            if case.name == ENDLESS_PAGER:
                server.faults |= {
                    f"{path}page/{number}/": listing(target, f"{path}page/{number + 1}/")
                    for number in range(2, 99)
                }
        command = scrapy_command(*crawl_args(server, archive), *IMPATIENT, "-L", "DEBUG")
        measured = {"PEAK_MEMORY": str(peak), "PYTHONPATH": str(ROOT / "tests" / "peak_memory")}
        done = subprocess.run(
            [*command, "--logfile", str(log), *args],
            cwd=ROOT,
            env=clean_environment(**measured),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        server.faults = {}
        requests = [hit.path for hit in elsewhere.log]
    memory = int(peak.read_text()) / 1024
    logged = log.read_text(encoding="utf-8")
    return CrawlResult(archive, paths, done.returncode, done.stderr, memory, requests, logged)


def outcome_of(result: CrawlResult, case: Case, base_url: str) -> str:
    """Return the outcome of the page of a case, as the archive has it."""
    url = base_url + result.paths[case.name]
    (page,) = rows(result.archive, "SELECT * FROM pages WHERE url = ?", url)
    if page["last_error"]:
        rejected = rows(result.archive, "SELECT 1 FROM rejects WHERE url = ?", url)
        return f"{'rejected' if rejected else 'failed'}: {page['last_error']}"
    stored = rows(result.archive, "SELECT 1 FROM articles WHERE url = ?", url)
    if page["kind"] == "article" and not stored:
        return "alias" if page["fetched_at"] else "not visited"
    return str(page["kind"])


def articles_of(archive: Path, base_url: str) -> dict[str, dict[str, Any]]:
    """Return the row of each article by path, with its authors and without the visit's columns."""
    articles = rows(
        archive,
        """
        SELECT articles.*, (
            SELECT group_concat(slug || '=' || name) FROM (
                SELECT slug, name FROM article_authors JOIN authors ON authors.id = author_id
                WHERE article_id = articles.id AND position IS NOT NULL ORDER BY position
            )
        ) AS authors FROM articles
        """,
    )
    return {
        row["url"].removeprefix(base_url): {
            name: value.replace(base_url, "") if isinstance(value, str) else value
            for name, value in row.items()
            if name not in _OF_THE_VISIT
        }
        for row in articles
    }


def make_due(archive: Path) -> None:
    """Make every page due, for an unconditional request."""
    with closing(sqlite3.connect(archive)) as conn, conn:
        conn.execute(
            "UPDATE pages SET due_at = '2000-01-01T00:00:00Z', etag = NULL, last_modified = NULL"
        )


def main() -> int:
    """Crawl once per case, print the table, and return the exit code."""
    versions = f"SQLite {sqlite3.sqlite_version}, Scrapy {version('scrapy')}"
    print(f"Python {platform.python_version()}, {versions}")
    print(f"{len(CASES)} cases, each in a crawl of its own among ordinary articles\n")
    print("| | response | outcome of the page | exit code | memory, MiB |\n|---|---|---|---|---|")
    wrong = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(FaultyServer(FakeSite(articles=8)))
        quiet = crawl(server, folder / "quiet.db", [])
        print(f"| | none | | {quiet.code} | {quiet.memory:.0f} |")
        for case in CASES:
            result = crawl(server, folder / "result.db", [case])
            outcome = outcome_of(result, case, server.base_url)
            wrong += outcome != case.outcome or result.code != 0 or bool(result.requests_elsewhere)
            figures = f"{outcome} | {result.code} | {result.memory:.0f}"
            print(f"| {case.rows} | {case.name} | {figures} |", flush=True)
            for left in folder.glob("result.*"):
                left.unlink()
    print(f"\n{wrong} of {len(CASES)} have another outcome than expected.")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
