"""What does a page of a JavaScript front end look like, as its server sends it? Boxes in boxes.

This is modelled by hand; nobody has recorded the live site. Class names are hashed and say
nothing, and a script at the end holds other stories for the pages that the reader may open next.
"""

import json
from hashlib import sha256
from typing import Any

from nkcrawl.demo import wording
from nkcrawl.demo.html import (
    about_author,
    byline,
    category_path,
    headline,
    hidden_headlines,
    lead,
    link,
    offer,
    plain_headline,
    popup,
    recent_stories,
    rights,
    seoul_timestamp,
    tag,
    text,
    visit_dates,
)
from nkcrawl.demo.world import DemoArticle, FakeSite

_CONSENT = (
    "Before you read on",
    "This site keeps small files on your device. Some remember your language, others count visits.",
    "Our partners may measure how often a notice was seen. You can change your mind at any time.",
)
_MENU = (("/", "Start"), ("/category/news/", "Latest"), ("/newsletters/", "Newsletters"))


def _hashed(part: str) -> str:
    """The attribute that names a part's class the way a build tool does."""
    return f'class="css-{sha256(part.encode()).hexdigest()[:6]}"'


def _box(part: str, *inner: str) -> str:
    """A box for a part of the page; empty parts leave no trace, and an empty box is left out."""
    whole = "".join(piece for piece in inner if piece)
    return tag("div", whole, _hashed(part)) if whole else ""


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The whole page of an article."""
    parts = (
        _consent(),
        _top(world, article),
        _breadcrumbs(article),
        _box(
            "page",
            _header(article, base_url),
            _content(article, base_url),
            _tail(world, article, base_url),
        ),
        popup(article, "div", _hashed("popup")),
        _box("footer", text(wording.copyright_line(world.today.year))),
    )
    app = tag("div", "\n".join(part for part in parts if part), 'id="__next"')
    data = tag("script", _next_data(world, article), 'id="__NEXT_DATA__" type="application/json"')
    return f"{_head(article)}\n{app}\n{data}\n</body>\n</html>\n"


def _head(article: DemoArticle) -> str:
    """Title and nothing else; the language is wrong for Korean articles."""
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en-US">\n<head><meta charset="utf-8">',
            f"<title> {plain_headline(article)} | NK News</title>",
            '<meta name="viewport" content="width=device-width"></head>',
            f"<body>\n<!-- {wording.MODELLED} -->",
        )
    )


def _consent() -> str:
    """A dialog about cookies, the first thing in the document."""
    title, *prose = (_box("consent-text", line) for line in _CONSENT)
    buttons = "".join(tag("button", name) for name in ("Agree to all", "Only the needed ones"))
    attributes = f'role="dialog" aria-modal="true" {_hashed("consent")}'
    return tag("div", title + "".join(prose) + buttons, attributes)


def _top(world: FakeSite, article: DemoArticle) -> str:
    """Logo, day of the visit, menu, log in, promotion."""
    logo = link("/", f'<img src="/logo.svg" alt="{wording.LOGO}">')
    return _box(
        "top",
        logo,
        _box("today", visit_dates(world.today)),
        _box("menu", *(link(path, name, _hashed("item")) for path, name in _MENU)),
        _box("promo", text(wording.PROMOS[article.number % 2])),
        _log_in(),
    )


def _log_in() -> str:
    return _box("log-in", f"Already a member? {link('/login/', 'Log in')}")


def _breadcrumbs(article: DemoArticle) -> str:
    """The way here: front page, section, this page."""
    parts = [link("/", "Start")]
    if article.label:
        parts.append(link(category_path(article.label), text(article.label)))
    parts.append(tag("span", headline(article)))
    inner = tag("span", "›").join(parts)
    return tag("div", inner, f'aria-label="Breadcrumb" {_hashed("breadcrumbs")}')


def _header(article: DemoArticle, base_url: str) -> str:
    """Label, headline, subtitle, byline, date and reading time, share icons, headline again."""
    date = "" if "no-date" in article.edge_cases else wording.long_date(article.published_on)
    label = text(article.label) if article.label else ""
    subtitle = text(article.subtitle) if article.subtitle else ""
    times = [tag("span", part) for part in (date, wording.reading_time(article.number)) if part]
    return _box(
        "header",
        _box("label", label if article.number % 2 else ""),
        tag("h1", headline(article), _hashed("headline")),
        hidden_headlines(article),
        _box("subtitle", subtitle),
        _box("byline", _box("names", byline(article, base_url)), _box("times", "·".join(times))),
        _box("share", *(tag("span", f"{word} ") for word in wording.SHARE)),
        _box("again", headline(article)),
    )


def _content(article: DemoArticle, base_url: str) -> str:
    """Picture, text, log in, offer, rights."""
    picture = f'<img src="{base_url}{article.image_path}" alt="{plain_headline(article)}">'
    line = ""
    if article.caption and article.credit:
        line = f"{text(article.caption)} | Image: {text(article.credit)}"
    name = "div" if "div-paragraphs" in article.edge_cases else "p"
    blocks = lead(article, name, _hashed("paragraph"))
    return _box(
        "content",
        _box("picture", _box("frame", picture), _box("caption", line)),
        _box("text", *(_box("slot", block) for block in blocks)),
        _log_in() if article.access != "free" else "",
        _box("offer", offer(article)),
        _box("rights", rights()),
    )


def _tail(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Recent Stories, About the Author, the tip box."""
    stories = (_box("story", story) for story in recent_stories(world, article, base_url))
    people = (_box("author", part) for part in about_author(world, article))
    return _box(
        "tail",
        _box("recent", _box("heading", "Recent Stories"), *stories),
        _box("about", _box("heading", "About the Author"), *people),
        _box("tip", " ".join(wording.TIP)),
    )


def _next_data(world: FakeSite, article: DemoArticle) -> str:
    """What the front end would need next: other stories, each with its first paragraph."""
    data = {
        "props": {"pageProps": {"upNext": [_story(story) for story in world.related(article)]}},
        "page": "/[...uri]",
        "query": {"uri": article.path.strip("/").split("/")},
        "buildId": f"k{article.number:05}",
    }
    return json.dumps(data, ensure_ascii=article.number % 2 == 0).replace("</", "<\\/")


def _story(story: DemoArticle) -> dict[str, Any]:
    return {
        "uri": story.path,
        "title": story.title,
        "subtitle": story.subtitle,
        "section": story.label,
        "authors": [{"slug": author.slug, "name": author.name} for author in story.authors],
        "date": seoul_timestamp(story.published_at),
        "opening": story.paragraphs[:1],
    }
