"""What a process of nkcrawl contacts, writes and prints, whatever a hostile site sends."""

import ast
import io
import json
import os
import pty
import re
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

import nkcrawl.settings
from nkcrawl.archive import Archive, ArticleFilter, SearchQuery, article_row
from nkcrawl.archive.search import search_sql
from nkcrawl.commands import print_error, print_json, print_table
from nkcrawl.demo import FakeSite, article_page
from nkcrawl.options import read_options
from tests.conftest import AT_FULL_SPEED, ROOT, clean_environment, rows, scrapy
from tests.factories import EMPTY, article_url, failure, store
from tests.html_factory import article_html, read
from tests.site import FakeResponse, FaultyServer

SECRET = "open-sesame"


def nkcrawl_command(*args: object) -> list[str]:
    return [sys.executable, "-m", "nkcrawl", *map(str, args)]


# --- What a process contacts and writes -----------------------------------------------------------


@dataclass
class Watched:
    """A command in its own folder, and the audit events of its process."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *args: object) -> subprocess.CompletedProcess[str]:
        for name in ("home", "tmp", "work"):
            (self.folder / name).mkdir(exist_ok=True)
        own = {
            "HOME": self.folder / "home",
            "TMPDIR": self.folder / "tmp",
            "WATCHED_LOG": self.folder / "watched",
        }
        environment = clean_environment(
            PYTHONPATH=os.pathsep.join((str(ROOT / "tests" / "audit_hook"), str(ROOT)))
        )
        environment |= {name: str(path) for name, path in own.items()} | {
            "PYTHONDONTWRITEBYTECODE": "1"
        }
        return subprocess.run(
            nkcrawl_command(*args),
            cwd=self.folder / "work",
            env=environment | self.environment,
            capture_output=True,
            text=True,
            umask=0,
            check=False,
            timeout=300,
        )

    def of(self, *events: str) -> list[Any]:
        """Return the arguments of all events whose names have one of these prefixes."""
        recorded = [json.loads(line) for line in (self.folder / "watched").read_text().splitlines()]
        return [arguments for event, arguments in recorded if event.startswith(events)]

    def connected_to(self) -> set[tuple[str, int]]:
        return {tuple(address) for _, address in self.of("socket.connect", "socket.sendto")}

    def written(self) -> set[str]:
        touched = {path for path, *_ in self.of("open", "os.re", "os.link", "os.symlink")} - {
            "/dev/null"
        }
        return {path.removeprefix(f"{self.folder}/") for path in touched}

    def modes(self) -> dict[str, str]:
        """Return the mode of every file in the folder except the log of events."""
        files = {
            str(path.relative_to(self.folder)): path
            for path in self.folder.rglob("*")
            if path.is_file()
        }
        return {
            name: oct(stat.S_IMODE(path.stat().st_mode))
            for name, path in files.items()
            if name != "watched"
        }


@dataclass
class NightResult(Watched):
    """A crawl of a site that attacks its reader in every way."""

    modes_on_the_way: dict[str, str] = field(default_factory=dict)
    done: subprocess.CompletedProcess[str] | None = None
    home: tuple[str, int] = ("", 0)
    was_elsewhere: bool = True  # whether anything connected to the other port
    log: str = ""

    @property
    def archive(self) -> Path:
        return self.folder / "a.db"


FORGED = "2026-01-01 00:00:00 [scrapy.core.engine] INFO: Forged"
OBEYED = "\x1b[5mA\x1b]0;title\x07B\x9b31mC\x1bPq\x1b\\D\u202eE\u2066F\x7fG\x08H\r\x85I\n"
HOSTILE = OBEYED + FORGED + " [red]K[/red] [link=http://x.test]L[/link] :bomb: \\[M]"
LURES = """<meta http-equiv="refresh" content="0; url={there}"><base href="{there}">
<link rel="stylesheet" href="{there}a.css"><link rel="preconnect" href="{there}">
<link rel="next" href="{there}"><script src="{there}a.js"></script>
<iframe src="{there}"></iframe><img src="{there}a.png" srcset="{there}b.png">
<a rel="author" href="{there}content_author/x/">x</a>"""


def lure(page: str, there: str) -> FakeResponse:
    """Return a page that might make its reader contact another host or leave data there."""
    host = there.removeprefix("http://").rstrip("/")
    links = "".join(
        f'<p><a href="{target}">Another story</a></p>'
        for target in (
            f"{there}2025/06/x/",
            f"http://user:{SECRET}@{host}/2025/06/x/",
            "file:///etc/2025/06/x/",
            "javascript:x()",
            f"//{host}/2025/06/x/",
            f"http:\\\\{host}\\2025\\06\\x\\",
            "/2025/06/a%0a%1b[5m/",
            "/2025/06/b\x1b]0;x\x07/",
        )
    )
    body = page.replace("<head>", "<head>" + LURES.format(there=there), 1).replace(
        "Recent Stories", f"Recent Stories</p>{links}<p>", 1
    )
    headers = {
        "Set-Cookie": "session=1; Domain=127.0.0.1; Path=/",
        "Referrer-Policy": "os.system",
        "Refresh": f"0; url={there}",
        "Link": f"<{there}>; rel=preload; as=script",
        "Alt-Svc": f'h2="{host}"; ma=86400',
        "WWW-Authenticate": 'Basic realm="x"',
    }
    return FakeResponse(200, body, headers=headers)


def hostile_feed(there: str) -> FakeResponse:
    entities = f'<!ENTITY a SYSTEM "{there}"><!ENTITY b SYSTEM "file:///etc/hostname">'
    items = (
        f"<item><link>{there}2025/06/x/</link></item><item><link>/2025/06/&a;&b;x/</link></item>"
    )
    doctype = f'<!DOCTYPE rss SYSTEM "{there}x.dtd" [{entities}]>'
    text = f'<?xml version="1.0"?>{doctype}<rss><channel>{items}</channel></rss>'
    return FakeResponse(200, text, "application/rss+xml")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightResult]:
    """One crawl with umask 0 and proxies in its environment, and the log of its events."""
    fake_site = FakeSite(articles=24)
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, FaultyServer(fake_site) as site:
        port = elsewhere.getsockname()[1]
        there = f"http://127.0.0.1:{port}/"
        proxy = there.replace("http://", f"http://user:{SECRET}@")
        proxies = {
            "http_proxy": proxy,
            "HTTP_PROXY": proxy,
            "https_proxy": proxy,
            "all_proxy": proxy,
        }
        night = NightResult(
            tmp_path_factory.mktemp("night"), proxies | {"no_proxy": "", "NO_PROXY": ""}
        )
        night.home = ("127.0.0.1", site.port)
        for story in fake_site.articles:
            site.faults[story.path] = lure(article_page(fake_site, story, site.base_url), there)
        first, title = fake_site.articles[3], escape(HOSTILE)
        page = article_page(fake_site, first, site.base_url).replace(
            escape(first.title, quote=False), title
        )
        site.faults[first.path] = lure(page, there)
        targets = (
            there,
            f"http://localhost:{port}/2025/06/x/",
            "file:///etc/hostname",
            "data:text/html,<h1>x</h1>",
            "ftp://127.0.0.1/",
        )
        for story, target in zip(fake_site.articles[5:], targets, strict=False):
            site.faults[story.path] = FakeResponse(
                302, headers={"Location": target, "Set-Cookie": "a=b"}
            )
        site.faults[fake_site.articles[12].path] = FakeResponse(
            200, "x", 'text/x; charset="\x1b]0;x\x07"'
        )
        site.faults["/feed/"] = hostile_feed(there)

        def look() -> None:
            night.modes_on_the_way = night.modes()

        site.faults[fake_site.articles[-1].path] = look
        settings = {"NKCRAWL_SITE": site.base_url, "NKCRAWL_DATABASE": night.archive}
        given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
        night.done = night.run(
            "crawl",
            "nknews",
            *given,
            *AT_FULL_SPEED,
            "--logfile",
            night.folder / "log",
            "-L",
            "DEBUG",
        )
        elsewhere.setblocking(False)
        try:
            elsewhere.accept()
        except BlockingIOError:
            night.was_elsewhere = False
        night.log = (night.folder / "log").read_text(encoding="utf-8")
        yield night


@pytest.mark.fault("N12", "D20", "D21")
def test_a_crawl_contacts_the_site_and_no_other_host(night: NightResult) -> None:
    assert night.done is not None
    assert (night.done.returncode, night.done.stdout, night.done.stderr) == (0, "", "")
    assert len(rows(night.archive, "SELECT 1 FROM articles")) >= 15
    assert night.connected_to() == {night.home}
    assert {host for host, *_ in night.of("socket.get")} <= {"127.0.0.1"}
    assert not night.was_elsewhere


def test_a_crawl_listens_on_no_port_and_starts_no_process(night: NightResult) -> None:
    assert night.of("socket.listen") == []
    assert [command for _, command, *_ in night.of("subprocess", "pty")] in (
        [],
        [["uname", "-p"]],
    )  # Python's `platform`
    assert night.of("os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.") == []


def test_a_crawl_writes_the_archive_and_the_log_that_was_named_and_others_may_not_read_them(
    night: NightResult,
) -> None:
    modes = {"a.db": "0o640", "a.db.lock": "0o640", "log": "0o640"}
    assert night.modes() == modes
    assert night.modes_on_the_way == modes | {"a.db-wal": "0o640", "a.db-shm": "0o640"}
    assert night.written() == modes.keys()


def test_a_crawl_keeps_no_cookie_and_no_credential(night: NightResult) -> None:
    with closing(sqlite3.connect(night.archive)) as archive:
        kept = "\n".join(archive.iterdump())
    for secret in (SECRET, "session=1", "a=b"):
        assert secret not in night.log
        assert secret not in kept
    assert not re.search("cookie", night.log.replace("COOKIES_ENABLED", ""), re.IGNORECASE)


def test_no_page_of_another_host_is_added(night: NightResult) -> None:
    urls = [row["url"] for row in rows(night.archive, "SELECT url FROM pages")]
    assert {url.rsplit(":", 1)[1].split("/", 1)[0] for url in urls} == {str(night.home[1])}
    assert [url for url in urls if not url.isascii() or not url.isprintable()] == []


@pytest.mark.fault("D5", "D18")
def test_the_site_cannot_forge_a_line_of_the_log(night: NightResult) -> None:
    assert len(night.log.splitlines()) > 50
    assert invisible(night.log) == set()
    assert not [line for line in night.log.splitlines() if "Forged" in line]


@pytest.mark.fault("D5", "D15")
def test_a_hostile_headline_is_stored_as_plain_text(night: NightResult) -> None:
    (row,) = rows(night.archive, "SELECT title FROM articles WHERE title LIKE '%Forged%'")
    assert row["title"] == (
        f"[5mA]0;titleB31mCPq\\DEFGH I {FORGED} [red]K[/red] "
        "[link=http://x.test]L[/link] :bomb: \\[M]"
    )


@pytest.mark.parametrize(
    ("headline", "title"),
    [
        ("Lamps <script>alert('x')</script>burn", "Lamps burn"),
        ("Lamps <b onclick='x()'>burn</b>", "Lamps burn"),
        (
            "Lamps &lt;script&gt;alert('x')&lt;/script&gt; burn",
            "Lamps <script>alert('x')</script> burn",
        ),
        ("Lamps &amp;lt;b&amp;gt; burn", "Lamps &lt;b&gt; burn"),
        ("Lamps <!-- <h1>x</h1> --><style>b{}</style>burn", "Lamps burn"),
        ("Lamps <svg/onload=x()>burn", "Lamps"),
        ("{{ lamps }} ${burn} %(x)s {0}", "{{ lamps }} ${burn} %(x)s {0}"),
    ],
)
@pytest.mark.fault("D15")
def test_markup_in_a_headline_is_markup_and_never_text(headline: str, title: str) -> None:
    html = article_html(
        "semantic", title=headline, title_element="{title}", node={"headline": None}
    )
    assert article_row(read(html))["title"] == title


@pytest.mark.parametrize(
    "site", ["http://user:{}@127.0.0.1", "https://:{}@[::1", "{}@127.0.0.1", "http://user:{}@h:x"]
)
def test_a_password_for_the_site_is_refused_and_not_repeated(site: str) -> None:
    with pytest.raises(
        UsageError, match=r"^NKCRAWL_SITE contains a user name or password"
    ) as refusal:
        read_options(Settings({**vars(nkcrawl.settings), "NKCRAWL_SITE": site.format(SECRET)}))
    assert SECRET not in str(refusal.value)


def test_a_password_for_the_site_is_sent_nowhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        site = f"http://user:{SECRET}@127.0.0.1:{server.getsockname()[1]}"
        done = scrapy("crawl", "nknews", NKCRAWL_SITE=site, NKCRAWL_DATABASE=str(tmp_path / "a.db"))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert SECRET not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_reading_commands_contact_no_host_and_write_nothing(
    night: NightResult, tmp_path: Path
) -> None:
    (url,) = (row["url"] for row in rows(night.archive, "SELECT url FROM articles LIMIT 1"))
    before = night.archive.read_bytes()
    watched = Watched(
        tmp_path, {"NKCRAWL_DATABASE": str(night.archive), "NKCRAWL_SITE": url.split("/20")[0]}
    )
    saved = tmp_path / "page.html"
    saved.write_text(article_html("semantic", head=LURES.format(there="http://127.0.0.1:9/")))
    codes = [
        watched.run(*args).returncode
        for args in (["status"], ["history", url], ["show", saved, "--url", url])
    ]
    assert codes == [0, 0, 0]
    assert watched.of("socket.connect", "socket.listen", "socket.get", "pickle.") == []
    assert watched.written() == set()
    assert night.archive.read_bytes() == before


def test_show_contacts_only_the_site_and_writes_nothing(tmp_path: Path) -> None:
    fake_site = FakeSite(articles=3)
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, FaultyServer(fake_site) as site:
        there = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        path = fake_site.articles[0].path
        site.faults[path] = lure(
            article_page(fake_site, fake_site.articles[0], site.base_url), there
        )
        watched = Watched(tmp_path, {"NKCRAWL_SITE": site.base_url, "http_proxy": there})
        done = watched.run("show", site.base_url + path, *AT_FULL_SPEED)
    assert (done.returncode, done.stderr) == (0, "")
    assert watched.connected_to() == {("127.0.0.1", site.port)}
    assert watched.of("socket.listen", "pickle.") == []
    assert watched.written() == set()


# --- What a terminal receives ---------------------------------------------------------------------

# What rich itself writes: colours, hiding and showing the cursor, erasing a line of the display.
RICH_SEQUENCES = re.compile(
    r"\x1b\[(?:[0-4]|[379]|[34]\d|9[0-7]|;)*m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|\r"
)
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def invisible(text: str) -> set[str]:
    return set(INVISIBLE.findall(text))


def run_on_terminal(*args: object, **environment: str) -> tuple[int, str]:
    """Run a command on a terminal of 200 columns; return its exit code and its raw output."""
    reading, writing = pty.openpty()
    given = clean_environment(TERM="xterm-256color", COLUMNS="200", **environment)
    process = subprocess.Popen(
        nkcrawl_command(*args), cwd=ROOT, env=given, stdin=writing, stdout=writing, stderr=writing
    )
    os.close(writing)
    output = b""
    try:
        while piece := os.read(reading, 65536):
            output += piece
    except OSError:  # Linux reports this when the last writer is gone
        pass
    os.close(reading)
    return process.wait(60), output.decode()


@pytest.fixture(scope="module")
def hostile_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with every text in it such as only a forger could have put there."""
    path = tmp_path_factory.mktemp("hostile") / "a.db"
    now = [datetime(2025, 6, 20, 3, 15, tzinfo=UTC)]
    texts = (
        "title",
        "subtitle",
        "label",
        "byline",
        "note",
        "image_url",
        "image_caption",
        "image_credit",
        "language",
    )
    with closing(Archive.open(path, lambda: now[0])) as archive:
        run = archive.begin_run({"url": HOSTILE}, {HOSTILE: HOSTILE})
        for number in range(2):
            columns = EMPTY | dict.fromkeys(texts, f"{HOSTILE}{number}")
            body = f"{number} {HOSTILE}\n\n{HOSTILE}"
            store(archive, "lamp", authors=[("x", HOSTILE)], body=body, **columns)
            now[0] += timedelta(days=1)
        archive.store(failure(article_url(HOSTILE), HOSTILE, HOSTILE), 1)
        archive.finish_run(
            run,
            verdict="failed",
            exit_code=1,
            finish_reason=HOSTILE,
            summary=HOSTILE,
            stats={HOSTILE: 1},
        )
    return path


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, text = tmp_path_factory.mktemp("page") / "page.html", escape(HOSTILE)
    parts = dict.fromkeys(("title", "subtitle", "label", "caption", "recent", "about"), text)
    node = {
        "headline": HOSTILE,
        "isAccessibleForFree": HOSTILE,
        "inLanguage": HOSTILE,
        "articleSection": HOSTILE,
    }
    path.write_text(
        article_html("semantic", **parts, lead=f"<p>{text}</p>", node=node), encoding="utf-8"
    )
    return path


