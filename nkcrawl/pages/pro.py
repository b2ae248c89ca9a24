"""Which links of a page lead to NK Pro, the separate paid product that is never followed."""

from typing import Any

from lxml import etree
from parsel import Selector

from nkcrawl import site, text
from nkcrawl.pages.outline import Place

_LARGE = 1_000  # characters; an entry of a listing is smaller
_MAX_BADGES = 100  # a page with more of them is no listing
_NAMED_NK = etree.XPath("//text()[contains(., 'NK')]/..")
_OWN_TEXT = etree.XPath("text()", smart_strings=False)
_NO_ENTRY = frozenset(("nav", "main", "body", "html"))


def pro_urls(html: Selector, place: Place) -> frozenset[str]:
    """Return the article URLs of entries that carry the `NK PRO` badge.

    An entry is the smallest element around the badge that links to articles; where that holds more than one article, or
    is a part of the page rather than an entry, the badge can't be told to belong to any, and none is left out.
    """
    urls: set[str] = set()
    for badge in _NAMED_NK(html.root)[:_MAX_BADGES]:
        words = text.clean("".join(_OWN_TEXT(badge)))
        # Within the link of a story any case is the badge; elsewhere 'NK Pro' is a menu, or the desk in a byline.
        if words == site.PRO_BADGE or (words.upper() == site.PRO_BADGE and _is_in_story(badge, place)):
            urls |= _entry_of(badge, place)
    return frozenset(urls)


def _is_in_story(element: Any, place: Place) -> bool:
    return any(place.article_url(link.get("href", "")) for link in element.iterancestors("a"))


def _entry_of(element: Any, place: Place) -> set[str]:
    while element is not None and element.tag not in _NO_ENTRY and _is_small(element):
        urls = {url for link in element.iter("a") if (url := place.article_url(link.get("href", "")))}
        if urls:
            return urls if len(urls) == 1 else set()
        element = element.getparent()
    return set()


def _is_small(element: Any) -> bool:
    size = 0
    for words in element.itertext():
        size += len(words)
        if size >= _LARGE:
            return False
    return True
