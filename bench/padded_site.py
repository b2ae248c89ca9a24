"""Serve the made-up site with pages of a real size: `python bench/padded_site.py --articles 2000`.

It prints its URL and serves until its standard input is closed. It caches its pages, so that a page
that is requested again costs next to nothing.
"""

import argparse
import sys
from dataclasses import replace
from functools import lru_cache

from page_size import SIZE, padded

from nkcrawl.demo import DemoServer, FakeSite, Response

_KEPT = 4_000  # pages


class PaddedSite(DemoServer):
    """Serves every page with what a theme puts around it."""

    def __init__(self, fake_site: FakeSite, size: int = SIZE) -> None:
        super().__init__(fake_site)
        self.size = size
        self.get = lru_cache(maxsize=_KEPT)(self._get)  # type: ignore[method-assign]

    def _get(self, path: str) -> Response:
        response = super().get(path)
        if not (isinstance(response.body, str) and response.content_type.startswith("text/html")):
            return response
        return replace(response, body=padded(response.body, self.size).encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Serve a made-up NK News with pages as large as real ones."
    )
    parser.add_argument("--articles", type=int, default=2_000, metavar="N", help="default: 2000")
    parser.add_argument("--authors", type=int, default=40, metavar="N", help="default: 40")
    given = parser.parse_args()
    with PaddedSite(FakeSite(articles=given.articles, authors=given.authors)) as site:
        print(site.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
