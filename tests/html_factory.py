"""Made-up pages in two unlike renderings, built from parts so that a test can change one of them.

The live site was not recorded: only the wording of its interface and the order of the visible text
are known. The HTML is modelled; the sentences, names and URLs are invented.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from nkcrawl.archive import article_row
from nkcrawl.items import Article, Author, Link, Listing, Visit
from nkcrawl.pages import EXTRACTOR_VERSION, parse_html, read_article, read_listing
from nkcrawl.paywall import drop_filler
from nkcrawl.pipelines import normalise
from nkcrawl.text import canonical_url
from tests.factories import SITE, visited

RENDERINGS = ("nested", "semantic")
MODELLED = "<!-- Modelled: the live site was not recorded. -->"

PATH = "/2025/06/island-ferry-runs-without-lights/"
TITLE = "Island’s last ferry runs without lights"
SUBTITLE = "Crews steer by the moon while the harbor office counts its lamps"
FIRST = (
    "The last ferry to Gull Island left the quay on Tuesday with its lanterns dark, and the "
    "passengers on deck counted the stars aloud until the far shore came up."
)
SECOND = (
    "Nobody at the harbor office would say how many lamps are left, but a clerk showed a drawer of "
    "empty sockets and shrugged twice."
)
THIRD = (
    "Later that night a second boat followed, and nobody on the quay could tell which of the "
    "two was late."
)
CAPTION = "A ferry at the quay of Gull Island on a moonless night"
CREDIT = "Gull Gazette (Feb. 9, 2025), Quay Post (June 3, 2025), edited by NK News"
IMAGE = "/wp-content/uploads/2025/06/ferry.jpg"
RECENT = (
    (
        "/2025/06/orchard-keeper-sells-the-orchard/",
        "Orchard keeper sells the orchard and keeps the ladder",
    ),
    ("/2025/06/tram-stops-for-geese/", "Tram stops for geese on the longest line of the county"),
    ("/2025/05/baker-hides-a-map/", "Baker hides a map in every loaf: Customers"),
)
OFFER_LIST = (
    "Unlimited access to all of NK News: reporting, investigations, analysis",
    "Year-one discount if you continue past $1 trial period",
    "The NK News Daily Update, an email newsletter to keep you in the loop",
    "Searchable archive of all content, photo galleries, special columns",
    "Contact NK News reporters with tips or requests for reporting",
)
OFFER_END = (
    (
        "Get unlimited access to all NK News content, including original reporting, "
        "investigations, and analyses by our team of DPRK experts."
    ),
    "Subscribe now",
    "All major cards accepted. No commitments – you can cancel any time.",
)


def box(inner: str, name: str = "1x7k9q") -> str:
    """Put HTML into an element without a meaning."""
    return f'<div class="css-{name}">{inner}</div>'


def paragraphs(*lines: str) -> str:
    return "\n".join(f"<p>{line}</p>" for line in lines)


OFFER = (
    box(box("Try unlimited access") + box("Only $1 for four weeks"))
    + f"<ul>{''.join(f'<li>{line}</li>' for line in OFFER_LIST)}</ul>"
    + "".join(map(box, OFFER_END))
)


@dataclass(frozen=True)
class Parts:
    """The parts of an article page, as fragments of HTML unless noted."""

    title: str = TITLE
    heading: str | None = None  # in place of the title
    again: str = "{title}"  # the headline after the share icons
    title_element: str = " {title} | NK News"
    subtitle: str = SUBTITLE
    label: str = "Columns"
    authors: tuple[tuple[str, str], ...] = (("mira-olsen", "Mira Olsen"),)  # (slug, name)
    byline: str | None = None  # instead of links to the authors
    between: str = " | "  # between two authors
    date: str = "June 12, 2025"
    timestamp: str = "2025-06-12T09:30:00+09:00"  # in the semantic rendering only
    date_line: str = ""  # a line of its own under the subtitle
    visit: str = "June 20, 2025Jun 20, 2025"
    promo: str = "Get behind the headlines"
    share: str = "Copy Icon COPY LINKMastodon Icon MASTODON"
    image: str = f'<img src="{IMAGE}" alt="{TITLE}">'
    caption: str = f"{CAPTION} | Image: {CREDIT}"
    lead: str = paragraphs(FIRST, SECOND)
    offer: str = OFFER
    rights: str = paragraphs(
        "© Korea Risk Group. All rights reserved.",
        "No part of this content may be reproduced, distributed, or used for commercial purposes "
        "without prior written permission from Korea Risk Group.",
        "Never miss a beat. Try the new mobile app.",
    )
    recent: str = "".join(
        f'<div><a href="{path}">{title}</a><a href="{path}">{title}</a></div>'
        for path, title in RECENT
    )
    about: str | None = None
    head: str = ""  # more of the head
    top: str = ""  # before everything
    foot: str = ""  # after everything
    language: str = "en-US"  # in the semantic rendering only
    # Changes to the JSON-LD article; None removes a key.
    node: dict[str, Any] = field(default_factory=dict)


WITHOUT_HEADLINE: dict[str, Any] = {
    **dict.fromkeys(("title", "heading", "again", "subtitle", "title_element", "image"), ""),
    "node": {"headline": None},
}


def article_html(rendering: str, **changes: Any) -> str:
    """Return the page of the made-up article, with some of its parts changed."""
    parts = replace(Parts(), **changes)
    filled = replace(
        parts,
        heading=parts.title if parts.heading is None else parts.heading,
        again=parts.again.format(title=parts.title),
        title_element=parts.title_element.format(title=parts.title),
    )
    return {"nested": _nested, "semantic": _semantic}[rendering](filled)


def _links(parts: Parts, rel: str = "") -> str:
    if parts.byline is not None:
        return parts.byline
    return parts.between.join(
        f'<a href="/content_author/{slug}/"{rel}>{name}</a>' for slug, name in parts.authors
    )


def _about(parts: Parts) -> str:
    if parts.about is not None:
        return parts.about
    return "".join(
        f'<a href="/content_author/{slug}/"><img src="/wp-content/uploads/{slug}.jpg" '
        f'alt="{name}"></a>'
        f'<div><a href="/content_author/{slug}/">{name}</a></div>'
        f"<div>{name} has written about ferries, lamps and weather since the old pier burned "
        f"down.</div>"
        f'<span><a href="/content_author/{slug}/">View more articles by '
        f"{name}</a></span><span>EMAIL</span>"
        for slug, name in parts.authors
    )


def _nested(parts: Parts) -> str:
    """Nested boxes with generated class names, and no metadata."""
    logo = '<a href="/"><img src="/wp-content/logo.png" alt="NK News Logo"></a>'
    header = [
        box(parts.label, "1ab3l") if parts.label else "",
        box(parts.heading or "", "h3ad") if parts.heading else "",
        box(parts.subtitle, "5ub") if parts.subtitle else "",
        box(parts.date_line, "d4te") if parts.date_line else "",
        box(f"{_links(parts)} <span>{parts.date}</span>", "8yl1n"),
        box(parts.share, "5h4r3") if parts.share else "",
        box(parts.again, "h3ad") if parts.again else "",
    ]
    content = [
        box(parts.image + (box(parts.caption, "c4pt") if parts.caption else ""), "1m4g"),
        box(parts.lead, "b0dy"),
        box(parts.offer, "0ff3r"),
        box(parts.rights, "r1gh7"),
    ]
    tail = [
        box(box("Recent Stories") + parts.recent) if parts.recent else "",
        box(box("About the Author") + _about(parts)) if _about(parts) else "",
        box("Got a news tip?") + box("Let us know!"),
    ]
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8">{MODELLED}<title>{parts.title_element}</title>
{parts.head}</head><body>
{parts.top}{box(logo + box(parts.visit, "d41v") + logo, "9zz0a")}{box(parts.promo, "pr0m0")}
{box(box("".join(header)) + box("".join(content)) + box("".join(tail)), "w4ap")}
{box("© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved", "f00t")}
{parts.foot}</body></html>"""


