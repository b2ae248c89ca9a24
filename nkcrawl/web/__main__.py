"""Serve an archive to the browser: `python -m nkcrawl.web data/nknews.db`, or `make web`."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveError, ArchiveReader
from nkcrawl.commands import print_error
from nkcrawl.options import whole_number
from nkcrawl.settings import NKCRAWL_DATABASE

_TRY_DEMO = "To try it with made-up articles: `make demo`, then `make web ARCHIVE=data/demo.db`."


def main() -> int:
    """Serve until Ctrl-C and return 0; return 2 for a bad argument, no archive, or a used port."""
    args = _parser().parse_args()
    path = Path(args.file).expanduser().absolute()
    try:
        _serve(path, whole_number("--port", args.port, 0, 65_535))
    except ArchiveError as error:
        is_missing = not path.exists() or path.stat().st_size == 0
        print_error(f"{error} {_TRY_DEMO}" if is_missing else error)
        return 2
    except UsageError as error:
        print_error(error)
        return 2
    return 0


def _serve(path: Path, port: int) -> None:
    with closing(ArchiveReader.open(path)) as reader:
        counts = reader.count_articles()
    try:
        # Not at the top, because the packages of the extra `web` may be missing.
        from nkcrawl.web.app import listen, serve
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error.name} is missing: `make web` installs it, as does pip install 'nkcrawl[web]'."
        ) from None
    listener = listen(port)
    articles = counts["free"] + counts["teaser"] + counts["unknown"]
    host, port = listener.getsockname()
    print(f"{articles:,} articles of {path} are at http://{host}:{port}/ until Ctrl-C.", flush=True)
    serve(path, listener)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nkcrawl.web",
        description="Show an archive in a browser, on this machine only; a crawl may be running. "
        "Exit codes: 0 ended by Ctrl-C, 2 bad argument, no archive, or the port is in use.",
    )
    parser.add_argument(
        "file", nargs="?", default=NKCRAWL_DATABASE, help="the archive (default: %(default)s)"
    )
    parser.add_argument("--port", default="8001", help="0 is any free port (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
