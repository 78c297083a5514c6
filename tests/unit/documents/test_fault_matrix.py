"""The document of the fault matrix names tests that there are, for every row that it promises."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "fault-matrix.md").read_text()
ROWS = [*range(3, 28), 30, *range(41, 46), 47]


def test_every_test_that_it_names_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCUMENT)
    assert [test for test in named if not re.search(rf"^(async )?def {test[1]}\(", read(test[0]), re.MULTILINE)] == []
    assert len(named) > len(ROWS)


def test_every_row_names_a_test_with_its_number():
    lines = re.findall(r"^\| (\d+) \|.*$", DOCUMENT, re.MULTILINE)
    assert [int(row) for row in lines] == ROWS
    for row in ROWS:
        (line,) = re.findall(rf"^\| {row} \|.*$", DOCUMENT, re.MULTILINE)
        assert f"row_{row:02}_" in line


def read(path):
    file = ROOT / path
    return file.read_text() if file.exists() else ""
