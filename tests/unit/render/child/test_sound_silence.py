"""Lost sound is told, and what any encoder does to sound isn't taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.errors import OutputCheckError
from preview_worker.render.child.sound_silence import CELL_SAMPLES, LOST_CELLS, Heights, refuse_lost_sound
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.media import tone


def heights(samples, block=5000):
    found = Heights()
    for start in range(0, samples.shape[1], block):
        found.add(samples[:, start : start + block])
    return found


def stereo(samples):
    return np.stack((samples, samples * 0.5)).astype(np.float32)


def test_heights_are_the_same_in_whatever_pieces_a_sound_comes():
    sound = stereo(tone(1.0))
    assert np.array_equal(heights(sound, 333).cells, heights(sound, 48_000).cells)
    assert heights(sound).cells.size == SAMPLE_RATE_HZ // CELL_SAMPLES


def test_blocks_are_passed_on_as_they_are():
    sound = stereo(tone(0.5))
    found = Heights()
    assert np.array_equal(np.concatenate(list(found.passed(iter([sound[:, :999], sound[:, 999:]]))), axis=1), sound)
    assert np.array_equal(found.cells, heights(sound).cells)


def test_hole_is_refused_with_its_time_when_it_lasts_half_a_second():
    mixed = stereo(tone(3.0))
    spoilt = mixed.copy()
    spoilt[:, SAMPLE_RATE_HZ : SAMPLE_RATE_HZ * 3 // 2] = 0
    with pytest.raises(OutputCheckError, match=r"about 11\.\d s"):
        refuse_lost_sound(heights(mixed), heights(spoilt), 10 * SAMPLE_RATE_HZ)


@pytest.mark.parametrize("delay", [0, 1024, 2048, 3000])
def test_sound_that_comes_late_and_a_little_changed_is_accepted(delay):
    mixed = stereo(tone(2.0))
    mixed[:, SAMPLE_RATE_HZ // 2 : SAMPLE_RATE_HZ] = 0
    coded = np.pad(mixed, ((0, 0), (delay, 0))) + np.float32(0.001)
    refuse_lost_sound(heights(mixed), heights(coded), 0)


def test_what_is_hardly_heard_or_too_high_for_an_encoder_may_be_lost():
    nothing = heights(np.zeros((2, 2 * SAMPLE_RATE_HZ), np.float32))
    for mixed in (tone(2.0, level=0.01), tone(2.0, hertz=18_000, level=0.9)):
        refuse_lost_sound(heights(stereo(mixed)), nothing, 0)


def test_short_gap_is_no_hole():
    mixed = stereo(tone(2.0))
    spoilt = mixed.copy()
    spoilt[:, : (LOST_CELLS - 1) * CELL_SAMPLES] = 0
    refuse_lost_sound(heights(mixed), heights(spoilt), 0)
