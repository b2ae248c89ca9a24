"""Answers as an enemy, or a broken server, would give them, and what nkcrawl makes of each.

`python -m tests.stress.hostile_responses` crawls the made-up site once for every case and prints what became of the
page, the exit code and the most memory that the crawl took.
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
from functools import cache
from itertools import repeat
from pathlib import Path
from time import sleep
from typing import Any

import brotli
import scrapy as scrapy_package

from nkcrawl import site
from nkcrawl.demo import FakeSite
from tests.conftest import clean_environment, crawl_args, rows, scrapy_command
from tests.site import FakeResponse, FaultyServer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd  # comes with Scrapy

MEBIBYTE = 1024 * 1024
BOMB = 256 * MEBIBYTE  # what a bomb unfolds to
LARGE = 5 * MEBIBYTE - 2_000  # of a page that is just not too large
DEEP = 100_000
TITLE = "The harbor office counts its cranes"
BODY = "The harbor office has counted its cranes, and says that there are nine.\n\nNobody could say who owns the ninth."
IMPATIENT = ("-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_TIMEOUT=2")
ARTICLE, AUTHOR, FEED = "article", "author", "feed"  # what the answer stands in for


@dataclass(frozen=True)
class Target:
    """Where an answer is given: the site, the page's path, that of another article, and a host that
    nobody may ask.
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
    """One hostile answer, and what is to become of its page."""

    rows: str  # of the table of faults
    name: str
    said: Callable[[Target], FakeResponse]
    becomes: (
        str  # 'article', 'author', 'feed', 'alias', or why it is none: 'rejected: …', 'failed: …'
    )
    shows: dict[str, Any] = field(default_factory=dict)  # columns of the article's row
    kind: str = ARTICLE


# --- Pages to build them from ---------------------------------------------------------------------


def page(
    at: Target,
    *,
    title: str = TITLE,
    head: str = "",
    body: str = "",
    foot: str = "",
    dated: str = "",
) -> str:
    """Return the HTML of a plain article, as it is or with something more in it."""
    month = site.article_month(at.path)
    assert month is not None
    day = dated or f"{month:%B} 9, {month:%Y}"
    words = "".join(f"<p>{words}</p>" for words in BODY.split("\n\n"))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta property="og:type" content="article">{head}</head><body>'
        f'<h1>{title}</h1><p><a href="/content_author/nk-news/">NK News</a> {day}</p>{body}{words}{foot}</body></html>'
    )


def plain(**parts: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, page(at, **parts))


def said(
    body: str | bytes = "", status: int = 200, kind: str = "text/html; charset=UTF-8"
) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(status, body, kind)


