"""Serve an archive to the browser: `python -m nkcrawl.web data/nknews.db`, or `make web`."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from nkcrawl.archive import ArchiveError, ArchiveReader
from nkcrawl.commands import complain
from nkcrawl.settings import NKCRAWL_DATABASE

_LOOK_AROUND = "To look around first, type `make demo` and then `make web ARCHIVE=data/demo.db`."


def main() -> int:
    """Serve until Ctrl-C and return 0; return 2 where there is no usable archive, or the port is
    taken.
    """
    given = _parser().parse_args()
    path = Path(given.file).expanduser().absolute()
    try:
        with closing(ArchiveReader.open(path)) as reader:
            counts = reader.count_articles()
    except ArchiveError as error:
        is_missing = not path.exists() or path.stat().st_size == 0
        complain(f"{error} {_LOOK_AROUND}" if is_missing else error)
        return 2
    try:
        # Here, because the packages of the extra `web` may be missing.
        from nkcrawl.web.app import PortTaken, listen, serve
    except ModuleNotFoundError as error:
        complain(
            f"{error.name} is missing: `make web` installs it, and so does pip install 'nkcrawl[web]'."
        )
        return 2
    try:
        listening = listen(given.port)
    except PortTaken as error:
        complain(error)
        return 2
    articles = counts["free"] + counts["teaser"] + counts["unknown"]
    host, port = listening.getsockname()
    print(f"{articles:,} articles of {path} are at http://{host}:{port}/ until Ctrl-C.", flush=True)
    serve(path, listening)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nkcrawl.web",
        description="Show an archive in a browser, on this machine alone; also while a crawl is writing to it. "
        "Exit codes: 0 ended by Ctrl-C, 2 bad argument, no archive, or the port is taken.",
    )
    parser.add_argument(
        "file", nargs="?", default=NKCRAWL_DATABASE, help="the archive (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=_port, default=8001, help="0 is any that is free (default: %(default)s)"
    )
    return parser


def _port(words: str) -> int:
    if not (words.isascii() and words.isdigit() and int(words[:6]) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{words!r} is no port; give a number up to 65535")
    return int(words)


if __name__ == "__main__":
    sys.exit(main())
