"""Reading an article page into an `Article`: one function per field, each with its rule."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from parsel import Selector

from nkcrawl import site
from nkcrawl.items import Article, Link, Visit
from nkcrawl.pages.authors import read_byline
from nkcrawl.pages.blocks import Image
from nkcrawl.pages.body import read_body
from nkcrawl.pages.dates import read_dates
from nkcrawl.pages.hidden import hidden_elements
from nkcrawl.pages.html import TOO_COMPLEX, tree_exceeds_limits
from nkcrawl.pages.layout import assign_roles
from nkcrawl.pages.links import LinkResolver, pro_urls
from nkcrawl.pages.metadata import PageMetadata, read_metadata, without_site_name
from nkcrawl.pages.page import ArticlePage, compare_sources
from nkcrawl.pages.paragraphs import ReadBlock, read_blocks
from nkcrawl.paywall import MORE_PAGES, filler_in
from nkcrawl.text import absolute_url, canonical_url, straighten_quotes

EXTRACTOR_VERSION = 4  # to be raised whenever the same page would give another row

_HANGUL = re.compile(r"[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
# WordPress's list of the pages of one article.
_PAGES = re.compile(r"Pages?:? ?\d+(?: \d+)*", re.IGNORECASE)
_MAX_PAGER = 200  # characters
# Paragraphs below a confirmed headline that make an article, even if nothing else does.
_MANY_PARAGRAPHS = 3
_MANY_ENTRIES = 6  # links to other articles, each on its own line, that make a listing
_FIRST_LINES = 12  # blocks in which the message of an error page stands


@dataclass(slots=True)
class Reading:
    """An article as read, and every block of the page in reading order."""

    article: Article
    blocks: list[ReadBlock]


def read_article(html: Selector, visit: Visit, site_url: str) -> Reading:
    """Read an article page.

    `visit` brought the HTML, `site_url` the root URL of the site. Missing fields
    are None. A page that is not an article raises nothing: `rejection_reason` says so.
    """
    served_url = visit.final_url or visit.url
    if tree_exceeds_limits(html.root):
        article = Article(served_url, extractor_version=EXTRACTOR_VERSION)
        article.rejection_reason = TOO_COMPLEX
        return Reading(article, [])
    parsed = _parse(html, visit.url, served_url, site_url)
    assign_roles(parsed)
    article = Article(parsed.url, extractor_version=EXTRACTOR_VERSION)
    if parsed.url != served_url:
        article.rules["url"] = "rel=canonical"
    blocks = list(read_blocks(parsed))
    _read_text(article, blocks)
    _read_headings(article, parsed)
    read_byline(article, parsed)
    read_dates(article, parsed)
    _read_image(article, parsed)
    _read_language(article, parsed)
    article.evidence = _evidence(parsed)
    article.links = _links(article, parsed)
    article.rejection_reason = _rejection_reason(article, parsed)
    return Reading(article, blocks)


def _parse(html: Selector, url: str, served_url: str, site_url: str) -> ArticlePage:
    own = frozenset((url, served_url))
    metadata = read_metadata(html, LinkResolver(site_url, own))
    canonical = _canonical(metadata, served_url, site_url)
    links = LinkResolver(site_url, own | {canonical})
    body = read_body(html.root, hidden_elements(html, metadata.paywalled_selectors))
    return ArticlePage(html, served_url, canonical, links, metadata, body)


def _canonical(metadata: PageMetadata, served_url: str, site_url: str) -> str:
    """Return rel=canonical if it is the same story in the same month, else the URL as served."""
    url = metadata.canonical and canonical_url(metadata.canonical, site_url, base=served_url)
    if not url:
        return served_url
    canonical, served = urlsplit(url).path, urlsplit(served_url).path
    same_story = bool(_slug_forms(canonical) & _slug_forms(served))
    same_month = site.article_month(canonical) == site.article_month(served) is not None
    return url if same_story and same_month else served_url


def _slug_forms(path: str) -> set[str]:
    """Return the slug with and without a final number, which can mark a copy or belong to it."""
    slug = site.article_slug(path) or ""
    return {slug, site.SLUG_REPEAT.sub("", slug)}


# --- Text, title, subtitle, label -----------------------------------------------------------------


def _read_text(article: Article, blocks: list[ReadBlock]) -> None:
    article.paragraphs = [block.text for block in blocks if block.role == "text"]
    article.rules["body"] = "blocks of the prose region, less filler"
    notes = dict.fromkeys(block.text for block in blocks if block.role == "note")
    if notes:
        article.note = "\n\n".join(notes)
        article.rules["note"] = "known opening of a stock note"


def _read_headings(article: Article, page: ArticlePage) -> None:
    metadata = page.metadata
    if page.title:
        article.title, article.rules["title"] = page.title, page.headline_rule
        stated = [(without_site_name(title), rule) for title, rule in metadata.headlines]
        compare_sources(article, "title", page.title, stated)
    if subtitles := page.having("subtitle"):
        article.subtitle = subtitles[0].deduplicated
        article.rules["subtitle"] = "line between headline and byline"
        stated = [(metadata.description, "stated description")]
        compare_sources(article, "subtitle", article.subtitle, stated)
    if page.label:
        article.label, article.rules["label"] = page.label, page.label_rule
    elif metadata.section and metadata.section.casefold() != "uncategorized":
        article.label, article.rules["label"] = metadata.section, "stated section"
    if article.label:
        compare_sources(article, "label", article.label, [(metadata.section, "stated section")])


# --- Image ----------------------------------------------------------------------------------------


def _read_image(article: Article, page: ArticlePage) -> None:
    captions = [index for index, role in enumerate(page.roles) if role == "caption"]
    _read_captions(article, [page.blocks[index].text for index in captions])
    image = _lead_image(article, page, captions)
    article.image_url = absolute_url(image.src if image else page.metadata.image, page.served_url)
    if article.image_url:
        article.rules["image_url"] = "image above the lead" if image else "stated image"


def _read_captions(article: Article, lines: list[str]) -> None:
    for caption, credit in map(split_caption, lines):
        if article.image_caption is None and caption:
            article.image_caption, article.rules["image_caption"] = caption, "caption line"
            article.image_credit = credit
        elif article.image_credit is None and credit and not caption:
            article.image_credit = credit
    if article.image_credit:
        article.rules["image_credit"] = "caption line"


def split_caption(line: str) -> tuple[str | None, str | None]:
    """Split a caption line into caption and credit.

    'Soldiers | Image: KCNA' has both; 'Featured image: KCNA', 'Illustration by X' only a credit.
    """
    featured = site.FEATURED_IMAGE.match(line)
    bare = line[featured.end() :] if featured else line
    caption, *credits = site.CREDIT.split(bare, maxsplit=1)
    if credits:
        return caption.strip() or None, credits[0].strip() or None
    if featured or site.ILLUSTRATION.fullmatch(bare):
        return None, bare.strip() or None
    return bare.strip() or None, None


def _lead_image(article: Article, page: ArticlePage, captions: list[int]) -> Image | None:
    """Return the image closest above the caption, or the first between headline and lead.

    Portraits of the authors and images of other parts of the page are skipped.
    """
    start, end = page.headline or 0, page.lead
    if captions and captions[0] <= page.lead + 1:
        end = captions[0]
    if captions and captions[0] < start:
        start = captions[0] - 1  # the lead image stands above the headline
    names = {author.name for author in article.authors}
    between = [
        image for image in page.body.images
        if start < image.before <= end and image.src and straighten_quotes(image.alt) not in names
        and not (image.href and page.links.slug(image.href)) and not filler_in(image.alt)
        and not _is_in_other_part(image, page)
    ]  # fmt: skip
    if not between:
        return None
    return between[-1] if captions else between[0]


def _is_in_other_part(image: Image, page: ArticlePage) -> bool:
    around = page.regions.of[max(image.before - 1, 0) : image.before + 1]
    return "card" in around or "about" in around


# --- Language, access, links ----------------------------------------------------------------------


def _read_language(article: Article, page: ArticlePage) -> None:
    prose = [paragraph for paragraph in article.paragraphs if not filler_in(paragraph)]
    text = " ".join([article.title or "", *prose])
    hangul = len(_HANGUL.findall(text))
    stated = page.metadata.language
    if hangul and hangul * 2 > len(_LETTER.findall(text)):
        article.language, article.rules["language"] = "ko", "script of the text"
    elif re.match(r"[A-Za-z]{2,3}(?:[-_]|$)", stated):
        article.language = re.split(r"[-_]", stated)[0].lower()
        article.rules["language"] = "stated language"
    else:
        article.language, article.rules["language"] = "en", "language of the site"


def _evidence(page: ArticlePage) -> list[str]:
    """Return what the page says about its access; `paywall` adds what the text says."""
    metadata = page.metadata
    evidence = [f"isAccessibleForFree: {value}" for value in dict.fromkeys(metadata.free) if value]
    evidence += [f"content tier: {metadata.tier}"] if metadata.tier else []
    evidence += ["part withheld"] if metadata.paywalled_selectors else []
    evidence += ["JSON-LD unreadable"] if metadata.unreadable else []
    evidence += [MORE_PAGES] if _has_more_pages(page) else []
    if any(role in ("recent", "about", "after") for role in page.roles[page.lead :]):
        evidence.append("page tail seen")
    return evidence


def _has_more_pages(page: ArticlePage) -> bool:
    """Return whether the article continues on another page.

    It does with rel=next, 'Pages: 1 2 3', or a link to its second page.
    """
    if page.links.later_page(page.metadata.next_page, "next"):
        return True
    for block in page.blocks[page.headline or 0 :]:
        if len(block.text) <= _MAX_PAGER and _PAGES.fullmatch(block.text):
            return True
        for link in block.links:
            is_pager = link.text.isdecimal() or link.text[:4].lower() == "next"
            if is_pager and page.links.later_page(link.href, link.text):
                return True
    return False


def _links(article: Article, page: ArticlePage) -> list[Link]:
    """Return the Recent Stories and the author pages of the byline, each once, in order."""
    pro = pro_urls(page.html, page.links)
    urls = [
        page.links.article_url(link.href) for block in page.having("recent") for link in block.links
    ]
    recent = [
        Link(url, "article") for url in urls if url and url not in page.links.own and url not in pro
    ]
    authors = [
        Link(url, "author")
        for author in article.authors
        if (url := page.links.url(site.author_path(author.slug)))
    ]
    return list(dict.fromkeys([*recent, *authors]))


# --- Pages that are not articles ------------------------------------------------------------------


def _rejection_reason(article: Article, page: ArticlePage) -> str | None:
    """Return why the page is not an article, None if it looks like one."""
    signed = bool(article.byline or article.published_on)
    if not signed and (reason := _error_page(article, page)):
        return reason
    if _is_listing(article, page):
        return "listing"
    metadata = page.metadata
    is_story = page.headline_confirmed and len(article.paragraphs) >= _MANY_PARAGRAPHS
    marked = metadata.json_ld or metadata.og_type == "article" or article.note or is_story
    return None if signed or marked else "no sign of an article"


def _error_page(article: Article, page: ArticlePage) -> str | None:
    titles = [title for title, _ in page.metadata.headlines] + [article.title or ""]
    lines = [*titles, *map(without_site_name, titles)]
    lines += [block.text for block in page.blocks[:_FIRST_LINES]]
    if any(site.CHALLENGE.search(line) for line in lines):
        return "challenge page"
    if any(site.NOT_FOUND.fullmatch(line) for line in lines):
        return "soft 404"
    has_password = bool(page.html.xpath('//input[@type="password"]'))
    if has_password or site.LOGIN.fullmatch(article.title or ""):
        return "login page"
    return None


def _is_listing(article: Article, page: ArticlePage) -> bool:
    if any(site.MORE_ARTICLES.fullmatch(block.deduplicated) for block in page.blocks):
        return True
    if (page.headline_confirmed and page.header()) or len(article.paragraphs) >= 2:
        return False
    entries = {
        url for block, role in zip(page.blocks, page.roles, strict=True)
        if role in ("text", "card", "furniture", "after") and (block.linked or role == "card")
        for link in block.links
        if (url := page.links.article_url(link.href)) and url not in page.links.own
    }  # fmt: skip
    return len(entries) >= _MANY_ENTRIES
