"""What does a page of a block theme look like, with everything a machine could wish for?

This is modelled by hand; nobody has recorded the live site. Whether it has JSON-LD or OpenGraph at
all is not known.
"""

import json
from datetime import datetime
from typing import Any

from nkcrawl.demo import wording
from nkcrawl.demo.html import (
    about_author,
    attribute,
    author_path,
    byline,
    curly,
    entry_links,
    excerpt,
    headline,
    hidden_headlines,
    hidden_rest,
    lead,
    link,
    offer,
    pager,
    plain_headline,
    pro_entry,
    recent_stories,
    rights,
    tag,
    text,
    visit_dates,
)
from nkcrawl.demo.world import DemoArticle, DemoAuthor, FakeSite

_NAV = (
    '<nav><a href="/">Home</a> <a href="/category/news/">News</a> <a href="/pro/">NK PRO</a> '
    '<a href="https://tv.nknews.org/">TV</a></nav>'
)
_LOOSE_CLOSED = ("False", "http://schema.org/False")


def _moment(when: datetime, number: int) -> str:
    """A moment in UTC, in one of the two ways to say so."""
    return when.strftime("%Y-%m-%dT%H:%M:%S") + ("+00:00" if number % 2 else "Z")


def _dates(article: DemoArticle, *names: str) -> dict[str, str]:
    """Publication and change under their names; nothing where the page has no date."""
    moments = () if "no-date" in article.edge_cases else (article.published_at, article.modified_at)
    return {
        name: _moment(moment, article.number) for name, moment in zip(names, moments, strict=False)
    }


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The whole page of an article."""
    language = "ko-KR" if article.language == "ko" else "en-US"
    inner = "\n".join(
        (_header(article, base_url), _content(article, base_url), offer(article, "p"), rights("p"))
    )
    popup = (
        "".join(tag("p", text(line)) for line in wording.POPUP)
        if "popup" in article.edge_cases
        else ""
    )
    parts = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n{_head(article, base_url)}\n</head>\n<body>',
        f"<!-- {wording.MODELLED} -->\n{_site_header(world, article.number)}",
        f"<main>\n<article>\n{inner}\n</article>\n{_tail(world, article, base_url)}\n</main>",
        tag("aside", popup, 'role="dialog"') if popup else "",
        _footer(world),
    )
    return "\n".join(part for part in parts if part)


def _head(article: DemoArticle, base_url: str) -> str:
    """Title, canonical link, OpenGraph, JSON-LD."""
    url = base_url + article.path
    about = attribute(excerpt(article))
    metas = {
        "og:type": "article",
        "og:site_name": "NK News",
        "og:title": attribute(article.title),
        "og:description": about,
        "og:url": url,
        "og:image": base_url + article.image_path,
        **_dates(article, "article:published_time", "article:modified_time"),
    }
    graph = {"@context": "https://schema.org", "@graph": _graph(article, base_url)}
    data = json.dumps(graph, ensure_ascii=article.number % 3 == 0).replace("</", "<\\/")
    style = (
        "<style>.member-part { display: none }</style>"
        if "hidden-rest-selector" in article.edge_cases
        else ""
    )
    return "\n".join(
        (
            f'<meta charset="utf-8">{style}<title> {plain_headline(article)} | NK News</title>',
            f'<link rel="canonical" href="{url}">\n<meta name="description" content="{about}">',
            *(f'<meta property="{name}" content="{value}">' for name, value in metas.items()),
            f'<script type="application/ld+json">{data}</script>',
        )
    )


def _graph(article: DemoArticle, base_url: str) -> list[dict[str, Any]]:
    """The nodes of the page; nothing of the text beyond its description."""
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
            "@id": f"{base_url}/#/schema/person/{author.slug}",
            "name": author.name,
            "description": author.bio,
            "url": base_url + author_path(author.slug),
        }
        for author in article.authors
    ]
    website = {"@type": "WebSite", "@id": site, "url": f"{base_url}/", "name": "NK News"}
    return [website, page, _news_node(article, base_url), *people]


def _news_node(article: DemoArticle, base_url: str) -> dict[str, Any]:
    """The article itself."""
    url = base_url + article.path
    node: dict[str, Any] = {
        "@type": "NewsArticle" if article.number % 2 else ["NewsArticle", "Article"],
        "@id": f"{url}#article",
        "isPartOf": {"@id": url},
        "mainEntityOfPage": {"@id": url},
        "headline": article.title,
        "description": excerpt(article),
        **_dates(article, "datePublished", "dateModified"),
        "author": [
            {"@id": f"{base_url}/#/schema/person/{author.slug}"} for author in article.authors
        ],
        "image": {"@type": "ImageObject", "url": base_url + article.image_path},
        "inLanguage": "ko-KR" if article.language == "ko" else "en-US",
    }
    if article.label:
        node["articleSection"] = [article.label] if article.number % 2 else article.label
    return node | _access_node(article)


def _access_node(article: DemoArticle) -> dict[str, Any]:
    """What the page claims about who may read it."""
    loose = "loose-booleans" in article.edge_cases
    closed, opened = (_LOOSE_CLOSED[article.number % 2], "True") if loose else (False, True)
    claim = closed if article.access == "teaser" else opened
    if article.access == "free" and not loose and article.number % 2 == 0:
        return {}
    node: dict[str, Any] = {"isAccessibleForFree": claim}
    if article.access == "teaser":
        part = {
            "@type": "WebPageElement",
            "isAccessibleForFree": claim,
            "cssSelector": ".member-part",
        }
        node["hasPart"] = [part] if article.number % 2 else part
    return node


def _site_header(world: FakeSite, number: int) -> str:
    logo = f'<a href="/"><img src="/wp-content/logo.png" alt="{wording.LOGO}"></a>'
    promo = tag("p", wording.PROMOS[number % 2])
    return f"<header>\n{logo}<div>{visit_dates(world.today)}</div>\n{_NAV}\n{promo}\n</header>"


def _footer(world: FakeSite) -> str:
    return f"<footer><p>{wording.copyright_line(world.today.year)}</p></footer>\n</body>\n</html>\n"


def _header(article: DemoArticle, base_url: str) -> str:
    """Label, headline, subtitle, byline with its moment, share icons, headline again."""
    label = text(article.label) if article.label else ""
    slug = label.lower().replace(" ", "-")
    moment = article.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    time = f' <time datetime="{moment}">{wording.long_date(article.published_on)}</time>'
    signed = byline(article, base_url, "rel=author") + (
        "" if "no-date" in article.edge_cases else time
    )
    parts = (
        tag("p", link(f"/category/{slug}/", label), 'class="wp-block-post-terms"') if label else "",
        tag("h1", headline(article), 'class="wp-block-post-title"'),
        hidden_headlines(article),
        tag("p", text(article.subtitle), 'class="wp-block-post-excerpt"')
        if article.subtitle
        else "",
        tag("div", signed, 'class="wp-block-group"'),
        tag("div", " ".join(wording.SHARE), 'class="wp-block-social-links"'),
        tag("div", headline(article)),
    )
    return "\n".join(part for part in parts if part)


def _content(article: DemoArticle, base_url: str) -> str:
    """Picture, lead, and on some pages the rest for members, out of sight."""
    picture = f'<img src="{base_url}{article.image_path}" alt="{plain_headline(article)}">'
    line = (
        f"{text(article.caption)} | Image: {text(article.credit)}"
        if article.caption and article.credit
        else ""
    )
    name = "div" if "div-paragraphs" in article.edge_cases else "p"
    figure = tag("figure", picture + (tag("figcaption", line) if line else ""))
    inner = "\n".join((figure, *lead(article, name), hidden_rest(article)))
    return tag("div", inner, 'class="wp-block-post-content"')


def _tail(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Recent Stories and About the Author."""
    stories = "".join(tag("li", story) for story in recent_stories(world, article, base_url))
    authors = "".join(about_author(world, article, "p"))
    tip = " ".join(tag("span", word) for word in wording.TIP)
    return (
        f"<aside><h2>Recent Stories</h2><ul>{stories}</ul></aside>\n"
        f"<section><h2>About the Author</h2>{authors}{tip}</section>"
    )


