"""Which elements of a page are hidden by its style sheet, or marked as paywalled in its JSON-LD."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cssselect import ExpressionError, HTMLTranslator, SelectorError
from cssselect.xpath import XPathExpr
from lxml import etree
from parsel import Selector

# The time that each pattern takes grows linearly with the length of the style sheet.
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# '@media print { … { … } … }' and the like do not apply on a screen; '@import …;' holds no rule.
_AT_RULE = re.compile(r"@[^@;{}]*+(?:;|\{(?:[^{}]++|\{[^{}]*+\})*+\})")
# Declarations, in a rule or a style attribute, that hide an element.
HIDES = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SETS_VISIBILITY = re.compile(r"(?:^|;)\s*(?:display|visibility)\s*:", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\[[^\]]*\]")  # '[data-state=closed]'
# Selectors of tags, classes, ids and nesting only: '.menu-toggle', 'ul.tabs > li'.
_SIMPLE_SELECTOR = re.compile(r"[\w\s.#>*-]+")
_NAME = re.compile(r"[.#]([\w-]+)")
_STYLES = etree.XPath(
    "//style[not(@media) or @media='all' or @media='screen']/text()", smart_strings=False
)
_NAMES = etree.XPath("//@class | //@id", smart_strings=False)
_MAX_STYLE = 300_000  # characters; larger style sheets are ignored
_MAX_SELECTORS = 500  # that hide or show something


def hidden_elements(html: Selector, paywalled_selectors: list[str]) -> frozenset[Any]:
    """Return the lxml elements that the page's `<style>` or one of the given CSS selectors hides.

    Later rules override earlier ones. The rest of the cascade is not followed, nor are selectors
    with a state (`:hover`) or for siblings (`+`, `~`).
    """
    rules = _visibility_rules("\n".join(_STYLES(html.root))) + [
        (selector, True) for selector in paywalled_selectors[:_MAX_SELECTORS]
    ]
    names = set(" ".join(_NAMES(html.root)).split()) if rules else set()
    hidden: set[Any] = set()
    for selector, hides in rules:
        if not _required_names(selector) <= names:
            continue  # most rules are for other pages of the site
        if hides:
            hidden |= _matching(html, selector)
        elif hidden:
            hidden -= _matching(html, selector)
    return frozenset(hidden)


@lru_cache(maxsize=2_000)
def _required_names(selector: str) -> frozenset[str]:
    """Return the classes and ids without which a simple selector matches nothing on a page."""
    simple = _ATTRIBUTE.sub("", selector)
    return frozenset(_NAME.findall(simple)) if _SIMPLE_SELECTOR.fullmatch(simple) else frozenset()


@lru_cache(maxsize=4)  # the pages of a site share their style sheets
def _visibility_rules(style: str) -> list[tuple[str, bool]]:
    """Return the selectors whose rules hide (True) or show (False) something, in order."""
    if len(style) > _MAX_STYLE or not HIDES.search(style.replace("{", ";")):
        return []
    bare = _AT_RULE.sub("", _COMMENT.sub("", style))
    rules = [
        (selector.strip(), bool(HIDES.search(declarations)))
        for selectors, declarations in _rules(bare) if _SETS_VISIBILITY.search(declarations)
        for selector in selectors.split(",") if ":" not in selector
    ]  # fmt: skip
    return rules[:_MAX_SELECTORS]


def _rules(style: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the declarations of each innermost `… { … }`."""
    # Searching for a lower-case word is many times faster than any pattern.
    for rule, lower in zip(style.split("}")[:-1], style.lower().split("}"), strict=False):
        if "display" not in lower and "visibility" not in lower:
            continue
        before, brace, declarations = rule.rpartition("{")
        if brace:
            yield before.rpartition("{")[2], declarations


class _BottomUpTranslator(HTMLTranslator):
    """Matches the last part of `div p` first, then its ancestors.

    Top down, libxml2 takes minutes on a large page.
    """

    def xpath_descendant_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"ancestor::{left}")

    def xpath_child_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        left.add_name_test()
        return right.add_condition(f"parent::*[{left.condition or 'true()'}]")

    def xpath_direct_adjacent_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        raise ExpressionError("Siblings are not followed.")

    xpath_indirect_adjacent_combinator = xpath_direct_adjacent_combinator


_TRANSLATOR = _BottomUpTranslator()


def _matching(html: Selector, selector: str) -> set[Any]:
    try:
        return set(_xpath(selector)(html.root))
    except (SelectorError, etree.XPathError, ValueError):
        return set()  # an invalid selector, or one that XPath cannot express


@lru_cache(maxsize=100)  # the pages of a site share their style sheets
def _xpath(selector: str) -> etree.XPath:
    return etree.XPath(_TRANSLATOR.css_to_xpath(selector))
