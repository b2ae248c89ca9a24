"""The made-up site as data: authors, articles, listings, and the rows that a crawl must store.

Nothing here knows HTML. The same arguments always give the same site.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from nkcrawl.demo.article import (
    SEED_AUTHORS,
    STATES_TIMESTAMP,
    DemoArticle,
    DemoAuthor,
    make_article,
    make_author,
    make_plan,
)
from nkcrawl.demo.edge_cases import find_edge_cases

PER_PAGE = 10
FIRST_DAY = date(2013, 1, 3)
NEWEST_DAYS_AGO = 10


class FakeSite:
    """A made-up NK News. `today` fixes the day of every article, the newest is ten days old."""

    feed_size = 300

    def __init__(
        self,
        articles: int = 60,
        authors: int = 8,
        seed: int = 0,
        today: date = date(2025, 11, 20),
    ) -> None:
        if articles < 0 or authors < 1:
            raise ValueError(
                "a site needs at least one author, and cannot have fewer than 0 articles"
            )
        if today < FIRST_DAY + timedelta(days=365):
            raise ValueError(f"today must be at least a year after {FIRST_DAY}")
        self.seed, self.today, self.size = seed, today, articles
        self.authors = tuple(make_author(number) for number in range(authors))
        bylines = _bylines(articles, authors, seed)
        self.articles = [self._article(position, bylines[position]) for position in range(articles)]
        self._build_lookups()

    def article(self, path: str) -> DemoArticle | None:
        """Return the article that a path serves, its own or its `-2` alias."""
        return self._by_path.get(path)

    def author(self, slug: str) -> DemoAuthor | None:
        """Return the author whose page has this slug."""
        return next((author for author in self.authors if author.slug == slug), None)

    def articles_of(self, slug: str) -> Sequence[DemoArticle]:
        """Return an author's articles, newest first."""
        return self._by_author.get(slug, [])

    def entries(self, slug: str, number: int) -> Sequence[DemoArticle]:
        """Return the articles on one page of an author's listing."""
        return self.articles_of(slug)[(number - 1) * PER_PAGE : number * PER_PAGE]

    def page_count(self, slug: str) -> int:
        """Return how many pages an author's listing has, at least one."""
        return max(1, -(-len(self.articles_of(slug)) // PER_PAGE))

    def recent(self, article: DemoArticle) -> list[tuple[DemoArticle, str]]:
        """Return the three Recent Stories beside an article, each with the path of its link."""
        stories = [(story, story.path) for story in self._draw(article, 3)]
        if "alias-link" in article.edge_cases and stories:
            aliased = self._next_aliased(article)
            if aliased is not None and aliased.alias_path is not None:
                rest = [(story, path) for story, path in stories[1:] if story != aliased]
                stories = [(aliased, aliased.alias_path), *rest]
        return stories

    def related(self, article: DemoArticle) -> list[DemoArticle]:
        """Return up to six stories for the cards beside an article, those of `recent` last."""
        stories = self._draw(article, 6)
        return stories[3:] + stories[:3]

    def expected_row(self, article: DemoArticle, base_url: str) -> dict[str, Any]:
        """Return the archive row of an article read without error, with its authors.

        What the page does not show is None; a body without paragraphs is ''.
        """
        is_dated = "no-date" not in article.edge_cases
        is_timed = is_dated and article.rendering in STATES_TIMESTAMP
        return {
            "url": base_url + article.path,
            "title": article.title,
            "subtitle": article.subtitle,
            "label": article.label,
            "byline": " | ".join(author.name for author in article.authors),
            "published_on": article.published_on.isoformat() if is_dated else None,
            "published_at": _timestamp(article.published_at) if is_timed else None,
            "modified_at": _timestamp(article.modified_at) if is_timed else None,
            "body": "\n\n".join(article.paragraphs),
            "note": article.note,
            "access": article.access,
            "image_url": base_url + article.image_path,
            "image_caption": article.caption,
            "image_credit": article.credit,
            "language": article.language,
            "authors": [(author.slug, author.name) for author in article.authors],
        }

    def _article(self, position: int, byline: tuple[int, ...]) -> DemoArticle:
        day = self._day(position)
        authors = tuple(self.authors[number] for number in byline)
        plan = make_plan(position, day, self.seed)
        article = make_article(plan, self.size - position, day, authors, self.seed)
        return replace(article, edge_cases=find_edge_cases(article))

    def _day(self, position: int) -> date:
        """Return when an article was published, never later than the one before it."""
        span = (self.today - FIRST_DAY).days - NEWEST_DAYS_AGO
        share = position / max(1, self.size - 1)
        return self.today - timedelta(days=NEWEST_DAYS_AGO + round(span * share**1.6))

    def _build_lookups(self) -> None:
        """Make the articles findable by path and by author."""
        self._by_path: dict[str, DemoArticle] = {}
        self._by_author: dict[str, list[DemoArticle]] = {}
        self._by_position: dict[int, DemoArticle] = {}
        for article in self.articles:
            self._by_position[article.plan.position] = article
            self._by_path[article.path] = article
            if article.alias_path:
                self._by_path[article.alias_path] = article
            for author in article.authors:
                self._by_author.setdefault(author.slug, []).append(article)

    def _draw(self, article: DemoArticle, count: int) -> list[DemoArticle]:
        """Draw that many other articles, fewer where there are not as many."""
        return list(islice(self._drawn(article), min(count, max(0, len(self.articles) - 1))))

    def _drawn(self, article: DemoArticle) -> Iterator[DemoArticle]:
        """Yield other articles in a random order, whose beginning a new article seldom changes."""
        rng = Random(f"recent {self.seed} {article.number}")
        seen = {article.plan.position}
        first = rng.sample(range(self.size), min(4, self.size))
        while True:
            position = first.pop(0) if first else rng.randrange(self.size)
            if position in self._by_position and position not in seen:
                seen.add(position)
                yield self._by_position[position]

    def _next_aliased(self, article: DemoArticle) -> DemoArticle | None:
        """Return the nearest older article with an alias, continuing with the newest."""
        for step in range(1, self.size):
            other = self._by_position.get((article.plan.position + step) % self.size)
            if other is not None and other.alias_path:
                return other
        return None


def _timestamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _bylines(articles: int, authors: int, seed: int) -> list[tuple[int, ...]]:
    """Return the numbers of each article's authors, newest article first.

    Every author shares a byline with a seed author, so that the crawler finds all of them.
    """
    seeds = min(authors, len(SEED_AUTHORS))
    known = set(range(seeds))
    bylines: list[tuple[int, ...]] = []
    for position in reversed(range(articles)):
        # Every third article is by one author: even a small site has a listing of several pages.
        main = 0 if position % 3 == 2 else (position + position // authors + seed) % authors
        numbers = [main]
        if position % 4 == 1 or main not in known:
            numbers.append((position // 4 + seed) % seeds)
        if position % 20 == 9:
            numbers.append((position // 20 + seed + 2) % seeds)
        bylines.append(tuple(dict.fromkeys(numbers)))
        known.add(main)
    return bylines[::-1]
