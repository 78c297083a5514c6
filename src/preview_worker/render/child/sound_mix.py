"""Mixing: voices at their sample, music below them, and a limiter that lets nothing clip.

All gains are drawn from the plan, never from the signal (besides the limiter's), and amplitudes run in straight
lines: the same samples on every processor.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.sound_stream import LoopedStream, Samples, SoundStream
from preview_worker.timeline.model import SoundTrack, Voice
from preview_worker.timeline.time import samples_of_ms

BLOCK_SAMPLES = 46_080
"""0.96 s: whole frames of AAC (1024 samples) and of Opus (960 samples)."""
ATTACK_SAMPLES = samples_of_ms(200)
RELEASE_SAMPLES = samples_of_ms(600)
"""The music goes down before a voice begins and comes back slowly after it; shorter gaps stay low."""
FADE_IN_SAMPLES = samples_of_ms(800)
FADE_OUT_SAMPLES = samples_of_ms(1500)
_DECIMALS = 6
_STEREO = 2


def gain_of_db(gain_db: float) -> float:
    """Decibels to an amplitude, rounded so that the last bit of a `pow` doesn't matter."""
    return round(10 ** (gain_db / 20), _DECIMALS)


class Mixer:
    """The sound track before the limiter, in consecutive blocks.

    Args:
        track: What is heard and when.
        files: Path of each sound, by asset id.
        lengths: Length of each sound in samples, by asset id.
    """

    def __init__(self, track: SoundTrack, files: Mapping[str, Path], lengths: Mapping[str, int]) -> None:
        self._track = track
        self._files = files
        self._exit = contextlib.ExitStack()
        self._open: dict[int, SoundStream] = {}
        self._music: LoopedStream | None = None
        self._envelope = _envelope(track)
        music = track.music
        if music is not None and lengths.get(music.asset_id, 0) > 0:
            self._music = LoopedStream(files[music.asset_id], music.asset_id, lengths[music.asset_id])
            self._exit.callback(self._music.close)

    def blocks(self) -> Iterator[Samples]:
        """Blocks of 0.96 s, the last one shorter, of the track's whole length.

        Raises:
            AssetError: A sound can't be decoded (permanent).
        """
        with self._exit:
            for start in range(0, self._track.duration_samples, BLOCK_SAMPLES):
                yield self._block(start, min(start + BLOCK_SAMPLES, self._track.duration_samples))

    def _block(self, start: int, end: int) -> Samples:
        out = np.zeros((_STEREO, end - start), np.float32)
        if self._music is not None:
            out += self._music.read(end - start) * self._music_gain(start, end)
        for index, voice in enumerate(self._track.voices):
            first = max(start, voice.start_sample)
            last = min(end, voice.start_sample + voice.duration_samples)
            if first < last:
                heard = self._voice(index, voice).read(last - first)
                out[:, first - start : first - start + heard.shape[1]] += heard
            elif index in self._open:
                self._open.pop(index).__exit__(None, None, None)
        return out

    def _voice(self, index: int, voice: Voice) -> SoundStream:
        if index not in self._open:
            stream = self._exit.enter_context(SoundStream(self._files[voice.asset_id], voice.asset_id))
            stream.skip(voice.source_start_sample)
            self._open[index] = stream
        return self._open[index]

    def _music_gain(self, start: int, end: int) -> npt.NDArray[np.float32]:
        places, gains = self._envelope
        at = np.arange(start, end)
        gain = np.interp(at, places, gains)
        if start < FADE_IN_SAMPLES:
            gain *= np.minimum(1.0, at / FADE_IN_SAMPLES)
        if end > self._track.duration_samples - FADE_OUT_SAMPLES:
            gain *= np.minimum(1.0, (self._track.duration_samples - at) / FADE_OUT_SAMPLES)
        return gain.astype(np.float32)


def _envelope(track: SoundTrack) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where the music's gain bends, and its amplitude there."""
    if track.music is None:
        return np.zeros(1), np.zeros(1)
    full = gain_of_db(track.music.gain_db)
    low = gain_of_db(track.music.gain_db + track.music.duck_db)
    bends: list[tuple[int, float]] = []
    for start, end in _spoken(track.voices):
        bends += [(start - ATTACK_SAMPLES, full), (start, low), (end, low), (end + RELEASE_SAMPLES, full)]
    bends = bends or [(0, full)]
    return np.array([place for place, _ in bends], np.float64), np.array([gain for _, gain in bends], np.float64)


def _spoken(voices: tuple[Voice, ...]) -> list[tuple[int, int]]:
    """Spans of speech in order; those with too short a gap for the music to come back are one."""
    spans: list[tuple[int, int]] = []
    for voice in sorted(voices, key=lambda voice: voice.start_sample):
        start, end = voice.start_sample, voice.start_sample + voice.duration_samples
        if spans and start - ATTACK_SAMPLES <= spans[-1][1] + RELEASE_SAMPLES:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
