"""An article page to an `Article`: one small function a field, each saying which rule answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from parsel import Selector

from nkcrawl import site, text
from nkcrawl.items import Article, Author, Link, Page
from nkcrawl.pages.absurd import ABSURD, is_absurd
from nkcrawl.pages.blocks import BEFORE, Block, Body, Image, Stamp, read_body
from nkcrawl.pages.concealed import concealed
from nkcrawl.pages.outline import Outline, Place, names_in, outline, without_site_name
from nkcrawl.pages.pro import pro_urls
from nkcrawl.pages.structured import Stated, read_stated

EXTRACTOR_VERSION = 3  # raised whenever the same page would give another row

_HANGUL = re.compile(r"[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
# 'News.The': a stop, then a capital without a space; the letters before keep 'U.S.' and 'D.P.R.K.' whole.
_GLUED = re.compile(r"(?<=[a-z’'”\")]{2}[.!?])(?=[A-Z“\"‘])")
# Up to a stop that ends a sentence: not the one of an initial ('J. Smith') or a title ('Dr. Smith').
_FIRST_SENTENCE = re.compile(r".*?(?<!\b[A-Z])(?<!\b[DM]r)(?<!\bM[rs]s)(?<!\bMs)(?<!\bProf)[.!?]+[”\"’']*")
_REPEATABLE = 40  # a paragraph this long that comes again is a copy, not a refrain
_MANY_ENTRIES = 6  # links to other articles, each alone on its line: a listing's look


class Fate(NamedTuple):
    """What became of one visible block of the page."""

    role: str
    text: str


@dataclass(slots=True)
class Reading:
    """An article as read, and the fate of every block in reading order; `text` marks the article's paragraphs."""

    article: Article
    fates: list[Fate]


def read_article(html: Selector, page: Page, site_url: str) -> Reading:
    """Read an article page.

    `page` is the visit that brought the HTML, `site_url` the site's root. Missing fields stay None; nothing is raised for
    a page that is no article: `Article.suspicion` and the missing fields tell the gate.
    """
    served = page.final_url or page.url
    if is_absurd(html.root):
        return Reading(Article(page, served, extractor_version=EXTRACTOR_VERSION, suspicion=ABSURD), [])
    stated = read_stated(html)
    body = read_body(html.root, concealed(html, stated.withheld))
    canonical = _canonical(stated, served, site_url)
    place = Place(site_url, frozenset((page.url, served, canonical)))
    plan = outline(body, stated, place)
    article = Article(page=page, url=canonical, extractor_version=EXTRACTOR_VERSION)
    if canonical != served:
        article.rules["url"] = "rel=canonical"
    fates = list(_fates(plan))
    article.paragraphs = [fate.text for fate in fates if fate.role == "text"]
    article.note = "\n\n".join(dict.fromkeys(fate.text for fate in fates if fate.role == "note")) or None
    _read_headings(article, plan, stated)
    article.rules["body"] = "blocks between header and tail, less filler"
    if article.note:
        article.rules["note"] = "known opening of a stock note"
    _read_byline(article, plan, body, stated, place)
    _read_dates(article, plan, stated)
    _read_image(article, plan, body, stated, served, place)
    _read_language(article, stated)
    _read_evidence(article, plan, stated)
    article.links = _links(article, plan, html, place)
    article.suspicion = _suspicion(article, plan, html, stated, place)
    return Reading(article, fates)


def _canonical(stated: Stated, served: str, site_url: str) -> str:
    """Return the article's identity: rel=canonical where it names the same story of the same month, else as served."""
    url = text.canonical_url(stated.canonical, site_url, base=served) if stated.canonical else None
    if url is None:
        return served
    named, own = urlsplit(url).path, urlsplit(served).path
    same_story = bool(_slug_forms(named) & _slug_forms(own))
    same_month = site.article_month(named) == site.article_month(own) is not None
    return url if same_story and same_month else served


def _slug_forms(path: str) -> set[str]:
    """Return the slug as it stands and without a number at its end, which may be a copy's or belong to the headline."""
    slug = site.article_slug(path) or ""
    return {slug, site.SLUG_REPEAT.sub("", slug)}


# --- Paragraphs and notes ---------------------------------------------------------------------------------------------


def _fates(plan: Outline) -> Iterator[Fate]:
    """Yield the fate of each block, in order; a stock note glued to a paragraph becomes two."""
    texts = [block.text for block in plan.having("text")]
    copies = _copies(texts)
    number = 0
    for block, role in zip(plan.blocks, plan.roles, strict=True):
        if role != "text":
            yield Fate(role, block.text)
            continue
        if copies[number]:
            yield Fate("repeat", block.text)
        else:
            note, rest = part_note(block.text)
            if note:
                yield Fate("note", note)
            if rest:
                yield Fate("text", rest)
        number += 1


