"""Web server of the made-up site, on loopback."""

import base64
import re
import socket
import sys
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from nkcrawl.demo import render
from nkcrawl.demo.article import FEED_PATH, SEOUL, DemoArticle
from nkcrawl.demo.site import FakeSite

LOOPBACK = "127.0.0.1"
ROBOTS = "User-agent: *\nDisallow: /wp-admin/\n"
_LISTING = re.compile(r"/content_author/([^/]+)/(?:page/(\d{1,6})/)?")
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg"
    "=="
)


@dataclass(frozen=True)
class Response:
    """What the server sends for one request."""

    status: int
    body: str | bytes = ""
    content_type: str = "text/html; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


class DemoHandler(BaseHTTPRequestHandler):
    """One connection."""

    server: "_Http"
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: two would wait for each other
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.send(self.server.demo.respond(self))
        self.wfile.flush()

    do_HEAD = do_GET

    def send(self, response: Response) -> None:
        """Send headers and body."""
        if response.status == 304:
            self.send_headers(response)
        else:
            self.send_headers(response, ("Content-Length", str(len(response.content))))
        if self.command != "HEAD" and response.status != 304:
            self.wfile.write(response.content)

    def send_headers(self, response: Response, *framing: tuple[str, str]) -> None:
        """Send the status line and the headers, among them those that frame the body."""
        self.send_response(response.status)
        content_type = ("Content-Type", response.content_type)
        for name, value in (content_type, *framing, *response.headers.items()):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing on stderr."""


class DemoServer:
    """Serves a made-up site from threads of its own, until the end of a `with` block."""

    handler: type[DemoHandler] = DemoHandler

    def __init__(self, fake_site: FakeSite | None = None, port: int = 0) -> None:
        self.fake_site = fake_site or FakeSite()
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
        """Stop the server and close every connection."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def respond(self, request: BaseHTTPRequestHandler) -> Response:
        """Return the response to a request: its page with an ETag, 304 if the client has it."""
        response = self.get(urlsplit(request.path).path)
        if response.status != 200:
            return response
        headers = response.headers | {"ETag": self.etag(response.body)}
        etag, since = request.headers["If-None-Match"], request.headers["If-Modified-Since"]
        if etag:
            unchanged = etag == headers["ETag"]
        else:
            unchanged = since is not None and since == headers.get("Last-Modified")
        return replace(response, status=304 if unchanged else 200, headers=headers)

    def etag(self, body: str | bytes) -> str:
        """Return the ETag of a page."""
        content = body.encode() if isinstance(body, str) else body
        return f'"{sha256(content).hexdigest()[:20]}"'

    def get(self, path: str) -> Response:
        """Return the response to a path without its query."""
        if path == "/robots.txt":
            return Response(200, ROBOTS, "text/plain; charset=UTF-8")
        if path == FEED_PATH:
            feed = render.feed(self.fake_site, self.base_url)
            return Response(200, feed, "application/rss+xml; charset=UTF-8")
        if path == "/":
            return Response(200, render.front_page(self.fake_site))
        if path.startswith("/pro/"):
            return Response(
                200, render.notice("Log in to NK Pro", "This page is for subscribers of NK Pro.")
            )
        if path.startswith("/wp-content/"):
            return Response(200, _PIXEL, "image/png")
        page = self.page(path)
        if page is None and self.page(f"{path}/") is not None:
            return Response(301, headers={"Location": f"{self.base_url}{path}/"})
        missing = "Nothing was found here."
        return page or Response(404, render.notice("Page not found", missing))

    def page(self, path: str) -> Response | None:
        """Return the article or the listing at a path."""
        article, listing = self.fake_site.article(path), _LISTING.fullmatch(path)
        if article is not None:
            return Response(200, self.article_page(article), headers=self._last_modified(article))
        if listing is not None:
            html = self.listing_page(listing[1], int(listing[2] or 1))
            return Response(200, html) if html else None
        return None

    def article_page(self, article: DemoArticle) -> str:
        """Return the HTML of an article."""
        return render.article_page(self.fake_site, article, self.base_url)

    def listing_page(self, slug: str, number: int) -> str | None:
        """Return the HTML of one page of an author's listing."""
        return render.listing_page(self.fake_site, slug, number, self.base_url)

    def _last_modified(self, article: DemoArticle) -> dict[str, str]:
        """Return the header for an article that was changed on or before the day of the visit."""
        if (article.modified_at + SEOUL).date() > self.fake_site.today:
            return {}
        return {"Last-Modified": format_datetime(article.modified_at, usegmt=True)}


class _Http(ThreadingHTTPServer):
    """The listening socket; keeps track of its connections, to close them with it."""

    daemon_threads = False  # closing waits for them
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], demo: DemoServer) -> None:
        self.demo = demo
        self._connections: set[socket.socket] = set()
        super().__init__(address, demo.handler)

    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close the connections that clients keep open."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that disconnects early; print any other error, which is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
