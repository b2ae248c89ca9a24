"""The label of an article: its section, topic or series."""

import re
from collections.abc import Iterator

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, LinkedText, Node
from nkcrawl.pages.byline import is_site_name
from nkcrawl.pages.header import is_date, is_section_link
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.page import ArticlePage, is_generic_label
from nkcrawl.paywall import filler_in
from nkcrawl.text import normalize_for_match

_MAX_LABEL = 60  # characters
_ABOVE_HEADLINE = 6  # blocks
_FILED_UNDER = re.compile(
    r"(?:Filed under|Posted in|Categor(?:y|ies)|Section)\s*:?\s*", re.IGNORECASE
)
_BREADCRUMBS = re.compile(r"\w\s*[›»→>/]\s*\w")
_BREADCRUMB_CLASS = re.compile(r"bread-?_?crumb", re.IGNORECASE)


def find_label(page: ArticlePage) -> None:
    """Find the label: above the headline, else the category of the entry, else the breadcrumbs."""
    if page.headline is None or page.label:
        return
    _find_above(page, page.headline)
    if page.label is None:
        label = next(_categories(page), None) or _last_breadcrumb(page)
        if label:
            page.label, page.label_rule = label


def _find_above(page: ArticlePage, headline: int) -> None:
    for index in range(headline - 1, max(headline - _ABOVE_HEADLINE, -1), -1):
        if _is_passed_over(page, index):
            continue
        if rule := _label_rule(page, page.blocks[index]):
            page.roles[index] = "label"
            page.label, page.label_rule = page.blocks[index].deduplicated, rule
        return


def _is_passed_over(page: ArticlePage, index: int) -> bool:
    block = page.blocks[index]
    return (
        block.outside
        or bool(filler_in(block.text))
        or block.equals(page.title or "")
        or page.regions.of[index] in ("card", "about", "caption")
        or page.roles[index] in ("byline", "caption")
    )


def _label_rule(page: ArticlePage, block: Block) -> str:
    label, section = block.text, page.metadata.section
    if len(label) > _MAX_LABEL or is_date(block) or is_site_name(label):
        return ""
    if normalize_for_match(label) == normalize_for_match(site.PRO_BADGE):
        return ""
    if len(block.links) > 1 or furniture.HEADINGS.fullmatch(label) or is_generic_label(block):
        return ""  # a menu, a call to subscribe
    if any(is_section_link(link, page.links) for link in block.links):
        return "section link above the headline"
    if "button" in block.areas:
        return ""
    if section and normalize_for_match(section) == normalize_for_match(label):
        return "line above the headline, equal to the stated section"
    if label.casefold() in site.LABELS:
        return "known label above the headline"
    return "topic above the headline" if site.TOPIC.fullmatch(label) else ""


def _categories(page: ArticlePage) -> Iterator[tuple[str, str]]:
    """Yield the categories of the entry, in the header and below the text, with their rule."""
    for index in range(page.headline or 0, len(page.blocks)):
        block = page.blocks[index]
        if page.regions.of[index] in ("card", "about", "recent"):
            continue
        for link in block.links:
            in_header = index <= page.lead and _is_category_link(link, page.links)
            if link.text and len(link.text) <= _MAX_LABEL and (link.category or in_header):
                yield link.text, "category of the entry"
        if filed := _FILED_UNDER.match(block.text):
            for link in block.links:
                if block.text[filed.end() :].startswith(link.text) and "/tag/" not in link.href:
                    yield link.text, f"after '{filed[0].strip()}'"


def _is_category_link(link: LinkedText, links: LinkResolver) -> bool:
    return "/category/" in link.href and links.url(link.href) is not None


def _last_breadcrumb(page: ArticlePage) -> tuple[str, str] | None:
    """Return the last category of the breadcrumbs above the headline, 'Home › News › Columns'."""
    for block in reversed(page.blocks[: page.headline]):
        sections = [
            link.text for link in block.links
            if len(link.text) <= _MAX_LABEL and _is_category_link(link, page.links)
        ]  # fmt: skip
        if sections and (_BREADCRUMBS.search(block.text) or _has_breadcrumb_class(block.node)):
            return sections[-1], "breadcrumbs"
    return None


def _has_breadcrumb_class(node: Node | None) -> bool:
    for _ in range(4):
        if node is None:
            return False
        if _BREADCRUMB_CLASS.search(f"{node.names} {node.attributes.get('aria-label', '')}"):
            return True
        node = node.parent
    return False
