"""Is the site working as usual? Checks each visit before it is stored; pure, needs no crawl.

A page may not be read because of the site and not because of the page: an outage, a refusal, a
redesign. A visit that could be a sign of that is held back until it is clear which it is. If it is
the site, the visit is dropped and the page stays due.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from nkcrawl import site
from nkcrawl.archive import KnownPage
from nkcrawl.extensions.endings import Ending, ending
from nkcrawl.items import Family, PageKind, Visit

# That many in a row end the run.
_IN_A_ROW: dict[Family, int] = {
    "refused": 3,
    "no_response": 5,
    "no_links": 3,
    "gone": 5,
    "unusable": 5,
    "internal_error": 5,
}
# A page that failed that often in a row is broken itself, and says nothing about the site.
_BROKEN_AFTER = 3
# A fault of recent articles is a redesign if more than half of them have it and that is unlikely to
# be chance, given how many had it in the last good runs (one in six before there were any).
_FAULTS = {
    "rejected": "are not recognized as articles",
    "undated": "have no date",
    "empty": "have no text",
}
_UNLIKELY = 2e-4
_ENOUGH_TO_STOP = 5  # articles, in the middle of a run
_ENOUGH_AT_END = 3
_MANY_FAILURES = 5  # pages of a kind of which some were read
_FEED_FAILURES = 3  # visits in a row
_KIND_NAMES: dict[PageKind, str] = {"article": "articles", "author": "author pages"}
_RECENT_MONTHS = 2


@dataclass(slots=True)
class HealthMonitor:
    """Counts the faults of recent articles, and failed visits in a row, until they are too many.

    Recent articles are those of the newest two months. Of older ones, whole years may have no
    dates, and a backfill through them would look like a redesign.
    """

    newest_month: int  # of the articles stored before, in months since the year 0
    this_month: int
    baseline: Mapping[str, int] = field(default_factory=dict)  # counts of the last good runs, added
    is_explicit: bool = False  # pages were explicitly requested: that they are gone is not a sign
    stopped: Ending | None = None  # why the run has to end now
    counts: Counter[str] = field(default_factory=Counter)  # `nkcrawl/recent/…`
    suspects: list[str] = field(default_factory=list)  # URLs of recent articles with a fault
    _examples: dict[str, str] = field(default_factory=dict)  # fault → URL of the first page with it
    _held_back: list[tuple[Visit, KnownPage]] = field(default_factory=list)  # recent articles
    _consecutive: list[Visit] = field(default_factory=list)  # the last failures, of one family
    _read: Counter[PageKind] = field(default_factory=Counter)  # pages, also unchanged ones
    _failed: list[Visit] = field(default_factory=list)  # pages that are not broken themselves
    _has_links: bool = False  # an author page shows links, or is unchanged
    _feed_ending: Ending | None = None
    # Author pages without links, and whether articles of the author are stored.
    _without_links: list[tuple[str, bool]] = field(default_factory=list)
    newly_rejected: list[Visit] = field(default_factory=list)

    def check(self, visit: Visit, known: KnownPage) -> list[Visit]:
        """Record a visit and return the visits that are now safe to store, in their order."""
        if visit.outcome == "skipped":
            return []
        if visit.is_expected_failure:
            return [visit]
        family = _family(visit, known)
        released = self._record(visit, known, family)
        if self._is_recent_article(visit):
            self._record_recent(visit, known)
            self._held_back.append((visit, known))
        elif family is None:
            released.append(visit)
        self.stopped = self.stopped or self._too_many_in_a_row() or self._redesign(_ENOUGH_TO_STOP)
        if self.stopped:
            failures, self._consecutive = self._consecutive, []
            # Counted, so that broken pages cannot end every run at the same place.
            released += [failure for failure in failures if failure.family == "unusable"]
        if self.counts["nkcrawl/recent/visited"] >= _ENOUGH_TO_STOP:
            released += self._release_recent()
        return released

    def flush(self) -> list[Visit]:
        """Return the visits held back that can be stored now that no more pages follow."""
        failures, self._consecutive = self._consecutive, []
        if failures and failures[0].family == "gone":
            missing = self._missing(failures)
            if len(missing) >= _ENOUGH_AT_END:
                what = f"No page is at its former URL, first {missing[0].description}"
                self.stopped = self.stopped or ending("pages_moved", what=what)
                failures = [visit for visit in failures if visit not in missing]
        elif not self._read:
            failures = []
        return [*failures, *self._release_recent()]

    def ending(self) -> Ending | None:
        """Return what is wrong with the site as far as the pages tell, None if nothing is."""
        return (
            self.stopped
            or self._redesign()
            or self._all_rejected()
            or self._all_without_links()
            or self._too_many_failed()
            or self._feed_ending
        )

    # --- In a row ---------------------------------------------------------------------------------

    def _record(self, visit: Visit, known: KnownPage, family: Family | None) -> list[Visit]:
        """Add a failure to those in a row; return the failures whose row has ended."""
        ended: list[Visit] = []
        if not self._consecutive or self._consecutive[0].family != family:
            ended, self._consecutive = self._consecutive, []
        if family is not None:
            self._consecutive.append(visit)
        elif visit.outcome in ("read", "unchanged"):
            self._read[visit.kind] += 1
            self._has_links |= visit.kind == "author" and (
                visit.listing is None or bool(visit.listing.articles)
            )
        elif visit.outcome == "rejected" and "rejected" not in known.faults:
            self.newly_rejected.append(visit)
        if visit.outcome == "failed" and visit.kind == "author" and family in ("no_links", None):
            self._without_links.append((visit.url, known.is_stored))
        if visit.outcome == "failed" and visit.kind == "feed":
            self._record_feed_failure(visit, known.failures + 1)
        counts = visit.outcome == "failed" and family not in ("gone", "no_links")
        if counts and not _is_broken(known):
            self._failed.append(visit)
        return ended

    def _record_feed_failure(self, visit: Visit, count: int) -> None:
        if count >= _FEED_FAILURES:
            page = visit.description
            self._feed_ending = ending("feed_changed", count=count, page=page)

    def _all_without_links(self) -> Ending | None:
        """One author page without links is enough if articles of the author are stored."""
        enough = len(self._without_links) >= _IN_A_ROW["no_links"]
        if self._has_links or not (enough or any(stored for _, stored in self._without_links)):
            return None
        return ending("listings_changed", url=self._without_links[0][0])

    def _all_rejected(self) -> Ending | None:
        """Articles of any age count if none at all is read: a single one says little."""
        if self._read["article"] or len(self.newly_rejected) < _ENOUGH_AT_END:
            return None
        urls = [visit.url for visit in self.newly_rejected]
        self.suspects += [url for url in urls if url not in self.suspects]
        what = f"{len(urls)} of {len(urls)} articles {_FAULTS['rejected']}"
        return ending("articles_changed", what=what, url=urls[0])

    def _too_many_failed(self) -> Ending | None:
        """Judge articles and author pages separately: many that work do not excuse the others."""
        for kind, name in _KIND_NAMES.items():
            failed, read = [visit for visit in self._failed if visit.kind == kind], self._read[kind]
            if len(failed) >= (_MANY_FAILURES if read else _ENOUGH_AT_END) and len(failed) > read:
                what, page = f"{len(failed)} of {len(failed) + read} {name}", failed[0].description
                if all(visit.family == "refused" for visit in failed):
                    return ending("refused", what=f"The site refused {what}, first {page}")
                return ending("too_many_failures", what=what, page=page)
        return None

    def _too_many_in_a_row(self) -> Ending | None:
        family = self._consecutive[0].family if self._consecutive else None
        failures = self._missing(self._consecutive) if family == "gone" else self._consecutive
        if family is None or len(failures) < _IN_A_ROW[family]:
            return None
        if family == "no_links" and self._has_links:
            return None
        return _ending_after(family, len(failures), failures[0])

    def _missing(self, failures: list[Visit]) -> list[Visit]:
        """Return the gone pages of a kind of which none was read; of others, some are deleted."""
        return [visit for visit in failures if not self._read[visit.kind] and not self.is_explicit]

    # --- Recent articles --------------------------------------------------------------------------

    def _is_recent_article(self, visit: Visit) -> bool:
        is_telling = visit.article is not None or visit.outcome == "rejected"
        oldest, latest = self.newest_month - _RECENT_MONTHS, self.this_month + 1
        return is_telling and visit.family is None and oldest < month_of(visit.url) <= latest

    def _record_recent(self, visit: Visit, known: KnownPage) -> None:
        self.newest_month = max(self.newest_month, month_of(visit.url))
        self.counts["nkcrawl/recent/visited"] += 1
        for fault, has_fault in _checked_faults(visit).items():
            if fault in known.faults:
                continue
            self.counts[f"nkcrawl/recent/{fault}_checked"] += 1
            self.counts[f"nkcrawl/recent/{fault}"] += has_fault
            if has_fault:
                self._examples.setdefault(fault, visit.url)
                self.suspects.append(visit.url)

    def _redesign(self, enough: int = _ENOUGH_AT_END) -> Ending | None:
        """Return the ending if too many of at least `enough` recent articles have a fault."""
        for fault, what in _FAULTS.items():
            checked = self.counts[f"nkcrawl/recent/{fault}_checked"]
            faulty = self.counts[f"nkcrawl/recent/{fault}"]
            if checked < enough or faulty * 2 <= checked:
                continue
            if _probability(faulty, checked, self._usual_share(fault)) < _UNLIKELY:
                what = f"{faulty} of {checked} recent articles {what}"
                return ending("articles_changed", what=what, url=self._examples[fault])
        return None

    def _release_recent(self) -> list[Visit]:
        """Return the recent articles; in a redesign, only those that are not stored yet."""
        held_back, self._held_back = self._held_back, []
        return [visit for visit, known in held_back if not (known.is_stored and self._redesign())]

    def _usual_share(self, fault: str) -> float:
        faulty = self.baseline.get(f"nkcrawl/recent/{fault}", 0)
        return (faulty + 1) / (self.baseline.get(f"nkcrawl/recent/{fault}_checked", 0) + 6)


def _family(visit: Visit, known: KnownPage) -> Family | None:
    """Return the visit's family, None for an article that was unusable at its last visits too."""
    return None if visit.family == "unusable" and _is_broken(known) else visit.family


