"""What is true on the made-up site: every author, every article, every field, and which edge cases a
page sets.

Nothing here knows HTML. The same numbers always give the same world, and an article is only made
when asked for.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from random import Random
from typing import Any, Literal, overload

from nkcrawl.demo import grammar
from nkcrawl.demo.wording import (
    NOTE_VIEWS,
    NOTES,
    NOTES_AFTER_LEAD,
    OFFER_HEADINGS,
    dotted_date,
    long_date,
)

Rendering = Literal["nested", "classic", "block", "popover", "cards", "headless"]
RENDERINGS: tuple[Rendering, ...] = ("nested", "classic", "block", "popover", "cards", "headless")
# Articles take these in turn. Nine shares no factor with the cycles of labels, co-authors and
# shapes of text.
_ROTATION: tuple[Rendering, ...] = (
    "nested", "classic", "block", "popover", "nested", "classic", "cards", "headless", "block",
)  # fmt: skip
STATES_TIMESTAMP: frozenset[Rendering] = frozenset(("block", "popover", "cards"))
PER_PAGE = 10
FEED_SIZE = 300
SEOUL = timedelta(hours=9)
FIRST_DAY = date(2013, 1, 3)
NEWEST_DAYS_AGO = 10

EDGE_CASES = {
    "visit-date": "the day of the visit stands at the top",
    "visit-date-glued": "it stands there twice, with no space between",
    "caption-dates": "caption and credit name days that are the picture's",
    "update-stamp": "a real paragraph begins `Update 20:15 GMT:`",
    "headline-thrice": "picture alt, heading, and once more after the share icons",
    "author-twice": "About the Author shows the name as portrait alt and as link",
    "no-portrait": "About the Author shows the name once",
    "byline-pipe": "names parted by ` | `",
    "byline-tight-pipe": "names parted by `| `",
    "byline-glued-date": "the date follows the name with no space",
    "byline-portrait": "the first author is linked twice in the byline",
    "multi-word-author": "a name of more than two words",
    "curly-name": "a name with a straight apostrophe in the byline, a curly one in About the Author",
    "author-query": "the byline links to the author page with a query",
    "doubled-lead": "the whole lead appears twice",
    "note": "a stock note",
    "note-glued": "a stock note with the first sentence right behind it",
    "note-only": "no lead at all, only the stock note",
    "div-paragraphs": "paragraphs are `div`s",
    "br-paragraphs": "paragraphs share a block, parted by `<br><br>`",
    "br-lines": "the same, parted by a single `<br>`",
    "offer-trial": "the offer `Try unlimited access`",
    "offer-week": "the offer `Become a member for less than …`",
    "offer-split": "the same, its heading split over two elements",
    "bullets-dot": "its list marked with `•`",
    "bullets-dash": "its list marked with a lone `-`",
    "bullets-none": "its list without marks",
    "subscribe-break": "`Subscribe<br>now`",
    "limit-box": "`You have reached your limit of 5 free articles this month.`",
    "filler-words": "a real sentence says “subscribe now for unlimited access”",
    "recent-words": "a real paragraph begins `Recent stories in`",
    "email": "an address obfuscated as `[email protected]`",
    "mixed-apostrophes": "straight and curly apostrophes in one text",
    "straight-title": "`<title>` and picture alt have straight apostrophes, the heading curly ones",
    "nbsp": "no-break spaces inside the text and at its end",
    "trailing-nbsp": "a no-break space after the headline",
    "korean": "an article in Korean",
    "wrong-lang": "lang says en-US, the text is Korean",
    "hidden-headline": "the headline once more, with `hidden`",
    "hidden-lead": "the lead once more, with `display:none`",
    "aria-hidden": "the headline once more, with `aria-hidden`",
    "hidden-rest-selector": "the rest for members is in the HTML, named by `hasPart`",
    "hidden-rest-style": "the rest for members is in the HTML, with `display:none`",
    "contradiction": "an offer box, and `isAccessibleForFree: true`",
    "loose-booleans": "`isAccessibleForFree` is a string or an address",
    "pro-link": "Recent Stories has an entry of NK Pro",
    "tracked-links": "links carry `?t=`, `?c=` or `?utm_source=`",
    "no-final-slash": "links lack the final slash",
    "fragments": "links carry a fragment",
    "alias": "a second address ending `-2` serves the article, with a canonical link to the first",
    "alias-link": "Recent Stories links to such a second address",
    "no-subtitle": "no subtitle",
    "subtitle-is-opening": "the subtitle is the opening sentence",
    "excerpt-description": "no subtitle, and a meta description that is the beginning of the lead",
    "no-label": "no label",
    "topic-label": "the label is a topic",
    "series-label": "the label is a series",
    "edited-headline": "the slug has an old typo",
    "no-date": "no date in the byline",
    "ordinal-date": "`October 21st, 2013` on its own line",
    "cut-off": "the lead ends in mid-sentence, its paragraphs glued together",
    "whole-free": "a whole article from before November 2019",
    "free-late": "a whole article among newer ones that are not",
    "illustration": "`Illustration by …` as a plain paragraph",
    "day-before": "the UTC day is the day before the Seoul day",
    "promo-stamp": "a promotion says `by nknews_hq on 2018-01-10 02:35:37`",
    "popup": "text of pop-ups",
    "author-popover": "About the Author stands under the byline, above the lead",
    "byline-row": "the row of the byline has a title or a place, a reading time and a number of comments",
    "label-below": "the label stands below the headline, among the entry's meta data",
    "editors-note": "the stock note begins with `Editor’s note:`",
    "cards": "cards of other stories, with authors and dates of their own, inside the text and after it",
    "json-ld-other-first": "JSON-LD describes another story before this one",
    "comments": "readers' comments below the text",
    "next-data": "a script holds other stories as JSON",
    "consent-dialog": "a dialog about cookies at the top of the document",
    "breadcrumbs": "links to the front page and the section above the headline",
}
_RENDERING_TRAPS: dict[Rendering, tuple[str, ...]] = {
    "popover": ("author-popover", "byline-row"),
    "cards": ("cards", "json-ld-other-first", "comments"),
    "headless": ("next-data", "consent-dialog", "breadcrumbs"),
}

_SEED_AUTHORS = (
    ("andrei-lankov", "Viktor Maslin"),
    ("chadcarrol", "Dana O'Carrow"),
    ("colin-zwirko", "Théo Clamart"),
    ("nk-news", "NK News"),
    ("oliver-hotham", "Percy van der Holt"),
    ("inhua-kim", "Seo-yun Gil"),
    ("kelly-kasulis", "Marla Quint"),
)
_GIVEN = "Ada Bram Cleo Dov Edda Finn Greta Hal Ines Jory Kaia Lorn Mina Nils Orla Pim Quill Rhea Sten Tova".split()
_FAMILY = "Arden Bellweather Crane Dunmore Eastlake Farrow Gant Holloway Ivers Jessup Kerrow Lund Marsh Norling".split()
_LABELS = (
    "News",
    "Columns",
    "Features",
    "COVID-19",
    None,
    "Border Controls",
    "Settling in Seoul",
    "News",
)
_TOPICS = ("COVID-19", "Border Controls")
_CREDITS = (
    "Yalu Photo Pool",
    "Jun Verro",
    "NK News",
    "Harbor Watch, edited by NK News",
    "Pool photo",
)
_BIOS = (
    "{name} has reported from the border region since {year}, mostly on roads, ports and the people who mend them.",
    "{name} joined in {year}. Before that, {name} kept the books of a shipping firm - and says it shows.",
    "{name} writes about trade & travel. A first book, on ferries, came out in {year}.",
)
# In the years of teasers. What only one rendering has comes round often enough for sixty articles
# to meet it.
_FORMS = (
    "plain", "note-only", "free-late", "note-glued", "doubled-lead", "plain", "note", "update-stamp", "free-late",
    "filler-words", "plain",
)  # fmt: skip
_FORMS_OF: dict[Rendering, tuple[str, ...]] = {
    "classic": (
        "korean", "note", "free-late", "doubled-lead", "filler-words", "korean", "note-only", "update-stamp",
        "note-glued", "doubled-lead", "plain",
    ),
    "block": (
        "contradiction", "hidden-rest-selector", "hidden-rest-style", "plain", "note-only", "note-glued", "free-late",
        "contradiction", "hidden-rest-selector", "hidden-rest-style", "note", "update-stamp", "filler-words",
    ),
    "popover": (
        "note", "free-late", "note-glued", "plain", "note", "note-only", "doubled-lead", "note", "update-stamp",
        "plain", "filler-words",
    ),
}  # fmt: skip
_FREE_FORMS = ("plain", "plain", "update-stamp", "recent-words", "email", "korean", "note")
_FORM_PARAGRAPHS = {
    "update-stamp": "Update 20:15 GMT: The harbor office has since said that the yard will stay open. It gave no date.",
    "filler-words": "The app, which also sells bus tickets, lets people “subscribe now for unlimited access” to films. "
    "Few in the city can pay for it.",
    "recent-words": "Recent stories in Rodong Sinmun praise the same depot. None of them names its manager.",
    "email": "Readers who saw the convoy can write to [email protected] at any time. Letters are read on Fridays.",
}


_PAYWALL_TRAPS = frozenset((
    *OFFER_HEADINGS, "bullets-dot", "bullets-dash", "bullets-none", "subscribe-break", "limit-box", "cut-off",
    "contradiction", "note-only", "hidden-rest-selector", "hidden-rest-style",
))  # fmt: skip
_LATER_TEXT_TRAPS = frozenset((*_FORM_PARAGRAPHS, "mixed-apostrophes", "br-paragraphs", "br-lines"))
_FREE_TRAPS = frozenset(("whole-free", "free-late"))


@dataclass(frozen=True, slots=True)
class DemoAuthor:
    """A made-up author; seed authors have the slugs the crawler starts from."""

    slug: str
    name: str
    bio: str


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """Everything that is true of one article, and `edge_cases`, the ways its page makes that hard to
    see.
    """

    number: int
    path: str
    title: str
    subtitle: str | None
    label: str | None
    authors: tuple[DemoAuthor, ...]
    published_on: date  # the day in Seoul, known even where the page shows none
    published_at: datetime  # UTC; only the renderings of `STATES_TIMESTAMP` state it
    modified_at: datetime
    paragraphs: tuple[str, ...]
    hidden: tuple[
        str, ...
    ]  # what only members see: never part of the expected row, though some pages hold it out of sight
    note: str | None
    access: Literal["free", "teaser", "unknown"]
    image_path: str
    caption: str | None
    credit: str | None
    language: Literal["en", "ko"]
    rendering: Rendering
    edge_cases: frozenset[str]

    @property
    def alias_path(self) -> str | None:
        """The second address that serves the article, if it has one."""
        return self.path[:-1] + "-2/" if "alias" in self.edge_cases else None

    @property
    def whole(self) -> tuple[str, ...]:
        """The whole text, as members read it; one that is cut off goes on in mid-sentence."""
        if "cut-off" in self.edge_cases:
            return (*self.paragraphs[:-1], self.paragraphs[-1] + self.hidden[0], *self.hidden[1:])
        return self.paragraphs + self.hidden


@dataclass(frozen=True, slots=True)
class _Stub:
    """The cheap part of an article, known for all of them from the start."""

    path: str
    title: str
    day: date
    authors: tuple[int, ...]
    era: Literal["free", "limit", "cut", "teaser"]
    form: str
    rendering: Rendering
    turn: int  # counts within the rendering, so that every rendering meets every trap


class _Articles(Sequence[DemoArticle]):
    """Articles by position, made when they are looked at."""

    def __init__(self, make: Callable[[int], DemoArticle], positions: Sequence[int]) -> None:
        self._make = make
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> DemoArticle: ...
    @overload
    def __getitem__(self, index: slice) -> "_Articles": ...
    def __getitem__(self, index: int | slice) -> "DemoArticle | _Articles":
        if isinstance(index, slice):
            return _Articles(self._make, self._positions[index])
        return self._make(self._positions[index])

    def __iter__(self) -> Iterator[DemoArticle]:
        return (self._make(position) for position in self._positions)


class FakeSite:
    """A made-up NK News: `today` fixes the day of every article, `go_to` shows the site as it
    stands on another day.

    `held_back` keeps the newest articles secret, as if they were still to be written, until `go_to`
    goes by their days.
    """

    def __init__(
        self,
        articles: int = 60,
        authors: int = 8,
        seed: int = 0,
        today: date = date(2025, 11, 20),
        held_back: int = 0,
    ) -> None:
        if articles < 0 or authors < 1 or not 0 <= held_back <= articles:
            raise ValueError(
                "a world needs at least one author, and cannot hold back more articles than it has"
            )
        if today < FIRST_DAY + timedelta(days=365):
            raise ValueError(f"today must be at least a year after {FIRST_DAY}")
        self.seed, self.today, self.feed_size = seed, today, FEED_SIZE
        self.authors = tuple(_author(number) for number in range(authors))
        self._authors = {author.slug: author for author in self.authors}
        self._all = articles
        self._bylines = _bylines(articles, authors, seed)
        self._stubs = [self._stub(position) for position in range(articles)]
        self._revised: dict[int, dict[str, Any]] = {}
        self._make = lru_cache(maxsize=4096)(self._article)
        self._kept = list(range(articles))  # positions of all that is not deleted, published or not
        self._positions: dict[str, int] = {}
        self._by_author: dict[str, list[int]] = {author.slug: [] for author in self.authors}
        for position in self._kept:
            self._enter(position)
        self._publish_from(held_back)

    def go_to(self, day: date) -> None:
        """Let it be that day: its date is on every page, and nothing that was published later is
        there yet.
        """
        self.today = day
        self._publish_from(
            bisect_left(self._stubs, -day.toordinal(), key=lambda stub: -stub.day.toordinal())
        )

    def article(self, path: str) -> DemoArticle | None:
        """The article that a path serves, be it its own or its `-2` alias."""
        position = self._positions.get(path, -1)
        return self._make(position) if position >= self._newest else None

    def author(self, slug: str) -> DemoAuthor | None:
        """The author whose page has this slug."""
        return self._authors.get(slug)

    def articles_of(self, slug: str) -> Sequence[DemoArticle]:
        """An author's articles, newest first."""
        return _Articles(self._make, self._published(self._by_author.get(slug, [])))

    def entries(self, slug: str, number: int) -> Sequence[DemoArticle]:
        """The articles on one page of an author's listing."""
        return self.articles_of(slug)[(number - 1) * PER_PAGE : number * PER_PAGE]

    def page_count(self, slug: str) -> int:
        """How many pages with entries an author's listing has; never less than one."""
        return max(1, -(-len(self.articles_of(slug)) // PER_PAGE))

    def revise(self, path: str, **changes: Any) -> DemoArticle:
        """The editors change fields of an article (title, paragraphs, …); its address stays."""
        position = self._positions[path]
        self._revised[position] = self._revised.get(position, {}) | changes
        self._make.cache_clear()
        return self._make(position)

    def open_up(self, path: str) -> DemoArticle:
        """The paywall of an article falls: its page shows the whole text and offers nothing."""
        position = self._positions[path]
        article = self._make(position)
        if article.access == "free":
            raise ValueError(f"{path} is free already")
        free = "whole-free" if self._stubs[position].era in ("free", "limit") else "free-late"
        edge_cases = article.edge_cases - _PAYWALL_TRAPS | {free}
        return self.revise(
            path, access="free", paragraphs=article.whole, hidden=(), edge_cases=edge_cases
        )

    def close_off(self, path: str) -> DemoArticle:
        """A free article goes behind the paywall: its page shows the first paragraph and an offer
        box.
        """
        position = self._positions[path]
        article = self._make(position)
        if article.access != "free":
            raise ValueError(f"{path} is not free")
        shown, hidden = article.paragraphs[:1], article.paragraphs[1:]
        edge_cases = article.edge_cases - _FREE_TRAPS - _LATER_TEXT_TRAPS | _offer_traps(
            self._stubs[position], position
        )
        return self.revise(
            path, access="teaser", paragraphs=shown, hidden=hidden, edge_cases=edge_cases
        )

    def delete(self, path: str) -> None:
        """The editors take an article down, at all its addresses and wherever it is listed."""
        position = self._positions[path]
        stub = self._stubs[position]
        for address in _addresses(stub):
            del self._positions[address]
        for positions in (
            self._kept,
            *(self._by_author[self.authors[author].slug] for author in stub.authors),
        ):
            positions.remove(position)
        self._publish_from(self._newest)

    def recent(self, article: DemoArticle) -> list[tuple[DemoArticle, str]]:
        """The three Recent Stories beside an article, each with the path it is linked by."""
        count = min(3, max(0, len(self.articles) - 1))
        picked = [self._make(position) for position in islice(self._drawn(article), count)]
        stories = [(story, story.path) for story in picked]
        if "alias-link" in article.edge_cases and stories:
            aliased = self._aliased(article)
            if aliased is not None and aliased.alias_path is not None:
                rest = [
                    (story, path) for story, path in stories[1:] if story.number != aliased.number
                ]
                stories = [(aliased, aliased.alias_path), *rest]
        return stories

    def related(self, article: DemoArticle) -> list[DemoArticle]:
        """Up to six other stories for the cards beside an article; those of Recent Stories come
        last.
        """
        count = min(6, max(0, len(self.articles) - 1))
        picked = [self._make(position) for position in islice(self._drawn(article), count)]
        return picked[3:] + picked[:3]

    def expected_row(self, article: DemoArticle, base_url: str) -> dict[str, Any]:
        """The archive row that a perfect reader makes of the article's page; absent is None, an
        absent body ''.
        """
        stated = article.rendering in STATES_TIMESTAMP and "no-date" not in article.edge_cases
        return {
            "url": base_url + article.path,
            "title": article.title,
            "subtitle": article.subtitle,
            "label": article.label,
            "byline": " | ".join(author.name for author in article.authors),
            "published_on": None
            if "no-date" in article.edge_cases
            else article.published_on.isoformat(),
            "published_at": _moment(article.published_at) if stated else None,
            "modified_at": _moment(article.modified_at) if stated else None,
            "body": "\n\n".join(article.paragraphs),
            "note": article.note,
            "access": article.access,
            "image_url": base_url + article.image_path,
            "image_caption": article.caption,
            "image_credit": article.credit,
            "language": article.language,
            "authors": [(author.slug, author.name) for author in article.authors],
        }

    def _enter(self, position: int) -> None:
        """Make an article findable by path, by alias and by author."""
        stub = self._stubs[position]
        for address in _addresses(stub):
            self._positions[address] = position
        for author in stub.authors:
            self._by_author[self.authors[author].slug].append(position)

    def _publish_from(self, newest: int) -> None:
        """Show the articles from a position on, the newest of them first."""
        self._newest = newest
        self.articles: Sequence[DemoArticle] = _Articles(self._make, self._published(self._kept))

    def _published(self, positions: list[int]) -> list[int]:
        """Those of the positions, in order, whose articles are published."""
        return positions[bisect_left(positions, self._newest) :]

    def _is_published(self, position: int) -> bool:
        return self._positions.get(self._stubs[position].path, -1) >= self._newest

    def _drawn(self, article: DemoArticle) -> Iterator[int]:
        """Other published articles in an order of chance, without end; new ones seldom change its
        beginning.
        """
        rng = Random(f"recent {self.seed} {article.number}")
        met = {self._all - article.number}
        first = rng.sample(range(self._all), min(4, self._all))
        while True:
            position = first.pop(0) if first else rng.randrange(self._all)
            if position not in met and self._is_published(position):
                met.add(position)
                yield position

    def _aliased(self, article: DemoArticle) -> DemoArticle | None:
        """The nearest older article with an alias, going round at the end."""
        here = self._all - article.number
        for step in range(1, self._all):
            position = (here + step) % self._all
            if _has_alias(self._stubs[position]) and self._is_published(position):
                return self._make(position)
        return None

    def _day(self, position: int) -> date:
        """When an article was published: never later than the one before it."""
        span = (self.today - FIRST_DAY).days - NEWEST_DAYS_AGO
        share = position / max(1, self._all - 1)
        return self.today - timedelta(days=NEWEST_DAYS_AGO + round(span * share**1.6))

    def _stub(self, position: int) -> _Stub:
        day = self._day(position)
        rendering = _ROTATION[position % len(_ROTATION)]
        turn = _turn(position, self.seed)
        era = _era(day, rendering)
        form = _form(era, turn, rendering)
        title = (grammar.korean_title if form == "korean" else grammar.title)(position, self.seed)
        slug = grammar.slugify(grammar.title(position, self.seed))
        if turn % 6 == 1:
            slug = grammar.misspell(slug)
        path = f"/{day.year}/{day.month:02}/{slug}/"
        return _Stub(path, title, day, self._bylines[position], era, form, rendering, turn)

    def _article(self, position: int) -> DemoArticle:
        stub = self._stubs[position]
        rng = Random(f"{self.seed} {position}")
        authors = tuple(self.authors[number] for number in stub.authors)
        access = _access(stub)
        edge_cases = _traps(stub, position, access)
        note = _note(stub, authors[0].name, rng)
        paragraphs, hidden = _text(stub, access, edge_cases, rng)
        caption, credit = _image_text(stub, edge_cases, rng)
        published_at = _published_at(stub)
        article = DemoArticle(
            number=self._all - position,
            path=stub.path,
            title=stub.title,
            subtitle=_subtitle(edge_cases, paragraphs, rng),
            label=_LABELS[(position + self.seed) % len(_LABELS)],
            authors=authors,
            published_on=stub.day,
            published_at=published_at,
            modified_at=published_at + timedelta(hours=7 * (position % 30), minutes=position % 60),
            paragraphs=paragraphs,
            hidden=hidden,
            note=note,
            access=access,
            image_path=f"/wp-content/uploads{stub.path[:-1]}.jpg",
            caption=caption,
            credit=credit,
            language="ko" if "korean" in edge_cases else "en",
            rendering=stub.rendering,
            edge_cases=edge_cases,
        )
        article = replace(article, **self._revised.get(position, {}))
        return replace(article, edge_cases=article.edge_cases | _traps_of_content(article))


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _author(number: int) -> DemoAuthor:
    if number < len(_SEED_AUTHORS):
        slug, name = _SEED_AUTHORS[number]
    else:
        extra = number - len(_SEED_AUTHORS)
        rest, family = divmod(extra, len(_FAMILY))
        again, given = divmod(rest, len(_GIVEN))
        first = _GIVEN[(given + family) % len(_GIVEN)]
        name = f"{first} {_FAMILY[family]}" + (f" {again + 1}" if again else "")
        slug = grammar.slugify(name)
    return DemoAuthor(
        slug, name, _BIOS[number % len(_BIOS)].format(name=name, year=2009 + number % 9)
    )


def _bylines(articles: int, authors: int, seed: int) -> list[tuple[int, ...]]:
    """Who wrote what: every author who wrote anything shares a byline with one the crawler starts
    from.
    """
    seeds = min(authors, len(_SEED_AUTHORS))
    bylines: list[tuple[int, ...]] = []
    known = set(range(seeds))
    for position in reversed(
        range(articles)
    ):  # from the oldest, so that holding back the newest changes no byline
        # Every third is by one busy author, so that even a small site has a listing of several
        # pages.
        main = 0 if position % 3 == 2 else (position + position // authors + seed) % authors
        names = [main]
        if position % 4 == 1 or main not in known:
            names.append((position // 4 + seed) % seeds)
        if position % 20 == 9:
            names.append((position // 20 + seed + 2) % seeds)
        bylines.append(tuple(dict.fromkeys(names)))
        known.add(main)
    return bylines[::-1]


def _era(day: date, rendering: Rendering) -> Literal["free", "limit", "cut", "teaser"]:
    if day >= date(2020, 5, 1):
        return "teaser"
    if day >= date(2019, 11, 1):
        return "cut"
    return "limit" if day.year == 2014 and rendering == "classic" else "free"


def _form(era: str, turn: int, rendering: Rendering) -> str:
    """The one big peculiarity of an article's text."""
    if era in ("free", "limit") and rendering == "classic" and turn % 4 == 1:
        return "illustration"
    if era == "free":
        form = _FREE_FORMS[(turn + RENDERINGS.index(rendering)) % len(_FREE_FORMS)]
        return "plain" if form == "korean" and rendering == "classic" else form
    if era != "teaser":
        return "plain"
    forms = _FORMS_OF.get(rendering, _FORMS)
    return forms[turn % len(forms)]


def _turn(position: int, seed: int) -> int:
    """How many articles of the same rendering are newer, counted from a start that the seed
    moves.
    """
    cycle, place = divmod(position, len(_ROTATION))
    rendering = _ROTATION[place]
    return cycle * _ROTATION.count(rendering) + _ROTATION[:place].count(rendering) + seed % 1000


def _has_alias(stub: _Stub) -> bool:
    return stub.rendering == "block" and stub.turn % 9 == 2


def _addresses(stub: _Stub) -> tuple[str, ...]:
    """The paths that serve an article."""
    return (stub.path, stub.path[:-1] + "-2/") if _has_alias(stub) else (stub.path,)


def _access(stub: _Stub) -> Literal["free", "teaser", "unknown"]:
    if stub.form == "contradiction":
        return "unknown"
    return "free" if stub.era == "free" or stub.form == "free-late" else "teaser"


def _published_at(stub: _Stub) -> datetime:
    """A moment on the Seoul day; every third one is before nine, when it is still yesterday in
    UTC.
    """
    clock = time(7, 30) if stub.turn % 3 == 0 else time(9 + stub.turn * 5 % 14, stub.turn * 7 % 60)
    return datetime.combine(stub.day, clock, tzinfo=UTC) - SEOUL


def _note(stub: _Stub, name: str, rng: Random) -> str | None:
    if stub.form in ("note-only", "note-glued"):
        return NOTE_VIEWS
    return rng.choice(NOTES).format(name=name) if stub.form == "note" else None


def _text(
    stub: _Stub, access: str, edge_cases: frozenset[str], rng: Random
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The public paragraphs and those for members only."""
    korean = "korean" in edge_cases
    # What no page holds is drawn apart, and so changes nothing that is drawn after it.
    apart = rng if stub.form.startswith("hidden-rest") else Random(stub.path)
    if stub.era == "cut":
        shown, cut = _cut_off(rng)
        return (shown,), (cut, *_paragraphs(2, korean, apart))
    paragraphs = [] if stub.form == "note-only" else _public(stub, access, edge_cases, rng)
    hidden = [] if access == "free" else _paragraphs(3, korean, apart, paragraphs)
    return tuple(paragraphs), tuple(hidden)


def _public(stub: _Stub, access: str, edge_cases: frozenset[str], rng: Random) -> list[str]:
    """The whole text of a free article, the lead of any other."""
    count = rng.randint(4, 8) if access == "free" else rng.choice((1, 2, 2))
    paragraphs = _paragraphs(
        max(count, 2) if edge_cases & {"br-paragraphs", "br-lines"} else count,
        "korean" in edge_cases,
        rng,
    )
    if stub.form in _FORM_PARAGRAPHS:
        paragraphs[-1:] = [paragraphs[-1], _FORM_PARAGRAPHS[stub.form]]
    return paragraphs


def _paragraphs(count: int, korean: bool, rng: Random, others: Sequence[str] = ()) -> list[str]:
    """So many paragraphs, none like another."""
    found: list[str] = []
    while len(found) < count:
        paragraph = grammar.paragraph(rng, korean)
        if paragraph not in found and paragraph not in others:
            found.append(paragraph)
    return found


def _cut_off(rng: Random) -> tuple[str, str]:
    """Paragraphs glued with no space after the stop, the last one cut in mid-sentence; and how that
    one goes on.
    """
    first, second, last = _paragraphs(3, False, rng)
    words = grammar.opening(last).split(" ")
    shown = f"{first}{second}{' '.join(words[: max(2, len(words) // 2)])}".rstrip(",.”")
    return shown, f"{first}{second}{last}"[len(shown) :]


def _image_text(
    stub: _Stub, edge_cases: frozenset[str], rng: Random
) -> tuple[str | None, str | None]:
    """Caption and credit of the picture."""
    if stub.form == "illustration":
        return grammar.caption(
            rng
        ), f"Illustration by {rng.choice(('Jun Verro', 'Mo Lark', 'Petra Nils'))}"
    if "caption-dates" in edge_cases:
        shown, lifted = stub.day - timedelta(days=15), stub.day - timedelta(days=120)
        caption = f"{grammar.caption(rng)} on {long_date(shown)}"
        return (
            caption,
            f"KCTV ({dotted_date(lifted)}), Rodong Sinmun ({long_date(shown)}), edited by NK News",
        )
    if stub.turn % 8 == 6:
        return None, None
    return grammar.caption(rng), rng.choice(_CREDITS)


def _subtitle(edge_cases: frozenset[str], paragraphs: Sequence[str], rng: Random) -> str | None:
    if "subtitle-is-opening" in edge_cases:
        return grammar.opening(paragraphs[0])
    return None if "no-subtitle" in edge_cases else grammar.subtitle(rng, "korean" in edge_cases)


def _traps(stub: _Stub, position: int, access: str) -> frozenset[str]:
    """The edge_cases that do not follow from an article's fields."""
    groups = (
        _text_traps(stub, position),
        _page_traps(stub, position),
        _access_traps(stub, position, access),
    )
    return frozenset(trap for group in groups for trap, wanted in group.items() if wanted)


def _text_traps(stub: _Stub, position: int) -> dict[str, bool]:
    """Traps in the article's own words and how they are marked up."""
    turn, form = stub.turn, stub.form
    shape = (turn + turn // 10 + position) % 5
    plain = form != "note-only" and stub.era != "cut"
    subtitle = turn % 7 == 3
    return {
        form: form in EDGE_CASES,
        "korean": form == "korean",
        "wrong-lang": form == "korean" and stub.rendering in ("classic", "headless"),
        "edited-headline": turn % 6 == 1,
        "no-subtitle": subtitle,
        "subtitle-is-opening": not subtitle and plain and turn % 9 == 5,
        "caption-dates": turn % 5 == 2 and form != "illustration",
        "div-paragraphs": shape == 1 or (stub.rendering in ("nested", "headless") and shape != 4),
        "br-paragraphs": shape == 2 and plain,
        "br-lines": shape == 3 and plain,
        "nbsp": position % 7 == 2 and form != "note-only",
        "trailing-nbsp": position % 8 == 5,
    }


def _page_traps(stub: _Stub, position: int) -> dict[str, bool]:
    """Traps in what stands around the article."""
    turn, rendering = stub.turn, stub.rendering
    several = len(stub.authors) > 1
    no_date = rendering not in ("block", "cards") and turn % 13 == 4
    link = turn % 6
    return {
        "visit-date": True,
        "visit-date-glued": rendering != "classic",
        "headline-thrice": rendering != "classic" or turn % 2 == 0,
        "no-date": no_date,
        "ordinal-date": rendering == "classic" and not no_date,
        "day-before": rendering in STATES_TIMESTAMP and not no_date and turn % 3 == 0,
        "byline-pipe": several and turn % 2 == 0,
        "byline-tight-pipe": several and turn % 2 == 1,
        "byline-glued-date": rendering == "nested" and not no_date and turn % 3 == 1,
        "byline-portrait": rendering != "classic" and turn % 5 == 3,
        "author-query": turn % 8 == 4,
        "author-twice": any(has_portrait(number) for number in stub.authors),
        "no-portrait": not all(has_portrait(number) for number in stub.authors),
        "hidden-headline": position % 7 == 1,
        "hidden-lead": position % 7 == 3 and stub.form != "note-only",
        "aria-hidden": position % 7 == 5,
        "pro-link": turn % 4 == 2,
        "tracked-links": link in (1, 2, 5),
        "no-final-slash": link == 3,
        "fragments": link == 4,
        "alias": _has_alias(stub),
        "alias-link": turn % 5 == 4,
        "promo-stamp": rendering == "classic" and turn % 4 == 1,
        "popup": turn % 7 == 6,
        **dict.fromkeys(_RENDERING_TRAPS.get(rendering, ()), True),
    }


def _access_traps(stub: _Stub, position: int, access: str) -> dict[str, bool]:
    """Traps in the offer box and in what the page says of itself."""
    offer = access != "free" and stub.era != "limit"
    return {
        **dict.fromkeys(_offer_traps(stub, position), offer),
        "limit-box": stub.era == "limit",
        "cut-off": stub.era == "cut",
        "whole-free": stub.era == "free",
        "loose-booleans": stub.rendering == "block" and stub.turn % 3 != 0,
    }


def _offer_traps(stub: _Stub, position: int) -> frozenset[str]:
    """How an article's offer box looks where it has one."""
    heading = list(OFFER_HEADINGS)[stub.turn % 3]
    bullets = ("bullets-dot", "bullets-dash", "bullets-none")[(stub.turn // 3 + position) % 3]
    return frozenset((heading, bullets, *(("subscribe-break",) if stub.turn % 4 == 3 else ())))


def _traps_of_content(article: DemoArticle) -> frozenset[str]:
    """The edge_cases that can be read off an article's fields."""
    text = " ".join((*article.paragraphs, article.note or ""))
    found = {
        **{trap: paragraph in article.paragraphs for trap, paragraph in _FORM_PARAGRAPHS.items()},
        "no-label": article.label is None,
        "topic-label": article.label in _TOPICS,
        "curly-name": any("'" in author.name for author in article.authors),
        "excerpt-description": article.rendering in ("block", "cards") and article.subtitle is None,
        "series-label": article.label == "Settling in Seoul",
        "multi-word-author": any(author.name.count(" ") > 1 for author in article.authors),
        "mixed-apostrophes": "'" in text and "’" in text,
        "straight-title": "’" in article.title and article.number % 2 == 0,
        "email": "[email protected]" in text,
        "note": bool(article.note),
        "editors-note": article.rendering == "popover" and _stands_first(article.note),
        "label-below": article.rendering == "popover" and article.label is not None,
    }
    return frozenset(trap for trap, wanted in found.items() if wanted)


def _stands_first(note: str | None) -> bool:
    """Does a page show the note before the lead?"""
    return note is not None and not note.startswith(NOTES_AFTER_LEAD)


def has_portrait(number: int) -> bool:
    """Does the author with this number have a portrait?"""
    return number % 4 != 3
