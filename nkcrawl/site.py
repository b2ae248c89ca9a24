"""What NK News looks like, as data: URL patterns, headings, filler, stock notes and seed authors.

Everything here was read off public copies of the text of its pages, 2012 to 2025; nobody has seen
its HTML. When the site changes its wording, this is the file to edit: add the new wording with a
sample and the month it was seen, keep the old ones, for old pages stay online.
"""

import re
from collections import deque
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

SITE = "https://www.nknews.org"
NAME = "NK News"

# Authors whose pages a first run starts from; others are found through bylines. A slug is not the
# name: `chadcarrol`.
SEED_AUTHORS = (
    "andrei-lankov",
    "chadcarrol",
    "colin-zwirko",
    "nk-news",
    "oliver-hotham",
    "inhua-kim",
    "kelly-kasulis",
)

# --- URLs, matched against the canonical path -----------------------------------------------------

# '/2025/06/some-slug/': every article, whatever its kind; a slug of one or two digits is a day's
# archive.
ARTICLE_PATH = re.compile(
    r"/(?P<year>20\d\d)/(?P<month>0[1-9]|1[0-2])/(?P<slug>(?!\d{1,2}/|page/|feed/)[^/]+)/"
)
# '/content_author/some-slug/', '/content_author/some-slug/page/3/'; in 2020-21
# '/content_author/some-slug/3/'.
AUTHOR_PATH = re.compile(r"/content_author/(?P<slug>[^/]+)/(?:(?:page/)?(?P<number>\d{1,4})/)?")
# A second slug of one article, seen rarely: '/2025/06/some-slug-2/'.
SLUG_REPEAT = re.compile(r"-\d{1,2}$")
# '/category/columns/', '/tag/name/': what a label above a headline links to.
SECTION_PATH = re.compile(r"/(?:category|tag|series|topic)/")
# NK Pro is a separate, paid product: its pages are never followed.
PRO_BADGE = "NK PRO"


def article_month(path: str) -> date | None:
    """Return the first day of the month that an article's path names, or None if the path is no
    article's.
    """
    match = ARTICLE_PATH.fullmatch(path)
    return date(int(match["year"]), int(match["month"]), 1) if match else None


def article_slug(path: str) -> str | None:
    """Return the slug of an article's path, or None if the path is no article's."""
    match = ARTICLE_PATH.fullmatch(path)
    return match["slug"] if match else None


def author_slug(path: str) -> str | None:
    """Return the author's slug of an author page's path, whatever its page number, or None."""
    match = AUTHOR_PATH.fullmatch(path)
    return match["slug"] if match else None


def author_page_number(path: str) -> int:
    """Return which page of an author's listing a path is, 1 for the first; 0 for a path that is no
    author's.
    """
    match = AUTHOR_PATH.fullmatch(path)
    return int(match["number"] or 1) if match else 0


def author_path(slug: str) -> str:
    """Return the path of an author's first page."""
    return f"/content_author/{slug}/"


FEED_PATH = "/feed/"  # RSS, the newest 300 stories or so


def page_kind(path: str) -> Literal["article", "author", "feed"] | None:
    """Return the kind of page that a path belongs to, or None if nkcrawl does not visit it."""
    if author_slug(path):
        return "author"
    if path == FEED_PATH:
        return "feed"
    return "article" if article_month(path) else None


# --- Headlines and headings -----------------------------------------------------------------------

# '<title> Headline | NK News</title>'; the dash forms were seen in old copies.
TITLE_SUFFIX = re.compile(r"[|–—»-]\s*NK ?News(?:\s*[|–—-]\s*North Korea News)?\s*$")
TITLE_PREFIX = re.compile(r"^\s*NK ?News\s*[|–—»-]\s*")

RECENT_STORIES = "Recent Stories"
ABOUT_AUTHOR = re.compile(
    r"About the Authors?:?", re.IGNORECASE
)  # articles: 'Author', author pages: 'author'
MORE_ARTICLES = re.compile(
    r"More articles by\s*['‘’\"“](?P<name>[^\"“”]{1,60})['‘’\"”]", re.IGNORECASE
)  # "More articles by 'Name'"
VIEW_MORE_OPENING = re.compile(
    r"^View more articles by\s*", re.IGNORECASE
)  # what stands before the name
VIEW_MORE = re.compile(
    r"View more articles by\b.{1,60}", re.IGNORECASE
)  # 'View more articles by Name', an article's foot
# Headings that end the article region wherever they stand alone.
TAIL_HEADINGS = (
    "Recent Stories",
    "Recommended for You",  # 2014
    "Join the discussion",  # 2014
    "Got a news tip?",  # 2025
    "Let us know!",  # 2025
)
# '© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved' and '© Korea Risk Group. All
# rights reserved. |'
COPYRIGHT = re.compile(
    r"©\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?,?\s*)?Korea Risk Group\b.{0,80}", re.IGNORECASE
)

