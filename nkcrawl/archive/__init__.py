"""The one SQLite file: every article, every version of it, and when each page is to be visited again."""

from nkcrawl.archive.contents import Outcome
from nkcrawl.archive.opening import ArchiveError
from nkcrawl.archive.store import Archive
from nkcrawl.archive.visits import DuePage

__all__ = ["Archive", "ArchiveError", "DuePage", "Outcome"]
