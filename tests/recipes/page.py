"""The code blocks of docs/scheduling.md."""

import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
BOXES = re.findall(r"^```\w*\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def box(phrase: str) -> str:
    """Return the only code block that contains a phrase."""
    (match,) = (text for text in BOXES if phrase in text)
    return str(match)


def jobs(crontab: str) -> list[str]:
    """Return the commands of a crontab's jobs, without their times."""
    return [
        match[1] for match in re.finditer(r"^(?:[\d*]\S* ){5}(.*)$", crontab, flags=re.MULTILINE)
    ]


def variables(crontab: str) -> dict[str, str]:
    """Return the variables that a crontab sets."""
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", crontab, flags=re.MULTILINE))
