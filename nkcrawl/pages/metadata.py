"""What a page states for machines: JSON-LD, OpenGraph and other metas, and links with a meaning.

Read for fields only. A body found here is never taken: what the page does not show a reader is not
ours to keep.
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
from nkcrawl.paywall import free_as_stated
from nkcrawl.text import normalize_for_match, normalize_whitespace, strip_repetition

# schema.org/Article and what is below it, with or without a prefix or the vocabulary's URL.
_ARTICLE = re.compile(
    r"(?:.*[/:#])?(?:\w*Article|BlogPosting|LiveBlogPosting|Report)", re.IGNORECASE
)
_PAGE = re.compile(r"(?:.*[/:#])?(?:\w*WebPage|ItemPage)", re.IGNORECASE)
# What is in these describes other pages, or parts of this one.
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
_WORDS = etree.XPath("string()", smart_strings=False)
_MAX_SCRIPT = 500_000  # characters; larger JSON-LD is not read
_MAX_NODES = 5_000
_MAX_SPELLING = 100  # characters of a statement on access
_MAX_AUTHORS = 100
_MAX_SPELLINGS = 10
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


class StatedAuthor(NamedTuple):
    """An author as the page states one: the name, the URL or '', and where it is stated."""

    name: str
    url: str
    source: str
    organization: bool = False


@dataclass(slots=True)
class PageMetadata:
    """The statements of a page, as written; empty where it makes none. Lists keep the order in
    which they are believed.
    """

    json_ld: bool = False  # a node that describes this article was found
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
    free: list[str] = field(default_factory=list)  # isAccessibleForFree as spelled
    withheld: list[str] = field(default_factory=list)  # CSS selectors of parts that are not free


class _Node(NamedTuple):
    """A JSON object of the page's JSON-LD, and whether it lies in one that describes other
    pages.
    """

    value: dict[str, Any]
    nested: bool


def read_metadata(page: Selector, links: LinkResolver) -> PageMetadata:
    """Collect what the page states; oversized or malformed JSON-LD counts as nothing stated."""
    metadata = PageMetadata()
    _read_metas(page, metadata)
    nodes = list(_nodes(page, metadata))
    by_id = {
        node.value["@id"]: node.value for node in nodes if isinstance(node.value.get("@id"), str)
    }
    article = _describing(nodes, _ARTICLE, metadata, links)
    if article is not None:
        _read_article_node(article, by_id, metadata)
    dated = article is not None and "datePublished" in article
    if not dated and (web_page := _describing(nodes, _PAGE, metadata, links)) is not None:
        metadata.published += _timestamps(
            web_page, "datePublished", "JSON-LD WebPage datePublished"
        )
        metadata.modified += _timestamps(web_page, "dateModified", "JSON-LD WebPage dateModified")
        metadata.language = metadata.language or _first(web_page.get("inLanguage"))
    metadata.language = metadata.language or _LANGUAGE(page.root)
    return metadata


# --- JSON-LD --------------------------------------------------------------------------------------


def _nodes(page: Selector, metadata: PageMetadata) -> Iterator[_Node]:
    """Yield every JSON object of the page's JSON-LD scripts, outer ones first."""
    for script in _SCRIPTS(page.root):
        if len(script) > _MAX_SCRIPT or not script.strip():
            continue
        values = _parsed(script)
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


def _parsed(script: str) -> list[Any]:
    """Return the JSON values of a script, one after the other; none of a script that does not begin
    with one.
    """
    bare = _WRAPPING.sub("", _WRAPPING.sub("", script)).strip("\ufeff \t\r\n")
    values: list[Any] = []
    try:
        while bare:
            value, end = _DECODER.raw_decode(bare)
            values.append(value)
            bare = bare[end:].lstrip(" \t\r\n,;")
    except (ValueError, RecursionError):
        if not values and "&quot;" in bare:
            return _parsed(html.unescape(bare))
    return values


def _describing(
    nodes: list[_Node], kind: re.Pattern[str], metadata: PageMetadata, links: LinkResolver
) -> dict[str, Any] | None:
    """Return the node of a kind that describes this page: the one that names its URL or its
    headline.

    A node that names neither is believed if it is the only one and stands for itself; one that
    names another page never.
    """
    titles = {normalize_for_match(without_site_name(title)) for title, _ in metadata.headlines}
    best, most = None, 0
    for node in nodes:
        if not any(kind.fullmatch(name) for name in _strings(node.value.get("@type"))):
            continue
        urls = _own_urls(node.value)
        named = any(links.is_own(url) for url in urls)
        headline = _first(node.value.get("headline")) or _first(node.value.get("name"))
        titled = (
            bool(headline)
            and normalize_for_match(without_site_name(strip_repetition(headline))) in titles
        )
        elsewhere = not named and any(links.story(url) for url in urls)
        score = (
            8 * named
            + 4 * titled
            + (0 if node.nested else 2)
            - (8 if elsewhere and not titled else 0)
        )
        if score > most:
            best, most = node.value, score
    return best


def _own_urls(node: dict[str, Any]) -> list[str]:
    values = [node.get("@id"), node.get("url"), node.get("mainEntityOfPage")]
    urls = [
        value.get("@id") or value.get("url") if isinstance(value, dict) else value
        for value in values
    ]
    return [url.split("#")[0] for url in urls if isinstance(url, str) and url.split("#")[0]]


