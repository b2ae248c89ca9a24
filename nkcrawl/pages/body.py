"""Reading the visible text of a page into blocks, in one pass over its tree."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from nkcrawl.pages.blocks import (
    BREAK,
    Block,
    Body,
    Context,
    Image,
    Node,
    Piece,
    is_one_letter,
    joined,
    make_blocks,
)
from nkcrawl.pages.hidden import HIDES
from nkcrawl.text import normalize_whitespace

# Elements that start and end a line (HTML Standard, section 15.3, "Flow content").
_BLOCK_TAGS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu "
    "nav ol option p pre search section select summary table tbody td tfoot th thead tr ul".split()
)
_UNSEEN_TAGS = frozenset(
    "audio canvas datalist embed head iframe math noscript object script style svg template "
    "textarea title video".split()
)
# Sectioning and other elements whose meaning a block inherits.
_AREA_TAGS = frozenset(
    "article aside blockquote button dialog figcaption figure footer form header li main nav "
    "summary td".split()
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
# AMP components that cover the page until they are dismissed (amp.dev).
_AMP_OVERLAYS = frozenset(("amp-consent", "amp-sidebar", "amp-lightbox", "amp-user-notification"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Class names by which common frameworks show a text to screen readers only.
_OFFSCREEN_CLASSES = frozenset(
    ("screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden")
)
# Elements that say nothing about the text in them.
_PLAIN_TAGS = frozenset("b br em i small span strong sub sup u".split())
_MICRODATA = frozenset(("datePublished", "dateModified"))
_HATOM = frozenset(("published", "updated"))
# A row whose cells hold parts of a page is there for the layout; any other is read as one line.
_LAYOUT_ROW = etree.XPath(
    "not(td[2] | th[2] | th/following-sibling::td | td/following-sibling::th) or boolean("
    ".//table | .//h1 | .//h2 | .//h3 | .//h4 | .//article | .//section | .//form | .//figure"
    " | .//p/following-sibling::p)"
)
_MAX_ROW = 1_000  # characters
_SUPERSCRIPT = re.compile(r"[\d+−-]{1,4}")
_TO_SUPERSCRIPT = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
# A large first letter: the class names of WordPress and other editors, or a letter that floats.
_DROP_CAP = re.compile(r"drop-?_?cap|first-?letter", re.IGNORECASE)
_FLOATS = re.compile(r"(?:^|;)\s*float\s*:", re.IGNORECASE)

_Attributes = dict[str, str]


def read_body(root: Any, hidden: frozenset[Any]) -> Body:
    """Return the visible blocks and images of an lxml document within `html.tree_exceeds_limits`.

    Left out are the elements in `hidden`, and those hidden by an attribute, an inline style or a
    screen-reader class.
    """
    walker = _TreeWalker(hidden)
    top = Context(node=Node("", {}, None, 0))
    walker.read(root, top)
    walker.end_line(top)
    top.node.last = len(walker.blocks)
    return Body(walker.blocks, walker.images, walker.nodes)


class _TreeWalker:
    """Collects the pieces of text between two block boundaries and makes blocks of them."""

    def __init__(self, hidden: frozenset[Any]) -> None:
        self.blocks: list[Block] = []
        self.images: list[Image] = []
        self.nodes: list[Node] = []
        self._hidden = hidden
        self._pieces: list[Piece] = []

    def read(self, element: Any, context: Context) -> None:
        """Read an element with everything in it, and the text after it."""
        tag = element.tag
        if tag in _BLOCK_TAGS:
            self.end_line(context)
        if tag in _UNSEEN_TAGS:
            if tag == "noscript":
                for image in element.iter("img"):
                    self._add_image(image, context)
        elif isinstance(tag, str):  # not a comment
            attributes = dict(element.items())
            if not (element in self._hidden or _is_unseen(tag, attributes)):
                inside = _inner_context(element, attributes, context, len(self.blocks))
                self._read_inside(element, inside, context)
        self._add(element.tail, context)

    def _read_inside(self, element: Any, inside: Context, context: Context) -> None:
        tag = element.tag
        if inside.node is not context.node:
            self.nodes.append(inside.node)
        if tag == "br":
            self._pieces.append((" ", inside) if inside.row else BREAK)
        elif tag in ("img", "amp-img"):
            self._add_image(element, inside)
        if tag == "sup" and (superscript := _superscript("".join(element.itertext()))):
            self._add(superscript, inside)
            return
        self._add(element.text, inside)
        for child in element:
            self.read(child, inside)
        if inside.node is not context.node:
            self._end_block(inside)
            inside.node.last = len(self.blocks)
            context.node.images += inside.node.images
        elif tag in _BLOCK_TAGS:
            self.end_line(inside)

    def _add(self, text: str | None, context: Context) -> None:
        if text and (self._pieces or not text.isspace()):
            self._pieces.append((text.replace("\n", " "), context))

    def _add_image(self, element: Any, context: Context) -> None:
        src = next(filter(None, map(_image_url, _sources(element))), "")
        alt = normalize_whitespace(element.get("alt", ""))
        href = None if context.link is None else context.link.get("href")
        context.node.images += 1
        self.images.append(Image(src, alt, href, before=len(self.blocks)))

    def end_line(self, context: Context) -> None:
        """Make blocks of the collected pieces, unless they are in a row that is one line."""
        if context.row:
            self._pieces.append((" ", context))
        else:
            self._end_block(context)

    def _end_block(self, context: Context) -> None:
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            for block in make_blocks(pieces, context):
                self._add_block(block)

    def _add_block(self, block: Block) -> None:
        """Add a block; a capital alone on the line above a small letter begins its first word."""
        above = self.blocks[-1].text if self.blocks else ""
        if len(above) == 1 and above.isupper() and block.text[0].islower():
            self.blocks[-1] = joined(above, block)
        else:
            self.blocks.append(block)


def _inner_context(
    element: Any, attributes: _Attributes, context: Context, next_block: int
) -> Context:
    """Return the context of the text in an element, given the context of the element."""
    tag = element.tag
    if not attributes and tag in _PLAIN_TAGS:
        return context
    node, areas, heading, link, time, drop_cap, row = context
    # A sectioning element, by its ARIA role or its name.
    area = _AREA_ROLES.get(attributes.get("role", ""), tag) if attributes else tag
    if "aria-expanded" in attributes or "aria-controls" in attributes:
        heading = heading or area == "button"  # of an accordion: it unfolds the text below
    elif area in _AREA_TAGS:
        areas |= {area}
    elif tag in _AMP_OVERLAYS or (attributes and attributes.get("aria-modal") == "true"):
        areas |= {"dialog"}
    if tag in _BLOCK_TAGS and not row:
        node = Node(tag, attributes, node, next_block)
    if tag in _HEADINGS:
        heading = True
    elif tag == "a":
        link = element
    elif tag == "tr":
        row = row or _is_one_line(element)
    elif attributes and _is_time(tag, attributes):
        time = element
    if attributes and not drop_cap and element.text and is_one_letter(element.text):
        drop_cap = _is_drop_cap(attributes)
    return Context(node, areas, heading, link, time, drop_cap, row)


def _is_one_line(row: Any) -> bool:
    """Return whether a table row holds data, so that its cells belong on one line."""
    return not _LAYOUT_ROW(row) and sum(map(len, row.itertext())) <= _MAX_ROW


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


def _is_time(tag: str, attributes: _Attributes) -> bool:
    """Return whether an element marks a timestamp: `time`, microdata, or hAtom's `abbr`."""
    return (
        tag == "time"
        or ("itemprop" in attributes and not _MICRODATA.isdisjoint(attributes["itemprop"].split()))
        or (tag == "abbr" and not _HATOM.isdisjoint(attributes.get("class", "").split()))
    )


def _is_drop_cap(attributes: _Attributes) -> bool:
    names, style = attributes.get("class", ""), attributes.get("style", "")
    return bool(_DROP_CAP.search(names) or _FLOATS.search(style))


def _superscript(text: str) -> str:
    """Return a raised number in superscript characters ('10²'), '' for other text ('21st')."""
    bare = text.strip()
    return bare.translate(_TO_SUPERSCRIPT) if _SUPERSCRIPT.fullmatch(bare) else ""


def _sources(image: Any) -> Iterator[str]:
    """Yield the possible URLs of an image: its src, then the attributes for loading it late."""
    for name in ("src", "data-src", "data-lazy-src", "data-original"):
        yield image.get(name, "")
    for name in ("srcset", "data-srcset"):
        yield image.get(name, "").split(",")[-1].strip().split(" ")[0]


def _image_url(src: str) -> str:
    src = src.strip()
    return "" if src.lower().startswith(("data:", "blob:", "javascript:")) else src
