"""HTML pages and the feed of the made-up site, from the Jinja2 templates beside this module.

The templates are modelled by hand; nobody has recorded the live site.
"""

from collections.abc import Sequence
from datetime import date, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from nkcrawl.demo import json_ld, wording
from nkcrawl.demo.article import FEED_PATH, SEOUL, DemoArticle, Rendering
from nkcrawl.demo.edge_cases import note_stands_first
from nkcrawl.demo.site import FakeSite

_NOTHING = Markup()
NBSP = "\N{NO-BREAK SPACE}"
# Renderings with listing pages of their own.
LISTING_RENDERINGS: tuple[Rendering, ...] = ("nested", "classic", "block")
# Cloudflare's replacement for an email address.
_PROTECTED_EMAIL = Markup(
    '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" '
    'data-cfemail="4f3b263f3c0f2a372e223f232a6120">[email&#160;protected]</a>'
)
_QUERIES = {1: "?t=1718870000000", 2: "?utm_source=related&utm_medium=web", 5: "?c=1718870000000"}
_LINK_STYLES = {"no-final-slash": (3,), "fragments": (4,), "tracked-links": (1, 2, 5)}


class StoryLink(NamedTuple):
    """A link to another story; those of NK Pro, the paid product, have no article."""

    url: str
    title: str
    article: DemoArticle | None = None

    @property
    def is_pro(self) -> bool:
        return self.article is None


class Entry(NamedTuple):
    """An article in a listing, with the URLs of its two or three links."""

    article: DemoArticle
    urls: list[str]


