"""What the commands that ask the archive have in common: how they end."""

from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveError
from nkcrawl.commands import complain, end_quietly_on_closed_pipe


@contextmanager
def asking(command: ScrapyCommand) -> Iterator[None]:
    """Run the block that asks and prints; a bad argument or no usable archive ends the command with
    2 and a sentence.
    """
    end_quietly_on_closed_pipe()
    try:
        yield
    except (UsageError, ArchiveError) as error:
        complain(error)
        command.exitcode = 2
