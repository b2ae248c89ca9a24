"""Whether an article is cut off by a paywall, and whether a page is an article at all."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from nkcrawl.items import Article, Visit
from nkcrawl.paywall import classify_paragraphs, drop_filler, judge_access
from nkcrawl.pipelines import gate, normalise
from tests.factories import article, rejection, visited
from tests.html_factory import (
    FIRST,
    OFFER_END,
    OFFER_LIST,
    PATH,
    RENDERINGS,
    SECOND,
    SITE,
    WITHOUT_HEADLINE,
    article_html,
    listing_html,
    paragraphs,
    read,
)

TODAY = date(2025, 6, 20)
renderings = pytest.mark.parametrize("rendering", RENDERINGS)

WHOLE = ["page tail seen", "no offer", "last sentence whole"]
NOT_FREE = (
    "False",
    "false",
    "FALSE",
    "http://schema.org/False",
    "https://schema.org/False",
    "no",
    "0",
    " False ",
)
FREE = ("True", "true", "http://schema.org/True", "https://schema.org/True", "yes", "1")


# --- Access ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "access"),
    [
        ([], "unknown"),
        # one weak signal decides nothing
        (["offer line"], "unknown"),
        (["last sentence cut"], "unknown"),
        (["part withheld"], "unknown"),
        (["no offer"], "unknown"),
        (["last sentence whole"], "unknown"),
        (["page tail seen"], "unknown"),
        (["no text"], "unknown"),
        (["content tier: metered"], "unknown"),
        (["no offer", "last sentence whole"], "unknown"),
        (["page tail seen", "no offer"], "unknown"),
        (["page tail seen", "last sentence whole"], "unknown"),
        (["page tail seen", "no offer", "no text"], "unknown"),
        (["page tail seen", "no offer", "last sentence cut"], "unknown"),
        (["offer line", "last sentence whole", "page tail seen"], "unknown"),
        # two weak ones, or a strong one
        (WHOLE, "free"),
        (["last sentence cut", "offer line"], "teaser"),
        (["last sentence cut", "part withheld"], "teaser"),
        (["part withheld", "offer line"], "teaser"),
        (["offer box: 9 lines"], "teaser"),
        (["offer box: 2 lines", "last sentence whole", "page tail seen"], "teaser"),
        (["offer box: 9 lines", "no text", "page tail seen"], "teaser"),
        (["content tier: locked"], "teaser"),
        (["content tier: free"], "free"),
        # contradictions
        (["isAccessibleForFree: True", "offer box: 9 lines"], "unknown"),
        (["isAccessibleForFree: False", *WHOLE], "unknown"),
        (["isAccessibleForFree: True", "isAccessibleForFree: False"], "unknown"),
        (["content tier: free", "isAccessibleForFree: False"], "unknown"),
        (["content tier: free", "last sentence cut"], "unknown"),
        (["content tier: locked", *WHOLE], "unknown"),
        (["isAccessibleForFree: True", "last sentence cut", "no offer"], "unknown"),
        (["isAccessibleForFree: True", "part withheld"], "unknown"),
        # agreement
        (["isAccessibleForFree: True", *WHOLE], "free"),
        (["isAccessibleForFree: False", "offer box: 9 lines"], "teaser"),
        # statements that state nothing
        (["isAccessibleForFree: maybe"], "unknown"),
        (["isAccessibleForFree: None"], "unknown"),
        (["isAccessibleForFree: "], "unknown"),
        (["isAccessibleForFree: maybe", *WHOLE], "free"),
        (["content tier: "], "unknown"),
        (["something new: 7"], "unknown"),
    ],
)
def test_access_follows_from_the_signals_together(evidence: list[str], access: str) -> None:
    assert judge_access(evidence) == access


@pytest.mark.parametrize("spelling", NOT_FREE)
def test_every_spelling_of_not_free(spelling: str) -> None:
    assert judge_access([f"isAccessibleForFree: {spelling}"]) == "teaser"


@pytest.mark.parametrize("spelling", FREE)
def test_every_spelling_of_free(spelling: str) -> None:
    assert judge_access([f"isAccessibleForFree: {spelling}"]) == "free"


def test_the_order_of_the_signals_does_not_count() -> None:
    signals = ["isAccessibleForFree: False", "offer line", "last sentence cut", "page tail seen"]
    assert {judge_access(list(order)) for order in permutations(signals)} == {"teaser"}


# --- drop_filler ----------------------------------------------------------------------------------


def whole(*lead: str) -> Article:
    """Return an article of these paragraphs, of whose page the end was seen."""
    return article(paragraphs=list(lead), evidence=["page tail seen"])


OFFER = (*OFFER_LIST, *OFFER_END)


@pytest.mark.parametrize(
    ("lead", "kept", "signals", "access"),
    [
        ((), (), ("no offer", "no text"), "unknown"),
        (OFFER, (), ("offer box: 8 lines", "no text"), "teaser"),
        ((FIRST,), (FIRST,), ("no offer", "last sentence whole"), "free"),
        ((FIRST[:-1],), (FIRST[:-1],), ("no offer", "last sentence cut"), "unknown"),
        ((FIRST, *OFFER), (FIRST,), ("offer box: 8 lines", "last sentence whole"), "teaser"),
        (
            (FIRST, *OFFER, SECOND),
            (FIRST, SECOND),
            ("offer box: 8 lines", "last sentence whole"),
            "teaser",
        ),
        ((FIRST, OFFER_LIST[0]), (FIRST,), ("offer line", "last sentence whole"), "unknown"),
        ((FIRST[:-1], OFFER_LIST[0]), (FIRST[:-1],), ("offer line", "last sentence cut"), "teaser"),
        (
            (FIRST, "Subscribe now"),
            (FIRST, "Subscribe now"),
            ("no offer", "last sentence cut"),
            "unknown",
        ),
        (
            (FIRST, "Edited by Lena Moss"),
            (FIRST, "Edited by Lena Moss"),
            ("no offer", "last sentence whole"),
            "free",
        ),
    ],
)
def test_the_text_is_separated_from_the_offer_and_its_access_classified(
    lead: tuple[str, ...], kept: tuple[str, ...], signals: tuple[str, ...], access: str
) -> None:
    article = drop_filler(whole(*lead))
    assert (tuple(article.paragraphs), tuple(article.evidence), article.access) == (
        kept,
        ("page tail seen", *signals),
        access,
    )


@pytest.mark.parametrize("length", [1, 2, 10, 400])
def test_length_does_not_count(length: int) -> None:
    long = [f"{FIRST} {n} lamps." for n in range(length)]
    assert drop_filler(whole(*long)).access == "free"
    assert drop_filler(whole(*long, *OFFER)).access == "teaser"
    assert drop_filler(whole(*long, "and then he")).access == "unknown"


@pytest.mark.parametrize(
    ("lead", "roles"),
    [
        ([], []),
        ([FIRST], ["lead"]),
        (["Subscribe", "now"], ["lead", "lead"]),
        (["Subscribe", "now", OFFER_END[2]], ["offer", "offer", "offer"]),
        (["Become a member for less", "than $5.75 per week."], ["offer", "offer"]),
        (
            [FIRST, "Try unlimited access", "Only $1 for four weeks", SECOND],
            ["lead", "offer", "offer", "lead"],
        ),
        (["Try unlimited access", FIRST, OFFER_LIST[1]], ["lead", "lead", "offer"]),
        (["Remember Me", "Existing users, please sign in here:"], ["offer", "offer"]),
        (["Remember Me", FIRST], ["lead", "lead"]),
        (
            ["Unlimited access to all", "of NK News:", "reporting,", "investigations, analysis"],
            ["offer"] * 4,
        ),
        (["© Korea Risk Group. All rights reserved. |", OFFER_LIST[0]], ["rights", "offer"]),
        (["-", OFFER_LIST[0], "-", OFFER_LIST[1]], ["offer"] * 4),
        (["COPY LINK", FIRST], ["interface", "lead"]),
        (["EMAIL", FIRST], ["lead", "lead"]),
        ([f"{FIRST} {OFFER_LIST[0]}"], ["lead"]),
    ],
)
def test_the_role_of_each_paragraph(lead: list[str], roles: list[str]) -> None:
    assert classify_paragraphs(lead) == roles


# --- normalise ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        ("2025-06-20", True),
        ("2025-06-21", True),  # it is tomorrow in Seoul already
        ("2025-07-01", False),
        ("2010-01-01", True),
        ("2009-12-31", False),
        ("2002-05-05", False),
    ],
)
@pytest.mark.fault("D11")
def test_impossible_dates_are_dropped_with_their_timestamps(day: str, kept: bool) -> None:
    made = whole(FIRST)
    made.published_on, made.published_at, made.modified_at = (
        day,
        f"{day}T01:00:00Z",
        f"{day}T02:00:00Z",
    )
    article = normalise(made, TODAY)
    stored = (article.published_on, article.published_at, article.modified_at)
    assert stored == ((day, f"{day}T01:00:00Z", f"{day}T02:00:00Z") if kept else (None, None, None))


def test_every_field_is_cleaned_and_an_empty_one_is_none() -> None:
    made = whole("  A\u200b lamp\n \u00a0burns. ", "\u00a0", "", "Two.")
    made.title, made.subtitle, made.label, made.note = (
        " A\tb ",
        "\u200b ",
        "",
        "One.\n\n \n\n Two\u00a0. ",
    )
    article = normalise(made, TODAY)
    assert (article.title, article.subtitle, article.label, article.note) == (
        "A b",
        None,
        None,
        "One.\n\nTwo .",
    )
    assert article.paragraphs == ["A lamp burns.", "Two."]


# --- gate -----------------------------------------------------------------------------------------


def outcome_of(html: str, path: str = PATH, final: str = "") -> Any:
    """Return 'kept', or the reason for which the page is not."""
    return outcome(drop_filler(normalise(read(html, path, final), TODAY)), path, final)


def outcome(article: Article, path: str = PATH, final: str = "") -> str:
    """Return 'kept', or the reason for which the gate rejects an article."""
    return gate(visit_of(article, path, final)).reason or "kept"


def visit_of(article: Article, path: str = PATH, final: str = "") -> Visit:
    return visited(SITE + path, article=article, final_url=SITE + (final or path))


def bare(title: str, body: str, head: str = "") -> str:
    """Return a page that is not an article, with the parts that all pages share."""
    return (
        f"<html><head><title>{title}</title>{head}</head>"
        f"<body><p>June 20, 2025Jun 20, 2025</p>{body}"
        "<p>© 2025, Korea Risk Group (NK Consulting Inc.). All Rights Reserved</p></body></html>"
    )


RECENT_BOX = "<h3>Recent Stories</h3>" + "".join(
    f'<div><a href="/2025/06/story-{n}/">Story number {n} of the lamps</a></div>' for n in range(3)
)


@renderings
def test_an_article_is_kept_as_it_is(rendering: str) -> None:
    visit = visit_of(drop_filler(normalise(read(article_html(rendering)), TODAY)))
    assert gate(visit) is visit


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (
            bare("Page not found | NK News", "<h1>Page not found</h1><p>Try a search.</p>"),
            "soft 404",
        ),
        (bare("404 | NK News", "<h1>404</h1>"), "soft 404"),
        (bare("Error 404 | NK News", "<div>Error 404</div><div>Nothing here.</div>"), "soft 404"),
        (bare("NK News", "<h1>Oops! That page can’t be found.</h1>" + RECENT_BOX), "soft 404"),
        (bare("NK News", "<h2>Nothing found</h2><p>Try another word.</p>"), "soft 404"),
        (bare("Just a moment...", "<h1>www.nknews.org</h1><p>Wait.</p>"), "challenge page"),
        (
            bare("NK News", "<p>Checking your browser before accessing www.nknews.org.</p>"),
            "challenge page",
        ),
        (
            bare("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
            "challenge page",
        ),
        (bare("www.nknews.org", "<h2>Verify you are human</h2>"), "challenge page"),
        (bare("Log in | NK News", "<h1>Log in</h1><form><input name=log></form>"), "login page"),
        (
            bare(
                "NK News", "<h2>Welcome back</h2><form><input name=log><input type=password></form>"
            ),
            "login page",
        ),
        (bare("Sign in to NK News", "<h1>Sign in to NK News</h1>"), "login page"),
        ("<html></html>", "no sign of an article"),
        (
            bare("Terms of use | NK News", f"<h1>Terms of use</h1>{paragraphs(FIRST, SECOND)}"),
            "no sign of an article",
        ),
    ],
)
@pytest.mark.fault("D13")
def test_pages_that_are_not_articles_are_rejected(html: str, reason: str) -> None:
    assert outcome_of(html) == reason


@renderings
@pytest.mark.parametrize(
    "stamp",
    ["", "June 12, 2025", '<a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025'],
)
@pytest.mark.fault("D13")
def test_a_listing_in_place_of_an_article_is_not_kept(rendering: str, stamp: str) -> None:
    assert outcome_of(listing_html(rendering, stamp=stamp)) == "listing"


def many_entries(stamp: str) -> str:
    return "".join(
        f'<div><h2><a href="/2025/06/story-{n}/">Story number {n} of the lamps</a></h2>'
        f"<div>{SECOND}</div><div>{stamp}</div></div>"
        for n in range(10)
    )


@pytest.mark.parametrize("title", ["NK News | Lamps and ferries", "Columns | NK News", "NK News"])
@pytest.mark.parametrize("heading", ["", "<h1>NK News</h1>", "<h1>Columns</h1>"])
@pytest.mark.parametrize(
    "stamp", ["", '<a href="/content_author/mira-olsen/">Mira Olsen</a> June 12, 2025']
)
@pytest.mark.fault("D13")
def test_a_front_page_or_a_section_in_place_of_an_article_is_not_kept(
    title: str, heading: str, stamp: str
) -> None:
    assert outcome_of(bare(title, heading + many_entries(stamp))) != "kept"


@renderings
@pytest.mark.parametrize(
    "final",
    [
        "/",
        "/pro" + PATH,
        "/pro/",
        "/content_author/mira-olsen/",
        "/category/columns/",
        "/2025/06/",
        "/2025/06/12/",
        "/2025/06/page/2/",
        "/login/",
        "/feed/",
    ],
)
def test_a_redirect_away_from_articles_gives_none(rendering: str, final: str) -> None:
    assert outcome_of(article_html(rendering), PATH, final) == "not an article URL"


@renderings
def test_an_article_without_a_headline_is_not_kept(rendering: str) -> None:
    html = article_html(rendering, **WITHOUT_HEADLINE)
    assert outcome_of(html) == "no headline"


def test_the_detail_of_a_rejection() -> None:
    visit = visit_of(read(article_html("nested")), PATH, "/pro" + PATH)
    detail = f"the request for {SITE}{PATH} ended at {SITE}/pro{PATH}"
    final_url = f"{SITE}/pro{PATH}"
    assert gate(visit) == rejection(SITE + PATH, "not an article URL", detail, final_url=final_url)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"title": "A" * 1001}, "absurd field"),
        ({"title": "A" * 1000}, "kept"),
        ({"byline": "A" * 1001}, "absurd field"),
        ({"image_url": "h" * 1001}, "absurd field"),
        ({"note": "A" * 5001}, "absurd field"),
        ({"note": "A" * 5000}, "kept"),
        ({"paragraphs": ["A" * 250_001] * 2}, "absurd field"),
        ({"paragraphs": []}, "kept"),
        ({"title": None}, "no headline"),
        ({"title": ""}, "no headline"),
        ({"byline": None, "published_on": None, "subtitle": None}, "kept"),
        ({"rejection_reason": "soft 404"}, "soft 404"),
    ],
)
@pytest.mark.fault("D9")
def test_impossible_fields_reject_an_article(changed: dict[str, Any], reason: str) -> None:
    made = whole(FIRST)
    for name, value in changed.items():
        setattr(made, name, value)
    assert outcome(made) == reason


@renderings
@pytest.mark.parametrize(
    "title",
    [
        "404: How the harbor office lost its website",
        "Error 404 on every screen of the ferry",
        "Page not found: The missing logbook of Gull Island",
        "Nothing found in the hold, divers say",
        "Log in",
        "Login page of the harbor office hacked by a schoolboy",
        "Access denied: The locked lighthouse",
        "Just a moment... of darkness",
        "Checking your browser history is a crime on the island",
        "More articles by the dead editor turn up",
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_an_article_about_such_pages_is_kept(rendering: str, title: str, dated: bool) -> None:
    lead = paragraphs("Access denied.", "404", "Page not found", "Log in", FIRST)
    dates = {} if dated else {"date": "", "timestamp": ""}
    assert outcome_of(article_html(rendering, title=title, lead=lead, **dates)) == "kept"


@renderings
@pytest.mark.parametrize("where", ["top", "offer", "foot"])
def test_an_article_with_a_login_form_is_kept(rendering: str, where: str) -> None:
    form = "<form><p>Log in</p><input name=log><input type=password name=pwd></form>"
    assert outcome_of(article_html(rendering, **{where: form})) == "kept"


@renderings
@pytest.mark.parametrize("where", ["top", "foot", "lead"])
def test_an_article_with_many_links_is_kept(rendering: str, where: str) -> None:
    links = "".join(
        f'<p><a href="/2025/06/story-{n}/">Story number {n} of the lamps</a></p>' for n in range(12)
    )
    changed = {"lead": paragraphs(FIRST) + links} if where == "lead" else {where: links}
    assert outcome_of(article_html(rendering, **changed)) == "kept"


@renderings
@pytest.mark.parametrize(
    "lead",
    ["", paragraphs("Views expressed in Opinion articles are exclusively the authors’ own.")],
)
def test_an_empty_lead_is_a_legal_state(rendering: str, lead: str) -> None:
    assert outcome_of(article_html(rendering, lead=lead)) == "kept"
