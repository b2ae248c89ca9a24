"""Which articles are asked for: by author, time, label and access."""

from dataclasses import dataclass
from typing import Any

from nkcrawl.items import Access

# The ids of an author's articles.
BY_AUTHOR = (
    "SELECT article_id FROM article_authors WHERE position IS NOT NULL "
    "AND author_id IN (SELECT id FROM authors WHERE slug = :author OR name LIKE :name ESCAPE '\\')"
)

BY_SLUG = """
    articles.id IN (
        SELECT article_id FROM article_authors JOIN authors ON authors.id = author_id
        WHERE position IS NOT NULL AND slug = :author
    )
"""

# Who wrote the articles that a query of the table gives, as {articles}, and how many each; up to
# {limit}.
AUTHORS_AMONG = """
    SELECT slug, coalesce(name, slug) AS name, count(*) AS articles
    FROM article_authors JOIN authors ON authors.id = author_id
    WHERE position IS NOT NULL AND article_id IN (SELECT id FROM ({articles}))
    GROUP BY authors.id ORDER BY articles DESC, name LIMIT {limit}
"""


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Articles that meet everything that is stated here; what is empty or None asks for nothing."""

    author: str = ""  # a slug, or a part of a name
    since: str = ""  # first and last day of publication in Seoul, YYYY-MM-DD
    until: str = ""
    label: str = ""
    access: Access | None = None

    def where(self) -> tuple[list[str], dict[str, Any]]:
        """Return conditions on a row of `articles`, to be joined by AND, and the values they
        name.
        """
        conditions = {
            "author": f"articles.id IN ({BY_AUTHOR})",
            "since": "articles.published_on >= :since",
            "until": "articles.published_on <= :until",
            "label": "articles.label = :label COLLATE NOCASE",
            "access": "articles.access = :access",
        }
        values: dict[str, Any] = {
            name: value for name in conditions if (value := getattr(self, name))
        }
        stated = [conditions[name] for name in values]
        if self.author:
            values["name"] = f"%{_escaped(self.author)}%"
        return stated, values


def _escaped(words: str) -> str:
    """Return words that LIKE takes for nothing but themselves."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
