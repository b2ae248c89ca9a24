"""Where the article's prose is: the element with most sentences near the headline.

Paragraphs stand side by side in one element, or in elements of one look. Other lines among them are
recognized by their element, links and wording.
"""

from collections import Counter
from itertools import accumulate
from typing import NamedTuple

from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, Node
from nkcrawl.paywall import filler_in
from nkcrawl.text import ends_as_sentence

# Sizes in bytes of UTF-8: Korean needs fewer characters for a sentence.
_MIN_PROSE = 60  # outside links
_MIN_CUT_SENTENCE = 200
_MIN_SENTENCE = 25
_MIN_PROSE_APART = 150  # in an element of another look than the rest
_MAX_WEIGHT = 1_500  # a longer block counts for no more
_MIN_OWN_TEXT = 10  # characters outside links
_FEW = 5  # a fifth of the most is enough to count
_ALIKE = 0.7  # share of the prose around a region that must look alike to be included
_MAX_WIDENING = 10
# A paragraph counts for the element it stands in, and half as much for each one around that.
_LEVELS = 3
_ABOVE_HEADLINE = 0.2  # weight of a paragraph above the headline
# Paragraphs count less and less below the headline, so that comments and biographies do not
# outweigh a short lead.
_DECAY, _MIN_NEARNESS = 0.96, 0.3
_MAX_SAMPLED = 20  # paragraphs whose elements' shapes are compared
_NOT_PROSE = frozenset(("figcaption", "button"))
_SECTIONS = frozenset(("section", "details", "div"))
_ITEMS = frozenset("tr td th li dt dd".split())
# Elements that hold the paragraphs of a text one by one.
_PARAGRAPH_TAGS = frozenset(
    "p li ul ol dl dt dd blockquote table thead tbody tfoot tr td th summary details pre "
    "h1 h2 h3 h4 h5 h6 center hgroup".split()
)

_Shape = tuple[str, str]  # tag and class


class _Homes(NamedTuple):
    """The elements that paragraphs stand in, their shapes, and the tags of the paragraphs."""

    nodes: set[Node]
    shapes: set[_Shape]
    tags: set[str]


