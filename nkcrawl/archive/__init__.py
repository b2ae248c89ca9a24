"""The archive: one SQLite file with every article, its versions, and when each page is due."""

from nkcrawl.archive.archive import Archive, KnownPage, Stored
from nkcrawl.archive.articles import Change, article_row
from nkcrawl.archive.backup import copy_archive
from nkcrawl.archive.errors import ArchiveBusy, ArchiveError, ArchiveUnavailable
from nkcrawl.archive.pages import DuePage
from nkcrawl.archive.reader import ArchiveReader
from nkcrawl.archive.search import ArticleFilter, BadQuery, SearchQuery

__all__ = [
    "Archive",
    "ArchiveBusy",
    "ArchiveError",
    "ArchiveReader",
    "ArchiveUnavailable",
    "ArticleFilter",
    "BadQuery",
    "Change",
    "DuePage",
    "KnownPage",
    "SearchQuery",
    "Stored",
    "article_row",
    "copy_archive",
]
