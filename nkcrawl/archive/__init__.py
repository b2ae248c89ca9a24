"""The one SQLite file: every article, every version of it, and when each page is to be visited
again.
"""

from nkcrawl.archive.contents import Outcome
from nkcrawl.archive.copying import copy_archive
from nkcrawl.archive.opening import ArchiveBusy, ArchiveError, ArchiveTrouble
from nkcrawl.archive.reading import Reader
from nkcrawl.archive.searching import BadQuery, Question
from nkcrawl.archive.selecting import Selection
from nkcrawl.archive.store import Archive
from nkcrawl.archive.visits import DuePage

__all__ = [
    "Archive",
    "ArchiveBusy",
    "ArchiveError",
    "ArchiveTrouble",
    "BadQuery",
    "DuePage",
    "Outcome",
    "Question",
    "Reader",
    "Selection",
    "copy_archive",
]
