"""What makes the pages of the made-up site hard to read: one table of edge cases.

A site of sixty articles has every one of them.
"""

from collections.abc import Callable

from nkcrawl.demo.article import SERIES, STATES_TIMESTAMP, TOPICS, VARIANT_PARAGRAPHS, DemoArticle
from nkcrawl.demo.wording import NOTES_AFTER_LEAD


def find_edge_cases(article: DemoArticle) -> frozenset[str]:
    """Return the names of the edge cases that apply to an article."""
    return frozenset(name for name, (_, applies) in EDGE_CASES.items() if applies(article))


def note_stands_first(a: DemoArticle) -> bool:
    """Return whether the page shows a note, and shows it before the lead."""
    return a.note is not None and not a.note.startswith(NOTES_AFTER_LEAD)


def _always(_: DemoArticle) -> bool:
    return True


def _has(a: DemoArticle, variant: str) -> bool:
    return VARIANT_PARAGRAPHS[variant] in a.paragraphs


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


# Name to what the page does, and on which articles. Remainders spread the cases: `index` counts
# within a rendering, so that every rendering has them; `position` counts all articles.
EDGE_CASES: dict[str, tuple[str, Callable[[DemoArticle], bool]]] = {
    # The visit, and dates
    "visit-date": ("the day of the visit stands at the top", _always),
    "visit-date-glued": ("twice, with no space between", lambda a: a.rendering != "classic"),
    "caption-dates": (
        "caption and credit have dates of the picture",
        lambda a: a.plan.caption_has_dates,
    ),
    "no-date": ("no date in the byline", _has_no_date),
    "ordinal-date": (
        "`October 21st, 2013` on its own line",
        lambda a: a.rendering == "classic" and not _has_no_date(a),
    ),
    "day-before": ("the UTC day is the day before the Seoul day", _is_dated_before_nine),
    # Headline, subtitle, label
    "headline-thrice": (
        "once more after the share icons",
        lambda a: a.rendering != "classic" or a.plan.index % 2 == 0,
    ),
    "edited-headline": ("the slug has an old typo", lambda a: a.plan.index % 6 == 1),
    "straight-title": (
        "`<title>` and alt have straight apostrophes, the heading curly ones",
        lambda a: "’" in a.title and a.number % 2 == 0,
    ),
    "trailing-nbsp": ("a no-break space after the headline", lambda a: a.plan.position % 8 == 5),
    "hidden-headline": (
        "the headline once more, with `hidden`",
        lambda a: a.plan.position % 7 == 1,
    ),
    "aria-hidden": (
        "the headline once more, with `aria-hidden`",
        lambda a: a.plan.position % 7 == 5,
    ),
    "no-subtitle": ("no subtitle", lambda a: not a.plan.has_subtitle),
    "subtitle-is-opening": (
        "the subtitle is the opening sentence",
        lambda a: a.plan.subtitle_is_opening,
    ),
    "excerpt-description": (
        "no subtitle; the meta description is the beginning of the lead",
        lambda a: a.rendering in ("block", "cards") and a.subtitle is None,
    ),
    "no-label": ("no label", lambda a: a.label is None),
    "topic-label": ("the label is a topic", lambda a: a.label in TOPICS),
    "series-label": ("the label is a series", lambda a: a.label == SERIES),
    "label-below": (
        "the label stands below the headline",
        lambda a: a.rendering == "popover" and a.label is not None,
    ),
    # Authors
    "author-twice": (
        "About the Author has a portrait, whose alt is the name",
        lambda a: any(author.has_portrait for author in a.authors),
    ),
    "no-portrait": (
        "About the Author has no portrait",
        lambda a: not all(author.has_portrait for author in a.authors),
    ),
    "byline-pipe": (
        "names separated by ` | `",
        lambda a: len(a.authors) > 1 and a.plan.index % 2 == 0,
    ),
    "byline-tight-pipe": (
        "names separated by `| `",
        lambda a: len(a.authors) > 1 and a.plan.index % 2 == 1,
    ),
    "byline-glued-date": (
        "the date follows the name with no space",
        lambda a: a.rendering == "nested" and not _has_no_date(a) and a.plan.index % 3 == 1,
    ),
    "byline-portrait": (
        "the first author is linked twice in the byline",
        lambda a: a.rendering != "classic" and a.plan.index % 5 == 3,
    ),
    "byline-row": (
        "beside the byline a title or a place, a reading time, a number of comments",
        lambda a: a.rendering == "popover",
    ),
    "multi-word-author": (
        "a name of more than two words",
        lambda a: any(author.name.count(" ") > 1 for author in a.authors),
    ),
    "curly-name": (
        "an apostrophe straight in the byline, curly in About the Author",
        lambda a: any("'" in author.name for author in a.authors),
    ),
    "author-query": (
        "the byline links to the author page with a query",
        lambda a: a.plan.index % 8 == 4,
    ),
    "author-popover": (
        "About the Author stands under the byline, above the lead",
        lambda a: a.rendering == "popover",
    ),
    # The text
    "doubled-lead": ("the whole lead appears twice", lambda a: a.plan.variant == "doubled-lead"),
    "update-stamp": (
        "a real paragraph begins `Update 20:15 GMT:`",
        lambda a: _has(a, "update-stamp"),
    ),
    "filler-words": (
        "a real sentence says “subscribe now for unlimited access”",
        lambda a: _has(a, "filler-words"),
    ),
    "recent-words": (
        "a real paragraph begins `Recent stories in`",
        lambda a: _has(a, "recent-words"),
    ),
    "email": (
        "an email address obfuscated as `[email protected]`",
        lambda a: "[email protected]" in _text(a),
    ),
    "mixed-apostrophes": (
        "straight and curly apostrophes in one text",
        lambda a: "'" in _text(a) and "’" in _text(a),
    ),
    "nbsp": (
        "no-break spaces inside the text and at its end",
        lambda a: a.plan.position % 7 == 2 and a.plan.variant != "note-only",
    ),
    "div-paragraphs": ("paragraphs are `div`s", _has_divs),
    "br-paragraphs": (
        "paragraphs share a block, separated by `<br><br>`",
        lambda a: _has_breaks(a, layout=2),
    ),
    "br-lines": ("the same, separated by a single `<br>`", lambda a: _has_breaks(a, layout=3)),
    "korean": ("an article in Korean", lambda a: a.plan.is_korean),
    "wrong-lang": (
        "lang says en-US, the text is Korean",
        lambda a: a.plan.is_korean and a.rendering in ("classic", "headless"),
    ),
    "illustration": (
        "`Illustration by …` as a plain paragraph",
        lambda a: a.plan.variant == "illustration",
    ),
    "note": ("a stock note", lambda a: a.note is not None),
    "note-glued": (
        "a stock note with the first sentence right behind it",
        lambda a: a.plan.variant == "note-glued",
    ),
    "note-only": ("no lead at all, only the stock note", lambda a: not a.paragraphs),
    "editors-note": (
        "the stock note begins with `Editor’s note:`",
        lambda a: a.rendering == "popover" and note_stands_first(a),
    ),
    # The paywall
    "offer-trial": (
        "the offer `Try unlimited access`",
        lambda a: _has_offer(a) and a.plan.index % 3 == 0,
    ),
    "offer-week": (
        "the offer `Become a member for less than …`",
        lambda a: _has_offer(a) and a.plan.index % 3 == 1,
    ),
    "offer-split": (
        "the same, its heading split over two elements",
        lambda a: _has_offer(a) and a.plan.index % 3 == 2,
    ),
    "bullets-dot": ("its list marked with `•`", lambda a: _has_offer(a) and _bullets(a) == "dot"),
    "bullets-dash": (
        "its list marked with a lone `-`",
        lambda a: _has_offer(a) and _bullets(a) == "dash",
    ),
    "bullets-none": ("its list without marks", lambda a: _has_offer(a) and _bullets(a) == "none"),
    "subscribe-break": ("`Subscribe<br>now`", lambda a: _has_offer(a) and a.plan.index % 4 == 3),
    "limit-box": (
        "`You have reached your limit of 5 free articles`",
        lambda a: a.plan.period == "limit" and a.access != "free",
    ),
    "cut-off": ("the lead ends in mid-sentence, its paragraphs glued together", _is_cut_off),
    "whole-free": (
        "a whole article from before November 2019",
        lambda a: a.access == "free" and a.plan.period in ("free", "limit"),
    ),
    "free-late": (
        "a whole article among newer ones that are not",
        lambda a: a.access == "free" and a.plan.period in ("cut", "teaser"),
    ),
    "hidden-lead": (
        "the lead once more, with `display:none`",
        lambda a: a.plan.position % 7 == 3 and a.plan.variant != "note-only",
    ),
    "hidden-rest-selector": (
        "the rest for members is in the HTML, its class in `hasPart`",
        lambda a: _is_closed(a, "hidden-rest-selector"),
    ),
    "hidden-rest-style": (
        "the rest for members is in the HTML, with `display:none`",
        lambda a: _is_closed(a, "hidden-rest-style"),
    ),
    "contradiction": (
        "an offer box, and `isAccessibleForFree: true`",
        lambda a: a.access == "unknown",
    ),
    "loose-booleans": (
        "`isAccessibleForFree` is a string or a URL",
        lambda a: a.rendering == "block" and a.plan.index % 3 != 0,
    ),
    # Links
    "pro-link": ("Recent Stories has an entry of NK Pro", lambda a: a.plan.index % 4 == 2),
    "tracked-links": (
        "links have `?t=`, `?c=` or `?utm_source=`",
        lambda a: a.plan.index % 6 in (1, 2, 5),
    ),
    "no-final-slash": ("links lack the final slash", lambda a: a.plan.index % 6 == 3),
    "fragments": ("links have a fragment", lambda a: a.plan.index % 6 == 4),
    "alias": (
        "a second URL, ending in `-2`, with a canonical link to the first",
        lambda a: a.rendering == "block" and a.plan.index % 9 == 2,
    ),
    "alias-link": ("Recent Stories links to such a second URL", lambda a: a.plan.index % 5 == 4),
    # Around the article
    "promo-stamp": (
        "a promotion has a date of its own",
        lambda a: a.rendering == "classic" and a.plan.index % 4 == 1,
    ),
    "popup": ("text of pop-ups", lambda a: a.plan.index % 7 == 6),
    "cards": (
        "cards of other stories, with authors and dates, in the text and after it",
        lambda a: a.rendering == "cards",
    ),
    "json-ld-other-first": (
        "JSON-LD describes another story before this one",
        lambda a: a.rendering == "cards",
    ),
    "comments": ("readers' comments below the text", lambda a: a.rendering == "cards"),
    "next-data": ("a script has other stories as JSON", lambda a: a.rendering == "headless"),
    "consent-dialog": (
        "a dialog about cookies at the top of the document",
        lambda a: a.rendering == "headless",
    ),
    "breadcrumbs": (
        "links to front page and section above the headline",
        lambda a: a.rendering == "headless",
    ),
}
