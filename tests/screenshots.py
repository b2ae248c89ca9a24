"""Pictures of the pages in a browser, wide and narrow: `python -m tests.screenshots FOLDER`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser import chromium, fill, served

PAGES = {
    "home": "/",
    "articles": "/archive/articles",
    "article": "/archive/articles/1",
    "query": "/archive/longest-silence",
    "charts": "/-/dashboards/archive",
}
WIDTHS = (1280, 390)


def main(folder: Path) -> None:
    """Crawl the made-up site, serve the archive, and save each page at each width as a PNG in
    `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        archive_file = Path(place) / "nknews.db"
        fill(archive_file)
        with served(archive_file) as address, chromium() as browser:
            for width in WIDTHS:
                page = browser.new_page(viewport={"width": width, "height": 900})
                for name, path in PAGES.items():
                    page.goto(address + path, wait_until="networkidle")
                    picture = folder / f"{name}-{width}.png"
                    page.screenshot(
                        path=picture, full_page=name != "articles"
                    )  # fifty articles are a long page
                    print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
