"""Blocks: the lines of visible text of a page, made from the pieces of text in its elements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from nkcrawl.text import normalize_for_match, normalize_whitespace, strip_repetition

BEFORE = 60  # characters before a timestamp that say what it is
_OUTSIDE = frozenset(("nav", "aside", "footer"))
_MAX_CACHED = 100  # characters of a line that other pages may have too
_SENTENCE_STOPS = (".", "!", "?", "”", '"', "…")
_MODIFIED = re.compile(r"modif|updated?(?![a-z])", re.IGNORECASE)
_QUOTES = "“\"‘'"
# What cannot begin a word, so that it continues the word 'A' or 'I' before it: 'A' 'fter', 'I' 'n'.
_REST_OF_WORD = re.compile(
    r"[b-df-hj-np-tv-z]\b|([b-df-hj-np-tv-z])\1|ft|lr|lt|mb|mp|nd|nt|rm|rt|ct"
)


class Node:
    """A block-level element, and the range of blocks in it: `first` up to but without `last`."""

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
class LinkedText:
    """A link in a block: its target as written, and its text."""

    href: str
    text: str
    author: bool = False  # rel=author
    category: bool = False  # rel=category, WordPress's for a category of the entry


@dataclass(slots=True)
class TimeElement:
    """A timestamp in markup: its machine-readable form and its text."""

    value: str
    text: str
    start: int  # where in the block the text begins
    before: str  # the end of the text before it
    modified: bool  # the markup calls it the time of a change


@dataclass(slots=True)
class Image:
    """An image, and the index of the block that follows it."""

    src: str
    alt: str
    href: str | None
    before: int


@dataclass(slots=True)
class Block:
    """A line or paragraph of visible text."""

    text: str
    deduplicated: str  # 'X' for 'XX'
    match_key: str  # that, normalized for comparison, without a colon at its end
    areas: frozenset[str]  # tags of the sectioning elements around it
    heading: bool
    node: Node  # the innermost block-level element
    own: int  # characters outside links
    links: list[LinkedText] = field(default_factory=list)
    times: list[TimeElement] = field(default_factory=list)
    linked: bool = False  # all of it is in links or a button

    @property
    def outside(self) -> bool:
        """Whether it stands in navigation, an aside or a footer."""
        return not _OUTSIDE.isdisjoint(self.areas)

    def equals(self, text: str) -> bool:
        """Return whether the block is nothing but the text, once or repeated."""
        return self.match_key == normalize_for_match(text)


@dataclass(slots=True)
class Body:
    """The blocks and images of a page in reading order, and its block-level elements."""

    blocks: list[Block]
    images: list[Image]
    nodes: list[Node]  # in document order


class Context(NamedTuple):
    """What surrounds a piece of text."""

    node: Node  # the innermost block-level element
    areas: frozenset[str] = frozenset()
    heading: bool = False
    link: Any = None
    time: Any = None
    drop_cap: bool = False
    row: bool = False  # a table row that is read as one line


Piece = tuple[str, Context]
BREAK: Piece = ("\n", Context(Node("br", {}, None, 0)))  # a <br>; no other piece has a new line


def make_blocks(pieces: list[Piece], context: Context) -> list[Block]:
    """Return the blocks that the pieces of one element make, one per line."""
    blocks = []
    for line in _lines(pieces):
        if any(piece_context.drop_cap for _, piece_context in line[:2]):
            line = _with_drop_cap(line)
        if text := normalize_whitespace("".join([piece for piece, _ in line])):
            blocks.append(_block(text, line, context))
    return blocks


def joined(initial: str, block: Block) -> Block:
    """Return the block with the first letter of its first word put before it."""
    block.text = block.deduplicated = initial + block.text
    block.match_key = _match_forms(block.text)[1]
    return block


def _block(text: str, line: list[Piece], context: Context) -> Block:
    forms = _match_forms if len(text) <= _MAX_CACHED else _match_forms.__wrapped__
    deduplicated, match_key = forms(text)
    links = _grouped([(around.link, piece) for piece, around in line if around.link is not None])
    times = _grouped([(around.time, piece) for piece, around in line if around.time is not None])
    own = sum([len(piece.strip()) for piece, around in line if around.link is None])
    return Block(
        text=text,
        deduplicated=deduplicated,
        match_key=match_key,
        areas=context.areas,
        heading=context.heading,
        node=context.node,
        own=own,
        links=[_linked_text(link, label) for link, label in links],
        times=list(_times(text, times)) if times else [],
        linked=not own or "button" in context.areas,
    )


@lru_cache(maxsize=5_000)  # the pages of a site share most of their short lines
def _match_forms(line: str) -> tuple[str, str]:
    deduplicated = strip_repetition(line)
    return deduplicated, normalize_for_match(deduplicated).rstrip(":")


def _linked_text(link: Any, text: str) -> LinkedText:
    relations = link.get("rel", "").split()
    return LinkedText(link.get("href", ""), text, "author" in relations, "category" in relations)


def _times(text: str, elements: list[tuple[Any, str]]) -> Iterator[TimeElement]:
    end = 0
    for element, label in elements:
        start = max(text.find(label, end), end)
        value = next(filter(None, map(element.get, ("datetime", "content", "title"))), "")
        before = text[max(0, start - BEFORE) : start]
        yield TimeElement(value, label, start, before, _is_modified(element))
        end = start + len(label)


def _is_modified(time: Any) -> bool:
    """Return whether a time is that of a change: dateModified, `updated`, `dt-updated`.

    These are names of microdata, hAtom and h-entry.
    """
    return bool(_MODIFIED.search(f"{time.get('itemprop', '')} {time.get('class', '')}"))


def _grouped(pairs: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Join the texts of each element, elements in order of their first piece."""
    texts: dict[Any, list[str]] = {}
    for element, piece in pairs:
        texts.setdefault(element, []).append(piece)
    return [(element, normalize_whitespace("".join(pieces))) for element, pieces in texts.items()]


