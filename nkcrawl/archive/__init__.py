"""The one SQLite file: every article, every version of it, and when each page is to be visited
again.
"""

from nkcrawl.archive.contents import Outcome
from nkcrawl.archive.copying import copy_archive
from nkcrawl.archive.opening import ArchiveBusy, ArchiveError, ArchiveUnavailable
from nkcrawl.archive.reading import ArchiveReader
from nkcrawl.archive.searching import BadQuery, SearchQuery
from nkcrawl.archive.selecting import ArticleFilter
from nkcrawl.archive.store import Archive
from nkcrawl.archive.visits import DuePage

__all__ = [
    "Archive",
    "ArchiveBusy",
    "ArchiveError",
    "ArchiveReader",
    "ArchiveUnavailable",
    "ArticleFilter",
    "BadQuery",
    "DuePage",
    "Outcome",
    "SearchQuery",
    "copy_archive",
]
