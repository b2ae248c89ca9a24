"""A page as its reader sees it: the visible blocks of text, top to bottom, with what each stands in and links to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from nkcrawl import text
from nkcrawl.pages.concealed import HIDES

# HTML Standard, section 15.3 (rendering of flow content): elements that start and end a line of their own.
_BLOCK_TAGS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol option p pre search section select summary "
    "table tbody td tfoot th thead tr ul".split()
)
_UNSEEN_TAGS = frozenset(
    "audio canvas datalist embed head iframe math noscript object script style svg template textarea title video".split()
)
# Sectioning and other elements whose meaning a block inherits.
_AREA_TAGS = frozenset("article aside blockquote button figcaption figure footer form header li main nav".split())
_AREA_ROLES = {"button": "button", "navigation": "nav", "complementary": "aside", "contentinfo": "footer"}
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Class names by which the large frameworks hide a text from sight and keep it for screen readers.
_OFFSCREEN_CLASSES = frozenset(("screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden"))
_MICRODATA = frozenset(("datePublished", "dateModified"))
BEFORE = 60  # characters before a moment that say what it is
_HATOM = frozenset(("published", "updated"))
_SENTENCE_STOPS = (".", "!", "?", "”", '"', "…")


@dataclass(slots=True)
class LinkedText:
    """A piece of a block's text that is a link: where it leads, as written, and its words."""

    href: str
    text: str
    author: bool = False  # rel=author


@dataclass(slots=True)
class Stamp:
    """A moment in markup: its machine form, its words, where in the block they begin, and whether it is that of a change."""

    moment: str
    text: str
    start: int
    before: str  # the last words before it
    modified: bool  # by markup


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
    key: str  # the text as `text.loose` has it, once where it stands doubled, without a colon at its end
    areas: frozenset[str]  # tags of the sectioning elements around it
    heading: bool
    element: Any  # the innermost block-level element (lxml)
    links: list[LinkedText] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    linked: bool = False  # every word of it is in a link or a button


@dataclass(slots=True)
class Body:
    """The blocks and images of a page in reading order."""

    blocks: list[Block]
    images: list[Image]


def read_body(root: Any, concealed: frozenset[Any]) -> Body:
    """Read the visible blocks of an lxml document in one pass over its tree.

    Left out is what a reader does not see: hidden by attribute, by inline style or by a screen-reader class; and the
    elements in `concealed`.
    """
    reader = _Reader()
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if event in ("comment", "pi"):
            reader.add(element.tail)
        elif event == "start":
            if element in concealed or _is_unseen(element):
                if element.tag == "noscript":
                    reader.add_images_of(element)
                if element.tag in _BLOCK_TAGS:
                    reader.end_block()
                walk.skip_subtree()
                reader.unseen.add(element)
            else:
                reader.open(element)
        elif element in reader.unseen:
            reader.unseen.discard(element)
            reader.add(element.tail)
        else:
            reader.close(element)
            reader.add(element.tail)
    reader.end_block()
    return Body(reader.blocks, reader.images)


def _area(element: Any) -> str:
    """Return the sectioning tag of an element, by its name or its ARIA role; '' if it is none."""
    role = str(element.get("role", ""))
    return _AREA_ROLES.get(role) or (element.tag if element.tag in _AREA_TAGS else "")


def _is_unseen(element: Any) -> bool:
    attributes = element.attrib
    return (
        element.tag in _UNSEEN_TAGS
        or "hidden" in attributes
        or (element.tag == "dialog" and "open" not in attributes)
        or (element.tag == "input" and attributes.get("type") == "hidden")
        or bool(HIDES.search(attributes.get("style", "")))
        or not _OFFSCREEN_CLASSES.isdisjoint(attributes.get("class", "").split())
    )


