"""Which paragraphs only sell a subscription, and whether an article is cut off by a paywall."""

import re
from collections import deque
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from nkcrawl import site
from nkcrawl.items import Access, Article
from nkcrawl.text import ends_as_sentence

MORE_PAGES = "more pages follow"  # evidence: the page is the first of several

_MAX_JOINED = 4  # paragraphs that one filler sentence may be split into ('Subscribe' / 'now')
_MAX_OPENING = 300  # characters
_MAX_FILLER = 20_000  # characters of one text made of filler; far more than any offer box has


@dataclass(frozen=True, slots=True)
class Filler:
    """One filler sentence or label.

    `sufficient`: distinctive enough to count as filler without other filler next to it.
    """

    kind: site.FillerKind
    pattern: re.Pattern[str]
    sample: str
    sufficient: bool


def _pattern(wording: str) -> str:
    """Return a pattern for a wording: its spaces, apostrophes, dashes and numbers may differ."""
    free = re.escape(wording).replace("\\ ", " ")
    free = re.sub(r"\\?[$€£]?\d[\d,]*(?:\\\.\d+)?", lambda _: r"\S{0,3}\d[\d.,]*", free)
    free = re.sub("['’‘]", lambda _: "['’‘]", free)
    free = re.sub(r"\\?[-–—]", lambda _: "[-–—]+", free)
    return free.replace(" ", r"\s*")


_WHOLE_FILLERS = tuple(
    Filler(
        kind,
        re.compile(_pattern(wording), re.IGNORECASE),
        wording,
        sufficient=wording not in site.AMBIGUOUS_FILLER,
    )
    for kind, wording in site.FILLER
)
# After a known opening: up to a full stop or the next filler.
_NEXT = "|".join(filler.pattern.pattern for filler in _WHOLE_FILLERS if filler.sufficient)
_RUN_ON = rf"(?:(?!{_NEXT})(?:[^.]|\.(?=\d))){{0,160}}(?:\.(?!\d))?"
FILLERS = _WHOLE_FILLERS + tuple(
    Filler(kind, re.compile(_pattern(wording) + _RUN_ON, re.IGNORECASE), wording, sufficient=False)
    for kind, wording in site.FILLER_OPENINGS
)

_BEGINNINGS = [wording for _, wording in site.FILLER + site.FILLER_OPENINGS]
_ANY_FILLER = re.compile("|".join(map(_pattern, _BEGINNINGS)), re.IGNORECASE)
# The letters up to the first sign, in lower case.
_FIRST_WORDS = tuple(
    {match[0] for text in _BEGINNINGS if (match := re.match(r"\w+|\W", text.casefold()))}
)
_BULLETS = " \t\r\n\xa0•·‣▪◦*|✓✔–—-"
# Bullets, rules and list signs before, between and after filler sentences.
_SEPARATORS = re.compile(r"[\s•·‣▪◦*|✓✔–—-]*")


def filler_in(text: str, *, whole: bool = False) -> tuple[Filler, ...]:
    """Return the filler sentences that make up the whole text, in order; () if there is other text.

    White space, bullets and letter case do not count. `whole` leaves out the filler of which only
    the opening is known.
    """
    if len(text) > _MAX_FILLER or not _may_be_filler(text):
        return ()
    return _parse_filler(text, whole)


@lru_cache(maxsize=500)  # the pages of a site share their filler
def _parse_filler(text: str, whole: bool) -> tuple[Filler, ...]:
    start = _skip_separators(text, 0)
    reached = {start}
    # How far filler reaches in the text, and the sentences up to there.
    paths: deque[tuple[int, tuple[Filler, ...]]] = deque([(start, ())])
    while paths:
        at, sentences = paths.popleft()
        if at == len(text):
            return sentences
        for filler in _WHOLE_FILLERS if whole else FILLERS:
            match = filler.pattern.match(text, at)
            end = _skip_separators(text, match.end()) if match else at
            if end not in reached:
                reached.add(end)
                paths.append((end, (*sentences, filler)))
    return ()


def _begins_like_filler(text: str) -> bool:
    """Return whether the first word is one that filler begins with: a quick check."""
    start = text.lstrip(_BULLETS)[:20]
    return not start or start.casefold().startswith(_FIRST_WORDS)


def _may_be_filler(text: str) -> bool:
    return bool(_begins_like_filler(text) and _ANY_FILLER.match(text, _skip_separators(text, 0)))


