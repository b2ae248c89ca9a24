"""How a run goes and how it ends: its row in the archive, its ending, and the terminal display."""

from nkcrawl.extensions.endings import ENDINGS, EXIT_CODES, Ending, ending
from nkcrawl.extensions.errors import innermost_own_frame, summary
from nkcrawl.extensions.health import HealthMonitor
from nkcrawl.extensions.progress import Progress, print_summary
from nkcrawl.extensions.run import Run, end_at_once, get_reactor, stop_run, storage_error

__all__ = [
    "ENDINGS",
    "EXIT_CODES",
    "Ending",
    "HealthMonitor",
    "Progress",
    "Run",
    "end_at_once",
    "ending",
    "get_reactor",
    "innermost_own_frame",
    "print_summary",
    "stop_run",
    "storage_error",
    "summary",
]
