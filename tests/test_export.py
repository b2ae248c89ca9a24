"""`scrapy export`: each format with any content, and that a file is complete or does not exist."""

import csv
import io
import json
import os
import pty
import re
import resource
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from nkcrawl.archive import ArchiveReader, ArticleFilter
from nkcrawl.export import StoredArticle
from nkcrawl.export.feed import as_atom
from nkcrawl.export.markdown import FRONT_MATTER, as_markdown, file_name, paragraphs
from nkcrawl.export.tables import as_csv, as_jsonl, escape_formula
from nkcrawl.text import normalize_whitespace
from tests.conftest import ROOT, clean_environment, scrapy, scrapy_command
from tests.factories import ANN, SITE, article_url, failure, new_archive, store

START = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
BO = ("bo", "")


@pytest.fixture
def archive(archive_file: Path) -> Path:
    """An archive with three articles, an hour apart; the second is gone, and mostly a headline."""
    now = [START]
    nothing = dict.fromkeys(
        (
            "subtitle",
            "label",
            "byline",
            "published_on",
            "published_at",
            "image_url",
            "image_caption",
        )
    )
    articles = (
        ({"title": "=Rice & <salt>", "body": "Rice rose.\n\n- Rain fell."}, [BO, ANN]),
        ({"title": "Two", "body": "", **nothing, "image_credit": None, "language": None}, []),
        ({"title": "쌀값", "published_at": None, "access": "teaser", "label": "Opinion"}, [ANN]),
    )
    with new_archive(archive_file, lambda: now[0]) as archive:
        for number, (changes, authors) in enumerate(articles, start=1):
            store(archive, f"story-{number}", authors=authors, **changes)
            now[0] += timedelta(hours=1)
        archive.store(failure(article_url("story-2")), 1)
    return archive_file


@pytest.fixture
def stored(archive: Path) -> Iterator[list[dict[str, Any]]]:
    with closing(ArchiveReader.open(archive)) as reader:
        yield list(reader.iter_articles(reader.find(ArticleFilter())))


