"""The wording of the docs: standard terms and plain English, in place of these phrases."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = True
# "Just a moment..." heads a challenge page, "modelled by hand" marks made-up pages.
AVOID = {
    r"(?<!just a )\bmoments?\b": "timestamp, time, now",
    r"(?<!there )\b(?:is|are) no\b(?! (?:longer|more|less|fewer|later|earlier))": "is not a",
    r"\bthat (?:is|are) none\b": "invalid",
    r"\btells? whether\b": "return whether, show whether",
    r"\bparted\b": "separated, split",
    r"\bbe it\b": "even if, whether",
    r"\bfor want of\b": "for lack of",
    r"\bnought\b": "zero",
    r"\bthe oftener\b": "more often",
    r"\ball the same\b": "anyway",
    r"\blikewise\b": "also, in the same way",
    r"\basked for\b|\basks the site\b": "requested, requests",
    r"\bas it (?:was|stands)\b": "unchanged, as stored",
    r"(?<!modelled )\bby hand\b": "manually, explicitly",
    r"\btrips? our\b": "raises",
    r"\bgone for good\b": "permanently gone (404, 410)",
    r"\b(?:row|line|file) an? (?:run|page|article|change|author)\b": "per run, per page",
    r"\bwhoever\b": "anyone who",
    r"\bof ours\b": "nkcrawl's, the project's",
}
EXEMPT = {"nkcrawl/demo/grammar.py"}  # made-up sentences

TEXTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")] + [
    path
    for suffix in ("py", "html", "yaml")
    for path in ROOT.glob(f"nkcrawl/**/*.{suffix}")
    if PACKAGE and path.relative_to(ROOT).as_posix() not in EXEMPT
]


@pytest.mark.parametrize("path", sorted(TEXTS), ids=lambda path: str(path.relative_to(ROOT)))
def test_plain_standard_english(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [
        f"{number}: {match[0]!r}, rather {better!r}"
        for number, line in enumerate(lines, 1)
        for phrase, better in AVOID.items()
        if (match := re.search(phrase, line, flags=re.IGNORECASE))
    ] == []
