"""Where the links of a page lead: to articles, to author pages, to NK Pro, which is never
followed.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from parsel import Selector

from nkcrawl import site
from nkcrawl.text import LONGEST_URL, canonical_url, normalize_whitespace

_FROM_THE_ROOT = re.compile(
    r"https?://|/(?![/\\])"
)  # a link that is the same on every page of the site
_LATER_PAGE = re.compile(
    r"(?:page/)?([2-9]|\d\d)/"
)  # WordPress: of an article in several pages, '/2/' or '/page/2/'
_LATER_QUERY = re.compile(r"(?:^|&)(?:page|paged|pg|p)=([2-9]|\d\d)(?:&|$)")
_SECTIONS = ("/category/", "/tag/", "/tags/", "/series/", "/topic/", "/topics/", "/author/")
# The last part of a path that names a story: three words or more, or a number.
_STORY = re.compile(r"[^/-]+(?:-[^/-]+){2,}|.*\d{5}.*|.+\.html?")
_LARGE = 1_000  # characters; an entry of a listing is smaller
_MAX_BADGES = 100  # a page with more of them is not a listing
_NAMED_NK = etree.XPath("//text()[contains(., 'NK') and string-length(normalize-space()) <= 10]/..")
_OWN_TEXT = etree.XPath("text()", smart_strings=False)
_NO_ENTRY = frozenset(("nav", "main", "body", "html"))


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a link leads."""

    url: str | None = None  # canonical; None if it leaves the site or stays on the page
    is_article: bool = False
    slug: str | None = None  # of an author page
    is_story: bool = False


@lru_cache(maxsize=2_000)  # the pages of a site have most of their links in common
def _target(href: str, site_url: str, base: str) -> _Target:
    url = canonical_url(href, site_url, base)
    if url is None:
        return _Target()
    path = urlsplit(url).path
    slug, is_article = site.author_slug(path), site.article_month(path) is not None
    named = (
        slug is None
        and not path.startswith(_SECTIONS)
        and bool(_STORY.fullmatch(path.split("/")[-2]))
    )
    return _Target(url, is_article, slug, is_article or named)


class _Link(NamedTuple):
    """Where a link of one page leads, and whether that is the page itself."""

    target: _Target
    own: bool


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Resolves the links of one page: `site` is the site's root, `own` every canonical URL that is
    the page itself.
    """

    site: str
    own: frozenset[str]
    _resolved: dict[str, _Link] = field(default_factory=dict, repr=False, compare=False)

    def article_url(self, href: str) -> str | None:
        """Return the canonical article URL that a link on this page leads to, or None."""
        target = self._resolve(href).target
        return target.url if target.is_article else None

    def slug(self, href: str) -> str | None:
        """Return the author's slug if a link on this page leads to an author page."""
        return self._resolve(href).target.slug

    def url(self, href: str) -> str | None:
        """Return the canonical form of a link on this page, None if it leaves the site or stays on
        the page.
        """
        return self._resolve(href).target.url

    def story(self, href: str) -> str | None:
        """Return the canonical URL of another page of the site that may be a story: not a section,
        an author or a part.
        """
        target, own = self._resolve(href)
        return target.url if target.is_story and not own else None

    def is_own(self, href: str) -> bool:
        """Return whether a link leads to this page, to a place on it, or to a later page of the
        same article.
        """
        return self._resolve(href).own

    def later_page(self, href: str, label: str = "") -> bool:
        """Return whether a link leads to page two or later of this article.

        A number in the query counts only where the link's label says the same: the site serves any
        query.
        """
        url = self._resolve(href).target.url
        if url in self.own:
            number = _LATER_QUERY.search(urlsplit(href).query)
            return number is not None and (label == number[1] or label.lower().startswith("next"))
        return url is not None and self._is_later_page(url)

    def _is_later_page(self, url: str) -> bool:
        if not url.startswith(tuple(self.own)):
            return False
        return any(
            url.startswith(own) and bool(_LATER_PAGE.fullmatch(url[len(own) :])) for own in self.own
        )

    def _resolve(self, href: str) -> _Link:
        link = self._resolved.get(href)
        if link is None:
            link = self._resolved[href] = self._resolve_anew(href)
        return link

    def _resolve_anew(self, href: str) -> _Link:
        if not href or href.startswith("#") or len(href) > LONGEST_URL:
            return _Link(_Target(), href.startswith("#"))
        base = "" if _FROM_THE_ROOT.match(href) else min(self.own, default="")
        target = _target(href, self.site, base)
        return _Link(
            target,
            target.url is not None and (target.url in self.own or self._is_later_page(target.url)),
        )


# --- NK Pro, the separate paid product ------------------------------------------------------------


def pro_urls(html: Selector, links: LinkResolver) -> frozenset[str]:
    """Return the article URLs of entries that carry the `NK PRO` badge.

    An entry is the smallest element around the badge that links to articles; where that holds more
    than one article, or is a part of the page rather than an entry, the badge cannot be told to
    belong to any, and none is left out.
    """
    urls: set[str] = set()
    for badge in _NAMED_NK(html.root)[:_MAX_BADGES]:
        label = normalize_whitespace("".join(_OWN_TEXT(badge)))
        # Within the link of a story any case is the badge; elsewhere 'NK Pro' is a menu, or the
        # desk in a byline.
        if label == site.PRO_BADGE or (
            label.upper() == site.PRO_BADGE and _is_in_story(badge, links)
        ):
            urls |= _entry_of(badge, links)
    return frozenset(urls)


def _is_in_story(element: Any, links: LinkResolver) -> bool:
    return any(links.article_url(link.get("href", "")) for link in element.iterancestors("a"))


def _entry_of(element: Any, links: LinkResolver) -> set[str]:
    while element is not None and element.tag not in _NO_ENTRY and _is_small(element):
        urls = {
            url for link in element.iter("a") if (url := links.article_url(link.get("href", "")))
        }
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
