"""Sets the clock of a process to FAKE_NOW, from where it runs on; Python imports this at start."""

import os
from datetime import datetime

import time_machine

time_machine.travel(datetime.fromisoformat(os.environ["FAKE_NOW"]), tick=True).start()
