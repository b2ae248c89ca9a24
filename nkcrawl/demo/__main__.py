"""`python -m nkcrawl.demo`: serve the made-up site until Ctrl-C."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from nkcrawl.demo.server import DemoServer
from nkcrawl.demo.site import FakeSite


def _between(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers within bounds, for argparse."""

    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{value!r} is not a whole number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
        return number

    return parse


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nkcrawl.demo", description="Serve a made-up NK News on loopback."
    )
    for name, default, least, most, meaning in (
        ("--articles", 60, 1, 100_000, "how many articles"),
        ("--authors", 8, 1, 2_000, "how many authors"),
        ("--port", 0, 0, 65_535, "port on 127.0.0.1; 0 is any free one"),
        ("--seed", 0, 0, 1_000_000, "another seed gives another site"),
    ):
        help_text = f"{meaning} (default: {default})"
        parser.add_argument(name, type=_between(least, most), default=default, help=help_text)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the URL of the site and the command that crawls it, and serve until Ctrl-C."""
    options = _parser().parse_args(arguments)
    fake_site = FakeSite(articles=options.articles, authors=options.authors, seed=options.seed)
    try:
        server = DemoServer(fake_site, port=options.port)
    except OSError as error:
        print(f"port {options.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    with server:
        print(
            server.base_url,
            f"scrapy crawl nknews -s NKCRAWL_SITE={server.base_url} -s DOWNLOAD_DELAY=0 "
            "-s NKCRAWL_DATABASE=data/demo.db",
            sep="\n",
            flush=True,
        )
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
