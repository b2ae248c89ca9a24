"""The header of an article page: subtitle, byline, date, share icons, the headline again, caption;
and where the text begins.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.pages.blocks import Block, LinkedText
from nkcrawl.pages.byline import (
    MAX_BYLINE,
    has_opening,
    is_joining,
    is_named_byline,
    is_whole_name,
    names_in,
    rest_of,
)
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import PageMetadata
from nkcrawl.pages.roles import (
    BlockRole,
    PageLayout,
    is_heading_of,
    is_label_of_page,
    is_outside,
    leads_elsewhere,
)
from nkcrawl.text import (
    dates_in,
    ends_as_sentence,
    normalize_for_match,
    straighten_quotes,
    strip_repetition,
)

_MAX_SUBTITLES = 3  # unknown sentences that may stand between a headline and its byline
_ABOVE = 8  # blocks above the headline that may belong to it
_MAX_DATE = 120
_MAX_REST = 40  # characters beside names and date in a byline that has both or a link to an author
_MAX_CAPTION = 600
_LONGEST_SENTENCE = (
    80  # characters, of a byline that ends like a sentence ('… in Washington, D.C.')
)
_MOST_NAMES = 8


@dataclass(slots=True)
class HeaderReader:
    """Gives roles to the blocks between headline and text, and finds where the text begins."""

    page: PageLayout
    alts: frozenset[str]
    known: frozenset[str]  # loose names of authors
    metadata: PageMetadata
    links: LinkResolver
    kinds: list[str]  # of filler, per block: `paywall.classify_paragraphs`
    unknown: list[int] = field(default_factory=list)
    marked: bool = False
    signed: bool = False

    def read(self, start: int) -> None:
        """Give the blocks from `start` on their roles, up to the first of the text, which becomes
        `page.lead`.
        """
        page = self.page
        end = len(page.blocks)
        # Where the prose lies apart from the headline, all above it is the header; else the header
        # ends with its last sign.
        index = start
        while index < end and not self._is_over(index, role := self._role(index)):
            if role is None and site.begins_note(page.blocks[index].text):
                page.roles[index] = "text"
            elif role is None:
                self.unknown.append(index)
            else:
                page.roles[index] = role
                self.signed = self.signed or role == "byline"
                # The headline straight after itself says nothing of where the header ends.
                self.marked = self.marked or not (
                    role in ("furniture", "about", "card", "recent", "top")
                    or (role == "headline" and not self.unknown)
                )
            index += 1
        page.lead = self._lead(start, index)
        if page.headline is not None:
            self._read_above(page.headline)

    def _read_above(self, headline: int) -> None:
        """Read what some themes show above the headline: the lead picture's caption, and the byline
        with its date.

        A date there counts only in a row with a linked author, for the day of the visit may stand
        there too.
        """
        page = self.page
        row = range(max(headline - _ABOVE, 0), headline)
        captioned = "caption" in page.roles[headline : page.lead]
        for index in row:
            if page.regions.of[index] == "caption" and not captioned:
                page.roles[index] = "caption"
        if self.signed:
            return
        authors = [
            i for i in row
            if page.regions.of[i] == "other" and "header" not in page.blocks[i].areas and not is_outside(page.blocks[i])
            and page.blocks[i].links and is_linked_byline(page.blocks[i], self.links)
        ]  # fmt: skip
        if not authors:
            return
        for index in range(authors[0], headline):
            if index in authors:
                page.roles[index] = "byline"
            elif is_date(page.blocks[index]) and not is_outside(page.blocks[index]):
                page.roles[index] = "date"
            elif _is_category(page.blocks[index], self.links) and page.label is None:
                page.label, page.label_rule = page.blocks[index].once, "category in the byline"

    def _is_over(self, index: int, role: BlockRole | None) -> bool:
        regions = self.page.regions
        if self.page.roles[index] == "headline":
            return False
        if self.kinds[index] in ("offer", "rights"):
            return True
        if regions.last and index >= regions.last and not self.marked:
            return True
        if regions.of[index] != "prose" or index < regions.first:
            return (
                index in regions.headings and index >= regions.last and regions.of[index] != "about"
            )
        if role is not None:
            return False
        sentences = [i for i in self.unknown if regions.of[i] == "prose"]
        return (
            self.marked
            or len(sentences) >= _MAX_SUBTITLES
            or leads_elsewhere(self.page.blocks[index], self.links)
        )

    def _role(self, index: int) -> BlockRole | None:
        page, block = self.page, self.page.blocks[index]
        region = page.regions.of[index]
        if page.title and is_heading_of(block, page.title):
            return "headline"
        if region in ("card", "about", "recent"):
            return region
        if region == "furniture" and (
            is_outside(block) or not block.areas.isdisjoint(("dialog", "form"))
        ):
            return "furniture"
        if region != "caption" and self._is_byline(index):
            return "byline"
        if region == "caption" or is_caption(block, self.alts):
            return "caption"
        if is_date(block):
            # Without a sure headline above it, a day alone may be the day of the visit.
            return "date" if self.page.confirmed or self.signed else "top"
        if _is_interface(page.blocks, index) or "button" in block.areas or is_label_of_page(block):
            return "interface"
        if region == "furniture":
            return "furniture"
        if _is_category(block, self.links) or is_joining(block.text):
            return "interface"
        return None

    def _is_byline(self, index: int) -> bool:
        block = self.page.blocks[index]
        if site.filler_in(block.text):
            return False
        if is_linked_byline(block, self.links) or is_plain_byline(block, self.known):
            return True
        # A name alone beside the line of the date, or above the first paragraph.
        beside = self.page.blocks[index - 1 : index] + self.page.blocks[index + 1 : index + 2]
        is_first = not self.signed and index in (
            self.page.regions.first - 1,
            self.page.regions.first,
        )
        return (is_first or any(map(is_date, beside))) and _is_bare_name(block)

    def _lead(self, start: int, index: int) -> int:
        page = self.page
        if page.headline is None:
            return start if not self.marked and not page.regions.last else max(index, start)
        candidates = [i for i in self.unknown if self._may_be_subtitle(i)]
        if self.marked:
            for position in self.unknown:
                page.roles[position] = (
                    "text" if page.regions.of[position] == "prose" else "interface"
                )
            if candidates:
                page.roles[candidates[0]] = "subtitle"
            return index
        apart = [i for i in candidates if page.regions.of[i] != "prose"]
        stated = [i for i in candidates[:1] if self._is_stated_subtitle(page.blocks[i])]
        if subtitles := stated or apart[:1]:
            page.roles[subtitles[0]] = "subtitle"
            for position in self.unknown:
                if position < subtitles[0]:
                    page.roles[position] = "interface"
            return subtitles[0] + 1
        return start

    def _may_be_subtitle(self, index: int) -> bool:
        block = self.page.blocks[index]
        if self.page.roles[index] == "subtitle" or len(block.text) > 600 or block.linked:
            return False
        return (
            len(block.text.split()) > 2
            or len(block.text.encode()) > 40
            or self._is_stated_subtitle(block)
        )

    def _is_stated_subtitle(self, block: Block) -> bool:
        return (
            block.heading
            or "header" in block.areas
            or is_heading_of(block, self.metadata.description)
        )


def _is_interface(blocks: list[Block], index: int) -> bool:
    """Return whether a block is a share icon or the like: an unambiguous one, or one beside such a
    one.
    """
    fillers = [[filler for filler in site.filler_in(block.text) if filler.kind == "interface"]
               for block in blocks[max(index - 1, 0) : index + 2]]  # fmt: skip
    own = fillers[min(index, 1)]
    return bool(own) and any(filler.alone for neighbour in fillers for filler in neighbour)


def _is_category(block: Block, links: LinkResolver) -> bool:
    """Return whether a block is made of links to sections: the entry's categories or tags."""
    return (
        block.linked
        and bool(block.links)
        and all(is_section_link(link, links) for link in block.links)
    )


