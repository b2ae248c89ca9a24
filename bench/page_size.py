"""Pages of the made-up site at the size of real ones: what a WordPress theme puts around an
article, made up as well.

A stored page of a news site has some 70 KB, of which the article is the least: style sheets and
scripts written into the page, menus, icons, a footer. The demo's pages have the article alone,
which would flatter every figure.
"""

import re
from collections.abc import Iterable
from functools import cache

_BODY = re.compile("<body[^>]*>")
SIZE = 70_000  # characters, which are nearly as many bytes

_SECTIONS = "News Analysis Opinion Features Interviews Podcasts Shorts Economy Diplomacy Military Culture Travel".split()
_TOPICS = "ferries harbors bridges rails ports depots mines dams markets schools farms weather coal timber wheat".split()
_HIDDEN = (
    ".menu-toggle,.sub-menu .sub-menu", ".search-form--closed", ".cookie-notice[data-state=closed]", ".js .no-js-only",
    ".modal:not(.is-open)", ".entry-footer .edit-link", "#offcanvas", ".swiper-button-lock", "ul.tabs>li.is-hidden",
)  # fmt: skip
_SHOWN = (
    ".menu-item-has-children>a",
    ".wp-block-navigation__container",
    ".site-branding",
    ".entry-meta span",
)
_SCRIPT = (
    'window.theme_{0}=window.theme_{0}||[];(function(d,s){{var e=d.createElement(s);e.async=true;e.dataset.slot="{0}";'
    'theme_{0}.push({{"ajax":"/wp-admin/admin-ajax.php","nonce":"{1:010x}","id":{0}}});d.head.append(e)}})'
    '(document,"script");\n'
)
_RULE = ".wp-block-{0}-{1}{{margin:{2}px auto;padding:var(--wp--preset--spacing--{3}0);color:#{4:06x};line-height:1.{3}}}\n"
_ICON = (
    '<svg viewBox="0 0 24 24" width="24" height="24"><title>{0}</title><g fill="none"><path d="M{1} 4h{2}l-7 8 7 8H{1}z"/>'
    '<path d="M12 {2}c-4.4 0-8 3.6-8 8s3.6 8 8 8 8-3.6 8-8-3.6-8-8-8z"/></g></svg>'
)


def padded(page: str, size: int = SIZE) -> str:
    """Return a page with styles, scripts, menus and a footer around what it holds, `size`
    characters in all or a few more.
    """
    rest = size - len(page) - len(_menus()) - len(_footer())
    head = _styles(max(rest * 6 // 10, 0)) + _scripts(max(rest * 3 // 10, 0))
    tail = _scripts(max(rest // 10, 0))
    page = page.replace("</head>", f"{head}</head>", 1)
    page = _BODY.sub(lambda body: f"{body[0]}\n{_menus()}", page, count=1)
    return page.replace("</body>", f"{_footer()}{tail}</body>", 1)


@cache
def _menus() -> str:
    menus = "".join(
        f'<li class="menu-item menu-item-has-children"><a href="/category/{section.lower()}/">{section}</a>'
        f'<ul class="sub-menu">{"".join(_entry(section, topic) for topic in _TOPICS[:6])}</ul></li>\n'
        for section in _SECTIONS
    )
    return f'<nav class="main-navigation" aria-label="Menu">{_icons()}<ul class="menu">{menus}</ul></nav>\n'


def _entry(section: str, topic: str) -> str:
    path = f"/category/{section.lower()}/{topic}/"
    return f'<li class="menu-item"><a href="{path}">{section} on {topic}</a></li>'


def _icons() -> str:
    return "".join(
        _ICON.format(name, number, 20 - number) for number, name in enumerate(_SECTIONS[:8], 1)
    )


@cache
def _footer() -> str:
    links = "".join(f'<li><a href="/tag/{topic}/">{topic.title()}</a></li>' for topic in _TOPICS)
    return f'<footer class="site-footer"><div class="widget-area">{_icons()}<ul>{links}</ul></div></footer>\n'


@cache
def _styles(size: int) -> str:
    """Return style sheets of about so many characters, with the few rules among them by which
    themes hide things.
    """
    rules = [f"{selector}{{display:none}}\n" for selector in _HIDDEN]
    rules += [f"{selector}{{display:block}}\n" for selector in _SHOWN]
    rules.append(
        "@media (max-width:600px){.site-branding{display:none}.entry-content{padding:0 4px}}\n"
    )
    plain = (
        _RULE.format(_TOPICS[n % 15], n, n % 40, n % 9, n * 7919 % 0xFFFFFF) for n in range(size)
    )
    return f'<style id="global-styles-inline-css">\n{_filled(rules, plain, size)}</style>\n'


@cache
def _scripts(size: int) -> str:
    return f"<script>\n{_filled([], (_SCRIPT.format(n, n * 104_729) for n in range(size)), size)}</script>\n"


def _filled(first: list[str], more: Iterable[str], size: int) -> str:
    """Return lines joined, as many as are needed for so many characters."""
    lines, length = list(first), sum(map(len, first))
    for line in more:
        if length >= size:
            break
        lines.append(line)
        length += len(line)
    return "".join(lines)
