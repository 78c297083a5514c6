from __future__ import annotations

from fractions import Fraction

import pytest

from preview_worker.timeline.entrances import rise_start
from support.tutorials import plan, step, tutorial

RATE = Fraction(30)


@pytest.mark.parametrize(("kind", "expected"), [("cut", 3), ("slide", 3), ("fade", 10), ("crossfade", 15)])
def test_texts_rise_after_the_old_ones_are_gone_when_the_step_is_mixed_in(kind, expected):
    assert rise_start(step(transition={"type": kind, "durationMs": 500}), 120, RATE) == expected


def test_texts_rise_earlier_when_the_step_is_shorter_than_its_transition():
    assert rise_start(step(transition={"type": "crossfade", "durationMs": 2000}), 20, RATE) == 11


def test_title_rises_a_tenth_of_a_second_after_the_start_when_there_are_no_steps():
    texts = plan(tutorial([], title="Harbour")).clips[0].scene.stacks[0].texts
    assert {text.rise_start for text in texts} == {3}
