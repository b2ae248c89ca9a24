"""Which elements of a page its reader does not see, by the page's own style sheet and by its own
statement.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cssselect import ExpressionError, HTMLTranslator, SelectorError
from cssselect.xpath import XPathExpr
from lxml import etree
from parsel import Selector

# The patterns here are such that the time they take grows as the style sheet does, and no faster.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# '@media print { … { … } … }' and the like hold for other readers; '@import …;' holds no rule.
_AT_RULE = re.compile(r"@[^@;{}]*+(?:;|\{(?:[^{}]++|\{[^{}]*+\})*+\})")
# Declarations, of a rule or of a style attribute, that take an element from sight.
HIDES = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SHOWS = re.compile(r"(?:^|;)\s*(?:display|visibility)\s*:", re.IGNORECASE)
# '[data-state=closed]'
_ATTRIBUTE = re.compile(r"\[[^\]]*\]")
# '.menu-toggle', '#offcanvas .edit-link', 'ul.tabs > li': no more than tags, classes, ids, and what
# is in what.
_PLAIN = re.compile(r"[\w\s.#>*-]+")
_NAME = re.compile(r"[.#]([\w-]+)")
_STYLES = etree.XPath(
    "//style[not(@media) or @media='all' or @media='screen']/text()", smart_strings=False
)
_NAMES = etree.XPath("//@class | //@id", smart_strings=False)
_MAX_STYLE = 300_000  # characters; larger style sheets are not read
_MAX_SELECTORS = 500  # that hide or show something


def concealed(html: Selector, withheld: list[str]) -> frozenset[Any]:
    """Return the elements (lxml) that the page's `<style>` hides, and those that `withheld`, CSS
    selectors, call not free.

    Later rules beat earlier ones; finer points of the cascade, and selectors with a state
    (`:hover`) or for siblings (`+`, `~`), are not followed.
    """
    rules = _display_rules("\n".join(_STYLES(html.root))) + [
        (selector, True) for selector in withheld[:_MAX_SELECTORS]
    ]
    named = set(" ".join(_NAMES(html.root)).split()) if rules else set()
    hidden: set[Any] = set()
    for selector, hides in rules:
        if not _names_needed(selector) <= named:
            continue  # most rules are for other pages of the site
        if hides:
            hidden |= _matching(html, selector)
        elif hidden:
            hidden -= _matching(html, selector)
    return frozenset(hidden)


@lru_cache(maxsize=2_000)
def _names_needed(selector: str) -> frozenset[str]:
    """Return classes and ids without which nothing on a page matches a plain selector; nothing of
    any other.
    """
    plain = _ATTRIBUTE.sub("", selector)
    return frozenset(_NAME.findall(plain)) if _PLAIN.fullmatch(plain) else frozenset()


@lru_cache(maxsize=4)  # the pages of a site have their style sheets in common
def _display_rules(style: str) -> list[tuple[str, bool]]:
    """Return the selectors whose rules hide (True) or show (False) something, in order."""
    if len(style) > _MAX_STYLE or not HIDES.search(style.replace("{", ";")):
        return []
    plain = _AT_RULE.sub("", _COMMENT.sub("", style))
    rules = [
        (selector.strip(), bool(HIDES.search(declarations)))
        for selectors, declarations in _rules(plain) if _is_of_sight(declarations)
        for selector in selectors.split(",") if ":" not in selector
    ]  # fmt: skip
    return rules[:_MAX_SELECTORS]


def _is_of_sight(declarations: str) -> bool:
    return bool(_SHOWS.search(declarations))


def _rules(style: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the declarations of each innermost `… { … }`."""
    # To look for a word in lower case is many times as fast as any pattern.
    for rule, lower in zip(style.split("}")[:-1], style.lower().split("}"), strict=False):
        if "display" not in lower and "visibility" not in lower:
            continue
        before, brace, declarations = rule.rpartition("{")
        if brace:
            yield before.rpartition("{")[2], declarations


class _FromTheInside(HTMLTranslator):
    """Looks for what `div p` ends with, then for what is around it: the way down takes libxml2
    minutes on a large page.
    """

    def xpath_descendant_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"ancestor::{left}")

    def xpath_child_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        left.add_name_test()
        return right.add_condition(f"parent::*[{left.condition or 'true()'}]")

    def xpath_direct_adjacent_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        raise ExpressionError("Siblings are not followed.")

    xpath_indirect_adjacent_combinator = xpath_direct_adjacent_combinator


_IN_XPATH = _FromTheInside()


def _matching(html: Selector, selector: str) -> set[Any]:
    try:
        return set(_search_for(selector)(html.root))
    except (
        SelectorError,
        etree.XPathError,
        ValueError,
    ):  # no CSS selector, or one that no XPath says
        return set()


@lru_cache(maxsize=100)  # the pages of a site have their style sheets in common
def _search_for(selector: str) -> etree.XPath:
    return etree.XPath(_IN_XPATH.css_to_xpath(selector))
