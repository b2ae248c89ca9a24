"""`scrapy search`: matches, their order and their display, run from the command line."""

import json
import re
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from scrapy.exceptions import UsageError

from nkcrawl.archive import Archive, ArchiveReader, ArticleFilter, BadQuery, SearchQuery
from nkcrawl.archive.search import MARKS, MARKS_TO_READ, complete_sql, match_expression, search_sql
from nkcrawl.commands.search import nothing_found, read_words
from nkcrawl.demo import FakeSite
from nkcrawl.text import normalize_whitespace
from tests.conftest import ROOT, clean_environment, on_terminal, rows, scrapy
from tests.factories import ANN, EMPTY, SITE, new_archive, store

NOW = datetime(2025, 6, 20, 3, 15, tzinfo=UTC)
BO = ("bo", "Bo O'Hara")
PLAIN = EMPTY | {"title": "A headline", "published_on": "2025-06-19", "body": "Text of it."}


def fill(file: Path, articles: Mapping[str, Mapping[str, Any]]) -> None:
    """Store articles by name: the given columns of each, and `authors`, by default Ann."""
    with new_archive(file, lambda: NOW) as archive:
        for name, columns in articles.items():
            store(archive, name, **PLAIN | {"title": name} | columns)


def names(hits: list[dict[str, Any]]) -> list[str]:
    return [hit["url"].split("/")[-2] for hit in hits]


def search(
    file: Path,
    text: str,
    among: ArticleFilter | None = None,
    limit: int = 20,
    *,
    raw: bool = False,
) -> list[str]:
    """Return the names of the articles that a search finds, best first."""
    with closing(ArchiveReader.open(file)) as reader:
        return names(reader.search(SearchQuery(text, among or ArticleFilter(), limit, raw)))


FERRY = {
    "body-only": {"title": "Boats of June", "body": "Nobody saw the ferry.\n\nIt rained."},
    "headline": {
        "title": "Two ferries sail",
        "subtitle": "Engineers wave",
        "label": "News",
        "authors": [ANN, BO],
        "body": "They left before dawn, "
        + "one after the other, " * 12
        + "and a ferry captain waved.\n\nCrowds came.",
    },
    "below-it": {
        "title": "Boats of May",
        "subtitle": "Once there was a ferry",
        "body": "It rained for a day or two.",
    },
    "undated": {
        "title": "Rice",
        "published_on": None,
        "access": "teaser",
        "body": "Rice rose.",
        "label": "Opinion",
    },
    "older": {
        "title": "Rice",
        "published_on": "2024-12-31",
        "access": "teaser",
        "body": "Rice rose.",
        "authors": [BO],
    },
    "newer": {
        "title": "Rice",
        "published_on": "2025-01-01",
        "access": "teaser",
        "body": "Rice rose.",
    },
}


@pytest.fixture
def archive(archive_file: Path) -> Path:
    fill(archive_file, FERRY)
    return archive_file


def test_the_headline_weighs_most_then_the_subtitle_and_the_newest_stands_first_among_equals(
    archive: Path,
) -> None:
    assert search(archive, "ferry") == ["headline", "below-it", "body-only"]
    assert search(archive, "rice") == ["newer", "older", "undated"]
    assert search(archive, "rice", limit=1) == ["newer"]
    assert search(archive, "rice", limit=2) == ["newer", "older"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ArticleFilter(author="ohara"), []),
        (ArticleFilter(author="o'hara"), ["older"]),
        (ArticleFilter(since="2024-12-31", until="2024-12-31"), ["older"]),
        (ArticleFilter(until="2025-01-31"), ["newer", "older"]),
        (ArticleFilter(label="opinion"), ["undated"]),
        (ArticleFilter(label="opinion", author="bo"), []),
        (ArticleFilter(access="teaser"), ["newer", "older", "undated"]),
        (ArticleFilter(access="free"), []),
    ],
)
def test_filters(archive: Path, filters: ArticleFilter, expected: list[str]) -> None:
    assert search(archive, "rice", filters) == expected