def export(archive: Path, target: Path, *options: str) -> None:
    done = scrapy("export", target, *options, NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [
        file for file in (target, *target.rglob("*")) if file.stat().st_mode & stat.S_IRWXO
    ] == []


# --- What is read ---


def test_whole_articles_have_every_column_and_their_authors(
    archive: Path, stored: list[dict[str, Any]]
) -> None:
    with closing(sqlite3.connect(archive)) as conn:
        conn.row_factory = sqlite3.Row
        plain = [dict(record) for record in conn.execute("SELECT * FROM articles ORDER BY id")]
    lists = [
        {"access_evidence": ["meta: free"], "authors": authors}
        for authors in (
            [{"slug": "bo", "name": None}, {"slug": "ann", "name": "Ann Lee"}],
            [],
            [{"slug": "ann", "name": "Ann Lee"}],
        )
    ]
    assert stored == [a | b for a, b in zip(plain, lists, strict=True)]


def test_results_are_read_in_order_while_a_crawl_writes(archive_file: Path) -> None:
    """Articles are never removed; each is exported in its state when it is read."""

    with new_archive(archive_file) as archive:
        for number in range(450):
            store(archive, f"story-{number}")
        with closing(ArchiveReader.open(archive_file)) as reader:
            ids = reader.find(ArticleFilter())
            assert list(reader.find(ArticleFilter(), newest=3)) == [450, 449, 448]
            articles = reader.iter_articles(ids)
            assert next(articles)["id"] == 1
            store(archive, "story-449", body="It changed meanwhile.")
            store(archive, "story-450")
            *_, last = rest = list(articles)
        assert [article["id"] for article in rest] == list(range(2, 451))
        assert last["body"] == "It changed meanwhile."


# --- CSV ---


def test_csv(archive: Path, stored: list[dict[str, Any]], tmp_path: Path) -> None:
    export(archive, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfid,url,title,")
    assert b'"Rice rose.\n\n- Rain fell."' in text
    lines = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    for cells, article in zip(lines, stored, strict=True):
        assert cells == {
            **{name: "" if value is None else str(value) for name, value in article.items()},
            "title": {"=Rice & <salt>": "'=Rice & <salt>"}.get(article["title"], article["title"]),
            "access_evidence": '["meta: free"]',
            "authors": {1: "bo, Ann Lee", 2: "", 3: "Ann Lee"}[article["id"]],
        }


@pytest.mark.parametrize(
    ("cell", "escaped"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@sum", "'@sum"), ("\tx", "'\tx"),
     ("\rx", "'\rx"), ("＝1", "'＝1"), (" =1", " =1"), ("a=1", "a=1"), ("'=1", "'=1"), ("", ""),
     (-1, -1), (None, None)],
)  # fmt: skip
@pytest.mark.fault("D16")
def test_what_would_be_a_formula(cell: object, escaped: object) -> None:
    assert escape_formula(cell) == escaped


TEXTS = st.text(st.characters(exclude_categories=())) | st.text(
    "=+-@\t\r\n,;\"' a＝<&>\x00\x85\u2028\ud800\ufffe#*_1.)`|~[]!\\$"
)
NAMES = (
    "url",
    "title",
    "subtitle",
    "label",
    "body",
    "note",
    "language",
    "byline",
    "image_url",
    "image_caption",
    "image_credit",
)
ARTICLES = st.fixed_dictionaries(
    {
        **dict.fromkeys(NAMES, TEXTS),
        "id": st.integers(1),
        "published_on": st.sampled_from([None, "2025-06-20"]),
        **dict.fromkeys(
            ("published_at", "modified_at", "gone_at"),
            st.sampled_from([None, "2025-06-20T03:15:00Z"]),
        ),
        **dict.fromkeys(("changed_at", "first_seen_at"), st.just("2025-06-20T03:15:00Z")),
        "access": st.sampled_from(["free", "teaser"]),
        "word_count": st.integers(0),
        "access_evidence": st.lists(TEXTS, max_size=2),
        "authors": st.lists(
            st.fixed_dictionaries({"slug": TEXTS, "name": st.none() | TEXTS}), max_size=2
        ),
    }
)  # fmt: skip


def written(text: str) -> str:
    """Return a text as it is read from the file that it was written into."""
    return text.encode("utf-8", "replace").decode("utf-8")


@given(st.lists(ARTICLES, min_size=1, max_size=3))
@pytest.mark.fault("D16")
def test_csv_brings_every_cell_back_and_runs_none(articles: list[StoredArticle]) -> None:
    _, *lines = csv.reader(io.StringIO("".join(as_csv(articles)), newline=""))
    for cells, article in zip(lines, articles, strict=True):
        assert not any(re.match("[=+\\-@\t\r\n＝＋－＠]", cell) for cell in cells)
        for name, cell in zip(article, cells, strict=True):
            if name in NAMES:
                assert cell in (article[name], f"'{article[name]}")


# --- JSON Lines ---


def test_jsonl(archive: Path, stored: list[dict[str, Any]], tmp_path: Path) -> None:
    export(archive, tmp_path / "a.jsonl", "--access", "free", "--author", "ann")
    text = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line) for line in text.splitlines()] == stored[:1]
    export(
        archive, tmp_path / "b.jsonl", "--label", "opinion", "--since", "2025-06", "--until", "2025"
    )
    assert "쌀값" in (tmp_path / "b.jsonl").read_text(encoding="utf-8")


@given(st.lists(ARTICLES, max_size=3))
def test_jsonl_brings_everything_back_one_line_an_article(articles: list[StoredArticle]) -> None:
    lines = list(as_jsonl(articles))
    assert all(
        line.count("\n") == 1 and line.endswith("\n") and written(line) == line for line in lines
    )
    assert [json.loads(line) for line in lines] == articles


# --- Atom ---