class ProseFinder:
    """Finds the prose among the blocks with a weight.

    `stories` has the story that each block is a link to, `headline` is -1 if unknown.
    """

    def __init__(
        self, blocks: list[Block], weights: list[int], stories: list[str | None], headline: int
    ) -> None:
        self.blocks = blocks
        self.weights = weights
        self.stories = stories
        self.headline = headline
        self.sums = list(accumulate(weights, initial=0))
        self.containers = {
            index: _container(blocks[index]) for index, weight in enumerate(weights) if weight
        }

    def find(self) -> list[int]:
        """Return the indexes of the blocks that are the article's prose, in order."""
        root = self._root()
        if root is None:
            return []
        homes = self._homes(root)
        return [
            index
            for index in range(root.first, root.last)
            if index != self.headline and self._is_prose(index, self.blocks[index], root, homes)
        ]

    # --- The element that holds the prose

    def _root(self) -> Node | None:
        """Return the element that most of the prose near the headline stands in."""
        scores: dict[Node, float] = {}
        nearness = 1.0
        for index, container in self.containers.items():
            if index < self.headline:
                share = self.weights[index] * _ABOVE_HEADLINE
            else:
                share = self.weights[index] * nearness
                nearness = max(nearness * _DECAY, _MIN_NEARNESS) if self.headline >= 0 else 1.0
            node: Node | None = container
            for _ in range(_LEVELS):
                if node is not None:
                    scores[node] = scores.get(node, 0) + share
                    node, share = node.parent, share / 2
        return self._widened(max(scores, key=lambda node: scores[node])) if scores else None

    def _widened(self, root: Node) -> Node:
        """Return the element around `root` with more of the same prose, in elements of one look."""
        for _ in range(_MAX_WIDENING):
            outer = root.parent
            while outer is not None and self._sum(outer) == self._sum(root):
                outer = outer.parent
            if outer is None or not self._is_of_one_look(root, outer):
                return root
            root = outer
        return root

    def _sum(self, node: Node) -> int:
        return self.sums[node.last] - self.sums[node.first]

    def _prose_in(self, node: Node) -> list[int]:
        return [index for index in range(node.first, node.last) if self.weights[index]]

    def _is_of_one_look(self, root: Node, outer: Node) -> bool:
        """Return whether most of the prose in `outer` around `root` looks like that in `root`."""
        outside = (*range(outer.first, root.first), *range(root.last, outer.last))
        if any(self.blocks[i].node.tag == "h1" and i > self.headline for i in outside):
            return False  # the next story of an endless page
        weights = {i: self.weights[i] for i in outside if self.weights[i]}
        inside = self._prose_in(root)
        shapes = {
            _shape(node)
            for index in inside[:_MAX_SAMPLED]
            for node in _path(self.blocks[index].node, outer)
            if node.names.strip() and node.tag not in _PARAGRAPH_TAGS
        }
        tags = [node.tag for node in _path(self.blocks[inside[0]].node, outer)]
        alike = 0
        for index, weight in weights.items():
            path = _path(self.blocks[index].node, outer)
            if index > self.headline and (
                any(_shape(node) in shapes for node in path) or [node.tag for node in path] == tags
            ):
                alike += weight
        return bool(alike >= _ALIKE * sum(weights.values()))

    def _homes(self, root: Node) -> _Homes:
        """Return the elements that most paragraphs in `root` stand in, and the usual tags."""
        inside = self._prose_in(root)
        weights: Counter[Node] = Counter()
        for index in inside:
            weights[self.containers[index]] += self.weights[index]
        nodes = {node for node, weight in weights.items() if weight * _FEW >= max(weights.values())}
        tags: Counter[str] = Counter()
        for index in inside:
            if self.containers[index] in nodes:
                tags[self.blocks[index].node.tag] += self.weights[index]
        usual = {tag for tag, weight in tags.items() if weight * _FEW >= max(tags.values())}
        return _Homes(nodes, {_shape(node) for node in nodes}, usual)

    # --- Which blocks in it are prose

    def _is_prose(self, index: int, block: Block, root: Node, homes: _Homes) -> bool:
        at_home = self._is_at_home(block, root, homes)
        if furniture.NOTICES.fullmatch(block.text) or self._leads_elsewhere(index, block):
            return False
        if "button" in block.areas and not block.heading:
            return False
        if not at_home:
            return self.weights[index] >= _MIN_PROSE_APART and not block.heading
        if block.linked and furniture.LABELS.fullmatch(block.text):
            return False
        return block.heading or self._is_paragraph(index, block, homes)

    def _is_paragraph(self, index: int, block: Block, homes: _Homes) -> bool:
        weight, in_home = self.weights[index], block.node.parent in homes.nodes
        if block.node.tag in homes.tags or block.node.tag in _PARAGRAPH_TAGS:
            return bool(weight) or in_home or not _is_beside_picture(block.node)
        if weight:
            return not _is_beside_picture(block.node)
        if block.links:
            return all(link.href.startswith("#") for link in block.links)
        return in_home and self._is_between_paragraphs(index)

    def _is_at_home(self, block: Block, root: Node, homes: _Homes) -> bool:
        """Return whether a block stands where paragraphs do, or in an element that looks so."""
        container = _container(block)
        while (
            container.parent is not None
            and container is not root
            and self._is_transparent(container)
        ):
            container = container.parent
        if container in homes.nodes:
            return True
        for node in _path(block.node, root):
            if node in homes.nodes or (node.names.strip() and _shape(node) in homes.shapes):
                return True
        return False

    def _is_transparent(self, node: Node) -> bool:
        """Return whether an element only groups lines of the text.

        Such are a table, a list, an accordion, a section without a name.
        """
        if node.tag in _SECTIONS:
            if furniture.FOLDING.search(node.names):
                return True
            if not node.names.strip() and any(self.weights[node.first : node.last]):
                return True
        return all(
            (line.node.tag in _ITEMS and not line.linked)
            or "figcaption" in line.areas
            or line.node.tag == "caption"
            for line in self.blocks[node.first : node.last]
        )

    def _leads_elsewhere(self, index: int, block: Block) -> bool:
        """Return whether a block links to another story: 'READ MORE: The tide clock of Wonsan'."""
        if self.stories[index] and not ends_as_sentence(block.text):
            return True
        if not block.links or block.own >= _MIN_PROSE:
            return False
        return bool(furniture.LEADS_ELSEWHERE.match(block.text))

    def _is_between_paragraphs(self, index: int) -> bool:
        if not 0 < index < len(self.blocks) - 1:
            return False
        return bool(self.weights[index - 1] and self.weights[index + 1])


def _container(block: Block) -> Node:
    """Return the first element around a block that holds other paragraphs too."""
    node = block.node
    while node.parent is not None and (node.tag in _PARAGRAPH_TAGS or node.last - node.first == 1):
        node = node.parent
    inner = block.node
    while (
        node.parent is not None
        and (node.first, node.last) == (inner.first, inner.last)
        and node is not inner
    ):
        node = node.parent
    return node


def _is_beside_picture(node: Node) -> bool:
    """Return whether an element, or a small one close around it, has a picture: a caption."""
    for _ in range(3):
        if node.last - node.first > 2:
            return False
        if node.images:
            return True
        if node.parent is None:
            return False
        node = node.parent
    return False


def _path(node: Node | None, outer: Node) -> list[Node]:
    """Return an element and those around it, up to but without `outer`."""
    path = []
    while node is not None and node is not outer:
        path.append(node)
        node = node.parent
    return path


def _shape(node: Node) -> _Shape:
    return node.tag, node.attributes.get("class", "")


def weight_of(block: Block) -> int:
    """Return how much a block counts as prose: its size in bytes if it is a sentence, else 0."""
    if block.heading or block.own < _MIN_OWN_TEXT or block.own * 2 < len(block.text):
        return 0
    size = len(block.text.encode(errors="replace"))
    if size < _MIN_SENTENCE or (size < _MIN_CUT_SENTENCE and not ends_as_sentence(block.text)):
        return 0
    if not block.areas.isdisjoint(_NOT_PROSE) or filler_in(block.text):
        return 0
    return min(size, _MAX_WEIGHT)
