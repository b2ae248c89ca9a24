"""The commands of the project: `scrapy crawl` (nkcrawl's own), and what goes with it."""

import atexit
import codecs
import io
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nkcrawl.text import escape_control_chars, strip_control_chars

UMASK = 0o027  # the owner may write, the group may read
_CELL_BREAKS = str.maketrans("\t\n", "  ")  # in plain output, tabs separate cells and lines rows


def reopen_closed_stdio() -> None:
    """Open the null device for each standard stream that is closed, as by `>&-`.

    Otherwise the archive would get the stream's number, and output would go into the file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def discard_unwritable_output() -> None:
    """Let output that cannot be written, as on a full disk, leave the exit code unchanged.

    Python flushes stdout and stderr as it exits, and ends with 120 if that fails.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # it is for a stream that is closed
                stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# Scrapy imports this package before it reads the command line, so this covers its messages, too.
atexit.register(discard_unwritable_output)


def restrict_umask() -> None:
    """Let only this user and the group read the files that this process creates."""
    os.umask(os.umask(UMASK) | UMASK)


def restore_sigpipe() -> None:
    """Let the process end silently when its output is cut off, as by `| head`.

    Not to be called while connections are open: writing to a closed one sends SIGPIPE, too.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def replace_unprintable() -> None:
    """Print '?' for characters that the locale's charset (EUC-KR, ISO-8859-1) does not have."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def print_error(message: object) -> None:
    """Print a message on stderr, if that can be written, as one line without control characters."""
    with suppress(OSError):  # the exit code tells of the error, too
        print(strip_control_chars(str(message)).replace("\n", " "), file=sys.stderr)


def print_json(value: object) -> None:
    """Print a value as JSON, with control characters escaped.

    If the output is not UTF-8, letters beyond ASCII are escaped as well, so that none is lost.
    """
    utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    print(escape_control_chars(json.dumps(value, ensure_ascii=not utf8, indent=2)))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print an empty line and a table: aligned on a terminal, elsewhere with tabs between cells."""
    print()
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            lines = (_clean_cell(cell).plain.replace("\n\n", " ¶ ") for cell in row)
            print("\t".join(line.translate(_CELL_BREAKS) for line in lines).rstrip())
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
        is_number = all(str(cell).replace(",", "").isdigit() for cell in cells)
        table.add_column(column, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*map(_clean_cell, row))
    Console(highlight=False).print(table)


def format_size(size: int) -> str:
    """Return a number of bytes as '12.3 MB' or '12.3 kB'."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def _clean_cell(cell: str | Text) -> Text:
    return Text(strip_control_chars(str(cell)), style=cell.style if isinstance(cell, Text) else "")