LAMP = "https://www.nknews.org/2025/06/lamp/"


@pytest.mark.parametrize(
    ("where", "command", "code"),
    [
        ("in a pipe", "status", 0),
        ("in a pipe", "status --max-age 1h", 1),
        ("in a pipe", f"history {LAMP}", 0),
        ("in a pipe", f"history {LAMP} --json", 0),
        ("in a pipe", "show PAGE", 0),
        ("in a pipe", "search Forged", 0),
        ("in a pipe", "search Forged --json", 0),
        ("on a terminal", "search Forged", 0),
        ("on a terminal", "status", 0),
        ("on a terminal", f"history {LAMP}", 0),
        ("on a terminal", "show PAGE", 0),
    ],
)
@pytest.mark.fault("D5", "D17")
def test_no_output_contains_control_sequences_of_the_site(
    hostile_archive: Path, hostile_page: Path, where: str, command: str, code: int
) -> None:
    args = [str(hostile_page) if word == "PAGE" else word for word in command.split()]
    if where == "in a pipe":
        done = scrapy(*args, NKCRAWL_DATABASE=str(hostile_archive))
        exit_code, output = done.returncode, done.stdout + done.stderr
        assert not [line for line in output.splitlines() if line.startswith(FORGED)]
        assert "[red]K[/red] [link=http://x.test]L[/link] :bomb:" in output
    else:
        exit_code, raw = run_on_terminal(*args, NKCRAWL_DATABASE=str(hostile_archive))
        assert "\x1b[5m" not in raw
        output = RICH_SEQUENCES.sub("", raw)
        assert re.search(r"Forged\s+\[red\]K", output)
    assert exit_code == code
    assert invisible(output) == set()


