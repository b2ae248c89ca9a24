"""How do the true texts become HTML? The pieces that the renderings share."""

from datetime import date, datetime
from html import escape

from nkcrawl.demo import wording
from nkcrawl.demo.world import SEOUL, DemoArticle, FakeSite, has_portrait

NBSP = "\N{NO-BREAK SPACE}"
_ADDRESS = "[email protected]"
_CLOUDFLARE = (
    '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="4f3b263f3c0f2a372e223f232a6120">'
    "[email&#160;protected]</a>"
)
_QUERIES = {
    1: "?t=1718870000000",
    2: "?utm_source=related&amp;utm_medium=web",
    5: "?c=1718870000000",
}


def text(value: str) -> str:
    """Text as HTML, addresses obfuscated the way Cloudflare does it."""
    return escape(value, quote=False).replace(NBSP, "&nbsp;").replace(_ADDRESS, _CLOUDFLARE)


def attribute(value: str) -> str:
    """Text as the inside of a quoted attribute."""
    return escape(value)


def tag(name: str, inner: str, attributes: str = "") -> str:
    """One element."""
    return f"<{name} {attributes}>{inner}</{name}>" if attributes else f"<{name}>{inner}</{name}>"


def link(path: str, inner: str, attributes: str = "") -> str:
    """A link; the path must already be fit for an attribute."""
    return tag("a", inner, f'href="{path}" {attributes}'.rstrip())


def variant(base_url: str, path: str, style: int) -> str:
    """A link target as the site varies it: query, fragment, no final slash, relative or
    absolute.
    """
    target = path[:-1] if style % 6 == 3 else path
    target += _QUERIES.get(style % 6, "") + ("#comments" if style % 6 == 4 else "")
    return target if style % 2 else base_url + target


def author_path(slug: str, number: int = 1) -> str:
    """The address of one page of an author's listing."""
    return f"/content_author/{slug}/" + (f"page/{number}/" if number > 1 else "")


def category_path(label: str) -> str:
    """The address of the section that a label names."""
    return f"/category/{label.lower().replace(' ', '-')}/"


def straight(value: str) -> str:
    """Curly apostrophes made straight."""
    return value.replace("’", "'").replace("‘", "'")


def curly(value: str) -> str:
    """Straight apostrophes made curly, as headings have them."""
    return value.replace("'", "’")


def headline(article: DemoArticle) -> str:
    """The headline as a heading shows it."""
    return text(article.title + (NBSP if "trailing-nbsp" in article.edge_cases else ""))


def plain_headline(article: DemoArticle) -> str:
    """The headline as `<title>` and picture alts have it, fit for an attribute."""
    return attribute(
        straight(article.title) if "straight-title" in article.edge_cases else article.title
    )


def excerpt(article: DemoArticle) -> str:
    """What others are told of an article: the subtitle, or the beginning of the lead."""
    return article.subtitle or " ".join(" ".join(article.paragraphs).split(" ")[:20]) + " […]"


def lead(
    article: DemoArticle, name: str, attributes: str = "", note_opening: str = ""
) -> list[str]:
    """The blocks of the public text, with the note where the page has it and what stands in front
    of the note.
    """
    paragraphs = _paragraphs(article)
    note = text(article.note) if article.note else ""
    if note and "note-glued" in article.edge_cases:
        paragraphs[0] = note_opening + note + paragraphs[0]
        note = ""
    if "doubled-lead" in article.edge_cases:
        paragraphs *= 2
    if "br-paragraphs" in article.edge_cases:
        paragraphs = ["<br><br>\n".join(paragraphs)]
    if "br-lines" in article.edge_cases:
        paragraphs = ["<br>\n".join(paragraphs)]
    blocks = [tag(name, paragraph, attributes) for paragraph in paragraphs]
    if "hidden-lead" in article.edge_cases:
        blocks.insert(0, tag("div", "".join(blocks), 'style="display:none"'))
    if not note:
        return blocks
    stands_after = article.note is not None and article.note.startswith(wording.NOTES_AFTER_LEAD)
    own = tag(name, ("" if stands_after else note_opening) + tag("em", note), attributes)
    return [*blocks, own] if stands_after else [own, *blocks]


def _paragraphs(article: DemoArticle) -> list[str]:
    """The paragraphs as HTML, with the breaks and spaces that the edge_cases ask for."""
    paragraphs = list(article.paragraphs)
    if "nbsp" in article.edge_cases and paragraphs:
        paragraphs[0] = paragraphs[0].replace(" ", NBSP, 1)
        paragraphs[-1] += NBSP
    return [text(paragraph) for paragraph in paragraphs]


def hidden_rest(article: DemoArticle) -> str:
    """The part for members, hidden from readers."""
    rest = "".join(tag("p", text(paragraph)) for paragraph in article.hidden)
    if "hidden-rest-style" in article.edge_cases:
        return tag("div", rest, 'style="display: none;"')
    return (
        tag("div", rest, 'class="member-part"')
        if "hidden-rest-selector" in article.edge_cases
        else ""
    )


def hidden_headlines(article: DemoArticle) -> str:
    """The headline once more for nobody to see."""
    if "hidden-headline" in article.edge_cases:
        return tag("div", headline(article), "hidden")
    return (
        tag("div", headline(article), 'aria-hidden="true"')
        if "aria-hidden" in article.edge_cases
        else ""
    )


