"""Which made-up site is to be served? `python -m nkcrawl.demo --articles 2000 --authors 40 --port
8000`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from nkcrawl.demo.server import DemoServer
from nkcrawl.demo.world import FakeSite


def _between(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds, whose errors name them."""

    def read(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{value!r} is not a whole number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
        return number

    return read


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m nkcrawl.demo", description="Serve a made-up NK News on loopback."
    )
    parser.add_argument(
        "--articles", type=_between(1, 100_000), default=60, help="how many articles (60)"
    )
    parser.add_argument(
        "--authors", type=_between(1, 2_000), default=8, help="how many authors (8)"
    )
    parser.add_argument(
        "--port", type=_between(0, 65_535), default=0, help="port on 127.0.0.1 (0: any free one)"
    )
    parser.add_argument(
        "--seed", type=_between(0, 1_000_000), default=0, help="another seed, another world (0)"
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    wanted = _arguments(given)
    world = FakeSite(articles=wanted.articles, authors=wanted.authors, seed=wanted.seed)
    try:
        server = DemoServer(world, port=wanted.port)
    except OSError as error:
        print(f"port {wanted.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    with server:
        print(server.base_url, flush=True)
        print(
            f"scrapy crawl nknews -s NKCRAWL_SITE={server.base_url} -s DOWNLOAD_DELAY=0 "
            "-s NKCRAWL_DATABASE=data/demo.db",
            flush=True,
        )
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
