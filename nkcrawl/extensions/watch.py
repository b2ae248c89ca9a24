"""Does the run still make sense? Looks at each page's outcome as it comes; pure, so that no rule needs a crawl."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nkcrawl.extensions.verdict import GONE, REFUSALS, Judgement, is_no_failure, odd_articles, refused, unlinked
from nkcrawl.items import Article, Failure, Item, Listing, Rejection, Skip

# So many in a row, and the rest need not be asked.
_IN_A_ROW = {"refused": 3, "no answer": 5, "unlinked": 3}
NO_LINKS = "no article links"
_NO_ANSWER = re.compile(r"HTTP 5\d\d|timeout|connection refused|host not found|no answer|cut off")

# A fault of recent articles is a redesign when more than half have it, and chance would hardly have it so: given how many
# had it in the last good runs, or one in six before there were any.
_UNLIKELY = 2e-4
_ENOUGH_TO_STOP, _ENOUGH_TO_JUDGE = 5, 3  # pages; the former in the middle of a run
_FAULTS = {
    "rejected": "are read as no articles",
    "gone": "are gone",
    "undated": "have no date",
    "empty": "have no text",
}

_MONTH = re.compile(r"https?://[^/]+/(\d{4})/(\d\d)/")
_RECENT_MONTHS = 2

Trouble = Literal["refused", "no answer", "unlinked"]


@dataclass(slots=True)
class Watch:
    """Counts what becomes of recent articles, and of pages in a row, until it is too much.

    Recent are the articles of the newest two months that were met: of older ones whole years may have no dates, and a
    backfill through them would look like a redesign.
    """

    newest: int = 0  # month of the newest article that was stored before, as months since the year 0
    this_month: int = 9999 * 12  # of a later one than the next no article can be
    usual: Mapping[str, int] = field(default_factory=dict)  # the counts of the last good runs, added up
    counts: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)  # fault → the first page that has it
    _has_links: bool = False  # a listing showed links
    _streak: list[Failure | Rejection] = field(default_factory=list)  # the last pages, all of one trouble

    def see(self, item: Item, known: frozenset[str] = frozenset()) -> Judgement | None:
        """Take note of one page's outcome, and return why the run has to end, or None if it may go on.

        `known` are the faults that the page had before: to have them still is no news.
        """
        if isinstance(item, Skip) or (isinstance(item, Failure) and is_no_failure(item)):
            return None  # nothing was asked, so nothing was learnt
        self._has_links |= isinstance(item, Listing)
        self._note_recent(item, known)
        return self._too_many_in_a_row(item) or self.changed(_ENOUGH_TO_STOP)

    def is_on_trial(self, item: Item) -> bool:
        """Tell whether an item, not seen yet, is a recent article's at a time when too few were seen to trust them."""
        return self._has_bearing(item) and not self.trial_is_over

    @property
    def trial_is_over(self) -> bool:
        """Tell whether enough recent articles were seen to know what to think of them."""
        return self._counted("visited") >= _ENOUGH_TO_STOP

    def _has_bearing(self, item: Item) -> bool:
        """Tell whether an item says something of how recent articles are read."""
        month = month_of(item.page.url)
        telling = isinstance(item, Article | Rejection) or (isinstance(item, Failure) and item.reason in GONE)
        return telling and item.page.kind == "article" and self.newest - _RECENT_MONTHS < month <= self.this_month + 1

    # --- In a row -------------------------------------------------------------------------------------------------------

    def _too_many_in_a_row(self, item: Item) -> Judgement | None:
        trouble = _trouble(item)
        if trouble is None or not isinstance(item, Failure | Rejection):
            self._streak = []
            return None
        same = self._streak if self._streak and _trouble(self._streak[0]) == trouble else []
        self._streak = [*same, item]
        if len(self._streak) < _IN_A_ROW[trouble] or (trouble == "unlinked" and self._has_links):
            return None
        return _judgement_on(trouble, len(self._streak), self._streak[0])

    # --- Recent articles ------------------------------------------------------------------------------------------------

    def _note_recent(self, item: Item, known: frozenset[str]) -> None:
        if not self._has_bearing(item):
            return
        url = item.page.url
        self.newest = max(self.newest, month_of(url))
        self.counts["nkcrawl/recent/visited"] += 1
        for fault, has_it in _faults_looked_for(item).items():
            if fault not in known:
                self.counts[f"nkcrawl/recent/{fault} of"] += 1
                self.counts[f"nkcrawl/recent/{fault}"] += has_it
                if has_it:
                    self.example.setdefault(fault, url)

    def changed(self, enough: int = _ENOUGH_TO_JUDGE) -> Judgement | None:
        """Return the judgement that the recent articles, of which `enough` were seen, are not what they used to be."""
        for fault, words in _FAULTS.items():
            seen, faulty = self._counted(f"{fault} of"), self._counted(fault)
            if seen >= enough and faulty * 2 > seen and _chance(faulty, seen, self._usual_share(fault)) < _UNLIKELY:
                return odd_articles(f"{faulty} of {seen} recent articles {words}", self.example[fault])
        return None

    def _counted(self, what: str) -> int:
        return self.counts[f"nkcrawl/recent/{what}"]

    def _usual_share(self, fault: str) -> float:
        return (self.usual.get(f"nkcrawl/recent/{fault}", 0) + 1) / (
            self.usual.get(f"nkcrawl/recent/{fault} of", 0) + 6
        )


def _faults_looked_for(item: Item) -> dict[str, bool]:
    """Return which faults a recent article's page can be told to have or not to have."""
    faults = {"rejected": isinstance(item, Rejection), "gone": isinstance(item, Failure)}
    if isinstance(item, Article):  # a note alone is a legal state of a column
        faults |= {"undated": not item.published_on, "empty": not (item.paragraphs or item.note)}
    return faults


def _chance(faulty: int, seen: int, share: float) -> float:
    """Return how likely it is that so many or more of the pages seen have a fault that so large a share of all has."""
    return sum(math.comb(seen, k) * share**k * (1 - share) ** (seen - k) for k in range(faulty, seen + 1))


def _trouble(item: Item) -> Trouble | None:
    match item:
        case Failure() if item.reason in REFUSALS:
            return "refused"
        case Rejection() if item.reason in REFUSALS:
            return "refused"
        case Failure() if item.reason == NO_LINKS:
            return "unlinked"
        case Failure() if _NO_ANSWER.fullmatch(item.reason):
            return "no answer"
    return None


def _judgement_on(trouble: Trouble, count: int, first: Failure | Rejection) -> Judgement:
    match trouble:
        case "refused":
            named = first.detail if isinstance(first, Failure) else f"{first.page.url} ({first.reason})"
            return refused(f"The site refused {count} pages in a row, first {named}")
        case "unlinked":
            return unlinked(first.page.url)
        case "no answer":
            return Judgement(
                "failed",
                f"The site stopped answering: {count} requests in a row failed, first {first.detail}. "
                "What was stored stays, and the rest is due; run it again later.",
                reason="no_answer",
            )


def month_of(url: str) -> int:
    """Return the month in an article's URL, as months since the year 0, or 0 where there is none."""
    found = _MONTH.match(url)
    return int(found[1]) * 12 + int(found[2]) if found else 0
