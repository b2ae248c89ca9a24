"""What a line says of who wrote an article and when: the grammar of bylines."""

import re
from collections.abc import Iterable
from functools import lru_cache

from nkcrawl import site
from nkcrawl.pages.blocks import Block
from nkcrawl.text import (
    normalize_for_match,
    normalize_whitespace,
    straighten_quotes,
    strip_repetition,
    without_dates,
)

MAX_BYLINE = 300  # characters; a longer line is text
_PARTICLES = "de|der|den|van|von|al|bin|ibn|la|le|di|da|dos|du|del|el|st|zu|ter|y"
_WORD = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*+"
_NAME = re.compile(rf"{_WORD}(?: (?:{_WORD}|{_PARTICLES})){{0,5}}")
_HANGUL_NAME = re.compile(r"[가-힣]{2,5}")
# Words of a role, which no person is called by; a part of a byline that holds one does not name a
# person.
_ROLE = re.compile(
    r"\b(?:correspondents?|reporters?|editors?|editorial|writers?|staff|columnists?|contributors?|contributing|analysts?"
    r"|photographers?|producers?|journalists?|directors?|chief|bureau|intern|fellow|professor|researcher|authors?|guest"
    r"|special|senior|deputy|managing|executive|data|comments?|views?|shares?|newsletter|twitter|facebook|e-?mail"
    r"|articles?|posts?|stories|news|media|social|sharing|policies|privacy|desk|team|redaktion|icon|getty"
    r"|kst|jst|ist|gmt|utc|bst|cet|cest|edt|est|pdt|pst|uhr|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|입력|수정|등록|승인|댓글",
    re.IGNORECASE,
)
# What buttons and labels beside a byline begin with; later in a name such a word may be a surname.
_LABEL = re.compile(
    r"(?:more|all|view|see|about|follow|contact|share|print|copy|link|read|updated?|published|posted|modified|profile|bio|latest"
    r"|subscribe|photos?|images?|illustrations?|graphics?|today|yesterday|ago|via)\b",
    re.IGNORECASE,
)
# Credits of others than the authors.
_OTHERS = re.compile(
    r"\b(?:photo(?:graph)?s?|images?|pictures?|illustrations?|graphics?|edited|editing|translated|translation|additional reporting)"
    r"\s+by\s+[^|,;·•]+",
    re.IGNORECASE,
)
_TITLES_AFTER = (
    "선임기자",
    "기자",
    "특파원",
    "논설위원",
)  # 'Hong Gil-dong reporter', as Korean bylines have it
_IN_BRACKETS = re.compile(r" ?\([^()]{0,60}\)?$")
_OPENING = re.compile(
    r"^[\s|,·•:–—-]*(?:(?:by|written by|posted by|published by|reported by|story by|words by|report by|text by|authors?"
    r"|autor(?:en|in|a|es)?|auteurs?|autore|von|par|por|de)\b:?\s*)+",
    re.IGNORECASE,
)
# Signs between the parts of a byline; words between the names.
_BETWEEN = re.compile(
    r" ?(?:[|,;·•/()\[\]]| [–—-] |&|\band\b|\bby\b|\bwith\b|\bund\b|\bog\b|\bfor\b"
    r"|\b(?:last )?(?:updated|published|posted|modified)\b:?) ?",
    re.IGNORECASE,
)
# 'in Seoul', 'from Beijing and Dandong', and the sections of 'in News, Business'
_PLACE = re.compile(
    r" ?\b(?:in|from|at|reporting from) [A-Z][\w’'-]*(?:(?:,? | and )[A-Z][\w’'-]*){0,3} ?(?=$|[|,;·•–—-]|and\b)"
    r"(?:, ?[A-Z][\w’'-]* ?(?=$|[|,;·•–—-])){0,9}"
)
_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?(?: ?(?:KST|UTC|GMT|E[SD]T|[+-]\d{2}:?\d{2}))?",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b\d[\d,.]*\s*(?:min(?:ute)?s?|comments?|views?|shares?|words?|k)\b(?:[ -](?:read|listen|ago))?",
    re.IGNORECASE,
)
# What may stand beside names and dates without saying anything.
_BESIDE = re.compile(
    r"\b(?:by|on|at|and|with|in|from|for|the|published|posted|written|reported|last|first|updated?|modified|edited|revised"
    r"|KST|UTC|GMT|E[SD]T|mon|tues?|wed|thu(?:rs)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day|date|time"
    r"|reading|read|min|minutes?|filed under|categor(?:y|ies)|comments?|share|by:)\b|한국어|[|,&·•:@/()\[\]–—.-]",
    re.IGNORECASE,
)


