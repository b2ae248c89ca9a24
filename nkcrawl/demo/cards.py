"""What does a page full of other stories look like? Cards with names and dates, and comments.

This is modelled by hand; nobody has recorded the live site. Tags and classes are those of WordPress
and of its themes for newspapers.
"""

import json
from itertools import zip_longest
from typing import Any

from nkcrawl.demo import wording
from nkcrawl.demo.html import (
    about_author,
    attribute,
    author_path,
    byline,
    category_path,
    excerpt,
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
from nkcrawl.demo.world import DemoArticle, DemoAuthor, FakeSite

_SHARE_WITH = ("Facebook", "Telegram", "Print", "Email")
_WAYS = (("prev", "Previous story"), ("next", "Next story"))
_TAGS = ("Freight", "Harbors", "Paperwork", "Weather", "Yalu", "Prices", "Ferries")
_LETTER = (
    "Letters from the border",
    "On Saturdays we send one long read, one map and one number that made us look twice.",
    "Your email stays with us, and every letter ends with a way out.",
)
_COMMENTS = (
    (
        "Pierwatcher",
        "My grandfather queued at that very gate and never once complained about it.",
        "He used to say that the stamp mattered less than the mood of the man who held it.",
    ),
    (
        "Retired clerk",
        "Could you publish the scans too? The totals look low to me for a harvest year.",
        "I would gladly add up the columns again, with a pencil and with both of my sons.",
    ),
    (
        "Hana in Incheon",
        "Sent this to my whole reading group, and we argued until the café closed.",
        "Half of us think the second part deserves a story of its own, with photographs.",
    ),
    (
        "Slow Ferry",
        "Thank you for not hurrying to a conclusion, which is rarer than it should be.",
        "The old timetable alone was worth the visit; I had thrown mine away years ago.",
    ),
)
_REPLY = "Good eye. I have asked the office about this and will come back to it."


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The whole page of an article."""
    others = world.related(article)
    post = (
        _header(article, base_url),
        _figure(article, base_url),
        _content(article, others),
        offer(article, "p"),
        rights("p"),
        _share(),
        _tags(article),
        _about(world, article),
    )
    parts = (
        _top(world, article, others[:1], base_url),
        '<div class="site-content">\n<main id="primary" class="content-area">',
        tag("article", "\n".join(part for part in post if part), 'class="post hentry"'),
        _neighbours(others),
        _recent(world, article, base_url),
        _comments(article, others),
        f"</main>\n{_sidebar(others)}\n</div>",
        popup(article, "aside", 'class="jp-popup" role="dialog"'),
        _bottom(world),
    )
    return "\n".join(part for part in parts if part)


def _top(world: FakeSite, article: DemoArticle, other: list[DemoArticle], base_url: str) -> str:
    """Everything above the article."""
    language = "ko-KR" if article.language == "ko" else "en-US"
    return "\n".join(
        (
            f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">',
            f"<title> {plain_headline(article)} | NK News</title>",
            f'<link rel="canonical" href="{base_url}{article.path}">',
            f'<meta name="description" content="{attribute(excerpt(article))}">',
            *_json_ld(article, other, base_url),
            f'</head>\n<body class="single single-post">\n<!-- {wording.MODELLED} -->',
            '<header class="wp-block-template-part site-header">',
            f'<a href="/"><img src="/wp-content/logo.png" alt="{wording.LOGO}"></a>',
            tag("div", visit_dates(world.today), 'class="site-date"'),
            '<nav><a href="/">Front page</a> <a href="/category/news/">All news</a></nav>',
            f"<p>{wording.PROMOS[article.number % 2]}</p>\n</header>",
        )
    )


def _json_ld(article: DemoArticle, other: list[DemoArticle], base_url: str) -> list[str]:
    """The node of another story and that of this one: in scripts of their own, or in one list."""
    dated, free = "no-date" not in article.edge_cases, article.access == "free"
    nodes = [_node(story, base_url, dated, not free) for story in other]
    nodes.append(_node(article, base_url, dated, free))
    stated: list[Any] = [nodes] if article.number % 2 else [*nodes]
    scripts = (json.dumps(part, ensure_ascii=False).replace("</", "<\\/") for part in stated)
    return [tag("script", script, 'type="application/ld+json"') for script in scripts]


def _node(story: DemoArticle, base_url: str, dated: bool, free: bool) -> dict[str, Any]:
    """What the page states of a story."""
    url = base_url + story.path
    node: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": f"{url}#article",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": story.title,
        "author": [_person(author, base_url) for author in story.authors],
        "image": [base_url + story.image_path],
        "isAccessibleForFree": free,
    }
    if dated:
        node["datePublished"] = seoul_timestamp(story.published_at)
        node["dateModified"] = seoul_timestamp(story.modified_at)
    return node | ({"articleSection": story.label} if story.label else {})


def _person(author: DemoAuthor, base_url: str) -> dict[str, str]:
    return {"@type": "Person", "name": author.name, "url": base_url + author_path(author.slug)}


def _bottom(world: FakeSite) -> str:
    line = text(wording.copyright_line(world.today.year))
    return f'<footer class="site-footer"><p>{line}</p></footer>\n</body>\n</html>\n'


def _header(article: DemoArticle, base_url: str) -> str:
    """Label, headline, subtitle, byline with the date, share row, headline again."""
    label = article.label
    names = byline(article, base_url, 'class="url fn n" rel="author"')
    signed = tag("span", f"By {names}", 'class="byline"')
    if "no-date" not in article.edge_cases:
        signed += " " + _time(article)
    category = link(category_path(label), text(label), 'rel="category tag"') if label else ""
    subtitle = tag("p", text(article.subtitle), 'class="subtitle"') if article.subtitle else ""
    parts = (
        tag("span", category, 'class="cat-links"') if category else "",
        tag("h1", headline(article), 'class="entry-title"'),
        hidden_headlines(article),
        subtitle,
        tag("div", signed, 'class="entry-meta"'),
        _share(),
        tag("div", headline(article), 'class="entry-title-again"'),
    )
    return tag("header", "\n".join(part for part in parts if part), 'class="entry-header"')


def _time(article: DemoArticle) -> str:
    """The day of publication as a time element."""
    attributes = f'class="entry-date" datetime="{seoul_timestamp(article.published_at)}"'
    return tag("time", wording.long_date(article.published_on), attributes)


def _share() -> str:
    """A row of links for sharing, above the text and below it."""
    links = (link(f"?share={name.lower()}", name) for name in _SHARE_WITH)
    items = "".join(tag("li", part, 'class="share-end"') for part in links)
    return tag("div", f"<h3>Share this:</h3><ul>{items}</ul>", 'class="sharedaddy"')


def _figure(article: DemoArticle, base_url: str) -> str:
    """The picture with caption and credit."""
    picture = f'<img src="{base_url}{article.image_path}" alt="{plain_headline(article)}">'
    line = ""
    if article.caption and article.credit:
        line = f"{text(article.caption)} | Image: {text(article.credit)}"
    caption = tag("figcaption", line, 'class="wp-element-caption"') if line else ""
    return tag("figure", picture + caption, 'class="wp-block-image"')


def _content(article: DemoArticle, others: list[DemoArticle]) -> str:
    """The lead with a card, a line that leads elsewhere and a form between its blocks."""
    name = "div" if "div-paragraphs" in article.edge_cases else "p"
    dated = "no-date" not in article.edge_cases
    between = [
        *(_card(story, link(story.path, text(story.title)), dated) for story in others[:1]),
        *(_read_more(story, name) for story in others[1:2]),
        _letter(name),
        *(_read_more(story, name) for story in others[2:3]),
    ]
    pairs = zip_longest(lead(article, name), between, fillvalue="")
    inner = "\n".join(part for pair in pairs for part in pair if part)
    return tag("div", inner, 'class="entry-content"')


def _read_more(story: DemoArticle, name: str) -> str:
    """A line in the text that leads to another story, in bold for every second one."""
    line = f"READ MORE: {link(story.path, text(story.title))}"
    return tag(name, tag("strong", line) if story.number % 2 else line)


def _card(story: DemoArticle, title: str, dated: bool) -> str:
    """Another story with picture, headline, subtitle, linked authors and date."""
    alt = attribute(story.title)
    picture = link(story.path, f'<img src="{story.image_path}" alt="{alt}">')
    day = _time(story) if dated else tag("span", wording.long_date(story.published_on))
    authors = ", ".join(_author_link(author) for author in story.authors)
    parts = (
        tag("figure", picture, 'class="post-thumbnail"'),
        tag("h3", title, 'class="entry-title"'),
        tag("p", text(story.subtitle)) if story.subtitle else "",
        tag("div", f"by {authors} {day}", 'class="entry-meta"'),
    )
    outer = "article" if story.number % 2 else "div"
    return tag(outer, "\n".join(part for part in parts if part), 'class="related-card"')


def _author_link(author: DemoAuthor) -> str:
    return link(author_path(author.slug), text(author.name), 'class="url fn n" rel="author"')


def _letter(name: str) -> str:
    """A form for a newsletter."""
    title, promise, small = (text(line) for line in _LETTER)
    field = '<label>Email <input type="email" name="email"></label><button>Send it to me</button>'
    inner = f"<h3>{title}</h3>{tag(name, promise)}{field}{tag(name, small)}"
    return tag("form", inner, 'class="wp-block-jetpack-subscriptions"')


def _tags(article: DemoArticle) -> str:
    """Three tags."""
    first = article.number % 5
    names = _TAGS[first : first + 3]
    links = ", ".join(link(f"/tag/{name.lower()}/", name, 'rel="tag"') for name in names)
    return tag("div", f"<span>Tagged:</span> {links}", 'class="tags-links"')


def _about(world: FakeSite, article: DemoArticle) -> str:
    people = "\n".join(about_author(world, article, "p"))
    return tag("div", f"<h2>About the Author</h2>\n{people}", 'class="author-bio"')


def _neighbours(others: list[DemoArticle]) -> str:
    """Links to the previous and the next story."""
    links = []
    for (way, name), story in zip(_WAYS, others[3:5], strict=False):
        inner = f"<span>{name}</span> {text(story.title)}"
        links.append(link(story.path, inner, f'rel="{way}"'))
    return tag("nav", "\n".join(links), 'class="navigation post-navigation"') if links else ""


def _recent(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Recent Stories as cards; an entry of the other product has neither author nor date."""
    entries = recent_stories(world, article, base_url)
    known = [story for story, _ in world.recent(article)]
    if "pro-link" in article.edge_cases:
        known = known[:2]
    dated = "no-date" not in article.edge_cases
    cards = [_card(story, entry, dated) for story, entry in zip(known, entries, strict=False)]
    cards += [tag("div", entry, 'class="related-card"') for entry in entries[len(known) :]]
    inner = "\n".join(("<h2>Recent Stories</h2>", *cards))
    return tag("section", inner, 'class="wp-block-newspack-blocks-homepage-articles"')


def _comments(article: DemoArticle, others: list[DemoArticle]) -> str:
    """Two comments of readers; to the first one an author of another story replies."""
    first = article.number % 4
    shown = [*_COMMENTS[first:], *_COMMENTS[:first]][:2]
    items = [_comment(text(name), " ".join(said)) for name, *said in shown]
    if others:
        items.insert(1, _comment(_author_link(others[-1].authors[0]), _REPLY))
    listed = tag("ol", "\n".join(items), 'class="comment-list"')
    heading = f"<h2>{len(items)} thoughts on “{headline(article)}”</h2>"
    return tag("section", f"{heading}\n{listed}", 'id="comments" class="comments-area"')


def _comment(name: str, said: str) -> str:
    author = tag("div", f'<b class="fn">{name}</b> says:', 'class="comment-author vcard"')
    content = tag("div", tag("p", text(said)), 'class="comment-content"')
    reply = link("#respond", "Reply", 'class="comment-reply-link"')
    return tag("li", f"{author}\n{content}\n{reply}", 'class="comment"')


def _sidebar(others: list[DemoArticle]) -> str:
    """What is read most, each story with its author, and the tip box."""
    stories = []
    for story in others[::-1][:4]:
        title = link(story.path, text(story.title))
        stories.append(tag("li", f"{title} <span>{_author_link(story.authors[0])}</span>"))
    most_read = f"<h2>Most read</h2><ol>{''.join(stories)}</ol>" if stories else ""
    inner = f"{most_read}<p>{' '.join(wording.TIP)}</p>"
    return tag("aside", inner, 'id="secondary" class="widget-area"')
