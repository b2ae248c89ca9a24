"""What becomes of the pages when the site is redesigned, and no crawler is told?

This is modelled by hand; nobody has recorded the live site. Addresses, robots.txt and the feed stay
as they were.
"""

import re
from dataclasses import replace
from typing import Literal

from nkcrawl.demo.wording import MODELLED
from nkcrawl.demo.world import DemoArticle

# Article and author pages are empty until a script fills them; articles say no date; author pages
# link to no article.
Redesign = Literal["shell", "undated", "unlinked"]

SHELL = (
    '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>NK News</title></head>\n'
    f'<body>\n<!-- {MODELLED} -->\n<div id="app"></div>\n<script src="/wp-content/app.js"></script>\n</body>\n</html>\n'
)
_ARTICLE_LINK = re.compile(r'<a href="(?:http://[^"/]+)?/\d{4}/\d\d/[^"]*"[^>]*>(.*?)</a>')


def undated(article: DemoArticle) -> DemoArticle:
    """The article as a page shows it that says in no form when it was published."""
    return replace(article, edge_cases=article.edge_cases | {"no-date"})


def unlinked(page: str) -> str:
    """A page whose links to articles are plain headlines and pictures."""
    return _ARTICLE_LINK.sub(r"\1", page)
