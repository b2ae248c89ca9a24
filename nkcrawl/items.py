"""A visit to one page and its outcome: every request ends as exactly one `Visit`."""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, NamedTuple, Self

PageKind = Literal["article", "author", "feed"]
Access = Literal["free", "teaser", "unknown"]
Outcome = Literal["read", "unchanged", "rejected", "failed", "skipped"]
# What several failed visits in a row point to. "unusable": the response to the request for an
# article does not lead to one, like a redirect to itself, a PDF, or a body that cannot be decoded.
Family = Literal["refused", "gone", "no_response", "no_links", "unusable", "internal_error"]

# The columns that `articles` and `article_versions` share, in the tables' order:
# field: the page states it · line: one line of text, cleaned and limited in length as such ·
# hashed: readers see it, so `content_hash` changes with it
ColumnFlag = Literal["field", "line", "hashed"]
ARTICLE_COLUMNS: dict[str, set[ColumnFlag]] = {
    "title": {"field", "line", "hashed"},
    "subtitle": {"field", "line", "hashed"},
    "label": {"field", "line", "hashed"},
    "byline": {"field", "line", "hashed"},
    "published_on": {"field", "hashed"},
    "published_at": {"field"},
    "modified_at": {"field"},
    "body": {"field", "hashed"},
    "note": {"field", "hashed"},
    "access": {"field"},
    "access_evidence": set(),
    "word_count": set(),
    "image_url": {"field", "line"},
    "image_caption": {"field", "line", "hashed"},
    "image_credit": {"field", "line", "hashed"},
    "language": {"field", "line"},
    "content_hash": set(),
}


def article_columns(flag: ColumnFlag) -> tuple[str, ...]:
    """Return the columns that have a flag, in the tables' order."""
    return tuple(name for name, flags in ARTICLE_COLUMNS.items() if flag in flags)


ARTICLE_FIELDS = article_columns("field")

_DETAIL_LIMIT = 500  # characters


class Reason(StrEnum):
    """Why a page was not read: fixed phrases, so that they can be counted.

    An error status is a reason too, like 'HTTP 404', and an unexpected exception its class's name.
    """

    FORBIDDEN = "robots.txt forbids"
    CHALLENGE = "challenge page"
    LEFT_SITE = "left the site"
    HOST_NOT_FOUND = "host not found"
    CONNECTION_REFUSED = "connection refused"
    TIMEOUT = "timeout"
    NO_ANSWER = "no answer"
    CUT_OFF = "cut off"
    NOT_DECOMPRESSED = "not decompressed"  # not compressed as Content-Encoding says
    TOO_LARGE = "too large"
    NOT_FOLLOWED = "not followed"  # endless redirects, or one to something that is not a URL
    NOT_HTML = "not HTML"
    NOT_AUTHOR_PAGE = "not an author page"
    NO_LINKS = "no article links"
    UNREADABLE = "unreadable"
    OUT_OF_MEMORY = "MemoryError"
    BUDGET = "budget"
    NOT_ARTICLE_URL = "not an article URL"
    NO_HEADLINE = "no headline"
    FIELD_TOO_LONG = "absurd field"


_FAMILIES: dict[str, Family] = {
    # 429 is not a refusal: it asks for patience.
    "HTTP 401": "refused",
    "HTTP 403": "refused",
    Reason.CHALLENGE: "refused",
    "HTTP 404": "gone",
    "HTTP 410": "gone",
    Reason.HOST_NOT_FOUND: "no_response",
    Reason.CONNECTION_REFUSED: "no_response",
    Reason.TIMEOUT: "no_response",
    Reason.NO_ANSWER: "no_response",
    Reason.CUT_OFF: "no_response",
    Reason.NO_LINKS: "no_links",
    Reason.UNREADABLE: "internal_error",
}
_SERVER_ERROR = re.compile(r"HTTP 5\d\d")
REFUSALS = tuple(reason for reason, family in _FAMILIES.items() if family == "refused")


@dataclass(slots=True, frozen=True)
class Author:
    """A person or desk in a byline, identified by the slug of the author page."""

    slug: str
    name: str  # as the byline shows it