# Labels seen above headlines that carry no link and need no other proof.
LABELS = frozenset(
    {"news", "columns", "features", "opinion", "analysis", "interviews", "podcast", "podcasts", "investigations",
     "life", "q&a", "ask a north korean", "shorts", "briefs"}
)  # fmt: skip
# A topic or series is a name ('COVID-19', 'Border Controls', 'Settling in Seoul'); a promotion is a
# sentence.
TOPIC = re.compile(r"[A-Z0-9][\w’'&-]*(?: (?:of|the|in|and|on|a|&|[A-Z0-9][\w’'&-]*)){0,4}")

# --- Captions, credits, stamps --------------------------------------------------------------------

# 'Soldiers in hard hats | Image: KCTV (Feb. 17, 2025), edited by NK News'
CREDIT = re.compile(
    r"\|\s*(?:Image|Images|Photo|Photos|Picture|Pictures|Graphic|Illustration)s?\s*:\s*",
    re.IGNORECASE,
)
FEATURED_IMAGE = re.compile(
    r"Featured image\s*:\s*", re.IGNORECASE
)  # 2013 to 2019, a line of its own
ILLUSTRATION = re.compile(  # 2013, a paragraph of its own, with no full stop
    r"Illustrations? by [^\W\d_a-z][\w'’-]*\.?(?:,? (?:and|for|of|de|van|von|&|[^\W\d_a-z][\w'’-]*\.?)){0,8}(?<!\w{2}\.)"
)
MODIFIED = re.compile(
    r"\b(?:updated|update|modified|edited|revised)\b[^.\d]{0,20}$", re.IGNORECASE
)  # before such a date
# Closing lines that are no sentence and yet no sign of a cut: 'Edited by Some One and Another'
DESK_LINE = re.compile(
    r"(?:Edited|Translated|Additional reporting|Reporting|Graphics?|Photos?|Illustrations?) by\b.{1,120}"
)

# --- Stock notes: true text, but not the author's lead --------------------------------------------


@dataclass(frozen=True, slots=True)
class StockNote:
    """A note that the site puts above a lead; `sentence` notes end with their first sentence,
    others with their block.
    """

    opening: re.Pattern[str]
    sentence: bool
    sample: str


def stock_note(paragraph: str) -> tuple[StockNote, int] | None:
    """Return the stock note that a paragraph begins with, and where its own wording begins after
    'Editor’s note:'.
    """
    start = EDITORS_NOTE.match(paragraph)
    at = start.end() if start else 0
    note = next((note for note in STOCK_NOTES if note.opening.match(paragraph, at)), None)
    return (note, at) if note else None


def begins_note(line: str) -> bool:
    """Return whether a line is a stock note, with or without a paragraph behind it, or the label of
    one.
    """
    return bool(EDITORS_NOTE.fullmatch(line)) or stock_note(line) is not None


# "Editor’s note:", before a stock note or on a line of its own, 2026
EDITORS_NOTE = re.compile(r"(?:Editors?['’]?s?|NK News) note\s*[:.–—-]?\s*", re.IGNORECASE)

STOCK_NOTES = (
    StockNote(
        re.compile(
            r"Views expressed in (?:Opinion|this|guest|op-ed)\b[^.]{0,40}? are exclusively\b",
            re.IGNORECASE,
        ),
        True,
        "Views expressed in Opinion articles are exclusively the authors’ own and do not represent those of NK News.",
    ),
    StockNote(
        re.compile(r"The following article is an? (?:opinion piece|op-ed)\b.{0,20}? by\b"),
        True,
        "The following article is an opinion piece by Some Name.",
    ),
    StockNote(
        re.compile(r"The following article is a (?:guest )?column\b.{0,20}? by\b"),
        True,
        "The following article is a column by Some Name, somebody somewhere.",
    ),
    StockNote(
        re.compile(
            r"This (?:article )?is (?:the \w+ )?(?:a )?part of (?:an? )?NK News['’]s? series\b",
            re.IGNORECASE,
        ),
        False,
        "This is part of NK News’ series on something.",
    ),
    StockNote(
        re.compile(r"[“\"‘'][^”\"]{3,60}[”\"’'] is a (?:new )?NK News series\b"),
        False,
        "“Settling in Seoul” is a new NK News series on something.",
    ),
    StockNote(
        re.compile(r"Got a question for .{2,60}\? Email it to\b"),
        False,
        "Got a question for Name? Email it to",
    ),
    StockNote(
        re.compile(r"About the podcast:"), False, "About the podcast: somebody talks with somebody."
    ),
)