def _copies(texts: list[str]) -> list[bool]:
    """Tell of each paragraph whether it is a copy of an earlier one: the lead twice over, or a long paragraph again."""
    keys = [text.loose(words) for words in texts]
    filler = [bool(site.filler_in(words)) for words in texts]
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


def part_note(paragraph: str) -> tuple[str, str]:
    """Part a stock note from the start of a paragraph: (note, rest); ('', paragraph) where none stands there."""
    for stock in site.STOCK_NOTES:
        if not stock.opening.match(paragraph):
            continue
        glue = _GLUED.search(paragraph)
        first = _FIRST_SENTENCE.match(paragraph)
        end = len(paragraph)
        if stock.sentence and first:
            end = first.end()
        elif glue:
            end = glue.start()
        return paragraph[:end].strip(), paragraph[end:].strip()
    return "", paragraph


# --- Title, subtitle, label -------------------------------------------------------------------------------------------


def _read_headings(article: Article, plan: Outline, stated: Stated) -> None:
    if plan.title:
        article.title = plan.title
        article.rules["title"] = plan.headline_rule
    if subtitles := plan.having("subtitle"):
        article.subtitle = subtitles[0].once
        article.rules["subtitle"] = "line between headline and byline"
    if labels := plan.having("label"):
        article.label = labels[0].once
        article.rules["label"] = plan.label_rule
    elif stated.section and stated.section.casefold() != "uncategorized":
        article.label = stated.section
        article.rules["label"] = "stated section"


# --- Byline and authors -----------------------------------------------------------------------------------------------


def _read_byline(article: Article, plan: Outline, body: Body, stated: Stated, place: Place) -> None:
    """Name the authors: from the byline's links, its plain words, the page's statement, or the foot, in that order."""
    known = _known_slugs(plan, body, place)
    for names, rule in (
        (_linked_names(plan, place), "author links in the byline"),
        (_plain_names(plan, known), "byline without links"),
        (_stated_names(stated, place), "stated author"),
        (_names_at_foot(plan, place), "About the Author"),
    ):
        if names:
            article.authors = [Author(slug, name) for name, slug in names.items() if slug]
            article.byline = " | ".join(names)
            article.rules["authors"] = article.rules["byline"] = rule
            return


def _linked_names(plan: Outline, place: Place) -> dict[str, str]:
    """Return name → slug of the links in the byline, in order, each author once."""
    names: dict[str, str] = {}
    met: set[str] = set()
    for block in plan.having("byline"):
        for link in block.links:
            slug, name = place.slug(link.href), _name(link.text)
            if slug and name and slug not in met and name not in names:
                names[name] = slug
                met.add(slug)
    return names


def _plain_names(plan: Outline, known: dict[str, str]) -> dict[str, str]:
    """Return the names of a byline without links, each with the slug that another link of the page gives it, or ''."""
    for block in plan.having("byline"):
        names = [_name(name) for name in names_in(text.without_dates(block.text))]
        if any(names):
            return {name: known.get(text.loose(name), "") for name in names if name}
    return {}


def _known_slugs(plan: Outline, body: Body, place: Place) -> dict[str, str]:
    """Return loose name → slug of every author link of the page, by its words or by the alt of the portrait in it."""
    pairs = [(link.href, site.VIEW_MORE_OPENING.sub("", link.text)) for block in plan.blocks for link in block.links]
    pairs += [(image.href, image.alt) for image in body.images if image.href]
    return {text.loose(_name(words)): slug for href, words in pairs if (slug := place.slug(href))}


def _stated_names(stated: Stated, place: Place) -> dict[str, str]:
    return {_name(name): place.slug(url) or "" for name, url in stated.authors if _name(name)}


def _names_at_foot(plan: Outline, place: Place) -> dict[str, str]:
    links = [link for block in plan.blocks for link in block.links if site.VIEW_MORE.fullmatch(link.text)]
    return {_name(site.VIEW_MORE_OPENING.sub("", link.text)): slug for link in links if (slug := place.slug(link.href))}


def _name(words: str) -> str:
    return text.straight(text.undouble(re.sub(r"^By\s+", "", text.clean(words).strip(" |,"))))


# --- Dates ------------------------------------------------------------------------------------------------------------


