"""What the sources of a page say of a field, for and against the value that was chosen."""

from collections.abc import Iterable

from nkcrawl.items import Article, Source
from nkcrawl.text import normalize_for_match


def weigh(article: Article, name: str, chosen: str, others: Iterable[tuple[str, str]]) -> None:
    """Note which sources state the chosen value of a field, and which another."""
    sources = [
        Source(rule, value, normalize_for_match(value) == normalize_for_match(chosen))
        for value, rule in others
        if value
    ]
    if sources:
        article.sources[name] = list(dict.fromkeys(sources))
