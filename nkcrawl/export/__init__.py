"""Stored articles as files for others: pure functions from articles to text, one module a form.

An article here is a row of `articles` with its columns' names, but `authors` and `access_evidence`
are lists.
"""

from collections.abc import Mapping
from typing import Any

StoredArticle = Mapping[str, Any]


def author_names(article: StoredArticle) -> list[str]:
    """Return the names of an article's authors in the byline's order; who has none goes by the
    slug.
    """
    return [author["name"] or author["slug"] for author in article["authors"]]
