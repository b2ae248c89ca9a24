"""Parsing a page, and limits on its size and depth, so that reading it cannot cost too much."""

from typing import Any

from lxml import etree
from parsel import Selector
from parsel.selector import create_root_node

TOO_COMPLEX = "absurd page"  # the reason stored for a page beyond the limits

_MAX_TAGS = 200_000  # in the raw bytes, also of a feed; parsed, they take about 100 MB
_MAX_WORDS_IN_TAG = 10_000  # the parser compares each attribute with every other
_MAX_NODES = 20_000  # of the parsed page; reading ten of them takes about a millisecond
# The walk over the tree recurses this deep. The parser silently drops what lies below about 2,000
# levels, and everything after it.
_MAX_DEPTH = 100
_COUNT_NODES = etree.XPath("count(//*) + count(//comment()) + count(//processing-instruction())")
_TOO_DEEP = etree.XPath("/*" * (_MAX_DEPTH + 1))


def parse_html(markup: str) -> Selector:
    """Return the tree of a page, made of plain lxml elements.

    By default parsel builds lxml.html elements; creating each runs Python code, which takes a tenth
    of the time of reading a page.
    """
    return Selector(root=create_root_node(markup, etree.HTMLParser))


def exceeds_limits(body: bytes) -> bool:
    """Return whether parsing a body would take too much memory or time."""
    if body.count(b"<") > _MAX_TAGS:
        return True
    return any(
        len(tag) > _MAX_WORDS_IN_TAG and len(tag.partition(b">")[0].split()) > _MAX_WORDS_IN_TAG
        for tag in body.split(b"<")[1:]
    )


def tree_exceeds_limits(root: Any) -> bool:
    """Return whether an lxml document has too many nodes or levels to be read."""
    return bool(_COUNT_NODES(root) > _MAX_NODES or _TOO_DEEP(root))
