"""The contact sheet's key: another wherever it shows something else, the same wherever it doesn't."""

from __future__ import annotations

import pytest

from preview_worker.render.child.preparation import prepare
from preview_worker.render.child.sheet import Sheet
from preview_worker.render.protocol import Work
from preview_worker.timeline.model import Note
from support.media import request_of

STEPS = [
    {"id": "intro", "kind": "intro", "title": "A game", "durationMs": 1500},
    {"id": "one", "title": "Deal", "durationMs": 3000},
    {"id": "two", "title": "Play", "durationMs": 2000},
]


def sheet_of(folder, steps=STEPS, **request):
    options = request.pop("options", {})
    dumped = request_of(steps=steps, **options).model_dump(mode="json", by_alias=True) | request
    work = Work(job_id="a", project_id="p", request_id="r", digest="d", request=dumped, sources={})
    (prepared,) = prepare(work, folder, print)
    return Sheet(prepared), prepared


def changed(index, **members):
    return [step | members if at == index else step for at, step in enumerate(STEPS)]


@pytest.mark.parametrize(
    ("steps", "request_members"),
    [
        (changed(1, title="Shuffle"), {}),
        (changed(0, durationMs=2600), {}),  # the others begin later
        (changed(2, kind="end_card"), {}),
        (STEPS[:2], {}),
        (STEPS, {"title": "Another game"}),
        (STEPS, {"options": {"fps": 24}}),
        (STEPS, {"options": {"theme": {"accent": "#123456"}}}),
    ],
)
def test_key_is_another_when_the_sheet_shows_something_else(tmp_path, steps, request_members):
    before, _ = sheet_of(tmp_path)
    assert sheet_of(tmp_path, steps, **request_members)[0].key != before.key


def test_key_is_the_same_when_nothing_on_the_sheet_changes(tmp_path):
    before, _ = sheet_of(tmp_path)
    told = changed(1, narration="Deal three cards to everybody.", metadata={"a": 1})
    assert sheet_of(tmp_path, told)[0].key == before.key


def test_dots_stand_at_the_steps_with_warnings(tmp_path):
    sheet, _ = sheet_of(tmp_path)
    assert sheet.dots(()) == b"\0\0\0"
    notes = [
        Note(code="text-small", message="m", step_id="two", at_ms=0),
        Note(code="asset-unused", message="m", step_id=None, at_ms=None),
    ]
    assert sheet.dots(notes) == b"\0\0\1"


def test_stills_are_of_one_resting_segment_a_step(tmp_path):
    sheet, prepared = sheet_of(tmp_path)
    by_key = {segment.key: segment for segment in prepared.timeline.segments}
    shown = [by_key[key] for key in sheet.stills]
    assert sorted(segment.clip_index for segment in shown) == [0, 1, 2]
    assert not any(segment.mixes for segment in shown)