@pytest.mark.fault("D17", "D18")
def test_a_crawl_on_a_terminal_prints_no_control_sequences_of_the_site(archive_file: Path) -> None:
    """Its log lines, display and sentence, with a hostile Content-Type and a hostile headline."""
    fake_site = FakeSite(articles=24)
    with FaultyServer(fake_site) as site:
        for story in fake_site.articles[1:]:
            site.faults[story.path] = FakeResponse(
                200, "x", 'text/x; charset="\x1b[5m\x1b]0;x\x07\x9b31m[red]"'
            )
        story = fake_site.articles[0]
        page = article_page(fake_site, story, site.base_url).replace(
            escape(story.title, quote=False), escape(HOSTILE)
        )
        site.faults[story.path] = (200, page)
        given = {"NKCRAWL_SITE": site.base_url, "NKCRAWL_DATABASE": str(archive_file)}
        code, raw = run_on_terminal("crawl", "nknews", *AT_FULL_SPEED, **given)
    output = RICH_SEQUENCES.sub("", raw)
    assert code == 1
    assert "\x1b[5m" not in raw
    assert invisible(output) == set()
    assert "[red]K[/red] [link=http://x.test]L[/link] :bomb: \\[M]" in output
    assert re.search(
        r"\n5 articles in a row could not be read, first http://127\.0\.0\.1:\d+/\S+ "
        r"\(Content-Type 'text/x;",
        output,
    )


