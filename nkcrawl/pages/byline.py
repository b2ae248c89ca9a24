"""The grammar of bylines: what a line says about the authors and dates of an article."""

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
_MAX_NAME = 60
_FIRST_EAST_ASIAN = 0x2E80  # code point
_PARTICLES = "de|der|den|van|von|al|bin|ibn|la|le|di|da|dos|du|del|el|st|zu|ter|y"
_WORD = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*+"
_NAME = re.compile(rf"{_WORD}(?: (?:{_WORD}|{_PARTICLES})){{0,5}}")
_HANGUL_NAME = re.compile(r"[가-힣]{2,5}")
# Words that are not part of a person's name: roles, and what pages print beside bylines.
_ROLE = re.compile(
    r"\b(?:correspondents?|reporters?|editors?|editorial|writers?|staff|columnists?|contributors?"
    r"|contributing|analysts?"
    r"|photographers?|producers?|journalists?|directors?|chief|bureau|intern|fellow|professor"
    r"|researcher|authors?|guest"
    r"|special|senior|deputy|managing|executive|data|comments?|views?|shares?|newsletter|twitter"
    r"|facebook|e-?mail"
    r"|articles?|posts?|stories|news|media|social|sharing|policies|privacy|desk|team|redaktion|icon"
    r"|getty"
    r"|kst|jst|ist|gmt|utc|bst|cet|cest|edt|est|pdt|pst|uhr"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|입력|수정|등록|승인|댓글",
    re.IGNORECASE,
)
# Openings of buttons and labels beside a byline; later in a name such a word may be a surname.
_LABEL = re.compile(
    r"(?:more|all|view|see|about|follow|contact|share|print|copy|link|read|updated?|published"
    r"|posted|modified|profile|bio|latest"
    r"|subscribe|photos?|images?|illustrations?|graphics?|today|yesterday|ago|via)\b",
    re.IGNORECASE,
)
# Credits of people other than the authors.
_OTHER_CREDITS = re.compile(
    r"\b(?:photo(?:graph)?s?|images?|pictures?|illustrations?|graphics?|edited|editing|translated"
    r"|translation|additional reporting)\s+by\s+[^|,;·•]+",
    re.IGNORECASE,
)
# Korean bylines have the title after the name: 'Hong Gil-dong reporter'.
_TITLES_AFTER = ("선임기자", "기자", "특파원", "논설위원")
_IN_BRACKETS = re.compile(r" ?\([^()]{0,60}\)?$")
_OPENING = re.compile(
    r"^[\s|,·•:–—-]*(?:(?:by|written by|posted by|published by|reported by|story by|words by"
    r"|report by|text by|authors?"
    r"|autor(?:en|in|a|es)?|auteurs?|autore|von|par|por|de)\b:?\s*)+",
    re.IGNORECASE,
)
# Signs between the parts of a byline, and words between the names.
_SEPARATOR = re.compile(
    r" ?(?:[|,;·•/()\[\]]| [–—-] |&|\band\b|\bby\b|\bwith\b|\bund\b|\bog\b|\bfor\b"
    r"|\b(?:last )?(?:updated|published|posted|modified)\b:?) ?",
    re.IGNORECASE,
)
# 'in Seoul', 'from Beijing and Dandong', and sections, 'in News, Business'.
_PLACE = re.compile(
    r" ?\b(?:in|from|at|reporting from) [A-Z][\w’'-]*"
    r"(?:(?:,? | and )[A-Z][\w’'-]*){0,3} ?(?=$|[|,;·•–—-]|and\b)"
    r"(?:, ?[A-Z][\w’'-]* ?(?=$|[|,;·•–—-])){0,9}"
)
_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?"
    r"(?: ?(?:KST|UTC|GMT|E[SD]T|[+-]\d{2}:?\d{2}))?",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b\d[\d,.]*\s*(?:min(?:ute)?s?|comments?|views?|shares?|words?|k)\b"
    r"(?:[ -](?:read|listen|ago))?",
    re.IGNORECASE,
)
# Words beside names and dates that have no meaning of their own.
_JOINING = re.compile(
    r"\b(?:by|on|at|and|with|in|from|for|the|published|posted|written|reported|last|first|updated?"
    r"|modified|edited|revised"
    r"|KST|UTC|GMT|E[SD]T|mon|tues?|wed|thu(?:rs)?|fri|sat|sun"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|date|time"
    r"|reading|read|min|minutes?|filed under|categor(?:y|ies)|comments?|share|by:)\b|한국어"
    r"|[|,&·•:@/()\[\]–—.-]",
    re.IGNORECASE,
)
# Class names of a byline: 'author' in hAtom and WordPress, and the word itself.
_BYLINE_CLASS = re.compile(r"(?<![a-z])(?:by-?line|authors?)(?![a-z])", re.IGNORECASE)


