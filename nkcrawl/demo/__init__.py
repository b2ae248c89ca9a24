"""A small made-up NK News on loopback, with the true value of every field at hand.

`World` is the truth, `DemoServer` shows it. The pages are modelled by hand; nobody has recorded the
live site. Standard library only: newcomers, tests and benchmarks need nothing else.
"""

from nkcrawl.demo.redesign import Redesign
from nkcrawl.demo.server import Answer, DemoServer, Hit, article_page, listing_page
from nkcrawl.demo.world import TRAPS, DemoArticle, DemoAuthor, World

__all__ = [
    "TRAPS",
    "Answer",
    "DemoArticle",
    "DemoAuthor",
    "DemoServer",
    "Hit",
    "Redesign",
    "World",
    "article_page",
    "listing_page",
]
