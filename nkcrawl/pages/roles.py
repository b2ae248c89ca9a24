"""The roles of a page's blocks, and what several steps of the layout ask of a block."""

from dataclasses import dataclass, field
from typing import Literal

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.regions import Regions, is_heading_of_site
from nkcrawl.text import normalize_for_match

BlockRole = Literal[
    "top", "label", "headline", "subtitle", "byline", "date", "interface", "caption", "text",
    "recent", "about", "card", "furniture", "after",
]  # fmt: skip

_OUTSIDE = frozenset(("nav", "aside", "footer"))


@dataclass(slots=True)
class PageLayout:
    """The blocks of a page with the region and the role of each, and where its parts begin."""

    blocks: list[Block]
    roles: list[BlockRole]
    regions: Regions = field(default_factory=lambda: Regions([]))
    headline: int | None = None  # index of the block that is the headline
    headline_rule: str = ""
    confirmed: bool = False  # the page states the same headline elsewhere
    title: str | None = None
    label: str | None = None
    label_rule: str = ""
    lead: int = 0  # index at which the article's text begins

    def having(self, role: BlockRole) -> list[Block]:
        """Return the blocks of one role, in order."""
        return [block for block, own in zip(self.blocks, self.roles, strict=True) if own == role]

    def header(self) -> list[Block]:
        """Return the bylines and dates above the text."""
        roles = zip(self.blocks[: self.lead], self.roles, strict=False)
        return [block for block, role in roles if role in ("byline", "date")]


def is_outside(block: Block) -> bool:
    """Return whether a block stands in navigation, an aside or a footer."""
    return not _OUTSIDE.isdisjoint(block.areas)


def is_heading_of(block: Block, wording: str) -> bool:
    """Return whether a block is nothing but the wording, once or doubled."""
    return block.key == normalize_for_match(wording)


def is_label_of_page(block: Block) -> bool:
    """Return whether a line is what pages say around any article: 'Share', '5 min read'."""
    return bool(furniture.NOTICES.fullmatch(block.text) or furniture.LABELS.fullmatch(block.text))


def leads_elsewhere(block: Block, links: LinkResolver) -> bool:
    """Return whether a block links to another article."""
    return any(links.story(link.href) for link in block.links)


def is_landmark(block: Block) -> bool:
    """Return whether a block, standing alone, heads or ends a part of an NK News page that is not
    the article.
    """
    return is_heading_of_site(block.once, block.key) or (
        block.linked and bool(site.VIEW_MORE.fullmatch(block.once))
    )
