"""Laws of the frame: texts inside the safe margins, boxes even and inside the frame, panels beside pictures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.timeline.geometry import meet
from preview_worker.timeline.scene import TextRole
from support.any_tutorial import ANY_TUTORIAL, RESOLUTIONS, tutorials
from support.tutorials import plan, tutorial

WORDED = {"title": "Setup", "text": "Place the board.", "visuals": ["board"], "reference": "p. 4"}


def texts_of(scene):
    return [*scene.texts, *(text for stack in scene.stacks for text in stack.texts)]


def boxes_of(scene):
    yield from (text.box for text in texts_of(scene))
    yield from (item.box for group in (scene.panels, scene.gradients, scene.stacks) for item in group)
    for picture in scene.pictures:
        yield picture.slot
        yield picture.box
    yield from (callout.placement for callout in scene.callouts if callout.placement is not None)
    if scene.progress is not None:
        yield scene.progress.box


def inside(box, outer_px, width_px, height_px):
    """Whether a box keeps the given margins (horizontal, vertical) of the frame."""
    margin_x, margin_y = outer_px
    return (
        margin_x <= box.x
        and box.x + box.width <= width_px - margin_x
        and margin_y <= box.y
        and box.y + box.height <= height_px - margin_y
    )


@ANY_TUTORIAL
@given(tutorials())
def test_texts_keep_the_safe_margins_when_the_frame_has_any_shape(request):
    timeline = plan(request)
    for scene in (*(clip.scene for clip in timeline.clips), timeline.poster):
        margins = (Fraction(scene.width_px, 20), Fraction(scene.height_px, 20))
        for text in texts_of(scene):
            assert inside(text.box, margins, scene.width_px, scene.height_px), (text.role, text.box)
        for callout in scene.callouts:
            assert callout.placement is None or inside(callout.placement, margins, scene.width_px, scene.height_px)


@ANY_TUTORIAL
@given(tutorials())
def test_boxes_are_even_and_inside_the_frame_when_the_frame_has_any_shape(request):
    timeline = plan(request)
    for scene in (*(clip.scene for clip in timeline.clips), timeline.poster):
        for box in boxes_of(scene):
            assert [side % 2 for side in (box.x, box.y, box.width, box.height)] == [0, 0, 0, 0], box
            assert box.width >= 2
            assert box.height >= 2
            assert inside(box, (0, 0), scene.width_px, scene.height_px), box


@ANY_TUTORIAL
@given(
    st.sampled_from(RESOLUTIONS),
    st.sampled_from(("picture_left", "picture_right", "grid", "auto")),
    st.sampled_from(("setup_step", "turn_flow", "components_overview")),
    st.integers(1, 9),
    st.booleans(),
)
def test_words_stand_beside_the_pictures_when_the_layout_is_split(resolution, layout, kind, count, captions):
    raw = WORDED | {"layout": layout, "kind": kind, "visuals": ["board", "card", "token"] * 3}
    raw["visuals"] = raw["visuals"][:count]
    chosen = {"resolution": resolution, "includeCaptions": captions}
    scene = plan(tutorial([raw], options=chosen)).clips[0].scene
    assert len(scene.pictures) == count
    words = [text for text in texts_of(scene) if text.role is not TextRole.CAPTION]
    assert words
    for item in (*words, *scene.panels, *scene.stacks):
        assert not any(meet(item.box, picture.slot) for picture in scene.pictures)


@ANY_TUTORIAL
@given(
    st.sampled_from(RESOLUTIONS),
    st.sampled_from(("full", "picture_left", "picture_right", "grid", "text", "auto")),
    st.sampled_from(("setup_step", "intro", "end_card", "transition")),
)
def test_texts_leave_the_band_of_captions_free_when_they_are_burned_in(resolution, layout, kind):
    raw = WORDED | {"layout": layout, "kind": kind, "narration": "Place the board.", "reference": ""}
    scene = plan(tutorial([raw], options={"resolution": resolution, "includeCaptions": True})).clips[0].scene
    captions = [text for text in scene.texts if text.role is TextRole.CAPTION]
    assert captions
    for text in texts_of(scene):
        assert text.role is TextRole.CAPTION or not meet(text.box, captions[0].box), (text.role, text.box)


@ANY_TUTORIAL
@given(
    st.sampled_from(RESOLUTIONS),
    st.sampled_from(("full", "picture_left", "picture_right", "grid", "text", "auto")),
    st.sampled_from(("setup_step", "intro", "end_card", "transition")),
    st.booleans(),
)
def test_words_keep_off_the_reference_when_the_step_has_one(resolution, layout, kind, captions):
    raw = WORDED | {"layout": layout, "kind": kind}
    scene = plan(tutorial([raw], options={"resolution": resolution, "includeCaptions": captions})).clips[0].scene
    (reference,) = [text for text in scene.texts if text.role is TextRole.REFERENCE]
    # In a wide lower third the words leave a fifth of the width at the right, more than this reference takes.
    end = replace(reference.box, x=reference.box.right - 2, width=2)
    for stack in scene.stacks:
        assert not meet(stack.box, end), (stack.box, end)


@ANY_TUTORIAL
@given(st.sampled_from(RESOLUTIONS), st.integers(1, 9), st.booleans())
def test_grid_cells_are_equal_and_apart_when_there_are_up_to_nine(resolution, count, titled):
    raw = {"title": "Parts" if titled else "", "layout": "grid", "visuals": ["board"] * count}
    scene = plan(tutorial([raw], options={"resolution": resolution})).clips[0].scene
    slots = [picture.slot for picture in scene.pictures]
    assert len(slots) == count
    assert not any(meet(first, second) for i, first in enumerate(slots) for second in slots[:i])
    assert max(slot.width for slot in slots) - min(slot.width for slot in slots) <= 2
    assert max(slot.height for slot in slots) - min(slot.height for slot in slots) <= 2
