"""Reading pages into items, by what readers see first, and by the metadata second."""

from nkcrawl.pages.article import EXTRACTOR_VERSION, Reading, read_article
from nkcrawl.pages.html import TOO_COMPLEX, exceeds_limits, parse_html
from nkcrawl.pages.listing import read_feed, read_listing

__all__ = [
    "EXTRACTOR_VERSION",
    "TOO_COMPLEX",
    "Reading",
    "exceeds_limits",
    "parse_html",
    "read_article",
    "read_feed",
    "read_listing",
]
