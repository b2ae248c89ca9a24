"""Who wrote an article: as its header shows, as the page states, or as its foot says."""

from nkcrawl import site
from nkcrawl.items import Article, Author
from nkcrawl.pages.blocks import Block, Body
from nkcrawl.pages.byline import clean_name, full_names, has_opening, is_name, names_in
from nkcrawl.pages.header import author_names, is_linked_byline, is_section_link
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import PageMetadata
from nkcrawl.pages.roles import PageLayout, is_outside
from nkcrawl.pages.sources import weigh
from nkcrawl.text import normalize_for_match, straighten_quotes

_Names = dict[str, str]  # name → slug, '' where no link of the page says it


def read_byline(
    article: Article, layout: PageLayout, body: Body, metadata: PageMetadata, links: LinkResolver
) -> None:
    """Name the authors: as the header shows them, as the page states them, or as its foot does, in
    that order.

    What the header shows without a link must look like a byline or agree with what the page states.
    """
    known = _known_slugs(layout, body, links)
    stated = _stated_names(metadata, links, known)
    shown, linked = _shown_names(layout, links, known, stated)
    foot = _names_at_foot(layout, links)
    desk = _is_desk(stated)
    candidates = [
        (shown, "author links in the byline" if linked else "byline without links"),
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
    others = [(" | ".join(values), source) for values, source in candidates[:3]]
    weigh(
        article,
        "authors",
        article.byline,
        [(value, source) for value, source in others if source != rule],
    )


def _is_desk(names: _Names) -> bool:
    return all(normalize_for_match(name) == normalize_for_match(site.NAME) for name in names)


def _shown_names(
    layout: PageLayout, links: LinkResolver, known: _Names, stated: _Names
) -> tuple[_Names, bool]:
    """Return the names of the byline in order, each author once, and whether any of them is a
    link.
    """
    names: _Names = {}
    linked = False
    for block in layout.having("byline"):
        for name, slug in _names_of(block, links, known, stated):
            linked = linked or bool(block.links and slug)
            if slug not in filter(None, names.values()) and name.casefold() not in map(
                str.casefold, names
            ):
                names[name] = slug
    full = full_names(list(names))
    for name, slug in list(names.items()):
        whole = next((other for other in full if _initials(other) == name), None)
        if whole is not None:  # the picture of an author without one
            names[whole] = names[whole] or slug
            del names[name]
    return {name: slug for name, slug in names.items() if slug or name in full}, linked


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def _names_of(
    block: Block, links: LinkResolver, known: _Names, stated: _Names
) -> list[tuple[str, str]]:
    """Return the names in one line of a byline, (name, slug), in order.

    Where the page states who wrote the article, other words that look like names count only behind
    'By' or a joining word.
    """
    rest, line = block.text, straighten_quotes(block.text)
    names: list[tuple[int, str, str]] = []
    for link in block.links:
        if link.text in author_names(block, links):
            slug, name = links.slug(link.href) or "", clean_name(link.text)
            if name and (slug or is_name(name)):
                names.append((line.find(straighten_quotes(link.text)), name, slug))
        elif not is_section_link(link, links):
            continue
        rest = rest.replace(link.text, " | ", 1)
    plain = [
        name
        for name in names_in(rest)
        if not names or normalize_for_match(name) != normalize_for_match(site.NAME)
    ]
    agreed = {normalize_for_match(name) for name in stated}
    if not names and not has_opening(block.text):
        plain = [name for name in plain if normalize_for_match(name) in agreed] or plain
    elif names and agreed:
        plain = [
            name for name in plain if normalize_for_match(name) in agreed or _is_joined(name, line)
        ]
    names += [(line.find(name), name, known.get(normalize_for_match(name), "")) for name in plain]
    return [(name, slug) for _, name, slug in sorted(names, key=lambda item: item[0])]


def _is_joined(name: str, line: str) -> bool:
    """Return whether a name without a link is joined to the one before it: 'Ann Lee and Bo Day',
    'Ann Lee | Bo Day'.
    """
    return line[: line.find(name)].rstrip().endswith((" and", "&", "|", " with"))


def _known_slugs(layout: PageLayout, body: Body, links: LinkResolver) -> _Names:
    """Return loose name → slug of every author link of the page, by its text or by the alt of the
    portrait in it.
    """
    pairs = [
        (link.href, site.VIEW_MORE_OPENING.sub("", link.text))
        for block in layout.blocks
        for link in block.links
    ]
    pairs += [(image.href, image.alt) for image in body.images if image.href]
    return {
        normalize_for_match(clean_name(name)): slug
        for href, name in pairs
        if (slug := links.slug(href))
    }


def _stated_names(metadata: PageMetadata, links: LinkResolver, known: _Names) -> _Names:
    """Return the authors that the page states: its people, or without any its desk."""
    names: _Names = {}
    source = next((author.source for author in metadata.authors if author.name), "")
    for author in metadata.authors:
        if author.source != source:
            continue
        parts = (
            [clean_name(author.name)]
            if links.slug(author.url)
            else names_in(author.name) or [clean_name(author.name)]
        )
        for name in filter(None, parts):
            names.setdefault(
                name, links.slug(author.url) or known.get(normalize_for_match(name), "")
            )
    people = {clean_name(author.name) for author in metadata.authors if not author.organization}
    return {name: slug for name, slug in names.items() if name in people} or names


def _names_at_foot(layout: PageLayout, links: LinkResolver) -> _Names:
    """Return the authors of 'View more articles by …', or of a byline with rel=author below the
    text.
    """
    names: _Names = {}
    for index, block in enumerate(layout.blocks):
        below = (
            index >= layout.lead
            and layout.regions.of[index] in ("prose", "other")
            and not is_outside(block)
        )
        signed = below and is_linked_byline(block, links)
        for link in block.links:
            slug = links.slug(link.href)
            if slug and (site.VIEW_MORE.fullmatch(link.text) or (signed and link.author)):
                names.setdefault(clean_name(site.VIEW_MORE_OPENING.sub("", link.text)), slug)
    return names
