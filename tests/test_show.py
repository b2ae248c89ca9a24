"""`scrapy show`: one page read from a file and from the made-up site, storing nothing."""

import json
import subprocess
from pathlib import Path

import pytest

from nkcrawl.demo import DemoArticle, FakeSite, article_page
from tests.conftest import AT_FULL_SPEED, ROOT, clean_environment, scrapy, scrapy_command
from tests.site import FaultyServer


def with_trap(fake_site: FakeSite, *edge_cases: str) -> DemoArticle:
    return next(article for article in fake_site.articles if article.edge_cases >= set(edge_cases))


def test_a_page_by_its_url(demo: FaultyServer, fake_site: FakeSite, archive_file: Path) -> None:
    article = fake_site.articles[0]
    true = fake_site.expected_row(article, demo.base_url)
    done = scrapy(
        *(
            "show",
            demo.base_url + article.path + "?utm_source=x",
            "--json",
            "-s",
            f"NKCRAWL_SITE={demo.base_url}",
        ),
        *("-s", f"NKCRAWL_DATABASE={archive_file}", *AT_FULL_SPEED),
    )
    assert (done.returncode, done.stderr) == (0, "")
    output = json.loads(done.stdout)
    fields = output["article"]
    assert (output["url"], output["kept"], output["reason"]) == (true.pop("url"), True, None)
    authors = [(author["slug"], author["name"]) for author in fields["authors"]]
    assert {**{name: fields[name] for name in true}, "authors": authors} == true
    assert not archive_file.exists()
    assert [hit.path.split("?")[0] for hit in demo.log] == ["/robots.txt", article.path]


