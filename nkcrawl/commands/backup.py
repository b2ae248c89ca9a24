"""`scrapy backup`: a complete copy of the archive, also while a crawl writes to it."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import copy_archive
from nkcrawl.commands import format_size
from nkcrawl.commands.base import FileCommand
from nkcrawl.export import new_file


class Command(FileCommand, ScrapyCommand):
    usage = "<FILE>"
    summary = "Copy the archive into a new file, also while a crawl runs"
    description = (
        "Copy the archive in its present state into FILE, which must not exist yet; a running "
        "crawl is not held up. The copy is checked before it gets its name, and is itself an "
        "archive: set NKCRAWL_DATABASE to read it. Exit codes: 0 created, 1 it could not be "
        "written, 2 bad argument, or no archive, or a damaged one, 130 stopped by a signal; "
        "unless it is 0, nothing was created."
    )

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        if len(args) != 1 or not args[0]:
            raise UsageError("Expected one file to copy the archive into: scrapy backup FILE")
        file, database = Path(args[0]), self.options.database
        with Console(stderr=True).status("Copying …"), new_file(file) as temporary:
            articles = copy_archive(database, temporary)
        if sys.stdout.isatty():
            size = format_size(file.stat().st_size)
            print(f"{file}: {articles:,} articles, {size}, complete and checked.")
        return 0