def test_atom(archive: Path, tmp_path: Path) -> None:
    export(archive, tmp_path / "a.atom", "--limit", "2")
    feed = etree.parse(tmp_path / "a.atom").getroot()
    uuid = "urn:uuid:d1f694c1-58ac-54d6-82c8-444fe95cef20"
    assert leaves_of(feed) == [
        ("id", uuid, {}),
        ("title", "www.nknews.org", {}),
        ("updated", "2025-06-20T05:15:00Z", {}),
        ("author/name", "www.nknews.org", {}),
        ("link", None, {"rel": "alternate", "href": "https://www.nknews.org/"}),
        ("generator", "nkcrawl", {"version": "0.1.0"}),
        ("entry/id", f"{SITE}/2025/06/story-3/", {}),
        ("entry/title", "쌀값", {}),
        ("entry/link", None, {"rel": "alternate", "href": f"{SITE}/2025/06/story-3/"}),
        ("entry/author/name", "Ann Lee", {}),
        ("entry/published", "2025-06-20T00:00:00+09:00", {}),
        ("entry/updated", "2025-06-20T05:15:00Z", {}),
        ("entry/category", None, {"term": "Opinion"}),
        ("entry/summary", "Traders blame the rain", {}),
        ("entry/id", f"{SITE}/2025/06/story-2/", {}),
        ("entry/title", "Two", {}),
        ("entry/link", None, {"rel": "alternate", "href": f"{SITE}/2025/06/story-2/"}),
        ("entry/updated", "2025-06-20T04:15:00Z", {}),
    ]
    export(archive, tmp_path / "b.atom", "--author", "bo")
    about_bo = etree.parse(tmp_path / "b.atom").getroot()
    assert about_bo.findtext(f"{ATOM}title") == "www.nknews.org: by bo"
    assert about_bo.findtext(f"{ATOM}id") != uuid
    assert [entry.findtext(f"{ATOM}title") for entry in about_bo.iter(f"{ATOM}entry")] == [
        "=Rice & <salt>"
    ]
    assert "Rice rose." not in (tmp_path / "b.atom").read_text(encoding="utf-8")


def leaves_of(element: Any, path: str = "") -> list[tuple[str, str | None, dict[str, str]]]:
    """Return the leaves of an element: path, text and attributes, in their order."""
    leaves = []
    for child in element:
        name = path + child.tag.removeprefix(ATOM)
        leaves += (
            leaves_of(child, f"{name}/") if len(child) else [(name, child.text, dict(child.attrib))]
        )
    return leaves


@given(st.lists(ARTICLES, min_size=1, max_size=3), TEXTS)
@pytest.mark.fault("D5", "D15")
def test_atom_is_xml_whatever_is_stored(articles: list[StoredArticle], about: str) -> None:
    feed = etree.fromstring(written("".join(as_atom(articles, SITE, about))).encode())
    for entry, article in zip(feed.iter(f"{ATOM}entry"), articles, strict=True):
        assert {child.tag.removeprefix(ATOM) for child in entry} >= {
            "id",
            "title",
            "link",
            "updated",
        }
        as_parsed = re.sub(
            "\r\n?",
            "\n",
            re.sub(
                "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", article["subtitle"]
            ),
        )
        assert (entry.findtext(f"{ATOM}summary") or "") == as_parsed


# --- Markdown ---


def test_markdown(archive: Path, tmp_path: Path) -> None:
    export(archive, tmp_path / "notes")
    notes = {file.name: file.read_text(encoding="utf-8") for file in (tmp_path / "notes").iterdir()}
    assert sorted(notes) == ["2025-06-20-story-1.md", "2025-06-20-story-3.md", "undated-story-2.md"]
    assert notes["2025-06-20-story-1.md"] == (
        """---
url: "https://www.nknews.org/2025/06/story-1/"
title: "=Rice & <salt>"
subtitle: "Traders blame the rain"
label: "News"
authors: ["bo", "Ann Lee"]
published_on: "2025-06-20"
published_at: "2025-06-20T01:00:00Z"
access: "free"
word_count: 5
image_url: "https://www.nknews.org/rice.jpg"
image_caption: "Rice"
image_credit: "KCNA"
language: "en"
first_seen_at: "2025-06-20T03:15:00Z"
changed_at: "2025-06-20T03:15:00Z"
---

# \\=Rice & \\<salt>

Rice rose.

\\- Rain fell.
"""
    )
    assert (
        yaml.safe_load(notes["undated-story-2.md"].split("---")[1])["gone_at"]
        == "2025-06-20T06:15:00Z"
    )