def listing_page(world: FakeSite, author: DemoAuthor, number: int, base_url: str) -> str:
    """One page of an author's listing."""
    entries = [_entry(entry, base_url) for entry in world.entries(author.slug, number)]
    if entries and number % 2:
        entries.insert(0, tag("article", pro_entry(number)))
    url = base_url + author_path(author.slug, number)
    parts = (
        '<!DOCTYPE html>\n<html lang="en-US">\n<head><meta charset="utf-8">',
        f'<title> {attribute(author.name)} | NK News</title>\n<link rel="canonical" href="{url}"></head>\n<body>',
        f"<!-- {wording.MODELLED} -->\n{_site_header(world, number)}\n<main>",
        f"<section><h2>About the author</h2><h1>{text(curly(author.name))}</h1><p>{text(author.bio)}</p></section>",
        f"<h2>More articles by '{text(author.name)}'</h2>",
        *entries,
        f"<nav>{pager(author.slug, number, world.page_count(author.slug))}</nav>\n</main>",
        _footer(world),
    )
    return "\n".join(parts)


def _entry(article: DemoArticle, base_url: str) -> str:
    """One entry: links, subtitle, authors and date."""
    first, *others = entry_links(article, base_url)
    stamp = ""
    if "no-date" not in article.edge_cases:
        stamp = tag("p", f"{byline(article, base_url)} {wording.long_date(article.published_on)}")
    deck = tag("p", text(article.subtitle)) if article.subtitle else ""
    return tag("article", first + "".join(others) + deck + stamp)
