"""What does a page of the older WordPress theme look like? The site's name in `h1`, the headline in
`h2`.

This is modelled by hand; nobody has recorded the live site. The wording is known, no tag or class
of it is.
"""

from nkcrawl.demo import wording
from nkcrawl.demo.html import (
    about_author,
    attribute,
    author_path,
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
    visit_line,
)
from nkcrawl.demo.world import DemoArticle, DemoAuthor, FakeSite


def _top(world: FakeSite, title: str) -> str:
    """Everything above the label; the language is wrong for Korean articles."""
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en-US">',
            f'<head><meta charset="utf-8"><title>{title} | NK News</title></head>',
            f'<body class="single">\n<!-- {wording.MODELLED} -->',
            '<a href="#wp-toolbar">Skip to toolbar</a>',
            tag("div", visit_line(world.today), 'class="topbar"'),
            '<div id="masthead"><h1><a href="/">NK News</a></h1>',
            '<ul><li><a href="/">Home</a></li><li><a href="/pro/">NK Pro</a></li></ul></div>',
        )
    )


def _bottom(world: FakeSite) -> str:
    line = text(wording.copyright_line(world.today.year))
    return f'<div id="footer"><p>{line}</p></div>\n</body>\n</html>\n'


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The whole page of an article."""
    popup = "popup" in article.edge_cases
    promo = f'<div class="promo"><p>New user promotion</p><p>{wording.PROMO_STAMP}</p></div>'
    parts = (
        _top(world, plain_headline(article)),
        promo if "promo-stamp" in article.edge_cases else "",
        f'<div id="content"><div class="post">\n{_header(article, base_url)}\n{_content(article, base_url)}\n</div>',
        _tail(world, article, base_url),
        "</div>",
        tag("div", "".join(tag("p", text(line)) for line in wording.POPUP), 'class="modal"')
        if popup
        else "",
        _bottom(world),
    )
    return "\n".join(part for part in parts if part)


def _header(article: DemoArticle, base_url: str) -> str:
    """Label, headline, subtitle, date on its own line, byline, share icons."""
    label = text(article.label) if article.label else ""
    slug = label.lower().replace(" ", "-")
    date = "" if "no-date" in article.edge_cases else wording.ordinal_date(article.published_on)
    share = " ".join(wording.SHARE)
    parts = (
        tag("div", link(f"/category/{slug}/", label, 'rel="category tag"'), 'class="cat"')
        if label
        else "",
        tag("h2", headline(article)),
        hidden_headlines(article),
        tag("div", text(article.subtitle), 'class="deck"') if article.subtitle else "",
        tag("div", date, 'class="date"') if date else "",
        tag("div", "By " + byline(article, base_url, 'rel="author"'), 'class="by"'),
        tag("div", share, 'class="share"') if "headline-thrice" in article.edge_cases else "",
        tag("div", headline(article), 'class="again"')
        if "headline-thrice" in article.edge_cases
        else "",
    )
    return "\n".join(part for part in parts if part)


def _content(article: DemoArticle, base_url: str) -> str:
    """Picture, lead, the picture's credit, offer, rights."""
    name = "div" if "div-paragraphs" in article.edge_cases else "p"
    picture = f'<img src="{base_url}{article.image_path}" alt="{plain_headline(article)}">'
    caption = tag("p", text(article.caption), 'class="wp-caption-text"') if article.caption else ""
    credit = article.credit or ""
    if credit and "illustration" not in article.edge_cases:
        credit = f"Featured image: {credit}"
    box = offer(article, "p")
    parts = (
        tag("div", picture + caption, 'class="wp-caption"'),
        *lead(article, name),
        tag("p", text(credit)) if credit else "",
        tag("div", box + rights("p", " |"), 'class="promo"') if box else "",
    )
    return tag("div", "\n".join(part for part in parts if part), 'class="entry"')


def _tail(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """Recent Stories, About the Author, and what 2014 had below them."""
    stories = "".join(tag("li", story) for story in recent_stories(world, article, base_url))
    parts = (
        f"<h3>Recent Stories</h3>\n<ul>{stories}</ul>",
        "<h3>About the Author</h3>",
        *about_author(world, article, "p"),
        tag("p", " ".join(wording.TIP)),
        "<h4>Recommended for You</h4>\n<h4>Join the discussion</h4>"
        if article.published_on.year < 2015
        else "",
    )
    return "\n".join(part for part in parts if part)


def listing_page(world: FakeSite, author: DemoAuthor, number: int, base_url: str) -> str:
    """One page of an author's listing; this theme shows neither byline nor date there."""
    entries = [_entry(entry, base_url) for entry in world.entries(author.slug, number)]
    if entries and number % 2:
        entries.insert(len(entries) // 2, tag("div", tag("h3", pro_entry(number)), 'class="story"'))
    parts = (
        _top(world, attribute(author.name)),
        f"<h3>About the author</h3>\n<h2>{text(curly(author.name))}</h2>\n<p>{text(author.bio)}</p>",
        f"<h3>More articles by '{text(author.name)}'</h3>",
        *entries,
        tag("div", pager(author.slug, number, world.page_count(author.slug)), 'class="pages"'),
        link(author_path(author.slug) + "?show=nkpro", "Show NK Pro"),
        _bottom(world),
    )
    return "\n".join(part for part in parts if part)


def _entry(article: DemoArticle, base_url: str) -> str:
    """One entry: links and subtitle."""
    first, *others = entry_links(article, base_url)
    heads = "".join(tag("h3", part) for part in others)
    deck = tag("p", text(article.subtitle)) if article.subtitle else ""
    return tag("div", first + heads + deck, 'class="story"')
