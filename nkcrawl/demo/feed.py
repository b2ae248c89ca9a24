"""What does the feed say? RSS 2.0 as WordPress writes it, each story with the whole text, the part
for members included.

This is modelled by hand; nobody has recorded the live site. Only the address of its feed and its
length are known.
"""

from datetime import datetime
from email.utils import format_datetime
from html import escape

from nkcrawl.demo.html import attribute, excerpt, pro_story, tag
from nkcrawl.demo.wording import MODELLED
from nkcrawl.demo.world import DemoArticle, FakeSite

FEED_PATH = "/feed/"
FEED_TYPE = "application/rss+xml; charset=UTF-8"
_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def feed(world: FakeSite, base_url: str) -> str:
    """The newest stories, and behind the first of them one of the other, paid product."""
    stories = list(world.articles[: world.feed_size])
    items = [_story(article, base_url) for article in stories]
    if stories:
        items.insert(1, _pro_story(stories[0], base_url))
    lines = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {MODELLED} -->\n<rss version="2.0" {_NAMESPACES}>\n<channel>',
        tag("title", "NK News"),
        f'<atom:link href="{base_url}{FEED_PATH}" rel="self" type="application/rss+xml" />',
        tag("link", base_url),
        tag("description", "News that a small grammar made up"),
        tag("language", "en-US"),
        tag("generator", "https://wordpress.org/?v=6.8.1"),
        *items,
        "</channel>\n</rss>\n",
    )
    return "\n".join(lines)


def _story(article: DemoArticle, base_url: str) -> str:
    link = base_url + article.path + ("?utm_source=rss" if article.number % 2 else "")
    names = ", ".join(author.name for author in article.authors)
    return _item(article.title, link, names, article.published_at, excerpt(article), article.whole)


def _pro_story(beside: DemoArticle, base_url: str) -> str:
    path, title = pro_story(beside.number)
    about = "For subscribers of NK Pro."
    return _item(title, base_url + path, "NK Pro", beside.published_at, about, (about,))


def _item(
    title: str, link: str, creator: str, published: datetime, about: str, text: tuple[str, ...]
) -> str:
    """One item; the texts are HTML, and so stand in CDATA."""
    parts = (
        tag("title", escape(title, quote=False)),
        tag("link", attribute(link)),
        tag("dc:creator", f"<![CDATA[{creator}]]>"),
        tag("pubDate", format_datetime(published)),
        tag("guid", attribute(link.partition("?")[0]), 'isPermaLink="false"'),
        tag("description", f"<![CDATA[{_paragraphs((about,))}]]>"),
        tag("content:encoded", f"<![CDATA[{_paragraphs(text)}]]>"),
    )
    return tag("item", "\n".join(("", *parts, "")))


def _paragraphs(text: tuple[str, ...]) -> str:
    return "\n".join(tag("p", escape(paragraph, quote=False)) for paragraph in text)
