"""The paragraphs of an article: without duplicates and pull quotes, stock notes split off."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nkcrawl import site
from nkcrawl.pages.page import ArticlePage
from nkcrawl.paywall import filler_in
from nkcrawl.text import normalize_for_match

# 'News.The': a stop, then a capital without a space; the letters before it keep 'U.S.' whole.
_GLUED = re.compile(r"(?<=[a-z’'”\")]{2}[.!?])(?=[A-Z“\"‘])")
# Up to the stop of a sentence, which is not that of an initial ('J. Smith') or of a title.
_FIRST_SENTENCE = re.compile(
    r".*?(?<!\b[A-Z])(?<!\b[DM]r)(?<!\bM[rs]s)(?<!\bMs)(?<!\bProf)[.!?]+[”\"’']*"
)
_MIN_DUPLICATE = 40  # characters; a shorter paragraph may be a refrain
_QUOTE_AREAS = frozenset(("blockquote", "figure", "aside"))


class ReadBlock(NamedTuple):
    """A visible block of a page, its region and role; the role `text` marks paragraphs."""

    region: str
    role: str
    text: str


def read_blocks(page: ArticlePage) -> Iterator[ReadBlock]:
    """Yield every block in order; a stock note glued to a paragraph becomes a block of its own."""
    texts = [index for index, role in enumerate(page.roles) if role == "text"]
    duplicates = _duplicates(page, texts)
    quotes = _pull_quotes(page, texts)
    for index, (block, role) in enumerate(zip(page.blocks, page.roles, strict=True)):
        region = page.regions.of[index]
        if role != "text":
            yield ReadBlock(region, role, block.text)
        elif index in duplicates:
            yield ReadBlock(region, "repeat", block.text)
        elif index in quotes:
            yield ReadBlock(region, "pull quote", block.text)
        else:
            label, note, rest = split_note(block.text)
            parts = (("note label", label), ("note", note), ("text", rest))
            yield from (ReadBlock(region, part_role, part) for part_role, part in parts if part)


def _pull_quotes(page: ArticlePage, texts: list[int]) -> set[int]:
    """Return the blocks that repeat part of a longer paragraph in an element for quotes."""
    quotes = [index for index in texts if not _QUOTE_AREAS.isdisjoint(page.blocks[index].areas)]
    if not quotes:
        return set()
    body = "\n".join(page.blocks[index].match_key for index in texts if index not in quotes)
    keys = {index: page.blocks[index].match_key.strip("'\"") for index in quotes}
    return {index for index, key in keys.items() if key and key in body}


def _duplicates(page: ArticlePage, texts: list[int]) -> set[int]:
    """Return the paragraphs that repeat an earlier one: long ones, or any if all stand twice."""
    keys = {
        index: normalize_for_match(page.blocks[index].text)
        for index in texts
        if not filler_in(page.blocks[index].text)
    }
    ordered = list(keys.values())
    half = len(ordered) // 2
    twice = half > 0 and (
        ordered[:half] == ordered[half : 2 * half] or ordered[::2] == ordered[1::2]
    )
    seen: set[str] = set()
    duplicates = set()
    for index, key in keys.items():
        if key in seen and (len(key) >= _MIN_DUPLICATE or twice):
            duplicates.add(index)
        seen.add(key)
    return duplicates


# --- Stock notes ----------------------------------------------------------------------------------


def _stock_note(paragraph: str) -> tuple[site.StockNote, int] | None:
    """Return the stock note that a paragraph begins with, and its start after 'Editor’s note:'."""
    label = site.EDITORS_NOTE.match(paragraph)
    start = label.end() if label else 0
    note = next((note for note in site.STOCK_NOTES if note.opening.match(paragraph, start)), None)
    return (note, start) if note else None


def begins_note(line: str) -> bool:
    """Return whether a line begins with a stock note, or is the label of one."""
    return bool(site.EDITORS_NOTE.fullmatch(line)) or _stock_note(line) is not None


def split_note(paragraph: str) -> tuple[str, str, str]:
    """Split a paragraph into ('Editor’s note:', stock note, rest), each '' if missing."""
    if site.EDITORS_NOTE.fullmatch(paragraph):
        return paragraph, "", ""
    match = _stock_note(paragraph)
    if match is None:
        return "", "", paragraph
    note, start = match
    label, bare = paragraph[:start].strip(), paragraph[start:]
    glue, first = _GLUED.search(bare), _FIRST_SENTENCE.match(bare)
    end = len(bare)
    if note.sentence and first:
        end = first.end()
    elif glue:
        end = glue.start()
    return label, bare[:end].strip(), bare[end:].strip()