def _semantic(parts: Parts) -> str:
    """Semantic elements, and everything repeated in the metadata."""
    date = (
        f'<time datetime="{parts.timestamp}">{parts.date}</time>'
        if parts.timestamp and parts.date
        else parts.date
    )
    header = [
        f"<p>{parts.label}</p>" if parts.label else "",
        f"<h1>{parts.heading}</h1>" if parts.heading else "",
        f"<h2>{parts.subtitle}</h2>" if parts.subtitle else "",
        f"<p>{parts.date_line}</p>" if parts.date_line else "",
        f'<p class="byline">{_links(parts, chr(32) + "rel=author")} {date}</p>',
        f"<button>{parts.share}</button>" if parts.share else "",
    ]
    figure = (
        f"<figure>{parts.image}"
        f"{f'<figcaption>{parts.caption}</figcaption>' if parts.caption else ''}</figure>"
    )
    about = f"<section><h3>About the Author</h3>{_about(parts)}</section>" if _about(parts) else ""
    recent = f"<section><h3>Recent Stories</h3>{parts.recent}</section>" if parts.recent else ""
    return f"""<!DOCTYPE html>
<html lang="{parts.language}"><head><meta charset="utf-8">{MODELLED}
<title>{parts.title_element}</title>
<meta property="og:type" content="article">{parts.head}
<script type="application/ld+json">{_graph(parts)}</script></head><body>{parts.top}
<header><a href="/">NK News</a><p>{parts.visit}</p><p>{parts.promo}</p></header>
<nav><a href="/category/news/">News</a></nav>
<main><article><header>{"".join(header)}</header>{figure}<div>{parts.lead}</div>
<section>{parts.offer}</section>{parts.rights}</article>{recent}{about}</main>
<footer><p>Got a news tip?</p>
<p>© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved</p></footer>
{parts.foot}</body></html>"""