def is_section_link(link: LinkedText, links: LinkResolver) -> bool:
    """Return whether a link leads to a section, a topic or a tag."""
    return link.category or bool(site.SECTION_PATH.match(urlsplit(links.url(link.href) or "").path))


def is_linked_byline(block: Block, links: LinkResolver) -> bool:
    """Return whether a block links to author pages and says little beside names, dates and joining
    words.
    """
    names = author_names(block, links) if len(block.text) <= MAX_BYLINE else []
    if not names:
        return False
    rest = len(rest_of(block, [link.text for link in block.links]))
    return rest <= (_MAX_REST // 4 if ends_as_sentence(block.text) else _MAX_REST)


def author_names(block: Block, links: LinkResolver) -> list[str]:
    """Return the texts of a block's links to author pages that may be names, in order."""
    texts = [link.text for link in block.links if link.author or links.slug(link.href) is not None]
    return [name for name in texts if not site.VIEW_MORE.fullmatch(name)]


def is_plain_byline(block: Block, known: frozenset[str]) -> bool:
    """Return whether a block without links to authors reads 'By Some Name', 'Some Name June 20,
    2025', or like known names.
    """
    if len(block.text) > MAX_BYLINE or (
        ends_as_sentence(block.text) and len(block.text) > _LONGEST_SENTENCE
    ):
        return False
    opened = has_opening(block.text)
    named, dated = is_named_byline(block), has_date(block)
    if not (opened or named or dated or any(name in block.key for name in known)):
        return False
    names = names_in(block.text)
    if not names or len(names) > _MOST_NAMES:
        return False
    rest = len(rest_of(block, names))
    if all(normalize_for_match(name) in known for name in names):
        return rest <= _MAX_REST
    if not opened and (block.links or not all(map(is_whole_name, names))):
        return False
    return rest <= (_MAX_REST if opened or named else _MAX_REST // 2) and (opened or named or dated)


def has_date(block: Block) -> bool:
    """Return whether a line says a date, in its words or in a `time` element."""
    return bool(block.times) or any(True for _ in dates_in(block.text))


def _is_bare_name(block: Block) -> bool:
    names = names_in(block.text) if len(block.text) <= 80 else []
    return (
        bool(names)
        and all(1 <= name.count(" ") <= 3 for name in names)
        and not rest_of(block, names)
    )


def known_names(page: PageLayout, metadata: PageMetadata, links: LinkResolver) -> frozenset[str]:
    """Return the loose names of everybody whose author page is linked anywhere on the page, or whom
    the page states.
    """
    found = [
        link
        for block in page.blocks
        for link in block.links
        if link.author or links.slug(link.href) is not None
    ]
    names = [site.VIEW_MORE_OPENING.sub("", strip_repetition(link.text)) for link in found]
    names += [name for author in metadata.authors for name in names_in(author.name)]
    return frozenset(normalize_for_match(straighten_quotes(name)) for name in names if name)


def is_date(block: Block) -> bool:
    """Return whether a block is a date and little else."""
    if len(block.text) >= _MAX_DATE:
        return False
    return has_date(block) and len(rest_of(block)) <= _MAX_REST // 4


def is_caption(block: Block, alts: frozenset[str]) -> bool:
    """Return whether a block belongs to an image: by markup, by `| Image: …`, or by wording that an
    image's alt has too.
    """
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
