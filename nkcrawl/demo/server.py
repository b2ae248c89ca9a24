"""How does the made-up site answer? A web server on loopback that keeps a log of what was asked."""

import base64
import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock, Thread
from time import monotonic, sleep
from types import ModuleType, TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from nkcrawl.demo import block, cards, classic, headless, nested, popover
from nkcrawl.demo.feed import FEED_PATH, FEED_TYPE, feed
from nkcrawl.demo.html import author_path, link, pro_entry, text, without_visit
from nkcrawl.demo.redesign import SHELL, Redesign, undated, unlinked
from nkcrawl.demo.wording import MODELLED
from nkcrawl.demo.world import RENDERINGS, SEOUL, DemoArticle, FakeSite, Rendering

LOOPBACK = "127.0.0.1"
ROBOTS = "User-agent: *\nDisallow: /wp-admin/\n"
_MODULES: dict[Rendering, ModuleType] = {
    "nested": nested,
    "classic": classic,
    "block": block,
    "popover": popover,
    "cards": cards,
    "headless": headless,
}
_LISTING = re.compile(r"/content_author/([^/]+)/(?:page/(\d{1,6})/)?")
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says to one request."""

    status: int
    body: str | bytes = ""
    content_type: str = "text/html; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut_off: bool = False  # send half of the body, and hang up
    # The body in pieces, without a length; there may be no end of them.
    chunks: Callable[[], Iterable[bytes]] | None = None


FakeResponse = int | tuple[int, str] | Answer | Callable[[], Answer | None]


class LoggedRequest(NamedTuple):
    """One request as it was logged: when it came (monotonic), what was asked, how it was
    answered.
    """

    at: float
    method: str
    path: str  # as asked, with its query
    status: int
    conditional: bool  # did it ask for the page only if that has changed?


def article_page(world: FakeSite, article: DemoArticle, base_url: str) -> str:
    """The HTML of an article in its rendering."""
    page: str = _MODULES[article.rendering].article_page(world, article, base_url)
    return page


def listing_page(world: FakeSite, slug: str, number: int, base_url: str) -> str | None:
    """The HTML of one page of an author's listing; one past the end is empty, further ones are
    None.
    """
    author = world.author(slug)
    if author is None or not 1 <= number <= world.page_count(slug) + 1:
        return None
    page: str = _MODULES[author_rendering(world, slug)].listing_page(
        world, author, number, base_url
    )
    return page


def author_rendering(world: FakeSite, slug: str) -> Rendering:
    """The style of an author's listing: one of the first three, since the others have no listing of
    their own.
    """
    author = world.author(slug)
    return RENDERINGS[world.authors.index(author) % 3] if author else RENDERINGS[0]


def answer(world: FakeSite, path: str, base_url: str, redesign: Redesign | None = None) -> Answer:
    """The answer to a path, whatever its query."""
    if path == "/robots.txt":
        return Answer(200, ROBOTS, "text/plain; charset=UTF-8")
    if path == FEED_PATH:
        return Answer(200, feed(world, base_url), FEED_TYPE)
    if path == "/":
        return Answer(200, _front_page(world))
    if path.startswith("/pro/"):
        return Answer(
            200, _plain_page("Log in to NK Pro", "<p>This page is for subscribers of NK Pro.</p>")
        )
    if path.startswith("/wp-content/"):
        return Answer(200, _PIXEL, "image/png")
    page = _page(world, path, base_url, redesign)
    if page is not None:
        return page
    if not path.endswith("/") and _page(world, path + "/", base_url, redesign) is not None:
        return Answer(301, headers={"Location": base_url + path + "/"})
    return Answer(404, _plain_page("Page not found", "<p>Nothing was found at this address.</p>"))


def _page(world: FakeSite, path: str, base_url: str, redesign: Redesign | None) -> Answer | None:
    """The article or the listing at a path that has its final slash."""
    article, listing = world.article(path), _LISTING.fullmatch(path)
    if article is not None:
        page = article_page(world, undated(article) if redesign == "undated" else article, base_url)
        said = Answer(200, page, headers=_last_modified(world, article))
    elif listing and (found := listing_page(world, listing[1], int(listing[2] or 1), base_url)):
        said = Answer(200, unlinked(found) if redesign == "unlinked" else found)
    else:
        return None
    return Answer(200, SHELL) if redesign == "shell" else said


def _last_modified(world: FakeSite, article: DemoArticle) -> dict[str, str]:
    """The header that says when an article was changed, once that day has come."""
    if (article.modified_at + SEOUL).date() > world.today:
        return {}
    return {"Last-Modified": format_datetime(article.modified_at, usegmt=True)}


def _plain_page(title: str, inner: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>{title} | NK News</title></head>\n'
        f"<body>\n<!-- {MODELLED} -->\n<h1>{title}</h1>\n{inner}\n</body>\n</html>\n"
    )


def _front_page(world: FakeSite) -> str:
    newest = [link(article.path, text(article.title)) for article in list(world.articles[:5])]
    authors = [link(author_path(author.slug), text(author.name)) for author in world.authors[:7]]
    return _plain_page(
        "A made-up NK News",
        "".join(f"<p>{part}</p>\n" for part in (*newest, *authors, pro_entry(1))),
    )


class DemoServer:
    """The made-up site on loopback, in threads of its own, between `with` and the end of its
    block.
    """

    def __init__(self, world: FakeSite | None = None, port: int = 0, delay: float = 0) -> None:
        self.world = world or FakeSite()
        self.delay = delay  # seconds before every answer, so that requests can overlap
        self.faults: dict[
            str, FakeResponse
        ] = {}  # a path, or '*' for all of them, and what it says instead
        self.redesign: Redesign | None = None
        self.etag_ignores_visit = (
            False  # does a page that has not changed keep its ETag on another day?
        )
        self.lying_304 = False  # does every conditional request hear that nothing has changed?
        self.log: list[LoggedRequest] = []
        self.in_flight_max = 0
        self._in_flight = 0
        self._lock = Lock()
        self._http = _Http((LOOPBACK, port), self)
        self.port: int = self._http.server_address[1]
        self.base_url = f"http://{LOOPBACK}:{self.port}"
        self._thread = Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering and close every connection."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.hang_up()
        self._http.server_close()

    def answer(self, path: str) -> Answer:
        """What a path says, faults included."""
        fault = self.faults.get(path, self.faults.get("*"))
        said = fault() if callable(fault) else fault
        if isinstance(said, Answer):
            return said
        if said is None:
            return answer(self.world, path, self.base_url, self.redesign)
        status, body = (said, f"FakeResponse {said}") if isinstance(said, int) else said
        return Answer(status, body)

    def etag(self, body: str | bytes) -> str:
        """The ETag of a page, a hash of all of it or of all but the day of the visit."""
        if isinstance(body, str):
            body = (
                without_visit(body, self.world.today) if self.etag_ignores_visit else body
            ).encode()
        return f'"{sha256(body).hexdigest()[:20]}"'

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request as being in flight."""
        with self._lock:
            self._in_flight += 1
            self.in_flight_max = max(self.in_flight_max, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1


class _Http(ThreadingHTTPServer):
    """The listening socket; it remembers its connections so that none outlives it."""

    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: DemoServer) -> None:
        self.site = site
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the resolver for this machine's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is no news here; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: _Http
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: two would wait for each other
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        site = self.server.site
        at = monotonic()
        with site.counted():
            if site.delay:
                sleep(site.delay)
            known, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
            said = self._if_changed(site.answer(urlsplit(self.path).path), known, since)
            site.log.append(
                LoggedRequest(at, self.command, self.path, said.status, bool(known or since))
            )
            self._send(said)
            self.wfile.flush()

    do_HEAD = do_GET

    def _if_changed(self, said: Answer, known: str | None, since: str | None) -> Answer:
        """The answer with its ETag, or a bare 304 where the client has it already or is told so."""
        site = self.server.site
        if site.lying_304 and (known or since):
            return Answer(304, headers={"ETag": known} if known else {})
        if said.status != 200:
            return said
        headers = said.headers | {"ETag": site.etag(said.body)}
        same = (
            known == headers["ETag"]
            if known
            else bool(since) and since == headers.get("Last-Modified")
        )
        return (
            Answer(304, b"", said.content_type, headers) if same else replace(said, headers=headers)
        )

    def _send(self, said: Answer) -> None:
        body = said.body.encode() if isinstance(said.body, str) else said.body
        self.send_response(said.status)
        self.send_header("Content-Type", said.content_type)
        if said.chunks:
            self.send_header("Transfer-Encoding", "chunked")
        elif said.status != 304:
            self.send_header("Content-Length", str(len(body)))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if said.chunks:
            self._send_chunks(said.chunks())
        elif self.command != "HEAD" and said.status != 304:
            self.wfile.write(body[: len(body) // 2] if said.cut_off else body)
            self.close_connection = self.close_connection or said.cut_off

    def _send_chunks(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr; the log is a list."""