def _read_dates(article: Article, plan: Outline, stated: Stated) -> None:
    """Find the publication day: the byline's date first, then what is stated; the URL's month can veto, never invent.

    The date at the top of the page is the day of the visit, and dates in captions are the images': neither is looked at.
    """
    month = site.article_month(urlsplit(article.url).path)
    moments = [(moment, rule) for moment, rule in _moments(plan, stated) if _is_near(_in_seoul(moment), month)]
    found = _shown_day(plan, moments, month) or _stated_day(stated, moments, month)
    if found is None:
        return
    day, article.rules["published_on"] = found
    article.published_on = day.isoformat()
    for moment, rule in moments:
        if _in_seoul(moment) == day:
            article.published_at, article.rules["published_at"] = text.iso_moment(moment), rule
            _read_modified(article, plan, stated, moment)
            return


def _shown_day(plan: Outline, moments: list[tuple[datetime, str]], month: date | None) -> tuple[date, str] | None:
    """Return the day that the byline shows, in Seoul even where the theme prints the UTC day of the moment beside it."""
    for day in _shown_days(plan):
        for moment, rule in moments:
            if day == _in_seoul(moment):
                return day, "date in the byline"
            if day == moment.date():
                return _in_seoul(moment), f"{rule}, as a day in Seoul"
        if month is None or (day.year, day.month) == (month.year, month.month):
            return day, "date in the byline"
    return None


def _stated_day(stated: Stated, moments: list[tuple[datetime, str]], month: date | None) -> tuple[date, str] | None:
    for moment, rule in moments:
        return _in_seoul(moment), f"{rule}, as a day in Seoul"
    for value, rule in stated.published:
        day = text.seoul_day(value)
        if day and _is_near(day, month):
            return day, rule
    return None


def _in_seoul(moment: datetime) -> date:
    return moment.astimezone(text.SEOUL).date()


def _read_modified(article: Article, plan: Outline, stated: Stated, published: datetime) -> None:
    shown = [
        (stamp.moment, "update in the byline")
        for block in _header(plan) for stamp in block.stamps if _is_update(stamp)
    ]  # fmt: skip
    for value, rule in [*stated.modified, *shown]:
        moment = text.parse_moment(value)
        if moment and moment >= published:
            article.modified_at = text.iso_moment(moment)
            article.rules["modified_at"] = rule
            return


def _header(plan: Outline) -> list[Block]:
    return [
        block for block, role in zip(plan.blocks[: plan.lead], plan.roles, strict=False) if role in ("byline", "date")
    ]


def _is_update(stamp: Stamp) -> bool:
    return stamp.modified or bool(site.MODIFIED.search(stamp.before))


def _shown_days(plan: Outline) -> Iterator[date]:
    for block in _header(plan):
        updates = [stamp for stamp in block.stamps if _is_update(stamp)]
        for found in text.dates_in(block.text):
            in_update = any(found.start >= stamp.start and found.end <= stamp.start + len(stamp.text) + 1
                            for stamp in updates)  # fmt: skip
            if not in_update and not site.MODIFIED.search(block.text[max(0, found.start - BEFORE) : found.start]):
                yield found.day


def _moments(plan: Outline, stated: Stated) -> Iterator[tuple[datetime, str]]:
    for block in _header(plan):
        for stamp in block.stamps:
            moment = text.parse_moment(stamp.moment)
            if moment and not _is_update(stamp):
                yield moment, "time element in the byline"
    for value, rule in stated.published:
        if moment := text.parse_moment(value):
            yield moment, rule


def _is_near(day: date, month: date | None) -> bool:
    """Tell whether a day lies in the URL's month, a day's grace on either side for a month turned in another time zone.

    A page whose URL names no month (a saved file) has nothing to veto with.
    """
    if month is None:
        return True
    following = (month + timedelta(days=31)).replace(day=1)
    return month - timedelta(days=1) <= day <= following


# --- Image ------------------------------------------------------------------------------------------------------------


def _read_image(article: Article, plan: Outline, body: Body, stated: Stated, served: str, place: Place) -> None:
    captions = [i for i, role in enumerate(plan.roles) if role == "caption"]
    for index in captions:
        caption, credit = part_caption(plan.blocks[index].text)
        if article.image_caption is None and caption:
            article.image_caption, article.rules["image_caption"] = caption, "caption line"
            article.image_credit = credit
        elif article.image_credit is None and credit and not caption:
            article.image_credit = credit
    if article.image_credit:
        article.rules["image_credit"] = "caption line"
    image = _lead_image(article, plan, body, place, captions)
    article.image_url = text.absolute_url(image.src if image else stated.image, served)
    if article.image_url:
        article.rules["image_url"] = "image above the lead" if image else "stated image"


