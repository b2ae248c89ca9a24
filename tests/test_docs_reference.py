"""docs/reference.md against the code: commands, arguments, settings and exit codes."""

from scrapy.cmdline import _get_commands_from_module
from scrapy.utils.project import get_project_settings

from nkcrawl.arguments import ARGUMENTS
from nkcrawl.extensions import EXIT_CODES
from tests.docs import table

PAGE = "docs/reference.md"


def test_every_command_is_listed() -> None:
    listed = {row[0].split()[1] for row in table(PAGE, "command")}
    assert listed == set(_get_commands_from_module("nkcrawl.commands", inproject=True))


def test_every_argument_of_the_spider_is_listed() -> None:
    assert [row[0].split("=")[0] for row in table(PAGE, "argument")] == list(ARGUMENTS)


def test_every_setting_is_listed_with_its_default() -> None:
    settings = get_project_settings()
    listed = {row[0]: row[1] for row in table(PAGE, "setting")}
    assert set(listed) == {name for name in settings if name.startswith("NKCRAWL_")}
    for name in ("NKCRAWL_SITE", "NKCRAWL_REQUEST_BUDGET", "NKCRAWL_HARD_LIMIT"):
        assert listed[name] == settings[name]


def test_every_exit_code_is_listed() -> None:
    listed = {row[1]: int(row[0]) for row in table(PAGE, "exit code")}
    assert listed == EXIT_CODES