def _graph(parts: Parts) -> str:
    node: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": parts.title,
        "datePublished": parts.timestamp or None,
        "author": [{"@id": f"#{slug}"} for slug, _ in parts.authors],
        "image": {"@type": "ImageObject", "url": SITE + IMAGE},
        **parts.node,
    }
    people = [
        {
            "@type": "Person",
            "@id": f"#{slug}",
            "name": name,
            "url": f"{SITE}/content_author/{slug}/",
        }
        for slug, name in parts.authors
    ]
    stated = {key: value for key, value in node.items() if value is not None}
    graph = [{"@type": "WebPage", "datePublished": "2011-01-01T00:00:00+00:00"}, stated, *people]
    return json.dumps({"@context": "https://schema.org", "@graph": graph})


def read(html: str, path: str = PATH, final: str = "") -> Article:
    """Read HTML as the response to a visit of a path, which is put in canonical form."""
    return read_article(parse_html(html), visit(path, final), SITE).article


def visit(path: str, final: str = "", kind: Any = "article") -> Visit:
    url, led = canonical_url(path, SITE), canonical_url(final or path, SITE)
    assert url is not None
    return visited(url, kind, final_url=led or "")


# --- A listing ------------------------------------------------------------------------------------

LISTING_PATH = "/content_author/mira-olsen/"
BIO = "Mira Olsen writes about ferries, lamps and weather from a room above the chandlery."
ENTRIES = (
    (PATH, TITLE, SUBTITLE),
    ("/2025/05/lamp-maker-closes-shop/", "Lamp maker closes shop", "The wicks go to a museum"),
    ("/2024/12/fog-horn-tuned-at-last/", "Fog horn tuned at last", ""),
)


@dataclass(frozen=True)
class ListingParts:
    """The parts of one page of an author's listing, as fragments of HTML unless noted."""

    name: str = "Mira Olsen"
    slug: str = "mira-olsen"
    bio: str = BIO
    more: str | None = None  # the heading above the entries
    entries: tuple[tuple[str, str, str], ...] = ENTRIES  # (path, headline, subtitle)
    stamp: str = ""  # after each entry, like '<a …>Mira Olsen</a> June 12, 2025'
    extra: str = ""  # after the entries, inside the list
    pager: str = (
        '<a href="/content_author/mira-olsen/page/2/">2</a> <a '
        'href="/content_author/mira-olsen/page/9/">9</a>'
    )
    recent: str = ""
    head: str = ""
    top: str = ""


def listing_html(rendering: str, **changes: Any) -> str:
    """Return one page of the made-up author's listing, with some parts changed."""
    parts = replace(ListingParts(), **changes)
    more = f"More articles by '{parts.name}'" if parts.more is None else parts.more
    tag = {"nested": ("div", "div", "div"), "semantic": ("article", "h2", "section")}[rendering]
    entries = "".join(
        f'<{tag[0]}><a href="{path}"><img src="/t.jpg" alt="{title}"></a><{tag[1]}><a '
        f'href="{path}">{title}</a></{tag[1]}>'
        f'<div><a href="{path}">{title}</a></div><div>{subtitle}</div><div>{parts.stamp}</div>'
        f"</{tag[0]}>"
        for path, title, subtitle in parts.entries
    )
    visit_line = "June 20, 2025Jun 20, 2025"
    title = f"{parts.name} | NK News"
    recent = f"<{tag[2]}><div>Recent Stories</div>{parts.recent}</{tag[2]}>" if parts.recent else ""
    if rendering == "nested":
        person = box("About the author") + box(parts.name) + box(parts.bio)
        inner = (
            box(visit_line)
            + box(person)
            + box(more)
            + box(entries + parts.extra)
            + box(parts.pager)
            + recent
        )
    else:
        person = f"<h1>About the author</h1><h2>{parts.name}</h2><p>{parts.bio}</p>"
        inner = (
            f"<header><p>{visit_line}</p></header><main>{person}<h2>{more}</h2>"
            f"{entries}{parts.extra}"
            f'<nav>{parts.pager}</nav></main><div class="side">{recent}</div>'
        )
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8">{MODELLED}<title>{title}</title>{parts.head}</head>
<body>{parts.top}{inner}
<p>© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved</p></body></html>"""


def read_list(html: str, path: str = LISTING_PATH, final: str = "") -> Listing:
    return read_listing(parse_html(html), visit(path, final, "author"), SITE)


# --- A story in a theme of common software --------------------------------------------------------

WORDS = (
    (
        "The harbor office of Gull Island has begun to count its ferries in a second ledger, three "
        "traders said this week."
    ),
    (
        "The new list names fourteen hulls, although the quay has room for nine and two have not "
        "moved since the spring."
    ),
    (
        "A clerk who keeps the ledger told one trader that the figures would be sent to the county "
        "before the month is out."
    ),
    (
        "Officials of the county did not answer questions about the ledger, and the ferry company "
        "could not be reached."
    ),
)


@dataclass(frozen=True)
class Theme:
    """The parts of a page in a common theme, as fragments of HTML unless noted."""

    title: str = TITLE
    top: str = '<header><a href="/">NK News</a><span>November 26, 2026</span></header>'
    label: str = '<a href="/category/news/" rel="category tag">News</a>'
    subtitle: str = f"<p>{SUBTITLE}</p>"
    byline: str = '<a href="/content_author/mira-olsen/" rel="author">Mira Olsen</a> June 12, 2025'
    figure: str = (
        f'<figure><img src="{IMAGE}" alt=""><figcaption>{CAPTION} | Image: Quay '
        f"Post</figcaption></figure>"
    )
    before: str = ""  # between header and text
    body: str = paragraphs(*WORDS)
    after: str = ""  # below the text, in the article
    foot: str = ""  # below the article
    head: str = ""


def theme_html(**changes: Any) -> str:
    """Return the page of a story, with some parts changed."""
    parts = replace(Theme(), **changes)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{MODELLED}
<title>{parts.title} | NK News</title>
{parts.head}</head><body>{parts.top}
<main><article><header><p>{parts.label}</p><h1>{parts.title}</h1>{parts.subtitle}
<div class="entry-meta">{parts.byline}</div></header>{parts.figure}{parts.before}
<div class="entry-content">{parts.body}</div>
{parts.after}</article></main>{parts.foot}
<footer><p>© 2025, Korea Risk Group. All Rights Reserved</p></footer></body></html>"""