def _is_broken(known: KnownPage) -> bool:
    return known.failures >= _BROKEN_AFTER


def _checked_faults(visit: Visit) -> dict[str, bool]:
    """Return the faults that this visit can show, and whether it does."""
    faults = {"rejected": visit.outcome == "rejected"}
    if article := visit.article:  # an article may consist of a note alone
        is_empty = not (article.paragraphs or article.note)
        faults |= {"undated": not article.published_on, "empty": is_empty}
    return faults


def _probability(faulty: int, checked: int, share: float) -> float:
    """Return the probability of that many or more faulty articles if `share` of all is faulty."""
    return sum(
        math.comb(checked, k) * share**k * (1 - share) ** (checked - k)
        for k in range(faulty, checked + 1)
    )


def _ending_after(family: Family, count: int, first: Visit) -> Ending:
    page = first.description
    match family:
        case "refused":
            what = f"The site refused {count} pages in a row, first {page}, so the crawl stopped"
            return ending("refused", what=what)
        case "no_response":
            return ending("no_answer", count=count, page=page)
        case "no_links":
            return ending("listings_changed", url=first.url)
        case "gone":
            return ending("pages_moved", what=f"{count} pages in a row are gone, first {page}")
        case "unusable":
            return ending("too_many_failures", what=f"{count} articles in a row", page=page)
        case "internal_error":
            error = f"{count} pages in a row cannot be read, first {page}"
            return ending("internal_error", error=error)


def month_of(url: str) -> int:
    """Return the month in an article's URL, in months since the year 0; 0 for any other URL."""
    month = site.article_month(urlsplit(url).path)
    return month.year * 12 + month.month if month else 0
