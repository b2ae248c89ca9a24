"""Which line is the label: a section, a topic or a series."""

import pytest

from tests.html_factory import (
    BODY,
    RECENT,
    TITLE,
    WORDS,
    article_html,
    expected,
    read,
    renderings,
    row,
    theme_html,
)


@renderings
@pytest.mark.parametrize(
    ("markup", "label"),
    [
        ("News", "News"),
        ("Features", "Features"),
        ("COVID-19", "COVID-19"),
        ("Border Controls", "Border Controls"),
        ("Lanterns and Ledgers", "Lanterns and Ledgers"),
        ('<a href="/category/columns/">Columns</a>', "Columns"),
        ('<a href="/category/featured-content/analysis/?utm_source=x">Analysis</a>', "Analysis"),
        ("News News", "News"),
        ("", None),
        ("Get behind the headlines", None),
        ("NK News is hiring", None),
        ("Join our evening of lamp stories this Thursday", None),
    ],
)
@pytest.mark.parametrize("promo", ["Get behind the headlines", "NK News is hiring", ""])
def test_the_label_is_a_section_a_topic_or_nothing(
    rendering: str, markup: str, label: str | None, promo: str
) -> None:
    assert row(article_html(rendering, label=markup, promo=promo)) == expected(
        rendering, label=label
    )


@renderings
def test_a_sidebar_before_the_article_does_not_swallow_its_label(rendering: str) -> None:
    stories = "".join(f'<li><a href="{path}">{title}</a></li>' for path, title in RECENT)
    html = article_html(
        rendering,
        recent="",
        label='<a href="/category/columns/">Columns</a>',
        promo=f"<div>Recent Stories</div>{stories}",
    )
    result = row(html)
    assert (result["label"], result["title"], result["body"]) == ("Columns", TITLE, BODY)


@renderings
def test_a_menu_line_above_the_headline_is_not_a_label(rendering: str) -> None:
    menu = '<a href="/">Home</a> | <a href="/category/news/">News</a> | <a href="/pro/">NK Pro</a>'
    assert row(article_html(rendering, promo="", label=menu))["label"] is None


BYLINE = '<div><a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025</div>'


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"label": '<a href="/category/columns/">Columns</a>'}, "Columns"),
        ({"label": '<a href="/subscribe/">Subscribe</a>'}, None),
        ({"label": "<button>Subscribe</button>"}, None),
        ({"label": "5 min read"}, None),
        (
            {
                "label": "",
                "byline": (
                    f'{BYLINE}<span>Posted in</span> <a href="/category/columns/" '
                    f'rel="category tag">Columns</a>'
                ),
            },
            "Columns",
        ),
        (
            {
                "label": "",
                "after": '<footer>Filed under: <a href="/category/columns/">Columns</a></footer>',
            },
            "Columns",
        ),
        (
            {
                "label": "",
                "top": (
                    '<nav class="breadcrumbs"><a href="/">Home</a> » <a '
                    'href="/category/columns/">Columns</a></nav>'
                ),
            },
            "Columns",
        ),
        (
            {"label": "", "after": '<div>Tags: <a href="/tag/lamps/" rel="tag">Lamps</a></div>'},
            None,
        ),
    ],
)
def test_the_label_stands_above_the_headline_in_the_meta_line_or_in_breadcrumbs(
    changes: dict[str, str], label: str | None
) -> None:
    article = read(theme_html(**changes))
    assert (article.label, article.title, article.paragraphs) == (label, TITLE, list(WORDS))