@settings(deadline=None)
@given(st.text())
@pytest.mark.fault("D17")
def test_an_error_is_one_line_and_json_keeps_the_value(text: str) -> None:
    with redirect_stderr(io.StringIO()) as stderr:
        print_error(text)
    assert stderr.getvalue().count("\n") == 1
    assert invisible(stderr.getvalue()) == set()
    with redirect_stdout(io.StringIO()) as printed:
        print_json([text])
    assert invisible(printed.getvalue()) == set()
    assert json.loads(printed.getvalue()) == [text]


@settings(deadline=None)
@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=3))
@pytest.mark.fault("D17")
def test_a_table_in_a_pipe_has_one_line_per_row_and_tabs_between_cells(
    cells: list[list[str]],
) -> None:
    with redirect_stdout(io.StringIO()) as printed:
        print_table(["one", "other"], cells)
    lines = printed.getvalue().split("\n")
    assert len(lines) == len(cells) + 3
    assert all(line.count("\t") <= 1 for line in lines)
    assert invisible(printed.getvalue()) == set()


# --- What the package's code may not do -----------------------------------------------------------

PACKAGE = Path(nkcrawl.__file__).parent
SOURCES = {
    path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))
}
ARCHIVE = {path: tree for path, tree in SOURCES.items() if path.parent.name == "archive"}
Function = ast.FunctionDef | ast.AsyncFunctionDef

