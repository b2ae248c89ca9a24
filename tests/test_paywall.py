"""Filler is recognized in every spelling, and the sentences of an article are not filler."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nkcrawl import site
from nkcrawl.paywall import FILLERS, Filler, filler_in

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
