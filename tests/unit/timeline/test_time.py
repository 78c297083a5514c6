from __future__ import annotations

from fractions import Fraction

import pytest

from preview_worker.timeline.time import (
    FrameRange,
    frame_at_ms,
    frames_covering_samples,
    frames_of_ms,
    ms_of_frames,
    round_half_up,
    sample_of_frame,
    samples_of_ms,
)


@pytest.mark.parametrize(
    ("value", "expected"), [(Fraction(1, 2), 1), (Fraction(3, 2), 2), (Fraction(49, 100), 0), (Fraction(-1, 2), 0)]
)
def test_round_half_up_goes_to_the_nearest_when_there_is_one_and_up_otherwise(value, expected):
    assert round_half_up(value) == expected


@pytest.mark.parametrize(
    ("duration_ms", "rate", "frames"),
    [(2000, Fraction(30), 60), (500, Fraction(25, 2), 6), (40, Fraction(25, 2), 1), (1001, Fraction(24), 24)],
)
def test_milliseconds_become_the_nearest_frames_when_the_rate_is_a_fraction(duration_ms, rate, frames):
    assert frames_of_ms(duration_ms, rate) == frames


def test_frames_become_milliseconds_and_samples_when_asked():
    assert ms_of_frames(1, Fraction(30)) == 33
    assert ms_of_frames(60, Fraction(30)) == 2000
    assert sample_of_frame(3, Fraction(25, 2)) == 11_520
    assert samples_of_ms(200) == 9600


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (1, 1), (1600, 1), (1601, 2)])
def test_frames_cover_the_samples_when_the_last_one_is_begun(samples, frames):
    assert frames_covering_samples(samples, Fraction(30)) == frames


def test_frame_range_counts_and_yields_its_frames_when_half_open():
    frames = FrameRange(start=2, end=5)
    assert len(frames) == 3
    assert list(frames) == [2, 3, 4]
    assert frames.shift(-2) == FrameRange(start=0, end=3)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_frame_range_is_refused_when_it_is_none(start, end):
    with pytest.raises(ValueError, match="not a frame range"):
        FrameRange(start=start, end=end)


@pytest.mark.parametrize(
    ("other", "expected"),
    [((0, 9), (2, 5)), ((3, 4), (3, 4)), ((4, 9), (4, 5)), ((5, 9), (2, 2)), ((0, 2), (2, 2))],
)
def test_overlap_is_what_both_share_when_they_meet_and_empty_otherwise(other, expected):
    frames = FrameRange(start=2, end=5)
    shared = frames.overlap(FrameRange(start=other[0], end=other[1]))
    assert (shared.start, shared.end) == expected


@pytest.mark.parametrize("rate", [Fraction(12), Fraction(24), Fraction(25), Fraction(30), Fraction(30000, 1001)])
def test_frame_on_screen_is_the_last_that_has_begun_when_times_are_whole_milliseconds(rate):
    begins_ms = [ms_of_frames(frame, rate) for frame in range(200)]
    for at_ms in range(3000):
        frame = frame_at_ms(at_ms, rate)
        assert begins_ms[frame] <= at_ms < begins_ms[frame + 1]