def offer(article: DemoArticle, name: str = "div", attributes: str = "") -> str:
    """The offer box, if the page has one."""
    if "limit-box" in article.edge_cases:
        return tag("div", "".join(tag(name, text(line), attributes) for line in wording.LIMIT_BOX))
    heading = next(
        (lines for trap, lines in wording.OFFER_HEADINGS.items() if trap in article.edge_cases),
        None,
    )
    if heading is None:
        return ""
    broken = "subscribe-break" in article.edge_cases
    lines = [
        *(tag(name, text(line), attributes) for line in heading),
        _offer_list(article),
        tag(name, ("<br>" if broken else " ").join(wording.OFFER_PITCH), attributes),
        link("https://signup.nknews.org/", "Subscribe<br>now" if broken else "Subscribe now"),
        tag(name, wording.OFFER_CARDS, attributes),
    ]
    return tag("div", "\n".join(lines))


def _offer_list(article: DemoArticle) -> str:
    """The list of the offer box, its marks as the edge_cases say."""
    if "bullets-none" in article.edge_cases:
        return tag("ul", "".join(tag("li", line) for line in wording.OFFER_LIST))
    if "bullets-dot" in article.edge_cases:
        return "".join(tag("div", f"• {line}") for line in wording.OFFER_LIST)
    return "".join(tag("div", "-") + tag("div", line) for line in wording.OFFER_LIST)


def rights(name: str = "div", ending: str = "") -> str:
    """The rights lines below the text."""
    first, second = wording.RIGHTS
    return "\n".join(tag(name, line) for line in (first + ending, second, wording.MOBILE))


def byline(article: DemoArticle, base_url: str, attributes: str = "") -> str:
    """The names, each a link to its author page."""
    query = "?utm_source=byline" if "author-query" in article.edge_cases else ""
    links: list[str] = []
    for author in article.authors:
        target = base_url + author_path(author.slug) + query
        if not links and "byline-portrait" in article.edge_cases:
            picture = (
                f'<img src="/wp-content/authors/{author.slug}.jpg" alt="{attribute(author.name)}">'
            )
            links.append(link(target, picture) + link(target, text(author.name), attributes))
        else:
            links.append(link(target, text(author.name), attributes))
    return ("| " if "byline-tight-pipe" in article.edge_cases else " | ").join(links)


def recent_stories(
    world: FakeSite, article: DemoArticle, base_url: str, copies: int = 2
) -> list[str]:
    """The three stories as links, each so many times; an NK Pro story stands in for the last on
    some pages.
    """
    style = (article.number * 5 + len(article.title)) % 6
    wanted = {"no-final-slash": (3,), "fragments": (4,), "tracked-links": (1, 2, 5)}
    styles = next((styles for trap, styles in wanted.items() if trap in article.edge_cases), (0,))
    stories = []
    for index, (story, path) in enumerate(world.recent(article)):
        target = variant(base_url, path, styles[(style + index) % len(styles)])
        stories.append(link(target, text(story.title)) * copies)
    if "pro-link" in article.edge_cases:
        stories[2:] = [pro_entry(article.number, copies)]
    return stories


def pro_story(number: int) -> tuple[str, str]:
    """Path and headline of a story of the other, paid product."""
    path = f"/pro/2025/0{1 + number % 9}/sanctions-ledger-{number}/"
    return path, f"Sanctions ledger no. {number}: Who insures the tankers"


def pro_entry(number: int, copies: int = 2) -> str:
    """Such a story in a list, with its badge."""
    path, title = pro_story(number)
    return tag("span", "NK PRO") + link(path, title) * copies


def about_author(world: FakeSite, article: DemoArticle, name: str = "div") -> list[str]:
    """About the Author, for every author: portrait, name, bio, link to more."""
    sections = []
    for author in article.authors:
        path = author_path(author.slug)
        shown = attribute(author.name)
        portrait = f'<img src="/wp-content/authors/{author.slug}.jpg" alt="{shown}">'
        parts = [
            portrait if has_portrait(world.authors.index(author)) else "",
            tag(name, link(path, text(curly(author.name)))),
            tag(name, text(author.bio)),
            link(path, f"View more articles by {text(author.name)}"),
        ]
        sections.append("\n".join(parts))
    return sections


def pager(slug: str, number: int, last: int) -> str:
    """The pager: the first six pages, the neighbours, the last."""
    if last == 1:
        return ""
    shown = sorted(
        {*range(1, min(last, 6) + 1), max(1, number - 1), min(last, number + 1), number, last}
    )
    return " ".join(
        tag("span", str(page)) if page == number else link(author_path(slug, page), str(page))
        for page in shown
    )


def entry_links(article: DemoArticle, base_url: str) -> list[str]:
    """The two or three links of a listing entry: picture, headline, sometimes the headline
    again.
    """
    picture = f'<img src="{article.image_path}" alt="{plain_headline(article)}">'
    inner = [picture, headline(article), headline(article)][: 2 + article.number % 2]
    return [
        link(variant(base_url, article.path, article.number + index if index else 0), part)
        for index, part in enumerate(inner)
    ]


def seoul_timestamp(when: datetime) -> str:
    """A timestamp as WordPress writes it on a site that keeps Seoul time."""
    return (when + SEOUL).strftime("%Y-%m-%dT%H:%M:%S+09:00")


def popup(article: DemoArticle, name: str, attributes: str) -> str:
    """The pop-up about membership, on the pages that have it."""
    lines = "".join(tag("p", text(line)) for line in wording.POPUP)
    return tag(name, lines, attributes) if "popup" in article.edge_cases else ""


def visit_dates(today: date) -> str:
    """The day of the visit, twice and glued."""
    return tag("span", wording.long_date(today)) + tag("span", wording.short_date(today))


def visit_line(today: date) -> str:
    """The day of the visit beside the other language, as the older theme has it."""
    return link("/", "한국어") + f" | {wording.long_date(today)}"


def without_visit(page: str, today: date) -> str:
    """A page without what the day of the visit, and nothing else, changes on it."""
    for shown in (visit_dates(today), visit_line(today), wording.copyright_line(today.year)):
        page = page.replace(shown, "")
    return page
