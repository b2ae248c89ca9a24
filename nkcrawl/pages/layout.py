"""What each visible block of an article page is: label, headline, byline, paragraph, Recent Stories
and so on.

Decided by the region that it stands in and by what readers see: wording, order, headings and where
links lead. Never by class names of the site's own.
"""

from nkcrawl import site
from nkcrawl.pages import furniture
from nkcrawl.pages.blocks import Block, Body
from nkcrawl.pages.byline import is_name
from nkcrawl.pages.header import HeaderReader, is_caption, is_linked_byline, known_names
from nkcrawl.pages.headline import find_headline, find_unstated_headline
from nkcrawl.pages.label import find_label
from nkcrawl.pages.links import LinkResolver
from nkcrawl.pages.metadata import PageMetadata
from nkcrawl.pages.regions import find_regions
from nkcrawl.pages.roles import PageLayout, is_heading_of, is_outside
from nkcrawl.paywall import classify_paragraphs

_LONGEST_NAME = 60  # characters
_SHORT_ALT = 20  # an alt this short ('logo', a name) proves nothing


def lay_out(body: Body, metadata: PageMetadata, links: LinkResolver) -> PageLayout:
    """Give every block of the page its role."""
    page = PageLayout(body.blocks, ["top"] * len(body.blocks))
    find_headline(page, metadata, links)
    page.regions = find_regions(body, page.headline, links)
    if page.headline is None:
        find_unstated_headline(page, metadata, links)
    alts = frozenset(image.alt for image in body.images if len(image.alt) > _SHORT_ALT)
    known = known_names(page, metadata, links)
    start = 0 if page.headline is None else page.headline + 1
    kinds = ["lead"] * start + classify_paragraphs([block.text for block in page.blocks[start:]])
    HeaderReader(page, alts, known, metadata, links, kinds).read(start)
    end = _end_of_article(page)
    _read_text(page, alts, links, kinds, end)
    _read_tail(page, end)
    for index in range(page.headline or 0):
        if page.regions.of[index] == "recent":
            page.roles[index] = "recent"
    find_label(page, metadata, links)
    return page


def _end_of_article(page: PageLayout) -> int:
    """Return the index of the first block below the article: the first heading of another part
    below its last paragraph.
    """
    start = max(page.lead, page.regions.last)
    tops = [
        index
        for index in page.regions.headings
        if index >= start and not is_outside(page.blocks[index])
    ]
    end = tops[0] if tops else len(page.blocks)
    for index in range(start, end):
        fillers = site.filler_in(page.blocks[index].text)
        if any(filler.kind == "rights" and filler.alone for filler in fillers) and not any(
            filler.kind == "offer" for filler in fillers
        ):
            return index
    return end


def _read_text(
    page: PageLayout, alts: frozenset[str], links: LinkResolver, kinds: list[str], end: int
) -> None:
    """Give roles to the blocks between header and tail; filler keeps the role of text, for the
    pipelines judge it.
    """
    for index in range(page.lead, end):
        block, region = page.blocks[index], page.regions.of[index]
        if page.roles[index] != "top":
            continue
        if page.title and is_heading_of(block, page.title):
            page.roles[index] = "headline"
        elif kinds[index] != "lead" and not is_outside(block):
            page.roles[index] = "text"
        elif region == "caption" or (region in ("prose", "other") and is_caption(block, alts)):
            page.roles[index] = "caption"
        elif region == "prose" and is_linked_byline(block, links):
            page.roles[index] = "byline"
        elif region == "prose" and _is_biography(page.blocks, index):
            page.roles[index] = "about"
        elif region == "prose" or _is_note(block, region):
            page.roles[index] = "text"
        else:
            page.roles[index] = region if region in ("card", "about", "recent") else "furniture"
    _drop_lone_headings(page, end)


def _is_biography(blocks: list[Block], index: int) -> bool:
    """Return whether a paragraph begins with a name that stands alone on one of the two lines above
    it.
    """
    above = [
        block.once
        for block in blocks[max(index - 2, 0) : index]
        if len(block.once) <= _LONGEST_NAME
    ]
    return any(is_name(name) and blocks[index].text.startswith(f"{name} ") for name in above)


def _is_note(block: Block, region: str) -> bool:
    return region in ("other", "furniture") and site.begins_note(block.text)


def _drop_lone_headings(page: PageLayout, end: int) -> None:
    """Take away the headings that head no text: those of cards, forms and other parts without a
    heading of common wording.
    """
    for index in range(page.lead, end):
        if page.roles[index] != "text" or not page.blocks[index].heading:
            continue
        below = next((i for i in range(index + 1, end) if not _is_passed_over(page, i)), end)
        if below == end or page.roles[below] in ("card", "furniture", "recent", "about"):
            page.roles[index] = "furniture"


def _read_tail(page: PageLayout, end: int) -> None:
    for index in range(end, len(page.blocks)):
        block, region = page.blocks[index], page.regions.of[index]
        if region in ("recent", "about", "card"):
            page.roles[index] = region
        elif is_outside(block):
            page.roles[index] = "furniture"
        else:
            page.roles[index] = "after"


def _is_passed_over(page: PageLayout, index: int) -> bool:
    """Return whether a line may stand between a heading and its text: a caption, the notice of an
    advert.
    """
    return page.roles[index] == "caption" or bool(
        furniture.NOTICES.fullmatch(page.blocks[index].text)
    )
