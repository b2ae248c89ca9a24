"""A page as its reader sees it: the visible blocks of text, top to bottom, each with its place in
the tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from nkcrawl.pages import typography
from nkcrawl.pages.concealed import HIDES
from nkcrawl.text import normalize_for_match, normalize_whitespace, strip_repetition

# HTML Standard, section 15.3 (rendering of flow content): elements that start and end a line of
# their own.
_BLOCK_TAGS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol option p pre search section select summary "
    "table tbody td tfoot th thead tr ul".split()
)
_UNSEEN_TAGS = frozenset(
    "audio canvas datalist embed head iframe math noscript object script style svg template textarea title video".split()
)
# Sectioning and other elements whose meaning a block inherits.
_AREA_TAGS = frozenset(
    "article aside blockquote button dialog figcaption figure footer form header li main nav summary td".split()
)
_AREA_ROLES = {
    "button": "button",
    "navigation": "nav",
    "complementary": "aside",
    "contentinfo": "footer",
    "dialog": "dialog",
    "alertdialog": "dialog",
    "search": "form",
}
# Components of AMP that lie over the page until they are dismissed (amp.dev, "Dynamic content" and
# "Layout").
_AMP_OVERLAYS = frozenset(("amp-consent", "amp-sidebar", "amp-lightbox", "amp-user-notification"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Class names by which the large frameworks hide a text from sight and keep it for screen readers.
_OFFSCREEN_CLASSES = frozenset(
    ("screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden")
)
_PLAIN_TAGS = frozenset(
    "b br em i small span strong sub sup u".split()
)  # which say nothing of the text in them
_MICRODATA = frozenset(("datePublished", "dateModified"))
BEFORE = 60  # characters before a timestamp that say what it is
_CHANGE = re.compile(r"modif|updated?(?![a-z])", re.IGNORECASE)
_HATOM = frozenset(("published", "updated"))
_SENTENCE_STOPS = (".", "!", "?", "”", '"', "…")
# A row whose cells hold parts of a page is there for its layout; other rows are read as one line.
_LAYOUT_ROW = etree.XPath(
    "not(td[2] | th[2] | th/following-sibling::td | td/following-sibling::th) or boolean("
    ".//table | .//h1 | .//h2 | .//h3 | .//h4 | .//article | .//section | .//form | .//figure | .//p/following-sibling::p)"
)
_SHORT = 100  # characters, of a line that other pages may have too
_LONGEST_ROW = 1_000  # characters


@dataclass(slots=True)
class LinkedText:
    """A piece of a block's text that is a link: where it leads, as written, and its words."""

    href: str
    text: str
    author: bool = False  # rel=author
    category: bool = False  # rel=category, WordPress's for a category of the entry


@dataclass(slots=True)
class TimeElement:
    """A timestamp in markup, its machine form and its text."""

    value: str
    text: str
    start: int  # where in the block the text begins
    before: str  # the last words before it
    modified: bool  # markup says that it is the time of a change


