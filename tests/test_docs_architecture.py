"""docs/architecture.md against the code: it names every module and every public class."""

import ast
import re
from pathlib import Path

from tests.conftest import ROOT
from tests.docs import read

PAGE = "docs/architecture.md"
PACKAGE = ROOT / "nkcrawl"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]


def test_it_names_every_module_and_no_other() -> None:
    listed = set(re.findall(r"`(?!tests/)([\w/]+\.py)`", read(PAGE)))
    modules = {path.relative_to(PACKAGE).as_posix() for path in MODULES}
    assert (modules - listed, listed - modules) == (set(), set())


def test_it_names_every_public_class() -> None:
    listed = set(re.findall(r"`(\w+)`", read(PAGE)))
    missing = {name for path in MODULES for name in public_classes(path)} - listed
    assert missing == set()


def public_classes(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return [name for name in classes if not name.startswith("_")]
