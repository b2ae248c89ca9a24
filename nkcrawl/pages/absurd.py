"""Which pages are larger or stranger than any page for readers? Asked before reading them costs
more than it may.
"""

from typing import Any

from lxml import etree

_MAX_TAGS = (
    200_000  # in bytes as they came, the feed's included; a tree of so many takes some 100 MB
)
_MAX_WORDS_IN_TAG = 10_000  # the parser compares each attribute with every other
_MAX_NODES = 20_000  # of a page; the reader needs a millisecond for some ten of them
# The reader goes down as deep; the parser drops in silence what lies some two thousand levels down,
# and all that follows it.
_MAX_DEPTH = 100
_COUNT_NODES = etree.XPath("count(//*) + count(//comment()) + count(//processing-instruction())")
_TOO_DEEP = etree.XPath("/*" * (_MAX_DEPTH + 1))  # the elements of the first level that is too many

ABSURD = "absurd page"  # the reason for which it is not kept


def is_absurd_markup(body: bytes) -> bool:
    """Tell whether a body, not yet parsed, has so much markup that parsing it would take too much
    memory or time.
    """
    if body.count(b"<") > _MAX_TAGS:
        return True
    return any(
        len(tag) > _MAX_WORDS_IN_TAG and len(tag.partition(b">")[0].split()) > _MAX_WORDS_IN_TAG
        for tag in body.split(b"<")[1:]
    )


def is_absurd(root: Any) -> bool:
    """Tell whether an lxml document has so many nodes, or so many levels of them, that reading it
    would take too long.
    """
    return bool(_COUNT_NODES(root) > _MAX_NODES or _TOO_DEEP(root))
