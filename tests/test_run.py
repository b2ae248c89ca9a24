"""The statistics that a run records at its end."""

from nkcrawl.extensions.run import fill_rates
from nkcrawl.items import ARTICLE_FIELDS


def test_fill_rates_count_only_articles_that_were_read() -> None:
    stats = {
        "nkcrawl/articles": 6,
        "nkcrawl/not_modified/article": 2,
        "nkcrawl/filled/title": 4,
        "nkcrawl/filled/note": 1,
    }
    rates = {f"nkcrawl/fill/{name}": 0.0 for name in ARTICLE_FIELDS}
    assert fill_rates(stats) == rates | {"nkcrawl/fill/title": 1.0, "nkcrawl/fill/note": 0.25}
    assert fill_rates({"nkcrawl/listings": 3}) == {}
