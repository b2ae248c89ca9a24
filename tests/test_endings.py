"""The table of endings against the code that uses it."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

from nkcrawl.extensions import ENDINGS, EXIT_CODES, ending
from tests.conftest import ROOT


def uses() -> Iterator[tuple[str, set[str]]]:
    """Yield the reason and the names of the values of every call of `ending` in the package."""
    for path in (ROOT / "nkcrawl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name("ending"), [ast.Constant(str(reason))], keywords):
                    yield reason, {keyword.arg or "**" for keyword in keywords}


def test_every_ending_is_used_with_the_values_that_its_sentence_needs() -> None:
    used = list(uses())
    assert {reason for reason, _ in used} == set(ENDINGS)
    for reason, names in used:
        sentence = ENDINGS[reason].summary
        assert (reason, names) == (
            reason,
            {name for _, name, _, _ in Formatter().parse(sentence) if name},
        )


def test_every_sentence_is_one_line_and_ends_in_punctuation() -> None:
    for reason, entry in ENDINGS.items():
        assert re.fullmatch(r"[A-Zr{].*[.?}]", entry.summary), reason


def test_a_value_may_hold_braces() -> None:
    assert ending("usage", error="a={b}").summary == "a={b}"


def test_every_verdict_is_used() -> None:
    assert {entry.verdict for entry in ENDINGS.values()} == set(EXIT_CODES)
