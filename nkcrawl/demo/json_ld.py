"""What the pages of the made-up site state for machines, as JSON.

Modelled by hand; nobody has recorded the live site.
"""

import json
from datetime import datetime
from typing import Any

from markupsafe import Markup

from nkcrawl.demo.article import SEOUL, DemoArticle, DemoAuthor

Node = dict[str, Any]


def excerpt(article: DemoArticle) -> str:
    """Return the description of an article: its subtitle, or the beginning of its lead."""
    return article.subtitle or " ".join(" ".join(article.paragraphs).split(" ")[:20]) + " […]"


def seoul_timestamp(when: datetime) -> str:
    """Return a timestamp as WordPress writes it on a site that keeps Seoul time."""
    return (when + SEOUL).strftime("%Y-%m-%dT%H:%M:%S+09:00")


def utc_timestamp(when: datetime, number: int) -> str:
    """Return a timestamp in one of the two notations of UTC."""
    return when.strftime("%Y-%m-%dT%H:%M:%S") + ("+00:00" if number % 2 else "Z")


def block_graph(article: DemoArticle, base_url: str) -> Markup:
    """Return the graph of the rendering `block`; its only text is the description."""
    url, site = base_url + article.path, f"{base_url}/#website"
    page = {
        "@type": "WebPage",
        "@id": url,
        "url": url,
        "name": f"{article.title} | NK News",
        "isPartOf": {"@id": site},
        **_dates(article, "datePublished"),
    }
    people = [
        {
            "@type": "Person",
            "@id": _person_id(author, base_url),
            "name": author.name,
            "description": author.bio,
            "url": base_url + author.path,
        }
        for author in article.authors
    ]
    website = {"@type": "WebSite", "@id": site, "url": f"{base_url}/", "name": "NK News"}
    nodes = [website, page, _news_article(article, base_url), *people]
    graph = {"@context": "https://schema.org", "@graph": nodes}
    return _script(graph, ascii_only=article.number % 3 == 0)


def _news_article(article: DemoArticle, base_url: str) -> Node:
    url = base_url + article.path
    node = {
        "@type": "NewsArticle" if article.number % 2 else ["NewsArticle", "Article"],
        "@id": f"{url}#article",
        "isPartOf": {"@id": url},
        "mainEntityOfPage": {"@id": url},
        "headline": article.title,
        "description": excerpt(article),
        **_dates(article, "datePublished", "dateModified"),
        "author": [{"@id": _person_id(author, base_url)} for author in article.authors],
        "image": {"@type": "ImageObject", "url": base_url + article.image_path},
        "inLanguage": "ko-KR" if article.language == "ko" else "en-US",
    }
    if article.label:
        node["articleSection"] = [article.label] if article.number % 2 else article.label
    return node | _access(article)


def _access(article: DemoArticle) -> Node:
    """Return what the page claims about its access; half of the free articles claim nothing."""
    is_loose = "loose-booleans" in article.edge_cases
    if article.access == "free" and not is_loose and article.number % 2 == 0:
        return {}
    if article.access != "teaser":
        return {"isAccessibleForFree": "True" if is_loose else True}
    loose = ("False", "http://schema.org/False")[article.number % 2]
    claim = {"isAccessibleForFree": loose if is_loose else False}
    part = {"@type": "WebPageElement", **claim, "cssSelector": ".member-part"}
    return {**claim, "hasPart": [part] if article.number % 2 else part}


def _dates(article: DemoArticle, *names: str) -> dict[str, str]:
    """Return publication and last change under these names, nothing where the page has no date."""
    if "no-date" in article.edge_cases:
        return {}
    times = (article.published_at, article.modified_at)
    return {
        name: utc_timestamp(when, article.number) for name, when in zip(names, times, strict=False)
    }


def _person_id(author: DemoAuthor, base_url: str) -> str:
    return f"{base_url}/#/schema/person/{author.slug}"


def cards_scripts(article: DemoArticle, others: list[DemoArticle], base_url: str) -> list[Markup]:
    """Return the scripts of the rendering `cards`: other stories first, in one list or apart."""
    is_dated, is_free = "no-date" not in article.edge_cases, article.access == "free"
    nodes = [_card(story, base_url, is_dated, not is_free) for story in others]
    nodes.append(_card(article, base_url, is_dated, is_free))
    return [_script(part) for part in ([nodes] if article.number % 2 else nodes)]


def _card(story: DemoArticle, base_url: str, is_dated: bool, is_free: bool) -> Node:
    url = base_url + story.path
    node: Node = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": f"{url}#article",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": story.title,
        "author": [
            {"@type": "Person", "name": author.name, "url": base_url + author.path}
            for author in story.authors
        ],
        "image": [base_url + story.image_path],
        "isAccessibleForFree": is_free,
    }
    if is_dated:
        node["datePublished"] = seoul_timestamp(story.published_at)
        node["dateModified"] = seoul_timestamp(story.modified_at)
    return node | ({"articleSection": story.label} if story.label else {})


def next_data(article: DemoArticle, others: list[DemoArticle]) -> Markup:
    """Return the data of the rendering `headless`: other stories, with their first paragraphs."""
    stories = [
        {
            "uri": story.path,
            "title": story.title,
            "subtitle": story.subtitle,
            "section": story.label,
            "authors": [{"slug": author.slug, "name": author.name} for author in story.authors],
            "date": seoul_timestamp(story.published_at),
            "opening": story.paragraphs[:1],
        }
        for story in others
    ]
    data = {
        "props": {"pageProps": {"upNext": stories}},
        "page": "/[...uri]",
        "query": {"uri": article.path.strip("/").split("/")},
        "buildId": f"k{article.number:05}",
    }
    return _script(data, ascii_only=article.number % 2 == 0)


def _script(data: Node | list[Node], ascii_only: bool = False) -> Markup:
    """Return JSON that is safe inside a script element."""
    return Markup(json.dumps(data, ensure_ascii=ascii_only).replace("</", "<\\/"))
