"""Reads pages with one package and times it: `python bench/reader.py PACKAGE FOLDER`, in the
environment of that package.

The folder holds `pages.json`, a list of [URL, file]; the result is printed as JSON. The module
imports nothing but the package, which need not share its environment with nkcrawl.
"""

import json
import re
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Pages read before the measurement, for late imports and patterns compiled at first use.
WARM_UP = 20

Fields = dict[str, Any]


def read_with_nkcrawl(html: str, url: str) -> Fields:
    from nkcrawl.archive import article_row
    from nkcrawl.items import Visit
    from nkcrawl.pages import exceeds_limits, parse_html, read_article
    from nkcrawl.paywall import drop_filler
    from nkcrawl.pipelines import gate, normalise

    assert not exceeds_limits(html.encode())
    visit = Visit(url, "article", final_url=url, status=200)
    article = read_article(parse_html(html), visit, re.match("https?://[^/]+", url)[0]).article
    visit.article = drop_filler(normalise(article, datetime.now(UTC).date()))
    kept = gate(visit).article
    if kept is None:
        return {}
    row = article_row(kept)
    names = (row["byline"] or "").split(" | ")
    return fields(row["title"], row["published_on"], names, row["body"])


def read_with_trafilatura(html: str, url: str) -> Fields:
    from trafilatura import bare_extraction

    article = bare_extraction(html, url=url, with_metadata=True, include_comments=False)
    if article is None:
        return {}
    return fields(article.title, article.date, (article.author or "").split("; "), article.text)


def read_with_newspaper4k(html: str, url: str) -> Fields:
    from newspaper import Article

    article = Article(url, fetch_images=False)
    article.download(input_html=html)
    article.parse()
    day = article.publish_date and article.publish_date.isoformat()
    return fields(article.title, day, article.authors, article.text)


def read_with_news_please(html: str, url: str) -> Fields:
    from newsplease import NewsPlease

    article = NewsPlease.from_html(html, url=url, fetch_images=False)
    day = article.date_publish and article.date_publish.isoformat()
    return fields(article.title, day, article.authors, article.maintext)


def fields(headline: str, day: str | None, authors: list[str], body: str) -> Fields:
    return {"headline": headline, "day": day, "authors": authors, "body": body}


READERS = {
    "nkcrawl": read_with_nkcrawl,
    "trafilatura": read_with_trafilatura,
    "newspaper4k": read_with_newspaper4k,
    "news-please": read_with_news_please,
}


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    listed = json.loads((folder / "pages.json").read_text())
    pages = [(url, (folder / file).read_text()) for url, file in listed]
    read = READERS[name]
    for url, html in pages[:WARM_UP]:
        with suppress(Exception):
            read(html, url)
    results = []
    wall, cpu = time.perf_counter(), time.process_time()
    for url, html in pages:
        result: Fields = {}
        with suppress(Exception):  # a page on which a package fails is not read
            result = read(html, url)
        results.append(result)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({"version": version(name), "seconds": seconds, "results": results}))


if __name__ == "__main__":
    main()
