"""Two previews compared: new, changed, moved, removed, as few as explain the difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract import Aspect, Basis, Fingerprints, StepKind, StepTiming
from preview_worker.render.changes import Compared, changes_against, moved_ids

UNIQUE_IDS = st.lists(st.sampled_from("abcdefghijkl"), unique=True)


def timing(step_id, index, **prints):
    known = dict.fromkeys([aspect.value for aspect in Aspect], "0") | prints
    return StepTiming(
        id=step_id,
        index=index,
        kind=StepKind.SETUP_STEP,
        title=step_id.upper(),
        start_ms=0,
        duration_ms=1000,
        start_frame=0,
        frames=30,
        duration_source="payload",
        fingerprints=Fingerprints.model_validate(known),
    )


def steps_of(ids, **changed):
    return [timing(step_id, index, **changed.get(step_id, {})) for index, step_id in enumerate(ids)]


def told(before, after, *, part_before=False, part_after=False, **changed):
    changes = changes_against(
        "earlier",
        Basis.LAST,
        Compared(steps=steps_of(before), part=part_before),
        Compared(steps=steps_of(after, **changed), part=part_after),
    )
    assert (changes.against, changes.basis) == ("earlier", Basis.LAST)
    return [(step.id, step.change, step.from_index, step.to_index) for step in changes.steps]


def test_nothing_is_told_when_nothing_changed():
    assert told("abc", "abc") == []


def test_a_step_is_new_when_it_was_not_there_and_the_others_have_not_moved():
    assert told("abc", "axbc") == [("x", "new", None, 1)]


def test_a_step_is_removed_when_it_is_not_there_any_more():
    assert told("abc", "ac") == [("b", "removed", 1, None)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abcde", "acdeb", [("b", "moved", 1, 4)]),
        ("abcde", "eabcd", [("e", "moved", 4, 0)]),
        ("abcde", "abdce", 1),
        ("abcde", "edcba", 4),
    ],
)
def test_as_few_steps_as_possible_have_moved_when_the_order_is_another(before, after, expected):
    found = told(before, after)
    assert {change for _, change, _, _ in found} == {"moved"}
    assert found == expected if isinstance(expected, list) else len(found) == expected


def test_a_step_that_moved_is_changed_when_its_text_did_too():
    before, after = Compared(steps=steps_of("abc")), Compared(steps=steps_of("bca", a={"text": "1", "timing": "1"}))
    (step,) = changes_against("earlier", Basis.APPROVED, before, after).steps
    assert (step.change, step.moved, step.aspects) == ("changed", True, (Aspect.TEXT, Aspect.TIMING))
    assert step.model_dump(mode="json", by_alias=True) == {
        "id": "a",
        "title": "A",
        "change": "changed",
        "aspects": ["text", "timing"],
        "moved": True,
        "from": 0,
        "to": 2,
    }


def test_steps_outside_are_neither_new_nor_removed_when_a_preview_is_a_part():
    assert told("abcd", "bc", part_after=True) == []
    assert told("bc", "abcd", part_before=True) == []


@given(before=UNIQUE_IDS, after=UNIQUE_IDS)
def test_the_steps_that_stay_keep_their_order_and_no_more_could_when_compared(before, after):
    moved = moved_ids(before, after)
    common = [step_id for step_id in after if step_id in before]
    staying = [step_id for step_id in common if step_id not in moved]
    assert moved <= set(common)
    assert staying == [step_id for step_id in before if step_id in staying]
    assert len(staying) == longest_common(before, after)


@given(before=UNIQUE_IDS, after=UNIQUE_IDS)
def test_the_changes_turn_the_earlier_order_into_the_later_one_when_applied(before, after):
    found = told(before, after)
    gone = {step_id for step_id, change, _, _ in found if change in {"moved", "removed"}}
    order = [step_id for step_id in before if step_id not in gone]
    for step_id, _, _, place in sorted((c for c in found if c[3] is not None), key=lambda change: change[3]):
        order.insert(place, step_id)
    assert order == after


def longest_common(before, after):
    """By the textbook's table."""
    row = [0] * (len(after) + 1)
    for one in before:
        last, row = row, [0]
        for place, other in enumerate(after):
            row.append(last[place] + 1 if one == other else max(last[place + 1], row[place]))
    return row[-1]
