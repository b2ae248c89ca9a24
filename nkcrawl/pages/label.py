"""The label of an article: the section, topic or series that it stands under."""

import re
from collections.abc import Iterator

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, LinkedText, Node
from nkcrawl.pages.header import is_date, is_section_link
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import PageMetadata
from nkcrawl.pages.roles import PageLayout, is_heading_of, is_label_of_page, is_outside
from nkcrawl.text import normalize_for_match

_LONGEST_LABEL = 60  # characters
_AROUND_HEADLINE = 6  # blocks above it


def find_label(page: PageLayout, metadata: PageMetadata, links: LinkResolver) -> None:
    """Find the section or series: the line above the headline, then the entry's category, then the
    breadcrumbs.
    """
    headline = page.headline
    if headline is None or page.label:
        return
    for index in range(headline - 1, max(headline - _AROUND_HEADLINE, -1), -1):
        block = page.blocks[index]
        if (
            is_outside(block)
            or site.filler_in(block.text)
            or is_heading_of(block, page.title or "")
        ):
            continue
        if _is_aside_of_header(block, page, index):
            continue
        if rule := _label_rule(block, metadata, links):
            page.roles[index] = "label"
            page.label, page.label_rule = block.once, rule
        break
    if page.label is None:
        label = next(_categories(page, links), None) or _breadcrumb(page, links)
        if label:
            page.label, page.label_rule = label


def _is_aside_of_header(block: Block, page: PageLayout, index: int) -> bool:
    return page.regions.of[index] in ("card", "about", "caption") or page.roles[index] in (
        "byline",
        "caption",
    )


def _label_rule(block: Block, metadata: PageMetadata, links: LinkResolver) -> str:
    label = block.text
    if (
        len(label) > _LONGEST_LABEL
        or is_date(block)
        or normalize_for_match(label)
        in (normalize_for_match(site.NAME), normalize_for_match(site.PRO_BADGE))
    ):
        return ""
    if len(block.links) > 1 or furniture.HEADINGS.fullmatch(label) or is_label_of_page(block):
        return ""  # a menu, a call to subscribe
    if any(is_section_link(link, links) for link in block.links):
        return "section link above the headline"
    if "button" in block.areas:
        return ""
    if metadata.section and normalize_for_match(metadata.section) == normalize_for_match(label):
        return "line above the headline, equal to the stated section"
    if label.casefold() in site.LABELS:
        return "known label above the headline"
    return "topic above the headline" if site.TOPIC.fullmatch(label) else ""


def _categories(page: PageLayout, links: LinkResolver) -> Iterator[tuple[str, str]]:
    """Yield what the entry's own metadata calls its category, in the header and below the text."""
    for index in range(page.headline or 0, len(page.blocks)):
        block = page.blocks[index]
        if page.regions.of[index] in ("card", "about", "recent"):
            continue
        for link in block.links:
            in_header = index <= page.lead and _leads_to_category(link, links)
            if link.text and len(link.text) <= _LONGEST_LABEL and (link.category or in_header):
                yield link.text, "category of the entry"
        if filed := _FILED.match(block.text):
            for link in block.links:
                if block.text[filed.end() :].startswith(link.text) and "/tag/" not in link.href:
                    yield link.text, f"after '{filed[0].strip()}'"


_FILED = re.compile(r"(?:Filed under|Posted in|Categor(?:y|ies)|Section)\s*:?\s*", re.IGNORECASE)


def _leads_to_category(link: LinkedText, links: LinkResolver) -> bool:
    return "/category/" in link.href and links.url(link.href) is not None


def _breadcrumb(page: PageLayout, links: LinkResolver) -> tuple[str, str] | None:
    """Return the last category of the trail of links above the headline, 'Home › News ›
    Columns'.
    """
    for block in reversed(page.blocks[: page.headline]):
        sections = [
            link.text for link in block.links
            if len(link.text) <= _LONGEST_LABEL and _leads_to_category(link, links)
        ]  # fmt: skip
        if sections and (_TRAIL.search(block.text) or _is_in_trail(block.node)):
            return sections[-1], "breadcrumbs"
    return None


_TRAIL = re.compile(r"\w\s*[›»→>/]\s*\w")
_TRAIL_NAME = re.compile(r"bread-?_?crumb", re.IGNORECASE)


def _is_in_trail(node: Node | None) -> bool:
    for _ in range(4):
        if node is None:
            return False
        if _TRAIL_NAME.search(f"{node.names} {node.attributes.get('aria-label', '')}"):
            return True
        node = node.parent
    return False
