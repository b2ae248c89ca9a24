"""The header of an article page, from the headline down to where the text begins.

It may hold the subtitle, byline, date, share icons, the headline again, and a caption.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.pages.blocks import Block, LinkedText
from nkcrawl.pages.byline import (
    MAX_BYLINE,
    has_byline_class,
    has_opening,
    is_full_name,
    is_joining,
    names_in,
    rest_of,
)
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.page import (
    ArticlePage,
    BlockRole,
    is_generic_label,
    links_to_story,
)
from nkcrawl.pages.paragraphs import begins_note
from nkcrawl.paywall import filler_in
from nkcrawl.text import (
    dates_in,
    ends_as_sentence,
    normalize_for_match,
    straighten_quotes,
    strip_repetition,
)

_MAX_SUBTITLES = 3  # unknown sentences that may stand between a headline and its byline
_ABOVE_HEADLINE = 8  # blocks that may belong to the header
_MAX_DATE = 120  # characters
_MAX_REST = 40  # characters beside names and date, in a byline with both or with an author link
_MAX_CAPTION = 600
_MAX_SUBTITLE = 600
_MAX_BARE_NAME = 80
# Of a byline that ends like a sentence: '… in Washington, D.C.'
_MAX_SENTENCE = 80
_MAX_NAMES = 8


@dataclass(slots=True)
class HeaderReader:
    """Gives the blocks between headline and text their roles, and finds where the text begins."""

    page: ArticlePage
    alts: frozenset[str]  # of the images
    kinds: list[str]  # of filler, per block, from `paywall.classify_paragraphs`
    known: frozenset[str] = frozenset()  # normalized names of authors
    unknown: list[int] = field(default_factory=list)  # blocks without a role so far
    marked: bool = False  # a block that only a header has was found
    signed: bool = False  # so was a byline

    def __post_init__(self) -> None:
        self.known = _known_names(self.page)

    def read(self, start: int) -> None:
        """Give roles to the blocks from `start` to the text, and set `page.lead` to its first."""
        page = self.page
        index = start
        while index < len(page.blocks) and not self._is_over(index, role := self._role(index)):
            if role is None and begins_note(page.blocks[index].text):
                page.roles[index] = "text"
            elif role is None:
                self.unknown.append(index)
            else:
                page.roles[index] = role
                self.signed = self.signed or role == "byline"
                self.marked = self.marked or self._is_mark(role)
            index += 1
        page.lead = self._lead(start, index)
        if page.headline is not None:
            self._read_above(page.headline)

    def _is_mark(self, role: BlockRole) -> bool:
        """Return whether a role shows that the header goes on to here.

        The headline repeated right after itself does not.
        """
        if role == "headline":
            return bool(self.unknown)
        return role not in ("furniture", "about", "card", "recent", "top")

    def _read_above(self, headline: int) -> None:
        """Read what some themes show above the headline: caption of the lead picture, and byline.

        A date there counts only beside a linked author: it may be the day of the visit.
        """
        page = self.page
        above = range(max(headline - _ABOVE_HEADLINE, 0), headline)
        captioned = "caption" in page.roles[headline : page.lead]
        for index in above:
            if page.regions.of[index] == "caption" and not captioned:
                page.roles[index] = "caption"
        bylines = [] if self.signed else [i for i in above if self._is_byline_above(i)]
        for index in range(bylines[0], headline) if bylines else ():
            block = page.blocks[index]
            if index in bylines:
                page.roles[index] = "byline"
            elif is_date(block) and not block.outside:
                page.roles[index] = "date"
            elif _is_category(block, page.links) and page.label is None:
                page.label, page.label_rule = block.deduplicated, "category in the byline"

    def _is_byline_above(self, index: int) -> bool:
        block = self.page.blocks[index]
        if self.page.regions.of[index] != "other" or "header" in block.areas or block.outside:
            return False
        return bool(block.links) and is_linked_byline(block, self.page.links)

    def _is_over(self, index: int, role: BlockRole | None) -> bool:
        """Return whether a block ends the header.

        If the prose stands apart from the headline, everything above it is the header; else the
        header ends with its last mark.
        """
        regions = self.page.regions
        region = regions.of[index]
        if self.page.roles[index] == "headline":
            return False
        if self.kinds[index] in ("offer", "rights"):
            return True
        if regions.last and index >= regions.last and not self.marked:
            return True
        if region != "prose" or index < regions.first:
            return index in regions.headings and index >= regions.last and region != "about"
        if role is not None:
            return False
        sentences = [i for i in self.unknown if regions.of[i] == "prose"]
        return (
            self.marked
            or len(sentences) >= _MAX_SUBTITLES
            or links_to_story(self.page.blocks[index], self.page.links)
        )

    def _role(self, index: int) -> BlockRole | None:
        page, block = self.page, self.page.blocks[index]
        region = page.regions.of[index]
        if page.title and block.equals(page.title):
            return "headline"
        if region in ("card", "about", "recent"):
            return region
        in_form = not block.areas.isdisjoint(("dialog", "form"))
        if region == "furniture" and (block.outside or in_form):
            return "furniture"
        if region != "caption" and self._is_byline(index):
            return "byline"
        if region == "caption" or is_caption(block, self.alts):
            return "caption"
        if is_date(block):
            # Without a sure headline above it, a day alone may be the day of the visit.
            return "date" if page.headline_confirmed or self.signed else "top"
        if _is_interface(page.blocks, index) or "button" in block.areas or is_generic_label(block):
            return "interface"
        if region == "furniture":
            return "furniture"
        if _is_category(block, page.links) or is_joining(block.text):
            return "interface"
        return None

    def _is_byline(self, index: int) -> bool:
        page, block = self.page, self.page.blocks[index]
        if filler_in(block.text):
            return False
        if is_linked_byline(block, page.links) or _is_plain_byline(block, self.known):
            return True
        # A bare name next to the line of the date, or above the first paragraph.
        neighbours = page.blocks[index - 1 : index] + page.blocks[index + 1 : index + 2]
        is_first = not self.signed and index in (page.regions.first - 1, page.regions.first)
        return (is_first or any(map(is_date, neighbours))) and _is_bare_name(block)

    def _lead(self, start: int, end: int) -> int:
        """Return where the text begins, and give the unknown blocks up to `end` their roles."""
        page = self.page
        if page.headline is None:
            return start if not self.marked and not page.regions.last else max(end, start)
        candidates = [i for i in self.unknown if self._may_be_subtitle(i)]
        if self.marked:
            for index in self.unknown:
                page.roles[index] = "text" if page.regions.of[index] == "prose" else "interface"
            if candidates:
                page.roles[candidates[0]] = "subtitle"
            return end
        apart = [i for i in candidates if page.regions.of[i] != "prose"]
        stated = [i for i in candidates[:1] if self._is_certain_subtitle(page.blocks[i])]
        if not (subtitles := stated or apart[:1]):
            return start
        page.roles[subtitles[0]] = "subtitle"
        for index in self.unknown:
            if index < subtitles[0]:
                page.roles[index] = "interface"
        return subtitles[0] + 1

    def _may_be_subtitle(self, index: int) -> bool:
        text = self.page.blocks[index].text
        if len(text) > _MAX_SUBTITLE or self.page.blocks[index].linked:
            return False
        is_long = len(text.split()) > 2 or len(text.encode()) > 40
        return is_long or self._is_certain_subtitle(self.page.blocks[index])

    def _is_certain_subtitle(self, block: Block) -> bool:
        return (
            block.heading or "header" in block.areas or block.equals(self.page.metadata.description)
        )


def _is_interface(blocks: list[Block], index: int) -> bool:
    """Return whether a block is a share icon or the like: a sufficient one, or next to one."""
    fillers = [
        [filler for filler in filler_in(block.text) if filler.kind == "interface"]
        for block in blocks[max(index - 1, 0) : index + 2]
    ]
    own = fillers[min(index, 1)]
    return bool(own) and any(filler.sufficient for nearby in fillers for filler in nearby)


def _is_category(block: Block, links: LinkResolver) -> bool:
    """Return whether a block consists of links to sections: the categories of the entry."""
    if not block.linked or not block.links:
        return False
    return all(is_section_link(link, links) for link in block.links)


def is_section_link(link: LinkedText, links: LinkResolver) -> bool:
    """Return whether a link leads to a section, a topic or a tag."""
    return link.category or bool(site.SECTION_PATH.match(urlsplit(links.url(link.href) or "").path))


def is_linked_byline(block: Block, links: LinkResolver) -> bool:
    """Return whether a block has author links, and little beside names, dates and joining words."""
    if len(block.text) > MAX_BYLINE or not author_links(block, links):
        return False
    rest = len(rest_of(block, [link.text for link in block.links]))
    return rest <= (_MAX_REST // 4 if ends_as_sentence(block.text) else _MAX_REST)


def author_links(block: Block, links: LinkResolver) -> list[LinkedText]:
    """Return the links to author pages in a block, except 'View more articles by …'."""
    return [
        link
        for link in block.links
        if _is_author_link(link, links) and not site.VIEW_MORE.fullmatch(link.text)
    ]


def _is_author_link(link: LinkedText, links: LinkResolver) -> bool:
    return link.author or links.slug(link.href) is not None


def _is_plain_byline(block: Block, known: frozenset[str]) -> bool:
    """Return whether a block without author links is a byline.

    Such are 'By Some Name', 'Some Name June 20, 2025', and lines of known names.
    """
    text = block.text
    if len(text) > MAX_BYLINE or (ends_as_sentence(text) and len(text) > _MAX_SENTENCE):
        return False
    opened = has_opening(text)
    called, dated = has_byline_class(block), _has_date(block)
    if not (opened or called or dated or any(name in block.match_key for name in known)):
        return False
    names = names_in(text)
    if not names or len(names) > _MAX_NAMES:
        return False
    rest = len(rest_of(block, names))
    if all(normalize_for_match(name) in known for name in names):
        return rest <= _MAX_REST
    if not opened and (block.links or not all(map(is_full_name, names))):
        return False
    return rest <= (_MAX_REST if opened or called else _MAX_REST // 2) and (
        opened or called or dated
    )


def _has_date(block: Block) -> bool:
    """Return whether a line has a date, in its text or in a `time` element."""
    return bool(block.times) or any(True for _ in dates_in(block.text))


def _is_bare_name(block: Block) -> bool:
    if len(block.text) > _MAX_BARE_NAME:
        return False
    names = names_in(block.text)
    has_form = bool(names) and all(1 <= name.count(" ") <= 3 for name in names)
    return has_form and not rest_of(block, names)


def _known_names(page: ArticlePage) -> frozenset[str]:
    """Return the normalized names of all authors that the page links or its metadata states."""
    names = [
        site.VIEW_MORE_OPENING.sub("", strip_repetition(link.text))
        for block in page.blocks
        for link in block.links
        if _is_author_link(link, page.links)
    ]
    names += [name for author in page.metadata.authors for name in names_in(author.name)]
    return frozenset(normalize_for_match(straighten_quotes(name)) for name in names if name)


def is_date(block: Block) -> bool:
    """Return whether a block is a date and little else."""
    if len(block.text) >= _MAX_DATE:
        return False
    return _has_date(block) and len(rest_of(block)) <= _MAX_REST // 4


def is_caption(block: Block, alts: frozenset[str]) -> bool:
    """Return whether a block is the caption of an image, by its markup, wording or an alt."""
    if "figcaption" in block.areas:
        return True
    if len(block.text) > _MAX_CAPTION:
        return False
    return bool(
        site.CREDIT.search(block.text)
        or site.FEATURED_IMAGE.match(block.text)
        or site.ILLUSTRATION.fullmatch(block.text)
        or block.text in alts
    )
