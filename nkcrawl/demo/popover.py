"""What does a page look like that introduces the author under the byline, above the lead?

This is modelled by hand; nobody has recorded the live site. Tags and classes are those of WordPress
and of its themes for newspapers, where the category stands below the headline.
"""

from datetime import datetime

from nkcrawl.demo import wording
from nkcrawl.demo.html import (
    about_author,
    attribute,
    author_path,
    byline,
    category_path,
    curly,
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
from nkcrawl.demo.world import SEOUL, DemoArticle, FakeSite, has_portrait

_MENU = (("/", "Front page"), ("/category/news/", "All news"), ("/podcasts/", "Podcasts"))
_ROLES = ("in Seoul", "Senior Correspondent", "in Yanji", "Data Correspondent", "Staff Reporter")
_BETWEEN = (" · ", " | ", " — ", "\n")
_NOTE_OPENINGS = (
    "Editor's note: ",
    "<strong>Editor’s note:</strong> ",
    "<strong>Editor’s note:</strong><br>",
    "<b>Editor's Note:</b> ",
)
_STAFF = "NK News"
_WORK = (
    "{name} is a Correspondent who rides along with freight and reports what the tollbooths know.",
    "{name} is a Senior Correspondent who covers tides, quays and the paperwork between them.",
    "{name} is a Staff Reporter who reads tender notices so that others can skip them.",
    "{name} is a Data Correspondent who counts roofs from above and publishes every spreadsheet.",
)


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The whole page of an article."""
    post = (
        _header(world, article, base_url),
        _figure(article, base_url),
        _content(article),
        _about(world, article) if article.number % 2 else "",
    )
    parts = (
        _top(world, article),
        '<div id="content" class="site-content">\n<main id="main" class="site-main">',
        tag("article", "\n".join(part for part in post if part), 'class="post type-post hentry"'),
        _recent(world, article, base_url),
        "</main>\n</div>",
        popup(article, "div", 'class="newspack-lightbox" role="dialog"'),
        _bottom(world),
    )
    return "\n".join(part for part in parts if part)


def _top(world: FakeSite, article: DemoArticle) -> str:
    """Everything above the article."""
    language = "ko-KR" if article.language == "ko" else "en-US"
    items = "".join(tag("li", link(path, name), 'class="menu-item"') for path, name in _MENU)
    return "\n".join(
        (
            f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">',
            f"<title> {plain_headline(article)} | NK News</title></head>",
            f'<body class="single single-post">\n<!-- {wording.MODELLED} -->',
            '<a class="skip-link screen-reader-text" href="#main">Skip to content</a>',
            '<header id="masthead" class="site-header">',
            f'<a class="custom-logo-link" href="/"><img src="/logo.png" alt="{wording.LOGO}"></a>',
            tag("div", visit_dates(world.today), 'class="top-header"'),
            tag("nav", tag("ul", items, 'class="main-menu"'), 'class="main-navigation"'),
            tag("p", wording.PROMOS[article.number % 2], 'class="header-widget"'),
            "</header>",
        )
    )


def _bottom(world: FakeSite) -> str:
    line = text(wording.copyright_line(world.today.year))
    return f'<footer id="colophon" class="site-footer"><p>{line}</p></footer>\n</body>\n</html>\n'


def _header(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Headline, subtitle, entry meta, pop-over, share icons, headline again."""
    subtitle = text(article.subtitle) if article.subtitle else ""
    parts = (
        tag("h1", headline(article), 'class="entry-title"'),
        hidden_headlines(article),
        tag("div", subtitle, 'class="newspack-post-subtitle"') if subtitle else "",
        tag("div", _entry_meta(article, base_url), 'class="entry-meta"'),
        _popover(world, article),
        tag("div", " ".join(wording.SHARE), 'class="sharedaddy sd-sharing-enabled"'),
        tag("div", headline(article), 'class="entry-title-again"'),
    )
    return tag("header", "\n".join(part for part in parts if part), 'class="entry-header"')


def _entry_meta(article: DemoArticle, base_url: str) -> str:
    """Names, date, category, reading time, comments: in two orders, with four ways between them."""
    comments = link("#respond", f"{2 + article.number % 4} Comments")
    reading = tag("span", wording.reading_time(article.number), 'class="reading-time"')
    parts = [
        _names(article, base_url),
        _dates(article),
        _category(article),
        reading,
        tag("span", comments, 'class="comments-link"'),
    ]
    if article.number % 5 == 2:
        parts.insert(0, parts.pop(2))
    return _BETWEEN[article.number % 4].join(part for part in parts if part)


def _names(article: DemoArticle, base_url: str) -> str:
    """The byline, and behind it the place or the title of its last author."""
    names = byline(article, base_url, 'class="url fn n" rel="author"')
    role = _ROLES[article.number % 5]
    names += "" if role.startswith("in ") else ","
    shown = tag("span", role, 'class="author-role"')
    return tag("span", f"By {names} {shown}", 'class="byline"')


def _dates(article: DemoArticle) -> str:
    """The day of publication and, behind it on some pages, that of the last change."""
    if "no-date" in article.edge_cases:
        return ""
    published = _time("entry-date published", article.published_at, "")
    changed = _time("updated", article.modified_at, "Updated ")
    return tag("span", f"{published} {changed}", 'class="posted-on"')


def _time(name: str, when: datetime, opening: str) -> str:
    day = wording.long_date((when + SEOUL).date())
    return tag("time", opening + day, f'class="{name}" datetime="{seoul_timestamp(when)}"')


def _category(article: DemoArticle) -> str:
    """The label as a link to its section."""
    if not article.label:
        return ""
    opening = tag("span", ("Posted in", "Filed under")[article.number % 2])
    shown = link(category_path(article.label), text(article.label), 'rel="category tag"')
    return tag("span", f"{opening} {shown}", 'class="cat-links"')


def _popover(world: FakeSite, article: DemoArticle) -> str:
    """About the Author where the byline opens it; without a style sheet it always shows."""
    heading = tag("h2" if article.number % 2 else "p", "About the Author")
    people = []
    for author in article.authors:
        place = world.authors.index(author)
        path, shown = author_path(author.slug), text(curly(author.name))
        source, alt = f"/wp-content/authors/{author.slug}.jpg", attribute(author.name)
        work = author.bio if author.name == _STAFF else _WORK[place % 4].format(name=author.name)
        people += [
            f'<img src="{source}" alt="{alt}">' if has_portrait(place) else "",
            tag("h3", link(path, shown), 'class="author-name"'),
            tag("p", text(work), 'class="author-description"'),
            link(path, f"View more articles by {text(author.name)}", 'class="author-link"'),
        ]
    inner = "\n".join(part for part in (heading, *people) if part)
    return tag("div", inner, 'class="author-popover"')


def _figure(article: DemoArticle, base_url: str) -> str:
    """The picture with caption and credit."""
    picture = f'<img src="{base_url}{article.image_path}" alt="{plain_headline(article)}">'
    line = ""
    if article.caption and article.credit:
        line = f"{text(article.caption)} | Image: {text(article.credit)}"
    caption = tag("figcaption", line) if line else ""
    return tag("figure", picture + caption, 'class="post-thumbnail"')


def _content(article: DemoArticle) -> str:
    """Lead, offer, rights."""
    name = "div" if "div-paragraphs" in article.edge_cases else "p"
    opening = _NOTE_OPENINGS[article.number % 4]
    parts = (*lead(article, name, note_opening=opening), offer(article, "p"), rights("p"))
    return tag("div", "\n".join(part for part in parts if part), 'class="entry-content"')


def _about(world: FakeSite, article: DemoArticle) -> str:
    """About the Author once more, below the text."""
    people = "\n".join(about_author(world, article, "p"))
    return tag("div", f"<h2>About the Author</h2>\n{people}", 'class="author-bio"')


def _recent(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Recent Stories and the tip box."""
    stories = "".join(tag("li", story) for story in recent_stories(world, article, base_url))
    inner = f'<h2 class="widget-title">Recent Stories</h2>\n<ul>{stories}</ul>'
    return tag("aside", f"{inner}\n<p>{' '.join(wording.TIP)}</p>", 'class="widget"')
