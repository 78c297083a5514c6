"""Sounds of every kind we take come as 48 kHz stereo, at their place."""

from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.sound_stream import KEPT_SAMPLES, SoundReader, SoundStream
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


@pytest.mark.parametrize("recorded", [tone(0.1), np.stack([tone(0.1), tone(0.1)])])
def test_one_row_stands_for_both_sides_when_they_are_the_same(tmp_path, recorded):
    samples = whole(wav_file(tmp_path / "a.wav", recorded))
    assert samples.shape == (1, 4800)
    assert np.abs(samples).max() == pytest.approx(0.4, abs=0.01)


def test_both_rows_are_there_when_the_sides_differ_for_a_while(tmp_path):
    left, right = tone(0.3), tone(0.3)
    right[6000:7000] = 0
    samples = whole(wav_file(tmp_path / "a.wav", np.stack([left, right])))
    assert np.array_equal(samples[0], samples[1]) is False
    assert np.abs(samples[0] - left).max() < 0.001
    assert np.abs(samples[1] - right).max() < 0.001


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


def melody(samples, rate_hz=SAMPLE_RATE_HZ):
    """No two stretches of it are alike."""
    return np.random.default_rng(3).uniform(-0.5, 0.5, round(samples * rate_hz / SAMPLE_RATE_HZ)).astype(np.float32)


def read_all(path, stretches, **options):
    reader = SoundReader(path, "sound", **options)
    try:
        return [reader.read(place, length) for place, length in stretches]
    finally:
        reader.close()


def test_every_stretch_is_the_same_when_read_in_whatever_order(tmp_path):
    path = sound_file(tmp_path / "a.mp3", melody(100_000))
    expected = whole(path)
    stretches = [(0, 5000), (4000, 30_000), (33_000, 3000), (90_000, 5000), (20_000, 100), (19_999, 40_000), (0, 1)]
    for (place, length), read in zip(stretches, read_all(path, stretches), strict=True):
        assert np.array_equal(read, expected[:, place : place + length])


def test_file_is_opened_once_when_stretches_go_back_a_little(tmp_path):
    path = wav_file(tmp_path / "a.wav", melody(300_000))
    reader = SoundReader(path, "sound")
    expected = whole(path)
    reader.read(0, 50_000)
    path.unlink()
    for place in range(50_000 - KEPT_SAMPLES, 250_000, 20_000):
        assert np.array_equal(reader.read(place, 24_000), expected[:, place : place + 24_000])
    reader.close()


def test_silence_is_read_when_the_file_has_ended(tmp_path):
    path = wav_file(tmp_path / "a.wav", tone(0.1))
    (read,) = read_all(path, [(4000, 2000)])
    assert np.array_equal(read[:, :800], whole(path)[:, 4000:])
    assert not read[:, 800:].any()


@pytest.mark.parametrize("length", [1, 700, KEPT_SAMPLES, 30_000])
def test_rounds_follow_each_other_when_the_sound_is_looped(tmp_path, length):
    path = wav_file(tmp_path / "a.wav", melody(length))
    expected = np.tile(whole(path), (1, 100_000 // length + 2))
    places = [(0, 40_000), (39_000, 35_000), (5, 10), (length - 1, 70_000)]
    read = read_all(path, [(place % length, samples) for place, samples in places], round_samples=length)
    for (place, samples), found in zip(places, read, strict=True):
        assert np.array_equal(found, expected[:, place : place + samples])
