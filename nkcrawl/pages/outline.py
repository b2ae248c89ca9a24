"""What each visible block of an article page is: label, headline, byline, lead, Recent Stories and so on.

Decided by what readers see: wording, order, headings and where links lead. Never by class names of the site's own.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Literal
from urllib.parse import urlsplit

from nkcrawl import site, text
from nkcrawl.pages.blocks import Block, Body
from nkcrawl.pages.structured import Stated

Role = Literal[
    "top", "label", "headline", "subtitle", "byline", "date", "interface", "caption", "text", "link",
    "recent", "about", "aside", "after",
]  # fmt: skip

_OUTSIDE = frozenset(("nav", "aside", "footer"))
# WordPress core's own classes for a caption, the same in every theme.
_CAPTION_CLASSES = frozenset(("wp-caption-text", "wp-element-caption"))
_NAME = re.compile(
    r"(?:By )?[^\W\d_a-z][\w'’.-]*+(?:[ |,&-]++(?:and )?(?:[^\W\d_a-z][\w'’.-]*+|de|der|den|van|von|al|bin|la|le|di|da)){0,9}"
)
_MAX_SUBTITLES = 3  # unknown blocks that may stand between a headline and its byline
_MAX_CAPTION = 600
_MAX_BYLINE = 1_000
_MAX_DATE = 120
_TAIL_KEYS = frozenset(text.loose(heading).rstrip(":") for heading in site.TAIL_HEADINGS)
_FROM_THE_ROOT = re.compile(r"https?://|/(?![/\\])")  # a link that is the same on every page of the site
_RECENT_KEY = text.loose(site.RECENT_STORIES)
_SHORT_ALT = 20  # an alt this short ('logo', a name) proves nothing


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a link leads."""

    url: str | None = None  # canonical; None if it leaves the site or stays on the page
    is_article: bool = False
    slug: str | None = None  # of an author page


@lru_cache(maxsize=2_000)  # the pages of a site have most of their links in common
def _target(href: str, site_url: str, base: str) -> _Target:
    url = text.canonical_url(href, site_url, base)
    if url is None:
        return _Target()
    path = urlsplit(url).path
    return _Target(url, site.article_month(path) is not None, site.author_slug(path))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page was found: the site's root and every canonical URL that is this page itself."""

    site: str
    own: frozenset[str]

    def article_url(self, href: str) -> str | None:
        """Return the canonical article URL that a link on this page leads to, or None."""
        target = self._target(href)
        return target.url if target.is_article else None

    def slug(self, href: str) -> str | None:
        """Return the author's slug if a link on this page leads to an author page."""
        return self._target(href).slug

    def url(self, href: str) -> str | None:
        """Return the canonical form of a link on this page, None if it leaves the site or stays on the page."""
        return self._target(href).url

    def _target(self, href: str) -> _Target:
        if not href or href.startswith("#") or len(href) > text.LONGEST_URL:
            return _Target()
        return _target(href, self.site, "" if _FROM_THE_ROOT.match(href) else min(self.own, default=""))


@dataclass(slots=True)
class Outline:
    """The blocks of a page with the role of each, and where its parts begin."""

    blocks: list[Block]
    roles: list[Role]
    headline: int | None = None  # index of the block that is the headline
    headline_rule: str = ""
    confirmed: bool = False  # the page states the same headline elsewhere
    title: str | None = None
    label_rule: str = ""
    lead: int = 0  # index where the article's text begins
    recent: list[int] = field(default_factory=list)  # blocks under a Recent Stories heading

    def having(self, role: Role) -> list[Block]:
        """Return the blocks of one role, in order."""
        return [block for block, own in zip(self.blocks, self.roles, strict=True) if own == role]


def outline(body: Body, stated: Stated, place: Place) -> Outline:
    """Give every block of the page its role."""
    page = Outline(body.blocks, ["top"] * len(body.blocks))
    alts = frozenset(image.alt for image in body.images if len(image.alt) > _SHORT_ALT)
    _find_headline(page, stated, place)
    _find_recent(page, place)
    start = 0 if page.headline is None else page.headline + 1
    end = _tail(page, start)
    page.lead = _read_header(page, alts, stated, place, start, end)
    if page.headline is not None:
        _find_label(page, stated, place, page.headline)
    _read_text(page, alts, place, page.lead, end)
    _read_tail(page, end)
    for index in page.recent:
        if page.roles[index] != "label":  # of an article that follows a sidebar
            page.roles[index] = "recent"
    return page


