"""docs/scheduling.md against the code; its recipes are tried in tests/recipes."""

import re

from nkcrawl.extensions import EXIT_CODES
from tests.recipes.page import BOXES, PAGE, jobs


def test_every_exit_code_is_explained() -> None:
    translate_errors = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert {verdict: int(code) for code, verdict in translate_errors} == EXIT_CODES


def test_the_crontabs_name_programs_by_their_whole_path_and_have_no_percent_sign() -> None:
    commands = [command for box in BOXES for command in jobs(box)]
    assert len(commands) == 5
    for command in commands:
        assert all(word.startswith("/") for word in command.split() if "/" in word)
        assert "%" not in command
