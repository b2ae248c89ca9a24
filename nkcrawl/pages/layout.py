"""The role of each visible block of an article page: headline, byline, paragraph and so on.

It follows from the block's region and from what readers see: wording, order, headings, and where
links lead; never from class names of the site's own.
"""

from nkcrawl.pages import furniture
from nkcrawl.pages.byline import is_name
from nkcrawl.pages.header import HeaderReader, is_caption, is_linked_byline
from nkcrawl.pages.headline import find_headline, find_unstated_headline
from nkcrawl.pages.label import find_label
from nkcrawl.pages.page import ArticlePage, BlockRole
from nkcrawl.pages.paragraphs import begins_note
from nkcrawl.pages.regions import find_regions
from nkcrawl.paywall import classify_paragraphs, filler_in

_MAX_NAME = 60  # characters
_MIN_ALT = 20  # a shorter alt ('logo', a name) may equal another line by chance


def assign_roles(page: ArticlePage) -> None:
    """Give every block of the page its role, and find headline, label and lead."""
    find_headline(page)
    page.regions = find_regions(page)
    if page.headline is None:
        find_unstated_headline(page)
    alts = frozenset(image.alt for image in page.body.images if len(image.alt) > _MIN_ALT)
    start = 0 if page.headline is None else page.headline + 1
    kinds = ["lead"] * start + classify_paragraphs([block.text for block in page.blocks[start:]])
    HeaderReader(page, alts, kinds).read(start)
    end = _end_of_article(page)
    for index in range(page.lead, end):
        if page.roles[index] == "top":
            page.roles[index] = _role_in_text(page, index, alts, kinds[index])
    _drop_lone_headings(page, end)
    for index in range(end, len(page.blocks)):
        page.roles[index] = _role_in_tail(page, index)
    for index in range(page.headline or 0):
        if page.regions.of[index] == "recent":
            page.roles[index] = "recent"
    find_label(page)


def _end_of_article(page: ArticlePage) -> int:
    """Return the first block below the article: a copyright, or the heading of another part."""
    start = max(page.lead, page.regions.last)
    headings = page.regions.headings
    end = next((i for i in headings if i >= start and not page.blocks[i].outside), len(page.blocks))
    for index in range(start, end):
        fillers = filler_in(page.blocks[index].text)
        is_rights = any(filler.kind == "rights" and filler.sufficient for filler in fillers)
        if is_rights and not any(filler.kind == "offer" for filler in fillers):
            return index
    return end


def _role_in_text(page: ArticlePage, index: int, alts: frozenset[str], kind: str) -> BlockRole:
    """Return the role of a block between header and tail; filler is text, for the pipelines."""
    block, region = page.blocks[index], page.regions.of[index]
    if page.title and block.equals(page.title):
        return "headline"
    if kind != "lead" and not block.outside:
        return "text"
    if region == "caption" or (region in ("prose", "other") and is_caption(block, alts)):
        return "caption"
    if region == "prose" and is_linked_byline(block, page.links):
        return "byline"
    if region == "prose" and _is_biography(page, index):
        return "about"
    if region == "prose" or (region in ("other", "furniture") and begins_note(block.text)):
        return "text"
    return region if region in ("card", "about", "recent") else "furniture"


def _is_biography(page: ArticlePage, index: int) -> bool:
    """Return whether a paragraph begins with a name that is alone on one of the two lines above."""
    text = page.blocks[index].text
    above = [block.deduplicated for block in page.blocks[max(index - 2, 0) : index]]
    return any(
        len(name) <= _MAX_NAME and text.startswith(f"{name} ") and is_name(name) for name in above
    )


def _drop_lone_headings(page: ArticlePage, end: int) -> None:
    """Make furniture of headings without text below: of cards, forms and other parts."""
    for index in range(page.lead, end):
        if page.roles[index] != "text" or not page.blocks[index].heading:
            continue
        below = next((i for i in range(index + 1, end) if not _is_passed_over(page, i)), end)
        if below == end or page.roles[below] in ("card", "furniture", "recent", "about"):
            page.roles[index] = "furniture"


def _is_passed_over(page: ArticlePage, index: int) -> bool:
    """Return whether a line may stand between a heading and its text: a caption, an ad notice."""
    is_caption_line = page.roles[index] == "caption"
    return is_caption_line or bool(furniture.NOTICES.fullmatch(page.blocks[index].text))


def _role_in_tail(page: ArticlePage, index: int) -> BlockRole:
    region = page.regions.of[index]
    if region in ("recent", "about", "card"):
        return region
    return "furniture" if page.blocks[index].outside else "after"
