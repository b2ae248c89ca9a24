"""What a page states for machines: JSON-LD, OpenGraph and other metas, links with a relation.

Only fields are read. A body stated here is never taken: text that the page does not show to readers
is not stored.
"""

import html
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lxml import etree
from parsel import Selector

from nkcrawl import site
from nkcrawl.pages.links import LinkResolver
from nkcrawl.paywall import parse_free
from nkcrawl.text import normalize_for_match, normalize_whitespace, strip_repetition

# schema.org/Article and its subtypes, with or without a prefix or the vocabulary's URL.
_ARTICLE = re.compile(
    r"(?:.*[/:#])?(?:\w*Article|BlogPosting|LiveBlogPosting|Report)", re.IGNORECASE
)
_PAGE = re.compile(r"(?:.*[/:#])?(?:\w*WebPage|ItemPage)", re.IGNORECASE)
# Properties whose values describe other pages, or parts of this one.
_OTHER_PAGES = frozenset(
    "liveBlogUpdate itemListElement hasPart isPartOf mentions citation comment relatedLink".split()
)
_LANGUAGE = etree.XPath("string(/html/@lang)", smart_strings=False)
_SCRIPTS = etree.XPath(
    "//script[contains(translate(@type, 'JSONLD', 'jsonld'), 'ld+json')]/text()",
    smart_strings=False,
)
_WRAPPING = re.compile(
    r"^\s*(?:(?:/[/*]\s*)?<!\[CDATA\[(?:\s*\*/)?|<!--)|(?:(?:/[/*]\s*)?\]\]>(?:\s*\*/)?|-->)\s*$"
)
_TITLE = etree.XPath("(//title[not(ancestor::svg)])[1]//text()", smart_strings=False)
_METAS = etree.XPath("//meta[@content]")
_LINKS = etree.XPath("//link[@rel and @href]")
_FREE = etree.XPath('//@itemprop[. = "isAccessibleForFree"]/..')
_TEXT = etree.XPath("string()", smart_strings=False)
_MAX_SCRIPT = 500_000  # characters; larger JSON-LD is ignored
_MAX_NODES = 5_000
_MAX_FREE_VALUE = 100  # characters
_MAX_FREE_VALUES = 10
_MAX_AUTHORS = 100
_PUBLISHED = (
    "article:published_time",
    "datepublished",
    "dc.date",
    "dcterms.created",
    "pubdate",
    "date",
)
_MODIFIED = ("article:modified_time", "datemodified", "og:updated_time")
_AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator")
_DECODER = json.JSONDecoder(strict=False)

_JsonObject = dict[str, Any]


class StatedAuthor(NamedTuple):
    """An author in the metadata: the name, the URL or '', and where it is stated."""

    name: str
    url: str
    source: str
    organization: bool = False


@dataclass(slots=True)
class PageMetadata:
    """The metadata of a page, as written; empty where missing. Lists have the best source first."""

    json_ld: bool = False  # an object that describes this article was found
    unreadable: bool = False  # JSON-LD that is not JSON
    og_type: str = ""
    headlines: list[tuple[str, str]] = field(default_factory=list)  # (headline, rule)
    description: str = ""
    section: str = ""
    published: list[tuple[str, str]] = field(default_factory=list)  # (ISO text, rule)
    modified: list[tuple[str, str]] = field(default_factory=list)
    authors: list[StatedAuthor] = field(default_factory=list)
    image: str = ""
    language: str = ""
    canonical: str = ""
    next_page: str = ""  # rel=next
    tier: str = ""  # article:content_tier: free, metered, locked
    free: list[str] = field(default_factory=list)  # values of isAccessibleForFree
    paywalled_selectors: list[str] = field(default_factory=list)  # CSS, of parts that are not free


class _Node(NamedTuple):
    """An object in the JSON-LD, and whether it lies in one that describes other pages."""

    value: _JsonObject
    nested: bool


def read_metadata(page: Selector, links: LinkResolver) -> PageMetadata:
    """Return the metadata of a page; oversized or malformed JSON-LD is ignored."""
    metadata = PageMetadata()
    _read_metas(page, metadata)
    _read_links(page, metadata)
    nodes = list(_nodes(page, metadata))
    by_id = {
        node.value["@id"]: node.value for node in nodes if isinstance(node.value.get("@id"), str)
    }
    article = _best_node(nodes, _ARTICLE, metadata, links)
    if article is not None:
        _read_article_node(article, by_id, metadata)
    if article is None or "datePublished" not in article:
        _read_page_node(_best_node(nodes, _PAGE, metadata, links) or {}, metadata)
    metadata.language = metadata.language or _LANGUAGE(page.root)
    return metadata


