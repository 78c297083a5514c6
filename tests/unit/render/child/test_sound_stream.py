"""Sounds of every kind we take come as 48 kHz stereo, at their place."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.sound_stream import SEAM_SAMPLES, LoopedStream, SoundStream
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.media import SOUND_CODECS, click_track, sound_file, tone, wav_file


def whole(path):
    with SoundStream(path, "sound") as stream:
        return stream.read(10 * SAMPLE_RATE_HZ)


@pytest.mark.parametrize("suffix", SOUND_CODECS)
def test_click_stays_at_its_sample_when_the_file_is_of_any_kind(tmp_path, suffix):
    samples = whole(sound_file(tmp_path / f"a.{suffix}", click_track(1.0, [0.5])))
    loud = np.flatnonzero(np.abs(samples[0]) > 0.2)
    assert abs(int(loud[0]) - 24_000) <= 24
    assert samples.dtype == np.float32
    assert samples.shape[1] == pytest.approx(SAMPLE_RATE_HZ, abs=1200)


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 44_100, 48_000, 96_000])
def test_length_and_level_are_kept_when_the_rate_differs(tmp_path, rate_hz):
    samples = whole(wav_file(tmp_path / "a.wav", tone(0.5, rate_hz=rate_hz), rate_hz=rate_hz))
    assert samples.shape[1] == pytest.approx(24_000, abs=2)
    assert np.abs(samples[:, 4000:20_000]).max() == pytest.approx(0.4, abs=0.01)


def test_channels_are_equal_when_the_file_is_mono(tmp_path):
    samples = whole(wav_file(tmp_path / "a.wav", tone(0.1)))
    assert np.array_equal(samples[0], samples[1])


def test_channels_keep_their_side_when_the_file_is_stereo(tmp_path):
    stereo = np.stack([tone(0.1), np.zeros(4800, np.float32)])
    samples = whole(wav_file(tmp_path / "a.wav", stereo))
    assert np.abs(samples[0]).max() == pytest.approx(0.4, abs=0.01)
    assert np.abs(samples[1]).max() == 0


def test_pieces_join_without_loss_when_read_in_odd_lengths(tmp_path):
    path = wav_file(tmp_path / "a.wav", tone(0.3))
    with SoundStream(path, "sound") as stream:
        pieces = []
        while (piece := stream.read(777)).shape[1]:
            pieces.append(piece)
    assert np.array_equal(np.concatenate(pieces, axis=1), whole(path))


def test_reading_goes_on_behind_what_was_skipped(tmp_path):
    path = wav_file(tmp_path / "a.wav", tone(0.3))
    with SoundStream(path, "sound") as stream:
        stream.skip(5000)
        assert np.array_equal(stream.read(100), whole(path)[:, 5000:5100])


def test_loop_repeats_with_soft_seams_when_longer_than_the_file(tmp_path):
    level = np.full(12_000, 0.5, np.float32)
    loop = LoopedStream(wav_file(tmp_path / "a.wav", level), "music", 12_000)
    out = np.concatenate([loop.read(7000) for _ in range(5)], axis=1)
    loop.close()
    assert out.shape == (2, 35_000)
    assert out[0, 0] == pytest.approx(0.5, abs=1e-3)
    assert np.abs(np.diff(out[0])).max() < 0.5 / SEAM_SAMPLES * 1.1
    assert out[0, 12_000] == pytest.approx(0, abs=1e-3)
    assert out[0, 18_000] == pytest.approx(0.5, abs=1e-3)
