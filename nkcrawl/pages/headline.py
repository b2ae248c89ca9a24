"""Which line of a page is the article's headline."""

import re
from difflib import SequenceMatcher
from itertools import takewhile

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block
from nkcrawl.pages.header import is_linked_byline
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import without_site_name
from nkcrawl.pages.page import ArticlePage, is_landmark, links_to_story
from nkcrawl.text import normalize_for_match, strip_repetition

_MIN_LETTERS = 15  # of a headline that other lines cannot contain by chance
_MAX_LENGTH = 300  # characters, of a headline that is compared
_ALIKE = 0.6  # similarity of two headlines of which one was edited


def find_headline(page: ArticlePage) -> None:
    """Find the line that equals a stated headline, or else resembles one (edited since)."""
    for headline, rule in page.metadata.headlines:
        if _find_equal(page, headline, rule) or _find_split(page, headline, rule):
            return
    main = [
        index
        for index, block in enumerate(page.blocks)
        if block.node.tag == "h1" and _may_be_headline(block, page.links)
    ]
    if len({page.blocks[index].match_key for index in main}) == 1:
        _set_headline(page, main[0], "only main heading", confirmed=True)
        return
    for headline, rule in page.metadata.headlines:
        if _find_similar(page, headline, rule, main or list(range(len(page.blocks)))):
            return


def _find_equal(page: ArticlePage, headline: str, rule: str) -> bool:
    wanted = normalize_for_match(strip_repetition(without_site_name(headline))).rstrip(":")
    matches = [
        index
        for index, block in enumerate(page.blocks)
        if wanted and block.match_key == wanted and _may_be_headline(block, page.links, stated=True)
    ]
    if not matches:
        return False
    best = max(matches, key=lambda index: _weight(page, index))
    _set_headline(page, best, f"visible line equal to {rule}", confirmed=True)
    return True


def _find_split(page: ArticlePage, headline: str, rule: str) -> bool:
    """Find a main heading with the headline on two lines, or after a kicker on the same line."""
    title = without_site_name(headline)
    wanted = _letters(title)
    if len(wanted) < _MIN_LETTERS:
        return False
    has_main = any(block.node.tag == "h1" for block in page.blocks)
    for index, block in enumerate(page.blocks):
        is_main = block.node.tag in ("h1", "h2") or not has_main
        if not block.heading or not is_main or not _may_be_headline(block, page.links):
            continue
        above = page.blocks[index - 1] if index else None
        is_second_line = (
            above is not None
            and above.heading
            and _letters(above.text) + _letters(block.text) == wanted
        )
        if is_second_line or _letters(block.text).endswith(wanted):
            _set_headline(page, index, f"main heading that says {rule}", confirmed=True)
            page.title = title
            if is_second_line:
                page.roles[index - 1] = "headline"
            return True
    return False


def _letters(line: str) -> str:
    return re.sub(r"[\W_]+", "", line).casefold()


def _find_similar(page: ArticlePage, headline: str, rule: str, candidates: list[int]) -> bool:
    wanted = normalize_for_match(without_site_name(headline))
    scores = [
        (score, -index)
        for index in candidates
        if (score := _similarity(page.blocks[index], wanted, page.links))
    ]
    if not scores:
        return False
    _set_headline(page, -max(scores)[1], f"visible line like {rule}", confirmed=True)
    return True


def find_unstated_headline(page: ArticlePage) -> None:
    """Take the heading above the prose, or the stated headline if no line of the page is it."""
    stated = [
        (title, rule)
        for headline, rule in page.metadata.headlines
        if (title := without_site_name(headline))
    ]
    end = page.regions.first or len(page.blocks)
    parts = {part for heading in page.regions.headings for part in (heading, heading + 1)}
    headings = [
        i for i, block in enumerate(page.blocks[:end])
        if block.heading and not block.linked and i not in parts
        and page.regions.of[i] in ("other", "prose") and _may_be_headline(block, page.links)
    ]  # fmt: skip
    if stated and (len(stated[0][0].split()) > 2 or not headings):
        page.title, page.headline_rule = stated[0]
    elif headings:
        main = [i for i in headings if page.blocks[i].node.tag == "h1"]
        _set_headline(page, (main or headings)[0], "first heading")


def _set_headline(page: ArticlePage, index: int, rule: str, *, confirmed: bool = False) -> None:
    page.headline, page.headline_rule, page.headline_confirmed = index, rule, confirmed
    page.title = page.blocks[index].deduplicated
    page.roles[index] = "headline"


def _similarity(block: Block, wanted: str, links: LinkResolver) -> float:
    one, other = block.match_key, wanted
    if (
        not 0.4 < len(one) / max(len(other), 1) < 2.5
        or len(other) > _MAX_LENGTH
        or not _may_be_headline(block, links)
    ):
        return 0.0
    is_start = one.startswith(other) or other.startswith(one)
    if is_start and min(len(one), len(other)) > _MIN_LETTERS:
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio + 0.2 * block.heading if ratio >= _ALIKE else 0.0


def _may_be_headline(block: Block, links: LinkResolver, *, stated: bool = False) -> bool:
    """Return whether a block may be the headline; a stated one may sound like another heading."""
    is_site_name = block.equals(site.NAME)
    is_part = is_landmark(block) or (
        not stated and bool(furniture.HEADINGS.fullmatch(block.deduplicated))
    )
    outside = block.outside or "dialog" in block.areas
    return not (is_site_name or is_part or outside or links_to_story(block, links))


def _weight(page: ArticlePage, index: int) -> tuple[int, int]:
    """Return the weight of a line equal to the headline: a heading with a byline below is best.

    Among several above one byline the last is the headline (a sticky header repeats it above the
    day of the visit), among several without a byline the first.
    """
    following = takewhile(lambda block: not is_landmark(block), page.blocks[index + 1 : index + 6])
    signed = any(is_linked_byline(block, page.links) for block in following)
    return 2 * page.blocks[index].heading + signed, index if signed else -index
