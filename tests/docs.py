"""The documentation as the tests read it: its pages, code blocks and tables."""

import re

from tests.conftest import ROOT


def read(name: str) -> str:
    """Return the text of a page, by its path from the root of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str = r"\w*") -> list[str]:
    """Return the code blocks of a page in the given language, by default all of them."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(name), flags=re.MULTILINE | re.DOTALL)


def block(name: str, phrase: str) -> str:
    """Return the only code block of a page that contains a phrase."""
    (match,) = (block for block in blocks(name) if phrase in block)
    return match


def table(name: str, first_column: str) -> list[list[str]]:
    """Return the cells of the table with the given first heading, without backquotes."""
    lines = iter(read(name).splitlines())
    next(line for line in lines if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return rows[1:]
