from __future__ import annotations

import pytest

from preview_worker.bridges.callouts import callouts_of
from preview_worker.bridges.node import Reading

BOX = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4}


def read(callout):
    reading = Reading("en")
    found = callouts_of(reading.open({"callouts": [callout]}, ()), "callouts", 4000)
    reading.close()
    return found, [(remark.pointer, remark.outcome.value) for remark in reading.ledger.remarks()]


@pytest.mark.parametrize(
    ("target", "expected"),
    [([0.25, 0.5], {"x": 0.25, "y": 0.5}), (["0,25", "0.5"], {"x": 0.25, "y": 0.5}), ([0.1, 0.2, 0.3, 0.4], BOX)],
)
def test_target_is_a_point_or_a_rectangle_when_given_as_an_array(target, expected):
    (callout,), remarks = read({"target": target, "label": "Here"})
    assert (callout["target"], callout["text"], remarks) == (expected, "Here", [])


def test_target_as_an_array_is_taken_for_percents_when_its_numbers_are_large():
    (callout,), remarks = read({"target": [10, 20, 30, 40]})
    assert callout["target"] == BOX
    assert remarks == [("/callouts/0/target", "changed")]


@pytest.mark.parametrize(
    "target", [[0.1], [0.1, 0.2, 0.3], [0.1, "left"], [[0.1, 0.2], [0.3, 0.4]], [True, 0.5]], ids=repr
)
def test_callout_is_left_out_with_a_remark_when_its_array_is_no_place(target):
    found, remarks = read({"target": target, "label": "Here"})
    assert found == []
    assert ("/callouts/0", "dropped") in remarks
