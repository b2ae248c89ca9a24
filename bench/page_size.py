"""The made-up site with pages as large as real ones, with styles, scripts, menus and a footer.

A page of a news site has some 70 KB, and the article is the smallest part of it. The pages of the
made-up site have the article alone, which would make every figure look too good.

`python bench/page_size.py 2000` serves a site of 2,000 articles: it prints its URL, and runs until
its standard input is closed. Pages are kept once they are made, so that serving costs next to
nothing.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

from nkcrawl.demo import DemoServer, FakeSite, Response

SIZE = 70_000  # characters, nearly as many bytes
KEPT = 4_000  # pages

_BODY = re.compile("<body[^>]*>")
_SECTIONS = (
    "News Analysis Opinion Features Interviews Podcasts Shorts Economy Diplomacy Military Culture"
).split()
_TOPICS = "ferries harbors bridges rails ports depots mines dams markets schools farms coal".split()
# The few rules by which themes hide and show elements.
_RULES = """\
.menu-toggle,.sub-menu .sub-menu{display:none}
.search-form--closed,.cookie-notice[data-state=closed]{display:none}
.js .no-js-only,.modal:not(.is-open){display:none}
.entry-footer .edit-link,#offcanvas,ul.tabs>li.is-hidden{display:none}
.menu-item-has-children>a,.site-branding,.entry-meta span{display:block}
@media (max-width:600px){.site-branding{display:none}.entry-content{padding:0 4px}}
"""
_RULE = (
    ".wp-block-{0}-{1}{{margin:{2}px auto;padding:var(--wp--preset--spacing--{3}0);"
    "color:#{4:06x};line-height:1.{3}}}\n"
)
_SCRIPT = (
    "window.theme_{0}=window.theme_{0}||[];(function(d,s){{var e=d.createElement(s);e.async=true;"
    'e.dataset.slot="{0}";theme_{0}.push({{"ajax":"/wp-admin/admin-ajax.php",'
    '"nonce":"{1:010x}","id":{0}}});d.head.append(e)}})(document,"script");\n'
)
_ICON = (
    '<svg viewBox="0 0 24 24" width="24" height="24"><title>{0}</title><g fill="none">'
    '<path d="M{1} 4h{2}l-7 8 7 8H{1}z"/>'
    '<path d="M12 {2}c-4.4 0-8 3.6-8 8s3.6 8 8 8 8-3.6 8-8-3.6-8-8-8z"/></g></svg>'
)


def padded(page: str, size: int = SIZE) -> str:
    """Return a page with styles, scripts, menus and a footer, of at least `size` characters."""
    rest = size - len(page) - len(_menus()) - len(_footer())
    head = _styles(max(rest * 6 // 10, 0)) + _scripts(max(rest * 3 // 10, 0))
    page = page.replace("</head>", f"{head}</head>", 1)
    page = _BODY.sub(lambda body: f"{body[0]}\n{_menus()}", page, count=1)
    return page.replace("</body>", f"{_footer()}{_scripts(max(rest // 10, 0))}</body>", 1)


@cache
def _menus() -> str:
    menus = []
    for section in _SECTIONS:
        path = f"/category/{section.lower()}/"
        entries = "".join(
            f'<li class="menu-item"><a href="{path}{topic}/">{section} on {topic}</a></li>'
            for topic in _TOPICS[:6]
        )
        menus.append(
            f'<li class="menu-item menu-item-has-children"><a href="{path}">{section}</a>'
            f'<ul class="sub-menu">{entries}</ul></li>\n'
        )
    return f'<nav class="main-navigation">{_icons()}<ul class="menu">{"".join(menus)}</ul></nav>\n'


@cache
def _icons() -> str:
    numbered = enumerate(_SECTIONS[:8], 1)
    return "".join(_ICON.format(name, number, 20 - number) for number, name in numbered)


@cache
def _footer() -> str:
    links = "".join(f'<li><a href="/tag/{topic}/">{topic.title()}</a></li>' for topic in _TOPICS)
    return f'<footer class="site-footer"><div>{_icons()}<ul>{links}</ul></div></footer>\n'


@cache
def _styles(size: int) -> str:
    rules = (
        _RULE.format(_TOPICS[n % 12], n, n % 40, n % 9, n * 7919 % 0xFFFFFF) for n in range(size)
    )
    return f"<style>\n{_RULES}{_first(rules, size - len(_RULES))}</style>\n"


@cache
def _scripts(size: int) -> str:
    scripts = (_SCRIPT.format(n, n * 104_729) for n in range(size))
    return f"<script>\n{_first(scripts, size)}</script>\n"


def _first(lines: Iterable[str], size: int) -> str:
    """Return as many lines as it takes for `size` characters."""
    text: list[str] = []
    length = 0
    for line in lines:
        if length >= size:
            break
        text.append(line)
        length += len(line)
    return "".join(text)


class PaddedSite(DemoServer):
    """The made-up site with padded pages."""

    def __init__(self, fake_site: FakeSite) -> None:
        super().__init__(fake_site)
        self.get = lru_cache(maxsize=KEPT)(self._get)  # type: ignore[method-assign]

    def _get(self, path: str) -> Response:
        response = super().get(path)
        if not (isinstance(response.body, str) and response.content_type.startswith("text/html")):
            return response
        return replace(response, body=padded(response.body).encode())


@contextmanager
def serving(articles: int) -> Iterator[str]:
    """Serve a padded site in another process, and yield its URL."""
    command = [sys.executable, str(Path(__file__).resolve()), str(articles)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        yield server.stdout.readline().strip()
        server.stdin.close()


if __name__ == "__main__":
    with PaddedSite(FakeSite(articles=int(sys.argv[1]), authors=40)) as site:
        print(site.base_url, flush=True)
        sys.stdin.read()
