"""A crawl that says what it was at: `python bench/crawl_profile.py crawl nknews -s …`, as JSON of part →
samples.

Looked at after each millisecond of processor time; a part of the work is known by the innermost
function of one of its files.
"""

import json
import signal
from collections import Counter
from types import FrameType

from nkcrawl import __main__ as nkcrawl

EVERY = 0.001  # seconds
IMPORTING = "starting: importing"
# What is in the path of a file → the part of the work, the first that fits; what fits none
# (`text.py`, `re`) counts for its caller.
PARTS = {
    "/nkcrawl/text.py": "",
    "/nkcrawl/site.py": "",
    "/nkcrawl/paywall.py": "",
    "/nkcrawl/pages/blocks.py": "reading: the visible blocks",
    "/nkcrawl/pages/body.py": "reading: the visible blocks",
    "/nkcrawl/pages/": "reading: what each is, and the fields",
    "/nkcrawl/pipelines.py": "cleaning, filler, gate",
    "/nkcrawl/archive/": "archive (SQLite)",
    "/nkcrawl/": "spider, frontier, watch, record",
    "/parsel/": "parsing HTML (lxml)",
    "/scrapy/": "Scrapy",
    "/twisted/": "Twisted, asyncio",
    "/asyncio/": "Twisted, asyncio",
}

samples: Counter[str] = Counter()


def sample(_: int, frame: FrameType | None) -> None:
    """Count the moment for a part of the work."""
    part = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib" in file:
            part = IMPORTING
            break
        part = part or next((part for piece, part in PARTS.items() if piece in file), "")
        frame = frame.f_back
    samples[part or "other"] += 1


def main() -> None:
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        nkcrawl.main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(dict(samples.most_common())))


if __name__ == "__main__":
    main()
