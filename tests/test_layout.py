"""Lines that look like filler or like the header, but belong to the text or to neither."""

import pytest

from tests.html_factory import (
    FIRST,
    SECOND,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
)


@renderings
@pytest.mark.parametrize(
    "crosshead",
    [
        "Remember me",
        "Subscribe now",
        "New user promotion",
        "Recent stories in the bulletin",
        "The lamps",
        "EMAIL",
        "Prices",
    ],
)
@pytest.mark.parametrize("tag", ["h2", "h3", "p", "div"])
def test_a_subheading_stays_in_the_text(rendering: str, crosshead: str, tag: str) -> None:
    html = article_html(
        rendering, lead=f"{paragraphs(FIRST)}<{tag}>{crosshead}</{tag}>{paragraphs(SECOND)}"
    )
    assert row(html) == expected(rendering, body=lines(FIRST, crosshead, SECOND))


@renderings
@pytest.mark.parametrize(
    "top", ["Skip to toolbar", "Skip to content", "한국어 | June 20, 2025", "Log in"]
)
def test_lines_above_the_article_are_not_part_of_it(rendering: str, top: str) -> None:
    assert row(article_html(rendering, top=f'<a href="#x">{top}</a>')) == expected(rendering)
