"""Where the links of a page lead: articles, author pages, and NK Pro, which is never followed."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from parsel import Selector

from nkcrawl import site
from nkcrawl.text import MAX_URL_LENGTH, canonical_url, normalize_whitespace

# A link that leads to the same URL on every page of the site.
_INDEPENDENT_OF_PAGE = re.compile(r"https?://|/(?![/\\])")
# WordPress: later pages of an article in several pages, '/2/' or '/page/2/'.
_LATER_PAGE = re.compile(r"(?:page/)?([2-9]|\d\d)/")
_LATER_QUERY = re.compile(r"(?:^|&)(?:page|paged|pg|p)=([2-9]|\d\d)(?:&|$)")
_SECTIONS = ("/category/", "/tag/", "/tags/", "/series/", "/topic/", "/topics/", "/author/")
# The last part of a path that names a story: three words or more, or a number.
_STORY = re.compile(r"[^/-]+(?:-[^/-]+){2,}|.*\d{5}.*|.+\.html?")
_MAX_ENTRY = 1_000  # characters of one entry of a listing
_MAX_BADGES = 100  # a page with more of them is not a listing
_BADGE_CANDIDATES = etree.XPath(
    "//text()[contains(., 'NK') and string-length(normalize-space()) <= 10]/.."
)
_OWN_TEXT = etree.XPath("text()", smart_strings=False)
_NOT_AN_ENTRY = frozenset(("nav", "main", "body", "html"))


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a link leads."""

    url: str | None = None  # canonical; None if it leaves the site or stays on the page
    is_article: bool = False
    slug: str | None = None  # of an author page
    is_story: bool = False


@lru_cache(maxsize=2_000)  # the pages of a site share most of their links
def _target(href: str, site_url: str, base: str) -> _Target:
    url = canonical_url(href, site_url, base)
    if url is None:
        return _Target()
    path = urlsplit(url).path
    slug, is_article = site.author_slug(path), site.article_month(path) is not None
    names_story = (
        slug is None
        and not path.startswith(_SECTIONS)
        and bool(_STORY.fullmatch(path.split("/")[-2]))
    )
    return _Target(url, is_article, slug, is_article or names_story)


class _Link(NamedTuple):
    """Where a link of one page leads, and whether that is the page itself."""

    target: _Target
    own: bool


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Resolves the links of one page.

    `site` is the root URL of the site, `own` holds every canonical URL of the page itself.
    """

    site: str
    own: frozenset[str]
    _resolved: dict[str, _Link] = field(default_factory=dict, repr=False, compare=False)

    def article_url(self, href: str) -> str | None:
        """Return the canonical article URL that a link leads to, or None."""
        target = self._resolve(href).target
        return target.url if target.is_article else None

    def slug(self, href: str) -> str | None:
        """Return the author's slug if a link leads to an author page."""
        return self._resolve(href).target.slug

    def url(self, href: str) -> str | None:
        """Return the canonical URL of a link, None if it leaves the site or stays on the page."""
        return self._resolve(href).target.url

    def story(self, href: str) -> str | None:
        """Return the canonical URL of another page that may be a story, not a section or author."""
        target, own = self._resolve(href)
        return target.url if target.is_story and not own else None

    def is_own(self, href: str) -> bool:
        """Return whether a link leads to this page or to a later page of the same article."""
        return self._resolve(href).own

    def later_page(self, href: str, label: str = "") -> bool:
        """Return whether a link leads to page two or later of this article.

        A page number in the query counts only if the label agrees, because the site accepts any
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
            link = self._resolved[href] = self._resolve_new(href)
        return link

    def _resolve_new(self, href: str) -> _Link:
        if not href or href.startswith("#") or len(href) > MAX_URL_LENGTH:
            return _Link(_Target(), href.startswith("#"))
        base = "" if _INDEPENDENT_OF_PAGE.match(href) else min(self.own, default="")
        target = _target(href, self.site, base)
        own = target.url is not None and (target.url in self.own or self._is_later_page(target.url))
        return _Link(target, own)


# --- NK Pro, the separate paid product ------------------------------------------------------------


def pro_urls(html: Selector, links: LinkResolver) -> frozenset[str]:
    """Return the article URLs of entries that carry the `NK PRO` badge.

    An entry is the smallest element around the badge that links to articles. If that element links
    to several articles, or is a part of the page and not an entry, the badge is ignored.
    """
    urls: set[str] = set()
    for badge in _BADGE_CANDIDATES(html.root)[:_MAX_BADGES]:
        label = normalize_whitespace("".join(_OWN_TEXT(badge)))
        # In the link of a story, any letter case is the badge; elsewhere 'NK Pro' is a menu, or the
        # desk in a byline.
        if label == site.PRO_BADGE or (
            label.upper() == site.PRO_BADGE and _is_in_article_link(badge, links)
        ):
            urls |= _urls_of_entry(badge, links)
    return frozenset(urls)


def _is_in_article_link(element: Any, links: LinkResolver) -> bool:
    return any(links.article_url(link.get("href", "")) for link in element.iterancestors("a"))


def _urls_of_entry(element: Any, links: LinkResolver) -> set[str]:
    while element is not None and element.tag not in _NOT_AN_ENTRY and _is_small(element):
        urls = {
            url for link in element.iter("a") if (url := links.article_url(link.get("href", "")))
        }
        if urls:
            return urls if len(urls) == 1 else set()
        element = element.getparent()
    return set()


def _is_small(element: Any) -> bool:
    size = 0
    for text in element.itertext():
        size += len(text)
        if size >= _MAX_ENTRY:
            return False
    return True
