"""Does the run still make sense? Looks at each page's outcome before it is stored; pure, so that no
rule needs a crawl.

What one page is charged with may be the site's: an outage, a refusal, a redesign. So an outcome
that could be a sign of that is held back until it is clear which it is. If it is the site's, it is
let go of, and the page stays due as it was.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.extensions.endings import GONE, REFUSALS, Ending, ending, is_no_failure
from nkcrawl.items import Article, Failure, Item, Listing, PageKind, Rejection, Skip, Unchanged

NO_LINKS = "no article links"
UNREADABLE = "unreadable"
_NO_ANSWER = re.compile(r"HTTP 5\d\d|timeout|connection refused|host not found|no answer|cut off")

Trouble = Literal["refused", "no answer", "unlinked", "gone", "unreadable"]
# So many in a row, and it is not the pages; the rest need not be asked.
_IN_A_ROW: dict[Trouble, int] = {
    "refused": 3,
    "no answer": 5,
    "unlinked": 3,
    "gone": 5,
    "unreadable": 5,
}

# A fault of recent articles is a redesign when more than half have it, and chance would hardly have
# it so: given how many had it in the last good runs, or one in six before there were any.
_FAULTS = {
    "rejected": "are not recognized as articles",
    "undated": "have no date",
    "empty": "have no text",
}
_UNLIKELY = 2e-4
_ENOUGH_TO_STOP, _ENOUGH_TO_JUDGE = 5, 3  # pages; the former in the middle of a run
_RECENT_MONTHS = 2


@dataclass(frozen=True, slots=True)
class Known:
    """What the archive knows of an article's page before this visit."""

    is_stored: bool = False
    faults: frozenset[str] = frozenset()  # of _FAULTS: to have one still is no news


