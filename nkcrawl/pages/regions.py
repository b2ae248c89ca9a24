"""Which blocks of a page stand in the region that holds the article's own prose, and which in what
is around it.

Told by the tree and by what readers see. The prose lies close together, in one element or in
elements of one shape. Cards lead to other stories and look alike. Other parts are told by standard
elements and roles, by their heading, or by a common class name; never by one that only a single
site has.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, Body, Node
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.prose import ProseFinder, weight_of
from nkcrawl.text import ends_as_sentence, normalize_for_match

# prose: the article's own. card: leads to another story. about: of the authors. furniture: any
# other part of the page.
Region = Literal["prose", "card", "about", "recent", "caption", "furniture", "other"]

_MOST = 0.6  # of the prose of a page
_NEARLY_ALL = 0.95  # a long biography may outweigh a short lead
_WHOLE = frozenset(("body", "article", "main"))
_LISTS = frozenset("ul ol dl table tbody".split())  # of which each item may be a card
_CARD_BLOCKS = 8
_CARD_PROSE = 600  # bytes of excerpt in one card
_LONG_CREDIT = 150
_LONG_HEADING = 120
_LONG_LINK = 200  # characters; a longer link is not the headline of a card
_ABOUT_BLOCKS = 6
_HEADER_SENTENCES = 2  # a subtitle, a caption


@dataclass(slots=True)
class Regions:
    """The region of each block, the span of blocks that the prose lies in, and which blocks head a
    part of the page.
    """

    of: list[Region]
    first: int = 0
    last: int = 0
    headings: list[int] = field(default_factory=list)


def find_regions(body: Body, headline: int | None, links: LinkResolver) -> Regions:
    """Return the region of every block of a page; `headline` is the number of the headline's block,
    if it was found.

    Class names are hints alone: where they would leave no prose at all, they are not believed.
    """
    regions = _regions(body, headline, links, believe_names=True)
    return regions if regions.last else _regions(body, headline, links, believe_names=False)


def _regions(
    body: Body, headline: int | None, links: LinkResolver, *, believe_names: bool
) -> Regions:
    finder = _PartFinder(body, headline, links)
    regions = finder.find(believe_names=believe_names)
    weights = [
        weight if region == "other" else 0
        for weight, region in zip(finder.weights, regions.of, strict=True)
    ]
    prose = ProseFinder(finder.blocks, weights, finder.stories, finder.headline).find()
    for index in prose:
        if regions.of[index] == "other":
            regions.of[index] = "prose"
    sentences = [index for index in prose if weights[index]]
    if sentences:
        regions.first, regions.last = sentences[0], sentences[-1] + 1
    return regions


class _PartFinder:
    """Finds the parts of a page that are not the article: what is named or headed as such, and
    cards of other stories.
    """

    def __init__(self, body: Body, headline: int | None, links: LinkResolver) -> None:
        self.blocks = body.blocks
        self.nodes = body.nodes
        self.headline = -1 if headline is None else headline
        self.stories = [_story_of(block, links) for block in self.blocks]
        self.weights = [weight_of(block) for block in self.blocks]
        self.sums = list(accumulate(self.weights, initial=0))
        self.regions = Regions(["other"] * len(self.blocks))

    def find(self, *, believe_names: bool) -> Regions:
        self._mark_cards()
        self._mark_areas()
        if believe_names:
            self._mark_named_parts()
        self._mark_headed_parts()
        return self.regions

    def _mark(self, first: int, last: int, region: Region) -> None:
        for index in range(first, last):
            if self.regions.of[index] == "other":
                self.regions.of[index] = region

    def _holds_article(self, node: Node, most: float = _MOST) -> bool:
        """Return whether an element is too much of the page to be a part beside the article."""
        if node.first <= self.headline < node.last:
            return True
        return self.sums[node.last] - self.sums[node.first] > self.sums[-1] * most

    def _mark_areas(self) -> None:
        """Mark what stands in navigation, an aside, a footer, a form or a dialog, and lines that
        only credit a picture.
        """
        aside = frozenset(area for area in furniture.AREAS if not self._is_area_of_article(area))
        for index, block in enumerate(self.blocks):
            if not aside.isdisjoint(block.areas):
                self._mark(index, index + 1, "furniture")
            elif (
                block.own < _LONG_CREDIT
                and furniture.CREDITS.fullmatch(block.text)
                and not site.filler_in(block.text)
            ):
                self._mark(index, index + 1, "caption")

    def _mark_named_parts(self) -> None:
        """Mark what class names call a caption or a part beside the article."""
        for node in self.nodes:
            names = node.names
            if node.first == node.last or (names == " " and node.tag != "figcaption"):
                continue
            named = "caption" if node.tag == "figcaption" else furniture.part_named(names)
            if named == "caption" and node.last - node.first <= _CARD_BLOCKS:
                self._mark(node.first, node.last, "caption")
            elif named == "part" and node.tag not in _WHOLE and not self._holds_article(node):
                self._mark(node.first, node.last, "furniture")

    def _is_area_of_article(self, area: str) -> bool:
        """Return whether the headline or most of the prose stands in such an area (a form around
        the whole page).
        """
        if self.headline >= 0 and area in self.blocks[self.headline].areas:
            return True
        inside = sum(
            weight
            for weight, block in zip(self.weights, self.blocks, strict=True)
            if area in block.areas
        )
        return inside > self.sums[-1] * _MOST

    def _mark_headed_parts(self) -> None:
        """Mark each part of the page that begins with a heading of its own, like 'About the
        Author'.
        """
        for index, block in enumerate(self.blocks):
            region = _headed(block)
            if region is None or index == self.headline:
                continue
            last = self._end_of_part(index, region)
            if last == index + 1 and not is_heading_of_site(block.once, block.key):
                continue  # nothing stands under it: a crosshead, or a line of the header
            self.regions.headings.append(index)
            for inside in range(index, last):
                if (
                    self.regions.of[inside] != "caption"
                ):  # a part within a part is a part of its own
                    self.regions.of[inside] = region

    def _end_of_part(self, index: int, region: Region) -> int:
        """Return where the part ends that a block heads: with the largest element that begins with
        it.
        """
        node, part = self.blocks[index].node.parent, self.blocks[index].node
        most = _MOST if region == "furniture" else _NEARLY_ALL
        while node is not None and node.first == index and not self._holds_article(node, most):
            part, node = node, node.parent
        if part.first == index and part.last > index + 1 and not self._holds_article(part, most):
            return part.last
        return self._end_of_flat_part(index, region)

    def _end_of_flat_part(self, index: int, region: Region) -> int:
        """Return where a part ends whose heading stands among the paragraphs.

        What is said of the authors below the text goes on to the next part; above it, as long as it
        speaks of them. Any other part ends at the first line that is not a link.
        """
        below_text = region == "about" and self._is_below_text(index)
        for end in range(index + 1, len(self.blocks)):
            block = self.blocks[end]
            if end == self.headline or _headed(block):
                return end
            of_author = (
                region == "about"
                and end <= index + _ABOUT_BLOCKS
                and _is_about_author(self.blocks, index, end)
            )
            if below_text or of_author:
                continue
            if (
                block.heading
                or not (block.linked or self.stories[end] or "li" in block.areas)
                or site.filler_in(block.text)
            ):
                return end
        return len(self.blocks)

    def _mark_cards(self) -> None:
        for index, story in enumerate(self.stories):
            if story and index != self.headline and self.regions.of[index] == "other":
                node = self._card_around(index, story)
                if node is not None:
                    self._mark(node.first, node.last, "card")

    def _is_below_text(self, index: int) -> bool:
        """Return whether a block stands below an offer, below Recent Stories, or below more
        sentences than a header has.
        """
        above = range(self.headline + 1, index)
        if any(self.regions.of[i] == "recent" or _is_offer(self.blocks[i]) for i in above):
            return True
        return sum(1 for i in above if self.weights[i]) > _HEADER_SENTENCES

    def _card_around(self, index: int, story: str) -> Node | None:
        """Return the largest element around a linked headline that leads to that story alone; None
        for a linked sentence.
        """
        node: Node | None = self.blocks[index].node
        best = None
        while node is not None and self._is_card(node, story):
            best, node = node, node.parent
        if best is None or (
            best.last - best.first == 1 and ends_as_sentence(self.blocks[index].text)
        ):
            return None
        return best

    def _is_card(self, node: Node, story: str) -> bool:
        if (
            node.last - node.first > _CARD_BLOCKS
            or node.first <= self.headline < node.last
            or node.tag in _LISTS
        ):
            return False
        if any(other not in (None, story) for other in self.stories[node.first : node.last]):
            return False
        prose = [weight for weight in self.weights[node.first : node.last] if weight]
        return sum(prose) <= _CARD_PROSE and len(prose) <= 2


def _is_offer(block: Block) -> bool:
    return any(filler.kind == "offer" for filler in site.filler_in(block.text))


def _story_of(block: Block, links: LinkResolver) -> str | None:
    """Return the story that a block is a link to, None for a block with words of its own or one
    that leads elsewhere.
    """
    if not block.links or len(block.text) > _LONG_LINK or block.own * 3 > len(block.text):
        return None
    if len(block.links) == 1:
        return links.story(block.links[0].href)
    stories = {links.story(link.href) for link in block.links} - {None}
    return stories.pop() if len(stories) == 1 else None


def _headed(block: Block) -> Region | None:
    """Return which part of a page a block is the heading of, None for any other block."""
    if len(block.text) > _LONG_HEADING:
        return None
    return _part_headed_by(block.once, block.key, block.linked and not block.heading)


@lru_cache(maxsize=5_000)  # the pages of a site have most of their short lines in common
def _part_headed_by(line: str, key: str, button: bool) -> Region | None:
    if site.ABOUT_AUTHOR.fullmatch(line):
        return "about"
    if key == _RECENT:
        return "recent"
    if is_heading_of_site(line, key):
        return "furniture"
    if button or line.endswith(".") or site.filler_in(line):
        return None
    return "furniture" if furniture.HEADINGS.fullmatch(line) else None


def is_heading_of_site(line: str, key: str) -> bool:
    """Return whether a line heads a part of an NK News page, whatever follows it."""
    return (
        key in _TAIL
        or bool(site.ABOUT_AUTHOR.fullmatch(line))
        or bool(site.COPYRIGHT.fullmatch(line))
        or bool(site.MORE_ARTICLES.fullmatch(line))
    )


_RECENT = normalize_for_match(site.RECENT_STORIES)
_TAIL = frozenset(normalize_for_match(heading).rstrip(":") for heading in site.TAIL_HEADINGS)


def _is_about_author(blocks: list[Block], start: int, index: int) -> bool:
    """Return whether a block goes on with a part headed 'About the Author': the name, the
    portrait's line, the bio.
    """
    block, name = blocks[index], blocks[start + 1].once if start + 1 < len(blocks) else ""
    return (
        block.once == name
        or (bool(name) and len(name) < 60 and block.text.startswith(name))
        or bool(site.VIEW_MORE.match(block.text))
        or bool(site.filler_in(block.text))
    )