def _read_article_node(
    node: dict[str, Any], by_id: dict[str, dict[str, Any]], metadata: PageMetadata
) -> None:
    metadata.json_ld = True
    metadata.headlines[:0] = [
        (headline, "JSON-LD headline") for headline in _strings(node.get("headline"))[:1]
    ]
    metadata.description = _first(node.get("description")) or metadata.description
    metadata.section = _first(node.get("articleSection")) or metadata.section
    metadata.published[:0] = _timestamps(node, "datePublished", "JSON-LD datePublished")
    metadata.modified[:0] = _timestamps(node, "dateModified", "JSON-LD dateModified")
    metadata.language = _first(node.get("inLanguage")) or metadata.language
    metadata.image = _address(_resolved(node.get("image"), by_id)) or metadata.image
    authors = _as_list(node.get("author") or node.get("creator"))[:_MAX_AUTHORS]
    metadata.authors[:0] = [author for value in authors for author in _authors(value, by_id)]
    _read_access(node, metadata)


def _timestamps(node: dict[str, Any], key: str, rule: str) -> list[tuple[str, str]]:
    return [(value, rule) for value in _strings(node.get(key))[:1]]


def _authors(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[StatedAuthor]:
    person = _resolved(value, by_id)
    if isinstance(person, str):
        yield StatedAuthor(normalize_whitespace(person), "", "JSON-LD author")
    elif isinstance(person, dict):
        organization = any(name.endswith("Organization") for name in _strings(person.get("@type")))
        names = _strings(person.get("name"))[:_MAX_AUTHORS]
        url = _address(person) if len(names) == 1 else ""
        yield from (StatedAuthor(name, url, "JSON-LD author", organization) for name in names)


def _read_access(node: dict[str, Any], metadata: PageMetadata) -> None:
    if "isAccessibleForFree" in node:
        metadata.free.insert(0, _spelling(node["isAccessibleForFree"]))
    for part in _as_list(node.get("hasPart")):
        if (
            isinstance(part, dict)
            and free_as_stated(_spelling(part.get("isAccessibleForFree"))) is False
        ):
            metadata.withheld += _strings(part.get("cssSelector"))


def _spelling(value: Any) -> str:
    """Return a word, a number or a truth value as evidence keeps it, on one line; '' for a list or
    an object.
    """
    return normalize_whitespace(str(value)[:_MAX_SPELLING]) if isinstance(value, str | int) else ""


# --- Metas and links ------------------------------------------------------------------------------


def without_site_name(title: str) -> str:
    """Return a title without the ' | NK News' around it."""
    return site.TITLE_PREFIX.sub("", site.TITLE_SUFFIX.sub("", title)).strip()


def _read_metas(page: Selector, metadata: PageMetadata) -> None:
    metas: dict[str, str] = {}
    # By lxml, not by `attrib`, which reads every attribute: one whose name is not a name would make
    # the page unreadable.
    for meta in _METAS(page.root):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        content = normalize_whitespace(meta.get("content"))
        metas.setdefault(name, content)
        if name in _AUTHORS and content and not content.startswith(("http://", "https://", "/")):
            metadata.authors.append(StatedAuthor(content, "", f"meta {name}"))
    del metadata.authors[_MAX_AUTHORS:]
    metadata.og_type = metas.get("og:type", "")
    if metas.get("og:title"):
        metadata.headlines.append((metas["og:title"], "og:title"))
    if title := normalize_whitespace("".join(_TITLE(page.root))):
        metadata.headlines.append((title, "title element"))
    metadata.description = metas.get("og:description", "") or metas.get("description", "")
    metadata.section = metas.get("article:section", "")
    metadata.image = metas.get("og:image", "")
    metadata.language = metas.get("og:locale", "")
    metadata.tier = _spelling(metas.get("article:content_tier", "")).casefold()
    metadata.published = [(metas[name], name) for name in _PUBLISHED if metas.get(name)]
    metadata.modified = [(metas[name], name) for name in _MODIFIED if metas.get(name)]
    for free in _FREE(page.root):
        metadata.free.append(_spelling(free.get("content") or free.get("href") or _WORDS(free)))
    metadata.free = [spelling for spelling in metadata.free if spelling][:_MAX_SPELLINGS]
    for link in _LINKS(page.root):
        relations = link.get("rel").lower().split()
        if "canonical" in relations:
            metadata.canonical = metadata.canonical or link.get("href")
        elif "next" in relations:
            metadata.next_page = metadata.next_page or link.get("href")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _strings(value: Any) -> list[str]:
    return [
        words
        for item in _as_list(value)
        if isinstance(item, str) and (words := normalize_whitespace(item))
    ]


def _first(value: Any) -> str:
    return next(iter(_strings(value)), "")


def _resolved(value: Any, by_id: dict[str, dict[str, Any]]) -> Any:
    """Follow an `@id` reference within the graph; of a list, its first entry."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict) and isinstance(value.get("@id"), str):
        return {**by_id.get(value["@id"], {}), **value}
    return value


def _address(value: Any) -> str:
    if isinstance(value, dict):
        return _first(value.get("url")) or _first(value.get("contentUrl"))
    return value if isinstance(value, str) else ""
