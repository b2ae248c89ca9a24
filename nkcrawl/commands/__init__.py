"""The commands of the project: `scrapy crawl` (ours), `scrapy demo`, `scrapy show`."""

import logging
import signal


def leave_network_errors_to_us(log_level: str) -> None:
    """Keep the traceback of a robots.txt that did not answer off a quiet log; `-L INFO` or `-L DEBUG` shows it.

    The one sentence at the end names the first page that failed.
    """
    if log_level not in ("INFO", "DEBUG"):
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)


def end_quietly_on_closed_pipe() -> None:
    """Let the process end as other tools do when its output is cut off, as by `| head`, and not with a traceback."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
