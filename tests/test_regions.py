"""Which blocks are the article's own, among all that themes and plugins put around them.

Every page is modelled on the markup of common software, and also read with meaningless class names.
"""

import re

import pytest

from nkcrawl.paywall import drop_filler
from tests.html_factory import CAPTION, PATH, TITLE, WORDS, body_of, paragraphs, read, theme_html

ONE, TWO, THREE, FOUR = WORDS
OTHER = "/2024/03/the-tide-clock-of-gull-island/"
CARD = (
    f'<div class="post-card"><a href="{OTHER}"><img src="/t.jpg" alt="The tide clock"></a><h4><a '
    f'href="{OTHER}">The tide clock of '
    "Gull Island</a></h4><p>It was wound for the last time in March, and it has run ever since "
    "without a hand on it.</p>"
    '<div><a href="/content_author/piet-lorne/">Piet Lorne</a> March 4, 2024</div></div>'
)
COMMENT = (
    '<div class="comment"><div><a href="/content_author/somebody/">Somebody</a> June 13, 2025 at '
    "9:00</div><p>I have counted the ferries myself, and I can say that there are more of them "
    "than anybody has ever written down.</p></div>"
)
# What stands among or around paragraphs without being one.
FURNITURE = {
    "a card": CARD,
    "two cards under a heading": (
        f'<div class="related"><h3>Related '
        f"stories</h3>{CARD}{CARD.replace('tide-clock', 'lamp')}</div>"
    ),
    "a link to another story": f'<p><a href="{OTHER}">The tide clock of Gull Island</a></p>',
    "read more": (
        f'<p><strong>READ MORE:</strong> <a href="{OTHER}">The tide clock of Gull Island</a></p>'
    ),
    "related": f'<p><em>Related: <a href="{OTHER}">Who winds the tide clock?</a></em></p>',
    "most read": (
        f'<aside><h3>Most read</h3><ol><li><a href="{OTHER}">The tide clock</a></li></ol></aside>'
    ),
    "a share row": (
        '<div class="sharedaddy"><h3>Share this:</h3><ul><li><a '
        'href="https://x.test/">X</a></li></ul></div>'
    ),
    "an audio player": (
        '<div class="audio-player"><p>Listen to this article</p><p>0:00 / 4:12</p></div>'
    ),
    "a newsletter": (
        "<form><h3>Our newsletter</h3><p>A letter about ferries, lamps and ledgers, "
        "each Tuesday in your mailbox.</p></form>"
    ),
    "an advert": '<div class="ad-slot"><p>Advertisement</p></div>',
    "an advert's notice": "<p>Advertisement</p>",
    "a dialog": (
        '<div role="dialog"><p>We and our partners keep small files on your device to '
        "count how often you look at us.</p></div>"
    ),
    "an AMP consent": (
        "<amp-consent><p>We would like to keep small files on your device. You may "
        "refuse them at any time.</p></amp-consent>"
    ),
    "a tooltip": (
        '<span role="tooltip">A hull is the body of a ship without its masts, its '
        "engines and its crew.</span>"
    ),
    "a table of contents": (
        f'<nav><h2>Contents</h2><ol><li><a href="{PATH}#a">Why the ledger was '
        f"opened</a></li></ol></nav>"
    ),
    "a pull quote": (
        f'<figure class="wp-block-pullquote"><blockquote><p>{TWO}</p></blockquote></figure>'
    ),
    "a login": "<p>Already a member? <a href='/login/'>Log in</a></p>",
    "a pager": f'<div>Pages: <span>1</span> <a href="{PATH}2/">2</a></div>',
    "a gallery": (
        '<div class="gallery"><img src="/1.jpg" alt=""><p>The ferry by day</p><img '
        'src="/2.jpg" alt=""><p>By night</p></div>'
    ),
    "a long caption": (
        f"<figure><img src='/l.jpg' "
        f"alt=''><figcaption>"
        f"{'A ferry lies at the quay and nobody is on it. ' * 20}</figcaption>"
        f"</figure>"
    ),
    "tags": (
        '<div class="tags-links"><a href="/tag/ferries/" rel="tag">Ferries</a>, <a '
        'href="/tag/lamps/" rel="tag">Lamps</a></div>'
    ),
}
NAMELESS = re.compile(r' class="[^"]*"')


def nameless(html: str) -> str:
    """Return the HTML with meaningless class names, as bundlers make them."""
    return NAMELESS.sub(lambda match: f' class="css-{sum(map(ord, match[0])):x}"', html)


def renamed(html: str, *, hashed: bool) -> str:
    return nameless(html) if hashed else html


