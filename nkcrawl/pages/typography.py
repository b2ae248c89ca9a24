"""Letters that stand apart from their word, and numbers that are raised above it."""

import re

_SUPERSCRIPT = re.compile(r"[\d+−-]{1,4}")
_AS_SUPERSCRIPT = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_QUOTES = "“\"‘'"
# A large first letter: WordPress's and other editors' class names for it, or a letter that floats.
_DROP_CAP = re.compile(r"drop-?_?cap|first-?letter", re.IGNORECASE)
_FLOATS = re.compile(r"(?:^|;)\s*float\s*:", re.IGNORECASE)
# After 'A' or 'I', which are words: what cannot begin one, as in 'A' 'fter', 'I' 'n'.
_REST_OF_WORD = re.compile(
    r"[b-df-hj-np-tv-z]\b|([b-df-hj-np-tv-z])\1|ft|lr|lt|mb|mp|nd|nt|rm|rt|ct"
)


def superscript(mark: str) -> str:
    """Return a raised number as characters of its own ('10²'), '' for other raised text
    ('21st').
    """
    bare = mark.strip()
    return bare.translate(_AS_SUPERSCRIPT) if _SUPERSCRIPT.fullmatch(bare) else ""


def is_one_letter(piece: str) -> bool:
    """Return whether a piece of text is one character, behind an opening quote or not."""
    return len(piece.strip().lstrip(_QUOTES)) == 1


def is_drop_cap(names: str, style: str) -> bool:
    """Return whether the class names or the style of an element make its letter a large first
    one.
    """
    return bool(_DROP_CAP.search(names) or _FLOATS.search(style))


def is_one_word(cap: str, rest: str) -> bool:
    """Return whether a drop cap and the text behind it are one word, white space between them or
    not.
    """
    letter = cap.strip().lstrip(_QUOTES)
    following = rest.lstrip()
    if len(letter) != 1 or not following[:1].islower():
        return False
    spaced = following != rest or cap != cap.rstrip()
    return not spaced or letter not in "AI" or bool(_REST_OF_WORD.match(following))
