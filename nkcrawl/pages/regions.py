"""Which blocks stand in the region of the article's own prose, and which in the parts around it.

Prose stands close together, in one element or in elements of one shape. Cards lead to other stories
and look alike. Other parts are recognized by standard elements and roles, by their heading, or by a
common class name, never by one that only a single site has.
"""

from functools import lru_cache
from itertools import accumulate

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, Node
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.page import ArticlePage, Region, Regions, is_heading_of_site
from nkcrawl.pages.prose import ProseFinder, weight_of
from nkcrawl.paywall import filler_in
from nkcrawl.text import ends_as_sentence, normalize_for_match

_MOST = 0.6  # of the prose of a page
_NEARLY_ALL = 0.95  # a long biography may outweigh a short lead
_WHOLE = frozenset(("body", "article", "main"))
_LISTS = frozenset("ul ol dl table tbody".split())  # each item may be a card
_MAX_CARD_BLOCKS = 8
_MAX_CARD_PROSE = 600  # bytes of excerpt in one card
_MAX_CREDIT = 150
_MAX_HEADING = 120
_MAX_CARD_HEADLINE = 200  # characters
_MAX_ABOUT_BLOCKS = 6
_MAX_NAME = 60
_HEADER_SENTENCES = 2  # a subtitle, a caption
_RECENT_STORIES = normalize_for_match(site.RECENT_STORIES)


def find_regions(page: ArticlePage) -> Regions:
    """Return the region of every block.

    Class names are only hints: if they would leave no prose at all, they are ignored.
    """
    regions = _find_regions(page, use_names=True)
    return regions if regions.last else _find_regions(page, use_names=False)


def _find_regions(page: ArticlePage, *, use_names: bool) -> Regions:
    finder = _PartFinder(page)
    regions = finder.find(use_names=use_names)
    weights = [
        weight if region == "other" else 0
        for weight, region in zip(finder.weights, regions.of, strict=True)
    ]
    prose = ProseFinder(page.blocks, weights, finder.stories, finder.headline).find()
    for index in prose:
        if regions.of[index] == "other":
            regions.of[index] = "prose"
    sentences = [index for index in prose if weights[index]]
    if sentences:
        regions.first, regions.last = sentences[0], sentences[-1] + 1
    return regions


