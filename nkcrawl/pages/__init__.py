"""Pages of the site to items, by meaning: what readers see first, what the page states for machines second."""

from nkcrawl.pages.absurd import ABSURD, is_absurd_markup
from nkcrawl.pages.article import EXTRACTOR_VERSION, Fate, Reading, read_article
from nkcrawl.pages.feed import read_feed
from nkcrawl.pages.listing import read_listing
from nkcrawl.pages.parsing import parse_html
from nkcrawl.pages.structured import free_as_stated

__all__ = [
    "ABSURD",
    "EXTRACTOR_VERSION",
    "Fate",
    "Reading",
    "free_as_stated",
    "is_absurd_markup",
    "parse_html",
    "read_article",
    "read_feed",
    "read_listing",
]