def is_outside(block: Block) -> bool:
    """Tell whether a block stands in navigation, an aside or a footer."""
    return not _OUTSIDE.isdisjoint(block.areas)


def is_heading_of(block: Block, wording: str) -> bool:
    """Tell whether a block is nothing but the wording, once or doubled."""
    return block.key == text.loose(wording)


def without_site_name(title: str) -> str:
    """Return a title without the ' | NK News' around it."""
    return site.TITLE_PREFIX.sub("", site.TITLE_SUFFIX.sub("", title)).strip()


# --- Headline and label -----------------------------------------------------------------------------------------------


def _find_headline(page: Outline, stated: Stated, place: Place) -> None:
    for words, rule in stated.headlines:
        wanted = text.loose(text.undouble(without_site_name(words))).rstrip(":")
        hits = [i for i, block in enumerate(page.blocks)
                if wanted and block.key == wanted and _may_be_headline(block, place)]  # fmt: skip
        if hits:
            page.headline = max(hits, key=lambda hit: _weight(page, hit, place))
            page.confirmed = True
            page.headline_rule = f"visible line equal to {rule}"
            page.title = page.blocks[page.headline].once
            page.roles[page.headline] = "headline"
            return
    headings = [i for i, block in enumerate(page.blocks) if block.heading and _may_be_headline(block, place)]
    if headings:
        page.headline = headings[0]
        page.headline_rule = "first heading"
        page.title = page.blocks[headings[0]].once
        page.roles[headings[0]] = "headline"
    elif named := [(without_site_name(words), rule) for words, rule in stated.headlines if without_site_name(words)]:
        page.title, page.headline_rule = named[0]


def _may_be_headline(block: Block, place: Place) -> bool:
    is_site_name = is_heading_of(block, site.NAME)
    return not (is_site_name or is_outside(block) or _is_landmark(block) or _leads_elsewhere(block, place))


def _leads_elsewhere(block: Block, place: Place) -> bool:
    """Tell whether a block links to another article."""
    return any((url := place.article_url(link.href)) and url not in place.own for link in block.links)


def _weight(page: Outline, hit: int, place: Place) -> tuple[int, int]:
    """Weigh a line that reads like the headline: a real heading, and a byline soon after, speak for it.

    Of several above one byline the last is the headline (a sticky header repeats it above the day of the visit), of
    several without any the first.
    """
    following = takewhile(lambda block: not _is_landmark(block), page.blocks[hit + 1 : hit + 6])
    signed = any(is_byline(block, place) for block in following)
    return 2 * page.blocks[hit].heading + signed, hit if signed else -hit


def _find_label(page: Outline, stated: Stated, place: Place, headline: int) -> None:
    for index in range(headline - 1, max(headline - 6, -1), -1):
        block = page.blocks[index]
        if is_outside(block) or site.filler_in(block.text) or is_heading_of(block, page.title or ""):
            continue
        rule = _label_rule(block, stated, place)
        if rule:
            page.roles[index] = "label"
            page.label_rule = rule
        return


def _label_rule(block: Block, stated: Stated, place: Place) -> str:
    words = block.text
    paths = [urlsplit(place.url(link.href) or "").path for link in block.links]
    if len(words) > 60 or _is_date(block) or text.loose(words) in (text.loose(site.NAME), text.loose(site.PRO_BADGE)):
        return ""
    if len(paths) > 1:
        return ""  # a menu
    if any(site.SECTION_PATH.match(path) for path in paths):
        return "section link above the headline"
    if stated.section and text.loose(stated.section) == text.loose(words):
        return "line above the headline, equal to the stated section"
    if words.casefold() in site.LABELS:
        return "known label above the headline"
    return "topic above the headline" if site.TOPIC.fullmatch(words) else ""


# --- The header: subtitle, byline, date, share icons, headline again, caption -----------------------------------------


