"""Mixing: voices at their sample, music below them. What is heard comes from the plan, relative to a window.

All gains are drawn from the plan, never from the signal, and amplitudes run in straight lines: the same samples on
every processor, in whichever order and on whichever thread the windows are mixed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.samples import Samples, on_both_sides
from preview_worker.render.child.seams import seam_fades
from preview_worker.render.child.sound_stream import SoundReader
from preview_worker.timeline.music_gain import FADE_IN_SAMPLES, FADE_OUT_SAMPLES
from preview_worker.timeline.sound_spans import SEAM_SAMPLES, HeardMusic, HeardSound, HeardVoice

BLOCK_SAMPLES = 46_080
"""0.96 s: as much as is mixed at a time."""
OPEN_SOUNDS = 8
"""So many files are kept open; more voices than that don't speak within one block."""


class Mixer:
    """Mixes windows of a sound track, before the limiter; safe from several threads, one window at a time.

    Windows in order of the track cost one decode of each sound.

    Args:
        files: Path of each sound, by asset id.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._readers: OrderedDict[tuple[str, int | None], SoundReader] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def blocks(self, heard: HeardSound) -> Generator[Samples]:
        """A window in blocks of 0.96 s, the last one shorter; other windows wait until it is read to its end.

        Raises:
            AssetError: A sound can't be decoded (permanent).
        """
        with self._lock:
            for start in range(0, heard.samples, BLOCK_SAMPLES):
                yield self._block(heard, start, min(start + BLOCK_SAMPLES, heard.samples))

    def _block(self, heard: HeardSound, start: int, end: int) -> Samples:
        out = np.zeros((1, end - start), np.float32)
        for part in (heard.music, *heard.voices):
            if part is None:
                continue
            first, last = max(start, part.at), min(end, part.at + part.samples)
            if first < last:
                added = self._part(part, first, last)
                out = out if added.shape[0] <= out.shape[0] else on_both_sides(out).copy()
                out[:, first - start : last - start] += added
        out *= np.float32(heard.gain)
        return out

    def _part(self, part: HeardVoice | HeardMusic, first: int, last: int) -> Samples:
        if isinstance(part, HeardVoice):
            return self._reader(part.asset_id, None).read(part.source_sample + first - part.at, last - first)
        place = (part.place + first - part.at) % part.length_samples
        return self._reader(part.asset_id, part.length_samples).read(place, last - first) * music_gain(
            part, first, last
        )

    def _reader(self, asset_id: str, round_samples: int | None) -> SoundReader:
        known = asset_id, round_samples
        if known not in self._readers:
            self._readers[known] = SoundReader(self._files[asset_id], asset_id, round_samples=round_samples)
        self._readers.move_to_end(known)
        while len(self._readers) > OPEN_SOUNDS:
            self._readers.popitem(last=False)[1].close()
        return self._readers[known]


def music_gain(music: HeardMusic, start: int, end: int) -> npt.NDArray[np.float32]:
    """float32, shape (end - start,): amplitude of the music from sample `start` of the window on."""
    at = np.arange(start, end)
    places, gains = zip(*music.bends, strict=True)
    gain = np.interp(at, places, gains)
    if music.fade_in_from is not None:
        gain *= np.minimum(1.0, (at - music.fade_in_from) / FADE_IN_SAMPLES)
    if music.fade_out_until is not None:
        gain *= np.minimum(1.0, (music.fade_out_until - at) / FADE_OUT_SAMPLES)
    length, since = music.length_samples, at - music.at + music.place
    if since[0] % length < SEAM_SAMPLES or since[0] % length + since.size > length - SEAM_SAMPLES:
        rise, fall = seam_fades(since % length, length)
        gain *= fall
        gain *= np.where(music.is_opening & (since < length), 1.0, rise)
    return np.asarray(gain, np.float32)