def test_in_a_pipe_each_article_is_one_line(archive: Path) -> None:
    done = scrapy("search", "ferry", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stderr) == (0, "")
    cells = [line.split("\t") for line in done.stdout.splitlines()]
    assert cells == [
        [
            "2025-06-19",
            "Two ferries sail",
            "Ann Lee, Bo O'Hara",
            "News",
            "free",
            f"{SITE}/2025/06/headline/",
            "…other, " + "one after the other, " * 4 + "and a ferry captain waved. Crowds came.",
        ],
        [
            "2025-06-19",
            "Boats of May",
            "Ann Lee",
            "",
            "free",
            f"{SITE}/2025/06/below-it/",
            "Once there was a ferry",
        ],
        [
            "2025-06-19",
            "Boats of June",
            "Ann Lee",
            "",
            "free",
            f"{SITE}/2025/06/body-only/",
            "Nobody saw the ferry. It rained.",
        ],
    ]


def test_as_json_with_the_number_of_matches(archive: Path) -> None:
    done = scrapy("search", "rice", "rose", "--limit", "1", "--json", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stderr) == (0, "")
    output = json.loads(done.stdout)
    (hit,) = output.pop("articles")
    assert output == {"found": 3}
    assert hit.pop("rank") < 0
    assert hit == {
        "published_on": "2025-01-01",
        "title": "Rice",
        "subtitle": None,
        "authors": "Ann Lee",
        "label": None,
        "access": "teaser",
        "url": f"{SITE}/2025/06/newer/",
        "excerpt": "Rice rose.",
    }


def test_the_number_of_further_matches_is_on_stderr(archive: Path) -> None:
    done = scrapy("search", "rice", "--limit", "2", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout.count("\n")) == (0, 2)
    assert done.stderr == "1 more; --limit 3 shows all of them.\n"


def test_a_terminal_shows_matches_in_colour_and_a_few_lines_per_article(archive: Path) -> None:
    assert on_terminal("search", "ferry", "nobody", columns=200, NKCRAWL_DATABASE=str(archive)) == (
        "\x1b[1mBoats of June\x1b[0m\n"
        "\x1b[2m2025-06-19 · Ann Lee · free\x1b[0m\n"
        "  \x1b[1;31mNobody\x1b[0m saw the \x1b[1;31mferry\x1b[0m. It rained." + " " * 166 + "\n"
        f"\x1b[34m{SITE}/2025/06/body-only/\x1b[0m\n\n"
    )


@pytest.mark.parametrize("columns", [40, 200])
def test_lines_fit_the_terminal_wide_characters_too_but_an_address_is_never_broken(
    archive_file: Path, columns: int
) -> None:
    korean = {
        "title": "북한, 겨울 지나 온실 두 곳 다시 공개" * 2,
        "body": "신의주의 한 세관 직원은 지난주 물량이 늘었다. " * 9,
    }
    fill(archive_file, {"a-rather-long-name-for-an-article-in-korean": korean})
    command = ("search", "북한", "직원")
    output = on_terminal(*command, columns=columns, NKCRAWL_DATABASE=str(archive_file))
    lines = re.sub(r"\x1b\[[\d;]*m", "", output).splitlines()
    assert f"{SITE}/2025/06/a-rather-long-name-for-an-article-in-korean/" in lines
    assert all(cell_len(line) <= columns for line in lines if not line.startswith("https:"))
    assert any(line.startswith("북한, 겨울") for line in lines)


