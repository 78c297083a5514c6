"""When cues are shown: a second at least, as long as it takes to read, touching or apart."""

from __future__ import annotations

from fractions import Fraction

from preview_worker.timeline.cue_times import Showing, shown_frames
from preview_worker.timeline.time import FrameRange

RATE = Fraction(30)
ROOM = FrameRange(start=0, end=3000)


def shown(*cues, within=ROOM, rate=RATE):
    wanted = [Showing(start=start, end=end, reading=reading) for start, end, reading in cues]
    return [(frames.start, frames.end) for frames in shown_frames(wanted, within, rate)]


def test_cues_touch_when_less_than_half_a_second_lies_between():
    assert shown((0, 60, 30), (70, 130, 30))[0] == (0, 70)


def test_cue_stays_a_moment_and_no_more_when_a_long_pause_follows():
    assert shown((0, 60, 30), (120, 180, 30)) == [(0, 68), (120, 188)]


def test_cues_touch_when_one_frame_would_lie_between():
    assert shown((0, 60, 119), (120, 180, 30))[0] == (0, 120)


def test_cue_stays_into_the_pause_when_it_takes_long_to_read():
    assert shown((0, 60, 90), (120, 180, 30))[0] == (0, 90)


def test_cue_stays_to_the_steps_end_at_most_when_it_is_the_last():
    assert shown((0, 60, 90), within=FrameRange(start=0, end=63)) == [(0, 63)]


def test_next_cue_comes_later_when_it_can_spare_what_the_first_needs():
    assert shown((0, 40, 50), (40, 140, 60)) == [(0, 50), (50, 148)]


def test_cue_comes_before_its_words_when_the_one_before_can_spare_it():
    assert shown((0, 100, 40), (100, 130, 38), within=FrameRange(start=0, end=130)) == [(0, 92), (92, 130)]


def test_no_more_than_four_tenths_are_lent_when_a_cue_is_much_too_fast():
    assert shown((0, 40, 90), (40, 240, 60))[0] == (0, 52)


def test_every_cue_lasts_a_second_when_all_have_that_room():
    cues = [(0, 5, 30), (5, 12, 30), (12, 20, 30), (20, 100, 30)]
    assert shown(*cues, within=FrameRange(start=0, end=120)) == [(0, 30), (30, 60), (60, 90), (90, 120)]


def test_cues_share_the_room_when_there_is_no_second_for_each():
    cues = [(0, 2, 30), (2, 4, 30), (4, 40, 30)]
    assert all(end - start >= 13 for start, end in shown(*cues, within=FrameRange(start=0, end=40)))