def body_of(html: str, path: str = PATH) -> list[str]:
    """Return the paragraphs of the article as stored: filler dropped."""
    return drop_filler(read(html, path)).paragraphs


# --- The row of the made-up article ---------------------------------------------------------------

# How links write the article's URL.
SPELLINGS = (
    SITE + PATH,
    SITE + PATH.rstrip("/"),
    "https://nknews.org" + PATH,
    "http://nknews.org" + PATH.rstrip("/"),
    "http://www.nknews.org" + PATH,
    f"{SITE}{PATH}?c=1718000000000",
    f"{SITE}{PATH}?t=1718000000000",
    f"{SITE}{PATH}?page=59",
    f"{SITE}{PATH}?show=nkpro",
    f"{SITE}{PATH}?utm_source=letter&amp;utm_medium=email&amp;utm_campaign=lamps",
    f"{SITE}{PATH}?anything=at&amp;all#comments",
    PATH,
    f"{PATH.rstrip('/')}?c=1",
)
TODAY = date(2025, 6, 20)
BODY = f"{FIRST}\n\n{SECOND}"
NO_DATE = {"date": "", "timestamp": ""}
BASE: dict[str, Any] = {
    "url": SITE + PATH,
    "title": TITLE,
    "subtitle": SUBTITLE,
    "label": "Columns",
    "byline": "Mira Olsen",
    "published_on": "2025-06-12",
    "published_at": None,
    "modified_at": None,
    "body": BODY,
    "note": None,
    "access": "teaser",
    "access_evidence": ["page tail seen", "offer box: 9 lines", "last sentence whole"],
    "image_url": SITE + IMAGE,
    "image_caption": CAPTION,
    "image_credit": CREDIT,
    "language": "en",
    "extractor_version": EXTRACTOR_VERSION,
    "authors": [Author("mira-olsen", "Mira Olsen")],
    "links": [
        *(Link(SITE + path, "article") for path, _ in RECENT),
        Link(f"{SITE}/content_author/mira-olsen/", "author"),
    ],
}

renderings = pytest.mark.parametrize("rendering", RENDERINGS)


def row(html: str, path: str = PATH, final: str = "") -> dict[str, Any]:
    """Return everything that would be stored for a page."""
    article = drop_filler(normalise(read(html, path, final), TODAY))
    return {**article_row(article), "authors": article.authors, "links": article.links}


def expected(rendering: str, **changed: Any) -> dict[str, Any]:
    """Return the row of the made-up article, which has a timestamp in one rendering only."""
    timestamp = "2025-06-12T00:30:00Z" if rendering == "semantic" else None
    return {**BASE, "published_at": timestamp, **changed}


def undated(**changed: Any) -> dict[str, Any]:
    """Return the row of the made-up article without a date."""
    return {**BASE, "published_on": None, "published_at": None, **changed}


def lines(*texts: str) -> str:
    """Return paragraphs as a body."""
    return "\n\n".join(texts)
