"""`scrapy backup`: a whole copy of the archive, while a crawl writes to it or not."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import copy_archive
from nkcrawl.commands import size
from nkcrawl.commands.making import making
from nkcrawl.options import read_options
from nkcrawl.placing import placed


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "<FILE>"

    def short_desc(self) -> str:
        return "Copy the archive whole into a new file, also while a crawl runs"

    def long_desc(self) -> str:
        return (
            "Copy the archive as it is at this moment into FILE, which must not exist yet; a crawl that is running is not "
            "held up. The copy is checked before it gets its name, and it is an archive like the first: set "
            "NKCRAWL_DATABASE to read it. Exit codes: 0 made, 1 it could not be written, 2 bad argument or no sound "
            "archive, 130 stopped by a signal; unless it is 0, nothing was made."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with making(self, " ".join(args)):
            if len(args) != 1 or not args[0]:
                raise UsageError("Name one file to copy the archive into: scrapy backup FILE")
            assert self.settings is not None
            database, file = read_options(self.settings).database, Path(args[0])
            with Console(stderr=True).status("Copying …"), placed(file) as made:
                articles = copy_archive(database, made)
            if sys.stdout.isatty():
                print(
                    f"{file}: {articles:,} articles, {size(file.stat().st_size)}, whole and checked."
                )
