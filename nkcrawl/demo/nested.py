"""What does a page look like that says nothing to machines? Nested boxes with made-up class names,
as since 2025.

This is modelled by hand; nobody has recorded the live site. Only the order of the visible text is
known.
"""

from nkcrawl.demo import wording
from nkcrawl.demo.html import (
    about_author,
    attribute,
    byline,
    curly,
    entry_links,
    headline,
    hidden_headlines,
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


def _box(inner: str, name: str = "1x7k9q") -> str:
    return f'<div class="css-{name}">{inner}</div>'


def _top(world: FakeSite, title: str, number: int) -> str:
    """Everything above the label."""
    logo = f'<a href="/" class="css-0pl2"><img src="/wp-content/logo.png" alt="{wording.LOGO}"></a>'
    return "\n".join(
        (
            f'<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title> {title} | NK News</title></head>\n<body>',
            f"<!-- {wording.MODELLED} -->",
            _box(f"{logo}{_box(visit_dates(world.today), 'd41v')}{logo}", "9zz0a"),
            _box(text(wording.PROMOS[number % 2]), "pr0m0"),
        )
    )


def _bottom(world: FakeSite) -> str:
    return _box(text(wording.copyright_line(world.today.year)), "f00t") + "\n</body>\n</html>\n"


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The whole page of an article."""
    parts = [
        _box(wording.BROWSER_NOTICE, "1e0") if "popup" in article.edge_cases else "",
        _top(world, plain_headline(article), article.number),
        _box(
            _header(article, base_url)
            + _content(article, base_url)
            + _tail(world, article, base_url),
            "w4ap",
        ),
        _box("".join(tag("div", line) for line in wording.POPUP), "p0p")
        if "popup" in article.edge_cases
        else "",
        _bottom(world),
    ]
    return "\n".join(part for part in parts if part)


def _header(article: DemoArticle, base_url: str) -> str:
    """Label, headline, subtitle, byline, share icons, headline again."""
    date = "" if "no-date" in article.edge_cases else text(wording.long_date(article.published_on))
    gap = "" if "byline-glued-date" in article.edge_cases else " "
    label = text(article.label) if article.label else ""
    if label and article.number % 2:
        label = link(f"/category/{label.lower().replace(' ', '-')}/", label)
    icon, copy, other_icon, other = (tag("span", word) for word in wording.SHARE)
    parts = (
        _box(label, "1ab3l") if label else "",
        _box(headline(article), "h3ad"),
        hidden_headlines(article),
        _box(text(article.subtitle), "5ub") if article.subtitle else "",
        _box(byline(article, base_url) + (gap + tag("span", date) if date else ""), "8yl1n"),
        _box(f"{icon} {copy}{other_icon} {other}", "5h4r3"),
        _box(headline(article), "h3ad"),
    )
    return "\n".join(part for part in parts if part)


def _content(article: DemoArticle, base_url: str) -> str:
    """Picture, lead, offer, rights."""
    picture = f'<img src="{base_url}{article.image_path}" alt="{plain_headline(article)}">'
    line = (
        f"{text(article.caption)} | Image: {text(article.credit)}"
        if article.caption and article.credit
        else ""
    )
    name = "div" if "div-paragraphs" in article.edge_cases else "p"
    parts = (
        _box(picture + (_box(line, "c4pt") if line else ""), "1m4g"),
        _box("\n".join(lead(article, name)), "b0dy"),
        _box(offer(article), "0ff3r") if offer(article) else "",
        _box(rights(), "r1gh7"),
    )
    return "\n".join(part for part in parts if part)


def _tail(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Recent Stories, About the Author, the tip box."""
    stories = "".join(_box(story, "5t0ry") for story in recent_stories(world, article, base_url))
    authors = "".join(_box(part, "4u7h") for part in about_author(world, article))
    tip = "".join(tag("span", word) for word in wording.TIP)
    return _box(_box("Recent Stories") + stories) + _box(_box("About the Author") + authors + tip)


def listing_page(world: FakeSite, author: DemoAuthor, number: int, base_url: str) -> str:
    """One page of an author's listing."""
    entries = [
        _box(_entry(entry, author, base_url), "5t0ry")
        for entry in world.entries(author.slug, number)
    ]
    if entries and number % 2:
        entries.insert(1, _box(pro_entry(number), "5t0ry"))
    parts = (
        _top(world, attribute(author.name), number),
        _box(
            _box("About the author") + _box(text(curly(author.name))) + _box(text(author.bio)),
            "4u7h",
        ),
        _box(f"More articles by '{text(author.name)}'", "m0r3"),
        *entries,
        _box(pager(author.slug, number, world.page_count(author.slug)), "p4g3"),
        _box(rights(), "r1gh7"),
        _bottom(world),
    )
    return "\n".join(part for part in parts if part)


def _entry(article: DemoArticle, author: DemoAuthor, base_url: str) -> str:
    """One entry: links, subtitle, sometimes author and date."""
    stamp = ""
    if article.number % 3 == 0 and "no-date" not in article.edge_cases:
        stamp = _box(f"{text(author.name)} {wording.long_date(article.published_on)}", "5t4mp")
    deck = _box(text(article.subtitle)) if article.subtitle else ""
    return "".join(_box(part) for part in entry_links(article, base_url)) + deck + stamp
