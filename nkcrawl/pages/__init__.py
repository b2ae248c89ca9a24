"""Pages of the site to items, by meaning: what readers see first, what the page states for machines
second.
"""

from nkcrawl.pages.absurd import ABSURD, is_absurd_markup
from nkcrawl.pages.article import EXTRACTOR_VERSION, ReadBlock, Reading, read_article
from nkcrawl.pages.feed import read_feed
from nkcrawl.pages.listing import read_listing
from nkcrawl.pages.parsing import parse_html

__all__ = [
    "ABSURD",
    "EXTRACTOR_VERSION",
    "ReadBlock",
    "Reading",
    "is_absurd_markup",
    "parse_html",
    "read_article",
    "read_feed",
    "read_listing",
]
