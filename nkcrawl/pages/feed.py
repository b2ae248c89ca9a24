"""The site's feed to a `Feed`: its links alone, for it also holds what a public page does not
show.
"""

from parsel import Selector

from nkcrawl.items import Feed, Link, Page
from nkcrawl.pages.links import LinkResolver


def read_feed(xml: Selector, page: Page, site_url: str) -> Feed:
    """Read the article links of an RSS 2.0 document, in its order; anything else gives a feed
    without articles.
    """
    links = LinkResolver(site_url, frozenset((page.url,)))
    urls = (links.article_url(link) for link in xml.xpath("/rss/channel/item/link/text()").getall())
    return Feed(page, list(dict.fromkeys(Link(url, "article") for url in urls if url)))