# --- Filler: never part of an article -------------------------------------------------------------

FillerKind = Literal["offer", "rights", "interface"]


@dataclass(frozen=True, slots=True)
class Filler:
    """One sentence or label of filler, whole; `alone` says that it proves itself without filler
    beside it.
    """

    kind: FillerKind
    pattern: re.Pattern[str]
    sample: str
    alone: bool


def _filler(kind: FillerKind, wording: str, *, alone: bool = True) -> Filler:
    """Build a filler from its whole wording, in which white space, apostrophes, dashes and numbers
    are free.
    """
    return Filler(kind, re.compile(_pattern(wording), re.IGNORECASE), wording, alone)


def _pattern(wording: str) -> str:
    free = re.escape(wording).replace("\\ ", " ")
    free = re.sub(r"\\?[$€£]?\d[\d,]*(?:\\\.\d+)?", lambda _: r"\S{0,3}\d[\d.,]*", free)
    free = re.sub("['’‘]", lambda _: "['’‘]", free)
    free = re.sub(r"\\?[-–—]", lambda _: "[-–—]+", free)
    return free.replace(" ", r"\s*")


WHOLE_FILLERS = (
    # The offer box: one list under three headings over the years; prices change, so no rule leans
    # on one.
    _filler("offer", "Become a member for less than $5.75 per week."),
    _filler("offer", "Try unlimited access Only $1 for four weeks"),
    _filler("offer", "Try unlimited access", alone=False),
    _filler("offer", "Only $1 for four weeks"),
    _filler("offer", "Unlimited access to all of NK News: reporting, investigations, analysis"),
    _filler("offer", "Year-one discount if you continue past $1 trial period"),
    _filler("offer", "The NK News Daily Update, an email newsletter to keep you in the loop"),
    _filler("offer", "Searchable archive of all content, photo galleries, special columns"),
    _filler("offer", "Contact NK News reporters with tips or requests for reporting"),
    _filler("offer", "Get unlimited access to all NK News content, including original reporting, investigations, and "
                     "analyses by our team of DPRK experts."),
    _filler("offer", "Subscribe now", alone=False),
    _filler("offer", "All major cards accepted. No commitments – you can cancel any time."),
    # 2014
    _filler("offer", "You have reached your limit of 5 free articles this month."),
    _filler("offer", "Subscribe today for unlimited access.", alone=False),
    _filler("offer", "Existing users, please sign in here:"),
    _filler("offer", "Remember Me", alone=False),
    # Pop-ups
    _filler("interface", "Specialist news and analysis, research tools, and unique data sets"),
    _filler("interface", "Specialist news and analysis,", alone=False),
    _filler("interface", "research tools, and unique data sets", alone=False),
    _filler("interface", "Internet Explorer is not compatible with this website."),
    _filler("interface", "Don't have an account? SIGN UP"),
    _filler("interface", "New user promotion", alone=False),
    _filler("interface", "by nknews_hq on 2018-01-10 02:35:37"),
    # Share icons and the top of the page
    _filler("interface", "Copy Icon COPY LINK"),
    _filler("interface", "Copy Icon"),
    _filler("interface", "COPY LINK"),
    _filler("interface", "Mastodon Icon MASTODON"),
    _filler("interface", "Mastodon Icon"),
    _filler("interface", "MASTODON", alone=False),
    _filler("interface", "EMAIL", alone=False),
    _filler("interface", "Skip to toolbar"),
    _filler("interface", "Skip to content"),
    _filler("interface", "NK News Logo"),
    _filler("interface", "Get behind the headlines"),
    _filler("interface", "NK News is hiring"),
    # Tail
    _filler("rights", "© Korea Risk Group. All rights reserved."),
    _filler("rights", "No part of this content may be reproduced, distributed, or used for commercial purposes without "
                      "prior written permission from Korea Risk Group."),
    _filler("interface", "Never miss a beat. Try the new mobile app."),
)  # fmt: skip