def is_site_name(text: str) -> bool:
    """Return whether a text is the name of the site, which is also its desk's in bylines."""
    return normalize_for_match(text) == normalize_for_match(site.NAME)


def is_name(text: str) -> bool:
    """Return whether a text may be the name of a person, or of the site's desk."""
    if len(text) > _MAX_NAME:
        return False
    if is_site_name(text):
        return True
    return bool(
        (_NAME.fullmatch(text) or _HANGUL_NAME.fullmatch(text))
        and not (_ROLE.search(text) or _LABEL.match(text))
    )


def names_in(line: str) -> list[str]:
    """Return the names in a byline without links, in order.

    'By Ann Lee and Bo Day, Senior Correspondent in Seoul' has two. The site's own name counts only
    if there is no other ('NK News | By Ann Lee').
    """
    pieces = _SEPARATOR.split(_PLACE.sub(" | ", _without_extras(line)))
    names = list(dict.fromkeys(name for name in map(clean_name, pieces) if name and is_name(name)))
    people = [name for name in names if not is_site_name(name)]
    return full_names(people) or names


def full_names(names: list[str]) -> list[str]:
    """Return the names of several words, or all if there are none: a lone word is rarely a name."""
    return [name for name in names if is_full_name(name)] or names


def is_full_name(name: str) -> bool:
    """Return whether a name is complete: several words, or one word in an East Asian script."""
    return " " in name or ord(name[0]) >= _FIRST_EAST_ASIAN


def clean_name(text: str) -> str:
    """Return a name as stored: without 'By', repetition and signs around it, quotes straight."""
    if len(text) > MAX_BYLINE:
        return ""
    bare = _OPENING.sub("", normalize_whitespace(text)).strip(" |,;:·•–—-()[]*†⁰¹²³⁴⁵⁶⁷⁸⁹")
    bare = _IN_BRACKETS.sub("", bare)
    for title in _TITLES_AFTER:
        bare = bare.removesuffix(title).rstrip()
    return straighten_quotes(strip_repetition(bare))


def has_byline_class(block: Block) -> bool:
    """Return whether a block's element, or a small one close around it, has a byline's class."""
    node = block.node
    for _ in range(3):
        if _BYLINE_CLASS.search(node.names.replace("_", "-")):
            return True
        if node.parent is None or node.parent.last - node.parent.first > 4:
            return False
        node = node.parent
    return False


def has_opening(line: str) -> bool:
    """Return whether a line, or a part of it, begins like 'By …'."""
    return any(_OPENING.match(part.strip()) for part in _without_extras(line).split("|"))


def rest_of(block: Block, names: Iterable[str] = ()) -> str:
    """Return the text of a line besides dates, times, counts, the given names and joining words."""
    line = block.text
    for time in block.times:
        line = line.replace(time.text, " ", 1)
    for name in sorted(names, key=len, reverse=True):
        line = line.replace(name, " ")
    return " ".join(_JOINING.sub(" ", _without_extras(line)).split())


def is_joining(line: str) -> bool:
    """Return whether a line only joins the parts of a byline: 'by', '—', '5 min read'."""
    if len(line) > MAX_BYLINE:
        return False
    return not _JOINING.sub("", _COUNT.sub("", _CLOCK.sub("", line))).strip()


@lru_cache(maxsize=100)  # several steps ask about the same line
def _without_extras(line: str) -> str:
    bare = without_dates(_OTHER_CREDITS.sub(" | ", line), " | ")
    return _COUNT.sub(" | ", _CLOCK.sub(" | ", bare))
