"""One page of an author's listing to a `Listing`: who it is, what is listed, and the next page."""

from urllib.parse import urlsplit

from lxml import etree
from parsel import Selector

from nkcrawl import site
from nkcrawl.items import Link, Listing, Page
from nkcrawl.pages.absurd import is_absurd
from nkcrawl.pages.blocks import Block, read_body
from nkcrawl.pages.concealed import concealed
from nkcrawl.pages.links import LinkResolver, pro_urls
from nkcrawl.pages.roles import is_heading_of, is_outside
from nkcrawl.text import normalize_whitespace, straighten_quotes

_LINKS = etree.XPath("//link/@href | //a/@href", smart_strings=False)
_MAX_NAME = 200  # characters; longer is no name of a person or a desk
_MAX_BIO = 5_000


def read_listing(html: Selector, page: Page, site_url: str) -> Listing:
    """Read an author page; a page without entries, or an absurd one, gives a listing without
    articles and without a next page.
    """
    served = page.final_url or page.url
    links = LinkResolver(site_url, frozenset((page.url, served)))
    slug = links.slug(served) or links.slug(page.url) or ""
    if is_absurd(html.root):
        return Listing(page=page, slug=slug)
    blocks = [
        block for block in read_body(html.root, concealed(html, [])).blocks if not is_outside(block)
    ]
    listing = Listing(page=page, slug=slug)
    more = next(
        (i for i, block in enumerate(blocks) if site.MORE_ARTICLES.fullmatch(block.once)), None
    )
    name, bio = _person(blocks, more)
    listing.name = name if name and len(name) <= _MAX_NAME else None
    listing.bio = bio if bio and len(bio) <= _MAX_BIO else None
    pro = pro_urls(html, links)
    entries = _entries(blocks, 0 if more is None else more + 1)
    urls = [links.article_url(link.href) for block in entries for link in block.links]
    listing.articles = list(
        dict.fromkeys(Link(url, "article") for url in urls if url and url not in pro)
    )
    if listing.articles:
        listing.next_page = _next_page(html, slug, served, links)
    return listing


def _person(blocks: list[Block], more: int | None) -> tuple[str | None, str | None]:
    """Return name and bio: what stands between 'About the author' and 'More articles by …'."""
    about = next(
        (i for i, block in enumerate(blocks) if site.ABOUT_AUTHOR.fullmatch(block.text)), None
    )
    quoted = site.MORE_ARTICLES.fullmatch(blocks[more].once) if more is not None else None
    name = straighten_quotes(normalize_whitespace(quoted["name"])) if quoted else None
    if about is None:
        heading = next(
            (
                block.text
                for block in blocks
                if block.heading and not is_heading_of(block, site.NAME)
            ),
            None,
        )
        return name or heading, None
    between = [block for block in blocks[about + 1 : more] if not site.filler_in(block.text)]
    if not name and between:
        name = straighten_quotes(between[0].once)
    bio = [
        block.text for block in between if not block.linked and not is_heading_of(block, name or "")
    ]
    return name or None, "\n\n".join(bio) if more is not None and bio else None


def _entries(blocks: list[Block], start: int) -> list[Block]:
    """Return the blocks from the first entry to the foot of the list, Recent Stories left out."""
    entries = []
    for block in blocks[start:]:
        if is_heading_of(block, site.RECENT_STORIES) or site.COPYRIGHT.fullmatch(block.text):
            break
        entries.append(block)
    return entries


def _next_page(html: Selector, slug: str, served: str, links: LinkResolver) -> Link | None:
    """Return the author's page after this one: rel=next, or the pager's link to the number that
    follows.
    """
    following = site.author_page_number(urlsplit(served).path) + 1
    for url in filter(None, map(links.url, _LINKS(html.root))):
        path = urlsplit(url).path
        if site.author_slug(path) == slug and site.author_page_number(path) == following:
            return Link(url, "author")
    return None