NAMES = {"eval", "exec", "compile", "__import__", "pickle", "marshal", "shelve", "yaml", "dbm"}
CALLS = {"system", "popen", "import_module", "load_object"}
KEYWORDS = {"alter", "replace", "shell", "dont_filter", "allow_offsite"}
# Keys of a request's meta.
META_KEYS = {"dont_filter", "allow_offsite", "handle_httpstatus_all", "proxy"}


def test_nothing_in_the_package_runs_a_text_or_opens_a_back_door() -> None:
    """No call runs or unpickles a value, alters a table, or lets a request pass the filters."""
    violations = []
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            match node:
                case ast.Import(names=names):
                    bad = {name.name.split(".")[0] for name in names} & NAMES
                case ast.ImportFrom(module=module):
                    bad = {str(module).split(".")[0]} & NAMES
                case ast.Call(func=ast.Name(id=name)):
                    bad = {name} & (NAMES | CALLS)
                case ast.Call(func=ast.Attribute(attr=name)):
                    bad = {name} & CALLS
                case ast.keyword(arg=str(name)):
                    bad = {name} & KEYWORDS
                case ast.Constant(value=str(word)):
                    bad = {word} & META_KEYS
                case _:
                    bad = set()
            violations += [f"{path.name}: {name}" for name in sorted(bad)]
    assert violations == []


