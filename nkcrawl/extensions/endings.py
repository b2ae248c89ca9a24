"""Every way a run can end: its verdict, its exit code and one sentence; and which one it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from nkcrawl.items import REFUSALS

Verdict = Literal["ok", "failed", "usage", "changed", "refused", "later", "interrupted"]
EXIT_CODES: dict[Verdict, int] = {
    "ok": 0, "failed": 1, "usage": 2, "changed": 3, "refused": 4, "later": 75, "interrupted": 130,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, or why it has to end now."""

    verdict: Verdict
    summary: str  # one sentence: the cause, the URL or file, and the remedy
    reason: str = ""  # its key in `ENDINGS`, which is Scrapy's finish reason if it ends the crawl

    @property
    def exit_code(self) -> int:
        """Return the exit code of the verdict."""
        return EXIT_CODES[self.verdict]


# A run that was killed cannot tell how it ended; the next one does, in `Archive.begin_run`.
ENDINGS: dict[str, Ending] = {
    # The site refuses, or asks for patience.
    "refused": Ending(
        "refused",
        "{what}. See in a browser whether it still welcomes readers, and ask its owner; nkcrawl "
        "does not bypass access controls.",
    ),
    "robots_disallowed": Ending(
        "refused",
        "robots.txt forbids every {kind} page that was to be requested, first {page}. Read "
        "robots.txt, and ask the site's owner before you go on.",
    ),
    "robots_unreachable": Ending(
        "later",
        "{url} could not be read ({why}), so no page was requested: what it forbids is not known. "
        "The next run tries again; look at it in a browser if this goes on.",
    ),
    "crawl_delay": Ending(
        "later",
        "{url} requires {delay:g} seconds between requests (Crawl-delay), longer than the "
        "{limit:g} that nkcrawl waits (AUTOTHROTTLE_MAX_DELAY), so no page was requested. Ask the "
        "site's owner what is welcome.",
    ),
    "retry_after": Ending(
        "later",
        "The site asked to slow down: {url} answered HTTP {status} and {wait}, which nkcrawl "
        "leaves for another night (it waits up to {limit} seconds, once per page). What was stored "
        "stays, and the rest is due.",
    ),
    # The site is down.
    "unreachable": Ending(
        "failed",
        "The site could not be reached: {url} ({why}). Is this machine online, and the site up?",
    ),
    "no_answer": Ending(
        "failed",
        "The site stopped answering: {count} requests in a row failed, first {page}. What was "
        "stored stays, and the rest is due; run it again later.",
    ),
    "nothing_read": Ending("failed", "No page could be read, first {page}. Is the site reachable?"),
    "too_many_failures": Ending(
        "failed",
        "{what} could not be read, first {page}; they are due again later. Is the site working, "
        "and does a browser show this page?",
    ),
    "closespider_timeout": Ending(
        "failed",
        "The crawl was stopped when its time was up, because the site was slow or required long "
        "pauses; what was stored stays, and the rest is due. Lower NKCRAWL_REQUEST_BUDGET or raise "
        "NKCRAWL_HARD_LIMIT.",
    ),
    # The site has changed.
    "listings_changed": Ending(
        "changed",
        "No author page shows a link to an article, first {url}: the page layout seems to have "
        "changed. `scrapy show {url}` shows how it is read; what to fix is most likely in "
        "nkcrawl/site.py.",
    ),
    "feed_changed": Ending(
        "changed",
        "No article link could be read from the feed at {count} visits in a row: {page}. New "
        "articles are found on author pages only. See in a browser whether the feed has moved or "
        "has another format; what to fix is most likely in nkcrawl/site.py.",
    ),
    "articles_changed": Ending(
        "changed",
        "{what}: the page layout seems to have changed. Nothing stored before "
        "was overwritten, and the pages are due again. `scrapy show {url}` shows how one is read; "
        "what to fix is most likely in nkcrawl/site.py.",
    ),
    "pages_moved": Ending(
        "changed",
        "{what}: the site's URLs seem to have changed. The pages stay due; see nkcrawl/site.py.",
    ),
    # The command line or a setting is wrong.
    "usage": Ending("usage", "{error}"),
    "page_not_read": Ending("failed", "Nothing was read: {page}."),
    "author_not_found": Ending(
        "failed",
        "There is no author page {url}. Take the slug from the URL of an author's page.",
    ),
    # The archive, the machine, or nkcrawl itself.
    "archive_in_use": Ending("later", "{error}"),
    "archive_unavailable": Ending("failed", "{error}"),
    "archive_moved": Ending(
        "failed",
        "{path} was removed, moved or replaced while the crawl was writing to it; what the crawl "
        "stored is in the file that was there before, if that still exists. Leave the archive "
        "alone while a crawl runs; `scrapy backup` copies it.",
    ),
    "storage_error": Ending(
        "failed",
        "The crawl stopped because {path} could not be used ({error}); what was stored before "
        "stays. Free some disk space or correct the file's permissions, and run it again.",
    ),
    "log_error": Ending(
        "failed",
        "The log could not be written ({error}). Free some disk space, or leave out --logfile.",
    ),
    "out_of_memory": Ending(
        "failed",
        "The crawl was refused more memory and stopped; what was stored stays, and the rest is "
        "due. Is the machine's memory full, or a limit on it too low (ulimit -v)?",
    ),
    "memusage_exceeded": Ending(
        "failed",
        "The crawl used more memory than MEMUSAGE_LIMIT_MB allows and was stopped; what was stored "
        "stays, and the rest is due; please report it.",
    ),
    "stuck": Ending(
        "failed",
        "The crawl was stuck for {seconds} seconds (NKCRAWL_HARD_LIMIT) and ended itself, while "
        "processing {url}, in {place}; what was stored stays, and the rest is due. Please report "
        "it.",
    ),
    "start_failed": Ending("failed", "The crawl could not start: {error}; please report it."),
    "internal_error": Ending(
        "failed",
        "An error in nkcrawl: {error}. The run's row in `runs` has the traceback, and what failed "
        "is due again; please report it.",
    ),
    "ended_early": Ending(
        "failed",
        "The crawl ended early ({reason}); what was stored stays, and the rest is due, run it "
        "again.",
    ),
    # Nothing is wrong.
    "shutdown": Ending(
        "interrupted",
        "The crawl was stopped by a signal; what was stored stays, and the rest is due.",
    ),
    "finished": Ending("ok", "{summary}"),
}