def headers(**given: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(
        200, page(at), headers={name.replace("_", "-"): value for name, value in given.items()}
    )


def ld(script: str) -> str:
    return f'<script type="application/ld+json">{script}</script>'


def stating(**properties: object) -> Callable[[Target], FakeResponse]:
    """Return a page whose JSON-LD says so, beside what the page shows."""
    return plain(head=ld(json.dumps({"@type": "NewsArticle", **properties})))


def full_of(tag: str) -> Callable[[Target], FakeResponse]:
    """Return an article of five MiB, most of them one tag over and over."""
    return lambda at: FakeResponse(200, page(at, foot=tag * (LARGE // len(tag))))


def in_charset(charset: str, declared: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(
        200, page(at, title="“Señor” counts").encode(charset), f"text/html{declared}"
    )


def canonical(url: str) -> Callable[[Target], FakeResponse]:
    """Return an article that calls another page its own address."""

    def answer(at: Target) -> FakeResponse:
        link = url.format(other=at.other, base=at.base_url, elsewhere=at.elsewhere)
        return FakeResponse(
            200,
            page(
                at,
                head=f'<link rel="canonical" href="{link}"><meta property="og:url" content="{link}">',
            ),
        )

    return answer


def leads_to(url: str) -> Callable[[Target], FakeResponse]:
    def answer(at: Target) -> FakeResponse:
        where = url.format(
            own=at.path, other=at.other, port=at.port_elsewhere, elsewhere=at.elsewhere
        )
        return FakeResponse(302, headers={"Location": where})

    return answer


@cache
def bomb(encoding: str) -> bytes:
    """Return 256 MiB of nothing, compressed."""
    piece = bytes(MEBIBYTE)
    if encoding == "br":
        brotli_ = brotli.Compressor(quality=1)
        return b"".join(brotli_.process(piece) for _ in range(BOMB // MEBIBYTE)) + bytes(
            brotli_.finish()
        )
    packer: Any = {
        "gzip": zlib.compressobj(wbits=31),
        "deflate": zlib.compressobj(),
        "zstd": zstd.ZstdCompressor(),
    }[encoding]
    return b"".join(packer.compress(piece) for _ in range(BOMB // MEBIBYTE)) + bytes(packer.flush())


def exploding(encoding: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, bomb(encoding), headers={"Content-Encoding": encoding})


def endless(pieces: Callable[[], Iterator[bytes]]) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, chunks=pieces)


def dripping() -> Iterator[bytes]:
    while True:
        yield b"<p>and"
        sleep(0.2)


# --- The cases ------------------------------------------------------------------------------------

ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">{ENTITIES}]>'
SIGNED = {"title": TITLE, "byline": "NK News", "body": BODY, "gone_at": None}
TOO_LARGE, NOT_FOLLOWED, ABSURD = (
    "failed: too large",
    "failed: not followed",
    "rejected: absurd page",
)

# fmt: off
ARTICLES = [
    # --- bodies without measure
    *(Case("D1", f"a bomb in {name}", exploding(name), TOO_LARGE) for name in ("gzip", "deflate", "br", "zstd")),
    Case(
        "D1",
        "a bomb in gzip, in gzip",
        lambda at: FakeResponse(200, gzip.compress(bomb("gzip")), headers={"Content-Encoding": "gzip, gzip"}),
        TOO_LARGE,
    ),
    Case("D1", "an encoding that nobody knows", headers(Content_Encoding="x-evil"), "article"),
    Case("D2", "a body without end", endless(lambda: repeat(b"<p>and so on" * 5_000)), TOO_LARGE),
    Case("D2 P11", "a body that drips", endless(dripping), "failed: timeout"),
    Case("D2", "a body of six MiB", said("<p>" + "word " * (6 * MEBIBYTE // 5)), TOO_LARGE),
    Case("D2", "a header of 200 kB", headers(X_Long="x" * 200_000), "failed: no answer"),
    *(
        Case("D3", f"five MiB of {tag}", full_of(tag), ABSURD)
        for tag in ("<p>", "<p>a", "<div>", "<b>a", "<li>x", "a<br>", "<img src=a>", "<time>x</time> ", "<!--a-->")
    ),
    Case("D3", "five MiB of links", full_of('<p><a href="/2025/01/a/">a</a>'), ABSURD),
    Case("D3", "a MiB of words", plain(foot="word " * (MEBIBYTE // 5)), "rejected: absurd field"),
    Case("D3", "a MiB of an offer's words", plain(foot="EMAIL " * (MEBIBYTE // 6)), "rejected: absurd field"),
    Case(
        "D3", "a tag with 400,000 attributes", plain(foot=f"<p {' '.join(f'a{n}=1' for n in range(400_000))}>"), ABSURD
    ),
    Case(
        "D3",
        "a style sheet that selects everything",
        plain(head="<style>" + "* * b {display:none} b * * {visibility:hidden}" * 20 + "</style>", foot="<b>a</b>" * 9_000),
        "article",
        SIGNED,
    ),
    *(
        Case("D3", f"a style sheet of {sign}", plain(head=f"<style>display:none{sign * (250_000 // len(sign))}</style>"),
             "article", SIGNED)
        for sign in ("@", "/*", "a", "@a{{}")
    ),
    *(Case("D4", f"100,000 levels of {tag}", plain(body=tag * DEEP), ABSURD) for tag in ("<div>", "<b>", "<a><ul>")),
    Case("D4", "100,000 levels, closed again", plain(body="<div>" * DEEP + "deep" + "</div>" * DEEP), ABSURD),
    # --- characters
    Case("D5 D7", "NUL", plain(title="The harbor\0 office &#0;counts"), "article", {"title": "The harbor office �counts"}),
    Case("D5", "escapes of a terminal", plain(title="\x1b[2J\x1b]0;x\x07The harbor &#27;[31moffice\x9b"), "article",
         {"title": "[2J]0;xThe harbor [31moffice"}),
    Case("D5", "bidi overrides", plain(title="The \u202eharbor\u202c &#x2066;office&#x2069;"), "article",
         {"title": "The harbor office"}),
    Case("D6", "half an emoji", plain(head=ld(r'{"@type": "NewsArticle", "headline": "x", "articleSection": "Boats \ud83d"}')),
         "article", {"label": "Boats �"}),
    Case("D6", "half an emoji as an entity", plain(title="The harbor &#xD83D; office"), "article",
         {"title": "The harbor � office"}),
    Case("D18", "a headline that forges a line", plain(title="The harbor&#10;FORGED&#13;FORGED office"), "article",
         {"title": "The harbor FORGED FORGED office"}),
    Case("D18", "a rejected headline that forges a line", said("<h1>Page not found&#10;FORGED\nFORGED</h1>"),
         "rejected: soft 404"),
    *(
        Case("D10", f"UTF-8, {how}", in_charset("utf-8", declared), "article", {"title": "“Señor” counts"})
        for how, declared in (
            ("not declared", ""), ("declared as Latin 1", "; charset=ISO-8859-1"), ("declared as nonsense", "; charset=xyz"),
        )
    ),
    *(
        Case("D10", f"{charset}, declared", in_charset(charset, f"; charset={charset}"), "article",
             {"title": "“Señor” counts"})
        for charset in ("windows-1252", "utf-16")
    ),
    *(
        Case("D10", f"windows-1252, {how}", in_charset("windows-1252", declared), "article", {"title": "�Se�or� counts"})
        for how, declared in (("not declared", ""), ("declared as UTF-8", "; charset=UTF-8"))
    ),
    Case("D10", "random bytes", said(bytes(range(256)) * 400), "rejected: no sign of an article"),
    # --- what the page states
    Case("D8", "JSON-LD of 100,000 levels", plain(head=ld("[" * DEEP + "]" * DEEP)), "article", SIGNED),
    *(
        Case("D8", f"JSON-LD of {depth} levels of a statement",
             plain(head=ld('{"@type": "NewsArticle", "isAccessibleForFree": ' + "[" * depth + "]" * depth + "}")),
             "article", SIGNED)
        for depth in (850, 900, 950, 990)
    ),
    Case("D8", "JSON-LD of huge numbers",
         plain(head=ld('{"@type": "NewsArticle", "headline": 1' + "0" * 5_000 + "}")
               + ld('{"@type": "NewsArticle", "isAccessibleForFree": 1e999, "wordCount": -1e999, "datePublished": NaN}')),
         "article", SIGNED),
    *(
        Case("D8", f"JSON-LD with {words} everywhere",
             stating(**dict.fromkeys(("headline", "description", "articleSection", "datePublished", "dateModified",
                                      "inLanguage", "image", "author", "isAccessibleForFree", "hasPart", "@id"), wrong)),
             "article", SIGNED)
        for words, wrong in (("numbers", 7), ("null", None), ("lists of lists", [[[]], [["x"]]]), ("objects", {"@id": {}}),
                             ("true", True), ("empty texts", ""))
    ),
    Case("D8", "JSON-LD that is not JSON", plain(head=ld("{'a': }") + ld("") + ld("[1, 2") + ld('"x"')), "article", SIGNED),
    Case("D8", "JSON-LD of 30,000 authors", stating(author=[{"name": "x"}] * 30_000), "article", SIGNED),
    Case("D9", "a headline of ten MB", lambda at: FakeResponse(200, page(at, title="word " * 2_000_000)), TOO_LARGE),
    Case("D9", "a headline of a MB", lambda at: FakeResponse(200, page(at, title="word " * 200_000)), "rejected: absurd field"),
    Case("D9", "a slug of a megabyte in the byline", plain(body=f'<a rel=author href="/content_author/{"x" * MEBIBYTE}/">X</a>'),
         "article"),
    *(
        Case("D11", f"a page of {moment}", stating(datePublished=moment, dateModified=moment), "article",
             {"published_at": None, "modified_at": None})
        for moment in ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2025-13-45", "12")
    ),
    *(
        Case("D11", f"a byline of {day}", plain(dated=day), "article", {"published_on": None})
        for day in ("January 1, 0001", "January 1, 1970", "December 31, 9999", "February 31, 2025")
    ),
    *(
        Case("D12", f"a canonical link to {where}", canonical(url), "article", SIGNED)
        for where, url in (
            ("another article", "{base}{other}"), ("another host", "{elsewhere}{other}"), ("javascript:", "javascript:alert(1)"),
            ("no URL", "http://["), ("the front page", "/"), ("a megabyte", "/2025/06/" + "x" * MEBIBYTE),
        )
    ),
    Case("D15", "script in a headline", plain(title="<script>alert(1)</script>The <b onclick=x>harbor</b> office"), "article",
         {"title": "The harbor office"}),
    Case("D15", "script in a headline, as text", plain(title="&lt;script&gt;alert(1)&lt;/script&gt;"), "article",
         {"title": "<script>alert(1)</script>"}),
    Case("D20 N12", "headers that name code", headers(Referrer_Policy="sys.exit", Set_Cookie="a=b; Domain=example.org"),
         "article", SIGNED),
    Case("D20", "base, refresh and frames of another host",
         lambda at: FakeResponse(200, page(
             at, head=f'<base href="{at.elsewhere}/"><meta http-equiv=refresh content="0;url={at.elsewhere}/">',
             body=f'<iframe src="{at.elsewhere}/"></iframe><img src="{at.elsewhere}/a.png"><script src="/x.js"></script>')),
         "article", {"title": TITLE, "body": BODY}),
    # --- something else in an article's place
    Case("D13", "a soft 404", said("<title>Page not found | NK News</title><h1>Page not found</h1>"), "rejected: soft 404"),
    Case("D13", "a login", said("<title>Log in</title><h1>Log in</h1><input type=password>"), "rejected: login page"),
    Case("D13", "a challenge", said("<title>Just a moment...</title><p>Checking your browser"), "rejected: challenge page"),
    Case("D13", "a listing", said("<h1>X</h1><h2>More articles by 'X'</h2><p><a href=/2025/06/a/>A</a>"), "rejected: listing"),
    Case("D13", "nothing", said(""), "rejected: no sign of an article"),
    Case("D13", "an empty page", said("<html><body></body></html>"), "rejected: no sign of an article"),
    Case("D13", "a PDF", said(b"%PDF-1.7\n\0\xff", kind="application/pdf"), "failed: not HTML"),
    Case("D13", "a picture that says it is a page", said(b"\x89PNG\r\n\x1a\n" + bytes(9_000)), "rejected: no sign of an article"),
    Case("D13", "JSON", said('{"title": "x"}', kind="application/json"), "failed: not HTML"),
    # --- redirects
    *(
        Case(f"{fault} D21", f"a redirect to {where}", leads_to(url), becomes)
        for fault, where, url, becomes in (
            ("N8", "another host", "http://localhost:{port}{own}", "failed: left the site"),
            ("N8", "another host, without a scheme", "//localhost:{port}{own}", "failed: left the site"),
            ("N10", "another port", "{elsewhere}{own}", "failed: left the site"),
            ("N10", "https", "https://127.0.0.1:{port}{own}", "failed: left the site"),
            ("N8", "the name of a user", "http://127.0.0.1@localhost:{port}/", "failed: left the site"),
            ("N9", "itself", "{own}", NOT_FOLLOWED),
            ("D13", "the login", "/wp-login.php", "failed: HTTP 404"),
            ("D13", "the front page", "/", "rejected: not an article URL"),
        )
    ),
    *(
        Case("N8 D21", f"a redirect to {url}", leads_to(url), "failed: HTTP 302")
        for url in ("file:///etc/hostname", "data:text/html,<h1>x</h1>", "ftp://localhost:{port}/")
    ),
    Case("N8 D21", "a redirect to javascript:", leads_to("javascript:alert(1)"), NOT_FOLLOWED),
    Case("N8", "a redirect to another article", leads_to("{other}"), "alias"),
]


def listing(at: Target, *links: str, name: str = "") -> FakeResponse:
    entries = "".join(f'<p><a href="{url}">Some headline</a></p>' for url in (at.other, *links))
    return FakeResponse(200, f"<html><body><h1>{name}</h1>{entries}</body></html>")


AUTHORS = [
    Case("N13", "a pager without end", lambda at: listing(at, f"{at.path}page/2/"), "author", kind=AUTHOR),
    Case("N13", "a listing that lists itself", lambda at: listing(at, at.path, f"{at.path}page/1/"), "author", kind=AUTHOR),
    Case("N13 D3", "a listing of five MiB of links", lambda at: listing(at, *["/2025/01/a/"] * 100_000), "failed: absurd page",
         kind=AUTHOR),
    Case("D9", "an author's name of a megabyte", lambda at: listing(at, name="N" * MEBIBYTE),
         "author", kind=AUTHOR),
    Case("D4", "a listing of 100,000 levels", lambda at: FakeResponse(200, "<div>" * DEEP + str(listing(at).body)),
         "failed: no article links", kind=AUTHOR),
    Case("N8", "a redirect of an author to another host", leads_to("{elsewhere}{own}"), "failed: left the site", kind=AUTHOR),
    Case("D13", "an article in an author's place", lambda at: FakeResponse(200, "<h1>A</h1><p>Words, and no link to any article."),
         "failed: no article links", kind=AUTHOR),
]

RSS = "application/rss+xml; charset=UTF-8"
ITEM = "<item><title>x</title><link>{base}{other}</link></item>"


def feed(text: str) -> Callable[[Target], FakeResponse]:
    return lambda at: FakeResponse(200, text.replace("{base}", at.base_url).replace("{other}", at.other)
                             .replace("{elsewhere}", at.elsewhere), RSS)  # fmt: skip


FEEDS = [
    Case("D19", "a feed of entities without number",
         feed(f'{LAUGHS}<rss><channel><title>&a11;</title>{ITEM}</channel></rss>'), "failed: no article links", kind=FEED),
    Case("D19", "a feed that reads a file and asks a host",
         feed('<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY h SYSTEM "{elsewhere}/x">'
              '<!ENTITY % p SYSTEM "{elsewhere}/y">%p;]>'
              f"<rss><channel><item><link>{{base}}/2025/06/&f;/</link></item><title>&h;</title>{ITEM}</channel></rss>"),
         "feed", kind=FEED),
    Case("D19 D2", "a feed of six MiB", feed("<rss><channel>" + "<a/>" * (6 * MEBIBYTE // 4)), TOO_LARGE, kind=FEED),
    Case("D19 D3", "a feed of five MiB of items", feed("<rss><channel>" + "<item>" * (LARGE // 6)), "failed: no article links",
         kind=FEED),
    Case("D19 D4", "a feed of 100,000 levels", feed("<rss><channel>" + "<item>" * DEEP), "failed: no article links", kind=FEED),
    Case("D19", "a feed that is a page", said("<h1>Hello</h1>"), "failed: no article links", kind=FEED),
    Case("D19", "a feed that breaks off", feed(f"<rss><channel>{ITEM}<item><link>{{base}}/20"), "feed", kind=FEED),
    Case("D19", "a feed of random bytes", said(bytes(range(256)) * 100, kind=RSS), "failed: no article links", kind=FEED),
]
# fmt: on

CASES = [*ARTICLES, *AUTHORS, *FEEDS]


# --- A crawl among them ---------------------------------------------------------------------------


_OF_THE_VISIT = frozenset(("id", "run_id", "first_seen_at", "checked_at", "changed_at"))


@dataclass(frozen=True)
class NightResult:
    """What came of a crawl of the made-up site with hostile answers in it."""

    archive: Path
    paths: dict[str, str]  # name of a case → the path where it was met
    code: int
    told: str  # on stderr
    memory: float  # the most that the process took, MiB
    asked_elsewhere: list[str]
    log: str = ""


def articles_in_turn(fake_site: FakeSite) -> list[str]:
    """Return the paths of the articles in the order of the visits, without those that a second
    address serves too.
    """
    return sorted(
        (article.path for article in fake_site.articles if not article.alias_path), reverse=True
    )


def targets(fake_site: FakeSite, cases: list[Case]) -> dict[str, str]:
    """Return for each case the path that it is met at: every second article, the authors one by
    one, the feed.
    """
    articles = iter(articles_in_turn(fake_site)[1::2])
    where = {
        ARTICLE: articles,
        AUTHOR: map(site.author_path, site.SEED_AUTHORS),
        FEED: iter([site.FEED_PATH]),
    }
    return {case.name: next(where[case.kind]) for case in cases}


def crawl(server: FaultyServer, archive: Path, cases: list[Case], *args: str) -> NightResult:
    """Crawl the site while these cases stand in it."""
    articles = articles_in_turn(server.fake_site)
    paths = targets(server.fake_site, cases)
    log, peak = archive.with_suffix(".log"), archive.with_suffix(".memory")
    with FaultyServer(FakeSite(articles=1)) as elsewhere:
        server.faults = {}
        for case in cases:
            path = paths[case.name]
            other = articles[articles.index(path) - 1] if path in articles else articles[0]
            answer = case.said(Target(server.base_url, path, other, elsewhere.base_url))
            server.faults[path] = answer
            if case.name == "a pager without end":
                numbered = {f"{path}page/{number}/": number for number in range(2, 99)}
                server.faults |= {page: listing(Target(server.base_url, path, other, ""), f"{path}page/{number + 1}/")
                                  for page, number in numbered.items()}  # fmt: skip
        done = subprocess.run(
            scrapy_command(
                *crawl_args(server, archive), *IMPATIENT, "-L", "DEBUG", "--logfile", log, *args
            ),
            cwd=Path(__file__).parents[2],
            env=clean_environment(
                PEAK_MEMORY=str(peak), PYTHONPATH=str(Path(__file__).parents[1] / "peak_memory")
            ),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        server.faults = {}
        asked = [hit.path for hit in elsewhere.log]
    memory = int(peak.read_text()) / 1024
    return NightResult(
        archive, paths, done.returncode, done.stderr, memory, asked, log.read_text(encoding="utf-8")
    )


def what_became(night: NightResult, case: Case, base_url: str) -> str:
    """Return what the archive says of the page: what it was read as, or why it was not."""
    url = base_url + night.paths[case.name]
    (found,) = rows(
        night.archive,
        "SELECT kind, last_error, due_at, status, fetched_at FROM pages WHERE url = ?",
        url,
    )
    if found["last_error"]:
        rejected = rows(night.archive, "SELECT 1 FROM rejects WHERE url = ?", url)
        return f"{'rejected' if rejected else 'failed'}: {found['last_error']}"
    if found["kind"] == "article" and not rows(
        night.archive, "SELECT 1 FROM articles WHERE url = ?", url
    ):
        return "alias" if found["fetched_at"] else "not visited"
    return str(found["kind"])


def articles_of(archive: Path, base_url: str) -> dict[str, dict[str, Any]]:
    """Return path → what the archive holds of each article, its authors included, but for when it
    was seen.
    """
    found = rows(
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
        for row in found
    }


def make_due(archive: Path) -> None:
    """Make every page due again, whole, as if no time had to pass."""
    with closing(sqlite3.connect(archive)) as conn, conn:
        conn.execute(
            "UPDATE pages SET due_at = '2000-01-01T00:00:00Z', etag = NULL, last_modified = NULL"
        )


def main() -> int:
    """Crawl once for each case, and print the table."""
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Scrapy {scrapy_package.__version__}"
    )
    print(f"{len(CASES)} cases, each in a crawl of its own among ordinary articles\n")
    print(
        "| | hostile answer | what became of the page | exit code | memory, MiB |\n|---|---|---|---|---|"
    )
    bad = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(FaultyServer(FakeSite(articles=8)))
        quiet = crawl(server, folder / "quiet.db", [])
        print(f"| | none | | {quiet.code} | {quiet.memory:.0f} |")
        for case in CASES:
            night = crawl(server, folder / "night.db", [case])
            became = what_became(night, case, server.base_url)
            bad += became != case.becomes or night.code != 0 or bool(night.asked_elsewhere)
            print(
                f"| {case.rows} | {case.name} | {became} | {night.code} | {night.memory:.0f} |",
                flush=True,
            )
            for left in folder.glob("night.*"):
                left.unlink()
    print(f"\n{bad} of {len(CASES)} are not as they should be.")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
