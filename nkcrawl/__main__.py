"""`nkcrawl`: the project's Scrapy commands from any directory and environment, as for cron."""

import os

from scrapy.cmdline import execute


def main() -> None:
    """Run a command as `scrapy` does inside the project: `nkcrawl crawl nknews`."""
    os.environ["SCRAPY_SETTINGS_MODULE"] = "nkcrawl.settings"
    execute()


if __name__ == "__main__":
    main()