def test_articles_that_would_share_a_name_have_their_number_in_it(
    archive_file: Path, tmp_path: Path
) -> None:
    with new_archive(archive_file) as archive:
        for path in ("2025/06/a", "2025/05/a", "2025/06/%EC%8C%80", "2025/06/%EC%86%8C%EA%B8%88"):
            store(archive, url=f"{SITE}/{path}/")
    export(archive_file, tmp_path / "notes")
    assert {
        file.name: file.read_text("utf-8").split("url: ")[1].split("\n")[0]
        for file in (tmp_path / "notes").iterdir()
    } == {
        "2025-06-20-a.md": f'"{SITE}/2025/06/a/"',
        "2025-06-20-a_2.md": f'"{SITE}/2025/05/a/"',
        "2025-06-20-article.md": f'"{SITE}/2025/06/%EC%8C%80/"',
        "2025-06-20-article_4.md": f'"{SITE}/2025/06/%EC%86%8C%EA%B8%88/"',
    }


@given(ARTICLES, st.booleans())
def test_file_names_are_safe_on_every_system(article: StoredArticle, numbered: bool) -> None:
    name = file_name({**article, "id": 2**63 - 1}, numbered=numbered)
    assert re.fullmatch(
        r"(\d{4}-\d\d-\d\d|undated)-[a-z0-9](-?[a-z0-9])*(_\d+)?\.md", name, flags=re.ASCII
    )
    assert len(name) <= 200


def test_long_names_are_cut_off() -> None:
    article = {
        "url": f"{SITE}/2025/06/{'rice-' * 60}/",
        "published_on": "2025-06-20",
        "id": 2**63 - 1,
    }
    assert 180 < len(file_name(article, numbered=True)) <= 200


NOT_YAML = st.text(
    "\x00\x1f\x7f\x80\x85\x9f\u2028\u2029\ud800\ufeff\ufffe\U0001f600\"'\\\n\t:#-{}[]&*!|>%@` a쌀",
    max_size=12,
)


@given(TEXTS | NOT_YAML, st.lists(NOT_YAML.filter(bool), min_size=1, max_size=2))
def test_front_matter_is_yaml_whatever_is_stored(text: str, names: list[str]) -> None:
    article = dict.fromkeys(FRONT_MATTER) | {
        "title": text,
        "note": text,
        "url": f"{SITE}/2025/06/a/",
        "body": "---\n\n---",
        "authors": [{"slug": "a", "name": name} for name in names],
    }
    _, front, _ = written(as_markdown(article)).split("---\n", 2)
    stated = {"title": text, "note": text} if text else {}
    assert yaml.safe_load(front) == stated | {"url": article["url"], "authors": names}


MARKUP = (
    *"\\`*_~[]()<>!&#$|{}:=+-.1) \n\ta", "\n\n", "    ", "# ", "## a", "* ", "- ", "+ ", "1. ",
    "12) ", "> ", "---", "===", "***", "```", "~~~", "~~a~~", "**a**", "_a_", "`a`", "[a](b)",
    "![a](b)", "[a]: b", "<b>", "<!-- ", "<http://a.b>", "&amp;", "&#35;",
    "a | b\n--- | ---\n1 | 2", "a\n| - |\n", "a\n:-:\n",
)  # fmt: skip


@settings(max_examples=500)
@given(st.lists(st.sampled_from(MARKUP), max_size=8).map("".join) | TEXTS)
def test_words_that_look_like_markdown_stay_words(body: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse("\n\n".join(paragraphs(body)))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "text_special", "softbreak"}
    output = "".join(child.content for child in inline)
    assert output == "".join(normalize_whitespace(line) for line in body.splitlines())


