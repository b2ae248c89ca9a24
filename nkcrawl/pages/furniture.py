"""What pages put around an article, by web standards, common wording and common class names.

Nothing here is specific to one site: each pattern was seen in themes, plugins and front ends of
many publishers.
"""

import re
from functools import lru_cache
from typing import Literal

# Elements and ARIA roles (WAI-ARIA 1.2) whose content is not the article's text, as in
# `Block.areas`.
AREAS = frozenset(("nav", "aside", "footer", "form", "dialog"))

# Class names and ids of parts beside the article, in WordPress, its plugins, AMP and most front
# ends. A name counts as a word or as a part of one: 'related-posts', 'c-related', 'postNavigation'.
_PART_NAMES = (
    "related", "recommend", "recirc", "read-?more", "read-?next",
    "more-(?:stories|posts|news|articles|from|on)", "most-?(?:read|popular|viewed|shared)",
    "popular", "trending", "also-?like", "yarpp", "jp-relatedposts", "outbrain", "taboola",
    "share", "shares", "sharing", "share-?(?:bar|buttons?|tools?|links?|icons?)", "sharedaddy",
    "social", "social-?\\w+", "addtoany", "addthis", "newsletter", "subscribe", "subscription",
    "sign-?up", "promo", "promotion", "promoted", "sponsor", "sponsored", "advert",
    "advertisement", "advertising", "ads?", "ad-?(?:slot|container|unit|wrapper)", "comments?",
    "comment-?(?:list|respond|form|area|section)", "disqus", "respond", "breadcrumbs?",
    "pagination", "pager", "page-?links", "post-?nav(?:igation)?", "nav-?links", "post-?tags?",
    "entry-?tags", "tags?-?(?:links|list|cloud)", "tagcloud", "tags", "keywords",
    "author-?(?:box|bio|info|card|profile|description)", "about-?(?:the-?)?author", "bio",
    "table-of-contents", "toc", "sidebar(?!-?(?:grid|wrap|content|layout|main))", "widget-?area",
    "cookie", "cookies", "consent", "gdpr", "pop-?up", "popover", "modal", "lightbox", "tooltip",
    "audio-?player", "player", "gallery", "slideshow", "carousel", "slider", "swiper", "login",
    "log-?in", "sign-?in", "skip-?link", "reading-?time", "reading-?progress", "pull-?quote",
    "poll", "quiz", "disclaimer", "copyright", "feedback", "rating", "donate", "donation",
    "app-?download", "card", "cards", "cta", "call-?to-?action", "inline-?promo", "cross-?link",
    "infobox", "info-?box", "factbox", "fact-?box",
)  # fmt: skip
_PART = re.compile(rf"(?<![a-z])(?:{'|'.join(_PART_NAMES)})(?![a-z])", re.IGNORECASE)
_CAPTION = re.compile(
    r"(?<![a-z])(?:wp-caption-text|wp-element-caption|captions?|image-?credit|photo-?credit)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Class names of what unfolds, in Bootstrap, jQuery UI and FAQ plugins: its text is the article's.
FOLDING = re.compile(
    r"(?<![a-z])(?:accordion|collaps\w+|faq|toggle|folding)(?![a-z])", re.IGNORECASE
)

# Whole headings and labels that begin a part of a page beside the article.
HEADINGS = re.compile(
    r"(?:you (?:may|might) (?:also )?(?:like|enjoy|be interested in)"
    r"|(?:more|read more|see more|latest)"
    r"(?: (?:stories|posts|news|articles|coverage|updates|headlines))?"
    r"(?: (?:from|in|on|by|about)\b.{1,60})?"
    r"|related(?: (?:posts?|articles?|stories|story|news|content|coverage|reading|topics|links"
    r"|tags))?"
    r"|recommended(?: (?:for you|reading|stories|articles|posts))?|(?:we )?recommend(?:ations)?"
    r"|(?:most|more) (?:read|popular|viewed|shared|commented)(?: .{1,30})?"
    r"|popular(?: (?:now|posts|stories|articles|news))?"
    r"|trending(?: (?:now|stories|news|topics))?|top (?:stories|news|headlines)|latest"
    r"|editors?['’]?s? (?:picks?|choice)"
    r"|don['’]?t miss|what to read next|read next|up next|next up|keep reading|further reading"
    r"|in other news|comments?(?: ?\(\d+\))?"
    r"|\d+ (?:comments?|repl(?:y|ies)|responses?|thoughts? on\b.{0,200})|no comments(?: yet)?"
    r"|leave a (?:reply|comment)|post a comment|join the (?:discussion|conversation)|add a comment"
    r"|discussion|share(?: (?:this|on|via|the)\b.{0,40})?|follow us.{0,40}|tags?|topics?"
    r"|filed under.{0,80}|posted in.{0,80}"
    r"|(?:our |the |daily |weekly |free |email )*newsletters?"
    r"|(?:sign up|subscribe)(?: (?:to|for|now|today|here)\b.{0,60})?"
    r"|stay (?:informed|updated|in the loop)"
    r"|about (?:the |this )?(?:authors?|writer|journalist|contributor)"
    r"|(?:written|story|article) by the author"
    r"|table of contents|contents|in this (?:article|story)|on this page|key points|at a glance"
    r"|advertise(?:ment)?(?: - .{1,60})?|ad|sponsored(?: content)?|paid (?:post|content)"
    r"|partner content|listen to (?:this|the) (?:article|story).{0,40}|photo gallery|gallery"
    r"|photos|in pictures|slideshow"
    r"|관련 ?기사|많이 본 (?:뉴스|기사)|인기 기사|추천 기사|댓글(?: ?\d+)?|공유하기)[:.]?",
    re.IGNORECASE,
)
# Openings of a line that leads to another story: 'READ MORE: The tide clock', 'Related: Who owns
# the quay?'
LEADS_ELSEWHERE = re.compile(
    r"(?:[▸►→»>•*\[(–—-]\s*)*"
    r"(?:read(?: (?:more|also|next|this|the|our))?|related|see(?: also| more)?|also read|more"
    r"|watch(?: also)?|listen|recommended|don['’]t miss|continue reading|in case you missed it"
    r"|up next|background|must[ -]read|관련 ?기사)\b"
    r"[^.!?:|]{0,40}[:|»→–—-]",
    re.IGNORECASE,
)
# Lines that only credit a picture.
CREDITS = re.compile(
    r"(?:©|\(c\)|(?:photo(?:graph)?s?|photo credits?|fotos?|images?|pictures?|illustrations?"
    r"|credits?|사진) ?[:©/|=]) ?.{2,120}",
    re.IGNORECASE,
)
# Notices of the page, wherever they stand alone.
NOTICES = re.compile(
    r"(?:-+ ?)?(?:advertise?ments?|advertisement - (?:scroll|continue).{0,60}"
    r"|article continues (?:after|below).{0,60}|story continues (?:after|below).{0,60}"
    r"|scroll (?:down )?(?:to|for) .{1,40}|continue reading below"
    r"|(?:\d{1,3}|a|one) min(?:ute)?s?[ -](?:read|listen).{0,20}|reading time:? .{1,20}"
    r"|listen to (?:this|the) (?:article|story).{0,80}|loading[ .…]*"
    r"|already (?:a|have an?|an?) .{1,40}\?.{0,30}"
    r"|(?:previous|next) (?:post|article|story|page)(?::.{1,200})?"
    r"|pages?: ?[\d ]+|광고)(?: ?-+)?[.:]?",
    re.IGNORECASE,
)
# Texts of buttons and links, which a subheading may have too.
LABELS = re.compile(
    r"(?:listen|play|pause|share|save|print|e-?mail|tweet|copy(?: link)?|bookmark|gift article"
    r"|comment|subscribe|log in|sign in|(?:\d+ )?(?:comments?|shares?|views?)|close|menu|search"
    r"|reply|like|report|previous|next|more|read more)[ .…]*",
    re.IGNORECASE,
)


@lru_cache(maxsize=5_000)  # the pages of a site share their class names
def part_named(names: str) -> Literal["", "caption", "part"]:
    """Return what the class names and ids of an element call it; '' if nothing known."""
    if _CAPTION.search(names):
        return "caption"
    lower = names if names.islower() else _CAMEL_CASE.sub("-", names)
    return "part" if _PART.search(lower.replace("_", "-")) else ""
