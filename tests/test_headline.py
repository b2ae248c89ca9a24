"""Which line is the headline and which is the label, where the theme is ambiguous."""

import pytest

from tests.html_factory import SUBTITLE, TITLE, WORDS, paragraphs, read, theme_html

BYLINE = '<div><a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025</div>'


def page(heading: str, *, title: str = TITLE, before: str = "", after: str = "") -> str:
    return (
        f"<html><head><title>{title} | NK News</title></head><body><header>NK "
        f"News</header>{before}<main>{heading}"
        f"<p>{SUBTITLE}</p>{BYLINE}<div>{paragraphs(*WORDS)}</div></main>{after}</body></html>"
    )


@pytest.mark.parametrize(
    ("heading", "stated", "title"),
    [
        (f"<h1>{TITLE}</h1>", TITLE, TITLE),
        (f"<div>{TITLE}</div>", TITLE, TITLE),
        # edited since: the visible one counts
        (
            "<div>Island’s last ferry now runs without lights</div>",
            TITLE,
            "Island’s last ferry now runs without lights",
        ),
        ("<h1>A night on the dark ferry</h1>", TITLE, "A night on the dark ferry"),
        (
            "<div>Talks, tides and ledgers: Harbor chief</div>",
            "Talks, tides and ledgers: Harbor chief of Gull Island",
            "Talks, tides and ledgers: Harbor chief",
        ),
        # a kicker in the same heading, on a line of its own or not
        (f"<h1><span>Ferries</span> {TITLE}</h1>", TITLE, TITLE),
        (
            "<h1><div>Ferries</div><div>The last one runs without lights</div></h1>",
            "Ferries: The last one runs without lights",
            "Ferries: The last one runs without lights",
        ),
    ],
)
def test_the_headline_is_found(heading: str, stated: str, title: str) -> None:
    article = read(page(heading, title=stated))
    assert (article.title, article.byline, article.paragraphs) == (title, "Mira Olsen", list(WORDS))


@pytest.mark.parametrize(
    "stray",
    [
        "<h2>Latest</h2>",
        (
            "<section><h3>About the Author</h3><h4>Mira Olsen</h4><p>Mira Olsen writes about lamps "
            "and ferries.</p></section>"
        ),
        '<h2><a href="/2025/05/the-lamp-maker/">The lamp maker of the island</a></h2>',
        "<h2>Menu</h2><h2>Subscribe to our newsletter</h2>",
        "<div role='dialog'><h1>We value your privacy</h1></div>",
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_stray_heading_is_not_the_headline(stray: str, place: str) -> None:
    assert read(page(f"<div>{TITLE}</div>", **{place: stray})).title == TITLE
    assert read(page(f"<h1>{TITLE}</h1>", title="", **{place: stray})).title == TITLE


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


@pytest.mark.parametrize(
    "mark",
    [
        "Editor’s note: {}",
        "Editor's note: {}",
        "<strong>Editor’s note:</strong> {}",
        "<strong>Editor’s note:</strong></p><p>{}",
        "NK News note — {}",
    ],
)
@pytest.mark.parametrize(
    "note",
    [
        "The following article is an opinion piece by Mira Olsen.",
        (
            "Views expressed in Opinion articles are exclusively the authors’ own and do not "
            "represent those of NK News."
        ),
    ],
)
def test_a_stock_note_may_be_called_the_editor_s(mark: str, note: str) -> None:
    article = read(theme_html(body=f"<p>{mark.format(note)}</p>" + paragraphs(*WORDS)))
    assert (article.note, article.paragraphs) == (note, list(WORDS))
    together = read(
        theme_html(body=f"<p>{mark.format(note)} {WORDS[0]}</p>" + paragraphs(*WORDS[1:]))
    )
    assert (together.note, together.paragraphs) == (note, list(WORDS))