_MANY_FAILURES = 5
_SOME_PAGES = 3  # as many of a kind without exception are not a coincidence

Stats = Mapping[str, Any]


def ending(reason: str, /, **values: object) -> Ending:
    """Return an entry of `ENDINGS` with the placeholders of its sentence filled in."""
    entry = ENDINGS[reason]
    return replace(entry, summary=entry.summary.format(**values), reason=reason)


def determine_ending(
    stats: Stats,
    finish_reason: str | None,
    first: Mapping[str, str] | None = None,
    *,
    requested_url: str = "",
    errors: Sequence[str] = (),
    due: int = 0,
) -> Ending:
    """Return how a run ended that nothing had to stop; one that found nothing new is a good one.

    `finish_reason` is Scrapy's, None if the spider was never closed. `first` is the first page that
    'failed', was 'gone', 'rejected' or 'skipped/<kind>', and why, and the first of the requested
    authors that is 'missing'. `errors` are the messages that were logged as errors, `due` is the
    number of pages that are due now.
    """
    first = first or {}
    if finish_reason in ("shutdown", None) and not errors:  # after a second signal there is none
        return ending("shutdown")
    if finish_reason not in ("finished", "shutdown"):
        return _ended_early(finish_reason)
    if errors:
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        return ending("internal_error", error=errors[0] + more)
    return (
        _forbidden(stats, first)
        or _not_read(stats, first, requested_url)
        or ending("finished", summary=_summary(stats, due))
    )


def _ended_early(finish_reason: str | None) -> Ending:
    match finish_reason:
        case "memusage_exceeded":
            return ending("memusage_exceeded")
        case "closespider_timeout":
            return ending("closespider_timeout")
        case _:
            return ending("ended_early", reason=finish_reason or "no reason given")


def _forbidden(stats: Stats, first: Mapping[str, str]) -> Ending | None:
    """Return the ending if robots.txt forbids all articles or all author pages of the run."""
    read = {
        "article": _count(stats, "articles"),
        "author": _count(stats, "listings", "not_modified/author"),
    }
    for kind, count in read.items():
        forbidden = _count(stats, f"forbidden/{kind}")
        if forbidden and not count and (forbidden >= _SOME_PAGES or not pages_read(stats)):
            return ending("robots_disallowed", kind=kind, page=first[f"skipped/{kind}"])
    return None


def _not_read(stats: Stats, first: Mapping[str, str], requested_url: str) -> Ending | None:
    """Return the ending if no page was read, too few, or not the one that was requested."""
    failed, read = _count(stats, "failed"), pages_read(stats)
    page = first.get("failed") or first.get("gone") or first.get("rejected", "")
    if requested_url and page:
        return _nothing_read(stats, page) or ending("page_not_read", page=page)
    if missing := first.get("missing"):
        return ending("author_not_found", url=missing)
    if not read:
        return _nothing_read(stats, page)
    if failed >= _MANY_FAILURES and failed > read:
        what = f"{failed} of {failed + read} pages"
        return ending("too_many_failures", what=what, page=page)
    return None


def _nothing_read(stats: Stats, page: str) -> Ending | None:
    failed = _count(stats, "failed")
    if failed and failed == _count(stats, *(f"failed/{stat_name(reason)}" for reason in REFUSALS)):
        return ending("refused", what=f"The site refused every page, first {page}")
    return ending("nothing_read", page=page) if failed else None


def pages_read(stats: Stats) -> int:
    """Return how many pages were read, are unchanged, or were rejected after a look at them."""
    names = ("articles", "listings", "feeds", "rejected")
    return _count(stats, *names, "not_modified/author", "not_modified/feed")


def stat_name(reason: str) -> str:
    """Return a reason as part of a stats key: 'HTTP 404' as 'http_404'."""
    return reason.lower().replace(" ", "_")


def _count(stats: Stats, *names: str) -> int:
    return sum(stats.get(f"nkcrawl/{name}", 0) for name in names)


def _summary(stats: Stats, due: int) -> str:
    outcomes = ", ".join(
        f"{_count(stats, f'articles/{name}')} {name}" for name in ("new", "changed", "unchanged")
    )
    others = ("rejected", "failed", "gone", "skipped")
    rest = "".join(f", {count} {name}" for name in others if (count := _count(stats, name)))
    return (
        f"{_count(stats, 'articles')} articles ({outcomes}), "
        f"{_count(stats, 'listings')} listing pages{rest}; {due} pages are still due."
    )
