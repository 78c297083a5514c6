"""What `preview-worker render` says of changes."""

from __future__ import annotations

import pytest

from preview_worker.cli.render import changes_line
from preview_worker.contract.changes import StepChange


@pytest.mark.parametrize(
    ("changes", "expected"),
    [((), "nothing changed"), (("new", "changed", "new"), "1 changed, 2 new")],
)
def test_changes_are_counted_by_kind_when_a_preview_is_compared(changes, expected):
    assert changes_line([StepChange(id="a", change=change) for change in changes]) == expected
