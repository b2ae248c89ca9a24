"""What a visited page turns into: every page that is asked for ends as exactly one of these
items.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

PageKind = Literal["article", "author", "feed"]
Access = Literal["free", "teaser", "unknown"]

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


@dataclass(slots=True, frozen=True)
class Author:
    """A person or desk in a byline; the slug of the author page is the identity, the name is how it
    is shown.
    """

    slug: str
    name: str


@dataclass(slots=True, frozen=True)
class Link:
    """A page of the site that another page points to; the URL is canonical."""

    url: str
    kind: PageKind


class Source(NamedTuple):
    """What one source of a page says of a field, and whether that is the value which was chosen."""

    name: str
    value: str
    agrees: bool


@dataclass(slots=True)
class Page:
    """One visit: the page that was asked for and how the site answered."""

    url: str  # canonical, the key in the archive's `pages`
    kind: PageKind
    final_url: str = ""  # canonical, where redirects led; '' when they led nowhere
    status: int | None = None  # None: no answer came
    etag: str | None = None
    last_modified: str | None = None


class _OfPage:
    """What all items share: in a log they are called by their page, and not by every word they
    hold.
    """

    __slots__ = ()
    page: Page

    def __str__(self) -> str:
        return self.page.url


@dataclass(slots=True)
class Article(_OfPage):
    """What a reader of one public article page sees."""

    page: Page
    url: str  # the article's one identity: canonical, after a believed rel=canonical
    title: str | None = None
    subtitle: str | None = None
    label: str | None = None  # the section or series above the headline
    byline: str | None = None  # names as shown, joined by ' | '
    authors: list[Author] = field(default_factory=list)  # in the byline's order
    published_on: str | None = None  # calendar day in Seoul, YYYY-MM-DD
    published_at: str | None = None  # UTC moment, only if the page states one with its offset
    modified_at: str | None = None  # UTC moment, likewise
    paragraphs: list[str] = field(
        default_factory=list
    )  # public text; filler still in it until PaywallPipeline
    note: str | None = None  # stock note: true text, but not the author's lead
    access: Access = "unknown"
    evidence: list[str] = field(
        default_factory=list
    )  # signals for and against a paywall, as `signal` or `signal: value`
    image_url: str | None = None
    image_caption: str | None = None
    image_credit: str | None = None
    language: str | None = None  # primary subtag: 'en', 'ko'
    extractor_version: int = 0
    links: list[Link] = field(
        default_factory=list
    )  # Recent Stories, and the author pages of the byline
    rules: dict[str, str] = field(
        default_factory=dict
    )  # field → the rule that answered; shown, never stored
    sources: dict[str, list[Source]] = field(
        default_factory=dict
    )  # field → what else the page says of it; never stored
    suspicion: str | None = None  # why this may not be an article page at all; the gate decides


@dataclass(slots=True)
class Listing(_OfPage):
    """What one page of an author's listing shows."""

    page: Page
    slug: str
    name: str | None = None
    bio: str | None = None
    articles: list[Link] = field(default_factory=list)  # newest first, as listed
    next_page: Link | None = None
    walk_on: bool = False  # visit the next page even where nothing here is new


@dataclass(slots=True)
class Feed(_OfPage):
    """What the site's feed shows: links, and nothing of the text that it also holds."""

    page: Page
    articles: list[Link] = field(default_factory=list)  # newest first, as listed


@dataclass(slots=True)
class Unchanged(_OfPage):
    """A page of which the site says that it is as it was when it was last read (HTTP 304)."""

    page: Page


@dataclass(slots=True)
class Rejection(_OfPage):
    """A page that looked like an article by its URL and is not kept as one."""

    page: Page
    reason: str  # a few fixed words, countable
    detail: str


@dataclass(slots=True)
class Failure(_OfPage):
    """A page that gave nothing: no answer, an error status, or one that could not be read."""

    page: Page
    reason: str  # a few fixed words, countable
    detail: str


@dataclass(slots=True)
class Skip(_OfPage):
    """A page that was not asked after all, because the run ended first; it stays due."""

    page: Page
    reason: str  # a few fixed words, countable


Item = Article | Listing | Feed | Unchanged | Rejection | Failure | Skip
