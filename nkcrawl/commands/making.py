"""What the commands that make a file have in common: how they end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from nkcrawl.archive import ArchiveError, ArchiveUnavailable
from nkcrawl.commands import complain, keep_others_out
from nkcrawl.commands.signals import interruptible
from nkcrawl.placing import NoPlace


@contextmanager
def making(command: ScrapyCommand, file: str) -> Iterator[None]:
    """Run the block that makes a file, and end the command with a code and at most one sentence on
    why it was not made.

    The codes: 0 it was made, 1 it could not be written, 2 a bad argument or no usable archive, 130
    stopped by a signal.
    """
    keep_others_out()
    try:
        with interruptible():
            yield
    except ArchiveUnavailable as error:
        _end(command, 1, str(error))
    except (UsageError, NoPlace, ArchiveError) as error:
        _end(command, 2, str(error))
    except OSError as error:
        _end(
            command,
            1,
            f"{file} could not be written ({error.strerror}), and nothing is left of it. Check that the disk is sound and "
            "has room.",
        )
    except KeyboardInterrupt:
        made = "" if os.path.lexists(file) else f"; {file} was not made, and nothing is left of it"
        _end(command, 130, f"Stopped by a signal{made}.")


def _end(command: ScrapyCommand, code: int, sentence: str) -> None:
    command.exitcode = code
    complain(sentence)
