"""What pages put around an article, told by standards, by common wording and by the class names of
common software.

None of it is of one site. Each pattern has been met in themes, plugins and front ends of many
publishers.
"""

import re
from functools import lru_cache
from typing import Literal

# Elements and ARIA roles (WAI-ARIA 1.2) of which the content is not the article's own text; see
# `blocks`.
AREAS = frozenset(("nav", "aside", "footer", "form", "dialog"))

# Class names and ids by which WordPress, its plugins, AMP and most front ends call their parts. A
# name counts as a word or as a part of one: 'related-posts', 'c-related', 'sharedaddy',
# 'postNavigation'.
_PARTS = (
    "related", "recommend", "recirc", "read-?more", "read-?next", "more-(?:stories|posts|news|articles|from|on)",
    "most-?(?:read|popular|viewed|shared)", "popular", "trending", "also-?like", "yarpp", "jp-relatedposts", "outbrain",
    "taboola", "share", "shares", "sharing", "share-?(?:bar|buttons?|tools?|links?|icons?)", "sharedaddy", "social",
    "social-?\\w+", "addtoany", "addthis", "newsletter", "subscribe", "subscription", "sign-?up", "promo", "promotion",
    "promoted", "sponsor", "sponsored", "advert", "advertisement", "advertising", "ads?", "ad-?(?:slot|container|unit|wrapper)",
    "comments?", "comment-?(?:list|respond|form|area|section)", "disqus", "respond", "breadcrumbs?", "pagination", "pager",
    "page-?links", "post-?nav(?:igation)?", "nav-?links", "post-?tags?", "entry-?tags", "tags?-?(?:links|list|cloud)",
    "tagcloud", "tags", "keywords", "author-?(?:box|bio|info|card|profile|description)", "about-?(?:the-?)?author", "bio",
    "table-of-contents", "toc", "sidebar(?!-?(?:grid|wrap|content|layout|main))", "widget-?area", "cookie", "cookies", "consent", "gdpr", "pop-?up", "popover",
    "modal", "lightbox", "tooltip", "audio-?player", "player", "gallery", "slideshow", "carousel", "slider", "swiper",
    "login", "log-?in", "sign-?in", "skip-?link", "reading-?time", "reading-?progress", "pull-?quote", "poll", "quiz",
    "disclaimer", "copyright", "feedback", "rating", "donate", "donation", "app-?download",
    "card", "cards", "cta", "call-?to-?action", "inline-?promo", "cross-?link", "infobox", "info-?box", "factbox", "fact-?box",
)  # fmt: skip
_NAMES = re.compile(rf"(?<![a-z])(?:{'|'.join(_PARTS)})(?![a-z])", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Class names of what unfolds, in Bootstrap, jQuery UI and the FAQ plugins: its text is the
# article's.
FOLDING = re.compile(
    r"(?<![a-z])(?:accordion|collaps\w+|faq|toggle|folding)(?![a-z])", re.IGNORECASE
)
_CAPTIONS = re.compile(
    r"(?<![a-z])(?:wp-caption-text|wp-element-caption|captions?|image-?credit|photo-?credit)(?![a-z])",
    re.IGNORECASE,
)

# Headings and labels, whole, that begin a part of a page other than the article.
HEADINGS = re.compile(
    r"(?:you (?:may|might) (?:also )?(?:like|enjoy|be interested in)|(?:more|read more|see more|latest)"
    r"(?: (?:stories|posts|news|articles|coverage|updates|headlines))?(?: (?:from|in|on|by|about)\b.{1,60})?"
    r"|related(?: (?:posts?|articles?|stories|story|news|content|coverage|reading|topics|links|tags))?"
    r"|recommended(?: (?:for you|reading|stories|articles|posts))?|(?:we )?recommend(?:ations)?"
    r"|(?:most|more) (?:read|popular|viewed|shared|commented)(?: .{1,30})?|popular(?: (?:now|posts|stories|articles|news))?"
    r"|trending(?: (?:now|stories|news|topics))?|top (?:stories|news|headlines)|latest|editors?['’]?s? (?:picks?|choice)"
    r"|don['’]?t miss|what to read next|read next|up next|next up|keep reading|further reading|in other news"
    r"|comments?(?: ?\(\d+\))?|\d+ (?:comments?|repl(?:y|ies)|responses?|thoughts? on\b.{0,200})|no comments(?: yet)?"
    r"|leave a (?:reply|comment)|post a comment|join the (?:discussion|conversation)|add a comment|discussion"
    r"|share(?: (?:this|on|via|the)\b.{0,40})?|follow us.{0,40}|tags?|topics?|filed under.{0,80}|posted in.{0,80}"
    r"|(?:our |the |daily |weekly |free |email )*newsletters?|(?:sign up|subscribe)(?: (?:to|for|now|today|here)\b.{0,60})?|stay (?:informed|updated|in the loop)"
    r"|about (?:the |this )?(?:authors?|writer|journalist|contributor)|(?:written|story|article) by the author"
    r"|table of contents|contents|in this (?:article|story)|on this page|key points|at a glance"
    r"|advertise(?:ment)?(?: - .{1,60})?|ad|sponsored(?: content)?|paid (?:post|content)|partner content"
    r"|listen to (?:this|the) (?:article|story).{0,40}|photo gallery|gallery|photos|in pictures|slideshow"
    r"|관련 ?기사|많이 본 (?:뉴스|기사)|인기 기사|추천 기사|댓글(?: ?\d+)?|공유하기)[:.]?",
    re.IGNORECASE,
)
# Openings of a line that leads to another story: 'READ MORE: The tide clock', 'Related: Who owns
# the quay?'
LEADS_ELSEWHERE = re.compile(
    r"(?:[▸►→»>•*\[(–—-]\s*)*(?:read(?: (?:more|also|next|this|the|our))?|related|see(?: also| more)?|also read|more|watch(?: also)?"
    r"|listen|recommended|don['’]t miss|continue reading|in case you missed it|up next|background|must[ -]read|관련 ?기사)\b"
    r"[^.!?:|]{0,40}[:|»→–—-]",
    re.IGNORECASE,
)
# Lines that say whose a picture is, with no caption beside them.
CREDITS = re.compile(
    r"(?:©|\(c\)|(?:photo(?:graph)?s?|photo credits?|fotos?|images?|pictures?|illustrations?|credits?|사진) ?[:©/|=]) ?.{2,120}",
    re.IGNORECASE,
)
# Notices of the page, wherever they stand alone.
NOTICES = re.compile(
    r"(?:-+ ?)?(?:advertise?ments?|advertisement - (?:scroll|continue).{0,60}|article continues (?:after|below).{0,60}"
    r"|story continues (?:after|below).{0,60}|scroll (?:down )?(?:to|for) .{1,40}|continue reading below"
    r"|(?:\d{1,3}|a|one) min(?:ute)?s?[ -](?:read|listen).{0,20}|reading time:? .{1,20}"
    r"|listen to (?:this|the) (?:article|story).{0,80}|loading[ .…]*"
    r"|already (?:a|have an?|an?) .{1,40}\?.{0,30}|(?:previous|next) (?:post|article|story|page)(?::.{1,200})?"
    r"|pages?: ?[\d ]+|광고)(?: ?-+)?[.:]?",
    re.IGNORECASE,
)
# What buttons and links of a page say, which a crosshead may say too.
LABELS = re.compile(
    r"(?:listen|play|pause|share|save|print|e-?mail|tweet|copy(?: link)?|bookmark|gift article|comment|subscribe|log in|sign in"
    r"|(?:\d+ )?(?:comments?|shares?|views?)|close|menu|search|reply|like|report|previous|next|more|read more)[ .…]*",
    re.IGNORECASE,
)


@lru_cache(maxsize=5_000)  # the pages of a site have their class names in common
def part_named(names: str) -> Literal["", "caption", "part"]:
    """Return what the class names and ids of an element call it: a caption, a part that is not the
    article, or ''.
    """
    if _CAPTIONS.search(names):
        return "caption"
    lower = names if names.islower() else _CAMEL.sub("-", names)
    return "part" if _NAMES.search(lower.replace("_", "-")) else ""
