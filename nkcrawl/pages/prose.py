"""Where the article's own prose is: the element that most sentences near the headline stand in, and
what belongs to it.

Paragraphs stand side by side in one element, or in elements of one look. What stands among them is
told from them by its element, its links and its wording.
"""

from collections import Counter
from itertools import accumulate
from typing import NamedTuple

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, Node
from nkcrawl.text import ends_as_sentence

_PROSE = 60  # bytes: from here on a sentence that stands outside links speaks for a region
_PROSE_CUT = 200  # bytes, of one that breaks off
_LEAST_PROSE = 25  # bytes, of one that ends as a sentence does
_PROSE_APART = 150  # bytes, of one that stands in an element of another look than the rest
_MAX_WEIGHT = 1_500  # bytes: a longer block says no more than one of this size
_FEW = 5  # a fifth of the most is enough to count
_ALIKE = 0.7  # of the prose around a region, to take it in
_MAX_WIDENING = 10
# elements that a paragraph speaks for: the one it stands in, and with half the weight each one
# around it
_LEVELS = 3
_ABOVE_HEADLINE = 0.2  # a paragraph above the headline counts for a fifth
# The farther below the headline, the less a paragraph counts, so that comments and biographies do
# not outweigh a short lead.
_FARTHER, _FAR = 0.96, 0.3
_NOT_PROSE = frozenset(("figcaption", "button"))
_SECTIONS = frozenset(("section", "details", "div"))
_ITEMS = frozenset("tr td th li dt dd".split())
# Elements that the paragraphs of a text may stand in one by one.
_WITHIN = frozenset(
    "p li ul ol dl dt dd blockquote table thead tbody tfoot tr td th summary details pre h1 h2 h3 h4 h5 h6 center hgroup".split()
)


class Homes(NamedTuple):
    """The elements that paragraphs stand in, their shapes, and the tags of the paragraphs."""

    nodes: set[Node]
    shapes: set[tuple[str, str]]
    tags: set[str]


