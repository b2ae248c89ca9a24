"""Which line of a page is the article's headline."""

import re
from difflib import SequenceMatcher
from itertools import takewhile

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block
from nkcrawl.pages.header import is_linked_byline
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import PageMetadata, without_site_name
from nkcrawl.pages.roles import PageLayout, is_heading_of, is_landmark, is_outside, leads_elsewhere
from nkcrawl.text import normalize_for_match, strip_repetition

_SHORT_HEADLINE = 15  # letters and digits; a shorter one may stand in another line by chance
_ALIKE = 0.6  # of two headlines of which one was edited


def find_headline(page: PageLayout, metadata: PageMetadata, links: LinkResolver) -> None:
    """Find the line that a stated headline is equal to, or else nearly equal to (one of the two was
    edited since).
    """
    for headline, rule in metadata.headlines:
        wanted = normalize_for_match(strip_repetition(without_site_name(headline))).rstrip(":")
        hits = [i for i, block in enumerate(page.blocks)
                if wanted and block.key == wanted and _may_be_headline(block, links, stated=True)]  # fmt: skip
        if hits:
            best = max(hits, key=lambda hit: _headline_weight(page, hit, links))
            _set_headline(page, best, f"visible line equal to {rule}", confirmed=True)
            return
        if _find_broken_headline(page, headline, rule, links):
            return
    main = [
        i
        for i, block in enumerate(page.blocks)
        if block.node.tag == "h1" and _may_be_headline(block, links)
    ]
    if len({page.blocks[i].key for i in main}) == 1:
        _set_headline(page, main[0], "only main heading", confirmed=True)
        return
    for headline, rule in metadata.headlines:
        wanted = normalize_for_match(without_site_name(headline))
        scores = [
            (score, i)
            for i in main or range(len(page.blocks))
            if (score := _likeness(page.blocks[i], wanted, links))
        ]
        if scores:
            best = max(scores, key=lambda pair: (pair[0], -pair[1]))[1]
            _set_headline(page, best, f"visible line like {rule}", confirmed=True)
            return


def _find_broken_headline(page: PageLayout, headline: str, rule: str, links: LinkResolver) -> bool:
    """Find the main heading that says a stated headline on two lines, or after a kicker on the same
    line.
    """
    title = without_site_name(headline)
    wanted = _letters(title)
    has_main = any(block.node.tag == "h1" for block in page.blocks)
    for index, block in enumerate(page.blocks):
        is_main = block.node.tag in ("h1", "h2") or not has_main
        if (
            len(wanted) < _SHORT_HEADLINE
            or not block.heading
            or not is_main
            or not _may_be_headline(block, links)
        ):
            continue
        above = page.blocks[index - 1] if index else None
        broken = (
            above is not None
            and above.heading
            and _letters(above.text) + _letters(block.text) == wanted
        )
        if broken or _letters(block.text).endswith(wanted):
            _set_headline(page, index, f"main heading that says {rule}", confirmed=True)
            page.title = title
            if broken:
                page.roles[index - 1] = "headline"
            return True
    return False


def _letters(line: str) -> str:
    return re.sub(r"[\W_]+", "", line).casefold()


def find_unstated_headline(page: PageLayout, metadata: PageMetadata, links: LinkResolver) -> None:
    """Take the heading above the prose, or the stated headline where no line of the page is it."""
    stated = [
        (without_site_name(headline), rule)
        for headline, rule in metadata.headlines
        if without_site_name(headline)
    ]
    end = page.regions.first or len(page.blocks)
    parts = {part for heading in page.regions.headings for part in (heading, heading + 1)}
    headings = [
        i for i, block in enumerate(page.blocks[:end])
        if block.heading and _may_be_headline(block, links) and i not in parts and not block.linked
        and page.regions.of[i] in ("other", "prose")
    ]  # fmt: skip
    if stated and (len(stated[0][0].split()) > 2 or not headings):
        page.title, page.headline_rule = stated[0]
    elif headings:
        main = [i for i in headings if page.blocks[i].node.tag == "h1"]
        _set_headline(page, (main or headings)[0], "first heading")


def _set_headline(page: PageLayout, index: int, rule: str, *, confirmed: bool = False) -> None:
    page.headline, page.headline_rule, page.confirmed = index, rule, confirmed
    page.title = page.blocks[index].once
    page.roles[index] = "headline"


def _likeness(block: Block, wanted: str, links: LinkResolver) -> float:
    if (
        not 0.4 < len(block.key) / max(len(wanted), 1) < 2.5
        or len(wanted) > 300
        or not _may_be_headline(block, links)
    ):
        return 0.0
    one, other = block.key, wanted
    if len(one) > 15 and len(other) > 15 and (one.startswith(other) or other.startswith(one)):
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    score = matcher.ratio()
    return score + (0.2 if block.heading else 0.0) if score >= _ALIKE else 0.0


def _may_be_headline(block: Block, links: LinkResolver, *, stated: bool = False) -> bool:
    """Return whether a block may be the headline; one that is stated may sound like the heading of
    another part.
    """
    is_site_name = is_heading_of(block, site.NAME)
    is_part = is_landmark(block) or (not stated and bool(furniture.HEADINGS.fullmatch(block.once)))
    outside = is_outside(block) or "dialog" in block.areas
    return not (is_site_name or is_part or outside or leads_elsewhere(block, links))


def _headline_weight(page: PageLayout, hit: int, links: LinkResolver) -> tuple[int, int]:
    """Weigh a line that reads like the headline: a real heading, and a byline soon after, speak for
    it.

    Of several above one byline the last is the headline (a sticky header repeats it above the day
    of the visit), of several without any the first.
    """
    following = takewhile(lambda block: not is_landmark(block), page.blocks[hit + 1 : hit + 6])
    signed = any(is_linked_byline(block, links) for block in following)
    return 2 * page.blocks[hit].heading + signed, hit if signed else -hit
