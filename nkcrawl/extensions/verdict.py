"""How did the run end? A verdict, its exit code, and one sentence for people; pure, from the run's
counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nkcrawl.items import Failure

Verdict = Literal["ok", "failed", "usage", "changed", "refused", "later", "interrupted"]
EXIT_CODES: dict[Verdict, int] = {
    "ok": 0, "failed": 1, "usage": 2, "changed": 3, "refused": 4, "later": 75, "interrupted": 130,
}  # fmt: skip

FORBIDDEN = "robots.txt forbids"
# What a `Failure` says of a page that the site does not want us to read; 429 is not among them, it
# asks for patience.
REFUSALS = frozenset(("HTTP 401", "HTTP 403", "challenge page"))
GONE = frozenset(("HTTP 404", "HTTP 410"))
ARTICLES_CHANGED = "articles_changed"

_MANY_FAILURES = 5
_SOME_PAGES = 3  # so many pages, and none that is otherwise, are no coincidence
_STAYS = "what was stored stays, and the rest is due"
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


@dataclass(frozen=True, slots=True)
class Ending:
    """What there is to be known of a run when it is over."""

    stats: Stats  # the crawl's counts
    finish_reason: str | None  # Scrapy's own; None: it never closed the spider
    # The first page that 'failed', was 'gone', 'rejected' or 'skipped/<kind>', and why; the first
    # author 'missing' though named.
    first: Mapping[str, str] = field(default_factory=dict)
    named: str = ""  # the one page that was asked for by hand
    errors: Sequence[str] = ()  # what was logged as an error, a line each
    due: int = 0  # pages that are due now


def is_no_failure(failure: Failure) -> bool:
    """Tell whether a page gave nothing and that is in order: robots.txt forbids it, or the site has
    no feed.
    """
    return failure.reason == FORBIDDEN or (failure.page.kind == "feed" and failure.reason in GONE)


def judge(run: Ending) -> Judgement:
    """Judge a run by its outcome; a run that stored nothing new is a good one if it saw what it
    looked for.
    """
    if (
        run.finish_reason in ("shutdown", None) and not run.errors
    ):  # a second signal leaves no reason
        return INTERRUPTED
    if run.finish_reason not in ("finished", "shutdown"):
        return Judgement("failed", _early_end(run.finish_reason))
    return (
        _of_our_making(run)
        or _of_the_rules(run)
        or _of_the_answers(run)
        or Judgement("ok", _summary(run))
    )


def _early_end(reason: str | None) -> str:
    match reason:
        case "memusage_exceeded":
            return f"The crawl used more memory than MEMUSAGE_LIMIT_MB allows and was stopped; {_STAYS}; {_REPORT}."
        case "closespider_timeout":
            return (
                f"The crawl was stopped when its time was up, the site being slow or asking for long pauses; {_STAYS}. "
                "Lower NKCRAWL_REQUEST_BUDGET or raise NKCRAWL_HARD_LIMIT."
            )
        case _:
            return f"The crawl ended early ({reason or 'no reason given'}); {_STAYS}, run it again."


def _of_our_making(run: Ending) -> Judgement | None:
    if not run.errors:
        return None
    count = f" and {len(run.errors) - 1} more" if len(run.errors) > 1 else ""
    return Judgement(
        "failed",
        f"An error in nkcrawl{count}: {run.errors[0]}. The last row of `runs` has it whole; {_REPORT}.",
    )


def _of_the_rules(run: Ending) -> Judgement | None:
    """Judge a robots.txt that forbids all articles or all author pages that were to be asked
    for.
    """
    read = {
        "article": _count(run, "articles"),
        "author": _count(run, "listings", "not modified/author"),
    }
    for kind, count in read.items():
        forbidden = _count(run, f"forbidden/{kind}")
        if forbidden and not count and (forbidden >= _SOME_PAGES or not pages_read(run.stats)):
            return Judgement(
                "refused",
                f"robots.txt forbids every {kind} page that was to be asked for, first {run.first[f'skipped/{kind}']}. "
                "Read robots.txt, and ask the site's owner before you go on.",
            )
    return None


def _of_the_answers(run: Ending) -> Judgement | None:
    """Judge what gave nothing: everything, or far too much."""
    failed, read = _count(run, "failed"), pages_read(run.stats)
    first = run.first.get("failed") or run.first.get("gone") or run.first.get("rejected", "")
    if run.named and first:
        return _nothing_read(run, failed, first) or Judgement(
            "failed", f"Nothing was read: {first}."
        )
    if missing := run.first.get("missing"):
        return Judgement(
            "failed",
            f"There is no author page {missing}. Take the slug from the URL of an author's page.",
        )
    if not read:
        return _nothing_read(run, failed, first)
    if failed >= _MANY_FAILURES and failed > read:
        return Judgement(
            "failed",
            f"{failed} of {failed + read} pages could not be read, first {first}; they are due again later. "
            "Is the site well?",
        )
    return None


def _nothing_read(run: Ending, failed: int, first: str) -> Judgement | None:
    if failed and failed == _count(run, *(f"failed/{reason}" for reason in REFUSALS)):
        return refused(f"The site refused every page, first {first}")
    if failed:
        return Judgement("failed", f"No page could be read, first {first}. Is the site reachable?")
    return None


def pages_read(stats: Stats) -> int:
    """Return how many pages gave what they were asked for, be it that they are as they were, or
    were at least looked at.
    """
    names = (
        "articles",
        "listings",
        "feeds",
        "rejected",
        "not modified/author",
        "not modified/feed",
    )
    return sum(stats.get(f"nkcrawl/{name}", 0) for name in names)


def _count(run: Ending, *names: str) -> int:
    return sum(run.stats.get(f"nkcrawl/{name}", 0) for name in names)


def _summary(run: Ending) -> str:
    outcomes = ", ".join(
        f"{_count(run, f'articles/{name}')} {name}" for name in ("new", "changed", "unchanged")
    )
    others = ("rejected", "failed", "gone", "skipped")
    rest = "".join(f", {count} {name}" for name in others if (count := _count(run, name)))
    return (
        f"{_count(run, 'articles')} articles ({outcomes}), {_count(run, 'listings')} listing pages{rest}; "
        f"{run.due} pages are still due."
    )


# --- Judgements that end a run --------------------------------------------------------------------

INTERRUPTED = Judgement("interrupted", f"The crawl was stopped by a signal; {_STAYS}.")
OUT_OF_MEMORY = Judgement(
    "failed",
    f"The crawl was refused more memory and stopped; {_STAYS}. Is the machine full, or a limit on it too low (ulimit -v)?",
    reason="out_of_memory",
)


def refused(what: str) -> Judgement:
    """Return the judgement on a site that does not want us; `what` it refused begins the
    sentence.
    """
    return Judgement(
        "refused",
        f"{what}. See in a browser whether it still welcomes readers, and ask its owner; nkcrawl gets round nothing.",
        reason="refused",
    )


def no_answer(what: str) -> Judgement:
    """Return the judgement on a site that went down in the middle of a run."""
    return Judgement(
        "failed",
        f"The site stopped answering: {what}. {_STAYS.capitalize()}; run it again later.",
        reason="no_answer",
    )


def unlinked(url: str) -> Judgement:
    """Return the judgement on listings that show no link to an article any more, `url` being the
    first of them.
    """
    return Judgement(
        "changed",
        f"No author page shows a link to an article, first {url}: {_LOOK}. "
        f"`scrapy show {url}` shows how it is read; what to mend is most likely in nkcrawl/site.py.",
        reason="listings_changed",
    )


def odd_articles(what: str, url: str) -> Judgement:
    """Return the judgement on articles that are not read as they used to be, `url` being one of
    them.
    """
    return Judgement(
        "changed",
        f"{what}: {_LOOK}. Nothing stored before was touched, and the pages are due again. "
        f"`scrapy show {url}` shows how one is read; what to mend is most likely in nkcrawl/site.py.",
        reason=ARTICLES_CHANGED,
    )


def moved(what: str) -> Judgement:
    """Return the judgement on a site whose pages are not where they were."""
    return Judgement(
        "changed",
        f"{what[0].upper()}{what[1:]}: {_LOOK}. The pages stay due; see nkcrawl/site.py.",
        reason="moved",
    )


def tripped(what: str) -> Judgement:
    """Return the judgement on a run in which nkcrawl itself fails, page after page."""
    return Judgement(
        "failed", f"An error in nkcrawl: {what}. The pages stay due; {_REPORT}.", reason="tripped"
    )


def not_stored(path: Path, error: Exception) -> Judgement:
    """Return the judgement on an archive that could not be used in the middle of a run."""
    return Judgement(
        "failed",
        f"The crawl stopped because {path} could not be used ({type(error).__name__}: {error}); what was stored before "
        "stays; make room or mend the file's rights, and run again.",
        reason="storage_error",
    )


def displaced(path: Path) -> Judgement:
    """Return the judgement on an archive that is no longer where it was when the crawl began."""
    return Judgement(
        "failed",
        f"{path} was removed, moved or replaced while the crawl was writing to it; what the crawl stored is in the file that "
        "was there before, if that is anywhere still. Leave the archive alone while a crawl runs; `scrapy backup` copies it.",
        reason="displaced",
    )
