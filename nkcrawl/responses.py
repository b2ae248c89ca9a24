"""From a response, or the error in its place, to the visit that is recorded."""

from dataclasses import replace
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from nkcrawl import site
from nkcrawl.items import Reason, Visit
from nkcrawl.text import canonical_url, normalize_whitespace

_CHALLENGE_STATUSES = (401, 403, 429, 503)
_CHALLENGE_BYTES = 20_000  # at the beginning of a body; a challenge shows itself in them
# The class of an error in place of a response → the reason that is recorded.
_REASONS = {
    "CannotResolveHostError": Reason.HOST_NOT_FOUND,
    "DownloadConnectionRefusedError": Reason.CONNECTION_REFUSED,
    "DownloadTimeoutError": Reason.TIMEOUT,
    "DownloadFailedError": Reason.NO_ANSWER,
    "ResponseDataLossError": Reason.CUT_OFF,
    "DownloadCancelledError": Reason.TOO_LARGE,
    "ValueError": Reason.NOT_FOLLOWED,
}


class RequestDropped(IgnoreRequest):
    """Raised by a middleware in place of sending a request, or of its response.

    `reason` is one of a few fixed phrases, so that it can be counted. With `retry_later` the run
    had to end first: the page has not failed and stays due.
    """

    def __init__(self, reason: str, detail: str, *, retry_later: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.retry_later = retry_later


def visit_from_response(response: Response) -> Visit:
    """Return the visit that a response answers; what the page contains is still to be read."""
    assert response.request is not None
    meta = response.request.meta
    return Visit(
        url=meta["page"],
        kind=meta["kind"],
        final_url=final_url(response),
        status=response.status,
        etag=_header(response, "ETag"),
        last_modified=_header(response, "Last-Modified"),
    )


def final_url(response: Response) -> str:
    """Return the canonical URL that redirects led to, or '' if they left the site."""
    assert response.request is not None
    origin = urlsplit(response.request.meta["page"])
    return canonical_url(response.url, f"{origin.scheme}://{origin.netloc}") or ""


def visit_from_error(request: Request, error: Exception) -> Visit:
    """Return the visit whose request ended in an error: a status, a refusal, or no response."""
    match error:
        case HttpError(response=response):
            return _visit_from_status(response)
    visit = Visit(url=request.meta["page"], kind=request.meta["kind"])
    if isinstance(error, RequestDropped) and error.retry_later:
        return replace(visit, outcome="skipped", reason=error.reason)
    return visit.failed(*failure_reason(error))


def _visit_from_status(response: Response) -> Visit:
    visit = visit_from_response(response)
    assert response.request is not None
    is_conditional = {b"If-None-Match", b"If-Modified-Since"} & set(response.request.headers)
    # A 304 after a redirect would speak of another page.
    if response.status == 304 and is_conditional and visit.final_url == visit.url:
        return replace(visit, outcome="unchanged")
    status = f"HTTP {response.status}"
    if response.status in _CHALLENGE_STATUSES and is_challenge(response):
        return visit.failed(Reason.CHALLENGE, f"a challenge page, {status}")
    return visit.failed(status, status)


def failure_reason(error: Exception) -> tuple[str, str]:
    """Return why a request got no response: a fixed phrase to count, and all that is known."""
    if isinstance(error, RequestDropped):
        return error.reason, str(error)
    message = normalize_whitespace(str(error))
    if isinstance(error, IgnoreRequest):  # raised by Scrapy, as for endless redirects
        return Reason.NOT_FOLLOWED, message
    reason = _REASONS.get(type(error).__name__, type(error).__name__)
    return reason, f"{reason}: {message}"


def visit_without_links(response: Response) -> Visit:
    """Return the visit of an author page or feed on which no article is linked."""
    visit = visit_from_response(response)
    if is_challenge(response):
        return visit.failed(Reason.CHALLENGE, "a challenge page")
    return visit.failed(Reason.NO_LINKS, "no link to any article")


def visit_without_html(response: Response) -> Visit:
    """Return the visit of a page that is not HTML."""
    content_type = _header(response, "Content-Type")
    return visit_from_response(response).failed(Reason.NOT_HTML, f"Content-Type {content_type!r}")


def is_challenge(response: Response) -> bool:
    """Return whether the response tests if the visitor is human, in place of a page."""
    beginning = response.body[:_CHALLENGE_BYTES].decode("utf-8", "replace")
    return bool(site.CHALLENGE.search(beginning))


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return normalize_whitespace(value.decode("latin-1"))[:500] or None if value else None
