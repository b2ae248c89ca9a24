"""Articles as CSV and JSON Lines, with every column of `articles`, and the authors."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from nkcrawl.export import StoredArticle, author_names

# Without it, Excel reads the file in the local code page, and shows ’ and 한 as other characters.
_BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets take these for the start of a formula, including the wide forms of Korean keyboards.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(articles: Iterable[StoredArticle]) -> Iterator[str]:
    """Yield the lines of a table (RFC 4180) after a byte order mark, the column names first.

    Authors are 'A, B', `access_evidence` is a JSON list, NULL is an empty cell. Text that a
    spreadsheet would take for a formula gets an apostrophe in front.
    """
    for number, article in enumerate(articles):
        if number == 0:
            yield _BYTE_ORDER_MARK + _line(list(article))
        cells = {
            **article,
            "authors": ", ".join(author_names(article)),
            "access_evidence": json.dumps(article["access_evidence"], ensure_ascii=False),
        }
        yield _line([escape_formula(cell) for cell in cells.values()])


def escape_formula(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_START) else cell


def _line(cells: list[object] | list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def as_jsonl(articles: Iterable[StoredArticle]) -> Iterator[str]:
    """Yield one JSON object per line and article; `authors` is a list of {slug, name}."""
    for article in articles:
        line = json.dumps(dict(article), ensure_ascii=False)
        # A lone surrogate becomes an escape, for UTF-8 has none.
        yield line.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"
