"""The limit on memory: what the crawl itself has taken, and nobody else."""

import re
from contextlib import suppress
from pathlib import Path

from scrapy.extensions.memusage import MemoryUsage

_STATUS = Path("/proc/self/status")


class OwnMemoryUsage(MemoryUsage):
    """Scrapy's extension, without what the process that started the crawl had taken.

    Linux counts that in `ru_maxrss`, by which Scrapy goes, so that a crawl started from a large
    notebook would be stopped.
    """

    def get_virtual_size(self) -> int:
        """Return the most memory that this process had at any time, in bytes."""
        with suppress(FileNotFoundError):  # not on Linux
            if peak := re.search(r"^VmHWM:\s*(\d+) kB$", _STATUS.read_text(), flags=re.MULTILINE):
                return int(peak[1]) * 1024
        return super().get_virtual_size()