def article_page(site: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Return the HTML of an article in its rendering."""
    return _render(
        f"{article.rendering}.html",
        article=article,
        cases=article.edge_cases,
        base_url=base_url,
        language="ko-KR" if article.language == "ko" else "en-US",
        number=article.number,
        recent=_recent_stories(site, article, base_url),
        related=site.related(article),
        today=site.today,
    )


def listing_page(site: FakeSite, slug: str, number: int, base_url: str) -> str | None:
    """Return the HTML of one page of an author's listing.

    The page after the last one has no entries; there are none after that.
    """
    author, last = site.author(slug), site.page_count(slug)
    if author is None or not 1 <= number <= last + 1:
        return None
    rendering = LISTING_RENDERINGS[author.number % len(LISTING_RENDERINGS)]
    return _render(
        f"{rendering}_listing.html",
        author=author,
        base_url=base_url,
        entries=[_entry(article, base_url) for article in site.entries(slug, number)],
        language="en-US",
        last=last,
        number=number,
        today=site.today,
    )


def feed(site: FakeSite, base_url: str) -> str:
    """Return the feed: the newest stories, and behind the first of them one of NK Pro."""
    stories = site.articles[: site.feed_size]
    return _render("feed.xml", base_url=base_url, feed_path=FEED_PATH, stories=stories)


def front_page(site: FakeSite) -> str:
    """Return the front page: a few articles and authors."""
    stories, authors = site.articles[:5], site.authors[:7]
    return _render("front_page.html", title="A made-up NK News", stories=stories, authors=authors)


def notice(title: str, text: str) -> str:
    """Return a page with nothing but a heading and a sentence."""
    return _render("notice.html", title=title, text=text)


def lead(
    article: DemoArticle, attributes: Markup = _NOTHING, note_opening: Markup = _NOTHING
) -> list[Markup]:
    """Return the blocks of the public text; the note is one of them, or the beginning of one."""
    tag = Markup("div" if "div-paragraphs" in article.edge_cases else "p")
    paragraphs = [_text(paragraph) for paragraph in _with_nbsp(article)]
    note = _text(article.note) if article.note else None
    if note and "note-glued" in article.edge_cases:
        paragraphs[0] = note_opening + note + paragraphs[0]
        note = None
    if "doubled-lead" in article.edge_cases:
        paragraphs *= 2
    if "br-paragraphs" in article.edge_cases:
        paragraphs = [Markup("<br><br>\n").join(paragraphs)]
    if "br-lines" in article.edge_cases:
        paragraphs = [Markup("<br>\n").join(paragraphs)]
    element = Markup("<{0}{1}>{2}</{0}>")
    blocks = [element.format(tag, attributes, paragraph) for paragraph in paragraphs]
    if "hidden-lead" in article.edge_cases:
        blocks.insert(0, Markup('<div style="display:none">{}</div>').format(Markup().join(blocks)))
    if not note:
        return blocks
    emphasized = Markup("<em>{}</em>").format(note)
    if note_stands_first(article):
        return [element.format(tag, attributes, note_opening + emphasized), *blocks]
    return [*blocks, element.format(tag, attributes, emphasized)]


def _with_nbsp(article: DemoArticle) -> Sequence[str]:
    """Return the paragraphs, with no-break spaces where the page has them."""
    paragraphs = list(article.paragraphs)
    if "nbsp" in article.edge_cases and paragraphs:
        paragraphs[0] = paragraphs[0].replace(" ", NBSP, 1)
        paragraphs[-1] += NBSP
    return paragraphs


def _text(value: str) -> Markup:
    """Escape a text, its email addresses protected as Cloudflare does it."""
    return escape(value).replace("[email protected]", _PROTECTED_EMAIL)


def _recent_stories(site: FakeSite, article: DemoArticle, base_url: str) -> list[StoryLink]:
    """Return the links of Recent Stories; on some pages the third is one to NK Pro."""
    first = (article.number * 5 + len(article.title)) % 6
    cases = (styles for name, styles in _LINK_STYLES.items() if name in article.edge_cases)
    styles = next(cases, (0,))
    links = [
        StoryLink(
            _styled_url(base_url, path, styles[(first + place) % len(styles)]), story.title, story
        )
        for place, (story, path) in enumerate(site.recent(article))
    ]
    return [*links[:2], pro_story(article.number)] if "pro-link" in article.edge_cases else links


def pro_story(number: int) -> StoryLink:
    """Return a link to a story of NK Pro."""
    url = f"/pro/2025/0{1 + number % 9}/sanctions-ledger-{number}/"
    return StoryLink(url, f"Sanctions ledger no. {number}: Who insures the tankers")


def _entry(article: DemoArticle, base_url: str) -> Entry:
    styles = [article.number + place if place else 0 for place in range(2 + article.number % 2)]
    return Entry(article, [_styled_url(base_url, article.path, style) for style in styles])


def _styled_url(base_url: str, path: str, style: int) -> str:
    """Return one of the forms in which the site links to a path.

    They have a query, a fragment, no final slash; even styles are absolute, odd ones relative.
    """
    path = path[:-1] if style % 6 == 3 else path
    path += _QUERIES.get(style % 6, "") + ("#comments" if style % 6 == 4 else "")
    return path if style % 2 else base_url + path


def pager_numbers(number: int, last: int) -> list[int]:
    """Return the pages to which a listing links: the first six, the neighbours, the last."""
    near = {max(1, number - 1), number, min(last, number + 1)}
    return sorted({*range(1, min(last, 6) + 1), *near, last})


def _headline(article: DemoArticle) -> str:
    """Return the headline as headings show it."""
    return article.title + (NBSP if "trailing-nbsp" in article.edge_cases else "")


def _plain_headline(article: DemoArticle) -> str:
    """Return the headline as `<title>` and the picture's alt text have it."""
    if "straight-title" in article.edge_cases:
        return article.title.replace("’", "'").replace("‘", "'")
    return article.title


def _hashed_class(part: str) -> str:
    """Return the class of a part as build tools name it."""
    return f"css-{sha256(part.encode()).hexdigest()[:6]}"


def _offer_heading(article: DemoArticle) -> tuple[str, ...]:
    headings = wording.OFFER_HEADINGS.items()
    return next((lines for case, lines in headings if case in article.edge_cases), ())


def _seoul_date(when: datetime) -> date:
    return (when + SEOUL).date()


def _category_path(label: str) -> str:
    return f"/category/{label.lower().replace(' ', '-')}/"


def _render(name: str, **values: Any) -> str:
    return _environment.get_template(name).render(values)


_environment = Environment(
    loader=PackageLoader("nkcrawl.demo"),
    autoescape=True,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)
_environment.filters |= {
    "category_path": _category_path,
    "curly": lambda name: name.replace("'", "’"),
    "excerpt": json_ld.excerpt,
    "hashed_class": _hashed_class,
    "headline": _headline,
    "long_date": wording.long_date,
    "offer_heading": _offer_heading,
    "plain_headline": _plain_headline,
    "rfc_2822": format_datetime,
    "seoul_date": _seoul_date,
    "seoul_timestamp": json_ld.seoul_timestamp,
    "short_date": wording.short_date,
}
_environment.globals |= {
    "json_ld": json_ld,
    "lead": lead,
    "pager_numbers": pager_numbers,
    "pro_story": pro_story,
    "utc_timestamp": json_ld.utc_timestamp,
    "wording": wording,
}
