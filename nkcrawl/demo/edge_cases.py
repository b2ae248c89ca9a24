"""What makes the pages of the made-up site hard to read: one table of edge cases.

A site of sixty articles has every one of them.
"""

from collections.abc import Callable
from typing import NamedTuple

from nkcrawl.demo.article import SERIES, STATES_TIMESTAMP, TOPICS, VARIANT_PARAGRAPHS, DemoArticle
from nkcrawl.demo.wording import NOTES_AFTER_LEAD


class EdgeCase(NamedTuple):
    """What a page does, and on which articles."""

    description: str
    applies_to: Callable[[DemoArticle], bool]


def find_edge_cases(article: DemoArticle) -> frozenset[str]:
    """Return the names of the edge cases that apply to an article."""
    return frozenset(name for name, case in EDGE_CASES.items() if case.applies_to(article))


def note_stands_first(a: DemoArticle) -> bool:
    """Return whether the page shows a note, and shows it before the lead."""
    return a.note is not None and not a.note.startswith(NOTES_AFTER_LEAD)


def _always(_: DemoArticle) -> bool:
    return True


def _has_offer(a: DemoArticle) -> bool:
    return a.access != "free" and a.plan.period != "limit"


def _bullets(a: DemoArticle) -> str:
    return ("dot", "dash", "none")[(a.plan.index // 3 + a.plan.position) % 3]


def _has_no_date(a: DemoArticle) -> bool:
    return a.rendering not in ("block", "cards") and a.plan.index % 13 == 4


def _has_divs(a: DemoArticle) -> bool:
    return a.plan.layout == 1 or (a.rendering in ("nested", "headless") and a.plan.layout != 4)


def _has_breaks(a: DemoArticle, layout: int) -> bool:
    return a.plan.shares_block and a.plan.layout == layout and len(a.paragraphs) > 1


def _is_dated_before_nine(a: DemoArticle) -> bool:
    is_dated = a.rendering in STATES_TIMESTAMP and not _has_no_date(a)
    return is_dated and a.plan.index % 3 == 0


def _is_cut_off(a: DemoArticle) -> bool:
    closed = a.plan.period == "cut" and a.access != "free"
    return closed and not a.paragraphs[-1].endswith((".", "”"))


def _is_closed(a: DemoArticle, variant: str) -> bool:
    return a.plan.variant == variant and a.access != "free"


def _text(a: DemoArticle) -> str:
    return " ".join((*a.paragraphs, a.note or ""))


# Remainders spread the cases over the articles: `index` counts within a rendering, so that every
# rendering has them; `position` counts all articles.
EDGE_CASES = {
    # The visit, and dates
    "visit-date": EdgeCase("the day of the visit stands at the top", _always),
    "visit-date-glued": EdgeCase(
        "it stands there twice, with no space between", lambda a: a.rendering != "classic"
    ),
    "caption-dates": EdgeCase(
        "caption and credit name days of the picture", lambda a: a.plan.caption_has_dates
    ),
    "no-date": EdgeCase("no date in the byline", _has_no_date),
    "ordinal-date": EdgeCase(
        "`October 21st, 2013` on its own line",
        lambda a: a.rendering == "classic" and not _has_no_date(a),
    ),
    "day-before": EdgeCase("the UTC day is the day before the Seoul day", _is_dated_before_nine),
    # Headline, subtitle, label
    "headline-thrice": EdgeCase(
        "picture alt, heading, and once more after the share icons",
        lambda a: a.rendering != "classic" or a.plan.index % 2 == 0,
    ),
    "edited-headline": EdgeCase("the slug has an old typo", lambda a: a.plan.index % 6 == 1),
    "straight-title": EdgeCase(
        "`<title>` and picture alt have straight apostrophes, the heading curly ones",
        lambda a: "’" in a.title and a.number % 2 == 0,
    ),
    "trailing-nbsp": EdgeCase(
        "a no-break space after the headline", lambda a: a.plan.position % 8 == 5
    ),
    "hidden-headline": EdgeCase(
        "the headline once more, with `hidden`", lambda a: a.plan.position % 7 == 1
    ),
    "aria-hidden": EdgeCase(
        "the headline once more, with `aria-hidden`", lambda a: a.plan.position % 7 == 5
    ),
    "no-subtitle": EdgeCase("no subtitle", lambda a: not a.plan.has_subtitle),
    "subtitle-is-opening": EdgeCase(
        "the subtitle is the opening sentence", lambda a: a.plan.subtitle_is_opening
    ),
    "excerpt-description": EdgeCase(
        "no subtitle, and a meta description that is the beginning of the lead",
        lambda a: a.rendering in ("block", "cards") and a.subtitle is None,
    ),
    "no-label": EdgeCase("no label", lambda a: a.label is None),
    "topic-label": EdgeCase("the label is a topic", lambda a: a.label in TOPICS),
    "series-label": EdgeCase("the label is a series", lambda a: a.label == SERIES),
    "label-below": EdgeCase(
        "the label stands below the headline, among the entry's metadata",
        lambda a: a.rendering == "popover" and a.label is not None,
    ),
    # Authors
    "author-twice": EdgeCase(
        "About the Author shows the name as portrait alt and as link",
        lambda a: any(author.has_portrait for author in a.authors),
    ),
    "no-portrait": EdgeCase(
        "About the Author shows the name once",
        lambda a: not all(author.has_portrait for author in a.authors),
    ),
    "byline-pipe": EdgeCase(
        "names separated by ` | `", lambda a: len(a.authors) > 1 and a.plan.index % 2 == 0
    ),
    "byline-tight-pipe": EdgeCase(
        "names separated by `| `", lambda a: len(a.authors) > 1 and a.plan.index % 2 == 1
    ),
    "byline-glued-date": EdgeCase(
        "the date follows the name with no space",
        lambda a: a.rendering == "nested" and not _has_no_date(a) and a.plan.index % 3 == 1,
    ),
    "byline-portrait": EdgeCase(
        "the first author is linked twice in the byline",
        lambda a: a.rendering != "classic" and a.plan.index % 5 == 3,
    ),
    "byline-row": EdgeCase(
        "the row of the byline has a title or a place, a reading time and a number of comments",
        lambda a: a.rendering == "popover",
    ),
    "multi-word-author": EdgeCase(
        "a name of more than two words",
        lambda a: any(author.name.count(" ") > 1 for author in a.authors),
    ),
    "curly-name": EdgeCase(
        "a name with a straight apostrophe in the byline, a curly one in About the Author",
        lambda a: any("'" in author.name for author in a.authors),
    ),
    "author-query": EdgeCase(
        "the byline links to the author page with a query", lambda a: a.plan.index % 8 == 4
    ),
    "author-popover": EdgeCase(
        "About the Author stands under the byline, above the lead",
        lambda a: a.rendering == "popover",
    ),
    # The text
    "doubled-lead": EdgeCase(
        "the whole lead appears twice", lambda a: a.plan.variant == "doubled-lead"
    ),
    "update-stamp": EdgeCase(
        "a real paragraph begins `Update 20:15 GMT:`",
        lambda a: VARIANT_PARAGRAPHS["update-stamp"] in a.paragraphs,
    ),
    "filler-words": EdgeCase(
        "a real sentence says “subscribe now for unlimited access”",
        lambda a: VARIANT_PARAGRAPHS["filler-words"] in a.paragraphs,
    ),
    "recent-words": EdgeCase(
        "a real paragraph begins `Recent stories in`",
        lambda a: VARIANT_PARAGRAPHS["recent-words"] in a.paragraphs,
    ),
    "email": EdgeCase(
        "an email address obfuscated as `[email protected]`",
        lambda a: "[email protected]" in _text(a),
    ),
    "mixed-apostrophes": EdgeCase(
        "straight and curly apostrophes in one text", lambda a: "'" in _text(a) and "’" in _text(a)
    ),
    "nbsp": EdgeCase(
        "no-break spaces inside the text and at its end",
        lambda a: a.plan.position % 7 == 2 and a.plan.variant != "note-only",
    ),
    "div-paragraphs": EdgeCase("paragraphs are `div`s", _has_divs),
    "br-paragraphs": EdgeCase(
        "paragraphs share a block, separated by `<br><br>`", lambda a: _has_breaks(a, layout=2)
    ),
    "br-lines": EdgeCase(
        "the same, separated by a single `<br>`", lambda a: _has_breaks(a, layout=3)
    ),
    "korean": EdgeCase("an article in Korean", lambda a: a.plan.is_korean),
    "wrong-lang": EdgeCase(
        "lang says en-US, the text is Korean",
        lambda a: a.plan.is_korean and a.rendering in ("classic", "headless"),
    ),
    "illustration": EdgeCase(
        "`Illustration by …` as a plain paragraph", lambda a: a.plan.variant == "illustration"
    ),
    "note": EdgeCase("a stock note", lambda a: a.note is not None),
    "note-glued": EdgeCase(
        "a stock note with the first sentence right behind it",
        lambda a: a.plan.variant == "note-glued",
    ),
    "note-only": EdgeCase(
        "no lead at all, only the stock note", lambda a: _is_closed(a, "note-only")
    ),
    "editors-note": EdgeCase(
        "the stock note begins with `Editor’s note:`",
        lambda a: a.rendering == "popover" and note_stands_first(a),
    ),
    # The paywall
    "offer-trial": EdgeCase(
        "the offer `Try unlimited access`", lambda a: _has_offer(a) and a.plan.index % 3 == 0
    ),
    "offer-week": EdgeCase(
        "the offer `Become a member for less than …`",
        lambda a: _has_offer(a) and a.plan.index % 3 == 1,
    ),
    "offer-split": EdgeCase(
        "the same, its heading split over two elements",
        lambda a: _has_offer(a) and a.plan.index % 3 == 2,
    ),
    "bullets-dot": EdgeCase(
        "its list marked with `•`", lambda a: _has_offer(a) and _bullets(a) == "dot"
    ),
    "bullets-dash": EdgeCase(
        "its list marked with a lone `-`", lambda a: _has_offer(a) and _bullets(a) == "dash"
    ),
    "bullets-none": EdgeCase(
        "its list without marks", lambda a: _has_offer(a) and _bullets(a) == "none"
    ),
    "subscribe-break": EdgeCase(
        "`Subscribe<br>now`", lambda a: _has_offer(a) and a.plan.index % 4 == 3
    ),
    "limit-box": EdgeCase(
        "`You have reached your limit of 5 free articles this month.`",
        lambda a: a.plan.period == "limit" and a.access != "free",
    ),
    "cut-off": EdgeCase(
        "the lead ends in mid-sentence, with no space between its paragraphs", _is_cut_off
    ),
    "whole-free": EdgeCase(
        "a whole article from before November 2019",
        lambda a: a.access == "free" and a.plan.period in ("free", "limit"),
    ),
    "free-late": EdgeCase(
        "a whole article among newer ones that are not",
        lambda a: a.access == "free" and a.plan.period in ("cut", "teaser"),
    ),
    "hidden-lead": EdgeCase(
        "the lead once more, with `display:none`",
        lambda a: a.plan.position % 7 == 3 and a.plan.variant != "note-only",
    ),
    "hidden-rest-selector": EdgeCase(
        "the rest for members is in the HTML, named by `hasPart`",
        lambda a: _is_closed(a, "hidden-rest-selector"),
    ),
    "hidden-rest-style": EdgeCase(
        "the rest for members is in the HTML, with `display:none`",
        lambda a: _is_closed(a, "hidden-rest-style"),
    ),
    "contradiction": EdgeCase(
        "an offer box, and `isAccessibleForFree: true`", lambda a: _is_closed(a, "contradiction")
    ),
    "loose-booleans": EdgeCase(
        "`isAccessibleForFree` is a string or a URL",
        lambda a: a.rendering == "block" and a.plan.index % 3 != 0,
    ),
    # Links
    "pro-link": EdgeCase("Recent Stories has an entry of NK Pro", lambda a: a.plan.index % 4 == 2),
    "tracked-links": EdgeCase(
        "links have `?t=`, `?c=` or `?utm_source=`", lambda a: a.plan.index % 6 in (1, 2, 5)
    ),
    "no-final-slash": EdgeCase("links lack the final slash", lambda a: a.plan.index % 6 == 3),
    "fragments": EdgeCase("links have a fragment", lambda a: a.plan.index % 6 == 4),
    "alias": EdgeCase(
        "a second URL ending in `-2` serves the article, with a canonical link to the first",
        lambda a: a.rendering == "block" and a.plan.index % 9 == 2,
    ),
    "alias-link": EdgeCase(
        "Recent Stories links to such a second URL", lambda a: a.plan.index % 5 == 4
    ),
    # Around the article
    "promo-stamp": EdgeCase(
        "a promotion says `by nknews_hq on 2018-01-10 02:35:37`",
        lambda a: a.rendering == "classic" and a.plan.index % 4 == 1,
    ),
    "popup": EdgeCase("text of pop-ups", lambda a: a.plan.index % 7 == 6),
    "cards": EdgeCase(
        "cards of other stories, with their authors and dates, inside the text and after it",
        lambda a: a.rendering == "cards",
    ),
    "json-ld-other-first": EdgeCase(
        "JSON-LD describes another story before this one", lambda a: a.rendering == "cards"
    ),
    "comments": EdgeCase("readers' comments below the text", lambda a: a.rendering == "cards"),
    "next-data": EdgeCase(
        "a script has other stories as JSON", lambda a: a.rendering == "headless"
    ),
    "consent-dialog": EdgeCase(
        "a dialog about cookies at the top of the document", lambda a: a.rendering == "headless"
    ),
    "breadcrumbs": EdgeCase(
        "links to the front page and the section above the headline",
        lambda a: a.rendering == "headless",
    ),
}
