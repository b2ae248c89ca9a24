"""Articles as an Atom feed (RFC 4287): links to them, and never the text, which is the authors'."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from nkcrawl import __version__
from nkcrawl.export import StoredArticle, author_names

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_atom(articles: Iterable[StoredArticle], site: str, about: str) -> Iterator[str]:
    """Yield a feed of at least one article, in the order given.

    `site` is like 'https://www.nknews.org', `about` describes the filter. The two make up the
    feed's id, so that a later feed with the same filter is known to be the same feed.
    """
    about = _NOT_XML.sub("", about)
    entries, updated = [], []
    for article in articles:
        entries.append(_entry(article))
        updated.append(article["changed_at"])
    host = urlsplit(site).netloc
    yield '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    yield _element("id", uuid5(NAMESPACE_URL, f"{site}/ {about}").urn)
    yield _element("title", f"{host}: {about}" if about else host)
    yield _element("updated", max(updated))
    yield _element("author", _element("name", host), is_xml=True)
    yield _element("link", rel="alternate", href=f"{site}/")
    yield _element("generator", "nkcrawl", version=__version__)
    yield from entries
    yield "</feed>\n"


def _entry(article: StoredArticle) -> str:
    published = article["published_at"] or (
        article["published_on"] and f"{article['published_on']}T00:00:00+09:00"
    )
    elements = [
        _element("id", article["url"]),
        _element("title", article["title"] or article["url"]),
        _element("link", rel="alternate", href=article["url"]),
        *(
            _element("author", _element("name", name), is_xml=True)
            for name in author_names(article)
        ),
        _element("published", published) if published else "",
        _element("updated", article["changed_at"]),
        _element("category", term=article["label"]) if article["label"] else "",
        _element("summary", article["subtitle"]) if article["subtitle"] else "",
    ]
    return _element("entry", "\n" + "".join(elements), is_xml=True)


def _element(name: str, content: str = "", *, is_xml: bool = False, **attributes: str) -> str:
    """Return an element and a line break, without the characters that XML does not allow."""
    tag = name + "".join(
        f" {key}={quoteattr(_NOT_XML.sub('', value))}" for key, value in attributes.items()
    )
    body = content if is_xml else escape(_NOT_XML.sub("", content))
    return f"<{tag}>{body}</{name}>\n" if body else f"<{tag}/>\n"
