"""The mix: voices at their sample, music that makes room for them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from preview_worker.render.child.sound_mix import Mixer
from preview_worker.timeline.model import Music
from preview_worker.timeline.music_gain import FADE_IN_SAMPLES, gain_of_db
from preview_worker.timeline.sound_spans import SEAM_SAMPLES, sound_spans
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.media import click_track, tone, track_of, wav_file
from support.sounds import UNCUT, facts_of, mixed


def level_at(samples, second):
    at = round(second * SAMPLE_RATE_HZ)
    return float(np.abs(samples[0, at : at + 480]).max())


@pytest.fixture
def music(tmp_path):
    path = wav_file(tmp_path / "music.wav", np.full(SAMPLE_RATE_HZ, 0.8, np.float32))
    return {"m": path}, Music(asset_id="m", gain_db=-6, duck_db=-12)


def test_track_is_silence_when_nothing_is_heard():
    samples = mixed(track_of(2.5), {})
    assert samples.shape == (1, 120_000)
    assert not samples.any()


def test_voice_lands_on_its_sample_when_it_crosses_blocks(tmp_path):
    files = {
        "v0": wav_file(tmp_path / "a.wav", click_track(0.5, [0.0, 0.25])),
        "v1": wav_file(tmp_path / "b.wav", click_track(0.4, [0.1])),
    }
    samples = mixed(track_of(3, voices=[(0.9, 0.5), (2.2, 0.4)]), files)
    loud = np.flatnonzero(np.abs(samples[0]) > 0.3)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-100) > 1)]
    assert starts.tolist() == [43_200, 55_200, 110_400]


def test_voice_ends_with_its_file_when_the_plan_is_longer(tmp_path):
    samples = mixed(track_of(1, voices=[(0, 1)]), {"v0": wav_file(tmp_path / "a.wav", tone(0.5))})
    assert not samples[:, 24_100:].any()


def test_music_is_looped_faded_and_at_its_gain_when_alone(music):
    files, bed = music
    samples = mixed(track_of(6.5, music=bed), files)
    full = 0.8 * gain_of_db(-6)
    assert level_at(samples, 0) < 0.02
    assert level_at(samples, FADE_IN_SAMPLES / SAMPLE_RATE_HZ / 2 + 0.1) < full
    assert level_at(samples, 4.5) == pytest.approx(full, abs=0.01)
    assert level_at(samples, 6.48) < 0.02


def test_music_makes_room_when_a_voice_speaks(tmp_path, music):
    files, bed = music
    files = files | {"v0": wav_file(tmp_path / "a.wav", np.zeros(SAMPLE_RATE_HZ, np.float32))}
    samples = mixed(track_of(8, voices=[(2.5, 1.0)], music=bed), files)
    full, low = 0.8 * gain_of_db(-6), 0.8 * gain_of_db(-18)
    assert level_at(samples, 1.5) == pytest.approx(full, abs=0.01)
    assert level_at(samples, 2.52) == pytest.approx(low, abs=0.01)
    assert low < level_at(samples, 3.7) < full
    assert level_at(samples, 4.5) == pytest.approx(full, abs=0.01)


def test_music_stays_low_when_two_voices_follow_closely(tmp_path, music):
    files, bed = music
    silence = wav_file(tmp_path / "a.wav", np.zeros(24_000, np.float32))
    files = files | {"v0": silence, "v1": silence}
    samples = mixed(track_of(6, voices=[(1.4, 0.5), (2.4, 0.5)], music=bed), files)
    assert level_at(samples, 2.2) == pytest.approx(0.8 * gain_of_db(-18), abs=0.01)


def test_loop_has_soft_seams_when_it_begins_again(tmp_path):
    files = {"m": wav_file(tmp_path / "a.wav", np.full(30_000, 0.5, np.float32))}
    out = mixed(track_of(6, music=Music(asset_id="m", gain_db=0, duck_db=0)), files)[0]
    assert np.abs(np.diff(out)).max() < 0.5 / SEAM_SAMPLES * 1.1
    assert out[60_000:63_000].min() == pytest.approx(0, abs=1e-3)
    assert out[75_000] == pytest.approx(0.5, abs=1e-3)


def test_music_only_fades_in_as_the_track_does_when_it_begins(tmp_path):
    files = {"m": wav_file(tmp_path / "a.wav", np.full(60_000, 0.5, np.float32))}
    out = mixed(track_of(6, music=Music(asset_id="m", gain_db=0, duck_db=0)), files)[0]
    assert np.allclose(out[:FADE_IN_SAMPLES], 0.5 * np.arange(FADE_IN_SAMPLES) / FADE_IN_SAMPLES, atol=1e-4)


def test_memory_is_that_of_seconds_when_the_music_lasts_half_a_minute(tmp_path):
    samples = np.random.default_rng(2).uniform(-0.5, 0.5, 30 * SAMPLE_RATE_HZ).astype(np.float32)
    files = {"m": wav_file(tmp_path / "m.wav", samples)}
    (uncut,) = sound_spans(track_of(40, music=Music(asset_id="m", gain_db=0, duck_db=0)), facts_of(files), UNCUT, "")
    del samples
    tracemalloc.start()
    try:
        with Mixer(files) as mixer:
            read = sum(block.shape[1] for block in mixer.blocks(uncut.heard))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == uncut.heard.samples
    assert peak_bytes < uncut.heard.samples * 2 * 4 / 3