# --- JSON-LD --------------------------------------------------------------------------------------


def _nodes(page: Selector, metadata: PageMetadata) -> Iterator[_Node]:
    """Yield every object of the page's JSON-LD scripts, outer ones first."""
    for script in _SCRIPTS(page.root):
        if len(script) > _MAX_SCRIPT or not script.strip():
            continue
        values = _parse_json(script)
        metadata.unreadable = metadata.unreadable or not values
        pending = deque((value, False) for value in values)
        for _ in range(_MAX_NODES):
            if not pending:
                break
            value, nested = pending.popleft()
            if isinstance(value, dict):
                yield _Node(value, nested)
                pending.extend(
                    (inner, nested or key in _OTHER_PAGES) for key, inner in value.items()
                )
            elif isinstance(value, list):
                pending.extend((inner, nested) for inner in value)


def _parse_json(script: str) -> list[Any]:
    """Return the consecutive JSON values of a script, up to the first that is malformed."""
    bare = _WRAPPING.sub("", _WRAPPING.sub("", script)).strip("\ufeff \t\r\n")
    values: list[Any] = []
    try:
        while bare:
            value, end = _DECODER.raw_decode(bare)
            values.append(value)
            bare = bare[end:].lstrip(" \t\r\n,;")
    except (ValueError, RecursionError):
        if not values and "&quot;" in bare:
            return _parse_json(html.unescape(bare))
    return values


def _best_node(
    nodes: list[_Node], kind: re.Pattern[str], metadata: PageMetadata, links: LinkResolver
) -> _JsonObject | None:
    """Return the object of a type that describes this page: one with its URL or headline.

    An object with neither is accepted if it is not nested; one with the URL of another page never.
    """
    titles = {normalize_for_match(without_site_name(title)) for title, _ in metadata.headlines}
    best, best_score = None, 0
    for node in nodes:
        if not any(kind.fullmatch(name) for name in _strings(node.value.get("@type"))):
            continue
        score = _score(node, titles, links)
        if score > best_score:
            best, best_score = node.value, score
    return best


def _score(node: _Node, titles: set[str], links: LinkResolver) -> int:
    urls = _urls_of(node.value)
    has_url = any(links.is_own(url) for url in urls)
    headline = _first(node.value.get("headline")) or _first(node.value.get("name"))
    has_title = (
        bool(headline)
        and normalize_for_match(without_site_name(strip_repetition(headline))) in titles
    )
    is_other = not has_url and not has_title and any(links.story(url) for url in urls)
    return 8 * has_url + 4 * has_title + 2 * (not node.nested) - 8 * is_other


def _urls_of(node: _JsonObject) -> list[str]:
    values = [node.get("@id"), node.get("url"), node.get("mainEntityOfPage")]
    urls = [
        value.get("@id") or value.get("url") if isinstance(value, dict) else value
        for value in values
    ]
    return [url.split("#")[0] for url in urls if isinstance(url, str) and url.split("#")[0]]


def _read_article_node(
    node: _JsonObject, by_id: dict[str, _JsonObject], metadata: PageMetadata
) -> None:
    metadata.json_ld = True
    metadata.headlines[:0] = _first_value(node, "headline", "JSON-LD headline")
    metadata.description = _first(node.get("description")) or metadata.description
    metadata.section = _first(node.get("articleSection")) or metadata.section
    metadata.published[:0] = _first_value(node, "datePublished", "JSON-LD datePublished")
    metadata.modified[:0] = _first_value(node, "dateModified", "JSON-LD dateModified")
    metadata.language = _first(node.get("inLanguage")) or metadata.language
    metadata.image = _url(_resolved(node.get("image"), by_id)) or metadata.image
    authors = _as_list(node.get("author") or node.get("creator"))[:_MAX_AUTHORS]
    metadata.authors[:0] = [author for value in authors for author in _authors(value, by_id)]
    if "isAccessibleForFree" in node:
        metadata.free.insert(0, _free_value(node["isAccessibleForFree"]))
    for part in _as_list(node.get("hasPart")):
        if isinstance(part, dict):
            _read_part(part, metadata)


