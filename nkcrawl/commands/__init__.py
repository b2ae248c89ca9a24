"""The commands of the project: `scrapy crawl` (ours), and what goes with it."""

import codecs
import io
import json
import os
import signal
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nkcrawl.text import escape_control_chars, strip_control_chars

_OTHERS = 0o027
_IN_A_CELL = str.maketrans("\t\n", "  ")  # so that a line is a row, and a tab parts two cells


def hold_standard_streams() -> None:
    """Put the null device where a standard stream is closed, as by `>&-`.

    The archive would get its number otherwise, and what is written to the stream would go into the
    file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(
                os.devnull, os.O_RDWR
            )  # takes the lowest number that is free, which is this one
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def keep_others_out() -> None:
    """Let the group read whatever this process writes from now on, and nobody else."""
    os.umask(os.umask(_OTHERS) | _OTHERS)


def end_quietly_on_closed_pipe() -> None:
    """Let the process end as other tools do when its output is cut off, as by `| head`, and not
    with a traceback.
    """
    hold_standard_streams()
    replace_unprintable()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def replace_unprintable() -> None:
    """Print '?' for a character that the locale's charset does not have (EUC-KR, ISO-8859-1),
    rather than fail.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def complain(words: object) -> None:
    """Print a sentence on stderr, as one line that obeys nothing which a page or a file has put
    into it.
    """
    print(strip_control_chars(str(words)).replace("\n", " "), file=sys.stderr)


def print_json(value: object) -> None:
    """Print a value as JSON, its letters as they are, but nothing in it that a terminal would obey.

    Where the output is not UTF-8, letters beyond ASCII are escaped, so that none is lost.
    """
    utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    print(escape_control_chars(json.dumps(value, ensure_ascii=not utf8, indent=2)))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print a table after an empty line: drawn to the width of a terminal, or a tab between cells
    where there is none.
    """
    print()
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            lines = (
                _shown(cell).plain.replace("\n\n", " ¶ ").translate(_IN_A_CELL) for cell in row
            )
            print("\t".join(lines).rstrip())
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for column, cells in zip(columns, zip(*rows, strict=True), strict=True):
        is_number = all(str(cell).replace(",", "").isdigit() for cell in cells)
        table.add_column(column, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*map(_shown, row))
    Console(highlight=False).print(table)


def size(number: int) -> str:
    """Return a number of bytes as people read it: '12.3 MB'."""
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.1f} kB"


def _shown(cell: str | Text) -> Text:
    return Text(strip_control_chars(str(cell)), style=cell.style if isinstance(cell, Text) else "")