def part_caption(words: str) -> tuple[str | None, str | None]:
    """Part a caption line into (caption, credit): 'Soldiers | Image: KCNA', 'Featured image: KCNA', 'Illustration by X'."""
    featured = site.FEATURED_IMAGE.match(words)
    bare = words[featured.end() :] if featured else words
    caption, *credits = site.CREDIT.split(bare, maxsplit=1)
    if credits:
        return caption.strip() or None, credits[0].strip() or None
    if featured or site.ILLUSTRATION.fullmatch(bare):
        return None, bare.strip() or None
    return bare.strip() or None, None


def _lead_image(article: Article, plan: Outline, body: Body, place: Place, captions: list[int]) -> Image | None:
    """Choose the image nearest above the caption, or without one the first between headline and lead; never a portrait."""
    names = {author.name for author in article.authors}
    start = plan.headline if plan.headline is not None else 0
    end = captions[0] if captions and captions[0] <= plan.lead + 1 else plan.lead
    between = [
        image for image in body.images
        if start < image.before <= end and image.src and text.straight(image.alt) not in names
        and not (image.href and place.slug(image.href)) and not site.filler_in(image.alt)
    ]  # fmt: skip
    if not between:
        return None
    return between[-1] if captions else between[0]


# --- Language, access, links ------------------------------------------------------------------------------------------


def _read_language(article: Article, stated: Stated) -> None:
    prose = [paragraph for paragraph in article.paragraphs if not site.filler_in(paragraph)]
    words = " ".join([article.title or "", *prose])
    hangul = len(_HANGUL.findall(words))
    if hangul and hangul * 2 > len(_LETTER.findall(words)):
        article.language, article.rules["language"] = "ko", "script of the text"
    elif stated.language and re.match(r"[A-Za-z]{2,3}(?:[-_]|$)", stated.language):
        article.language = re.split(r"[-_]", stated.language)[0].lower()
        article.rules["language"] = "stated language"
    else:
        article.language, article.rules["language"] = "en", "language of the site"


def _read_evidence(article: Article, plan: Outline, stated: Stated) -> None:
    """Note what the page says of its own access; the words of the text are judged by the paywall pipeline."""
    article.evidence = [f"isAccessibleForFree: {spelling}" for spelling in dict.fromkeys(filter(None, stated.free))]
    article.evidence += [f"content tier: {stated.tier}"] if stated.tier else []
    article.evidence += ["part withheld"] if stated.withheld else []
    if any(role in ("recent", "about", "after") for role in plan.roles):
        article.evidence.append("page tail seen")


def _links(article: Article, plan: Outline, html: Selector, place: Place) -> list[Link]:
    """Return the Recent Stories (that section only) and the author pages of the byline, each once, in order."""
    pro = pro_urls(html, place)
    urls = [place.article_url(link.href) for index in plan.recent for link in plan.blocks[index].links]
    recent = [Link(url, "article") for url in urls if url and url not in place.own and url not in pro]
    authors = [Link(url, "author") for author in article.authors if (url := place.url(site.author_path(author.slug)))]
    return list(dict.fromkeys([*recent, *authors]))


# --- Is it an article at all? -----------------------------------------------------------------------------------------


def _suspicion(article: Article, plan: Outline, html: Selector, stated: Stated, place: Place) -> str | None:
    titles = [words for words, _ in stated.headlines] + [article.title or ""]
    first_lines = [*titles, *map(without_site_name, titles), *(block.text for block in plan.blocks[:12])]
    signed = bool(article.byline or article.published_on)
    entries = {
        url for block, role in zip(plan.blocks, plan.roles, strict=True) if role in ("text", "link") and block.linked
        for link in block.links if (url := place.article_url(link.href)) and url not in place.own
    }  # fmt: skip
    if not signed and any(site.CHALLENGE.search(words) for words in first_lines):
        return "challenge page"
    if not signed and any(site.NOT_FOUND.fullmatch(words) for words in first_lines):
        return "soft 404"
    if not signed and (site.LOGIN.fullmatch(article.title or "") or html.xpath('//input[@type="password"]')):
        return "login page"
    if any(site.MORE_ARTICLES.fullmatch(block.once) for block in plan.blocks):
        return "listing"
    if len(entries) >= _MANY_ENTRIES and not (plan.confirmed and bool(_header(plan))):
        return "listing"
    marked = stated.json_ld or stated.og_type == "article" or article.note
    return None if signed or marked else "no sign of an article"