def _read_part(part: _JsonObject, metadata: PageMetadata) -> None:
    if parse_free(_free_value(part.get("isAccessibleForFree"))) is False:
        metadata.paywalled_selectors += _strings(part.get("cssSelector"))


def _read_page_node(node: _JsonObject, metadata: PageMetadata) -> None:
    metadata.published += _first_value(node, "datePublished", "JSON-LD WebPage datePublished")
    metadata.modified += _first_value(node, "dateModified", "JSON-LD WebPage dateModified")
    metadata.language = metadata.language or _first(node.get("inLanguage"))


def _first_value(node: _JsonObject, key: str, rule: str) -> list[tuple[str, str]]:
    return [(value, rule) for value in _strings(node.get(key))[:1]]


def _authors(value: Any, by_id: dict[str, _JsonObject]) -> Iterator[StatedAuthor]:
    person = _resolved(value, by_id)
    if isinstance(person, str):
        yield StatedAuthor(normalize_whitespace(person), "", "JSON-LD author")
    elif isinstance(person, dict):
        organization = any(name.endswith("Organization") for name in _strings(person.get("@type")))
        names = _strings(person.get("name"))[:_MAX_AUTHORS]
        url = _url(person) if len(names) == 1 else ""
        yield from (StatedAuthor(name, url, "JSON-LD author", organization) for name in names)


def _free_value(value: Any) -> str:
    """Return a string, number or boolean on one line, as evidence; '' for a list or an object."""
    if not isinstance(value, str | int):
        return ""
    return normalize_whitespace(str(value)[:_MAX_FREE_VALUE])


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _strings(value: Any) -> list[str]:
    return [
        text
        for item in _as_list(value)
        if isinstance(item, str) and (text := normalize_whitespace(item))
    ]


def _first(value: Any) -> str:
    return next(iter(_strings(value)), "")


def _resolved(value: Any, by_id: dict[str, _JsonObject]) -> Any:
    """Follow an `@id` reference within the graph; of a list, its first entry."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict) and isinstance(value.get("@id"), str):
        return {**by_id.get(value["@id"], {}), **value}
    return value


def _url(value: Any) -> str:
    if isinstance(value, dict):
        return _first(value.get("url")) or _first(value.get("contentUrl"))
    return value if isinstance(value, str) else ""


# --- Metas and links ------------------------------------------------------------------------------


def without_site_name(title: str) -> str:
    """Return a title without the ' | NK News' around it."""
    return site.TITLE_PREFIX.sub("", site.TITLE_SUFFIX.sub("", title)).strip()


def _read_metas(page: Selector, metadata: PageMetadata) -> None:
    metas: dict[str, str] = {}
    # Through lxml: parsel's `attrib` raises on a page that has an attribute with an invalid name.
    for meta in _METAS(page.root):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        content = normalize_whitespace(meta.get("content"))
        metas.setdefault(name, content)
        if name in _AUTHORS and content and not content.startswith(("http://", "https://", "/")):
            metadata.authors.append(StatedAuthor(content, "", f"meta {name}"))
    del metadata.authors[_MAX_AUTHORS:]
    title = normalize_whitespace("".join(_TITLE(page.root)))
    headlines = [(metas.get("og:title", ""), "og:title"), (title, "title element")]
    metadata.headlines = [(headline, rule) for headline, rule in headlines if headline]
    metadata.og_type = metas.get("og:type", "")
    metadata.description = metas.get("og:description", "") or metas.get("description", "")
    metadata.section = metas.get("article:section", "")
    metadata.image = metas.get("og:image", "")
    metadata.language = metas.get("og:locale", "")
    metadata.tier = _free_value(metas.get("article:content_tier", "")).casefold()
    metadata.published = [(metas[name], name) for name in _PUBLISHED if metas.get(name)]
    metadata.modified = [(metas[name], name) for name in _MODIFIED if metas.get(name)]
    values = [item.get("content") or item.get("href") or _TEXT(item) for item in _FREE(page.root)]
    metadata.free = list(filter(None, map(_free_value, values)))[:_MAX_FREE_VALUES]


def _read_links(page: Selector, metadata: PageMetadata) -> None:
    for link in _LINKS(page.root):
        relations = link.get("rel").lower().split()
        if "canonical" in relations:
            metadata.canonical = metadata.canonical or link.get("href")
        elif "next" in relations:
            metadata.next_page = metadata.next_page or link.get("href")
