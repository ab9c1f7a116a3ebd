"""docs/guarantees.md names tests that exist, and every fault test is named there."""

import ast
import re
from pathlib import Path

from django.conf import settings

from tests.servers import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text()
NAMED = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE))


def names_in(path: Path) -> set[str]:
    """The names of a file's tests."""
    body = ast.parse(path.read_text()).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in names if name.startswith("test_")}


def test_every_test_that_is_named_exists() -> None:
    """Each by its path and its name."""
    assert NAMED
    assert {f"{path}::{name}" for path, name in NAMED if name not in names_in(ROOT / path)} == set()
    # None is written in a way that was not looked at.
    assert PAGE.count("::") == len(re.findall(r"`tests/[\w/]+\.py::\w+`", PAGE))


def test_every_fault_test_is_named() -> None:
    """What is shown is promised."""
    files = (ROOT / "tests" / "faults").glob("test_*.py")
    shown = {(str(path.relative_to(ROOT)), name) for path in files for name in names_in(path)}
    assert shown
    assert shown - NAMED == set()


def test_every_default_is_as_stated() -> None:
    """`NAME` (value unit), in the unit that the page uses."""
    units = {"": 1, " s": 1, " MiB": 2**20}
    stated = re.findall(r"`(LIVEROOM_\w+)` \((\d+)( s| MiB|)\)", PAGE)
    assert {name for name, _, _ in stated} == set(re.findall(r"LIVEROOM_\w+", PAGE))
    for name, value, unit in stated:
        assert int(value) * units[unit] == getattr(settings, name), name
