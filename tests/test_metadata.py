"""Which JSON-LD describes the page that is read, and in what forms it is understood."""

import json
from typing import Any

import pytest

from tests.html_factory import (
    BASE,
    BODY,
    FIRST,
    PATH,
    SECOND,
    SITE,
    TITLE,
    article_html,
    expected,
    read,
    renderings,
    row,
    theme_html,
)

URL = SITE + PATH
OTHER = f"{SITE}/2025/06/another-story/"
OWN = {
    "@type": "NewsArticle",
    "@id": URL,
    "headline": TITLE,
    "datePublished": "2025-06-12T09:30:00+09:00",
}
ALIEN = {
    "@type": "NewsArticle",
    "url": OTHER,
    "headline": "Another story",
    "datePublished": "2025-06-10T09:30:00+09:00",
}
AT = "2025-06-12T00:30:00Z"


def published_at(*scripts: str) -> str | None:
    html = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return read(theme_html(byline="", head=html)).published_at


def states(*nodes: Any) -> str | None:
    return published_at(*map(json.dumps, nodes))


@pytest.mark.parametrize(
    "nodes",
    [
        (OWN,),
        (ALIEN, OWN),
        (OWN, ALIEN),
        ([ALIEN, OWN],),
        ({"@graph": [ALIEN, OWN]},),
        ({"@type": "ItemList", "itemListElement": [{"item": ALIEN}]}, OWN),
        (
            {
                "@type": "LiveBlogPosting",
                **{k: v for k, v in OWN.items() if k != "@type"},
                "liveBlogUpdate": [ALIEN],
            },
        ),
        ({**OWN, "@id": "#x", "mainEntityOfPage": {"@type": "WebPage", "@id": URL}},),
        ({**OWN, "@id": "#x", "url": URL + "#main"},),
        ({**OWN, "@id": "#x"},),  # by its headline
        ({**OWN, "@id": "#x", "headline": "The headline before it was edited"},),  # the only one
        ({**OWN, "@type": ["Thing", "https://schema.org/NewsArticle"]},),
        ({**OWN, "@type": "schema:OpinionNewsArticle"},),
        ({**OWN, "@type": "newsarticle"},),
        ({"@graph": [{"@type": "WebPage", "@id": URL, "datePublished": OWN["datePublished"]}]},),
        (ALIEN, {"@type": "WebPage", "url": URL, "datePublished": OWN["datePublished"]}),
    ],
)
def test_the_node_of_this_page_is_used(nodes: tuple[Any, ...]) -> None:
    assert states(*nodes) == AT


