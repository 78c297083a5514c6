from __future__ import annotations

import pytest

from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.scene import TextRole
from support.tutorials import plan, tutorial

HEBREW = "\u05d0\u05d1\u05d2"


@pytest.mark.parametrize(
    ("text", "expected"), [("(3) \u05d0 b", True), ("\u0645", True), ("b \u05d0", False), ("2/3", False), ("", False)]
)
def test_direction_is_that_of_the_first_letter_when_it_has_one(text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert reads_leftwards(text) is expected


@pytest.mark.parametrize(
    "step",
    [{"layout": "full", "visuals": ["board"]}, {"layout": "text"}, {"kind": "intro"}],
    ids=["full", "text", "card"],
)
def test_words_stand_at_the_other_side_when_they_read_leftwards(step: dict[str, object]) -> None:
    words = {"text": HEBREW, "reference": "3"}
    timeline = plan(tutorial([{}, step | words | {"title": "Row on"}, step | words | {"title": HEBREW}]))
    rightward, leftward = (clip.scene for clip in timeline.clips[1:])
    width = rightward.width_px
    assert leftward.stacks[0].box.x == width - rightward.stacks[0].box.right > rightward.stacks[0].box.x
    sides = [[text.align for text in scene.texts if text.role is TextRole.REFERENCE] for scene in (rightward, leftward)]
    assert sides in ([["right"], ["left"]], [[], []])