@pytest.mark.fault("D17")
def test_control_sequences_and_markup_are_not_interpreted(archive_file: Path) -> None:
    """Escape sequences (ESC and CSI), text direction, rich's markup, the marks of the search."""
    evil = {
        "title": "\x1b[2JClear [red]the[/red] screen\x9b31m",
        "subtitle": f"\u202eferry [/] {MARKS[1]}{MARKS[0]}",
        "body": "A ferry\x07 [link=file:///etc]here[/link]\r.\x1b]0;title\x07",
    }
    fill(archive_file, {"evil": evil})
    output = on_terminal("search", "ferry", columns=200, NKCRAWL_DATABASE=str(archive_file))
    terminal = re.sub(r"\x1b\[(0|1|2|34|1;31)m", "", output)
    plain = scrapy("search", "ferry", NKCRAWL_DATABASE=str(archive_file)).stdout
    as_json = scrapy("search", "ferry", "--json", NKCRAWL_DATABASE=str(archive_file)).stdout
    for output in (terminal, plain, as_json):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", output)
        assert "[2JClear [red]the[/red] screen31m" in output
        assert "[link=file:///etc]here[/link]" in output


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            SearchQuery("kursk ferry"),
            "Nothing found for 'kursk ferry'. An article must contain all the words; --raw",
        ),
        (
            SearchQuery("kursk"),
            "Nothing found for 'kursk'. --raw 'begin*' matches words with this prefix.",
        ),
        (SearchQuery("kursk ferry", raw=True), "Nothing found for 'kursk ferry'. --raw 'begin*'"),
        (
            SearchQuery("ferry", ArticleFilter(author="bo", since="2025-01-01")),
            "Nothing found for 'ferry' (author bo, since 2025-01-01). Try fewer filters.",
        ),
        (SearchQuery("—!"), "'—!' contains no word: a search needs letters or digits."),
        (SearchQuery("\udcff"), "'\\udcff' contains no word"),
    ],
)
def test_nothing_found(query: SearchQuery, message: str) -> None:
    assert nothing_found(query).startswith(message)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["kursk", "ferry"], "kursk ferry"),
        (["-5%", "down", "—", "-"], "-5% down — -"),
        (["ferry", "--", "--json", "-x"], "ferry --json -x"),
        ([""], ""),
    ],
)
def test_the_words_are_all_that_is_typed(args: list[str], text: str) -> None:
    assert read_words(args) == text


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "Expected words to search for: scrapy search WORDS"),
        (["--"], "Expected words to search for: scrapy search WORDS"),
        (
            ["ferry", "--autor", "ann"],
            "Unknown option --autor; to search for the word, put -- before it.",
        ),
        (["-x"], "Unknown option -x;"),
    ],
)
def test_an_unknown_option_is_not_a_word(args: list[str], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_words(args)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["kursk"], 1, "Nothing found for 'kursk'."),
        (["\udcff", "--author", "\udcff"], 1, "'\\udcff' contains no word"),
        (["ferry", "--limit", "0"], 2, "--limit='0': expected a whole number of at least 1"),
        (
            ["ferry AND", "--raw"],
            2,
            "'ferry AND' is not a valid FTS5 query (fts5: syntax error near \"\"); see https://",
        ),
    ],
)
def test_no_match_or_a_bad_query_is_one_sentence(
    archive: Path, args: list[str], code: int, message: str
) -> None:
    done = scrapy("search", *args, NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_nothing_found_is_an_answer_in_json_too(archive: Path) -> None:
    done = scrapy("search", "--json", "--", "--kursk", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, json.loads(done.stdout)) == (1, {"found": 0, "articles": []})
    assert done.stderr.startswith("Nothing found for '--kursk'.")


def test_a_missing_or_damaged_archive_fails_with_one_sentence(archive: Path) -> None:
    done = scrapy("search", "ferry", NKCRAWL_DATABASE=str(archive.with_name("other.db")))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"No archive at {archive.with_name('other.db')} yet;")
    with archive.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 60)
    done = scrapy("search", "ferry", "--raw", NKCRAWL_DATABASE=str(archive))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"{archive} is damaged (")


def test_it_finds_what_a_running_crawl_has_just_stored(archive: Path) -> None:
    with closing(Archive.open(archive)) as writing:
        store(writing, "just-now", authors=[], **PLAIN | {"title": "A ferry, a ferry"})
        done = scrapy("search", "ferry", "--limit", "1", NKCRAWL_DATABASE=str(archive))
        assert done.returncode == 0
        assert "/just-now/" in done.stdout