def test_every_field_has_its_rule(demo: FaultyServer, fake_site: FakeSite, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for article in fake_site.articles[:9]:
        page.write_text(article_page(fake_site, article, demo.base_url), encoding="utf-8")
        output = json.loads(
            scrapy("show", page, "--url", demo.base_url + article.path, "--json", **at(demo)).stdout
        )
        filled = {name for name, value in output["article"].items() if value} - {
            "extractor_version"
        }
        assert filled <= set(output["rules"])


def test_every_block_is_listed_with_its_region_and_role(
    demo: FaultyServer, fake_site: FakeSite, tmp_path: Path
) -> None:
    article = with_trap(fake_site, "offer-split", "note")
    page = tmp_path / "page.html"
    page.write_text(article_page(fake_site, article, demo.base_url), encoding="utf-8")
    output = json.loads(
        scrapy("show", page, "--url", demo.base_url + article.path, "--json", **at(demo)).stdout
    )
    by_role: dict[str, list[str]] = {}
    for block in output["blocks"]:
        by_role.setdefault(block["role"], []).append(block["text"])
    assert by_role["note"] == [article.note]
    assert by_role.get("lead", []) == list(article.paragraphs)
    assert by_role["offer"][:2] == ["Become a member for less", "than $5.75 per week."]
    assert by_role["headline"][0] == article.title
    assert by_role["recent"][0] == "Recent Stories"
    regions = {block["role"]: block["region"] for block in output["blocks"]}
    assert (regions.get("lead", "prose"), regions["recent"]) == ("prose", "recent")


def test_each_field_names_the_sources_for_and_against_it(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    author = '{"@type": "Person", "name": "Bo Day"}'
    node = f'{{"@type": "NewsArticle", "headline": "A quay is sold", "author": {author}}}'
    page.write_text(
        f'<title>A quay is bought</title><script type="application/ld+json">{node}</script>'
        "<h1>A quay is sold</h1><p>By Ann Lee</p>"
        "<p>The quay was sold on Tuesday to a clerk who counts ferries.</p>"
    )
    output = json.loads(scrapy("show", page, "--url", "/2025/06/a-quay-is-sold/", "--json").stdout)
    assert output["article"]["title"] == "A quay is sold"
    assert output["sources"]["title"] == [
        {"name": "JSON-LD headline", "value": "A quay is sold", "agrees": True},
        {"name": "title element", "value": "A quay is bought", "agrees": False},
    ]
    assert output["article"]["byline"] == "Ann Lee"
    assert output["sources"]["authors"] == [
        {"name": "stated author", "value": "Bo Day", "agrees": False}
    ]


def test_a_saved_file_knows_its_url_by_itself(
    demo: FaultyServer, fake_site: FakeSite, tmp_path: Path
) -> None:
    article = next(article for article in fake_site.articles if article.rendering == "block")
    page = tmp_path / "page.html"
    page.write_text(article_page(fake_site, article, demo.base_url), encoding="utf-8")
    done = scrapy("show", page, **at(demo))
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [demo.base_url + article.path, "would be kept"]


def test_a_saved_file_without_a_url_is_read(
    demo: FaultyServer, fake_site: FakeSite, tmp_path: Path
) -> None:
    article = next(article for article in fake_site.articles if article.rendering == "nested")
    page = tmp_path / "page.html"
    page.write_text(article_page(fake_site, article, demo.base_url), encoding="utf-8")
    done = scrapy("show", page, **at(demo))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["URL not known (give it with --url)", "would be kept"]
    assert f"published_on\t{article.published_on}\tdate in the byline" in lines


def test_an_author_page_shows_its_listing(demo: FaultyServer, fake_site: FakeSite) -> None:
    author = fake_site.authors[0]
    done = scrapy(
        "show",
        f"{demo.base_url}/content_author/{author.slug}/",
        "--json",
        *AT_FULL_SPEED,
        **at(demo),
    )
    output = json.loads(done.stdout)
    entries = [demo.base_url + article.path for article in fake_site.entries(author.slug, 1)]
    assert output["listing"] == {
        "slug": author.slug,
        "name": author.name,
        "bio": author.bio,
        "next_page": f"{demo.base_url}/content_author/{author.slug}/page/2/",
    }
    assert [link["url"] for link in output["links"]] == entries


def test_the_reason_is_printed_for_a_page_that_is_not_an_article(
    demo: FaultyServer, fake_site: FakeSite
) -> None:
    path = fake_site.articles[3].path
    demo.faults[path] = (
        200,
        "<html><title>Page not found | NK News</title><h1>Page not found</h1></html>",
    )
    done = scrapy("show", demo.base_url + path, *AT_FULL_SPEED, **at(demo))
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("would not be kept: soft 404")


def test_a_page_that_robots_txt_forbids_is_not_fetched(
    demo: FaultyServer, fake_site: FakeSite
) -> None:
    path = fake_site.articles[3].path
    demo.faults["/robots.txt"] = (200, f"User-agent: *\nDisallow: {path}\n")
    done = scrapy("show", demo.base_url + path, *AT_FULL_SPEED, **at(demo))
    assert done.returncode == 1
    assert "robots.txt" in done.stderr
    assert [hit.path for hit in demo.log] == ["/robots.txt"]


def test_a_saved_file_that_is_not_an_article_would_not_be_kept(tmp_path: Path) -> None:
    (tmp_path / "shell.html").write_text("<div id='app'></div>")
    done = scrapy(
        "show", tmp_path / "shell.html", *AT_FULL_SPEED, NKCRAWL_SITE="http://127.0.0.1:9"
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[1] == "would not be kept: no sign of an article: headline None"


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("missing.html", 2, "missing.html could not be read (No such file or directory)"),
        ("https://example.org/2025/06/x/", 2, "nkcrawl reads no other site"),
        ("http://[", 2, "http://[ is not on http://127.0.0.1:9"),
        ("http://127.0.0.1:9/2025/06/x/", 1, "could not be fetched: "),
    ],
)
def test_a_page_that_cannot_be_shown_fails_with_one_sentence(
    target: str, code: int, message: str
) -> None:
    done = scrapy(
        "show", target, "-s", "RETRY_TIMES=0", *AT_FULL_SPEED, NKCRAWL_SITE="http://127.0.0.1:9"
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def at(demo: FaultyServer) -> dict[str, str]:
    return {"NKCRAWL_SITE": demo.base_url}


@pytest.mark.parametrize("charset", ["latin-1", "euc-kr", "ascii"])
def test_characters_missing_in_the_output_s_charset_are_replaced(
    tmp_path: Path, charset: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<title>Théo’s ferry 페리</title><h1>Théo’s ferry 페리</h1><p>By Ann Lee</p>",
        encoding="utf-8",
    )
    outputs = [
        subprocess.run(
            [*scrapy_command("show", page, "--url", "/2025/06/a-ferry/"), *form],
            cwd=ROOT,
            env=clean_environment(PYTHONIOENCODING=charset),
            capture_output=True,
            check=False,
            timeout=60,
        )
        for form in ([], ["--json"])
    ]
    assert [(done.returncode, done.stderr) for done in outputs] == [(0, b"")] * 2
    assert "s ferry" in outputs[0].stdout.decode(charset)
    assert json.loads(outputs[1].stdout.decode(charset))["article"]["title"] == "Théo’s ferry 페리"
