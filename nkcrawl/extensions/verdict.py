"""How did the run end? A verdict, its exit code, and one sentence for people; pure, from the run's counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nkcrawl.items import Failure

Verdict = Literal["ok", "failed", "usage", "changed", "refused", "later", "interrupted"]
EXIT_CODES: dict[Verdict, int] = {
    "ok": 0, "failed": 1, "usage": 2, "changed": 3, "refused": 4, "later": 75, "interrupted": 130,
}  # fmt: skip

FORBIDDEN = "robots.txt forbids"
# What a `Failure` says of a page that the site does not want us to read; 429 is not among them, it asks for patience.
REFUSALS = frozenset(("HTTP 401", "HTTP 403", "challenge page"))
ARTICLES_CHANGED = "articles_changed"
GONE = frozenset(("HTTP 404", "HTTP 410"))

_MOVED = GONE | {"not an author page"}

_MANY_FAILURES = 5
_SOME_PAGES = 3  # so many pages that are gone, and none that is there, are no coincidence
_REPORT = "please report it"
_LOOK = "the site no longer looks as nkcrawl knows it"

Stats = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a run ended, or why it has to end now."""

    verdict: Verdict
    summary: str  # one sentence that names the cause, where there is one the URL, and what to do
    reason: str = "finished"  # Scrapy's finish reason, where this judgement is what ends the crawl

    @property
    def exit_code(self) -> int:
        """Return the exit code that goes with the verdict."""
        return EXIT_CODES[self.verdict]


INTERRUPTED = Judgement("interrupted", "The crawl was stopped by a signal; what was stored stays, and the rest is due.")


@dataclass(frozen=True, slots=True)
class Ending:
    """What there is to be known of a run when it is over."""

    stats: Stats  # the crawl's counts
    finish_reason: str | None  # Scrapy's own; None: it never closed the spider
    first: Mapping[str, str] = field(default_factory=dict)  # the first page that 'failed', was 'skipped', 'unlinked'
    errors: Sequence[str] = ()  # what was logged as an error, first line first
    due: int = 0  # pages that are due now


def is_no_failure(failure: Failure) -> bool:
    """Tell whether a page gave nothing and that is in order: robots.txt forbids it, or the site has no feed."""
    return failure.reason == FORBIDDEN or (failure.page.kind == "feed" and failure.reason in GONE)


def judge(run: Ending) -> Judgement:
    """Judge a run by its outcome; a run that stored nothing new is a good one if it saw what it looked for."""
    if run.finish_reason in ("shutdown", None) and not run.errors:  # a second signal leaves no reason
        return INTERRUPTED
    if run.finish_reason not in ("finished", "shutdown"):
        return Judgement("failed", _early_end(run.finish_reason))
    return _of_our_making(run) or _of_the_listings(run) or _of_the_answers(run) or Judgement("ok", _summary(run))


def _early_end(reason: str | None) -> str:
    stays = "what was stored stays, and the rest is due"
    match reason:
        case "memusage_exceeded":
            return f"The crawl used more memory than MEMUSAGE_LIMIT_MB allows and was stopped; {stays}; {_REPORT}."
        case "closespider_timeout":
            return (
                f"The crawl was stopped when its time was up, for the site answers too slowly; {stays}. "
                "Lower NKCRAWL_REQUEST_BUDGET or raise NKCRAWL_HARD_LIMIT."
            )
        case _:
            return f"The crawl ended early ({reason or 'no reason given'}); {stays}, run it again."


def _of_our_making(run: Ending) -> Judgement | None:
    if run.errors:
        count = f" and {len(run.errors) - 1} more" if len(run.errors) > 1 else ""
        return Judgement(
            "failed",
            f"An error in nkcrawl{count}: {run.errors[0]}. The last row of `runs` has it whole; {_REPORT}.",
        )
    return None


def _of_the_listings(run: Ending) -> Judgement | None:
    if "unlinked" in run.first and not run.stats.get("nkcrawl/links/article"):
        return unlinked(run.first["unlinked"])
    return None


def unlinked(url: str) -> Judgement:
    """Return the judgement on listings that show no link to an article any more, `url` being the first of them."""
    return Judgement(
        "changed",
        f"No listing page shows a link to an article, first {url}: {_LOOK}. "
        f"`scrapy show {url}` shows how it is read; what to mend is most likely in nkcrawl/site.py.",
        reason="listings_changed",
    )


def odd_articles(what: str, url: str) -> Judgement:
    """Return the judgement on articles that are not read as they used to be, `url` being one of them."""
    return Judgement(
        "changed",
        f"{what}: {_LOOK}, and nothing that is stored was touched. "
        f"`scrapy show {url}` shows how one is read; what to mend is most likely in nkcrawl/site.py.",
        reason=ARTICLES_CHANGED,
    )


def _of_the_answers(run: Ending) -> Judgement | None:
    """Judge what did not answer: everything, or far too much."""
    failed = run.stats.get("nkcrawl/failed", 0)
    forbidden = run.stats.get(f"nkcrawl/skipped/{FORBIDDEN}", 0)
    read = pages_read(run.stats)
    if not read and not failed and forbidden:
        return Judgement(
            "refused",
            f"robots.txt forbids every page that was to be asked, first {run.first['skipped']}, so none was. "
            "Read robots.txt, and ask the site's owner before you go on.",
        )
    if not read and failed:
        return _nothing_read(run, failed)
    if failed >= _MANY_FAILURES and failed > read:
        return Judgement(
            "failed",
            f"{failed} of {failed + read} pages could not be read, first {run.first['failed']}; they are due again "
            "later. Is the site well?",
        )
    return None


def _nothing_read(run: Ending, failed: int) -> Judgement | None:
    first = run.first["failed"]
    if _count(run.stats, "failed", REFUSALS) == failed:
        return refused(f"The site refused every page, first {first}")
    if _count(run.stats, "failed", _MOVED) == failed:
        moved = Judgement("changed", f"No page is where it was, first {first}: {_LOOK}; see nkcrawl/site.py.")
        return moved if failed >= _SOME_PAGES else None
    return Judgement("failed", f"No page could be read, first {first}. Is the site reachable?")


def refused(what: str) -> Judgement:
    """Return the judgement on a site that does not want us; `what` it refused begins the sentence."""
    return Judgement(
        "refused",
        f"{what}, so the crawl stopped. See in a browser whether it still welcomes readers, and ask its owner; "
        "nkcrawl gets round nothing.",
        reason="refused",
    )


def pages_read(stats: Stats) -> int:
    """Return how many pages gave what they were asked for, be it that they are as they were, or were at least looked at."""
    names = ("articles", "listings", "feeds", "rejected", "not modified/author", "not modified/feed")
    return sum(stats.get(f"nkcrawl/{name}", 0) for name in names)


def _count(stats: Stats, what: str, reasons: frozenset[str]) -> int:
    return sum(stats.get(f"nkcrawl/{what}/{reason}", 0) for reason in reasons)


def _summary(run: Ending) -> str:
    stats = run.stats
    outcomes = ", ".join(
        f"{stats.get(f'nkcrawl/articles/{name}', 0)} {name}" for name in ("new", "changed", "unchanged")
    )
    rest = "".join(
        f", {count} {name}" for name in ("rejected", "failed", "skipped") if (count := stats.get(f"nkcrawl/{name}"))
    )
    return (
        f"{stats.get('nkcrawl/articles', 0)} articles ({outcomes}), {stats.get('nkcrawl/listings', 0)} listing pages"
        f"{rest}; {run.due} pages are still due."
    )
