"""Which paragraphs only sell a subscription, and whether an article is cut off by a paywall."""

from itertools import groupby

from nkcrawl import site
from nkcrawl.items import Access
from nkcrawl.text import ends_as_sentence

_MOST_JOINED = 4  # paragraphs that one filler sentence may be broken into ('Subscribe' / 'now')

_LONGEST_BEGINNING = 300  # characters


def classify_paragraphs(paragraphs: list[str]) -> list[str]:
    """Return for each paragraph 'lead', or the kind of filler it is: 'offer', 'rights' or
    'interface'.

    A paragraph is filler when it is made of nothing but known filler sentences, alone or joined
    with up to three that follow (`Subscribe` / `now`). A filler that a real line could resemble
    counts only beside an unambiguous one.
    """
    kinds = ["lead"] * len(paragraphs)
    proven = [False] * len(paragraphs)
    at = 0
    while at < len(paragraphs):
        span, fillers = _filler_run(paragraphs, at)
        for index in range(at, at + span):
            kinds[index] = fillers[0].kind if fillers else "lead"
            proven[index] = any(filler.alone for filler in fillers) or len(fillers) > 1
        at += span
    # What stands in one unbroken stretch is judged together: one unambiguous filler proves the
    # others.
    judged: list[str] = []
    for is_lead, stretch in groupby(
        zip(kinds, proven, strict=True), key=lambda pair: pair[0] == "lead"
    ):
        pairs = list(stretch)
        proves = is_lead or any(proof for _, proof in pairs)
        judged += [kind if proves else "lead" for kind, _ in pairs]
    return judged


def _filler_run(paragraphs: list[str], at: int) -> tuple[int, tuple[site.Filler, ...]]:
    """Return how many paragraphs from `at` make up one run of filler, and its sentences; (1, ())
    for a real paragraph.

    Only wordings known whole are sought across paragraphs: one that runs on to a full stop could
    run into the next.
    """
    if not site.begins_like_filler(paragraphs[at]) or not site.may_be_filler(
        " ".join(paragraph[:_LONGEST_BEGINNING] for paragraph in paragraphs[at : at + _MOST_JOINED])
    ):
        return 1, ()
    for span in range(1, _MOST_JOINED + 1):
        if fillers := site.filler_in(" ".join(paragraphs[at : at + span]), whole=True):
            return span, fillers
    return 1, site.filler_in(paragraphs[at])


def text_evidence(kept: list[str], offers: list[str]) -> list[str]:
    """Return what the paragraphs of an article, and those that sell a subscription, say of its
    access.
    """
    count = len(site.filler_in(" ".join(offers)))
    evidence = (
        [f"offer box: {count} lines"] if count > 1 else ["offer line"] if count else ["no offer"]
    )
    closing = [paragraph for paragraph in kept if not site.DESK_LINE.fullmatch(paragraph)]
    if not closing:
        return [*evidence, "no text"]
    return [
        *evidence,
        "last sentence whole" if ends_as_sentence(closing[-1]) else "last sentence cut",
    ]


def judge_access(evidence: list[str]) -> Access:
    """Weigh the signals: 'teaser' or 'free' only on two weak ones or a strong one, and 'unknown'
    where they disagree.

    Strong are the publisher's statement and an offer box in place of the rest; weak are a cut last
    sentence, a lone offer line, a text that ends whole, a page that is whole without an offer.
    Length says nothing, and is not considered. The first of several pages is never the whole
    article.
    """
    teaser = free = 0
    for signal, _, value in (item.partition(": ") for item in evidence):
        stated = free_as_stated(value) if signal == "isAccessibleForFree" else None
        teaser += 2 * (
            signal == "offer box"
            or stated is False
            or (signal == "content tier" and value == "locked")
        )
        teaser += signal in ("offer line", "last sentence cut", "part withheld")
        free += 2 * (stated is True or (signal == "content tier" and value == "free"))
    whole = {"no offer", "last sentence whole", "page tail seen"} <= set(evidence)
    free += 2 * whole
    if teaser >= 2 and teaser > free:
        return "teaser"
    return "free" if free >= 2 and not teaser and MORE_PAGES not in evidence else "unknown"


MORE_PAGES = "more pages follow"


def free_as_stated(spelling: str) -> bool | None:
    """Read an isAccessibleForFree: True, 'False', 'http://schema.org/False', 0 …; None for what is
    neither.
    """
    word = spelling.strip().rsplit("/", 1)[-1].casefold()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(word)
