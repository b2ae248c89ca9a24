"""Which JSON-LD describes the page that is read, and in what forms it is understood."""

import json
from typing import Any

import pytest

from tests.html_factory import PATH, SITE, TITLE, read, theme_html

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