@pytest.mark.parametrize(
    "nodes",
    [
        (ALIEN,),
        ({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": ALIEN}]},),
        ({"@type": "WebPage", "url": OTHER, "datePublished": OWN["datePublished"]},),
        ({"@type": "Person", "datePublished": OWN["datePublished"]},),
    ],
)
def test_a_node_of_another_page_is_not(nodes: tuple[Any, ...]) -> None:
    assert states(*nodes) is None


@pytest.mark.parametrize(
    "form",
    [
        "//<![CDATA[\n{}\n//]]>",
        "/* <![CDATA[ */ {} /* ]]> */",
        "<!-- {} -->",
        "{};",
        "{}\n{{}}",
        "\ufeff{}",
    ],
)
def test_wrappers_around_the_json_are_removed(form: str) -> None:
    assert published_at(form.format(json.dumps(OWN))) == AT


@pytest.mark.parametrize("kind", ["application/ld+json; charset=utf-8", "application/LD+JSON"])
def test_the_type_of_a_script_may_be_written_in_other_ways(kind: str) -> None:
    html = theme_html(byline="", head=f'<script type="{kind}">{json.dumps(OWN)}</script>')
    assert read(html).published_at == AT


@pytest.mark.parametrize("script", ["{", "{'@type': 'NewsArticle'}", "window.x = 1"])
def test_json_that_is_not_json_is_evidence(script: str) -> None:
    html = theme_html(head=f'<script type="application/ld+json">{script}</script>')
    assert "JSON-LD unreadable" in read(html).evidence


@pytest.mark.parametrize(
    "value",
    [
        "2025-06-12T9:30:00+9:00",
        "2025-06-12T09:30:00+0900",
        "Thu, 12 Jun 2025 00:30:00 +0000",
        "Thu Jun 12 2025 09:30:00 GMT+0900 (Korean Standard Time)",
    ],
)
def test_timestamps_are_read_in_every_form_that_states_an_offset(value: str) -> None:
    assert states({**OWN, "datePublished": value}) == AT


BAD_JSON = (
    "",
    "{",
    "null",
    "5",
    '"NewsArticle"',
    "[]",
    "[[[[1, null, {}]]]]",
    "{'@type': 'NewsArticle'}",
    "[" * 100_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    '{"@type": 5, "headline": "No"}',
    (
        '{"@type": ["Article", 7], "headline": ["\\ud83d", 1], "author": 5, "datePublished": {}, '
        '"image": [[]]}'
    ),
    (
        '{"@type": "NewsArticle", "@id": ["x"], "author": [null, [{}], {"name": 4}], "image": '
        '{"@id": {}}, "hasPart": "x"}'
    ),
    (
        '{"@type": "NewsArticle", "headline": {}, "author": {"@id": "#self"}, "@id": "#self", '
        '"hasPart": [{"cssSelector": 5}]}'
    ),
    (
        '{"@type": "NewsArticle", "headline": "\\ud83d\\ud83d", "author": "", "inLanguage": 7, '
        '"articleSection": {"a": 1}}'
    ),
    (
        '{"@type": "NewsArticle", "datePublished": "0001-01-01T00:00:00+14:00", "dateModified": '
        '"9999-12-31T23:59:59-12:00"}'
    ),
    (
        '{"@type": "NewsArticle", "datePublished": "2025-13-45", "hasPart": '
        '[{"isAccessibleForFree": false, "cssSelector": 5}]}'
    ),
    '<!-- {"@type": "NewsArticle"} -->',
    '{"@type": "NewsArticle", "headline": "a\nb\tc", "wordCount": 1e999, "x": NaN}',
)


@renderings
@pytest.mark.parametrize("script", BAD_JSON, ids=range(len(BAD_JSON)))
@pytest.mark.fault("D8")
def test_malformed_json_ld_is_ignored(rendering: str, script: str) -> None:
    html = article_html(rendering, head=f'<script type="application/ld+json">{script}</script>')
    unreadable = script in ("{", "{'@type': 'NewsArticle'}") or len(script) > 10_000
    evidence = [*["JSON-LD unreadable"] * unreadable, *BASE["access_evidence"]]
    assert row(html) == expected(rendering, access_evidence=evidence)


@renderings
@pytest.mark.parametrize("name", ["{", "{{x}}", "{a}b", "\x1b", "<", '"', "한", ":", "a:b:c"])
def test_an_attribute_with_an_invalid_name_is_ignored(rendering: str, name: str) -> None:
    """Seen where a template was not filled in; found by tests/stress/fuzz.py."""
    head = (
        f'<meta {name}="1" property="x" content="y"><link {name} rel="x" href="y"><i {name} '
        f'itemprop="isAccessibleForFree">'
    )
    lead = (
        f"<p {name}>{FIRST}</p><p><a {name} href='/x/'><img {name}><time "
        f"{name}></time></a>{SECOND}</p>"
    )
    assert row(article_html(rendering, head=head, lead=lead))["body"] == BODY


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (False, "False"),
        ("\ud83d", "\ufffd"),
        (" http://schema.org/False\n\x1b[31m", "http://schema.org/False [31m"),
        ("x" * 10_000, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
        ("\u200b", None),
        (["False"], None),
        ({"a": 1}, None),
    ],
)
@pytest.mark.fault("D5", "D6", "D8")
def test_evidence_is_a_short_line_that_can_be_stored(stated: Any, kept: str | None) -> None:
    evidence = row(article_html("semantic", node={"isAccessibleForFree": stated}))[
        "access_evidence"
    ]
    assert [line for line in evidence if "Free" in line] == (
        [f"isAccessibleForFree: {kept}"] if kept else []
    )


def test_evidence_in_markup_is_a_short_line_too() -> None:
    stated = f'<meta itemprop="isAccessibleForFree" content="\x07{"x" * 10_000}">'
    tier = f'<meta property="article:content_tier" content="{"y" * 10_000}">'
    evidence = row(article_html("nested", head=stated + tier))["access_evidence"]
    assert evidence[:2] == [f"isAccessibleForFree: {'x' * 99}", f"content tier: {'y' * 100}"]


@pytest.mark.fault("D6")
def test_a_lone_surrogate_is_replaced() -> None:
    node = (
        r'{"@type": "NewsArticle", "headline": "A bridge \ud83d of boats", "author": {"name": '
        r'"Mira \udc00"}}'
    )
    html = (
        f'<html><head><script type="application/ld+json">{node}</script></head><body><p>'
        f"{FIRST}</p></body></html>"
    )
    article = row(html)
    assert (article["title"], article["byline"]) == ("A bridge \ufffd of boats", "Mira \ufffd")
