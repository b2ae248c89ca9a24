"""Authors and articles of the made-up site, as data: which there are, and what they say.

Everything follows from the seed and the position of an article; nothing here knows HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal

from nkcrawl.demo import grammar
from nkcrawl.demo.wording import NOTE_VIEWS, NOTES, dotted_date, long_date

Rendering = Literal["nested", "classic", "block", "popover", "cards", "headless"]
# Access rules changed over the years: whole articles, a monthly limit, cut-off leads, teasers.
Period = Literal["free", "limit", "cut", "teaser"]
Access = Literal["free", "teaser", "unknown"]

RENDERINGS: tuple[Rendering, ...] = ("nested", "classic", "block", "popover", "cards", "headless")
# The order in which articles take them. Nine has no factor in common with the cycles of labels,
# co-authors and paragraph layouts.
_ROTATION: tuple[Rendering, ...] = (
    "nested", "classic", "block", "popover", "nested", "classic", "cards", "headless", "block",
)  # fmt: skip
STATES_TIMESTAMP: frozenset[Rendering] = frozenset(("block", "popover", "cards"))
SEOUL = timedelta(hours=9)
FEED_PATH = "/feed/"

SEED_AUTHORS = (
    ("andrei-lankov", "Viktor Maslin"),
    ("chadcarrol", "Dana O'Carrow"),
    ("colin-zwirko", "Théo Clamart"),
    ("nk-news", "NK News"),
    ("oliver-hotham", "Percy van der Holt"),
    ("inhua-kim", "Seo-yun Gil"),
    ("kelly-kasulis", "Marla Quint"),
)
_GIVEN = (
    "Ada Bram Cleo Dov Edda Finn Greta Hal Ines Jory Kaia Lorn Mina Nils Orla Pim Quill Rhea Sten "
    "Tova"
).split()
_FAMILY = (
    "Arden Bellweather Crane Dunmore Eastlake Farrow Gant Holloway Ivers Jessup Kerrow Lund Marsh "
    "Norling"
).split()
_BIOS = (
    (
        "{name} has reported from the border region since {year}, mostly on roads, ports and the "
        "people who mend them."
    ),
    (
        "{name} joined in {year}. Before that, {name} kept the books of a shipping firm - and says "
        "it shows."
    ),
    "{name} writes about trade & travel. A first book, on ferries, came out in {year}.",
)

TOPICS = ("COVID-19", "Border Controls")
SERIES = "Settling in Seoul"
_LABELS = ("News", "Columns", "Features", TOPICS[0], None, TOPICS[1], SERIES, "News")
_CREDITS = (
    "Yalu Photo Pool",
    "Jun Verro",
    "NK News",
    "Harbor Watch, edited by NK News",
    "Pool photo",
)
_ILLUSTRATORS = ("Jun Verro", "Mo Lark", "Petra Nils")

# Variants in the period of teasers. Those of a single rendering come often enough for a site of
# sixty articles to have them.
_VARIANTS = (
    "plain", "note-only", "free-late", "note-glued", "doubled-lead", "plain", "note",
    "update-stamp", "free-late", "filler-words", "plain",
)  # fmt: skip
_VARIANTS_OF: dict[Rendering, tuple[str, ...]] = {
    "classic": (
        "korean", "note", "free-late", "doubled-lead", "filler-words", "korean", "note-only",
        "update-stamp", "note-glued", "doubled-lead", "plain",
    ),
    "block": (
        "contradiction", "hidden-rest-selector", "hidden-rest-style", "plain", "note-only",
        "note-glued", "free-late", "contradiction", "hidden-rest-selector", "hidden-rest-style",
        "note", "update-stamp", "filler-words",
    ),
    "popover": (
        "note", "free-late", "note-glued", "plain", "note", "note-only", "doubled-lead", "note",
        "update-stamp", "plain", "filler-words",
    ),
}  # fmt: skip
_FREE_VARIANTS = ("plain", "plain", "update-stamp", "recent-words", "email", "korean", "note")
# The paragraph that some variants add.
VARIANT_PARAGRAPHS = {
    "update-stamp": "Update 20:15 GMT: The harbor office has since said that the yard will stay "
    "open. It gave no date.",
    "filler-words": "The app, which also sells bus tickets, lets people “subscribe now for "
    "unlimited access” to films. Few in the city can pay for it.",
    "recent-words": "Recent stories in Rodong Sinmun praise the same depot. None of them names its "
    "manager.",
    "email": "Readers who saw the convoy can write to [email protected] at any time. Letters are "
    "read on Fridays.",
}


@dataclass(frozen=True, slots=True)
class DemoAuthor:
    """A made-up author; seed authors have the slugs from which the crawler starts."""

    number: int
    slug: str
    name: str
    bio: str

    @property
    def path(self) -> str:
        return self.page_path(1)

    @property
    def portrait_path(self) -> str:
        return f"/wp-content/authors/{self.slug}.jpg"

    @property
    def has_portrait(self) -> bool:
        return self.number % 4 != 3

    def page_path(self, number: int) -> str:
        """Return the path of one page of the author's listing."""
        return f"/content_author/{self.slug}/" + (f"page/{number}/" if number > 1 else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided about an article before any text is drawn."""

    position: int  # 0 is the newest article
    index: int  # position among the articles of the same rendering, plus an offset from the seed
    rendering: Rendering
    period: Period
    variant: str  # the one large peculiarity of its text

    @property
    def is_korean(self) -> bool:
        return self.variant == "korean"

    @property
    def has_plain_lead(self) -> bool:
        return self.variant != "note-only" and self.period != "cut"

    @property
    def layout(self) -> int:
        """How paragraphs are marked up: 1 as `div`, 2 and 3 with line breaks, else as `p`."""
        return (self.index + self.index // 10 + self.position) % 5

    @property
    def shares_block(self) -> bool:
        """Whether the paragraphs stand in one element, separated by line breaks."""
        return self.layout in (2, 3) and self.has_plain_lead

    @property
    def has_subtitle(self) -> bool:
        return self.index % 7 != 3

    @property
    def subtitle_is_opening(self) -> bool:
        return self.has_subtitle and self.has_plain_lead and self.index % 9 == 5

    @property
    def caption_has_dates(self) -> bool:
        return self.index % 5 == 2 and self.variant != "illustration"


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """All that is true of one article; `edge_cases` names what makes its page hard to read."""

    number: int  # 1 is the oldest article
    plan: Plan
    path: str
    title: str
    subtitle: str | None
    label: str | None
    authors: tuple[DemoAuthor, ...]
    published_on: date  # the day in Seoul, known even where the page shows none
    published_at: datetime  # UTC; only the renderings of `STATES_TIMESTAMP` state it
    modified_at: datetime
    paragraphs: tuple[str, ...]
    hidden: tuple[str, ...]  # for members: never in the expected row, even if the HTML holds it
    note: str | None
    access: Access
    image_path: str
    caption: str | None
    credit: str | None
    edge_cases: frozenset[str] = frozenset()

    @property
    def rendering(self) -> Rendering:
        return self.plan.rendering

    @property
    def language(self) -> Literal["en", "ko"]:
        return "ko" if self.plan.is_korean else "en"

    @property
    def alias_path(self) -> str | None:
        """The second path that serves the article, if it has one."""
        return self.path[:-1] + "-2/" if "alias" in self.edge_cases else None

    @property
    def whole(self) -> tuple[str, ...]:
        """The text as members read it; a lead that is cut off continues in mid-sentence."""
        if "cut-off" in self.edge_cases:
            return (*self.paragraphs[:-1], self.paragraphs[-1] + self.hidden[0], *self.hidden[1:])
        return self.paragraphs + self.hidden


def make_author(number: int) -> DemoAuthor:
    """Return the author with this number; the seed authors come first."""
    if number < len(SEED_AUTHORS):
        slug, name = SEED_AUTHORS[number]
    else:
        rest, family = divmod(number - len(SEED_AUTHORS), len(_FAMILY))
        again, given = divmod(rest, len(_GIVEN))
        first = _GIVEN[(given + family) % len(_GIVEN)]
        name = f"{first} {_FAMILY[family]}" + (f" {again + 1}" if again else "")
        slug = grammar.slugify(name)
    bio = _BIOS[number % len(_BIOS)].format(name=name, year=2009 + number % 9)
    return DemoAuthor(number, slug, name, bio)


def make_plan(position: int, day: date, seed: int) -> Plan:
    """Plan the article at this position, which was published on this day."""
    cycle, place = divmod(position, len(_ROTATION))
    rendering = _ROTATION[place]
    index = cycle * _ROTATION.count(rendering) + _ROTATION[:place].count(rendering) + seed % 1000
    period = _period(day, rendering)
    return Plan(position, index, rendering, period, _variant(period, index, rendering))


def _period(day: date, rendering: Rendering) -> Period:
    if day >= date(2020, 5, 1):
        return "teaser"
    if day >= date(2019, 11, 1):
        return "cut"
    return "limit" if day.year == 2014 and rendering == "classic" else "free"


def _variant(period: Period, index: int, rendering: Rendering) -> str:
    if period in ("free", "limit") and rendering == "classic" and index % 4 == 1:
        return "illustration"
    if period == "free":
        variant = _FREE_VARIANTS[(index + RENDERINGS.index(rendering)) % len(_FREE_VARIANTS)]
        return "plain" if variant == "korean" and rendering == "classic" else variant
    if period != "teaser":
        return "plain"
    variants = _VARIANTS_OF.get(rendering, _VARIANTS)
    return variants[index % len(variants)]


def make_article(
    plan: Plan, number: int, day: date, authors: tuple[DemoAuthor, ...], seed: int
) -> DemoArticle:
    """Draw the texts of an article; its `edge_cases` are still empty."""
    position = plan.position
    path = _path(plan, day, seed)
    access = _access(plan)
    published_at = _published_at(plan, day)
    # The order of these draws is part of the site: each takes from the same random numbers.
    rng = Random(f"{seed} {position}")
    note = _note(plan, authors[0].name, rng)
    paragraphs, hidden = _text(plan, access, path, rng)
    caption, credit = _image_text(plan, day, rng)
    return DemoArticle(
        number=number,
        plan=plan,
        path=path,
        title=(grammar.korean_title if plan.is_korean else grammar.title)(position, seed),
        subtitle=_subtitle(plan, paragraphs, rng),
        label=_LABELS[(position + seed) % len(_LABELS)],
        authors=authors,
        published_on=day,
        published_at=published_at,
        modified_at=published_at + timedelta(hours=7 * (position % 30), minutes=position % 60),
        paragraphs=paragraphs,
        hidden=hidden,
        note=note,
        access=access,
        image_path=f"/wp-content/uploads{path[:-1]}.jpg",
        caption=caption,
        credit=credit,
    )


def _path(plan: Plan, day: date, seed: int) -> str:
    slug = grammar.slugify(grammar.title(plan.position, seed))
    if plan.index % 6 == 1:
        slug = grammar.misspell(slug)
    return f"/{day.year}/{day.month:02}/{slug}/"


def _access(plan: Plan) -> Access:
    if plan.variant == "contradiction":
        return "unknown"
    return "free" if plan.period == "free" or plan.variant == "free-late" else "teaser"


def _published_at(plan: Plan, day: date) -> datetime:
    """Return a time on the Seoul day; one in three is before nine, on the day before in UTC."""
    early = plan.index % 3 == 0
    clock = time(7, 30) if early else time(9 + plan.index * 5 % 14, plan.index * 7 % 60)
    return datetime.combine(day, clock, tzinfo=UTC) - SEOUL


def _note(plan: Plan, name: str, rng: Random) -> str | None:
    if plan.variant in ("note-only", "note-glued"):
        return NOTE_VIEWS
    return rng.choice(NOTES).format(name=name) if plan.variant == "note" else None


def _text(
    plan: Plan, access: Access, path: str, rng: Random
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Draw the public paragraphs and those for members."""
    # What no page holds has random numbers of its own, and so does not change later draws.
    apart = rng if plan.variant.startswith("hidden-rest") else Random(path)
    if plan.period == "cut":
        lead, cut = _cut_off(rng)
        return (lead,), (cut, *_paragraphs(2, plan.is_korean, apart))
    paragraphs = [] if plan.variant == "note-only" else _public(plan, access, rng)
    hidden = [] if access == "free" else _paragraphs(3, plan.is_korean, apart, paragraphs)
    return tuple(paragraphs), tuple(hidden)


def _public(plan: Plan, access: Access, rng: Random) -> list[str]:
    """Draw the whole text of a free article, the lead of any other."""
    count = rng.randint(4, 8) if access == "free" else rng.choice((1, 2, 2))
    paragraphs = _paragraphs(max(count, 2) if plan.shares_block else count, plan.is_korean, rng)
    if plan.variant in VARIANT_PARAGRAPHS:
        paragraphs.append(VARIANT_PARAGRAPHS[plan.variant])
    return paragraphs


def _paragraphs(count: int, korean: bool, rng: Random, others: Sequence[str] = ()) -> list[str]:
    """Draw paragraphs that differ from each other and from the others."""
    paragraphs: list[str] = []
    while len(paragraphs) < count:
        paragraph = grammar.paragraph(rng, korean)
        if paragraph not in paragraphs and paragraph not in others:
            paragraphs.append(paragraph)
    return paragraphs


def _cut_off(rng: Random) -> tuple[str, str]:
    """Draw paragraphs with no space between them, the last cut in mid-sentence, and the rest."""
    first, second, last = _paragraphs(3, False, rng)
    words = grammar.opening(last).split(" ")
    lead = f"{first}{second}{' '.join(words[: max(2, len(words) // 2)])}".rstrip(",.”")
    return lead, f"{first}{second}{last}"[len(lead) :]


def _image_text(plan: Plan, day: date, rng: Random) -> tuple[str | None, str | None]:
    """Draw caption and credit of the picture."""
    if plan.variant == "illustration":
        return grammar.caption(rng), f"Illustration by {rng.choice(_ILLUSTRATORS)}"
    if plan.caption_has_dates:
        taken, copied = day - timedelta(days=15), day - timedelta(days=120)
        caption = f"{grammar.caption(rng)} on {long_date(taken)}"
        sources = f"KCTV ({dotted_date(copied)}), Rodong Sinmun ({long_date(taken)})"
        return caption, f"{sources}, edited by NK News"
    if plan.index % 8 == 6:
        return None, None
    return grammar.caption(rng), rng.choice(_CREDITS)


def _subtitle(plan: Plan, paragraphs: Sequence[str], rng: Random) -> str | None:
    if plan.subtitle_is_opening:
        return grammar.opening(paragraphs[0])
    return grammar.subtitle(rng, plan.is_korean) if plan.has_subtitle else None