class Node:
    """A block-level element, and which blocks it holds: those from number `first` up to `last`,
    which it leaves out.
    """

    __slots__ = ("attributes", "first", "images", "last", "parent", "tag")

    def __init__(
        self, tag: str, attributes: dict[str, str], parent: "Node | None", first: int
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.first = self.last = first
        self.images = 0

    @property
    def names(self) -> str:
        """The element's classes and id."""
        return f"{self.attributes.get('class', '')} {self.attributes.get('id', '')}"


@dataclass(slots=True)
class Image:
    """An image, and between which blocks it stands: before the block of number `before`."""

    src: str
    alt: str
    href: str | None
    before: int


@dataclass(slots=True)
class Block:
    """One run of visible text that stands on lines of its own."""

    text: str
    once: str  # the text, once where it stands doubled
    key: str  # that as `normalize_for_match` has it, without a colon at its end
    areas: frozenset[str]  # tags of the sectioning elements around it
    heading: bool
    node: Node  # the innermost block-level element
    own: int  # characters outside links
    links: list[LinkedText] = field(default_factory=list)
    times: list[TimeElement] = field(default_factory=list)
    linked: bool = False  # every word of it is in a link or a button


@dataclass(slots=True)
class Body:
    """The blocks and images of a page in reading order."""

    blocks: list[Block]
    images: list[Image]
    nodes: list[Node]  # in document order


def read_body(root: Any, concealed: frozenset[Any]) -> Body:
    """Read the visible blocks of an lxml document in one pass over its tree, which must not be
    deep: `absurd.is_absurd`.

    Leftovers out is what a reader does not see: hidden by attribute, by inline style or by a
    screen-reader class; and the elements in `concealed`.
    """
    reader = _Reader(concealed)
    top = _Around(node=Node("", {}, None, 0))
    reader.read(root, top)
    reader.end_block(top)
    top.node.last = len(reader.blocks)
    return Body(reader.blocks, reader.images, reader.nodes)


class _Around(NamedTuple):
    """What a piece of text stands in."""

    node: Node  # the innermost block-level element
    areas: frozenset[str] = frozenset()
    heading: bool = False
    link: Any = None
    time: Any = None
    cap: bool = False  # a drop cap
    row: bool = False  # a table row that is one line


_Attributes = dict[str, str]
_Piece = tuple[str, _Around]
_BREAK = ("\n", _Around(Node("br", {}, None, 0)))  # a <br>; no other piece holds a new line


def _inside(element: Any, attributes: _Attributes, around: _Around, first: int) -> _Around:
    """Return what the text in an element stands in, given what stands around that; `first` is the
    next block's number.
    """
    tag = element.tag
    if not attributes and tag in _PLAIN_TAGS:
        return around
    node, areas, heading, link, time, cap, row = around
    # A sectioning element, by its ARIA role or its name.
    area = _AREA_ROLES.get(attributes.get("role", ""), tag) if attributes else tag
    if "aria-expanded" in attributes or "aria-controls" in attributes:
        heading = (
            heading or area == "button"
        )  # the heading of an accordion unfolds what stands below it
    elif area in _AREA_TAGS:
        areas |= {area}
    elif tag in _AMP_OVERLAYS or (attributes and attributes.get("aria-modal") == "true"):
        areas |= {"dialog"}
    if tag in _BLOCK_TAGS and not row:
        node = Node(tag, attributes, node, first)
    if tag in _HEADINGS:
        heading = True
    elif tag == "a":
        link = element
    elif tag == "tr":
        row = row or _is_one_line(element)
    elif attributes and _is_time(tag, attributes):
        time = element
    if attributes and not cap and element.text and typography.is_one_letter(element.text):
        cap = typography.is_drop_cap(attributes.get("class", ""), attributes.get("style", ""))
    return _Around(node, areas, heading, link, time, cap, row)


def _is_one_line(row: Any) -> bool:
    """Return whether a table row holds data, so that its cells belong on one line."""
    return not _LAYOUT_ROW(row) and sum(map(len, row.itertext())) <= _LONGEST_ROW


def _is_unseen(tag: str, attributes: _Attributes) -> bool:
    if not attributes:
        return tag == "dialog"
    return (
        "hidden" in attributes
        or (tag == "dialog" and "open" not in attributes)
        or attributes.get("role") == "tooltip"
        or (tag == "input" and attributes.get("type") == "hidden")
        or ("style" in attributes and bool(HIDES.search(attributes["style"])))
        or (
            "class" in attributes and not _OFFSCREEN_CLASSES.isdisjoint(attributes["class"].split())
        )
    )


class _Reader:
    """Collects the pieces of text between two block boundaries and cuts them into blocks."""

    def __init__(self, concealed: frozenset[Any]) -> None:
        self.blocks: list[Block] = []
        self.images: list[Image] = []
        self.nodes: list[Node] = []
        self._concealed = concealed
        self._pieces: list[_Piece] = []

    def read(self, element: Any, around: _Around) -> None:
        """Read an element with all that is in it, and the text after it."""
        tag = element.tag
        if tag in _BLOCK_TAGS:
            self._end_line(around)
        if tag in _UNSEEN_TAGS:
            if tag == "noscript":
                for image in element.iter("img"):
                    self._add_image(image, around)
        elif isinstance(tag, str):  # no comment
            attributes = dict(element.items())
            if not (element in self._concealed or _is_unseen(tag, attributes)):
                self._read_inside(
                    element, _inside(element, attributes, around, len(self.blocks)), around
                )
        self._add(element.tail, around)

    def _read_inside(self, element: Any, inside: _Around, around: _Around) -> None:
        tag = element.tag
        if inside.node is not around.node:
            self.nodes.append(inside.node)
        if tag == "br":
            self._pieces.append((" ", inside) if inside.row else _BREAK)
        elif tag in ("img", "amp-img"):
            self._add_image(element, inside)
        if tag == "sup" and (mark := typography.superscript("".join(element.itertext()))):
            self._add(mark, inside)
            return
        self._add(element.text, inside)
        for child in element:
            self.read(child, inside)
        if inside.node is not around.node:
            self.end_block(inside)
            inside.node.last = len(self.blocks)
            around.node.images += inside.node.images
        elif tag in _BLOCK_TAGS:
            self._end_line(inside)

    def _end_line(self, around: _Around) -> None:
        if around.row:
            self._pieces.append((" ", around))
        else:
            self.end_block(around)

    def _add(self, words: str | None, around: _Around) -> None:
        if words and (self._pieces or not words.isspace()):
            self._pieces.append((words.replace("\n", " "), around))

    def _add_image(self, element: Any, around: _Around) -> None:
        src = next(filter(None, map(_image_url, _sources(element))), "")
        around.node.images += 1
        href = None if around.link is None else around.link.get("href")
        self.images.append(
            Image(src, normalize_whitespace(element.get("alt", "")), href, before=len(self.blocks))
        )

    def end_block(self, around: _Around) -> None:
        """Make a block of each line that was collected, all of them in what is around."""
        if not self._pieces:
            return
        pieces, self._pieces = self._pieces, []
        for line in _lines(pieces):
            if any(around.cap for _, around in line[:2]):
                line = _with_drop_cap(line)
            if words := normalize_whitespace("".join([piece for piece, _ in line])):
                self._add_block(_block(words, line, around))

    def _add_block(self, block: Block) -> None:
        """Add a block; a letter that stands alone before a small one is the drop cap of its
        word.
        """
        above = self.blocks[-1].text if self.blocks else ""
        if len(above) == 1 and above.isupper() and block.text[0].islower():
            block.text = block.once = above + block.text
            block.key = _once_and_key(block.text)[1]
            self.blocks[-1] = block
        else:
            self.blocks.append(block)


def _block(words: str, line: list[_Piece], around: _Around) -> Block:
    once, key = _once_and_key(words) if len(words) <= _SHORT else _once_and_key.__wrapped__(words)
    links = _grouped([(around.link, piece) for piece, around in line if around.link is not None])
    times = _grouped([(around.time, piece) for piece, around in line if around.time is not None])
    own = sum([len(piece.strip()) for piece, around in line if around.link is None])
    return Block(
        text=words,
        once=once,
        key=key,
        areas=around.areas,
        heading=around.heading,
        node=around.node,
        own=own,
        links=[_linked_text(link, words) for link, words in links],
        times=list(_times(words, times)) if times else [],
        linked=not own or "button" in around.areas,
    )


@lru_cache(maxsize=5_000)  # the pages of a site have most of their short lines in common
def _once_and_key(line: str) -> tuple[str, str]:
    once = strip_repetition(line)
    return once, normalize_for_match(once).rstrip(":")


def _linked_text(link: Any, words: str) -> LinkedText:
    relations = link.get("rel", "").split()
    return LinkedText(link.get("href", ""), words, "author" in relations, "category" in relations)


def _times(words: str, elements: list[tuple[Any, str]]) -> Iterator[TimeElement]:
    end = 0
    for element, shown in elements:
        start = max(words.find(shown, end), end)
        value = next(filter(None, map(element.get, ("datetime", "content", "title"))), "")
        yield TimeElement(
            value, shown, start, words[max(0, start - BEFORE) : start], _is_modified(element)
        )
        end = start + len(shown)


def _is_time(tag: str, attributes: _Attributes) -> bool:
    """Return whether an element marks a timestamp: HTML's `time`, microdata, or the `abbr` of an
    hAtom entry.
    """
    return (
        tag == "time"
        or ("itemprop" in attributes and not _MICRODATA.isdisjoint(attributes["itemprop"].split()))
        or (tag == "abbr" and not _HATOM.isdisjoint(attributes.get("class", "").split()))
    )


def _with_drop_cap(line: list[_Piece]) -> list[_Piece]:
    """Return the line without the white space between a drop cap and the rest of its word, which a
    float swallows.
    """
    full = [number for number, (piece, _) in enumerate(line) if piece.strip()]
    if len(full) < 2 or not line[full[0]][1].cap:
        return line
    first, second = line[full[0]], line[full[1]]
    if not typography.is_one_word(
        first[0], "".join(piece for piece, _ in line[full[0] + 1 : full[1] + 1])
    ):
        return line
    return [(first[0].strip(), first[1]), (second[0].lstrip(), second[1]), *line[full[1] + 1 :]]


def _grouped(pairs: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Join the texts of each element, elements in order of their first piece."""
    texts: dict[Any, list[str]] = {}
    for element, piece in pairs:
        texts.setdefault(element, []).append(piece)
    return [(element, normalize_whitespace("".join(words))) for element, words in texts.items()]


def _lines(pieces: list[_Piece]) -> list[list[_Piece]]:
    """Cut the pieces of one element at its `<br>`s, but not at one that only wraps a sentence."""
    if _BREAK not in pieces:
        return [pieces]
    lines: list[list[_Piece]] = [[]]
    breaks = 0
    for piece in pieces:
        if piece is _BREAK:
            breaks += 1
        elif piece[0].strip() or not breaks:
            if breaks and not (breaks == 1 and _wraps(lines[-1], piece[0])):
                lines.append([])
            elif breaks:
                lines[-1].append((" ", piece[1]))
            breaks = 0
            lines[-1].append(piece)
    return lines


def _wraps(line: list[_Piece], following: str) -> bool:
    before = next((piece.rstrip() for piece, _ in reversed(line) if piece.strip()), "")
    after = following.strip()
    is_byline = after == "by" or after.startswith("by ")
    return after[:1].islower() and not is_byline and not before.endswith(_SENTENCE_STOPS)


def _is_modified(time: Any) -> bool:
    """Return whether a `time` is that of a change: microdata dateModified, hAtom `updated`, h-entry
    `dt-updated`.
    """
    return bool(_CHANGE.search(f"{time.get('itemprop', '')} {time.get('class', '')}"))


def _sources(image: Any) -> Iterator[str]:
    """Yield where an image may lie, the plain source first, then the attributes by which pages load
    it late.
    """
    for name in ("src", "data-src", "data-lazy-src", "data-original"):
        yield image.get(name, "")
    for name in ("srcset", "data-srcset"):
        yield image.get(name, "").split(",")[-1].strip().split(" ")[0]


def _image_url(src: str) -> str:
    src = src.strip()
    return "" if src.lower().startswith(("data:", "blob:", "javascript:")) else src