def _read_header(page: Outline, alts: frozenset[str], stated: Stated, place: Place, start: int, end: int) -> int:
    """Give roles to the blocks between headline and lead; return the index at which the lead begins."""
    known = _known_names(page, place)
    unknown: list[int] = []
    marked = signed = False
    index = start
    while index < end:
        role = _header_role(page, alts, index, place, known)
        signed = signed or role == "byline"
        if role == "date" and not page.confirmed and not signed:
            role = "top"  # without a sure headline above it, a day alone may be the day of the visit
        if role is None:
            if marked or len(unknown) == _MAX_SUBTITLES or _leads_elsewhere(page.blocks[index], place):
                break
            unknown.append(index)
        else:
            page.roles[index] = role
            # The headline straight after itself says nothing of where the header ends.
            marked = marked or not (role in ("aside", "top") or (role == "headline" and not unknown))
        index += 1
    if page.headline is None:
        return start if not marked else index
    if marked:
        for number, position in enumerate(unknown):
            page.roles[position] = "subtitle" if number == 0 else "text"
        return index
    if unknown and _is_stated_subtitle(page.blocks[unknown[0]], stated):
        page.roles[unknown[0]] = "subtitle"
        return unknown[0] + 1
    return start


def _header_role(page: Outline, alts: frozenset[str], index: int, place: Place, known: frozenset[str]) -> Role | None:
    block = page.blocks[index]
    if is_outside(block):
        return "aside"
    if page.title and is_heading_of(block, page.title):
        return "headline"
    if is_byline(block, place) or _is_plain_byline(block, known):
        return "byline"
    if _is_date(block):
        return "date"
    if is_caption(block, alts):
        return "caption"
    if _is_interface(page.blocks, index) or "button" in block.areas:
        return "interface"
    return None


def _is_interface(blocks: list[Block], index: int) -> bool:
    """Tell whether a block is a share icon or the like: one that proves itself, or one beside such a one."""
    found = [[filler for filler in site.filler_in(block.text) if filler.kind == "interface"]
             for block in blocks[max(index - 1, 0) : index + 2]]  # fmt: skip
    own = found[min(index, 1)]
    return bool(own) and any(filler.alone for neighbour in found for filler in neighbour)


def _is_stated_subtitle(block: Block, stated: Stated) -> bool:
    return block.heading or "header" in block.areas or is_heading_of(block, stated.description)


def is_byline(block: Block, place: Place) -> bool:
    """Tell whether a block is made of links to author pages, and of nothing else but a date and joining words."""
    if len(block.text) > _MAX_BYLINE:
        return False
    names = [link.text for link in block.links if _is_author_link(link.href, link.author, place)]
    if not names or any(site.VIEW_MORE.fullmatch(name) for name in names):
        return False
    return _is_bare(_without_stamps(block), names)


def _is_author_link(href: str, author: bool, place: Place) -> bool:
    return author or place.slug(href) is not None


def _is_plain_byline(block: Block, known: frozenset[str]) -> bool:
    """Tell whether a block without links reads 'By Some Name' or 'Some Name June 20, 2025', or names linked elsewhere."""
    if len(block.text) > _MAX_BYLINE or block.links:
        return False
    words = _without_stamps(block)
    rest = text.without_dates(words).strip(" |,")
    if len(rest) > 80 or not rest:
        return False
    if all(text.loose(name) in known for name in names_in(rest)):
        return True
    return bool(_NAME.fullmatch(rest)) and (rest.startswith("By ") or rest != words.strip(" |,"))


def names_in(byline: str) -> list[str]:
    """Part a byline without links into names: 'Ann Lee | Bo Day', 'Ann Lee and Bo Day'."""
    names = (re.sub(r"^By\s+", "", part.strip(" |,")) for part in re.split(r"\||,|&| and ", byline))
    return [name for name in names if name]


def _known_names(page: Outline, place: Place) -> frozenset[str]:
    """Return the loose names of everybody whose author page is linked anywhere on the page."""
    links = [link for block in page.blocks for link in block.links if _is_author_link(link.href, link.author, place)]
    names = (site.VIEW_MORE_OPENING.sub("", text.undouble(link.text)) for link in links)
    return frozenset(text.loose(name) for name in names if name)


