"""What NK News looks like, as data: URL patterns, headings, filler, stock notes and seed authors.

All of it was taken from public copies of the text of its pages, 2012 to 2025; the HTML itself is
not known. When the site changes its wording, edit this file: add the new wording with a sample and
the month it was seen, and keep the old ones, because old pages stay online.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

SITE = "https://www.nknews.org"
NAME = "NK News"

# Authors whose pages a first run starts from; bylines lead to the others. A slug can differ from
# the name: `chadcarrol`.
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

# '/2025/06/some-slug/': every kind of article; a slug of one or two digits is a day's archive.
ARTICLE_PATH = re.compile(
    r"/(?P<year>20\d\d)/(?P<month>0[1-9]|1[0-2])/(?P<slug>(?!\d{1,2}/|page/|feed/)[^/]+)/"
)
# '/content_author/some-slug/', '/content_author/some-slug/page/3/'; without 'page/' in 2020-21.
AUTHOR_PATH = re.compile(r"/content_author/(?P<slug>[^/]+)/(?:(?:page/)?(?P<number>\d{1,4})/)?")
# A second slug of one article, seen rarely: '/2025/06/some-slug-2/'.
SLUG_REPEAT = re.compile(r"-\d{1,2}$")
# '/category/columns/', '/tag/name/': what a label above a headline links to.
SECTION_PATH = re.compile(r"/(?:category|tag|series|topic)/")
FEED_PATH = "/feed/"  # RSS, about the 300 newest stories
# NK Pro is a separate, paid product: its pages are never followed.
PRO_BADGE = "NK PRO"


def article_month(path: str) -> date | None:
    """Return the first day of the month in an article's path, None for any other path."""
    match = ARTICLE_PATH.fullmatch(path)
    return date(int(match["year"]), int(match["month"]), 1) if match else None


def article_slug(path: str) -> str | None:
    """Return the slug in an article's path, None for any other path."""
    match = ARTICLE_PATH.fullmatch(path)
    return match["slug"] if match else None


def author_slug(path: str) -> str | None:
    """Return the slug in the path of any page of an author's listing, None for any other path."""
    match = AUTHOR_PATH.fullmatch(path)
    return match["slug"] if match else None


def author_page_number(path: str) -> int:
    """Return the page number in the path of an author's listing, 0 for any other path."""
    match = AUTHOR_PATH.fullmatch(path)
    return int(match["number"] or 1) if match else 0


def author_path(slug: str) -> str:
    """Return the path of an author's first page."""
    return f"/content_author/{slug}/"


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
# 'About the Author' on articles, 'About the author' on author pages.
ABOUT_AUTHOR = re.compile(r"About the Authors?:?", re.IGNORECASE)
# "More articles by 'Name'", on author pages.
MORE_ARTICLES = re.compile(
    r"More articles by\s*['‘’\"“](?P<name>[^\"“”]{1,60})['‘’\"”]", re.IGNORECASE
)
# 'View more articles by Name', at the foot of an article.
VIEW_MORE_OPENING = re.compile(r"^View more articles by\s*", re.IGNORECASE)
VIEW_MORE = re.compile(r"View more articles by\b.{1,60}", re.IGNORECASE)
# Headings that end the article wherever they stand alone.
TAIL_HEADINGS = (
    "Recent Stories",
    "Recommended for You",  # 2014
    "Join the discussion",  # 2014
    "Got a news tip?",  # 2025
    "Let us know!",  # 2025
)
# '© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved',
# '© Korea Risk Group. All rights reserved. |'
COPYRIGHT = re.compile(
    r"©\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?,?\s*)?Korea Risk Group\b.{0,80}", re.IGNORECASE
)

# Labels above headlines that count even without a link.
LABELS = frozenset((
    "news", "columns", "features", "opinion", "analysis", "interviews", "podcast", "podcasts",
    "investigations", "life", "q&a", "ask a north korean", "shorts", "briefs",
))  # fmt: skip
# A topic or series is a name ('COVID-19', 'Border Controls', 'Settling in Seoul'), unlike a
# promotion, which is a sentence.
TOPIC = re.compile(r"[A-Z0-9][\w’'&-]*(?: (?:of|the|in|and|on|a|&|[A-Z0-9][\w’'&-]*)){0,4}")

# --- Captions, credits, dates ---------------------------------------------------------------------

# 'Soldiers in hard hats | Image: KCTV (Feb. 17, 2025), edited by NK News'
CREDIT = re.compile(
    r"\|\s*(?:Image|Images|Photo|Photos|Picture|Pictures|Graphic|Illustration)s?\s*:\s*",
    re.IGNORECASE,
)
# 2013 to 2019, on a line of its own.
FEATURED_IMAGE = re.compile(r"Featured image\s*:\s*", re.IGNORECASE)
# 2013, a paragraph of its own, without a full stop.
ILLUSTRATION = re.compile(
    r"Illustrations? by [^\W\d_a-z][\w'’-]*\.?"
    r"(?:,? (?:and|for|of|de|van|von|&|[^\W\d_a-z][\w'’-]*\.?)){0,8}(?<!\w{2}\.)"
)
# What stands before the date of a change: 'Updated ', 'Last modified on '.
MODIFIED = re.compile(r"\b(?:updated|update|modified|edited|revised)\b[^.\d]{0,20}$", re.IGNORECASE)
# A closing line that is not a sentence, and yet not a sign of a cut: 'Edited by A and B'.
DESK_LINE = re.compile(
    r"(?:Edited|Translated|Additional reporting|Reporting|Graphics?|Photos?|Illustrations?) by\b"
    r".{1,120}"
)