# Without their class names, these look like paragraphs.
NAMED_ONLY = {"an audio player", "a gallery"}
hashed = pytest.mark.parametrize("hashed", [False, True], ids=["named", "hashed"])


@hashed
@pytest.mark.parametrize("part", FURNITURE)
def test_what_stands_between_paragraphs_is_not_text(part: str, hashed: bool) -> None:
    if hashed and part in NAMED_ONLY:
        return
    html = theme_html(body=paragraphs(ONE, TWO) + FURNITURE[part] + paragraphs(THREE, FOUR))
    assert body_of(renamed(html, hashed=hashed)) == list(WORDS)


@hashed
@pytest.mark.parametrize("part", FURNITURE)
def test_what_stands_below_the_text_is_not_text(part: str, hashed: bool) -> None:
    if hashed and part in NAMED_ONLY:
        return
    html = theme_html(after=FURNITURE[part], foot=FURNITURE[part])
    assert body_of(renamed(html, hashed=hashed)) == list(WORDS)


@hashed
@pytest.mark.parametrize("count", [1, 5])
def test_comments_are_not_text(count: int, hashed: bool) -> None:
    comments = f'<section id="comments"><h2>{count} comments</h2>{COMMENT * count}</section>'
    assert body_of(renamed(theme_html(after=comments), hashed=hashed)) == list(WORDS)


@hashed
@pytest.mark.parametrize("place", ["before", "byline"])
def test_an_author_box_above_the_text_does_not_end_the_article(place: str, hashed: bool) -> None:
    box = (
        '<div class="author-popover"><h3>About the Author</h3><h4><a '
        'href="/content_author/mira-olsen/">Mira Olsen</a></h4>'
        "<p>Mira Olsen is a Senior Correspondent who has written about ferries and lamps since the "
        "old pier burned down.</p>"
        '<a href="/content_author/mira-olsen/">View more articles by Mira Olsen</a></div>'
    )
    byline = '<a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025'
    html = theme_html(before=box) if place == "before" else theme_html(byline=byline + box)
    article = read(renamed(html, hashed=hashed))
    assert article.paragraphs == list(WORDS)
    assert (article.byline, article.published_on, article.image_caption) == (
        "Mira Olsen",
        "2025-06-12",
        CAPTION,
    )


def test_a_card_does_not_give_its_authors_date_or_picture_to_the_article() -> None:
    article = read(
        theme_html(figure="", body=paragraphs(ONE) + CARD + paragraphs(TWO, THREE, FOUR), foot=CARD)
    )
    assert [author.slug for author in article.authors] == ["mira-olsen"]
    assert article.published_on == "2025-06-12"
    assert (article.image_url, article.image_caption) == (None, None)


# --- What belongs to the text ---------------------------------------------------------------------

