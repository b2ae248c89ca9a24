"""What the commands share: their texts for `--help`, reading the archive, and exit codes.

These are mixins, to be used together with ScrapyCommand: Scrapy takes every subclass of it in this
package for a command.
"""

import argparse
import os
import sys
from contextlib import closing

from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from nkcrawl.archive import ArchiveError, ArchiveReader, ArchiveUnavailable
from nkcrawl.commands import (
    print_error,
    reopen_closed_stdio,
    replace_unprintable,
    restrict_umask,
)
from nkcrawl.commands.signals import interruptible
from nkcrawl.options import Options, read_options


class ArchiveCommand:
    """A command that prints.

    A bad argument or no usable archive is a sentence and exit code 2; output that cannot be
    written is a sentence and exit code 1.
    """

    requires_project = True
    requires_crawler_process = False
    usage = ""  # arguments, as in 'scrapy history [options] <URL>'
    summary = ""  # one line, for the list of commands
    description = ""  # for --help, with the exit codes
    settings: Settings | None
    exitcode: int

    def syntax(self) -> str:
        return self.usage

    def short_desc(self) -> str:
        return self.summary

    def long_desc(self) -> str:
        return self.description

    @property
    def options(self) -> Options:
        """The project's settings, checked; raises UsageError."""
        assert self.settings is not None  # Scrapy sets it before anything is run
        return read_options(self.settings)

    def open_reader(self) -> "closing[ArchiveReader]":
        """Return a context manager that opens the archive; raises UsageError or ArchiveError."""
        return closing(ArchiveReader.open(self.options.database))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        reopen_closed_stdio()
        replace_unprintable()
        try:
            self.exitcode = self.answer(args, opts)
            sys.stdout.flush()
        except (UsageError, ArchiveError) as error:
            self.exitcode = fail(2, error)
        except OSError as error:
            if error.filename is not None:  # not of the output
                raise
            why = error.strerror
            self.exitcode = fail(1, f"The output could not be written ({why}). Is the disk full?")

    def answer(self, args: list[str], opts: argparse.Namespace) -> int:
        """Do what the command is for, and return its exit code."""
        raise NotImplementedError


class FileCommand(ArchiveCommand):
    """A command that creates the file or folder named by its argument, or nothing.

    Exit codes: 0 created, 1 it could not be written, 2 bad argument or unusable archive,
    130 stopped by a signal. Each but 0 comes with a sentence.
    """

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        reopen_closed_stdio()
        restrict_umask()
        target = " ".join(args)
        try:
            with interruptible():
                self.exitcode = self.answer(args, opts)
        except ArchiveUnavailable as error:
            self.exitcode = fail(1, error)
        except (UsageError, ArchiveError) as error:
            self.exitcode = fail(2, error)
        except OSError as error:
            self.exitcode = fail(
                1,
                f"{target} could not be written ({error.strerror}), and nothing is left of it. "
                "Check that the disk is sound and has room.",
            )
        except KeyboardInterrupt:
            state = (
                ""
                if os.path.lexists(target)
                else f"; {target} was not created, and nothing is left of it"
            )
            self.exitcode = fail(130, f"Stopped by a signal{state}.")


def fail(exit_code: int, message: object) -> int:
    """Print a message on stderr, and return the exit code."""
    print_error(message)
    return exit_code
