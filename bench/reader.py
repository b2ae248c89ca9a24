"""Reads pages with one package and says how long it took: `python bench/reader.py PACKAGE FOLDER`,
in that package's environment.

The folder holds `pages.json`, a list of [URL, file]; what was read is printed as JSON. It imports
nothing but the package, which need not share its environment with nkcrawl.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

# pages read before the clock runs: what is imported late, and patterns that are compiled at first
# use
WARM_UP = 20

Read = Callable[[str, str], dict[str, Any]]


def nkcrawl() -> Read:
    from nkcrawl.archive import article_row
    from nkcrawl.items import Article, Page
    from nkcrawl.pages import exceeds_limits, parse_html, read_article
    from nkcrawl.paywall import drop_filler
    from nkcrawl.pipelines import gate, normalise

    def read(html: str, url: str) -> dict[str, Any]:
        assert not exceeds_limits(html.encode())
        page = Page(url, "article", final_url=url, status=200)
        article = read_article(parse_html(html), page, re.match("https?://[^/]+", url)[0]).article
        kept = gate(drop_filler(normalise(article, datetime.now(UTC).date())))
        if not isinstance(kept, Article):
            return {}
        row = article_row(kept)
        names = (row["byline"] or "").split(" | ")
        return {
            "headline": row["title"],
            "day": row["published_on"],
            "authors": names,
            "body": row["body"],
        }

    return read


def trafilatura() -> Read:
    from trafilatura import bare_extraction

    def read(html: str, url: str) -> dict[str, Any]:
        found = bare_extraction(html, url=url, with_metadata=True, include_comments=False)
        if found is None:
            return {}
        names = (found.author or "").split("; ")
        return {"headline": found.title, "day": found.date, "authors": names, "body": found.text}

    return read


def newspaper4k() -> Read:
    from newspaper import Article

    def read(html: str, url: str) -> dict[str, Any]:
        found = Article(url, fetch_images=False)
        found.download(input_html=html)
        found.parse()
        return as_found(found.title, found.publish_date, found.authors, found.text)

    return read


def news_please() -> Read:
    from newsplease import NewsPlease

    def read(html: str, url: str) -> dict[str, Any]:
        found = NewsPlease.from_html(html, url=url, fetch_images=False)
        return as_found(found.title, found.date_publish, found.authors, found.maintext)

    return read


def as_found(
    headline: str, published: datetime | None, authors: list[str], body: str
) -> dict[str, Any]:
    """Return what newspaper4k, and news-please which stands on it, found."""
    return {
        "headline": headline,
        "day": published and published.isoformat(),
        "authors": authors,
        "body": body,
    }


READERS = {
    "nkcrawl": nkcrawl,
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "news-please": news_please,
}


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    pages = [
        (url, (folder / file).read_text())
        for url, file in json.loads((folder / "pages.json").read_text())
    ]
    read = READERS[name]()
    for url, html in pages[:WARM_UP]:
        with suppress(Exception):
            read(html, url)
    found = []
    wall, cpu = time.perf_counter(), time.process_time()
    for url, html in pages:
        said: dict[str, Any] = {}
        with suppress(Exception):  # a page that trips a package is one that it does not read
            said = read(html, url)
        found.append(said)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({"version": version(name), "seconds": seconds, "found": found}))


if __name__ == "__main__":
    main()