def as_programs_get_it(file: Path, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query in plain sqlite3, without the brackets around matches."""
    with closing(sqlite3.connect(file)) as conn:
        conn.row_factory = sqlite3.Row
        return [
            {
                name: re.sub(r"[\[\]]", "", value) if isinstance(value, str) else value
                for name, value in dict(row).items()
            }
            for row in conn.execute(sql)
        ]


def test_its_sql_gives_the_same_rows_in_plain_sqlite(archive: Path) -> None:
    args = ["rice", "rose", "--author", "Bo O'H", "--since", "2024", "--access", "teaser"]
    output = json.loads(scrapy("search", *args, "--json", NKCRAWL_DATABASE=str(archive)).stdout)
    printed = scrapy("search", *args, "--sql", NKCRAWL_DATABASE="/nowhere")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert output["found"] == 1
    assert as_programs_get_it(archive, printed.stdout) == [
        hit | {"found": 1} for hit in output["articles"]
    ]


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery("ferry"),
        SearchQuery("Bo's ferry's"),
        SearchQuery("rice", ArticleFilter(label="it's :query"), 7),
        SearchQuery("rice", ArticleFilter("ann", "2024-12-31", "2026-01-01", "OPINION", "teaser")),
        SearchQuery("북한 café"),
        SearchQuery("title : (rice OR ferry*)", raw=True, limit=2),
        SearchQuery("—"),
    ],
)
def test_the_sql_with_its_values_inserted_returns_the_same(
    archive: Path, query: SearchQuery
) -> None:
    with closing(ArchiveReader.open(archive)) as reader:
        assert as_programs_get_it(archive, complete_sql(*search_sql(query, ("", "")))) == [
            {name: _unmarked(value) for name, value in hit.items()} for hit in reader.search(query)
        ]


def _unmarked(value: Any) -> Any:
    return re.sub("|".join(MARKS), "", value) if isinstance(value, str) else value


def test_the_sql_marks_the_words_for_people(archive: Path) -> None:
    sql = complete_sql(*search_sql(SearchQuery("ferry"), MARKS_TO_READ))
    first, second, third = rows(archive, sql)
    assert (first["title"], second["subtitle"]) == (
        "Two [ferries] sail",
        "Once there was a [ferry]",
    )
    assert third["excerpt"] == "Nobody saw the [ferry]. It rained."


@pytest.mark.parametrize(
    "filters",
    [
        ArticleFilter(),
        ArticleFilter("ann", "2024", "2026", "", "free"),
        ArticleFilter(label="News"),
    ],
)
def test_no_search_reads_every_article(archive: Path, filters: ArticleFilter) -> None:
    sql, values = search_sql(SearchQuery("rice", filters))
    with closing(sqlite3.connect(archive)) as conn:
        steps = [row[3] for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert not [
        step for step in steps if re.match(r"SCAN (articles|article_authors)\b(?!_fts)", step)
    ]
    assert [step for step in steps if step.startswith("SCAN articles_fts VIRTUAL TABLE INDEX 0:")]


@pytest.mark.parametrize(
    ("stored", "typed", "is_found"),
    [
        ("Engineers return from Kursk", "kursk ENGINEER", True),
        ("Engineers return from Kursk", "kursk doctors", False),
        ("Engineers return from Kursk", '"return from kursk"', True),
        ("Engineers return from Kursk", '"from return"', False),
        ("Engineers return from Kursk", "“return from” engineers", True),
        ("Engineers return from Kursk", "“from return” engineers", False),
        ("Engineers return from Kursk", '"engineers return', True),
        ("Engineers return from Kursk", "engineers OR doctors", False),
        ("Doctors or engineers", "engineers OR doctors", True),
        ("Engineers return from Kursk", "kurs*", False),
        ("Engineers return from Kursk", "title:kursk", False),
        ("Engineers return from Kursk", "NEAR(engineers kursk)", False),
        ("북한의 겨울", "북한", True),
        ("북한의 겨울", "북한 겨울", True),
        ("북한의 겨울", '"북한의 겨"', True),
        ("북한의 겨울", "한의", False),
        ("북한의 겨울", "북한은", False),
        ("6월의 비", "6월", True),
        ("A café in Sinŭiju", "cafe sinuiju", True),
        ("A cafe in Sinuiju", "CAFÉ Sinŭiju", True),
        ("Việt Nam’s άλφα", "việt ΆΛΦΑ", True),
        ("Kim’s orders", "Kim's", True),
        ("Kim's orders", "kim’s", True),
        ("R&D park", "R&D", True),
        ("A first, 5% down: Sources", "5% -down: (sources)*", True),
    ],
)
def test_what_is_typed_finds_what_is_stored_in_both_of_unicode_s_forms(
    archive_file: Path, stored: str, typed: str, is_found: bool
) -> None:
    forms = ("NFC", "NFD")
    fill(
        archive_file,
        {form.lower(): {"title": unicodedata.normalize(form, stored)} for form in forms},
    )
    for form in forms:
        expected = ["nfc", "nfd"] if is_found else []
        assert sorted(search(archive_file, unicodedata.normalize(form, typed))) == expected


def test_the_expression_is_as_short_as_can_be() -> None:
    assert match_expression('Café "new cranes" R&D') == '"Café" "new cranes" "R&D"'
    assert (
        match_expression("북한의") == f'"북한의" * OR "{unicodedata.normalize("NFD", "북한의")}" *'
    )
    assert match_expression(' " ') == '""'


def test_a_query_is_complete_whatever_its_values_hold() -> None:
    values = {"a": "it's :b 'quoted'", "b": 7}
    with closing(sqlite3.connect(":memory:")) as conn:
        (row,) = conn.execute(complete_sql("SELECT :a, :b, :a", values))
    assert row == (values["a"], 7, values["a"])


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, ArchiveReader]]:
    """An archive open for writing with the articles of FERRY, and a reader of it."""
    file = tmp_path_factory.mktemp("shelf") / "nknews.db"
    fill(file, FERRY)
    with (
        closing(Archive.open(file, lambda: NOW)) as archive,
        closing(ArchiveReader.open(file)) as reader,
    ):
        yield archive, reader


SCRAPS = st.sampled_from(
    ['"', "'", "*", "^", ":", "(", ")", "{", "}", "+", "-", "AND", "OR", "NOT", "NEAR(", "title:",
     "\0", "\ud800", "%", "\\", "ferry", "rice", "북한", "é", "e\u0301", "—", " ", "\n", "🚢",
     ";--", "/*", "?1", ":query"]
)  # fmt: skip
ANYTHING = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(SCRAPS).map("".join),
    st.lists(SCRAPS).map(" ".join),
)


@settings(max_examples=500, deadline=None)
@given(ANYTHING)
@pytest.mark.fault("S22")
def test_any_text_is_a_safe_query(shelf: tuple[Archive, ArchiveReader], text: str) -> None:
    _, reader = shelf
    query = SearchQuery(text)
    assert len(reader.search(query)) <= len(FERRY)
    with closing(sqlite3.connect(reader.path)) as conn:
        conn.execute(complete_sql(*search_sql(query)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["", "*", "^", ":", "(", ")", "+", "-", "—", "\0", ".", " *", ' "', "' "]),
        min_size=3,
    )
)
def test_characters_that_are_not_words_change_nothing(
    shelf: tuple[Archive, ArchiveReader], junk: list[str]
) -> None:
    _, reader = shelf
    typed = f"{junk[0]}ferry{junk[1]} {''.join(junk[2:])} nobody"
    assert names(reader.search(SearchQuery(typed))) == ["body-only"]


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_every_headline_finds_its_own_article(
    shelf: tuple[Archive, ArchiveReader], title: str
) -> None:
    archive, reader = shelf
    normalized = normalize_whitespace(title)  # as pipelines store it
    store(archive, "its-own", authors=[], **PLAIN | {"title": normalized})
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute("CREATE VIRTUAL TABLE titles USING fts5 (title, tokenize='porter unicode61')")
        conn.execute("CREATE VIRTUAL TABLE words USING fts5vocab ('titles', 'row')")
        conn.execute("INSERT INTO titles VALUES (?)", (normalized,))
        has_words = bool(conn.execute("SELECT count(*) FROM words").fetchone()[0])
    assert ("its-own" in names(reader.search(SearchQuery(title)))) == has_words


@pytest.mark.fault("S22")
def test_every_headline_of_the_made_up_site_finds_its_own_article(archive_file: Path) -> None:
    fake_site = FakeSite(articles=240)
    truths = [fake_site.expected_row(made_up, SITE) for made_up in fake_site.articles]
    with new_archive(archive_file) as archive:
        for expected_row in truths:
            store(archive, **expected_row)
    with closing(ArchiveReader.open(archive_file)) as reader:
        for expected_row in truths:
            assert (
                reader.search(SearchQuery(expected_row["title"]))[0]["url"] == expected_row["url"]
            )


def test_a_text_of_many_thousand_words_is_a_query_too(archive: Path) -> None:
    assert search(archive, "ferry nobody " * 2_000) == ["body-only"]
    assert search(archive, "ferry 북한 " * 2_000) == []


def test_raw_words_are_fts5_s_syntax(archive: Path) -> None:
    assert search(archive, "ferr* NOT sail", raw=True) == ["below-it", "body-only"]
    for wrong in ("ferry AND", '"ferry', "nothing: ferry", "NEAR(", "*", ""):
        with pytest.raises(BadQuery):
            search(archive, wrong, raw=True)


def test_the_benchmark_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / "search.py", "--articles", "200"],
        check=False,
        capture_output=True,
        text=True,
        env=clean_environment(TMPDIR=str(tmp_path)),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("200 articles, ")
    assert re.search(r"^\| all \| 200 \|", done.stdout, flags=re.MULTILINE)
    assert list(tmp_path.iterdir()) == []