@dataclass(slots=True, frozen=True)
class Link:
    """A page of the site that another page links to; the URL is canonical."""

    url: str
    kind: PageKind


class Source(NamedTuple):
    """What one part of a page says about a field, and whether that is the chosen value."""

    name: str
    value: str
    agrees: bool


@dataclass(slots=True)
class Article:
    """What a reader of one public article page sees."""

    url: str  # the article's identity: canonical, after a trusted rel=canonical
    title: str | None = None
    subtitle: str | None = None
    label: str | None = None  # the section or series above the headline
    byline: str | None = None  # names as shown, joined by ' | '
    authors: list[Author] = field(default_factory=list)  # in the byline's order
    published_on: str | None = None  # calendar day in Seoul, YYYY-MM-DD
    published_at: str | None = None  # UTC timestamp, only if the page gives one with its offset
    modified_at: str | None = None  # the same
    # Public text; filler is still in it until PaywallPipeline.
    paragraphs: list[str] = field(default_factory=list)
    note: str | None = None  # stock note: true text, but not the author's lead
    access: Access = "unknown"
    # Signals for and against a paywall, as `signal` or `signal: value`.
    evidence: list[str] = field(default_factory=list)
    image_url: str | None = None
    image_caption: str | None = None
    image_credit: str | None = None
    language: str | None = None  # primary subtag: 'en', 'ko'
    extractor_version: int = 0
    # Recent Stories, and the author pages of the byline.
    links: list[Link] = field(default_factory=list)
    # Field → the rule that matched, and what else the page says of it; shown, never stored.
    rules: dict[str, str] = field(default_factory=dict)
    sources: dict[str, list[Source]] = field(default_factory=dict)
    rejection_reason: str | None = None  # why this may not be an article page; the gate decides


@dataclass(slots=True)
class Listing:
    """What one page of an author's listing shows, or the site's feed (which has no author)."""

    slug: str = ""
    name: str | None = None
    bio: str | None = None
    articles: list[Link] = field(default_factory=list)  # newest first, as listed
    next_page: Link | None = None
    follow_all: bool = False  # visit the next page even if nothing on this one is new


@dataclass(slots=True)
class Visit:
    """One request for a page, the site's response to it, and the outcome."""

    url: str  # canonical, the key in the archive's `pages`
    kind: PageKind
    final_url: str = ""  # canonical, after redirects; '' if they led nowhere
    status: int | None = None  # None: no response
    etag: str | None = None
    last_modified: str | None = None
    outcome: Outcome = "read"
    reason: str = ""  # why it was not read, see Reason
    detail: str = ""
    article: Article | None = None  # of an article page that was read
    listing: Listing | None = None  # of an author page or the feed that was read

    def __str__(self) -> str:
        """Return the URL: a log shall not hold the text of every article."""
        return self.url

    def failed(self, reason: str, message: str) -> Self:
        """Return the visit as failed: no response, an error status, or an unreadable page."""
        detail = f"{self.url} ({message})"[:_DETAIL_LIMIT]
        return replace(self, outcome="failed", reason=reason, detail=detail)

    def rejected(self, reason: str, detail: str) -> Self:
        """Return the visit of a page that looked like an article by its URL and is not kept."""
        return replace(self, outcome="rejected", reason=reason, detail=detail, article=None)

    @property
    def family(self) -> Family | None:
        """Return what several such visits in a row point to, None for a matter of this page."""
        if self.reason == Reason.NO_LINKS and self.kind != "author":
            return None
        if _SERVER_ERROR.fullmatch(self.reason):
            return "no_response"
        is_unusable = (
            self.outcome == "failed" and self.kind == "article" and self.reason != Reason.FORBIDDEN
        )
        return _FAMILIES.get(self.reason, "unusable" if is_unusable else None)

    @property
    def is_expected_failure(self) -> bool:
        """Return whether robots.txt forbids the page, or it is the feed of a site without one."""
        return self.outcome == "failed" and (
            self.reason == Reason.FORBIDDEN or (self.kind == "feed" and self.family == "gone")
        )

    @property
    def description(self) -> str:
        """Return the URL and why the page was not read, as sentences for people quote it."""
        return self.detail if self.outcome == "failed" else f"{self.url} ({self.reason})"
