"""The paragraphs of an article: stock notes are split off, duplicates are dropped."""

import pytest

from tests.html_factory import (
    FIRST,
    SECOND,
    THIRD,
    WORDS,
    article_html,
    expected,
    lines,
    paragraphs,
    read,
    renderings,
    row,
    theme_html,
)

VIEWS = (
    "Views expressed in Opinion articles are exclusively the authors’ own and do not "
    "represent those of NK News."
)
NOTES = (
    VIEWS,
    "Views expressed in Opinion articles are exclusively the authors' own.",
    "Views expressed in Opinion articles are exclusively those of the authors and no one else.",
    (
        "The following article is a column by Mira Olsen, a retired lamplighter who lives above "
        "the chandlery."
    ),
    "The following article is an opinion piece by Mira Olsen.",
    "This is part of NK News’ series on lamps and the people who clean them.",
    "“Lanterns and Ledgers” is a new NK News series about the price of light.",
    "Got a question for Mira Olsen? Email it to [email protected] and wait for the tide.",
    "About the podcast: Two rowers talk about weather and lamps.",
)


@renderings
@pytest.mark.parametrize("note", NOTES)
def test_a_page_with_nothing_but_a_note_is_an_article_with_an_empty_body(
    rendering: str, note: str
) -> None:
    evidence = ["page tail seen", "offer box: 9 lines", "no text"]
    assert row(article_html(rendering, lead=paragraphs(note))) == expected(
        rendering, body="", note=note, access_evidence=evidence
    )


@renderings
@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize(
    "markup", ["<p><em>{}</em></p>{}", "<div>{}</div><div>{}</div>", "{}<br><br>{}"]
)
def test_a_note_is_kept_apart_from_the_lead(rendering: str, note: str, markup: str) -> None:
    html = article_html(rendering, lead=markup.format(note, FIRST))
    assert row(html) == expected(rendering, body=FIRST, note=note)


@renderings
@pytest.mark.parametrize("note", [note for note in NOTES if note.endswith(".")])
def test_a_note_glued_to_the_first_sentence_is_split_off(rendering: str, note: str) -> None:
    assert row(article_html(rendering, lead=paragraphs(note + FIRST, SECOND))) == expected(
        rendering, note=note
    )


@renderings
def test_a_note_below_the_lead_and_a_note_twice(rendering: str) -> None:
    html = article_html(rendering, lead=paragraphs(VIEWS, FIRST, SECOND, VIEWS))
    assert row(html) == expected(rendering, note=VIEWS)


@renderings
@pytest.mark.parametrize(
    "sentence",
    [
        "Views expressed in the rowing club were exclusively about the weather.",
        "The following article of the harbor code forbids singing after dark.",
        "This is part of a longer quarrel over who may light the quay.",
        "“Lanterns at Dusk” is a new film about the lamplighters of the island.",
        "Got a question for the ferryman? Nobody does.",
    ],
)
def test_a_sentence_that_begins_like_a_note_is_text(rendering: str, sentence: str) -> None:
    html = article_html(rendering, lead=paragraphs(sentence, SECOND))
    assert row(html) == expected(rendering, body=lines(sentence, SECOND))


SHORT = "Then it rained."


@renderings
@pytest.mark.parametrize(
    ("order", "kept"),
    [
        ((FIRST, SECOND, FIRST, SECOND), (FIRST, SECOND)),
        ((FIRST, FIRST, SECOND, SECOND), (FIRST, SECOND)),
        ((FIRST, FIRST), (FIRST,)),
        ((FIRST, SHORT, FIRST, SHORT), (FIRST, SHORT)),
        ((FIRST, FIRST, SHORT, SHORT), (FIRST, SHORT)),
        ((FIRST, SECOND, FIRST, SECOND, THIRD), (FIRST, SECOND, THIRD)),
        ((FIRST, SHORT, SECOND, SHORT), (FIRST, SHORT, SECOND, SHORT)),
        ((FIRST, SHORT, SECOND, SHORT, THIRD, SHORT), (FIRST, SHORT, SECOND, SHORT, THIRD, SHORT)),
    ],
    ids=["ABAB", "AABB", "AA", "AbAb", "AAbb", "ABABC", "refrain", "refrain thrice"],
)
def test_a_doubled_lead_counts_once_and_a_refrain_stays(
    rendering: str, order: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    assert row(article_html(rendering, lead=paragraphs(*order))) == expected(
        rendering, body=lines(*kept)
    )


@renderings
def test_copies_that_differ_in_quotes_and_spaces_are_copies(rendering: str) -> None:
    curly = (
        "The clerk’s drawer holds “nothing at all” – not even a spare wick – and he keeps it "
        "locked at night."
    )
    plain = (
        'The clerk\'s  drawer holds "nothing at all" - not even a spare wick - and he keeps '
        "it locked at\u00a0night. "
    )
    assert row(article_html(rendering, lead=paragraphs(curly, plain))) == expected(
        rendering, body=curly
    )


@pytest.mark.parametrize(
    "mark",
    [
        "Editor’s note: {}",
        "Editor's note: {}",
        "<strong>Editor’s note:</strong> {}",
        "<strong>Editor’s note:</strong></p><p>{}",
        "NK News note — {}",
    ],
)
@pytest.mark.parametrize(
    "note",
    [
        "The following article is an opinion piece by Mira Olsen.",
        (
            "Views expressed in Opinion articles are exclusively the authors’ own and do not "
            "represent those of NK News."
        ),
    ],
)
def test_a_stock_note_may_be_called_the_editor_s(mark: str, note: str) -> None:
    article = read(theme_html(body=f"<p>{mark.format(note)}</p>" + paragraphs(*WORDS)))
    assert (article.note, article.paragraphs) == (note, list(WORDS))
    together = read(
        theme_html(body=f"<p>{mark.format(note)} {WORDS[0]}</p>" + paragraphs(*WORDS[1:]))
    )
    assert (together.note, together.paragraphs) == (note, list(WORDS))
