"""What a page states for machines: JSON-LD, OpenGraph and other metas, and links with a meaning.

Read for fields only. A body found here is never taken: what the page does not show a reader is not ours to keep.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from parsel import Selector

from nkcrawl import text

_ARTICLE_TYPES = re.compile(r"(?:.*/)?(?:\w*NewsArticle|Article|BlogPosting|Report)")  # schema.org/Article and below
_LANGUAGE = etree.XPath("string(/html/@lang)", smart_strings=False)
_SCRIPTS = etree.XPath('//script[@type="application/ld+json"]/text()', smart_strings=False)
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


@dataclass(slots=True)
class Stated:
    """The statements of a page, as written; empty where it makes none. Lists keep the page's order."""

    json_ld: bool = False  # an article node was found
    og_type: str = ""
    headlines: list[tuple[str, str]] = field(default_factory=list)  # (headline, rule)
    description: str = ""
    section: str = ""
    published: list[tuple[str, str]] = field(default_factory=list)  # (ISO text, rule)
    modified: list[tuple[str, str]] = field(default_factory=list)
    authors: list[tuple[str, str]] = field(default_factory=list)  # (name, URL or '')
    image: str = ""
    language: str = ""
    canonical: str = ""
    tier: str = ""  # article:content_tier: free, metered, locked
    free: list[str] = field(default_factory=list)  # isAccessibleForFree as spelled
    withheld: list[str] = field(default_factory=list)  # CSS selectors of parts that are not free


def read_stated(page: Selector) -> Stated:
    """Collect what the page states; malformed JSON-LD and absurd sizes count as nothing stated."""
    stated = Stated()
    nodes = list(_nodes(page))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    articles = [node for node in nodes if _is_article(node)]
    if articles:
        _read_article_node(articles[0], by_id, stated)
    _read_metas(page, stated)
    stated.language = stated.language or _LANGUAGE(page.root)
    return stated


def _nodes(page: Selector) -> Iterator[dict[str, Any]]:
    """Yield every JSON object of the page's JSON-LD scripts, outer ones first."""
    for script in _SCRIPTS(page.root):
        if len(script) > _MAX_SCRIPT:
            continue
        try:
            pending = deque([json.loads(script, strict=False)])
        except (ValueError, RecursionError):
            continue
        for _ in range(_MAX_NODES):
            if not pending:
                break
            value = pending.popleft()
            if isinstance(value, dict):
                yield value
                pending.extend(value.values())
            elif isinstance(value, list):
                pending.extend(value)


def _is_article(node: dict[str, Any]) -> bool:
    return any(_ARTICLE_TYPES.fullmatch(kind) for kind in _strings(node.get("@type")))


def _read_article_node(node: dict[str, Any], by_id: dict[str, dict[str, Any]], stated: Stated) -> None:
    stated.json_ld = True
    stated.headlines += [(words, "JSON-LD headline") for words in _strings(node.get("headline"))[:1]]
    stated.description = _first(node.get("description"))
    stated.section = _first(node.get("articleSection"))
    stated.published += [(moment, "JSON-LD datePublished") for moment in _strings(node.get("datePublished"))[:1]]
    stated.modified += [(moment, "JSON-LD dateModified") for moment in _strings(node.get("dateModified"))[:1]]
    stated.language = _first(node.get("inLanguage"))
    stated.image = _address(_resolved(node.get("image"), by_id))
    for author in _as_list(node.get("author"))[:_MAX_AUTHORS]:
        person = _resolved(author, by_id)
        if isinstance(person, dict):
            stated.authors.append((_first(person.get("name")), _address(person)))
        elif isinstance(person, str):
            stated.authors.append((text.clean(person), ""))
    _read_access(node, stated)


def _read_access(node: dict[str, Any], stated: Stated) -> None:
    if "isAccessibleForFree" in node:
        stated.free.append(_spelling(node["isAccessibleForFree"]))
    for part in _as_list(node.get("hasPart")):
        if isinstance(part, dict) and free_as_stated(_spelling(part.get("isAccessibleForFree"))) is False:
            stated.withheld += _strings(part.get("cssSelector"))


def _spelling(value: Any) -> str:
    """Return a word, a number or a truth value as evidence keeps it, on one line; '' for a list or an object."""
    return text.clean(str(value)[:_MAX_SPELLING]) if isinstance(value, str | int) else ""


def free_as_stated(spelling: str) -> bool | None:
    """Read an isAccessibleForFree: True, 'False', 'http://schema.org/False', 0 …; None for what is neither."""
    word = spelling.strip().rsplit("/", 1)[-1].casefold()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(word)


def _read_metas(page: Selector, stated: Stated) -> None:
    metas: dict[str, str] = {}
    # By lxml, not by `attrib`, which reads every attribute: one whose name is no name would make the page unreadable.
    for meta in _METAS(page.root):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        metas.setdefault(name, text.clean(meta.get("content")))
    stated.og_type = metas.get("og:type", "")
    if metas.get("og:title"):
        stated.headlines.append((metas["og:title"], "og:title"))
    if title := text.clean("".join(_TITLE(page.root))):
        stated.headlines.append((title, "title element"))
    stated.description = stated.description or metas.get("og:description", "") or metas.get("description", "")
    stated.section = stated.section or metas.get("article:section", "")
    stated.image = stated.image or metas.get("og:image", "")
    stated.language = stated.language or metas.get("og:locale", "")
    stated.tier = _spelling(metas.get("article:content_tier", "")).casefold()
    for name, times in (
        ("article:published_time", stated.published), ("datepublished", stated.published),
        ("article:modified_time", stated.modified), ("datemodified", stated.modified),
    ):  # fmt: skip
        if moment := metas.get(name, ""):
            times.append((moment, name))
    for free in _FREE(page.root):
        spelling = free.get("content") or free.get("href") or _WORDS(free)
        stated.free.append(_spelling(spelling))
    stated.free = [spelling for spelling in stated.free if spelling][:_MAX_SPELLINGS]
    canonical = (link.get("href") for link in _LINKS(page.root) if "canonical" in link.get("rel").lower().split())
    stated.canonical = next(canonical, "")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _strings(value: Any) -> list[str]:
    return [words for item in _as_list(value) if isinstance(item, str) and (words := text.clean(item))]


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