PARTS = {
    "a heading": ("<h2>Why the ledger was opened</h2>", ["Why the ledger was opened"]),
    "a linked heading": (
        '<h2 id="why"><a href="#why">Why the ledger was opened</a></h2>',
        ["Why the ledger was opened"],
    ),
    "an accordion": (
        "<h3><button>Why the ledger was opened</button></h3>",
        ["Why the ledger was opened"],
    ),
    "a folding part": (
        '<button aria-expanded="true">Why it was opened</button><div><p>Nobody said.</p></div>',
        ["Why it was opened", "Nobody said."],
    ),
    "an accordion of Bootstrap": (
        (
            '<div class="accordion"><div class="accordion-item"><h3><button '
            'class="accordion-button">Who asked?</button></h3>'
        )
        + (
            '<div class="accordion-collapse"><div class="accordion-body"><p>The '
            "county.</p></div></div></div></div>"
        ),
        ["Who asked?", "The county."],
    ),
    "a summary": (
        f"<details><summary>Why it was opened</summary><p>{TWO}</p></details>",
        ["Why it was opened", TWO],
    ),
    "a heading of common wording": ("<h2>Comments</h2>", ["Comments"]),
    "a list": (
        "<ul><li>The first ledger, of 2019</li><li>The second one</li></ul>",
        ["The first ledger, of 2019", "The second one"],
    ),
    "a list of links": (
        (
            '<ul><li><a href="https://files.test/1.pdf">The first ledger</a></li><li><a '
            'href="https://files.test/2.pdf">The second</a></li></ul>'
        ),
        ["The first ledger", "The second"],
    ),
    "a linked paragraph": (
        '<p><a href="https://files.test/1.pdf">The first ledger, dated 2019</a></p>',
        ["The first ledger, dated 2019"],
    ),
    "a quotation": (
        "<blockquote><p>We count what we see, and at night we see little.</p></blockquote>",
        ["We count what we see, and at night we see little."],
    ),
    "a table": (
        (
            "<table><tr><th>Ferry</th><th>Crew</th></tr><tr><td>Pine</td><td><ul><li>7 by "
            "day</li><li>4 by night</li></ul></td></tr></table>"
        ),
        ["Ferry Crew", "Pine 7 by day 4 by night"],
    ),
    "a drop cap": ('<p><span style="float:left">S</span>\nome said so.</p>', ["Some said so."]),
    "a drop cap that is a word": (
        '<p><span class="drop-cap">A</span> ferry left the quay.</p>',
        ["A ferry left the quay."],
    ),
    "a drop cap of its own": (
        '<div class="dropcap">S</div><p>ome said so at the quay.</p>',
        ["Some said so at the quay."],
    ),
    "a superscript": (
        "<p>There is room for 10<sup>2</sup> ferries on paper.</p>",
        ["There is room for 10² ferries on paper."],
    ),
    "a footnote": (
        '<p>It was founded in 1974<sup><a href="#fn1">1</a></sup> on the quay.</p>',
        ["It was founded in 1974¹ on the quay."],
    ),
    "an ordinal": (
        "<p>It was the 21<sup>st</sup> ferry of the year.</p>",
        ["It was the 21st ferry of the year."],
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_what_belongs_to_the_text_is_kept(part: str) -> None:
    html, lines = PARTS[part]
    rest = [word for word in (TWO, THREE, FOUR) if word not in lines]
    assert body_of(theme_html(body=paragraphs(ONE) + html + paragraphs(*rest))) == [
        ONE,
        *lines,
        *rest,
    ]


@pytest.mark.parametrize(
    "wrapper", ["{}", "<div>{}</div>", "<div><div>{}</div></div>", "<section>{}</section>"]
)
def test_paragraphs_may_stand_one_by_one_in_elements_of_their_own(wrapper: str) -> None:
    body = "".join(wrapper.format(f"<p>{line}</p>") for line in WORDS)
    assert body_of(theme_html(body=body)) == list(WORDS)


def test_sections_with_adverts_between_them_are_one_text() -> None:
    section = '<div class="chunk">{}</div><div class="chunk-ad"><span>Advertisement</span></div>'
    body = (
        section.format(paragraphs(ONE, TWO))
        + section.format(paragraphs(THREE))
        + section.format(paragraphs(FOUR))
    )
    assert body_of(theme_html(body=body)) == list(WORDS)


def test_a_long_biography_does_not_outweigh_a_short_lead() -> None:
    about = (
        "<section><h3>About the Author</h3><h4>Mira Olsen</h4>"
        + paragraphs(*[f"Mira Olsen {line}" for line in WORDS])
        + "</section>"
    )
    assert body_of(theme_html(body=paragraphs(ONE), foot=about)) == [ONE]


@pytest.mark.parametrize(
    "name", ["article-teaser", "subscription", "card", "related-content", "comments-on", "promo"]
)
@pytest.mark.parametrize("count", [1, 4])
def test_a_class_name_does_not_take_the_whole_text_away(name: str, count: int) -> None:
    about = (
        "<section><h3>About the Author</h3><h4>Mira Olsen</h4><p>Mira Olsen "
        + THREE * 2
        + "</p></section>"
    )
    html = theme_html(body=f'<div class="{name}">{paragraphs(*WORDS[:count])}</div>', foot=about)
    assert body_of(html) == list(WORDS[:count])


def test_a_page_of_cards_is_a_listing_and_not_an_article() -> None:
    cards = "".join(CARD.replace("tide-clock", f"tide-clock-{n}") for n in range(8))
    html = (
        f"<title>News | NK News</title><body><h1>News of the week</h1><main>{cards}</main></body>"
    )
    assert read(html).rejection_reason == "listing"


# --- One of several pages -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "after"),
    [
        (f'<link rel="next" href="{PATH}2/">', ""),
        ("", f'<div>Pages: <span>1</span> <a href="{PATH}2/">2</a> <a href="{PATH}3/">3</a></div>'),
        ("", f'<nav><a href="{PATH}2/">Next page</a></nav>'),
        ("", f'<nav><a href="{PATH}?page=2">2</a></nav>'),
    ],
)
def test_the_first_of_several_pages_is_never_free(head: str, after: str) -> None:
    article = drop_filler(read(theme_html(head=head, after=after)))
    assert "more pages follow" in article.evidence
    assert article.access != "free"


def test_a_page_number_in_an_unrelated_query_is_not_another_page() -> None:
    article = read(theme_html(after=f'<a href="{PATH}?page=59">{TITLE}</a>'))
    assert "more pages follow" not in article.evidence
