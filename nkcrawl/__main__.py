"""`nkcrawl`: the project's Scrapy commands from any directory and with any environment, as cron
needs them.
"""

import os

from scrapy.cmdline import execute


def main() -> None:
    """Run a command as `scrapy` would inside the project: `nkcrawl crawl nknews`, `nkcrawl show
    URL`.
    """
    os.environ["SCRAPY_SETTINGS_MODULE"] = "nkcrawl.settings"
    execute()


if __name__ == "__main__":
    main()