class ProseFinder:
    """Finds the prose among the blocks whose weight is not 0; `stories` says which story a block is
    a link to.
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
        """Return the numbers of the blocks that are the article's prose, in order."""
        root = self._root()
        if root is None:
            return []
        homes = self._homes(root)
        return [
            index
            for index in range(root.first, root.last)
            if index != self.headline and self._is_prose(index, self.blocks[index], root, homes)
        ]

    def _root(self) -> Node | None:
        """Return the element that most of the prose near the headline stands in."""
        scores: dict[Node, float] = {}
        nearness = 1.0
        for index, container in self.containers.items():
            if index < self.headline:
                share = self.weights[index] * _ABOVE_HEADLINE
            else:
                share = self.weights[index] * nearness
                nearness = max(nearness * _FARTHER, _FAR) if self.headline >= 0 else 1.0
            node: Node | None = container
            for _ in range(_LEVELS):
                if node is not None:
                    scores[node] = scores.get(node, 0) + share
                    node, share = node.parent, share / 2
        return self._widened(max(scores, key=lambda node: scores[node])) if scores else None

    def _is_at_home(self, block: Block, root: Node, homes: Homes) -> bool:
        """Return whether a block stands where paragraphs do: in one of their elements, or in one
        that looks the same.
        """
        container = _container(block)
        while (
            container.parent is not None
            and container is not root
            and self._holds_together(container)
        ):
            container = container.parent
        if container in homes.nodes:
            return True
        node: Node | None = block.node
        while node is not None and node is not root:
            if node in homes.nodes or (node.names.strip() and _shape(node) in homes.shapes):
                return True
            node = node.parent
        return False

    def _holds_together(self, node: Node) -> bool:
        """Return whether an element only holds together lines of the text: a table, a list, an
        accordion, a section without a name.
        """
        lines = self.blocks[node.first : node.last]
        if node.tag in _SECTIONS:
            if furniture.FOLDING.search(node.names):
                return True
            if not node.names.strip() and any(self.weights[node.first : node.last]):
                return True
        return all(
            (line.node.tag in _ITEMS and not line.linked)
            or "figcaption" in line.areas
            or line.node.tag == "caption"
            for line in lines
        )

    def _widened(self, root: Node) -> Node:
        """Return the element around `root` that holds more of the same prose, in elements of one
        look.
        """
        for _ in range(_MAX_WIDENING):
            around = root.parent
            while around is not None and self._sum(around) == self._sum(root):
                around = around.parent
            if around is None or not self._is_of_one_look(root, around):
                return root
            root = around
        return root

    def _sum(self, node: Node) -> int:
        return self.sums[node.last] - self.sums[node.first]

    def _is_of_one_look(self, root: Node, around: Node) -> bool:
        """Return whether most of the prose that `around` holds besides `root` looks like the prose
        in `root`.
        """
        outside = (*range(around.first, root.first), *range(root.last, around.last))
        if any(self.blocks[i].node.tag == "h1" and i > self.headline for i in outside):
            return False  # the next story of an endless page
        beside = [i for i in outside if self.weights[i]]
        shapes, path = self._looks(root, around)
        alike = [i for i in beside if i > self.headline and self._is_alike(i, around, shapes, path)]
        return bool(
            sum(self.weights[i] for i in alike) >= _ALIKE * sum(self.weights[i] for i in beside)
        )

    def _looks(self, root: Node, around: Node) -> tuple[set[tuple[str, str]], list[str]]:
        """Return the shapes of the elements that the paragraphs in `root` stand in, and their path
        of tags to `around`.
        """
        inside = [index for index in range(root.first, root.last) if self.weights[index]]
        shapes = {
            _shape(node) for index in inside[:20] for node in _between(self.blocks[index].node, around)
            if node.names.strip() and node.tag not in _WITHIN
        }  # fmt: skip
        return shapes, [node.tag for node in _between(self.blocks[inside[0]].node, around)]

    def _is_alike(
        self, index: int, around: Node, shapes: set[tuple[str, str]], path: list[str]
    ) -> bool:
        nodes = _between(self.blocks[index].node, around)
        return any(_shape(node) in shapes for node in nodes) or [node.tag for node in nodes] == path

    def _homes(self, root: Node) -> Homes:
        """Return the elements that most paragraphs in `root` stand in, and how they and the
        paragraphs look.
        """
        inside = [index for index in range(root.first, root.last) if self.weights[index]]
        weights: Counter[Node] = Counter()
        for index in inside:
            weights[self.containers[index]] += self.weights[index]
        nodes = {node for node, weight in weights.items() if weight * _FEW >= max(weights.values())}
        tags: Counter[str] = Counter()
        for index in inside:
            if self.containers[index] in nodes:
                tags[self.blocks[index].node.tag] += self.weights[index]
        usual = {tag for tag, weight in tags.items() if weight * _FEW >= max(tags.values())}
        return Homes(nodes, {_shape(node) for node in nodes}, usual)

    def _is_prose(self, index: int, block: Block, root: Node, homes: Homes) -> bool:
        at_home = self._is_at_home(block, root, homes)
        if furniture.NOTICES.fullmatch(block.text) or self._leads_elsewhere(index, block):
            return False
        if "button" in block.areas and not block.heading:
            return False
        if not at_home:
            return self.weights[index] >= _PROSE_APART and not block.heading
        if block.linked and furniture.LABELS.fullmatch(block.text):
            return False
        if block.heading:
            return True
        if block.node.tag in homes.tags or block.node.tag in _WITHIN:
            return (
                bool(self.weights[index])
                or block.node.parent in homes.nodes
                or not _is_beside_picture(block.node)
            )
        if self.weights[index]:
            return not _is_beside_picture(block.node)
        if block.links:
            return all(link.href.startswith("#") for link in block.links)
        return block.node.parent in homes.nodes and self._is_between_paragraphs(index)

    def _leads_elsewhere(self, index: int, block: Block) -> bool:
        """Return whether a block is a link to another story and no sentence: 'READ MORE: The tide
        clock of Wonsan'.
        """
        if self.stories[index] and not ends_as_sentence(block.text):
            return True
        return (
            bool(block.links)
            and block.own < _PROSE
            and bool(furniture.LEADS_ELSEWHERE.match(block.text))
        )

    def _is_between_paragraphs(self, index: int) -> bool:
        return 0 < index < len(self.blocks) - 1 and bool(
            self.weights[index - 1] and self.weights[index + 1]
        )


def _container(block: Block) -> Node:
    """Return the element that a block is one of the paragraphs of: the first around it that holds
    more than it.
    """
    node = block.node
    while node.parent is not None and (node.tag in _WITHIN or node.last - node.first == 1):
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
    """Return whether an element, or one close around it that holds no other lines, has a picture: a
    caption's place.
    """
    for _ in range(3):
        if node.last - node.first > 2:
            return False
        if node.images:
            return True
        if node.parent is None:
            return False
        node = node.parent
    return False


def _between(node: Node, around: Node) -> list[Node]:
    """Return an element and those around it, up to but without `around`."""
    nodes = []
    inner: Node | None = node
    while inner is not None and inner is not around:
        nodes.append(inner)
        inner = inner.parent
    return nodes


def _shape(node: Node) -> tuple[str, str]:
    return node.tag, node.attributes.get("class", "")


def weight_of(block: Block) -> int:
    """Return how much a block speaks for the region it stands in: its size in bytes outside links,
    if it is a sentence.
    """
    if block.heading or block.own < 10 or block.own * 2 < len(block.text):
        return 0
    size = len(block.text.encode(errors="replace"))
    if size < _LEAST_PROSE or (size < _PROSE_CUT and not ends_as_sentence(block.text)):
        return 0
    if not block.areas.isdisjoint(_NOT_PROSE) or site.filler_in(block.text):
        return 0
    return min(size, _MAX_WEIGHT)
