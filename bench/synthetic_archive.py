"""Archives of made-up articles, as large as a benchmark needs, written as a crawl writes them.

The text is that of the made-up site, with invented names among it whose frequency follows Zipf's
law, because the few hundred words of that site are all common. The same numbers always give the
same archive.
"""

import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nkcrawl.archive import Archive
from nkcrawl.demo import FakeSite, grammar
from nkcrawl.items import Link
from nkcrawl.site import author_path
from tests.factories import SITE, article_links, listing, store

SEED = 0
NEWEST = date(2025, 11, 19)
DAYS = 4_700  # back to the beginning of 2013
PER_DAY = 10  # articles of each of the last days, however large the archive
LAST_DAYS = 8  # articles of these days will be visited again
STORED = datetime(2025, 11, 19, 20, 17, tzinfo=UTC)  # the night of the last run
TONIGHT = STORED + timedelta(days=1)
WAITING = 500  # articles discovered and not yet fetched, as the request budget of a night leaves
CHANGED = 25  # one article in CHANGED has one version
PER_PAGE = 10  # articles per page of an author's listing
PARAGRAPHS = 20_000  # made once, and drawn from
NAMES = 50_000
SYLLABLES = (
    "an bor cha dok eun fel gyo hwa ik jin kor lun mae nok or pyo rak sin tae ul vor won yan zel"
).split()


class SyntheticArticles:
    """Articles like those of a news site: two in five complete with about 500 words, the others
    teasers; one in twenty is Korean.
    """

    def __init__(self) -> None:
        self._rng = rng = Random(SEED)
        numbers = rng.sample(range(len(SYLLABLES) ** 4), NAMES)
        self.names = [_name(number) for number in numbers]  # the most frequent first
        self._weights = list(accumulate(1 / rank for rank in range(1, NAMES + 1)))
        self._english = [grammar.paragraph(rng) for _ in range(PARAGRAPHS)]
        self._korean = [grammar.paragraph(rng, korean=True) for _ in range(PARAGRAPHS)]
        world = FakeSite(articles=0, authors=60)
        self.authors = [(author.slug, author.name) for author in world.authors]
        self.urls: list[str] = []  # of the articles made so far

    def article(self, number: int) -> dict[str, Any]:
        """Return an article, its authors and its links as arguments of `tests.factories.store`."""
        rng = self._rng
        korean, whole = rng.random() < 0.05, rng.random() < 0.4
        day = self._day(number)
        slug = grammar.slugify(grammar.title(number, 0))
        texts = self._korean if korean else self._english
        paragraphs = rng.choices(texts, k=rng.randint(8, 22) if whole else 2)
        names = rng.choices(self.names, cum_weights=self._weights, k=8 if whole else 2)
        authors = rng.sample(self.authors, rng.choice((1, 1, 2)))
        self.urls.append(f"{SITE}/{day.year}/{day.month:02}/{slug}-{number}/")
        profiles = [Link(listing_url(slug), "author") for slug, _ in authors]
        return {
            "url": self.urls[-1],
            "title": (grammar.korean_title if korean else grammar.title)(number, 0),
            "subtitle": grammar.subtitle(rng, korean),
            "label": rng.choice(("News", "Features", "Opinion", "Columns", None)),
            "byline": None,
            "published_on": day.isoformat(),
            "published_at": None,
            "body": "\n\n".join((*paragraphs, f"{' and '.join(names)} were there.")),
            "access": "free" if whole else "teaser",
            "access_evidence": ["offer box: 8 lines"],
            "image_url": f"{SITE}/wp-content/uploads/{slug}.jpg",
            "image_caption": grammar.caption(rng),
            "image_credit": "Pool photo",
            "language": "ko" if korean else "en",
            "authors": authors,
            "links": [*profiles, *article_links(*rng.choices(self.urls, k=3))],
        }

    def _day(self, number: int) -> date:
        """Return the publication date: the first articles on the last days, the others before."""
        if number < PER_DAY * LAST_DAYS:
            return NEWEST - timedelta(days=number // PER_DAY)
        return NEWEST - timedelta(days=self._rng.randrange(LAST_DAYS, DAYS))

    def waiting(self) -> list[Link]:
        """Return links to articles that are not yet fetched."""
        days = (NEWEST - timedelta(self._rng.randrange(LAST_DAYS, DAYS)) for _ in range(WAITING))
        urls = (f"{SITE}/{day:%Y/%m}/waiting-{number}/" for number, day in enumerate(days))
        return article_links(*urls)


def _name(number: int) -> str:
    syllables = []
    for _ in range(4):
        number, syllable = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[syllable])
    return "".join(syllables).capitalize()


def listing_url(slug: str, number: int = 1) -> str:
    """Return the URL of a page of an author's listing."""
    return f"{SITE}{author_path(slug)}" + (f"page/{number}/" if number > 1 else "")


def fill(path: Path, articles: SyntheticArticles, start: int, end: int) -> None:
    """Store the articles from one number to another in one run, without waiting for the disk."""
    with closing(Archive.open(path, lambda: STORED)) as archive:
        archive._conn.execute("PRAGMA synchronous = OFF")
        run_id = archive.begin_run({}, {})
        if not start:
            archive.add_links(articles.waiting(), listing_url(articles.authors[0][0]))
        for number in range(start, end):
            article = articles.article(number)
            store(archive, run_id=run_id, **article)
            if number % CHANGED == 0:
                store(archive, run_id=run_id, **article | {"title": f"{article['title']} again"})
            if sys.stderr.isatty() and number % 1_000 == 0:
                print(f"{number:,} of {end:,} articles stored", end="\r", file=sys.stderr)
        _store_listings(archive, articles, end, run_id)
        archive.finish_run(
            run_id, verdict="ok", exit_code=0, finish_reason="finished", summary="", stats={}
        )


def _store_listings(archive: Archive, articles: SyntheticArticles, count: int, run_id: int) -> None:
    """Store every page of every author's listing, as many pages for each author."""
    pages = max(1, count * 4 // 3 // len(articles.authors) // PER_PAGE)
    for slug, name in articles.authors:
        for number in range(1, pages + 1):
            shown = listing(listing_url(slug, number), articles.urls[0], slug=slug, name=name)
            archive.store(shown, run_id)