# --- Stock notes: part of the page's text, but not of the author's --------------------------------


@dataclass(frozen=True, slots=True)
class StockNote:
    """A note that the site puts above a text.

    A `sentence` note ends with its first sentence, any other with its block.
    """

    opening: re.Pattern[str]
    sentence: bool
    sample: str


# 'Editor’s note:', before a stock note or on a line of its own, 2026.
EDITORS_NOTE = re.compile(r"(?:Editors?['’]?s?|NK News) note\s*[:.–—-]?\s*", re.IGNORECASE)

STOCK_NOTES = (
    StockNote(
        re.compile(
            r"Views expressed in (?:Opinion|this|guest|op-ed)\b[^.]{0,40}? are exclusively\b",
            re.IGNORECASE,
        ),
        True,
        "Views expressed in Opinion articles are exclusively the authors’ own and do not represent "
        "those of NK News.",
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
        re.compile(r"About the podcast:"),
        False,
        "About the podcast: somebody talks with somebody.",
    ),
)

# --- Filler: never part of an article; matched in `paywall` ---------------------------------------

FillerKind = Literal["offer", "rights", "interface"]

# Whole sentences and labels. White space, letter case, apostrophes, dashes and numbers may differ.
FILLER: tuple[tuple[FillerKind, str], ...] = (
    # The offer box: one list, under three headings over the years; the prices change.
    ("offer", "Become a member for less than $5.75 per week."),
    ("offer", "Try unlimited access Only $1 for four weeks"),
    ("offer", "Try unlimited access"),
    ("offer", "Only $1 for four weeks"),
    ("offer", "Unlimited access to all of NK News: reporting, investigations, analysis"),
    ("offer", "Year-one discount if you continue past $1 trial period"),
    ("offer", "The NK News Daily Update, an email newsletter to keep you in the loop"),
    ("offer", "Searchable archive of all content, photo galleries, special columns"),
    ("offer", "Contact NK News reporters with tips or requests for reporting"),
    ("offer", ("Get unlimited access to all NK News content, including original reporting, "
               "investigations, and analyses by our team of DPRK experts.")),
    ("offer", "Subscribe now"),
    ("offer", "All major cards accepted. No commitments – you can cancel any time."),
    # 2014
    ("offer", "You have reached your limit of 5 free articles this month."),
    ("offer", "Subscribe today for unlimited access."),
    ("offer", "Existing users, please sign in here:"),
    ("offer", "Remember Me"),
    # Pop-ups
    ("interface", "Specialist news and analysis, research tools, and unique data sets"),
    ("interface", "Specialist news and analysis,"),
    ("interface", "research tools, and unique data sets"),
    ("interface", "Internet Explorer is not compatible with this website."),
    ("interface", "Don't have an account? SIGN UP"),
    ("interface", "New user promotion"),
    ("interface", "by nknews_hq on 2018-01-10 02:35:37"),
    # Share icons and the top of the page
    ("interface", "Copy Icon COPY LINK"),
    ("interface", "Copy Icon"),
    ("interface", "COPY LINK"),
    ("interface", "Mastodon Icon MASTODON"),
    ("interface", "Mastodon Icon"),
    ("interface", "MASTODON"),
    ("interface", "EMAIL"),
    ("interface", "Skip to toolbar"),
    ("interface", "Skip to content"),
    ("interface", "NK News Logo"),
    ("interface", "Get behind the headlines"),
    ("interface", "NK News is hiring"),
    # Tail
    ("rights", "© Korea Risk Group. All rights reserved."),
    ("rights", ("No part of this content may be reproduced, distributed, or used for commercial "
                "purposes without prior written permission from Korea Risk Group.")),
    ("interface", "Never miss a beat. Try the new mobile app."),
)  # fmt: skip

# Filler that a line of an article could equal: it counts only beside other filler.
AMBIGUOUS_FILLER = frozenset((
    "Try unlimited access",
    "Subscribe now",
    "Subscribe today for unlimited access.",
    "Remember Me",
    "Specialist news and analysis,",
    "research tools, and unique data sets",
    "New user promotion",
    "MASTODON",
    "EMAIL",
))  # fmt: skip

# Filler of which only the opening is known: it runs to a full stop or to the next filler, and is
# always ambiguous.
FILLER_OPENINGS: tuple[tuple[FillerKind, str], ...] = (
    ("offer", "Get unlimited access to all NK News content,"),
    ("offer", "All major cards accepted."),
    ("offer", "Prices start from just"),
    ("interface", "Internet Explorer is not compatible with this website."),
    ("interface", "Join the influential community of members"),
    ("rights", "No part of this content may be"),
)

# --- Pages that are not articles ------------------------------------------------------------------

CHALLENGE = re.compile(
    r"Just a moment\.\.\.|Checking your browser|Attention Required!"
    r"|Verify(?:ing)? you are (?:a )?human|Access denied",
    re.IGNORECASE,
)
NOT_FOUND = re.compile(
    r"(?:Error )?404\b.{0,40}|.{0,20}\bpage (?:was |is )?not found\b.{0,40}"
    r"|.{0,20}\bnothing (?:was )?found\b.{0,40}"
    r"|.{0,20}\bpage (?:can[’']t|cannot|could not) be found\b.{0,40}",
    re.IGNORECASE,
)
LOGIN = re.compile(r"(?:Please )?(?:log|sign) ?in(?: to .{1,40})?|Member login", re.IGNORECASE)
