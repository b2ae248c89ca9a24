"""A page as its reader sees it: the visible blocks of text, top to bottom, with what each stands in and links to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
    once: str  # the text, once where it stands doubled
    key: str  # that as `text.loose` has it, without a colon at its end
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
    """Read the visible blocks of an lxml document in one pass over its tree, which must not be deep: `absurd.is_absurd`.

    Left out is what a reader does not see: hidden by attribute, by inline style or by a screen-reader class; and the
    elements in `concealed`.
    """
    reader = _Reader(concealed)
    reader.read(root, _Around())
    reader.end_block(_Around())
    return Body(reader.blocks, reader.images)


class _Around(NamedTuple):
    """What a piece of text stands in."""

    areas: frozenset[str] = frozenset()
    heading: bool = False
    block: Any = None  # the innermost block-level element
    link: Any = None
    stamp: Any = None


_Attributes = dict[str, str]
_Piece = tuple[str, _Around]
_BREAK = ("\n", _Around())  # a <br>; in no other piece is there a new line


def _inside(element: Any, attributes: _Attributes, around: _Around) -> _Around:
    """Return what the text in an element stands in, given what stands around that."""
    tag = element.tag
    areas, heading, block, link, stamp = around
    # A sectioning element, by its ARIA role or its name.
    if (area := _AREA_ROLES.get(attributes.get("role", ""), tag)) in _AREA_TAGS:
        areas |= {area}
    if tag in _BLOCK_TAGS:
        block = element
    if tag in _HEADINGS:
        heading = True
    elif tag == "a":
        link = element
    elif _is_stamp(tag, attributes):
        stamp = element
    return _Around(areas, heading, block, link, stamp)


def _is_unseen(tag: str, attributes: _Attributes) -> bool:
    return (
        "hidden" in attributes
        or (tag == "dialog" and "open" not in attributes)
        or (tag == "input" and attributes.get("type") == "hidden")
        or ("style" in attributes and bool(HIDES.search(attributes["style"])))
        or ("class" in attributes and not _OFFSCREEN_CLASSES.isdisjoint(attributes["class"].split()))
    )


class _Reader:
    """Collects the pieces of text between two block boundaries and cuts them into blocks."""

    def __init__(self, concealed: frozenset[Any]) -> None:
        self.blocks: list[Block] = []
        self.images: list[Image] = []
        self._concealed = concealed
        self._pieces: list[_Piece] = []

    def read(self, element: Any, around: _Around) -> None:
        """Read an element with all that is in it, and the text after it."""
        tag = element.tag
        if tag in _BLOCK_TAGS:
            self.end_block(around)
        if tag in _UNSEEN_TAGS:
            if tag == "noscript":
                for image in element.iter("img"):
                    self._add_image(image, around)
        elif isinstance(tag, str):  # no comment
            attributes = dict(element.items())
            if not (element in self._concealed or _is_unseen(tag, attributes)):
                self._read_inside(element, _inside(element, attributes, around))
        self._add(element.tail, around)

    def _read_inside(self, element: Any, inside: _Around) -> None:
        if element.tag == "br":
            self._pieces.append(_BREAK)
        elif element.tag == "img":
            self._add_image(element, inside)
        self._add(element.text, inside)
        for child in element:
            self.read(child, inside)
        if element.tag in _BLOCK_TAGS:
            self.end_block(inside)

    def _add(self, words: str | None, around: _Around) -> None:
        if words and (self._pieces or not words.isspace()):
            self._pieces.append((words.replace("\n", " "), around))

    def _add_image(self, element: Any, around: _Around) -> None:
        src = next(filter(None, map(_image_url, _sources(element))), "")
        href = None if around.link is None else around.link.get("href")
        self.images.append(Image(src, text.clean(element.get("alt", "")), href, before=len(self.blocks)))

    def end_block(self, around: _Around) -> None:
        """Make a block of each line that was collected, all of them in what is around."""
        if not self._pieces:
            return
        pieces, self._pieces = self._pieces, []
        for line in _lines(pieces):
            if words := text.clean("".join([piece for piece, _ in line])):
                self.blocks.append(_block(words, line, around))


def _block(words: str, line: list[_Piece], around: _Around) -> Block:
    once = text.undouble(words)
    links = _grouped([(around.link, piece) for piece, around in line if around.link is not None])
    stamps = _grouped([(around.stamp, piece) for piece, around in line if around.stamp is not None])
    unlinked = [piece for piece, around in line if around.link is None and not piece.isspace()]
    return Block(
        text=words,
        once=once,
        key=text.loose(once).rstrip(":"),
        areas=around.areas,
        heading=around.heading,
        element=around.block,
        links=[
            LinkedText(link.get("href", ""), words, "author" in link.get("rel", "").split()) for link, words in links
        ],
        stamps=list(_stamps(words, stamps)) if stamps else [],
        linked=not unlinked or "button" in around.areas,
    )


def _stamps(words: str, elements: list[tuple[Any, str]]) -> Iterator[Stamp]:
    end = 0
    for element, shown in elements:
        start = max(words.find(shown, end), end)
        moment = next(filter(None, map(element.get, ("datetime", "content", "title"))), "")
        yield Stamp(moment, shown, start, words[max(0, start - BEFORE) : start], _is_modified(element))
        end = start + len(shown)


def _is_stamp(tag: str, attributes: _Attributes) -> bool:
    """Tell whether an element marks a moment: HTML's `time`, microdata, or the `abbr` of an hAtom entry."""
    return (
        tag == "time"
        or ("itemprop" in attributes and not _MICRODATA.isdisjoint(attributes["itemprop"].split()))
        or (tag == "abbr" and not _HATOM.isdisjoint(attributes.get("class", "").split()))
    )


def _grouped(pairs: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Join the texts of each element, elements in order of their first piece."""
    texts: dict[Any, list[str]] = {}
    for element, piece in pairs:
        texts.setdefault(element, []).append(piece)
    return [(element, text.clean("".join(words))) for element, words in texts.items()]


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