class _PartFinder:
    """Finds the parts beside the article: by area, class name or heading, and cards of stories."""

    def __init__(self, page: ArticlePage) -> None:
        self.blocks = page.blocks
        self.nodes = page.body.nodes
        self.headline = -1 if page.headline is None else page.headline
        self.stories = [_story_of(block, page.links) for block in self.blocks]
        self.weights = [weight_of(block) for block in self.blocks]
        self.sums = list(accumulate(self.weights, initial=0))
        self.regions = Regions(["other"] * len(self.blocks))

    def find(self, *, use_names: bool) -> Regions:
        self._mark_cards()
        self._mark_areas()
        if use_names:
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

    # --- Areas and class names

    def _mark_areas(self) -> None:
        """Mark blocks in navigation, asides, footers, forms and dialogs, and bare photo credits."""
        aside = frozenset(area for area in furniture.AREAS if not self._is_area_of_article(area))
        for index, block in enumerate(self.blocks):
            if not aside.isdisjoint(block.areas):
                self._mark(index, index + 1, "furniture")
            elif (
                block.own < _MAX_CREDIT
                and furniture.CREDITS.fullmatch(block.text)
                and not filler_in(block.text)
            ):
                self._mark(index, index + 1, "caption")

    def _is_area_of_article(self, area: str) -> bool:
        """Return whether the headline or most of the prose is in such an area.

        Some pages stand in a form as a whole.
        """
        if self.headline >= 0 and area in self.blocks[self.headline].areas:
            return True
        pairs = zip(self.weights, self.blocks, strict=True)
        inside = sum(weight for weight, block in pairs if area in block.areas)
        return inside > self.sums[-1] * _MOST

    def _mark_named_parts(self) -> None:
        """Mark elements whose class names call them a caption or a part beside the article."""
        for node in self.nodes:
            names = node.names
            if node.first == node.last or (names == " " and node.tag != "figcaption"):
                continue
            part = "caption" if node.tag == "figcaption" else furniture.part_named(names)
            if part == "caption" and node.last - node.first <= _MAX_CARD_BLOCKS:
                self._mark(node.first, node.last, "caption")
            elif part == "part" and node.tag not in _WHOLE and not self._holds_article(node):
                self._mark(node.first, node.last, "furniture")

    # --- Headings

    def _mark_headed_parts(self) -> None:
        """Mark each part that begins with a heading of its own, like 'About the Author'."""
        for index, block in enumerate(self.blocks):
            region = _region_headed_by(block)
            if region is None or index == self.headline:
                continue
            last = self._end_of_part(index, region)
            if last == index + 1 and not is_heading_of_site(block.deduplicated, block.match_key):
                continue  # nothing stands under it: a subheading, or a line of the header
            self.regions.headings.append(index)
            for inside in range(index, last):
                if self.regions.of[inside] != "caption":  # the innermost part counts
                    self.regions.of[inside] = region

    def _end_of_part(self, index: int, region: Region) -> int:
        """Return the end of the part that a block heads: of the largest element it begins."""
        part = self.blocks[index].node
        node = part.parent
        most = _MOST if region == "furniture" else _NEARLY_ALL
        while node is not None and node.first == index and not self._holds_article(node, most):
            part, node = node, node.parent
        if part.first == index and part.last > index + 1 and not self._holds_article(part, most):
            return part.last
        return self._end_of_flat_part(index, region)

    def _end_of_flat_part(self, index: int, region: Region) -> int:
        """Return the end of a part whose heading stands among the paragraphs.

        About the authors, below the text, is everything up to the next part; above it, the lines
        that speak of them. Any other part ends at the first line that is not a link.
        """
        below_text = region == "about" and self._is_below_text(index)
        for end in range(index + 1, len(self.blocks)):
            if end == self.headline or _region_headed_by(self.blocks[end]):
                return end
            is_about = below_text or (region == "about" and self._is_about_author(index, end))
            if not is_about and not self._is_link_line(end):
                return end
        return len(self.blocks)

    def _is_link_line(self, index: int) -> bool:
        block = self.blocks[index]
        if block.heading or not (block.linked or self.stories[index] or "li" in block.areas):
            return False
        return not filler_in(block.text)

    def _is_about_author(self, heading: int, index: int) -> bool:
        """Return whether a block continues 'About the Author': name, portrait's line, biography."""
        if index > heading + _MAX_ABOUT_BLOCKS:
            return False
        block, name = self.blocks[index], self.blocks[heading + 1].deduplicated
        return (
            block.deduplicated == name
            or (len(name) < _MAX_NAME and block.text.startswith(name))
            or bool(site.VIEW_MORE.match(block.text))
            or bool(filler_in(block.text))
        )

    def _is_below_text(self, index: int) -> bool:
        """Return whether an offer, Recent Stories or more than a header's sentences stand above."""
        above = range(self.headline + 1, index)
        if any(self.regions.of[i] == "recent" or _is_offer(self.blocks[i]) for i in above):
            return True
        return sum(1 for i in above if self.weights[i]) > _HEADER_SENTENCES

    # --- Cards

    def _mark_cards(self) -> None:
        for index, story in enumerate(self.stories):
            if story and index != self.headline and self.regions.of[index] == "other":
                card = self._card_around(index, story)
                if card is not None:
                    self._mark(card.first, card.last, "card")

    def _card_around(self, index: int, story: str) -> Node | None:
        """Return the largest element around a link to a story that leads to no other one.

        A linked sentence is not a card.
        """
        node: Node | None = self.blocks[index].node
        card = None
        while node is not None and self._is_card(node, story):
            card, node = node, node.parent
        if card is None:
            return None
        is_sentence = card.last - card.first == 1 and ends_as_sentence(self.blocks[index].text)
        return None if is_sentence else card

    def _is_card(self, node: Node, story: str) -> bool:
        if node.last - node.first > _MAX_CARD_BLOCKS or node.tag in _LISTS:
            return False
        if node.first <= self.headline < node.last:
            return False
        if any(other not in (None, story) for other in self.stories[node.first : node.last]):
            return False
        prose = [weight for weight in self.weights[node.first : node.last] if weight]
        return sum(prose) <= _MAX_CARD_PROSE and len(prose) <= 2


def _is_offer(block: Block) -> bool:
    return any(filler.kind == "offer" for filler in filler_in(block.text))


def _story_of(block: Block, links: LinkResolver) -> str | None:
    """Return the story that a block is a link to; None if it has text of its own."""
    length = len(block.text)
    if not block.links or length > _MAX_CARD_HEADLINE or block.own * 3 > length:
        return None
    if len(block.links) == 1:
        return links.story(block.links[0].href)
    stories = {links.story(link.href) for link in block.links} - {None}
    return stories.pop() if len(stories) == 1 else None


def _region_headed_by(block: Block) -> Region | None:
    """Return the region that a block is the heading of, None for any other block."""
    if len(block.text) > _MAX_HEADING:
        return None
    is_button = block.linked and not block.heading
    return _region_of_heading(block.deduplicated, block.match_key, is_button)


@lru_cache(maxsize=5_000)  # the pages of a site share most of their short lines
def _region_of_heading(line: str, match_key: str, is_button: bool) -> Region | None:
    if site.ABOUT_AUTHOR.fullmatch(line):
        return "about"
    if match_key == _RECENT_STORIES:
        return "recent"
    if is_heading_of_site(line, match_key):
        return "furniture"
    if is_button or line.endswith(".") or filler_in(line):
        return None
    return "furniture" if furniture.HEADINGS.fullmatch(line) else None
