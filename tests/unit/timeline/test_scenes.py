from __future__ import annotations

import pytest

from preview_worker.timeline.model import Cue
from preview_worker.timeline.scene import TextRole
from preview_worker.timeline.scenes import poster_scene, scene_of, title_scene
from preview_worker.timeline.time import FrameRange
from support.tutorials import brief, plan, tutorial

CUE = Cue(frames=FrameRange(start=6, end=80), lines=("Place the board", "on the table."), step_id="step-1")


def test_scene_carries_badge_reference_watermark_captions_and_progress_when_all_are_wanted():
    given = brief(
        [{"reference": "p. 4", "text": "Words."}], options={"watermark": "Draft", "theme": {"fontScale": 1.2}}
    )
    scene, notes = scene_of(given, given.request.steps[0], 90, [CUE])
    assert [(text.role, text.text) for text in scene.texts] == [
        (TextRole.BADGE, "Step 1/1"),
        (TextRole.REFERENCE, "p. 4"),
        (TextRole.WATERMARK, "Draft"),
        (TextRole.CAPTION, "Place the board\non the table."),
    ]
    assert scene.texts[-1].shown == CUE.frames
    assert scene.progress is not None
    assert (scene.frames, scene.font_scale, scene.unit_px, notes) == (90, 1.2, 1.0, ())


def test_captions_are_in_the_scene_when_they_are_to_be_burned_in_only():
    raw = [{"text": "Place the board."}]
    roles = [
        {text.role for text in plan(tutorial(raw, options={"includeCaptions": burned})).clips[0].scene.texts}
        for burned in (False, True)
    ]
    assert [TextRole.CAPTION in found for found in roles] == [False, True]


def test_title_scene_is_made_of_the_request_when_there_is_no_step():
    scene = title_scene(brief([], title="Harbour", options={"watermark": "Draft"}), 90, enters=True)
    assert [text.text for stack in scene.stacks for text in stack.texts] == ["Harbour"]
    assert [text.text for text in scene.texts] == ["Draft"]
    assert scene.stacks[0].texts[0].rise_start == 3


@pytest.mark.parametrize(
    ("resolution", "size"), [("640x360", (1280, 720)), ("1080x1920", (720, 1280)), ("720x720", (1280, 1280))]
)
def test_poster_is_1280_pixels_long_and_still_when_the_video_has_any_size(resolution, size):
    scene = poster_scene(brief([{}], title="Harbour", options={"resolution": resolution}))
    assert (scene.width_px, scene.height_px, scene.frames) == (*size, 1)
    assert all(text.rise_start is None for text in scene.stacks[0].texts)


def test_only_steps_with_captions_leave_room_for_them_when_they_are_burned_in():
    raw = {"title": "A", "text": "Words.", "layout": "text"}
    clips = plan(tutorial([raw, raw | {"narration": ""}], options={"includeCaptions": True})).clips
    spoken, silent = (clip.scene.stacks[0].box.bottom for clip in clips)
    assert spoken < silent