def is_name(part: str) -> bool:
    """Return whether a string may be the name of a person, or of the site's own desk ('NK
    News').
    """
    if len(part) > 60:
        return False
    if normalize_for_match(part) == normalize_for_match(site.NAME):
        return True
    return bool(
        (_NAME.fullmatch(part) or _HANGUL_NAME.fullmatch(part))
        and not (_ROLE.search(part) or _LABEL.match(part))
    )


def names_in(line: str) -> list[str]:
    """Return the names in a byline without links, in order: 'By Ann Lee and Bo Day, Senior
    Correspondent in Seoul'.

    The site's own name counts only where no other name stands ('NK News | By Ann Lee').
    """
    parts = [
        part
        for piece in _BETWEEN.split(_PLACE.sub(" | ", _without_extras(line)))
        if (part := clean_name(piece))
    ]
    names = list(dict.fromkeys(part for part in parts if is_name(part)))
    people = [name for name in names if normalize_for_match(name) != normalize_for_match(site.NAME)]
    return full_names(people) or names


def full_names(names: list[str]) -> list[str]:
    """Return the names of two words or more, or all where none has: a lone word beside them is a
    place or a section.
    """
    return [name for name in names if is_whole_name(name)] or names


def clean_name(piece: str) -> str:
    """Return a name as it is stored: without 'By', doubling, signs around it; apostrophes
    straight.
    """
    if len(piece) > MAX_BYLINE:
        return ""
    bare = _OPENING.sub("", normalize_whitespace(piece)).strip(" |,;:·•–—-()[]*†⁰¹²³⁴⁵⁶⁷⁸⁹")
    bare = _IN_BRACKETS.sub("", bare)
    for title in _TITLES_AFTER:
        bare = bare.removesuffix(title).rstrip()
    return straighten_quotes(strip_repetition(bare))


# Class names for what a byline stands in: hAtom's and WordPress's 'author', and the word itself.
_NAMED = re.compile(r"(?<![a-z])(?:by-?line|authors?)(?![a-z])", re.IGNORECASE)


def is_named_byline(block: Block) -> bool:
    """Return whether the element of a block, or one close around it that holds little more, is
    called a byline.
    """
    node = block.node
    for _ in range(3):
        if _NAMED.search(node.names.replace("_", "-")):
            return True
        if node.parent is None or node.parent.last - node.parent.first > 4:
            return False
        node = node.parent
    return False


def has_opening(line: str) -> bool:
    """Return whether a line, or a part of it, begins like 'By …'."""
    return any(_OPENING.match(part.strip()) for part in _without_extras(line).split("|"))


def is_whole_name(name: str) -> bool:
    """Return whether a name is more than one word, as most are; Korean, Chinese and Japanese ones
    are one.
    """
    return " " in name or ord(name[0]) >= _FIRST_EAST_ASIAN


_FIRST_EAST_ASIAN = 0x2E80


def rest_of(block: Block, names: Iterable[str] = ()) -> str:
    """Return what a line says beside dates, times, counts, `names` and the words that join them."""
    line = block.text
    for time in block.times:
        line = line.replace(time.text, " ", 1)
    for name in sorted(names, key=len, reverse=True):
        line = line.replace(name, " ")
    return " ".join(_BESIDE.sub(" ", _without_extras(line)).split())


def is_joining(line: str) -> bool:
    """Return whether a line has nothing but what joins the parts of a byline: 'by', '—', '5 min
    read'.
    """
    return (
        len(line) <= MAX_BYLINE
        and not _BESIDE.sub("", _COUNT.sub("", _CLOCK.sub("", line))).strip()
    )


@lru_cache(maxsize=100)  # a line is asked about several times
def _without_extras(line: str) -> str:
    return _COUNT.sub(" | ", _CLOCK.sub(" | ", without_dates(_OTHERS.sub(" | ", line), " | ")))
