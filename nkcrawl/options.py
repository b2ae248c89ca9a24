"""Our own settings: read and checked before anything is touched, and what follows from them for
Scrapy's.
"""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

import nkcrawl

_MOST = 1_000_000  # requests, or seconds
_SOFT_LIMIT = (
    5 / 6
)  # of the hard limit: time enough to end in order, the last page and a wait included
_TIMEOUT = 1 / 12  # of the hard limit at most: a page in hand must not outlast the rest of it
_LONGEST_CONTACT = 300  # characters
SLOWEST_ALLOWED_HURRY = (
    2.0  # seconds; nobody crawls the live site faster than this, by mistake or on purpose
)


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of our own, checked."""

    database: Path  # absolute
    site: str  # scheme and host, no final slash
    contact: str
    request_budget: int  # 0: no limit
    hard_limit: int  # seconds


def user_agent(contact: str) -> str:
    """Return who we say we are: name, version, and the contact where one is set."""
    return f"nkcrawl/{nkcrawl.__version__}" + (f" (+{contact})" if contact else "")


def missing_contact(options: Options) -> str:
    """Return a sentence on a live crawl that names nobody to write to, '' where a contact is set or
    the site is a test's.
    """
    if options.contact or is_loopback(options.site):
        return ""
    return (
        f"NKCRAWL_CONTACT is not set, so {options.site} cannot tell whose crawler this is. "
        "Set it to a URL or mail address of yours."
    )


def read_options(settings: BaseSettings) -> Options:
    """Return our settings checked; raises UsageError with a sentence naming the setting, its value
    and what it takes.
    """
    options = Options(
        database=_file(_text(settings, "NKCRAWL_DATABASE")),
        site=_site(_text(settings, "NKCRAWL_SITE")),
        contact=_contact(_text(settings, "NKCRAWL_CONTACT")),
        request_budget=_whole_number(settings, "NKCRAWL_REQUEST_BUDGET", at_least=0),
        hard_limit=_whole_number(settings, "NKCRAWL_HARD_LIMIT", at_least=1),
    )
    for name in ("DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"):
        _number(settings, name)
    if not is_loopback(options.site):
        _check_manners(settings)
    return options


def apply_options(settings: BaseSettings) -> None:
    """Set what follows from our settings, at a priority that `-s USER_AGENT=` and the like still
    beat.
    """
    options = read_options(settings)
    settings.set("USER_AGENT", user_agent(options.contact), priority="spider")
    settings.set("CLOSESPIDER_TIMEOUT", options.hard_limit * _SOFT_LIMIT, priority="spider")
    timeout = min(_number(settings, "DOWNLOAD_TIMEOUT"), options.hard_limit * _TIMEOUT)
    settings.set(
        "DOWNLOAD_TIMEOUT", timeout, priority=settings.getpriority("DOWNLOAD_TIMEOUT") or "spider"
    )


def is_loopback(site: str) -> bool:
    """Tell whether a site is on this machine, where a demo or a test may be asked as fast as it
    answers.
    """
    host = urlsplit(site).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_manners(settings: BaseSettings) -> None:
    if not _number(settings, "DOWNLOAD_DELAY") >= SLOWEST_ALLOWED_HURRY:
        raise UsageError(
            f"DOWNLOAD_DELAY is {settings['DOWNLOAD_DELAY']}, but a live site is asked at most every "
            f"{SLOWEST_ALLOWED_HURRY:g} seconds; set it to {SLOWEST_ALLOWED_HURRY:g} or more."
        )
    for name in ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"):
        if _number(settings, name) != 1:
            raise UsageError(
                f"{name} is {settings[name]}, but a live site is asked one page at a time; leave it at 1."
            )
    if settings["ROBOTSTXT_OBEY"] not in (True, "True", "true", "1", 1):
        raise UsageError(
            "ROBOTSTXT_OBEY is off, but nkcrawl obeys robots.txt on every live site; leave it on."
        )


def _text(settings: BaseSettings, name: str) -> str:
    return str(settings.get(name) or "").strip()


def _number(settings: BaseSettings, name: str) -> float:
    try:
        return settings.getfloat(name)
    except (TypeError, ValueError):
        raise UsageError(f"{name} is {settings[name]!r}, which is no number.") from None


def _whole_number(settings: BaseSettings, name: str, at_least: int) -> int:
    value = _text(settings, name)
    if not (re.fullmatch(r"[0-9]{1,7}", value) and at_least <= int(value) <= _MOST):
        raise UsageError(
            f"{name} is {settings[name]!r}, but it takes a whole number from {at_least} to {_MOST}."
        )
    return int(value)


def _file(value: str) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:  # '~nobody-of-that-name'
        raise UsageError(
            f"NKCRAWL_DATABASE is {value!r}, but there is no such folder ({error})."
        ) from None


def _site(value: str) -> str:
    if "@" in value:
        raise UsageError(
            "NKCRAWL_SITE holds a user name or a password (not repeated here), but nkcrawl logs in nowhere: it takes a "
            "scheme and a host, like https://www.nknews.org."
        )
    try:
        parts = urlsplit(value)
        named = re.fullmatch(
            r"[\w.:\[\]-]+", parts.netloc, flags=re.ASCII
        ) and not parts.netloc.endswith(":")
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and named
    except ValueError:
        whole = False
    if not whole or parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(
            f"NKCRAWL_SITE is {value!r}, but it takes a scheme and a host, like https://www.nknews.org."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _contact(value: str) -> str:
    if (
        not value.isprintable()
        or not value.isascii()
        or set(value) & set("()")
        or len(value) > _LONGEST_CONTACT
    ):
        raise UsageError(
            f"NKCRAWL_CONTACT is {value[:_LONGEST_CONTACT]!r}, but it takes one plain URL or mail address."
        )
    return value
