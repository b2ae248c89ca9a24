"""The subtitle, and the other lines between headline and text."""

from tests.html_factory import (
    BASE,
    FIRST,
    IMAGE,
    NO_DATE,
    SITE,
    SUBTITLE,
    TITLE,
    article_html,
    expected,
    renderings,
    row,
    undated,
)


@renderings
def test_the_subtitle_may_be_missing(rendering: str) -> None:
    assert row(article_html(rendering, subtitle="")) == expected(rendering, subtitle=None)


@renderings
def test_without_subtitle_and_byline_the_first_paragraph_is_not_a_subtitle(rendering: str) -> None:
    html = article_html(
        rendering,
        subtitle="",
        byline="",
        share="",
        again="",
        image="",
        caption="",
        about="",
        node={"author": None},
        **NO_DATE,
    )
    assert row(html) == undated(
        subtitle=None, byline=None, authors=[], image_caption=None, image_credit=None,
        image_url=SITE + IMAGE if rendering == "semantic" else None, links=BASE["links"][:3],
    )  # fmt: skip


@renderings
def test_the_subtitle_may_be_the_opening_sentence(rendering: str) -> None:
    assert row(article_html(rendering, subtitle=FIRST)) == expected(rendering, subtitle=FIRST)


@renderings
def test_a_subtitle_written_twice_is_one(rendering: str) -> None:
    assert row(article_html(rendering, subtitle=f"{SUBTITLE} {SUBTITLE}")) == expected(rendering)


@renderings
def test_share_icons_on_lines_of_their_own_are_neither_text_nor_image(rendering: str) -> None:
    icons = ('<li><img src="/i/c.svg" alt="Copy Icon"> COPY LINK</li>'
             '<li><img src="/i/m.svg" alt="Mastodon Icon"> MASTODON</li>')  # fmt: skip
    html = article_html(rendering, share="", again=f"<ul>{icons}</ul>")
    assert row(html) == expected(rendering)


def test_headline_subtitle_and_byline_may_share_a_block_with_br() -> None:
    byline = 'by <a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025'
    header = f"Columns<br>{TITLE}<br>{SUBTITLE}<br>{byline}"
    html = article_html("nested", label="", heading=header, subtitle="", byline="", date="")
    result = row(html)
    names = ("title", "subtitle", "label", "byline", "published_on", "body")
    assert {name: result[name] for name in names} == {name: BASE[name] for name in names}
