"""Which elements of a page its reader does not see, by the page's own style sheet and by its own statement."""

import re
from typing import Any

from cssselect import SelectorError
from parsel import Selector

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# '@media print { … { … } … }' and the like hold for other readers; '@import …;' holds no rule.
_AT_RULE = re.compile(r"@[^;{}]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\})")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
# Declarations, of a rule or of a style attribute, that take an element from sight.
HIDES = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SHOWS = re.compile(r"(?:^|;)\s*(?:display|visibility)\s*:", re.IGNORECASE)
_MAX_STYLE = 300_000  # characters; larger style sheets are not read
_MAX_SELECTORS = 500  # that hide or show something


def concealed(html: Selector, withheld: list[str]) -> frozenset[Any]:
    """Return the elements (lxml) that the page's `<style>` hides, and those that `withheld`, CSS selectors, call not free.

    Later rules beat earlier ones; finer points of the cascade, and selectors with a state (`:hover`), are not followed.
    """
    hidden: set[Any] = set()
    for selector, hides in _display_rules(html):
        if hides:
            hidden |= _matching(html, selector)
        else:
            hidden -= _matching(html, selector)
    for selector in withheld:
        hidden |= _matching(html, selector)
    return frozenset(hidden)


def _display_rules(html: Selector) -> list[tuple[str, bool]]:
    """Return the selectors whose rules hide (True) or show (False) something, in order."""
    style = "\n".join(html.xpath("//style[not(@media) or @media='all' or @media='screen']/text()").getall())
    if len(style) > _MAX_STYLE or not HIDES.search(style.replace("{", ";")):
        return []
    plain = _AT_RULE.sub("", _COMMENT.sub("", style))
    rules = [
        (selector.strip(), bool(HIDES.search(declarations)))
        for selectors, declarations in _RULE.findall(plain) if _SHOWS.search(declarations)
        for selector in selectors.split(",") if ":" not in selector
    ]  # fmt: skip
    return rules[:_MAX_SELECTORS]


def _matching(html: Selector, selector: str) -> set[Any]:
    try:
        return {match.root for match in html.css(selector)}
    except (SelectorError, ValueError):  # no CSS selector, or one that no XPath says
        return set()
