"""What a crawl prints on a terminal."""

import pytest

from nkcrawl.extensions.progress import counts_line, progress_line
from nkcrawl.items import Visit
from tests import factories
from tests.factories import SITE, article_url, failure, feed, rejection, skipped, unchanged

URL = article_url("x")
AUTHOR_PAGE = f"{SITE}/content_author/ann/"


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (
            factories.read(URL, title="Ferry", access="teaser", published_on="2025-06-12"),
            ("teaser", "2025-06-12 Ferry"),
        ),
        (factories.read(URL, title="Ferry", published_on=None), ("unknown", "           Ferry")),
        (factories.listing(AUTHOR_PAGE), ("author", "Ann Lee, 0 articles listed")),
        (feed(URL), ("feed", "1 articles listed")),
        (unchanged(URL), ("unchanged", URL)),
        (rejection(URL), ("rejected", f"{URL}: soft 404")),
        (failure(URL, "HTTP 503", "u (HTTP 503)"), ("failed", "u (HTTP 503)")),
        (skipped(URL), ("skipped", f"{URL}: budget")),
    ],
)
def test_progress_is_one_line_per_page(item: Visit, line: tuple[str, str]) -> None:
    assert progress_line(item) == line


def test_progress_counts() -> None:
    counts = {"nkcrawl/articles": 3, "nkcrawl/articles/new": 2, "nkcrawl/listings": 1}
    assert (
        counts_line({**counts, "nkcrawl/failed": 1}, due=7, seconds=30)
        == "5 done · 7 due · 2 new · 10 pages per minute"
    )
    assert counts_line({}, due=7, seconds=0.1) == "0 done · 7 due · 0 new"
