"""Datasette's metadata of the archive; run as a program, it prints docs/schema.md."""

from pathlib import Path
from typing import Any

from datasette.utils import parse_metadata

DATABASE = "archive"  # its name in URLs, whatever the file is called
_FILE = Path(__file__).with_name("metadata.yaml")
_HEAD = """# Schema

Every table, view and column of the archive. Timestamps are UTC (`2025-06-20T03:15:00Z`), dates are
days in Seoul (KST); what a page does not say is `NULL`. Not listed are `_sqlite_migrations`, in
which sqlite-utils records the schema's migrations, and the tables `articles_fts_*`, in which FTS5
keeps the search index.
"""


def metadata() -> dict[str, Any]:
    """Return metadata.yaml."""
    content: dict[str, Any] = parse_metadata(_FILE.read_text(encoding="utf-8"))
    return content


def described_tables() -> dict[str, dict[str, Any]]:
    """Return the tables and views of the data dictionary, each with `description` and `columns`."""
    tables = metadata()["databases"][DATABASE]["tables"]
    return {name: table for name, table in tables.items() if "description" in table}


def columns_as_markdown(table: str) -> str:
    """Return the columns of a table and their descriptions as a Markdown table."""
    columns = described_tables()[table]["columns"].items()
    return "| column | |\n|---|---|\n" + "".join(
        f"| `{name}` | {description} |\n" for name, description in columns
    )


def schema_page() -> str:
    """Return docs/schema.md."""
    sections = (
        f"\n## `{name}`: {table['description']}\n\n{columns_as_markdown(name)}"
        for name, table in described_tables().items()
    )
    return _HEAD + "".join(sections)


if __name__ == "__main__":
    print(schema_page(), end="")
