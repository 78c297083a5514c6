"""A recording tells its length, and whether it is whole."""

from __future__ import annotations

import io
import wave

import pytest

from preview_worker.speech.recording import HEADER, recorded_ms


def written(path, samples, rate_hz=22_050):
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(bytes(2 * samples))
    path.write_bytes(file.getvalue())
    return path


@pytest.mark.parametrize(("samples", "expected_ms"), [(22_050, 1000), (1, 1), (0, 0)])
def test_length_is_rounded_up_when_a_recording_is_whole(tmp_path, samples, expected_ms):
    assert recorded_ms(written(tmp_path / "said.wav", samples)) == expected_ms


@pytest.mark.parametrize("size_bytes", [0, 10, HEADER.size, HEADER.size + 1, HEADER.size + 99])
def test_recording_is_damaged_when_its_end_is_missing(tmp_path, size_bytes):
    path = written(tmp_path / "said.wav", 50)
    path.write_bytes(path.read_bytes()[:size_bytes])
    assert recorded_ms(path) is None


def test_recording_is_damaged_when_something_follows_it(tmp_path):
    path = written(tmp_path / "said.wav", 50)
    path.write_bytes(path.read_bytes() + b"\0")
    assert recorded_ms(path) is None


def test_recording_is_damaged_when_it_is_full_of_zeros(tmp_path):
    path = tmp_path / "said.wav"
    path.write_bytes(bytes(144))
    assert recorded_ms(path) is None
