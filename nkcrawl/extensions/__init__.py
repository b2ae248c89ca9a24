"""How a run goes and how it ends: its row in the archive, its ending, and the terminal display."""

from nkcrawl.extensions.endings import ENDINGS, EXIT_CODES, Ending, ending
from nkcrawl.extensions.errors import briefly, place_in_ours
from nkcrawl.extensions.progress import Progress, print_summary
from nkcrawl.extensions.record import (
    RunRecord,
    end_at_once,
    stop_run,
    storage_error,
    the_reactor,
)

__all__ = [
    "ENDINGS",
    "EXIT_CODES",
    "Ending",
    "Progress",
    "RunRecord",
    "briefly",
    "end_at_once",
    "ending",
    "place_in_ours",
    "print_summary",
    "stop_run",
    "storage_error",
    "the_reactor",
]
