"""Articles as rows: CSV for spreadsheets, JSON Lines for programs. Both hold every column of
`articles`, and the authors.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from nkcrawl.export import StoredArticle, author_names

# Excel takes a file without it for one in the local code page, and makes a mess of ’ and 한.
_BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet takes for the beginning of a formula, the wide forms of a Korean keyboard among
# it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(articles: Iterable[StoredArticle]) -> Iterator[str]:
    """Yield a table in pieces: RFC 4180 after a byte order mark, the column names first.

    Authors are 'A, B', `access_evidence` is a JSON list, what is NULL is empty. A text that a
    spreadsheet would take for a formula has an apostrophe before it.
    """
    for number, article in enumerate(articles):
        if number == 0:
            yield _BYTE_ORDER_MARK + _line(list(article))
        cells = {
            **article,
            "authors": ", ".join(author_names(article)),
            "access_evidence": json.dumps(article["access_evidence"], ensure_ascii=False),
        }
        yield _line([harmless(cell) for cell in cells.values()])


def harmless(cell: object) -> object:
    """Return a cell so that no spreadsheet runs it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _line(cells: list[object] | list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def as_jsonl(articles: Iterable[StoredArticle]) -> Iterator[str]:
    """Yield one line an article, a JSON object; authors are a list of {slug, name}. A lone
    surrogate stays an escape.
    """
    for article in articles:
        line = json.dumps(dict(article), ensure_ascii=False)
        yield line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"
