"""The visible text of a page in every kind of markup, white space and characters."""

import pytest

from tests.html_factory import (
    FIRST,
    SECOND,
    SUBTITLE,
    TITLE,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
)


@renderings
@pytest.mark.parametrize(
    "text",
    ["The harwhomaster bor slept.", "A lamp ? ? of brass.", "It’s it’s a typoo.", "Café â€™ 5."],
)
def test_the_site_s_own_errors_are_not_repaired(rendering: str, text: str) -> None:
    html = article_html(rendering, lead=paragraphs(text, SECOND), title="Harbr opns")
    assert row(html) == expected(rendering, body=lines(text, SECOND), title="Harbr opns")


def protected(address: str) -> str:
    """Return an e-mail address as Cloudflare obfuscates it: XOR with the first byte, in hex."""
    code = "2a" + "".join(f"{ord(char) ^ 0x2A:02x}" for char in address)
    return (
        f'<a href="/cdn-cgi/l/email-protection" class="__cf_email__" '
        f'data-cfemail="{code}">[email&#160;protected]</a>'
    )


@renderings
def test_an_obfuscated_e_mail_address_stays_obfuscated(rendering: str) -> None:
    html = article_html(
        rendering,
        lead=f"<p>Write to {protected('lamps@quay.test')} before the tide "
        f"turns.</p>{paragraphs(SECOND)}",
    )
    body = lines("Write to [email protected] before the tide turns.", SECOND)
    assert row(html) == expected(rendering, body=body)


@renderings
def test_an_obfuscated_e_mail_address_in_a_note(rendering: str) -> None:
    note = f"<p>Got a question for Mira Olsen? Email it to {protected('mira@quay.test')}</p>"
    html = article_html(rendering, lead=note + paragraphs(FIRST, SECOND))
    assert row(html) == expected(
        rendering, note="Got a question for Mira Olsen? Email it to [email protected]"
    )


@renderings
@pytest.mark.parametrize(
    "lead",
    [
        f"<div>{FIRST}</div><div>{SECOND}</div>",
        f"<div><div><div>{FIRST}</div></div></div><div><span>{SECOND}</span></div>",
        f"{FIRST}<br><br>{SECOND}",
        f"{FIRST}<br>{SECOND}",
        f"{FIRST}<br />\n<br />\n{SECOND}<br>",
        f"<p>{FIRST}<br>&nbsp;<br>{SECOND}</p>",
        f"<p>{FIRST}</p>{SECOND}",
        f"<p>{FIRST}<p>{SECOND}",
        f"<section><p>{FIRST}</p></section><blockquote><p>{SECOND}</p></blockquote>",
        (
            f"<p>{FIRST.replace('lanterns', '<b>lan</b><i>terns</i>')}</p><p>"
            f"{SECOND.replace(' ', chr(10) + '   ')}</p>"
        ),
        (
            f"<p>{FIRST.replace('lanterns', '<a href=/2024/01/x/>lanterns</a>')}</p><p></p><p>"
            f"&nbsp;</p><p>{SECOND}</p>"
        ),
        f"<p>{FIRST}</p><!-- a remark --><p>{SECOND.replace('clerk', 'cl<!-- -->erk')}</p>",
        f"<p>{FIRST.replace('lanterns', 'lan<wbr>terns')}</p><ul><li>{SECOND}</li></ul>",
    ],
)
def test_paragraphs_are_found_whatever_their_markup(rendering: str, lead: str) -> None:
    assert row(article_html(rendering, lead=lead)) == expected(rendering)


@renderings
def test_a_break_inside_a_sentence_does_not_split_it(rendering: str) -> None:
    lead = (
        f"<p>{FIRST.replace('with its', 'with<br>its')}</p><p>"
        f"{SECOND.replace('but a clerk', '<br/>but a clerk')}</p>"
    )
    assert row(article_html(rendering, lead=lead)) == expected(rendering)


@renderings
@pytest.mark.parametrize("space", ["\u00a0", "&nbsp;", "\t", " \u2009 ", "\r\n"])
def test_every_kind_of_space_is_a_space(rendering: str, space: str) -> None:
    def spaced(text: str) -> str:
        return text.replace(" ", space)

    html = article_html(
        rendering,
        title=TITLE,
        heading=spaced(TITLE) + space,
        subtitle=spaced(SUBTITLE) + space,
        date=spaced("June 12, 2025"),
        lead=paragraphs(spaced(FIRST) + space, space + spaced(SECOND)),
    )
    assert row(html) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    "sign",
    ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u2066", "\x07", "\x1b", "\x7f", "\x8d"],
)
@pytest.mark.fault("D5", "D7")
def test_invisible_characters_are_left_out(rendering: str, sign: str) -> None:
    def strewn(text: str) -> str:
        return sign.join([text[:5], text[5:9], text[9:]]) + sign

    html = article_html(
        rendering,
        title=TITLE,
        heading=strewn(TITLE),
        subtitle=strewn(SUBTITLE),
        lead=paragraphs(*map(strewn, (FIRST, SECOND))),
        byline=f'<a href="/content_author/mira-olsen/">{strewn("Mira Olsen")}</a>',
    )
    assert row(html) == expected(rendering)