# --- The command ---


def test_a_terminal_shows_what_was_created(archive: Path, tmp_path: Path) -> None:
    reading, writing = pty.openpty()
    environment = clean_environment(NKCRAWL_DATABASE=str(archive), TERM="xterm", COLUMNS="80")
    command = scrapy_command("export", tmp_path / "a.csv")
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=writing, stderr=writing, check=False
    )
    os.close(writing)
    output = os.read(reading, 10_000).decode()
    os.close(reading)
    assert done.returncode == 0
    assert "Writing …" in output
    assert output.endswith(
        f"{tmp_path}/a.csv: 3 articles, {(tmp_path / 'a.csv').stat().st_size / 1e3:.1f} kB.\r\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("", 2, "Expected one file or folder to create: scrapy export articles.csv\n"),
        ("{}/a.csv {}/b.csv", 2, "Expected one file or folder to create: scrapy export "),
        ("{}/a.xlsx", 2, "{}/a.xlsx ends in .xlsx, but an export is .csv, .jsonl or .atom, or "),
        ("{}/a.csv --limit 3", 2, "--limit is the number of articles in a feed; leave it out"),
        ("{}/a.atom --limit 0", 2, "--limit='0': expected a whole number of at least 1"),
        ("{}/a.csv --since June", 2, "--since: invalid date 'June', expected YYYY, YYYY-MM or "),
        ("{}/missing/a.csv", 2, "{0}/missing/a.csv cannot be created: there is no folder {0}/"),
        ("{}/", 2, "{} is an existing folder; choose a new name.\n"),
        ("{}/nknews.db", 2, "{}/nknews.db ends in .db, but"),
        ("{}/a.csv --author me --since 2024", 1, "No article is stored by me since 2024; nothing "),
        ("{}/notes/ --author me", 1, "No article is stored by me; nothing was created.\n"),
    ],
)  # fmt: skip
def test_an_export_that_cannot_be_created_fails_with_one_sentence(
    archive: Path, tmp_path: Path, arguments: str, code: int, message: str
) -> None:
    done = scrapy(
        "export", *arguments.format(tmp_path, tmp_path).split(), NKCRAWL_DATABASE=str(archive)
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith(message.format(tmp_path))
    assert {file.name for file in tmp_path.iterdir()} == {"nknews.db", "nknews.db.lock"}


@pytest.mark.parametrize("target", ["a.jsonl", "notes/"])
def test_a_disk_that_is_full_leaves_nothing(archive: Path, tmp_path: Path, target: str) -> None:
    done = subprocess.run(
        scrapy_command("export", f"{tmp_path}/{target}"),
        cwd=ROOT,
        env=clean_environment(NKCRAWL_DATABASE=str(archive)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"{tmp_path}/{target} could not be written (File too large), and nothing is left of it."
    )
    assert {file.name for file in tmp_path.iterdir()} == {"nknews.db", "nknews.db.lock"}


def test_a_signal_in_the_middle_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    """With one article so long that writing it takes a while."""
    with closing(sqlite3.connect(archive)) as conn, conn:
        conn.execute("DROP TRIGGER articles_fts_update")
        conn.execute("UPDATE articles SET body = hex(randomblob(10000000)) WHERE id = 3")
    export = subprocess.Popen(
        scrapy_command("export", tmp_path / "notes/"),
        cwd=ROOT,
        env=clean_environment(NKCRAWL_DATABASE=str(archive)),
        stderr=subprocess.PIPE,
        text=True,
    )
    while export.poll() is None and not list(tmp_path.glob(".nkcrawl-*.tmp/notes/*.md")):
        pass
    export.send_signal(signal.SIGTERM)
    _, message = export.communicate()
    assert (export.returncode, message) == (
        130,
        f"Stopped by a signal; {tmp_path}/notes was not created, and nothing is left of it.\n",
    )
    assert {file.name for file in tmp_path.iterdir()} == {"nknews.db", "nknews.db.lock"}
