"""docs/scheduling.md against the code; its recipes are tried in tests/recipes."""

from tests.recipes.page import BOXES, jobs


def test_the_crontabs_name_programs_by_their_whole_path_and_have_no_percent_sign() -> None:
    commands = [command for box in BOXES for command in jobs(box)]
    assert len(commands) == 5
    for command in commands:
        assert all(word.startswith("/") for word in command.split() if "/" in word)
        assert "%" not in command
