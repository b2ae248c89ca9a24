"""A small made-up NK News on loopback, with the true value of every field at hand.

`FakeSite` is the expected_row, `DemoServer` shows it. The pages are modelled by hand; nobody has recorded the
live site. Standard library only: newcomers, tests and benchmarks need nothing else.
"""

from nkcrawl.demo.redesign import Redesign
from nkcrawl.demo.server import Answer, DemoServer, LoggedRequest, article_page, listing_page
from nkcrawl.demo.world import EDGE_CASES, DemoArticle, DemoAuthor, FakeSite

__all__ = [
    "EDGE_CASES",
    "Answer",
    "DemoArticle",
    "DemoAuthor",
    "DemoServer",
    "FakeSite",
    "LoggedRequest",
    "Redesign",
    "article_page",
    "listing_page",
]
