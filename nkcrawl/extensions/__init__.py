"""How a run goes and how it ended: its record in the archive, the verdict on it, and what a
terminal shows of it.
"""

from nkcrawl.extensions.errors import briefly, place_in_ours
from nkcrawl.extensions.progress import Progress, print_summary
from nkcrawl.extensions.record import RunRecord, end_at_once, stop_run, the_reactor
from nkcrawl.extensions.verdict import EXIT_CODES, Judgement, Verdict

__all__ = [
    "EXIT_CODES",
    "Judgement",
    "Progress",
    "RunRecord",
    "Verdict",
    "briefly",
    "end_at_once",
    "place_in_ours",
    "print_summary",
    "stop_run",
    "the_reactor",
]
