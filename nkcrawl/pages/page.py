"""An article page while it is read: its parsed parts, and what each step of the layout finds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from parsel import Selector

from nkcrawl import site
from nkcrawl.items import Article, Source
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, Body
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import PageMetadata
from nkcrawl.text import normalize_for_match

# prose: the article's own text. card: leads to another story. about: about the authors. furniture:
# any other part of the page.
Region = Literal["prose", "card", "about", "recent", "caption", "furniture", "other"]
BlockRole = Literal[
    "top", "label", "headline", "subtitle", "byline", "date", "interface", "caption", "text",
    "recent", "about", "card", "furniture", "after",
]  # fmt: skip


@dataclass(slots=True)
class Regions:
    """The region of each block, and the span of blocks between the first and last sentence."""

    of: list[Region]
    first: int = 0
    last: int = 0
    headings: list[int] = field(default_factory=list)  # blocks that head a part of the page


@dataclass(slots=True)
class ArticlePage:
    """An article page: what was parsed, then what `assign_roles` finds, step by step."""

    html: Selector
    served_url: str
    url: str  # canonical
    links: LinkResolver
    metadata: PageMetadata
    body: Body

    blocks: list[Block] = field(init=False)  # of the body
    roles: list[BlockRole] = field(init=False)  # one per block
    regions: Regions = field(default_factory=lambda: Regions([]))
    headline: int | None = None  # index of the headline's block
    headline_rule: str = ""
    headline_confirmed: bool = False  # the metadata or a single h1 agrees
    title: str | None = None
    label: str | None = None
    label_rule: str = ""
    lead: int = 0  # index of the first block of the article's text

    def __post_init__(self) -> None:
        self.blocks = self.body.blocks
        self.roles = ["top"] * len(self.blocks)

    def having(self, role: BlockRole) -> list[Block]:
        """Return the blocks of one role, in order."""
        return [block for block, own in zip(self.blocks, self.roles, strict=True) if own == role]

    def header(self) -> list[Block]:
        """Return the bylines and dates above the text."""
        roles = zip(self.blocks[: self.lead], self.roles, strict=False)
        return [block for block, role in roles if role in ("byline", "date")]


def is_generic_label(block: Block) -> bool:
    """Return whether a line is one that pages print around any article: 'Share', '5 min read'."""
    return bool(furniture.NOTICES.fullmatch(block.text) or furniture.LABELS.fullmatch(block.text))


def links_to_story(block: Block, links: LinkResolver) -> bool:
    """Return whether a block links to another article."""
    return any(links.story(link.href) for link in block.links)


def is_landmark(block: Block) -> bool:
    """Return whether a block heads or ends a part of an NK News page that is not the article."""
    return is_heading_of_site(block.deduplicated, block.match_key) or (
        block.linked and bool(site.VIEW_MORE.fullmatch(block.deduplicated))
    )


def is_heading_of_site(line: str, match_key: str) -> bool:
    """Return whether a line heads a part of an NK News page, whatever follows it."""
    return (
        match_key in _TAIL_HEADINGS
        or bool(site.ABOUT_AUTHOR.fullmatch(line))
        or bool(site.COPYRIGHT.fullmatch(line))
        or bool(site.MORE_ARTICLES.fullmatch(line))
    )


_TAIL_HEADINGS = frozenset(
    normalize_for_match(heading).rstrip(":") for heading in site.TAIL_HEADINGS
)


def compare_sources(
    article: Article, name: str, chosen: str, others: Iterable[tuple[str, str]]
) -> None:
    """Record which sources of a page agree with the chosen value of a field, and which do not.

    `others` are pairs of a value and its source; empty values are skipped.
    """
    key = normalize_for_match(chosen)
    sources = [
        Source(source, value, normalize_for_match(value) == key)
        for value, source in others
        if value
    ]
    if sources:
        article.sources[name] = list(dict.fromkeys(sources))
