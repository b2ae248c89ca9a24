"""The authors of an article: from its header, from the metadata, or from its foot."""

from nkcrawl import site
from nkcrawl.items import Article, Author
from nkcrawl.pages.blocks import Block
from nkcrawl.pages.byline import (
    clean_name,
    full_names,
    has_opening,
    is_name,
    is_site_name,
    names_in,
)
from nkcrawl.pages.header import author_links, is_linked_byline, is_section_link
from nkcrawl.pages.page import ArticlePage, compare_sources
from nkcrawl.text import normalize_for_match, straighten_quotes

_Names = dict[str, str]  # name → slug, '' if no link of the page has it


def read_byline(article: Article, page: ArticlePage) -> None:
    """Set byline and authors: from the header, else the metadata, else the foot.

    A byline without a link must look like one, or agree with the metadata.
    """
    known = _known_slugs(page)
    stated = _stated_names(page, known)
    header, linked = _names_in_header(page, known, stated)
    foot = _names_at_foot(page)
    desk = all(map(is_site_name, stated))
    candidates = [
        (header, "author links in the byline" if linked else "byline without links"),
        ({} if desk and foot else stated, "stated author"),
        (foot, "foot of the article"),
        (stated, "stated author"),
    ]
    names, rule = next(((names, rule) for names, rule in candidates if names), ({}, ""))
    if not names:
        return
    article.authors = [Author(slug, name) for name, slug in names.items() if slug]
    article.byline = " | ".join(names)
    article.rules["authors"] = article.rules["byline"] = rule
    others = [(" | ".join(values), source) for values, source in candidates[:3] if source != rule]
    compare_sources(article, "authors", article.byline, others)


def _names_in_header(page: ArticlePage, known: _Names, stated: _Names) -> tuple[_Names, bool]:
    """Return the names of the byline in order, each once, and whether any of them is a link."""
    names: _Names = {}
    linked = False
    for block in page.having("byline"):
        for name, slug in _names_of(block, page, known, stated):
            linked = linked or bool(block.links and slug)
            is_new = name.casefold() not in map(str.casefold, names)
            if is_new and slug not in filter(None, names.values()):
                names[name] = slug
    full = full_names(list(names))
    for name, slug in list(names.items()):
        # Initials stand for the portrait of an author without one.
        whole = next((other for other in full if _initials(other) == name), None)
        if whole is not None:
            names[whole] = names[whole] or slug
            del names[name]
    return {name: slug for name, slug in names.items() if slug or name in full}, linked


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def _names_of(
    block: Block, page: ArticlePage, known: _Names, stated: _Names
) -> list[tuple[str, str]]:
    """Return the names in one line of a byline as (name, slug), in order.

    If the metadata states the authors, other names without a link count only after 'By' or a
    joining word.
    """
    line = straighten_quotes(block.text)
    linked, rest = _linked_names(block, page)
    plain = [name for name in names_in(rest) if not linked or not is_site_name(name)]
    agreed = {normalize_for_match(name) for name in stated}
    if not linked and not has_opening(block.text):
        plain = [name for name in plain if normalize_for_match(name) in agreed] or plain
    elif linked and agreed:
        plain = [
            name for name in plain if normalize_for_match(name) in agreed or _is_joined(name, line)
        ]
    unlinked = [(name, known.get(normalize_for_match(name), "")) for name in plain]
    positions = [(line.find(straighten_quotes(label)), name, slug) for label, name, slug in linked]
    positions += [(line.find(name), name, slug) for name, slug in unlinked]
    return [(name, slug) for _, name, slug in sorted(positions, key=lambda item: item[0])]


def _linked_names(block: Block, page: ArticlePage) -> tuple[list[tuple[str, str, str]], str]:
    """Return the names that are links as (label, name, slug), and the text without links."""
    rest = block.text
    names = []
    labels = [link.text for link in author_links(block, page.links)]
    for link in block.links:
        if link.text in labels:
            slug, name = page.links.slug(link.href) or "", clean_name(link.text)
            if name and (slug or is_name(name)):
                names.append((link.text, name, slug))
        elif not is_section_link(link, page.links):
            continue
        rest = rest.replace(link.text, " | ", 1)
    return names, rest


def _is_joined(name: str, line: str) -> bool:
    """Return whether a name is joined to the one before it: 'Ann Lee and Bo Day'."""
    return line[: line.find(name)].rstrip().endswith((" and", "&", "|", " with"))


def _known_slugs(page: ArticlePage) -> _Names:
    """Return normalized name → slug of every author link, by its text or its portrait's alt."""
    pairs = [
        (link.href, site.VIEW_MORE_OPENING.sub("", link.text))
        for block in page.blocks
        for link in block.links
    ]
    pairs += [(image.href, image.alt) for image in page.body.images if image.href]
    return {
        normalize_for_match(clean_name(name)): slug
        for href, name in pairs
        if (slug := page.links.slug(href))
    }


def _stated_names(page: ArticlePage, known: _Names) -> _Names:
    """Return the authors in the metadata: its people, else its desk."""
    authors = page.metadata.authors
    names: _Names = {}
    source = next((author.source for author in authors if author.name), "")
    for author in authors:
        if author.source != source:
            continue
        slug = page.links.slug(author.url) or ""
        whole = [clean_name(author.name)]
        for name in filter(None, whole if slug else names_in(author.name) or whole):
            names.setdefault(name, slug or known.get(normalize_for_match(name), ""))
    people = {clean_name(author.name) for author in authors if not author.organization}
    return {name: slug for name, slug in names.items() if name in people} or names


def _names_at_foot(page: ArticlePage) -> _Names:
    """Return the authors of 'View more articles by …', or of a linked byline below the text."""
    names: _Names = {}
    for index, block in enumerate(page.blocks):
        below = index >= page.lead and page.regions.of[index] in ("prose", "other")
        signed = below and not block.outside and is_linked_byline(block, page.links)
        for link in block.links:
            slug = page.links.slug(link.href)
            if slug and (site.VIEW_MORE.fullmatch(link.text) or (signed and link.author)):
                names.setdefault(clean_name(site.VIEW_MORE_OPENING.sub("", link.text)), slug)
    return names