@dataclass(slots=True)
class Watch:
    """Counts what becomes of recent articles, and of pages in a row, until it is too much.

    Recent are the articles of the newest two months that were met: of older ones whole years may
    have no dates, and a backfill through them would look like a redesign.
    """

    newest: int  # month of the newest article that was stored before, as months since the year 0
    this_month: int  # of a later one than the next no article can be
    usual: Mapping[str, int] = field(
        default_factory=dict
    )  # the counts of the last good runs, added up
    by_hand: bool = False  # pages were named by hand: what is gone then is no sign of anything
    trouble: Ending | None = None  # why the run has to end
    counts: Counter[str] = field(default_factory=Counter)
    faulty: list[str] = field(default_factory=list)  # URLs of the recent articles that have a fault
    _example: dict[str, str] = field(default_factory=dict)  # fault → the first page that has it
    _on_trial: list[tuple[Item, Known]] = field(
        default_factory=list
    )  # recent articles, while they are too few to judge
    _streak: list[Failure | Rejection] = field(
        default_factory=list
    )  # the last pages, all of one trouble
    _read: set[PageKind] = field(
        default_factory=set
    )  # the kinds of pages of which one gave what it was asked for
    _has_links: bool = False  # an author page shows links, or is as it was
    _unlinked: list[tuple[str, bool]] = field(
        default_factory=list
    )  # one that shows none, and whether it should
    _rejected: list[str] = field(
        default_factory=list
    )  # articles' pages that are no articles, and were not known as such

    def offer(self, item: Item, known: Known) -> list[Item]:
        """Take note of a page's outcome, and return what can be stored by now: it, what was held
        back before, or nothing.
        """
        if isinstance(item, Skip):
            return []  # nothing was asked, so nothing was learnt
        if isinstance(item, Failure) and is_no_failure(item):
            return [item]
        released = self._note_trouble(item, known)
        if self._has_bearing(item):
            self._note_recent(item, known)
            self._on_trial.append((item, known))
        elif _trouble(item) is None:
            released.append(item)
        self.trouble = self.trouble or self._too_many_in_a_row() or self.changed(_ENOUGH_TO_STOP)
        if self.trouble:
            self._streak.clear()
        return released + (
            self._judged() if self.counts["nkcrawl/recent/visited"] >= _ENOUGH_TO_STOP else []
        )

    def end(self) -> list[Item]:
        """Return what of all that was held back can be stored, there being no more pages to learn
        from.
        """
        row, self._streak = self._streak, []
        if row and _trouble(row[0]) == "gone":
            if len(missed := self._missed(row)) >= _ENOUGH_TO_JUDGE:
                what = f"No page is where it was, first {_named(missed[0])}"
                self.trouble = self.trouble or ending("pages_moved", what=what)
                row = [item for item in row if item not in missed]
        elif not self._read:
            row = []
        return [*row, *self._judged()]

    def ending(self) -> Ending | None:
        """Return what is wrong with the site, as far as the pages tell; None if all is well."""
        return self.trouble or self.changed() or self._judge_rejected() or self._judge_listings()

    # --- In a row ---------------------------------------------------------------------------------

    def _note_trouble(self, item: Item, known: Known) -> list[Item]:
        """Add an item to the row of those in the same trouble, or else return that row, which has
        ended.
        """
        trouble = _trouble(item)
        ended: list[Item] = []
        if not (self._streak and _trouble(self._streak[0]) == trouble):
            ended, self._streak = [*self._streak], []
        if trouble is not None and isinstance(item, Failure | Rejection):
            self._streak.append(item)
        elif not isinstance(item, Failure | Rejection):
            self._read.add(item.page.kind)
        if (
            trouble in ("unlinked", None)
            and isinstance(item, Failure)
            and item.page.kind == "author"
        ):
            self._unlinked.append((item.page.url, known.is_stored))
        if trouble is None and isinstance(item, Rejection) and "rejected" not in known.faults:
            self._rejected.append(item.page.url)
        has_links = isinstance(item, Unchanged) or (
            isinstance(item, Listing) and bool(item.articles)
        )
        self._has_links |= item.page.kind == "author" and has_links
        return ended

    def _judge_listings(self) -> Ending | None:
        """Judge a run whose author pages show no links: one is enough if its author has written
        what is stored.
        """
        enough = len(self._unlinked) >= _IN_A_ROW["unlinked"] or any(
            should for _, should in self._unlinked
        )
        if not enough or self._has_links:
            return None
        return ending("listings_changed", url=self._unlinked[0][0])

    def _judge_rejected(self) -> Ending | None:
        """Judge a run in which no page is an article, of whatever age they are: a single one says
        little.
        """
        if "article" in self._read or len(self._rejected) < _ENOUGH_TO_JUDGE:
            return None
        self.faulty.extend(url for url in self._rejected if url not in self.faulty)
        count = len(self._rejected)
        what = f"{count} of {count} articles {_FAULTS['rejected']}"
        return ending("articles_changed", what=what, url=self._rejected[0])

    def _too_many_in_a_row(self) -> Ending | None:
        trouble = _trouble(self._streak[0]) if self._streak else None
        row = self._missed(self._streak) if trouble == "gone" else self._streak
        if (
            trouble is None
            or len(row) < _IN_A_ROW[trouble]
            or (trouble == "unlinked" and self._has_links)
        ):
            return None
        return _ending_after(trouble, len(row), row[0])

    def _missed(self, row: list[Failure | Rejection]) -> list[Failure | Rejection]:
        """Return of the pages that are gone those whose kind is nowhere to be found: of the others
        some are deleted.
        """
        return [item for item in row if item.page.kind not in self._read and not self.by_hand]

    # --- Recent articles --------------------------------------------------------------------------

    def _has_bearing(self, item: Item) -> bool:
        """Tell whether an item says something of how recent articles are read."""
        month = month_of(item.page.url)
        telling = isinstance(item, Article | Rejection) and _trouble(item) is None
        return telling and self.newest - _RECENT_MONTHS < month <= self.this_month + 1

    def _note_recent(self, item: Item, known: Known) -> None:
        url = item.page.url
        self.newest = max(self.newest, month_of(url))
        self.counts["nkcrawl/recent/visited"] += 1
        for fault, has_it in _faults_looked_for(item).items():
            if fault not in known.faults:
                self.counts[f"nkcrawl/recent/{fault} of"] += 1
                self.counts[f"nkcrawl/recent/{fault}"] += has_it
                if has_it:
                    self._example.setdefault(fault, url)
                    self.faulty.append(url)

    def changed(self, enough: int = _ENOUGH_TO_JUDGE) -> Ending | None:
        """Return the ending if the recent articles, of which `enough` were seen, are not what
        they used to be.
        """
        for fault, words in _FAULTS.items():
            seen, faulty = self._counted(f"{fault} of"), self._counted(fault)
            if (
                seen >= enough
                and faulty * 2 > seen
                and _chance(faulty, seen, self._usual_share(fault)) < _UNLIKELY
            ):
                what = f"{faulty} of {seen} recent articles {words}"
                return ending("articles_changed", what=what, url=self._example[fault])
        return None

    def _judged(self) -> list[Item]:
        """Return the articles whose trial is over: all of them, or of a redesign those that touch
        nothing stored.
        """
        tried, self._on_trial = self._on_trial, []
        return [item for item, known in tried if not (known.is_stored and self.changed())]

    def _counted(self, what: str) -> int:
        return self.counts[f"nkcrawl/recent/{what}"]

    def _usual_share(self, fault: str) -> float:
        return (self.usual.get(f"nkcrawl/recent/{fault}", 0) + 1) / (
            self.usual.get(f"nkcrawl/recent/{fault} of", 0) + 6
        )


