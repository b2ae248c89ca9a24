"""Reading an author's listing or the feed into a `Listing`."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from lxml import etree
from parsel import Selector

from nkcrawl import site
from nkcrawl.items import Link, Listing, Visit
from nkcrawl.pages.blocks import Block
from nkcrawl.pages.body import read_body
from nkcrawl.pages.hidden import hidden_elements
from nkcrawl.pages.html import tree_exceeds_limits
from nkcrawl.pages.links import LinkResolver, pro_urls
from nkcrawl.paywall import filler_in
from nkcrawl.text import normalize_whitespace, straighten_quotes

_LINKS = etree.XPath("//link/@href | //a/@href", smart_strings=False)
# RSS 2.0, RSS 1.0 (RDF) and Atom, whose elements have namespaces.
_FEED_ENTRIES = etree.XPath(
    "/rss/channel/item | /*[local-name() = 'RDF']/*[local-name() = 'item']"
    " | /*[local-name() = 'feed']/*[local-name() = 'entry']"
)
_ENTRY_LINKS = etree.XPath(
    "*[local-name() = 'link']/text() | guid[not(@isPermaLink = 'false')]/text()"
    " | *[local-name() = 'link'][not(@rel) or @rel = 'alternate']/@href",
    smart_strings=False,
)
_MAX_NAME = 200  # characters; a longer text is not the name of a person or a desk
_MAX_BIO = 5_000


def read_feed(xml: Selector, site_url: str) -> Listing:
    """Read the article links of an RSS or Atom document, in order; any other document has none.

    Only links are read, because the feed also holds text that the public pages do not show. An
    item of RSS 2.0 may have a permanent link (`guid`) in place of `link`.
    """
    links = LinkResolver(site_url, frozenset())
    urls = (
        next(filter(None, map(links.article_url, _ENTRY_LINKS(entry))), None)
        for entry in _FEED_ENTRIES(xml.root)
    )
    return Listing(articles=_article_links(urls))


def _article_links(urls: Iterable[str | None]) -> list[Link]:
    return list(dict.fromkeys(Link(url, "article") for url in urls if url))


def read_listing(html: Selector, visit: Visit, site_url: str) -> Listing:
    """Read one page of an author's listing.

    A page without entries, or one beyond the limits, has no articles and no next page.
    """
    served_url = visit.final_url or visit.url
    links = LinkResolver(site_url, frozenset((visit.url, served_url)))
    listing = Listing(links.slug(served_url) or links.slug(visit.url) or "")
    if tree_exceeds_limits(html.root):
        return listing
    body = read_body(html.root, hidden_elements(html, []))
    blocks = [block for block in body.blocks if not block.outside]
    heading = next(
        (i for i, block in enumerate(blocks) if site.MORE_ARTICLES.fullmatch(block.deduplicated)),
        None,
    )
    name, bio = _author(blocks, heading)
    listing.name = name if name and len(name) <= _MAX_NAME else None
    listing.bio = bio if bio and len(bio) <= _MAX_BIO else None
    pro = pro_urls(html, links)
    entries = _entries(blocks[0 if heading is None else heading + 1 :])
    urls = [links.article_url(link.href) for block in entries for link in block.links]
    listing.articles = _article_links(url for url in urls if url not in pro)
    if listing.articles:
        listing.next_page = _next_page(html, listing.slug, served_url, links)
    return listing


def _author(blocks: list[Block], heading: int | None) -> tuple[str | None, str | None]:
    """Return name and biography, between 'About the author' and 'More articles by …'.

    `heading` is the index of the latter.
    """
    more = (
        site.MORE_ARTICLES.fullmatch(blocks[heading].deduplicated) if heading is not None else None
    )
    name = straighten_quotes(normalize_whitespace(more["name"])) if more else None
    about = next(
        (i for i, block in enumerate(blocks) if site.ABOUT_AUTHOR.fullmatch(block.text)), None
    )
    if about is None:
        return name or _first_heading(blocks), None
    between = [block for block in blocks[about + 1 : heading] if not filler_in(block.text)]
    if not name and between:
        name = straighten_quotes(between[0].deduplicated)
    bio = [block.text for block in between if not block.linked and not block.equals(name or "")]
    return name or None, "\n\n".join(bio) if more and bio else None


def _first_heading(blocks: list[Block]) -> str | None:
    headings = (block for block in blocks if block.heading and not block.equals(site.NAME))
    return next((block.text for block in headings), None)


def _entries(blocks: list[Block]) -> list[Block]:
    """Return the blocks down to the foot of the list, without Recent Stories."""
    for index, block in enumerate(blocks):
        if block.equals(site.RECENT_STORIES) or site.COPYRIGHT.fullmatch(block.text):
            return blocks[:index]
    return blocks


def _next_page(html: Selector, slug: str, served_url: str, links: LinkResolver) -> Link | None:
    """Return the next page of the listing: the link of rel=next, or of the next page number."""
    number = site.author_page_number(urlsplit(served_url).path) + 1
    for url in filter(None, map(links.url, _LINKS(html.root))):
        path = urlsplit(url).path
        if site.author_slug(path) == slug and site.author_page_number(path) == number:
            return Link(url, "author")
    return None
