"""An article page to an `Article`: one small function per field, each saying which rule answered
and what else was said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from parsel import Selector

from nkcrawl import site
from nkcrawl.items import Article, Link, Page
from nkcrawl.pages.absurd import ABSURD, is_absurd
from nkcrawl.pages.authors import read_byline
from nkcrawl.pages.blocks import Body, Image, read_body
from nkcrawl.pages.concealed import concealed
from nkcrawl.pages.dates import read_dates
from nkcrawl.pages.layout import lay_out
from nkcrawl.pages.links import LinkResolver, pro_urls
from nkcrawl.pages.metadata import PageMetadata, read_metadata, without_site_name
from nkcrawl.pages.roles import PageLayout
from nkcrawl.pages.sources import weigh
from nkcrawl.paywall import MORE_PAGES
from nkcrawl.text import absolute_url, canonical_url, normalize_for_match, straighten_quotes

EXTRACTOR_VERSION = 4  # raised whenever the same page would give another row

_HANGUL = re.compile(r"[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
# 'News.The': a stop, then a capital without a space; the letters before keep 'U.S.' and 'D.P.R.K.'
# whole.
_GLUED = re.compile(r"(?<=[a-z’'”\")]{2}[.!?])(?=[A-Z“\"‘])")
# Up to a stop that ends a sentence: not the one of an initial ('J. Smith') or a title ('Dr.
# Smith').
_FIRST_SENTENCE = re.compile(
    r".*?(?<!\b[A-Z])(?<!\b[DM]r)(?<!\bM[rs]s)(?<!\bMs)(?<!\bProf)[.!?]+[”\"’']*"
)
_PAGES = re.compile(
    r"Pages?:? ?\d+(?: \d+)*", re.IGNORECASE
)  # WordPress's list of the pages of one article
_LONGEST_PAGER = 200  # characters
_REPEATABLE = 40  # a paragraph this long that comes again is a copy, not a refrain
_MANY_PARAGRAPHS = (
    3  # below a headline that the page states: a story, even if it states nothing else
)
_MANY_ENTRIES = 6  # links to other articles, each alone on its line: a listing's look


class ReadBlock(NamedTuple):
    """One visible block of the page, the region that it stands in and its role; `text` marks the
    article's paragraphs.
    """

    region: str
    role: str
    text: str


@dataclass(slots=True)
class Reading:
    """An article as read, and every block of the page in reading order."""

    article: Article
    blocks: list[ReadBlock]


def read_article(html: Selector, page: Page, site_url: str) -> Reading:
    """Read an article page.

    `page` is the visit that brought the HTML, `site_url` the site's root. Missing fields stay None;
    nothing is raised for a page that is not an article: `Article.suspicion` and the missing fields
    tell the gate.
    """
    served = page.final_url or page.url
    if is_absurd(html.root):
        return Reading(
            Article(page, served, extractor_version=EXTRACTOR_VERSION, suspicion=ABSURD), []
        )
    metadata = read_metadata(html, LinkResolver(site_url, frozenset((page.url, served))))
    body = read_body(html.root, concealed(html, metadata.withheld))
    canonical = _canonical(metadata, served, site_url)
    links = LinkResolver(site_url, frozenset((page.url, served, canonical)))
    layout = lay_out(body, metadata, links)
    article = Article(page=page, url=canonical, extractor_version=EXTRACTOR_VERSION)
    if canonical != served:
        article.rules["url"] = "rel=canonical"
    blocks = list(_read_blocks(layout))
    article.paragraphs = [block.text for block in blocks if block.role == "text"]
    article.note = (
        "\n\n".join(dict.fromkeys(block.text for block in blocks if block.role == "note")) or None
    )
    _read_headings(article, layout, metadata)
    article.rules["body"] = "blocks of the prose region, less filler"
    if article.note:
        article.rules["note"] = "known opening of a stock note"
    read_byline(article, layout, body, metadata, links)
    read_dates(article, layout, metadata)
    _read_image(article, layout, body, metadata, served, links)
    _read_language(article, metadata)
    _read_evidence(article, layout, metadata, links)
    article.links = _links(article, layout, html, links)
    article.suspicion = _suspicion(article, layout, html, metadata, links)
    return Reading(article, blocks)


def _canonical(metadata: PageMetadata, served: str, site_url: str) -> str:
    """Return the article's identity: rel=canonical where it names the same story of the same month,
    else as served.
    """
    url = canonical_url(metadata.canonical, site_url, base=served) if metadata.canonical else None
    if url is None:
        return served
    named, own = urlsplit(url).path, urlsplit(served).path
    same_story = bool(_slug_forms(named) & _slug_forms(own))
    same_month = site.article_month(named) == site.article_month(own) is not None
    return url if same_story and same_month else served


def _slug_forms(path: str) -> set[str]:
    """Return the slug as it stands and without a number at its end, which may be a copy's or belong
    to the headline.
    """
    slug = site.article_slug(path) or ""
    return {slug, site.SLUG_REPEAT.sub("", slug)}


# --- Paragraphs and notes -------------------------------------------------------------------------


def _read_blocks(layout: PageLayout) -> Iterator[ReadBlock]:
    """Yield each block with its region and role, in order; a stock note glued to a paragraph
    becomes two.
    """
    texts = [block.text for block in layout.having("text")]
    copies = _copies(texts)
    quotes = _pull_quotes(layout)
    number = 0
    for index, (block, role) in enumerate(zip(layout.blocks, layout.roles, strict=True)):
        region = layout.regions.of[index]
        if role != "text":
            yield ReadBlock(region, role, block.text)
            continue
        if copies[number]:
            yield ReadBlock(region, "repeat", block.text)
        elif index in quotes:
            yield ReadBlock(region, "pull quote", block.text)
        else:
            label, note, rest = split_note(block.text)
            yield from (ReadBlock(region, kind, part) for kind, part in
                        (("note label", label), ("note", note), ("text", rest)) if part)  # fmt: skip
        number += 1


def _pull_quotes(layout: PageLayout) -> set[int]:
    """Return the blocks that repeat words of a longer paragraph, each in an element of its own:
    pull quotes.
    """
    texts = [index for index, role in enumerate(layout.roles) if role == "text"]
    quotes = [index for index in texts if not _PLAIN_AREAS.isdisjoint(layout.blocks[index].areas)]
    if not quotes:
        return set()
    body = "\n".join(layout.blocks[index].key for index in texts if index not in quotes)
    return {
        index for index in quotes if (key := layout.blocks[index].key.strip("'\"")) and key in body
    }


_PLAIN_AREAS = frozenset(("blockquote", "figure", "aside"))


def _copies(texts: list[str]) -> list[bool]:
    """Return for each paragraph whether it is a copy of an earlier one: the lead twice over, or a
    long paragraph again.
    """
    keys = [normalize_for_match(paragraph) for paragraph in texts]
    filler = [bool(site.filler_in(paragraph)) for paragraph in texts]
    prose = [key for key, known in zip(keys, filler, strict=True) if not known]
    half = len(prose) // 2
    twice = half > 0 and (prose[:half] == prose[half : 2 * half] or prose[::2] == prose[1::2])
    seen: set[str] = set()
    copies = []
    for key, known in zip(keys, filler, strict=True):
        copy = not known and key in seen and (len(key) >= _REPEATABLE or twice)
        copies.append(copy)
        seen.add(key)
    return copies


def split_note(paragraph: str) -> tuple[str, str, str]:
    """Split a stock note from the start of a paragraph: ('Editor’s note:', note, rest), each ''
    where it does not stand.
    """
    if site.EDITORS_NOTE.fullmatch(paragraph):
        return paragraph, "", ""
    stock = site.stock_note(paragraph)
    if stock is None:
        return "", "", paragraph
    note, start = stock
    label, bare = paragraph[:start].strip(), paragraph[start:]
    glue, first = _GLUED.search(bare), _FIRST_SENTENCE.match(bare)
    end = len(bare)
    if note.sentence and first:
        end = first.end()
    elif glue:
        end = glue.start()
    return label, bare[:end].strip(), bare[end:].strip()


# --- Title, subtitle, label -----------------------------------------------------------------------


def _read_headings(article: Article, layout: PageLayout, metadata: PageMetadata) -> None:
    if layout.title:
        article.title = layout.title
        article.rules["title"] = layout.headline_rule
        weigh(
            article,
            "title",
            layout.title,
            [(without_site_name(title), rule) for title, rule in metadata.headlines],
        )
    if subtitles := layout.having("subtitle"):
        article.subtitle = subtitles[0].once
        article.rules["subtitle"] = "line between headline and byline"
        weigh(article, "subtitle", article.subtitle, [(metadata.description, "stated description")])
    if layout.label:
        article.label, article.rules["label"] = layout.label, layout.label_rule
    elif metadata.section and metadata.section.casefold() != "uncategorized":
        article.label, article.rules["label"] = metadata.section, "stated section"
    if article.label:
        weigh(article, "label", article.label, [(metadata.section, "stated section")])


# --- Image ----------------------------------------------------------------------------------------


def _read_image(
    article: Article,
    layout: PageLayout,
    body: Body,
    metadata: PageMetadata,
    served: str,
    links: LinkResolver,
) -> None:
    captions = [i for i, role in enumerate(layout.roles) if role == "caption"]
    for index in captions:
        caption, credit = split_caption(layout.blocks[index].text)
        if article.image_caption is None and caption:
            article.image_caption, article.rules["image_caption"] = caption, "caption line"
            article.image_credit = credit
        elif article.image_credit is None and credit and not caption:
            article.image_credit = credit
    if article.image_credit:
        article.rules["image_credit"] = "caption line"
    image = _lead_image(article, layout, body, links, captions)
    article.image_url = absolute_url(image.src if image else metadata.image, served)
    if article.image_url:
        article.rules["image_url"] = "image above the lead" if image else "stated image"


def split_caption(line: str) -> tuple[str | None, str | None]:
    """Split a caption line into (caption, credit): 'Soldiers | Image: KCNA', 'Featured image:
    KCNA', 'Illustration by X'.
    """
    featured = site.FEATURED_IMAGE.match(line)
    bare = line[featured.end() :] if featured else line
    caption, *credits = site.CREDIT.split(bare, maxsplit=1)
    if credits:
        return caption.strip() or None, credits[0].strip() or None
    if featured or site.ILLUSTRATION.fullmatch(bare):
        return None, bare.strip() or None
    return bare.strip() or None, None


def _lead_image(
    article: Article, layout: PageLayout, body: Body, links: LinkResolver, captions: list[int]
) -> Image | None:
    """Choose the image nearest above the caption, or without one the first between headline and
    lead; never a portrait.
    """
    names = {author.name for author in article.authors}
    start = layout.headline if layout.headline is not None else 0
    if captions and captions[0] < start:
        start = captions[0] - 1  # the lead picture stands above the headline
    end = captions[0] if captions and captions[0] <= layout.lead + 1 else layout.lead
    between = [
        image for image in body.images
        if start < image.before <= end and image.src and straighten_quotes(image.alt) not in names
        and not (image.href and links.slug(image.href)) and not site.filler_in(image.alt)
        and not _in_other_part(image, layout)
    ]  # fmt: skip
    if not between:
        return None
    return between[-1] if captions else between[0]


def _in_other_part(image: Image, layout: PageLayout) -> bool:
    around = layout.regions.of[max(image.before - 1, 0) : image.before + 1]
    return "card" in around or "about" in around


# --- Language, access, links ----------------------------------------------------------------------


def _read_language(article: Article, metadata: PageMetadata) -> None:
    prose = [paragraph for paragraph in article.paragraphs if not site.filler_in(paragraph)]
    words = " ".join([article.title or "", *prose])
    hangul = len(_HANGUL.findall(words))
    if hangul and hangul * 2 > len(_LETTER.findall(words)):
        article.language, article.rules["language"] = "ko", "script of the text"
    elif metadata.language and re.match(r"[A-Za-z]{2,3}(?:[-_]|$)", metadata.language):
        article.language = re.split(r"[-_]", metadata.language)[0].lower()
        article.rules["language"] = "stated language"
    else:
        article.language, article.rules["language"] = "en", "language of the site"


def _read_evidence(
    article: Article, layout: PageLayout, metadata: PageMetadata, links: LinkResolver
) -> None:
    """Note what the page says of its own access; the words of the text are judged by the paywall
    pipeline.
    """
    article.evidence = [
        f"isAccessibleForFree: {spelling}"
        for spelling in dict.fromkeys(filter(None, metadata.free))
    ]
    article.evidence += [f"content tier: {metadata.tier}"] if metadata.tier else []
    article.evidence += ["part withheld"] if metadata.withheld else []
    article.evidence += ["JSON-LD unreadable"] if metadata.unreadable else []
    article.evidence += [MORE_PAGES] if _has_more_pages(layout, metadata, links) else []
    if any(role in ("recent", "about", "after") for role in layout.roles[layout.lead :]):
        article.evidence.append("page tail seen")


def _has_more_pages(layout: PageLayout, metadata: PageMetadata, links: LinkResolver) -> bool:
    """Return whether the article goes on on another page: rel=next, 'Pages: 1 2 3', or a link to
    its second page.
    """
    if links.later_page(metadata.next_page, "next"):
        return True
    for block in layout.blocks[layout.headline or 0 :]:
        if len(block.text) <= _LONGEST_PAGER and _PAGES.fullmatch(block.text):
            return True
        for link in block.links:
            if _is_later_label(link.text) and links.later_page(link.href, link.text):
                return True
    return False


def _is_later_label(label: str) -> bool:
    return label.isdecimal() or label[:4].lower() == "next"


def _links(article: Article, layout: PageLayout, html: Selector, links: LinkResolver) -> list[Link]:
    """Return the Recent Stories (that section only) and the author pages of the byline, each once,
    in order.
    """
    pro = pro_urls(html, links)
    urls = [
        links.article_url(link.href) for block in layout.having("recent") for link in block.links
    ]
    recent = [
        Link(url, "article") for url in urls if url and url not in links.own and url not in pro
    ]
    authors = [
        Link(url, "author")
        for author in article.authors
        if (url := links.url(site.author_path(author.slug)))
    ]
    return list(dict.fromkeys([*recent, *authors]))


# --- Is it an article at all? ---------------------------------------------------------------------


def _suspicion(
    article: Article,
    layout: PageLayout,
    html: Selector,
    metadata: PageMetadata,
    links: LinkResolver,
) -> str | None:
    titles = [title for title, _ in metadata.headlines] + [article.title or ""]
    first_lines = [
        *titles,
        *map(without_site_name, titles),
        *(block.text for block in layout.blocks[:12]),
    ]
    signed = bool(article.byline or article.published_on)
    entries = {
        url for block, role in zip(layout.blocks, layout.roles, strict=True)
        if role in ("text", "card", "furniture", "after") and (block.linked or role == "card")
        for link in block.links if (url := links.article_url(link.href)) and url not in links.own
    }  # fmt: skip
    if not signed and any(site.CHALLENGE.search(words) for words in first_lines):
        return "challenge page"
    if not signed and any(site.NOT_FOUND.fullmatch(words) for words in first_lines):
        return "soft 404"
    if not signed and (
        site.LOGIN.fullmatch(article.title or "") or html.xpath('//input[@type="password"]')
    ):
        return "login page"
    if any(site.MORE_ARTICLES.fullmatch(block.once) for block in layout.blocks):
        return "listing"
    if (
        len(entries) >= _MANY_ENTRIES
        and not (layout.confirmed and bool(layout.header()))
        and len(article.paragraphs) < 2
    ):
        return "listing"
    told = layout.confirmed and len(article.paragraphs) >= _MANY_PARAGRAPHS
    marked = metadata.json_ld or metadata.og_type == "article" or article.note or told
    return None if signed or marked else "no sign of an article"
