"""Text that readers do not see is not read; text that they see is."""

import json
from typing import Any

import pytest

from tests.html_factory import (
    BASE,
    BODY,
    FIRST,
    SECOND,
    SUBTITLE,
    THIRD,
    TITLE,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
)

SECRET = (
    "Behind the wall the harbor office admits that all forty lamps were sold to a circus in "
    "the spring."
)

HIDING = {
    "attribute": ("", "<div hidden>{}</div>"),
    "style": ("", '<div style="color:red; display: none">{}</div>'),
    "visibility": ("", '<div style="visibility:hidden">{}</div>'),
    "screen readers": ("", '<span class="screen-reader-text">{}</span>'),
    "sr-only": ("", '<p class="x sr-only">{}</p>'),
    "template": ("", "<template>{}</template>"),
    "noscript": ("", "<noscript>{}</noscript>"),
    "script": ("", '<script type="text/x-rest">{}</script>'),
    "textarea": ("", "<textarea>{}</textarea>"),
    "dialog": ("", "<dialog>{}</dialog>"),
    "own style": (
        "<style>.a{color:red}.rest-7{display:none}</style>",
        '<div class="rest-7">{}</div>',
    ),
    "own style, listed": (
        "<style>.o, .rest-7 {margin: 0; display: none !important}</style>",
        '<div class="rest-7">{}</div>',
    ),
    "own style, id": ("<style>#rest{display:none}</style>", '<div id="rest">{}</div>'),
    "own style, tag and class": (
        "<style>div.rest-7{display:none}</style>",
        '<div class="rest-7">{}</div>',
    ),
    "own style, two classes": (
        "<style>.rest.closed{display:none}</style>",
        '<div class="rest closed">{}</div>',
    ),
    "own style, attribute": (
        "<style>[data-part='.rest']{display:none}</style>",
        '<div data-part=".rest">{}</div>',
    ),
    "own style, inside": (
        "<style>main .rest-7, .css-1x7k9q .rest-7{display:none}</style>",
        '<div class="rest-7">{}</div>',
    ),
}


@renderings
@pytest.mark.parametrize("way", HIDING)
def test_the_hidden_rest_of_an_article_stays_unread(rendering: str, way: str) -> None:
    head, markup = HIDING[way]
    inner = SECRET if way in ("script", "textarea") else f"<span>{SECRET}</span> <b>{THIRD}</b>"
    html = article_html(rendering, head=head, lead=paragraphs(FIRST, SECOND) + markup.format(inner))
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize("way", HIDING)
def test_hidden_copies_of_the_page_s_parts_count_for_nothing(rendering: str, way: str) -> None:
    head, markup = HIDING[way]
    copy = markup.format("Gull by Tess")
    author = markup.format("June 1, 2025") if way in ("script", "textarea") else markup.format(
        '<a href="/content_author/tohara/">Tess O\'Hara</a> June 1, 2025'
    )  # fmt: skip
    html = article_html(
        rendering, head=head, subtitle=copy + SUBTITLE, date=author + "June 12, 2025", timestamp=""
    )
    assert row(html) == {**BASE, "published_at": None}


@renderings
@pytest.mark.parametrize(
    "way",
    ["<p>{}</p>", '<p aria-hidden="true">{}</p>', "<p hidden>{}</p>", '<p class="sr-only">{}</p>'],
)
def test_a_paragraph_copied_for_some_readers_counts_once(rendering: str, way: str) -> None:
    html = article_html(rendering, lead=paragraphs(FIRST) + way.format(FIRST) + paragraphs(SECOND))
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "style",
    [
        "@media print { .lead-5 { display: none } }",
        "@media (max-width: 600px) { .lead-5 { display: none } }",
        ".lead-5 { display: block } .other { display: none }",
        "/* .lead-5 { display: none } */",
        ".lead-5:empty { display: none }",
    ],
)
def test_a_text_that_is_hidden_only_elsewhere_is_read(rendering: str, style: str) -> None:
    html = article_html(
        rendering,
        head=f"<style>{style}</style>",
        lead=f'<div class="lead-5">{paragraphs(FIRST, SECOND)}</div>',
    )
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize("free", [False, "False", "http://schema.org/False"])
@pytest.mark.parametrize("many", [True, False])
def test_the_part_that_the_page_calls_paywalled_stays_unread(
    rendering: str, free: Any, many: bool
) -> None:
    part = {"@type": "WebPageElement", "isAccessibleForFree": free, "cssSelector": ".member-part"}
    node = {"@type": "NewsArticle", "headline": TITLE, "hasPart": [part] if many else part}
    html = article_html(
        rendering,
        head=f'<script type="application/ld+json">{json.dumps(node)}</script>',
        lead=paragraphs(FIRST, SECOND) + f'<div class="member-part">{paragraphs(SECRET)}</div>',
    )
    evidence = ["part withheld", *BASE["access_evidence"]]
    assert row(html) == expected(rendering, access_evidence=evidence)


@renderings
@pytest.mark.parametrize("lead", [(FIRST, SECOND), ()], ids=["with a lead", "without"])
def test_a_body_stated_for_machines_is_never_taken(rendering: str, lead: tuple[str, ...]) -> None:
    node = {"@type": "NewsArticle", "headline": TITLE, "articleBody": SECRET, "text": SECRET}
    html = article_html(
        rendering,
        lead=paragraphs(*lead),
        node={"articleBody": SECRET},
        head=f'<script type="application/ld+json">{json.dumps(node)}</script>'
        f'<meta name="description" content="{SECRET}"><script id="__NEXT_DATA__" '
        f'type="application/json">'
        f"{json.dumps({'content': SECRET})}</script>",
    )
    evidence = [*BASE["access_evidence"][:2], "last sentence whole" if lead else "no text"]
    assert row(html) == expected(rendering, body=lines(*lead), access_evidence=evidence)


@renderings
@pytest.mark.parametrize("selector", ["(((", "", ":nope(", "p:not(", "\x07"])
def test_an_invalid_selector_is_ignored(rendering: str, selector: str) -> None:
    part = {"isAccessibleForFree": False, "cssSelector": selector}
    node = json.dumps({"@type": "NewsArticle", "hasPart": part})
    html = article_html(rendering, head=f'<script type="application/ld+json">{node}</script>')
    assert row(html)["body"] == BODY