def test_sql_lives_in_the_archive_alone() -> None:
    """The exception is the plugin's statement for the authors among the articles of a page."""
    elsewhere = [tree for path, tree in SOURCES.items() if path not in ARCHIVE]
    assert [
        f"{ast.unparse(call.func)}({', '.join(map(ast.unparse, call.args))})"
        for tree in elsewhere
        for call, _ in calls(tree)
        if _called(call) in SINKS and isinstance(call.func, ast.Attribute)
    ] == [
        (
            "self.ds.execute(self.database, "
            "AUTHORS_OF.format(articles=self.sql, limit=size + 1), self.params)"
        )
    ]


# The functions that take SQL, and as which argument.
SINKS = {"execute": 0, "executemany": 0, "executescript": 0}


def calls(
    tree: ast.AST, inside: tuple[Function, ...] = ()
) -> Iterator[tuple[ast.Call, tuple[Function, ...]]]:
    """Yield every call below a node with its enclosing functions, the outermost first."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            yield node, inside
        yield from calls(node, (*inside, node) if isinstance(node, Function) else inside)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _origins(node: ast.expr, inside: tuple[Function, ...]) -> Iterator[tuple[Function, str] | str]:
    """Yield the parts of a string that are not constants: parameters, or other code."""
    match node:
        case (
            ast.Constant()
            | ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value="d")]))
        ):
            return
        case (
            ast.FormattedValue(value=value)
            | ast.Starred(value=value)
            | ast.Call(func=ast.Attribute(value=value, attr="strip"))
        ):
            yield from _origins(value, inside)
        case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _origins(part, inside)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from _origins(one, inside)
            yield from _origins(other, inside)
        case ast.Call(
            func=ast.Attribute(value=value, attr="join" | "format"), args=args, keywords=keywords
        ):
            for part in (value, *args, *(keyword.value for keyword in keywords)):
                yield from _origins(part, inside)
        case ast.Name(id=name):
            yield from _origins_of_name(name, inside)
        case ast.Attribute(attr=name) if name.isupper():
            return
        # The tests below show that these return constants.
        case ast.Call(func=ast.Attribute(attr="where") | ast.Name(id="search_sql")):
            return
        case _:
            yield ast.unparse(node)


def _origins_of_name(
    name: str, inside: tuple[Function, ...]
) -> Iterator[tuple[Function, str] | str]:
    """Find the enclosing function that assigns the name; otherwise it is a module's constant."""
    for depth in range(len(inside), 0, -1):
        function = inside[depth - 1]
        if name in [arg.arg for arg in function.args.args]:
            yield function, name
            return
        given = [
            value
            for node in ast.walk(function)
            for targets, value in (
                (node.targets, node.value) if isinstance(node, ast.Assign)
                else ([node.target], node.iter) if isinstance(node, ast.For | ast.comprehension)
                else ([], None),
            )
            for target in targets
            if name in [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
        ]  # fmt: skip
        if given:
            for value in given:
                yield from _origins(value, inside[:depth])
            return


def test_no_value_is_ever_part_of_a_statement() -> None:
    """Follow every statement to its constants, through the functions that pass it on."""
    sinks, seen, wrong = dict(SINKS), 0, []
    while seen < len(sinks):
        seen = len(sinks)
        wrong = []
        for path, tree in ARCHIVE.items():
            for call, inside in calls(tree):
                if (place := sinks.get(_called(call))) is None or place >= len(call.args):
                    continue
                for origin in _origins(call.args[place], inside):
                    if isinstance(origin, str):
                        wrong.append(f"{path.name}:{call.lineno}: {origin}")
                    else:
                        function, name = origin
                        names = [arg.arg for arg in function.args.args if arg.arg != "self"]
                        sinks[function.name] = names.index(name)
    assert wrong == []
    assert sinks.keys() > SINKS.keys() | {"rows", "_rows"}


TEXT = st.text(min_size=1)


@given(TEXT, TEXT, TEXT, TEXT)
def test_the_conditions_of_a_filter_are_the_same_for_every_query(
    author: str, since: str, until: str, label: str
) -> None:
    conditions, values = ArticleFilter(author, since, until, label).where()
    assert conditions == ArticleFilter("a", "b", "c", "d").where()[0]
    assert {values[name] for name in ("author", "since", "until", "label")} == {
        author,
        since,
        until,
        label,
    }


@given(TEXT, TEXT, st.integers(min_value=1), st.booleans())
def test_a_search_is_the_same_statement_whatever_is_looked_for(
    query: str, author: str, limit: int, raw: bool
) -> None:
    sql, values = search_sql(SearchQuery(query, ArticleFilter(author), limit, raw))
    assert sql == search_sql(SearchQuery("a", ArticleFilter("b"), 1))[0]
    assert values["author"] == author
