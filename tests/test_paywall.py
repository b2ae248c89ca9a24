"""Filler is recognized in every spelling, and the sentences of an article are not filler."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nkcrawl import site
from nkcrawl.paywall import FILLERS, Filler, filler_in
from tests.html_factory import (
    BASE,
    BODY,
    CAPTION,
    FIRST,
    NO_DATE,
    OFFER_END,
    OFFER_LIST,
    SECOND,
    article_html,
    box,
    expected,
    lines,
    paragraphs,
    read,
    renderings,
    row,
    undated,
)

every_filler = pytest.mark.parametrize(
    "filler", FILLERS, ids=[filler.sample[:30] for filler in FILLERS]
)


def test_ambiguous_filler_is_listed_as_filler() -> None:
    assert {wording for _, wording in site.FILLER} >= site.AMBIGUOUS_FILLER


@every_filler
def test_every_filler_matches_its_sample(filler: Filler) -> None:
    assert filler.pattern.fullmatch(filler.sample)
    assert [match.kind for match in filler_in(filler.sample)][:1] == [filler.kind]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Try unlimited access Only $1 for four weeks", 1),
        ("Try unlimited access\n\nOnly $1 for four weeks", 1),
        ("Only $2.50 for four weeks", 1),
        ("Only €3,50 for four weeks", 1),
        ("Become a member for less than $4 per week.", 1),
        ("Become a member for less than £12 per week.", 1),
        ("Become a member for less\nthan ₩5,000 per week.", 1),
        ("Year-one discount if you continue past €2 trial period", 1),
        ("Subscribe\nnow", 1),
        ("Subscribe now Subscribe now", 2),
        ("© Korea Risk Group. All rights reserved. |", 1),
        ("by nknews_hq on 2018-01-10 02:35:37", 1),
        ("by nknews_hq on 2020-11-01 23:00:01", 1),
        ("Don’t have an account? SIGN UP", 1),
        ("Never miss a beat. Try the new mobile app.", 1),
        ("Copy Icon COPY LINKMastodon Icon MASTODON", 2),
        ("", 0),
        (" • - ", 0),
        ("Subscribe", 0),
        ("Subscribe now, they said", 0),
        ("They said: Subscribe now", 0),
        ("Try unlimited access to the tower", 0),
        ("Become a member for less than a song per week.", 0),
        ("Lamps", 0),
    ],
)
def test_how_many_filler_sentences_a_line_has(line: str, count: int) -> None:
    assert len(filler_in(line)) == count


SPACE = st.sampled_from([" ", "  ", "\n", "\u00a0", "\t", " \n  ", "\r\n"])
BULLET = st.sampled_from(["", "• ", "- ", "· ", "* ", "  •\t", "– ", "✓ ", "-\n"])
CASE = st.sampled_from([str, str.upper, str.lower, str.title])


@settings(deadline=None)
@given(st.sampled_from(FILLERS), st.data())
def test_space_bullets_and_case_do_not_count(filler: Filler, data: st.DataObject) -> None:
    words = filler.sample.split(" ")
    joined = words[0] + "".join(data.draw(SPACE) + word for word in words[1:])
    cased = data.draw(CASE)(joined).replace("İ", "i")
    line = data.draw(BULLET) + cased + data.draw(st.sampled_from(["", " ", " |", "\n•", " -"]))
    assert filler_in(line) == filler_in(filler.sample) != ()


@settings(deadline=None)
@given(st.lists(st.sampled_from(FILLERS), min_size=1, max_size=5), st.data())
def test_filler_after_filler_is_filler(fillers: list[Filler], data: st.DataObject) -> None:
    line = "".join(data.draw(BULLET) + filler.sample + data.draw(SPACE) for filler in fillers)
    assert filler_in(line) != ()


WORDS = st.sampled_from(
    "lamp ferry island quay gull clerk drawer oar tide harbor lantern geese orchard baker "
    "unlimited access to all of now "
    "subscribe contact reporters news the month free article price card email member week "
    "account".split()
)


@settings(deadline=None)
@given(st.lists(WORDS, min_size=3, max_size=30), st.sampled_from(".?!"))
def test_a_sentence_of_ordinary_words_is_not_filler(words: list[str], stop: str) -> None:
    assume(words[0] != "email")  # a button of that name
    sentence = " ".join(words).capitalize() + stop
    assert filler_in(sentence) == ()
    assert [note for note in site.STOCK_NOTES if note.opening.match(sentence)] == []


@settings(deadline=None)
@given(st.sampled_from(FILLERS), st.sampled_from(["lamp", "he said", "the ferry’s bell", "2018"]))
def test_a_word_before_it_makes_filler_a_sentence(filler: Filler, word: str) -> None:
    assert filler_in(f"{word} {filler.sample}") == ()


@settings(deadline=None)
@given(st.sampled_from(FILLERS), st.data())
def test_a_word_after_it_makes_cut_filler_a_sentence(filler: Filler, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(filler.sample) // 2))
    assert filler_in(filler.sample[:cut] + " •" * 500 + " lamp") == ()


HEADINGS = (
    ("Become a member for less than $4 per week.",),
    ("Become a member for less", "than $5.75 per week."),
    ("Become a member for less than €3,50 per week.",),
    ("Try unlimited access", "Only $1 for four weeks"),
    ("Try unlimited access", "Only US$2.99 for four weeks"),
    ("Try unlimited access Only ₩1,900 for four weeks",),
)

LIST_FORMS = {
    "list": lambda items: f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>",
    "bullets": lambda items: "".join(f"<div>• {item}</div>" for item in items),
    "bullets in one": lambda items: box("<br>".join(f"&nbsp; • {item}" for item in items)),
    "lone dashes": lambda items: "".join(f"<div>-</div><div>{item}</div>" for item in items),
    "dashes": lambda items: "".join(f"<p>- {item}</p>" for item in items),
    "run on": lambda items: f"<p>{' '.join(items)}</p>",
    "breaks inside": lambda items: "".join(
        f"<p>{item.replace(', ', ',<br>', 1)}</p>" for item in items
    ),
    "wrapped": lambda items: "".join(
        f"<p>{item.replace(' ', chr(10) + '      ')}</p>" for item in items
    ),
    "halves": lambda items: "".join(
        f"<div>{' '.join(item.split()[:4])}</div><div>{' '.join(item.split()[4:])}</div>"
        for item in items
    ),
    "shouted": lambda items: "".join(f"<p>{item.upper()}</p>" for item in items),
    "nbsp": lambda items: "".join(f"<p>{item.replace(' ', '&nbsp;')}</p>" for item in items),
}


@renderings
@pytest.mark.parametrize(
    ("form", "heading"),
    [(form, HEADINGS[3]) for form in LIST_FORMS] + [("bullets", heading) for heading in HEADINGS],
)
def test_the_offer_box_is_never_text_however_it_is_broken(
    rendering: str, form: str, heading: tuple[str, ...]
) -> None:
    offer = "".join(map(box, heading)) + LIST_FORMS[form](OFFER_LIST) + "".join(map(box, OFFER_END))
    article = row(article_html(rendering, offer=offer))
    assert {name: article[name] for name in ("body", "note", "access", "image_caption")} == {
        "body": BODY, "note": None, "access": "teaser", "image_caption": CAPTION,
    }  # fmt: skip


@renderings
@pytest.mark.parametrize(
    "end",
    [
        ("Subscribe", "now"),
        (
            "Get unlimited access to all NK News content, from the archive to the podcasts.",
            "Subscribe now",
        ),
        ("All major cards accepted. Pause whenever you like.",),
        (
            "Get unlimited access to all NK News content, including original reporting,",
            "investigations, and analyses by our team of DPRK experts.",
            "Subscribe now",
        ),
        (OFFER_END[0].replace("by our ", "by our<br>"),),
        ("- Subscribe", "now -", "All major cards accepted."),
    ],
)
def test_the_end_of_the_offer_box_varies(rendering: str, end: tuple[str, ...]) -> None:
    offer = "".join(map(box, ("Try unlimited access", "Only $1 for four weeks", *OFFER_LIST, *end)))
    article = row(article_html(rendering, offer=offer))
    assert (article["body"], article["access"]) == (BODY, "teaser")


OLD_OFFER = (
    "You have reached your limit of 5 free articles this month.",
    "Subscribe today for unlimited access.",
    "Prices start from just $10 a month.",
    "Existing users, please sign in here:",
    "Remember Me",
)

POPUPS = (
    "Specialist news and analysis,",
    "research tools, and unique data sets",
    "Internet Explorer is not compatible with this website. Please try another browser.",
    "Join the influential community of members who rely on NK News each day.",
    "Don't have an account? SIGN UP",
)


@renderings
def test_the_offer_of_2014_with_its_login_form(rendering: str) -> None:
    form = (
        f"<form>{''.join(f'<p>{line}</p>' for line in OLD_OFFER)}<input name=log><input "
        f"type=password name=pwd></form>"
    )
    article = read(article_html(rendering, offer=form))
    assert (row(article_html(rendering, offer=form))["body"], article.rejection_reason) == (
        BODY,
        None,
    )


@renderings
@pytest.mark.parametrize("where", ["top", "foot", "promo", "share", "offer", "inside"])
@pytest.mark.parametrize("tag", ["p", "div", "li"])
def test_pop_ups_are_never_text(rendering: str, where: str, tag: str) -> None:
    popup = "".join(f"<{tag}>{line}</{tag}>" for line in POPUPS)
    inside = {"lead": paragraphs(FIRST) + popup + paragraphs(SECOND)}
    html = article_html(rendering, offer="" if where != "offer" else popup, **(
        inside if where == "inside" else {} if where == "offer" else {where: popup}
    ))  # fmt: skip
    result = row(html)
    names = ("title", "subtitle", "label", "byline", "published_on", "body", "note")
    assert {name: result[name] for name in names} == {name: BASE[name] for name in names}


@renderings
@pytest.mark.parametrize("where", ["top", "promo", "share", "offer", "foot"])
def test_the_promotion_of_2019_gives_neither_text_nor_day(rendering: str, where: str) -> None:
    box_html = paragraphs("New user promotion", "by nknews_hq on 2018-01-10 02:35:37")
    result = row(article_html(rendering, **{where: box_html}, **NO_DATE))
    names = ("title", "subtitle", "label", "byline", "published_on", "published_at", "body", "note")
    assert {name: result[name] for name in names} == {name: undated()[name] for name in names}


@renderings
@pytest.mark.parametrize(
    "tail",
    [
        ("© Korea Risk Group. All rights reserved. |",),
        (
            "© Korea Risk Group. All rights reserved.",
            "No part of this content may be copied without asking.",
        ),
        ("Never miss a beat.", "Try the new mobile app."),
        ("• © Korea Risk Group.", "All rights reserved."),
        ("©&nbsp;2014 Korea Risk Group. All rights reserved.",),
    ],
)
@pytest.mark.parametrize("recent", [True, False])
def test_the_tail_is_not_text(rendering: str, tail: tuple[str, ...], recent: bool) -> None:
    html = article_html(rendering, rights=paragraphs(*tail), **({} if recent else {"recent": ""}))
    assert row(html)["body"] == BODY


HARD = (
    "The app lets people “subscribe now for unlimited access” to songs about the sea.",
    "Recent stories in the county bulletin describe a bumper harvest of eels.",
    "Recent Stories in the Gull Gazette were all about geese.",
    "Subscribe now, the poster on the tram told commuters, or row home.",
    "Try unlimited access to the lighthouse, the mayor said, and see who climbs it.",
    (
        "Unlimited access to all of NK News: reporting, investigations, analysis was the first "
        "prize of the raffle."
    ),
    (
        "Contact NK News reporters with tips or requests for reporting, the flyer urged, but "
        "nobody did."
    ),
    "Become a member for less than $4 per week, the rowing club pleads, and bring your own oar.",
    "You have reached your limit of 5 free articles this month, the library told the boy.",
    "Get unlimited access to all NK News content, the false banner promised, for a jar of honey.",
    "Prices start from just four marks for the slow boat.",
    "Join the influential community of members who row at dawn, says the sign of the club.",
    (
        "Internet Explorer is not compatible with this website. The clerk read the notice aloud "
        "and shrugged."
    ),
    "No part of this content may be reproduced, the clerk read aloud from a yellowed page.",
    "All major cards accepted. The sign in the ferry’s bar has been wrong since the spring.",
    "Never miss a beat. Try the new mobile app. So runs the song of the drummers.",
    "View more articles by hand, the archivist says, and the pattern comes out.",
    (
        "More articles by “The Lantern” followed within a week, and the editor called all of them "
        "“dim.”"
    ),
    "Illustrations by hand took the studio nine months.",
    "Got a news tip? The box outside the harbor office asks that, and holds nothing but leaves.",
    "Let us know! So the lamplighters wrote on the wall.",
    "About the author of the letter little is known.",
    "About the Author: so begins the strangest page of the book.",
    "Recommended for you, said the waiter, is the eel.",
    "Skip to content, the preacher told the sailors, and be glad of it.",
    "Copy link by link, the chain was forged again.",
    "Mastodon bones were found under the quay.",
    "Email was slower than the ferry.",
    "Remember me, the lamplighter asked his son.",
    "Just a moment... The clerk looked up, and went on counting.",
    "Access denied, said the harbor gate.",
    "Edited by the tide, the map on the wall has lost two islands.",
    "Updated lamps hang on the quay.",
    "By Tuesday the lamps were gone.",
    "June 3, 2025, was the darkest night of the year on the island.",
)


@renderings
@pytest.mark.parametrize("sentence", HARD)
def test_a_sentence_of_the_article_is_never_filler(rendering: str, sentence: str) -> None:
    html = article_html(rendering, lead=paragraphs(FIRST, sentence, SECOND))
    assert row(html) == expected(rendering, body=lines(FIRST, sentence, SECOND))


@renderings
@pytest.mark.parametrize("sentence", HARD)
def test_a_sentence_of_the_article_is_never_filler_as_the_first_one(
    rendering: str, sentence: str
) -> None:
    html = article_html(rendering, lead=paragraphs(sentence, SECOND))
    assert row(html) == expected(rendering, body=lines(sentence, SECOND))
