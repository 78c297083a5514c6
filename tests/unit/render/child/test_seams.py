"""The ends of a sound measured as they are heard where rounds of it follow each other."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.levels import LevelMeter
from preview_worker.render.child.seams import SeamMeter
from preview_worker.timeline.loudness import HOP_SAMPLES, SILENCE_DB10
from preview_worker.timeline.model import Music
from preview_worker.timeline.music_gain import FADE_IN_SAMPLES
from preview_worker.timeline.sound_spans import SEAM_SAMPLES
from support.media import track_of, wav_file
from support.sounds import mixed

LENGTHS = (1, 2, 144, 4799, 4800, 4801, 7200, 9599, 9600, 9601, 12_000, 50_000)


def noise(samples):
    return np.random.default_rng(samples).uniform(-0.5, 0.5, (2, samples)).astype(np.float32)


def ends_of(samples, piece):
    meter = SeamMeter()
    for start in range(0, samples.shape[1], piece):
        meter.add(samples[:, start : start + piece])
    ends = meter.ends()
    return ends.loudness_db10, ends.peak_db10


def looped(folder, length, first, samples):
    """Levels of looped noise as the mixer makes it, from a sample of the track on."""
    files = {"m": wav_file(folder / "m.wav", noise(length))}
    heard = mixed(track_of(5, music=Music(asset_id="m", gain_db=0, duck_db=0)), files)[:, first : first + samples]
    meter = LevelMeter()
    meter.add(heard)
    meter.finish()
    return meter.loudness_db10, meter.peak_db10


@pytest.mark.parametrize("length", [4800, 4801, 7200, 9599, 9601, 12_000, 50_000])
def test_ends_are_as_loud_as_the_mixer_makes_them_when_music_is_looped(tmp_path, length):
    begins = -(-FADE_IN_SAMPLES // length) * length
    expected_loudness, expected_peaks = looped(tmp_path, length, begins, length)
    loudness, peaks = ends_of(noise(length), length)
    inner = slice(1, len(expected_loudness) + 1 - len(loudness))
    del expected_loudness[inner], expected_peaks[inner]
    assert loudness == pytest.approx(expected_loudness, abs=1)
    assert peaks == pytest.approx(expected_peaks, abs=1)


@pytest.mark.parametrize("length", [2, 7, 144, 2401, 4799])
def test_rounds_are_as_loud_as_the_mixer_makes_them_when_many_fill_a_tenth(tmp_path, length):
    heard, peaks = looped(tmp_path, length, FADE_IN_SAMPLES, 20 * HOP_SAMPLES)
    (level,), (peak,) = ends_of(noise(length), length)
    assert level == pytest.approx(100 * np.log10(np.mean(10 ** (np.array(heard) / 100))), abs=1)
    assert peak == pytest.approx(max(peaks), abs=1)


@pytest.mark.parametrize("length", LENGTHS)
def test_ends_are_the_same_when_a_sound_comes_in_other_pieces(length):
    samples = noise(length)
    whole = ends_of(samples, length)
    assert ends_of(samples, 997) == whole
    assert ends_of(samples, HOP_SAMPLES) == whole


def test_ends_of_both_sides_are_heard_when_a_sound_has_one_row():
    one = noise(20_000)[:1]
    assert ends_of(one, 4096) == ends_of(np.repeat(one, 2, axis=0), 4096)


def test_nothing_is_heard_when_a_round_is_one_sample():
    assert ends_of(noise(1), 1)[0] == [SILENCE_DB10]


def test_ends_are_few_when_a_sound_is_long():
    ends = [len(ends_of(noise(samples), 48_000)[0]) for samples in (96_000, 96_000 + SEAM_SAMPLES - 1, 96_001)]
    assert ends == [2, 3, 3]
