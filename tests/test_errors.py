"""Errors are kept with their tracebacks, and summarized in one line."""

import logging
import re
import sys

from nkcrawl.extensions import summary
from nkcrawl.extensions.errors import ErrorLog
from nkcrawl.extensions.health import month_of
from tests.factories import article_url

URL = article_url("x")


def test_errors_keep_their_tracebacks_and_are_summarized_in_one_line() -> None:
    starved: list[None] = []
    errors = ErrorLog(lambda: starved.append(None))
    log = logging.getLogger("test of errors")
    log.addHandler(errors)
    log.warning("not this")
    try:
        month_of(5)  # type: ignore[arg-type]
    except Exception:
        log.exception("%s cannot be read\nsecond line", URL)
    for _ in range(9):
        log.error("again")
    assert errors.summaries[0].startswith(f"{URL} cannot be read (")
    assert re.search(r" in \w+, (health|site)\.py:\d+\)$", errors.summaries[0])
    assert errors.summaries[1:] == ["again"] * 9
    assert len(errors.tracebacks) == 5
    assert "Traceback" in errors.tracebacks[0]
    assert starved == []
    log.error("at its end", exc_info=MemoryError())
    assert starved == [None]


def test_an_error_without_a_frame_of_nkcrawl_is_summarized_without_a_place() -> None:
    try:
        int("x")
    except ValueError:
        assert summary(sys.exception() or Exception()).startswith("ValueError(")
