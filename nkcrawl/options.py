"""The NKCRAWL_* settings, checked before anything else, and what follows from them for Scrapy."""

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

import nkcrawl

MAX_INTEGER = 1_000_000  # of any option: requests, seconds, articles
MIN_DOWNLOAD_DELAY = 2.0  # seconds; the live site is never crawled faster than this
_SOFT_LIMIT = 5 / 6  # of the hard limit: leaves time to finish the last page, and a wait
_MAX_TIMEOUT = 1 / 12  # of the hard limit: a download must not outlast the rest of it
_MAX_CONTACT_LENGTH = 300  # characters


@dataclass(frozen=True, slots=True)
class Options:
    """The NKCRAWL_* settings, checked."""

    database: Path  # absolute
    site: str  # scheme and host, no final slash
    contact: str
    request_budget: int  # 0: no limit
    hard_limit: int  # seconds


def user_agent(contact: str) -> str:
    """Return the user agent: name, version, and the contact if there is one."""
    return f"nkcrawl/{nkcrawl.__version__}" + (f" (+{contact})" if contact else "")


def missing_contact(options: Options) -> str:
    """Return a warning if a live site is crawled without a contact, else ''."""
    if options.contact or is_loopback(options.site):
        return ""
    return (
        f"NKCRAWL_CONTACT is not set, so {options.site} cannot tell whose crawler this is. "
        "Set it to your URL or mail address."
    )


def read_options(settings: BaseSettings) -> Options:
    """Return the NKCRAWL_* settings; raises UsageError with the name, value and accepted values."""
    options = Options(
        database=_file(_text(settings, "NKCRAWL_DATABASE")),
        site=_site(_text(settings, "NKCRAWL_SITE")),
        contact=_contact(_text(settings, "NKCRAWL_CONTACT")),
        request_budget=_integer(settings, "NKCRAWL_REQUEST_BUDGET", 0),
        hard_limit=_integer(settings, "NKCRAWL_HARD_LIMIT", 1),
    )
    for name in ("DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"):
        _number(settings, name)
    if not is_loopback(options.site):
        _check_politeness(settings)
    return options


def apply_options(settings: BaseSettings) -> None:
    """Set Scrapy's settings from nkcrawl's, at a priority that `-s USER_AGENT=` overrides."""
    options = read_options(settings)
    settings.set("USER_AGENT", user_agent(options.contact), priority="spider")
    settings.set("CLOSESPIDER_TIMEOUT", options.hard_limit * _SOFT_LIMIT, priority="spider")
    timeout = min(_number(settings, "DOWNLOAD_TIMEOUT"), options.hard_limit * _MAX_TIMEOUT)
    settings.set(
        "DOWNLOAD_TIMEOUT", timeout, priority=settings.getpriority("DOWNLOAD_TIMEOUT") or "spider"
    )


def is_loopback(site: str) -> bool:
    """Return whether a site is on this machine (a demo or a test), where no delay is needed."""
    host = urlsplit(site).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def whole_number(name: str, value: str, low: int, high: int = MAX_INTEGER) -> int:
    """Return the number that `value` states in digits; raises UsageError if it is out of range."""
    digits = value.strip()
    if re.fullmatch(r"[0-9]{1,7}", digits) and low <= int(digits) <= high:
        return int(digits)
    limits = f"of at least {low} and at most {high}"
    raise UsageError(f"{name}={value!r}: expected a whole number {limits}.")


def day(name: str, value: str) -> date:
    """Return the date that `value` states as YYYY-MM-DD; raises UsageError for anything else."""
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, flags=re.ASCII):
            return date.fromisoformat(value)
    raise UsageError(f"{name}: invalid date {value!r}, expected YYYY-MM-DD.")


def _check_politeness(settings: BaseSettings) -> None:
    delay, minimum = _number(settings, "DOWNLOAD_DELAY"), f"{MIN_DOWNLOAD_DELAY:g}"
    if not delay >= MIN_DOWNLOAD_DELAY:  # nor is nan
        raise UsageError(
            f"DOWNLOAD_DELAY is {settings['DOWNLOAD_DELAY']}, but a live site gets at most one "
            f"request every {minimum} seconds; set it to {minimum} or more."
        )
    for name in ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN"):
        if _number(settings, name) != 1:
            raise UsageError(
                f"{name} is {settings[name]}, but a live site gets one request at a time; "
                "leave it at 1."
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
        raise UsageError(f"{name}={settings[name]!r}: expected a number.") from None


def _integer(settings: BaseSettings, name: str, low: int) -> int:
    return whole_number(name, str(settings[name]), low)


def _file(value: str) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:  # '~unknown-user'
        raise UsageError(
            f"NKCRAWL_DATABASE={value!r}: there is no such folder ({error})."
        ) from None


def _site(value: str) -> str:
    if "@" in value:
        raise UsageError(
            "NKCRAWL_SITE contains a user name or password (not repeated here), but nkcrawl does "
            "not log in: expected a scheme and a host, like https://www.nknews.org."
        )
    if not _is_site(value):
        raise UsageError(
            f"NKCRAWL_SITE={value!r}: expected a scheme and a host, like https://www.nknews.org."
        )
    parts = urlsplit(value)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _is_site(value: str) -> bool:
    try:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            return False
    except ValueError:
        return False
    is_host = re.fullmatch(r"[\w.:\[\]-]+(?<!:)", parts.netloc, flags=re.ASCII)
    return bool(is_host) and not (parts.path.strip("/") or parts.query or parts.fragment)


def _contact(value: str) -> str:
    is_plain = value.isprintable() and value.isascii() and not set(value) & set("()")
    if not is_plain or len(value) > _MAX_CONTACT_LENGTH:
        shortened = value[:_MAX_CONTACT_LENGTH]
        raise UsageError(
            f"NKCRAWL_CONTACT={shortened!r}: expected a plain URL or mail address of at most "
            f"{_MAX_CONTACT_LENGTH} characters."
        )
    return value