class _Reader:
    """Collects the pieces of text between two block boundaries and cuts them into blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.images: list[Image] = []
        self.unseen: set[Any] = set()
        self._areas: list[str] = []
        self._headings = 0
        self._links: list[Any] = []
        self._stamps: list[Any] = []
        self._block_elements: list[Any] = []
        # (text, link element or None, time element or None); a text of '\n' is a <br>
        self._pieces: list[tuple[str, Any, Any]] = []

    def open(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCK_TAGS:
            self.end_block()
            self._block_elements.append(element)
        if area := _area(element):
            self._areas.append(area)
        if tag in _HEADINGS:
            self._headings += 1
        elif tag == "a":
            self._links.append(element)
        elif _is_stamp(element):
            self._stamps.append(element)
        elif tag == "br":
            self._pieces.append(("\n", None, None))
        elif tag == "img":
            self._add_image(element)
        self.add(element.text)

    def close(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCK_TAGS:
            self.end_block()
            self._block_elements.pop()
        if _area(element):
            self._areas.pop()
        if tag in _HEADINGS:
            self._headings -= 1
        elif tag == "a":
            self._links.pop()
        elif _is_stamp(element):
            self._stamps.pop()

    def add(self, piece: str | None) -> None:
        if piece:
            link = self._links[-1] if self._links else None
            self._pieces.append((piece.replace("\n", " "), link, self._stamps[-1] if self._stamps else None))

    def add_images_of(self, noscript: Any) -> None:
        for image in noscript.iter("img"):
            self._add_image(image)

    def _add_image(self, element: Any) -> None:
        src = next(filter(None, map(_image_url, _sources(element))), "")
        href = self._links[-1].get("href") if self._links else None
        self.images.append(Image(src, text.clean(element.get("alt", "")), href, before=len(self.blocks)))

    def end_block(self) -> None:
        if self._pieces:
            for line in _lines(self._pieces):
                self._add_block(line)
            self._pieces = []

    def _add_block(self, pieces: list[tuple[str, Any, Any]]) -> None:
        words = text.clean("".join(piece for piece, _, _ in pieces))
        if not words:
            return
        block = Block(
            text=words,
            key=text.loose(text.undouble(words)).rstrip(":"),
            areas=frozenset(self._areas),
            heading=self._headings > 0,
            element=self._block_elements[-1] if self._block_elements else None,
        )
        block.linked = "button" in block.areas or all(link is not None for piece, link, _ in pieces if piece.strip())
        block.links = [
            LinkedText(link.get("href", ""), words, "author" in link.get("rel", "").split())
            for link, words in _grouped((link, piece) for piece, link, _ in pieces)
        ]
        block.stamps = list(_stamps(block.text, _grouped((stamp, piece) for piece, _, stamp in pieces)))
        self.blocks.append(block)


def _stamps(words: str, elements: list[tuple[Any, str]]) -> Iterator[Stamp]:
    end = 0
    for element, shown in elements:
        start = max(words.find(shown, end), end)
        moment = next(filter(None, map(element.get, ("datetime", "content", "title"))), "")
        yield Stamp(moment, shown, start, words[max(0, start - BEFORE) : start], _is_modified(element))
        end = start + len(shown)


def _is_stamp(element: Any) -> bool:
    """Tell whether an element marks a moment: HTML's `time`, microdata, or the `abbr` of an hAtom entry."""
    hatom = element.tag == "abbr" and not _HATOM.isdisjoint(element.get("class", "").split())
    return element.tag == "time" or hatom or not _MICRODATA.isdisjoint(element.get("itemprop", "").split())


def _grouped(pairs: Iterator[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Join the texts of each element (None left out), elements in order of their first piece."""
    texts: dict[Any, str] = {}
    for element, piece in pairs:
        if element is not None:
            texts[element] = texts.get(element, "") + piece
    return [(element, text.clean(words)) for element, words in texts.items()]


def _lines(pieces: list[tuple[str, Any, Any]]) -> list[list[tuple[str, Any, Any]]]:
    """Cut the pieces of one element at its `<br>`s, but not at one that only wraps a sentence."""
    lines: list[list[tuple[str, Any, Any]]] = [[]]
    breaks = 0
    for piece in pieces:
        if piece[0] == "\n":
            breaks += 1
        elif piece[0].strip() or not breaks:
            if breaks and not (breaks == 1 and _wraps(lines[-1], piece[0])):
                lines.append([])
            elif breaks:
                lines[-1].append((" ", piece[1], piece[2]))
            breaks = 0
            lines[-1].append(piece)
    return lines


def _wraps(line: list[tuple[str, Any, Any]], following: str) -> bool:
    before = next((piece.rstrip() for piece, _, _ in reversed(line) if piece.strip()), "")
    after = following.strip()
    is_byline = after == "by" or after.startswith("by ")
    return after[:1].islower() and not is_byline and not before.endswith(_SENTENCE_STOPS)


def _is_modified(stamp: Any) -> bool:
    """Tell whether a `time` is a moment of change: microdata dateModified, hAtom `updated`, h-entry `dt-updated`."""
    names = {*stamp.get("itemprop", "").split(), *stamp.get("class", "").lower().split()}
    return not names.isdisjoint(("dateModified", "updated", "dt-updated", "modified"))


def _sources(image: Any) -> Iterator[str]:
    """Yield where an image may lie, the plain source first, then the attributes by which pages load it late."""
    for name in ("src", "data-src", "data-lazy-src", "data-original"):
        yield image.get(name, "")
    for name in ("srcset", "data-srcset"):
        yield image.get(name, "").split(",")[-1].strip().split(" ")[0]


def _image_url(src: str) -> str:
    src = src.strip()
    return "" if src.lower().startswith(("data:", "blob:", "javascript:")) else src
