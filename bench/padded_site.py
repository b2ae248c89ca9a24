"""The made-up site with pages at the size of real ones, in a process of its own: `python
bench/padded_site.py --articles 2000`.

It prints its address, and answers until its standard input is closed. What it has made once it
keeps, so that a page that is asked for again costs it next to nothing.
"""

import argparse
import sys
from dataclasses import replace
from functools import lru_cache

from page_size import SIZE, padded

from nkcrawl.demo import DemoServer, FakeSite
from nkcrawl.demo.server import Answer

_KEPT = 4_000  # pages


class PaddedSite(DemoServer):
    """The made-up site, every page of it with what a theme puts around it."""

    def __init__(self, world: FakeSite, size: int = SIZE) -> None:
        super().__init__(world)
        self.size = size
        self.answer = lru_cache(maxsize=_KEPT)(self._answer)  # type: ignore[method-assign]

    def _answer(self, path: str) -> Answer:
        said = super().answer(path)
        if not (isinstance(said.body, str) and said.content_type.startswith("text/html")):
            return said
        return replace(said, body=padded(said.body, self.size).encode())


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
