"""A small made-up NK News on loopback, for newcomers, tests and benchmarks.

`FakeSite` knows the true value of every field, `DemoServer` serves its pages. They are modelled by
hand; nobody has recorded the live site.
"""

from nkcrawl.demo.article import DemoArticle, DemoAuthor
from nkcrawl.demo.edge_cases import EDGE_CASES
from nkcrawl.demo.render import article_page, listing_page
from nkcrawl.demo.server import DemoServer, Response
from nkcrawl.demo.site import FakeSite

__all__ = [
    "EDGE_CASES",
    "DemoArticle",
    "DemoAuthor",
    "DemoServer",
    "FakeSite",
    "Response",
    "article_page",
    "listing_page",
]