# --- Lines and drop caps --------------------------------------------------------------------------


def _lines(pieces: list[Piece]) -> list[list[Piece]]:
    """Split the pieces of one element at each `<br>`, except one that only wraps a sentence."""
    if BREAK not in pieces:
        return [pieces]
    lines: list[list[Piece]] = [[]]
    breaks = 0
    for piece in pieces:
        if piece is BREAK:
            breaks += 1
        elif piece[0].strip() or not breaks:
            if breaks and not (breaks == 1 and _wraps(lines[-1], piece[0])):
                lines.append([])
            elif breaks:
                lines[-1].append((" ", piece[1]))
            breaks = 0
            lines[-1].append(piece)
    return lines


def _wraps(line: list[Piece], following: str) -> bool:
    before = next((piece.rstrip() for piece, _ in reversed(line) if piece.strip()), "")
    after = following.strip()
    is_byline = after == "by" or after.startswith("by ")
    return after[:1].islower() and not is_byline and not before.endswith(_SENTENCE_STOPS)


def is_one_letter(text: str) -> bool:
    """Return whether a text is one character, with or without an opening quote."""
    return len(text.strip().lstrip(_QUOTES)) == 1


def _with_drop_cap(line: list[Piece]) -> list[Piece]:
    """Return the line without the white space between a drop cap and the rest of its word."""
    full = [index for index, (piece, _) in enumerate(line) if piece.strip()]
    if len(full) < 2 or not line[full[0]][1].drop_cap:
        return line
    first, second = line[full[0]], line[full[1]]
    rest = "".join(piece for piece, _ in line[full[0] + 1 : full[1] + 1])
    if not _is_one_word(first[0], rest):
        return line
    return [(first[0].strip(), first[1]), (second[0].lstrip(), second[1]), *line[full[1] + 1 :]]


def _is_one_word(drop_cap: str, rest: str) -> bool:
    """Return whether a drop cap and the text behind it are one word, with or without a space."""
    letter = drop_cap.strip().lstrip(_QUOTES)
    following = rest.lstrip()
    if len(letter) != 1 or not following[:1].islower():
        return False
    spaced = following != rest or drop_cap != drop_cap.rstrip()
    return not spaced or letter not in "AI" or bool(_REST_OF_WORD.match(following))