def _is_date(block: Block) -> bool:
    if len(block.text) >= _MAX_DATE:
        return False
    dated = bool(block.stamps) or any(True for _ in text.dates_in(block.text))
    return dated and _is_bare(_without_stamps(block), [])


def _without_stamps(block: Block) -> str:
    words = block.text
    for stamp in block.stamps:
        words = words.replace(stamp.text, " ", 1)
    return words


def _is_bare(words: str, names: list[str]) -> bool:
    for name in sorted(names, key=len, reverse=True):
        words = words.replace(name, " ")
    return len(site.BYLINE_WORDS.sub("", text.without_dates(words)).strip()) <= 1


def is_caption(block: Block, alts: frozenset[str]) -> bool:
    """Tell whether a block belongs to an image: by markup, by `| Image: …`, or by wording that an image's alt has too."""
    if len(block.text) > _MAX_CAPTION:
        return False
    classes = block.element.get("class", "").split() if block.element is not None else []
    return bool(
        "figcaption" in block.areas
        or not _CAPTION_CLASSES.isdisjoint(classes)
        or site.CREDIT.search(block.text)
        or site.FEATURED_IMAGE.match(block.text)
        or site.ILLUSTRATION.fullmatch(block.text)
        or block.text in alts
    )


# --- Text and tail ----------------------------------------------------------------------------------------------------


def _read_text(page: Outline, alts: frozenset[str], place: Place, start: int, end: int) -> None:
    has_text = bool(page.having("text"))
    for index in range(start, end):
        block = page.blocks[index]
        if is_outside(block):
            page.roles[index] = "aside"
        elif page.title and is_heading_of(block, page.title):
            page.roles[index] = "headline"
        elif is_byline(block, place):
            page.roles[index] = "byline"
        elif is_caption(block, alts):
            page.roles[index] = "caption"
        elif not has_text and _is_date(block):
            page.roles[index] = "date"
        elif _is_button(block):
            page.roles[index] = "link"
        else:
            page.roles[index] = "text"
            has_text = True


def _is_button(block: Block) -> bool:
    """Tell whether a block is only a link or a button to press: no sentence, and no filler that proves an offer."""
    offer = any(filler.alone for filler in site.filler_in(block.text))
    return block.linked and not offer and not text.ends_whole(block.text) and len(block.text) < 200


def _tail(page: Outline, start: int) -> int:
    """Return the index of the first block below the article."""
    for index in range(start, len(page.blocks)):
        block = page.blocks[index]
        rights = any(filler.kind == "rights" and filler.alone for filler in site.filler_in(block.text))
        if not is_outside(block) and (_is_landmark(block) or (rights and not _has_offer(block))):
            return index
    return len(page.blocks)


def _has_offer(block: Block) -> bool:
    return any(filler.kind == "offer" for filler in site.filler_in(block.text))


def _is_landmark(block: Block) -> bool:
    """Tell whether a block, standing alone, heads or ends a part of the page that is no article."""
    words = block.once
    return (
        block.key in _TAIL_KEYS
        or bool(site.ABOUT_AUTHOR.fullmatch(words))
        or (block.linked and bool(site.VIEW_MORE.fullmatch(words)))
        or bool(site.COPYRIGHT.fullmatch(words))
        or bool(site.MORE_ARTICLES.fullmatch(words))
    )


def _read_tail(page: Outline, end: int) -> None:
    under: Role = "after"
    for index in range(end, len(page.blocks)):
        block = page.blocks[index]
        if _is_landmark(block):
            under = "about" if site.ABOUT_AUTHOR.fullmatch(block.once) else "after"
        page.roles[index] = "aside" if is_outside(block) else under


def _find_recent(page: Outline, place: Place) -> None:
    """Mark each Recent Stories heading and the blocks of links below it, wherever on the page it stands."""
    for start, block in enumerate(page.blocks):
        if block.key != _RECENT_KEY:
            continue
        page.recent.append(start)
        for index in range(start + 1, len(page.blocks)):
            entry = page.blocks[index]
            leads_to_article = any(place.article_url(link.href) for link in entry.links)
            if _is_landmark(entry) or (not entry.linked and not leads_to_article and len(entry.text) > 60):
                break
            if site.filler_in(entry.text) or index == page.headline:
                break
            page.recent.append(index)
