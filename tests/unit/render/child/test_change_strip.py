"""What a strip of changes says of a step."""

from __future__ import annotations

import pytest

from preview_worker.contract import Aspect, StepChange
from preview_worker.render.child.change_strip import name_of, words_of


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"change": "new", "to_index": 2}, "new"),
        ({"change": "removed", "from_index": 2}, "removed"),
        ({"change": "moved", "moved": True, "from_index": 4, "to_index": 2}, "moved from place 5 to 3"),
        ({"change": "changed", "aspects": (Aspect.TEXT, Aspect.TIMING)}, "changed: text, timing"),
        (
            {"change": "changed", "aspects": (Aspect.SOUND,), "moved": True, "from_index": 0, "to_index": 1},
            "changed: sound; moved from place 1 to 2",
        ),
    ],
)
def test_a_change_is_told_in_words(fields, expected):
    assert words_of(StepChange(id="s", **fields)) == expected


@pytest.mark.parametrize(("title", "expected"), [("The board", "The board"), ("", "step-3"), (" ", "step-3")])
def test_a_step_is_named_by_its_id_when_it_has_no_title(title, expected):
    assert name_of(StepChange(id="step-3", title=title, change="new", to_index=2)) == expected