def _skip_separators(text: str, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    return match.end() if match else at


def classify_paragraphs(paragraphs: list[str]) -> list[str]:
    """Return 'lead', or the kind of filler ('offer', 'rights', 'interface'), for each paragraph.

    A paragraph is filler if it consists of known filler sentences, alone or joined with up to three
    paragraphs after it (`Subscribe` / `now`). Ambiguous filler counts only beside sufficient.
    """
    kinds = ["lead"] * len(paragraphs)
    sufficient = [False] * len(paragraphs)
    at = 0
    while at < len(paragraphs):
        length, fillers = _filler_run(paragraphs, at)
        for index in range(at, at + length):
            kinds[index] = fillers[0].kind if fillers else "lead"
            sufficient[index] = any(filler.sufficient for filler in fillers) or len(fillers) > 1
        at += length
    classified: list[str] = []
    # One sufficient paragraph in an unbroken stretch of filler is enough for all of it.
    pairs = zip(kinds, sufficient, strict=True)
    for is_lead, stretch in groupby(pairs, key=lambda pair: pair[0] == "lead"):
        members = list(stretch)
        is_filler = not is_lead and any(proof for _, proof in members)
        classified += [kind if is_filler else "lead" for kind, _ in members]
    return classified


def _filler_run(paragraphs: list[str], at: int) -> tuple[int, tuple[Filler, ...]]:
    """Return the number of paragraphs from `at` that form filler, and its sentences.

    (1, ()) stands for a real paragraph. Across paragraphs only whole wordings count: one that runs
    on to a full stop could run into the next paragraph.
    """
    if not _begins_like_filler(paragraphs[at]):
        return 1, ()
    following = paragraphs[at : at + _MAX_JOINED]
    if not _may_be_filler(" ".join(paragraph[:_MAX_OPENING] for paragraph in following)):
        return 1, ()
    for length in range(1, _MAX_JOINED + 1):
        if fillers := filler_in(" ".join(paragraphs[at : at + length]), whole=True):
            return length, fillers
    return 1, filler_in(paragraphs[at])


def drop_filler(article: Article) -> Article:
    """Return the article without filler paragraphs, with `access` judged and its evidence."""
    pairs = list(zip(article.paragraphs, classify_paragraphs(article.paragraphs), strict=True))
    kept = [paragraph for paragraph, kind in pairs if kind == "lead"]
    offers = [paragraph for paragraph, kind in pairs if kind == "offer"]
    evidence = [*article.evidence, *_text_evidence(kept, offers)]
    rules = {**article.rules, "access": "weighed evidence"}
    return replace(
        article, paragraphs=kept, evidence=evidence, access=judge_access(evidence), rules=rules
    )


def _text_evidence(kept: list[str], offers: list[str]) -> list[str]:
    """Return what the paragraphs of an article, and those of an offer, say about its access."""
    count = len(filler_in(" ".join(offers)))
    offer = f"offer box: {count} lines" if count > 1 else "offer line" if count else "no offer"
    closing = [paragraph for paragraph in kept if not site.DESK_LINE.fullmatch(paragraph)]
    if not closing:
        return [offer, "no text"]
    return [offer, f"last sentence {'whole' if ends_as_sentence(closing[-1]) else 'cut'}"]


def judge_access(evidence: list[str]) -> Access:
    """Return the access for evidence of the form `signal` or `signal: value`.

    'teaser' and 'free' need a strong signal or two weak ones; contradictions give 'unknown'. Strong
    are the publisher's statement, and an offer box in place of the rest. Weak are a cut last
    sentence, a lone offer line, a part that the page calls paywalled. A text that ends whole on a
    whole page without an offer is free, unless more pages follow. Length does not count.
    """
    teaser = free = 0
    for signal, _, value in (item.partition(": ") for item in evidence):
        is_free = parse_free(value) if signal == "isAccessibleForFree" else None
        tier = value if signal == "content tier" else ""
        teaser += 2 * (signal == "offer box" or is_free is False or tier == "locked")
        teaser += signal in ("offer line", "last sentence cut", "part withheld")
        free += 2 * (is_free is True or tier == "free")
    free += 2 * ({"no offer", "last sentence whole", "page tail seen"} <= set(evidence))
    if teaser >= 2 and teaser > free:
        return "teaser"
    return "free" if free >= 2 and not teaser and MORE_PAGES not in evidence else "unknown"


def parse_free(value: str) -> bool | None:
    """Parse isAccessibleForFree: True, 'False', 'http://schema.org/False', 0 …; else None."""
    word = value.strip().rsplit("/", 1)[-1].casefold()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(word)
