"""What Datasette is told of the archive: pages.yaml, and with it what every table and column
means.
"""

from pathlib import Path
from typing import Any

from datasette.utils import parse_metadata

from nkcrawl.archive import meanings

DATABASE = "archive"  # its name in addresses, whatever the file is called
_PAGES = Path(__file__).with_name("pages.yaml")


def read_pages() -> dict[str, Any]:
    """Return pages.yaml as it is written."""
    pages: dict[str, Any] = parse_metadata(_PAGES.read_text(encoding="utf-8"))
    return pages


def metadata() -> dict[str, Any]:
    """Return Datasette's metadata: the words, questions and charts of pages.yaml, the meanings from
    the archive.
    """
    pages = read_pages()
    tables = {
        name: {"description": meanings.TABLES[name], "columns": meanings.COLUMNS[name]}
        | pages["tables"].get(name, {})
        for name in meanings.TABLES
    }
    charts = {
        name: {"db": DATABASE, "library": "vega-lite"}
        | chart
        | {"display": pages["every_chart"] | chart["display"]}
        for name, chart in pages["dashboard"]["charts"].items()
    }
    return {
        "title": pages["title"],
        "description": pages["description"],
        "extra_css_urls": ["/assets/archive.css"],
        "databases": {
            DATABASE: {
                "title": "Everything in the file",
                "tables": tables | {"_sqlite_migrations": {"hidden": True}},
                "queries": pages["queries"],
            }
        },
        "plugins": {"datasette-dashboards": {DATABASE: pages["dashboard"] | {"charts": charts}}},
    }