def _faults_looked_for(item: Item) -> dict[str, bool]:
    """Return which faults a recent article's page can be told to have or not to have."""
    faults = {"rejected": isinstance(item, Rejection)}
    if isinstance(item, Article):  # a note alone is a legal state of a column
        faults |= {"undated": not item.published_on, "empty": not (item.paragraphs or item.note)}
    return faults


def _chance(faulty: int, seen: int, share: float) -> float:
    """Return how likely it is that so many or more of the pages seen have a fault that so large a
    share of all has.
    """
    return sum(
        math.comb(seen, k) * share**k * (1 - share) ** (seen - k) for k in range(faulty, seen + 1)
    )


def _trouble(item: Item) -> Trouble | None:
    match item:
        case Failure() | Rejection() if item.reason in REFUSALS:
            return "refused"
        case Failure() if item.reason in GONE:
            return "gone"
        case Failure() if item.reason == NO_LINKS and item.page.kind == "author":
            return "unlinked"
        case Failure() if item.reason == UNREADABLE:
            return "unreadable"
        case Failure() if _NO_ANSWER.fullmatch(item.reason):
            return "no answer"
    return None


def _ending_after(trouble: Trouble, count: int, first: Failure | Rejection) -> Ending:
    page = _named(first)
    match trouble:
        case "refused":
            what = f"The site refused {count} pages in a row, first {page}, so the crawl stopped"
            return ending("refused", what=what)
        case "no answer":
            return ending("no_answer", count=count, page=page)
        case "unlinked":
            return ending("listings_changed", url=first.page.url)
        case "gone":
            return ending("pages_moved", what=f"{count} pages in a row are gone, first {page}")
        case "unreadable":
            error = f"{count} pages in a row cannot be read, first {page}"
            return ending("internal_error", error=error)


def _named(item: Failure | Rejection) -> str:
    return item.detail if isinstance(item, Failure) else f"{item.page.url} ({item.reason})"


def month_of(url: str) -> int:
    """Return the month in an article's URL, as months since the year 0, or 0 where there is
    none.
    """
    month = site.article_month(urlsplit(url).path)
    return month.year * 12 + month.month if month else 0
