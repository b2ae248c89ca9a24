"""The made-up site with instruments for tests: edits, days, faults, redesigns, a request log."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from http.server import BaseHTTPRequestHandler
from threading import Lock
from time import monotonic, sleep
from typing import Any, Literal, NamedTuple

from nkcrawl.demo import DemoArticle, DemoServer, FakeSite, Response
from nkcrawl.demo.edge_cases import find_edge_cases
from nkcrawl.demo.server import DemoHandler
from nkcrawl.demo.wording import MODELLED, copyright_line, long_date, short_date

# Article and author pages are empty until a script fills them; articles have no date; author pages
# link to no article.
Redesign = Literal["shell", "undated", "unlinked"]

SHELL = (
    '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>NK News</title></head>\n'
    f'<body>\n<!-- {MODELLED} -->\n<div id="app"></div>\n'
    '<script src="/wp-content/app.js"></script>\n</body>\n</html>\n'
)
_ARTICLE_LINK = re.compile(r'<a href="(?:http://[^"/]+)?/\d{4}/\d\d/[^"]*"[^>]*>(.*?)</a>')


class EditableSite(FakeSite):
    """A made-up site whose articles change and come and go, and whose day a test chooses."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._written = list(self.articles)  # published or not

    def go_to(self, day: date) -> None:
        """Show the site on this day, without the articles that are published later."""
        self.today = day
        self._publish()

    def revise(self, path: str, **changes: Any) -> DemoArticle:
        """Change fields of an article (title, paragraphs, …); its URL stays."""
        place, article = self._find(path)
        revised = replace(article, **changes)
        self._written[place] = replace(revised, edge_cases=find_edge_cases(revised))
        self._publish()
        return self._written[place]

    def open_up(self, path: str) -> DemoArticle:
        """Lift the paywall of an article: its page shows the whole text and offers nothing."""
        _, article = self._find(path)
        if article.access == "free":
            raise ValueError(f"{path} is free already")
        return self.revise(path, access="free", paragraphs=article.whole, hidden=())

    def close_off(self, path: str) -> DemoArticle:
        """Put a free article behind the paywall: its page shows one paragraph and an offer."""
        _, article = self._find(path)
        if article.access != "free":
            raise ValueError(f"{path} is not free")
        lead, hidden = article.paragraphs[:1], article.paragraphs[1:]
        return self.revise(path, access="teaser", paragraphs=lead, hidden=hidden)

    def delete(self, path: str) -> None:
        """Remove an article, at all its URLs and from every list."""
        place, _ = self._find(path)
        del self._written[place]
        self._publish()

    def _find(self, path: str) -> tuple[int, DemoArticle]:
        return next(
            (place, article) for place, article in enumerate(self._written) if article.path == path
        )

    def _publish(self) -> None:
        self.articles = [article for article in self._written if article.published_on <= self.today]
        self._build_lookups()


@dataclass(frozen=True)
class FakeResponse(Response):
    """A response that a test prepares."""

    cut_off: bool = False  # send half of the body and close the connection
    # The body in pieces, without a length; there may be endlessly many.
    chunks: Callable[[], Iterable[bytes]] | None = None


# What a path answers in place of its page: a status, a status with a body, a whole response, or a
# function that returns any of these, or None for the page.
Fault = int | tuple[int, str] | FakeResponse | Callable[[], Any]


class LoggedRequest(NamedTuple):
    """One request and its response."""

    at: float  # monotonic seconds
    path: str  # with its query
    status: int
    conditional: bool  # whether the client has the page and requests only a changed one


class FaultyHandler(DemoHandler):
    """One connection, which may end early."""

    def send(self, response: Response) -> None:
        if not isinstance(response, FakeResponse) or response.status == 304:
            super().send(response)
        elif response.chunks:
            self.send_headers(response, ("Transfer-Encoding", "chunked"))
            self._send_chunks(response.chunks())
        elif response.cut_off:
            self.send_headers(response, ("Content-Length", str(len(response.content))))
            self.wfile.write(response.content[: len(response.content) // 2])
            self.close_connection = True
        else:
            super().send(response)

    def _send_chunks(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


class FaultyServer(DemoServer):
    """Serves a made-up site that can be slow, faulty or redesigned, and logs every request."""

    handler = FaultyHandler

    def __init__(self, fake_site: FakeSite | None = None, port: int = 0, delay: float = 0) -> None:
        self.delay = delay  # seconds before every response
        self.faults: dict[str, Fault] = {}  # by path; '*' stands for all others
        self.redesign: Redesign | None = None
        self.etag_ignores_visit = False  # an unchanged page keeps its ETag on another day
        self.lying_304 = False  # every conditional request is answered 304
        self.log: list[LoggedRequest] = []
        self.in_flight_max = 0
        self._in_flight = 0
        self._lock = Lock()
        super().__init__(fake_site, port)

    def respond(self, request: BaseHTTPRequestHandler) -> Response:
        at = monotonic()
        with self._lock:
            self._in_flight += 1
            self.in_flight_max = max(self.in_flight_max, self._in_flight)
        try:
            sleep(self.delay)
            etag = request.headers["If-None-Match"]
            conditional = bool(etag or request.headers["If-Modified-Since"])
            if self.lying_304 and conditional:
                response = Response(304, headers={"ETag": etag} if etag else {})
            else:
                response = super().respond(request)
            self.log.append(LoggedRequest(at, request.path, response.status, conditional))
            return response
        finally:
            with self._lock:
                self._in_flight -= 1

    def get(self, path: str) -> Response:
        fault = self.faults.get(path, self.faults.get("*"))
        response = fault() if callable(fault) else fault
        if response is None:
            return super().get(path)
        if isinstance(response, int):
            response = (response, f"Fault {response}")
        return response if isinstance(response, Response) else FakeResponse(*response)

    def page(self, path: str) -> Response | None:
        page = super().page(path)
        return Response(200, SHELL) if page and self.redesign == "shell" else page

    def article_page(self, article: DemoArticle) -> str:
        return super().article_page(undated(article) if self.redesign == "undated" else article)

    def listing_page(self, slug: str, number: int) -> str | None:
        html = super().listing_page(slug, number)
        return unlinked(html) if html and self.redesign == "unlinked" else html

    def etag(self, body: str | bytes) -> str:
        if self.etag_ignores_visit and isinstance(body, str):
            body = without_visit(body, self.fake_site.today)
        return super().etag(body)


def undated(article: DemoArticle) -> DemoArticle:
    """Return an article whose page has its date in no form."""
    return replace(article, edge_cases=article.edge_cases | {"no-date"})


def unlinked(page: str) -> str:
    """Return a page whose links to articles are plain headlines and pictures."""
    return _ARTICLE_LINK.sub(r"\1", page)


def without_visit(page: str, today: date) -> str:
    """Return a page without what differs on another day."""
    dates = f"<span>{long_date(today)}</span><span>{short_date(today)}</span>"
    for text in (dates, f"한국어</a> | {long_date(today)}", copyright_line(today.year)):
        page = page.replace(text, "")
    return page