# Filler of which only the opening is known: it runs to a full stop or to the next known filler, and
# never proves itself.
_OPENINGS: tuple[tuple[FillerKind, str], ...] = (
    ("offer", "Get unlimited access to all NK News content,"),
    ("offer", "All major cards accepted."),
    ("offer", "Prices start from just"),
    ("interface", "Internet Explorer is not compatible with this website."),
    ("interface", "Join the influential community of members"),
    ("rights", "No part of this content may be"),
)
_NEXT = "|".join(filler.pattern.pattern for filler in WHOLE_FILLERS if filler.alone)
_RUN_ON = rf"(?:(?!{_NEXT})(?:[^.]|\.(?=\d))){{0,160}}(?:\.(?!\d))?"
FILLERS = WHOLE_FILLERS + tuple(
    Filler(kind, re.compile(_pattern(wording) + _RUN_ON, re.IGNORECASE), wording, alone=False)
    for kind, wording in _OPENINGS
)

_BEGINNINGS = [filler.pattern.pattern for filler in WHOLE_FILLERS] + [
    _pattern(wording) for _, wording in _OPENINGS
]
_ANY_FILLER = re.compile("|".join(_BEGINNINGS), re.IGNORECASE)

# What filler begins with, bullets aside: the letters up to the first sign, in lower case.
_FIRST_LETTERS = tuple({match[0] for wording in (
    *(filler.sample for filler in WHOLE_FILLERS), *(wording for _, wording in _OPENINGS)
) if (match := re.match(r"\w+|\W", wording.casefold()))})  # fmt: skip
_BULLETS = " \t\r\n\xa0•·‣▪◦*|✓✔–—-"

_LONGEST_FILLER = 20_000  # characters of filler in one piece; far more than any offer box has
# Bullets, rules and list signs that stand before, between and after filler sentences.
_SEPARATORS = re.compile(r"[\s•·‣▪◦*|✓✔–—-]*")


def filler_in(text: str, *, whole: bool = False) -> tuple[Filler, ...]:
    """Return the filler sentences that the text is wholly made of, in order; empty if any other
    word is in it.

    White space, bullets and the case of letters do not count; a real sentence that holds the same
    words is no filler. `whole` leaves out the filler of which only the opening is known.
    """
    if len(text) > _LONGEST_FILLER or not may_be_filler(text):
        return ()
    return _parted(text, whole)


def begins_like_filler(text: str) -> bool:
    """Return whether the first word of a text is one that filler begins with: a quick look before
    the patterns.
    """
    start = text.lstrip(_BULLETS)[:20]
    return not start or start.casefold().startswith(_FIRST_LETTERS)


def may_be_filler(text: str) -> bool:
    """Return whether a text begins as a filler sentence does."""
    return bool(begins_like_filler(text) and _ANY_FILLER.match(text, _skip(text, 0)))


@lru_cache(maxsize=500)  # the pages of a site have their filler in common
def _parted(text: str, whole: bool) -> tuple[Filler, ...]:
    fillers = WHOLE_FILLERS if whole else FILLERS
    start = _skip(text, 0)
    reached = {start}
    # How far filler reaches, and the sentences so far.
    ways: deque[tuple[int, tuple[Filler, ...]]] = deque([(start, ())])
    while ways:
        at, found = ways.popleft()
        if at == len(text):
            return found
        for filler in fillers:
            match = filler.pattern.match(text, at)
            end = _skip(text, match.end()) if match else at
            if end not in reached:
                reached.add(end)
                ways.append((end, (*found, filler)))
    return ()


def _skip(text: str, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    return match.end() if match else at


# --- Pages that are no articles -------------------------------------------------------------------

CHALLENGE = re.compile(
    r"Just a moment\.\.\.|Checking your browser|Attention Required!|Verify(?:ing)? you are (?:a )?human|Access denied",
    re.IGNORECASE,
)
NOT_FOUND = re.compile(
    r"(?:Error )?404\b.{0,40}|.{0,20}\bpage (?:was |is )?not found\b.{0,40}|.{0,20}\bnothing (?:was )?found\b.{0,40}"
    r"|.{0,20}\bpage (?:can[’']t|cannot|could not) be found\b.{0,40}",
    re.IGNORECASE,
)
LOGIN = re.compile(r"(?:Please )?(?:log|sign) ?in(?: to .{1,40})?|Member login", re.IGNORECASE)
