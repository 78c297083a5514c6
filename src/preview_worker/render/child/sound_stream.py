"""Sounds as streams of samples: decoded piece by piece, so that an hour of music takes no more memory than a second."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from preview_worker.render.child.announced_length import announced_s
from preview_worker.render.child.media import decoding, opened_sound
from preview_worker.render.child.samples import NOTHING, Samples, folded, joined
from preview_worker.timeline.time import SAMPLE_RATE_HZ

KEPT_SAMPLES = SAMPLE_RATE_HZ // 2
"""So far back a reader goes without decoding again: the spans of an encode share less than 0.2 s."""


class SoundStream:
    """A sound file, read from its start on.

    Args:
        path: The file.
        asset_id: Named in errors.

    Raises:
        AssetError: On entering and reading: the file can't be decoded (permanent).
    """

    def __init__(self, path: Path, asset_id: str) -> None:
        self._path = path
        self._asset_id = asset_id
        self._pieces: Iterator[Samples] = iter(())
        self._rest = NOTHING
        self._exit = contextlib.ExitStack()
        self._opened: tuple[InputContainer, AudioStream] | None = None
        self.channels = 0
        """As many as the file has, once it is entered."""

    def __enter__(self) -> Self:
        container, stream = self._exit.enter_context(opened_sound(self._path, self._asset_id))
        self._opened = container, stream
        self.channels = stream.codec_context.channels
        self._pieces = self._exit.enter_context(contextlib.closing(_pieces(container, stream, self._asset_id)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def announced_s(self) -> float | None:
        """The length that the file says it has, in s; None where it says nothing. Asked for once it is entered."""
        if self._opened is None:
            return None
        with decoding(self._asset_id, "sound"):
            return announced_s(self._path, *self._opened)

    def read(self, samples: int) -> Samples:
        """The next samples, fewer only at the end."""
        parts, missing = [self._rest], samples - self._rest.shape[1]
        while missing > 0 and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            missing -= piece.shape[1]
        whole = joined(parts)
        self._rest = whole[:, samples:]
        return whole[:, :samples]


class SoundReader:
    """A sound read at any place: stretches in order cost one decode of the file, and memory for a second of it.

    What was read last is kept, so that going back a little costs nothing. All else is decoded forward, from the file's
    start where it must be: behind a seek, samples would depend on what the decoder had seen before.

    Args:
        path: The file.
        asset_id: Named in errors.
        round_samples: Length of a round, at least 1, of a sound that is played again and again; None for one that is
            played once.
    """

    def __init__(self, path: Path, asset_id: str, *, round_samples: int | None = None) -> None:
        self._path = path
        self._asset_id = asset_id
        self._round = round_samples
        self._exit = contextlib.ExitStack()
        self._stream: SoundStream | None = None
        self._place = 0
        self._kept = NOTHING

    def close(self) -> None:
        """Close the file; reading goes on at the file's start."""
        self._exit.close()
        self._stream, self._place, self._kept = None, 0, NOTHING

    def read(self, place: int, samples: int) -> Samples:
        """So many samples from a place of the file (of the round) on; behind the end silence, or the next round.

        Raises:
            AssetError: The file can't be decoded (permanent).
        """
        if self._round is not None and self._round <= KEPT_SAMPLES:
            return self._tiled(place, samples, self._round)
        back = self._place - place if self._round is None else (self._place - place) % self._round
        if not 0 <= back <= self._kept.shape[1]:
            self._go_to(place)
            back = 0
        again = self._kept[:, self._kept.shape[1] - back :]
        parts = [again[:, :samples]]
        while (missing := samples - sum(part.shape[1] for part in parts)) > 0:
            parts.append(self._next(missing))
        return joined(parts)

    def _tiled(self, place: int, samples: int, round_samples: int) -> Samples:
        """A round so short that it is held whole."""
        if self._kept.shape[1] < round_samples:
            self._next(round_samples)
        return self._kept.take(np.arange(place, place + samples) % round_samples, axis=1)

    def _go_to(self, place: int) -> None:
        ahead = place - self._place if self._round is None else (place - self._place) % self._round
        if not 0 <= ahead <= place:
            self.close()
            ahead = place
        while ahead > 0:
            ahead -= self._next(min(ahead, SAMPLE_RATE_HZ)).shape[1]

    def _next(self, samples: int) -> Samples:
        """Samples from where reading stands to the round's end at most."""
        if self._stream is None or self._place == self._round:
            self._exit.close()
            self._stream = self._exit.enter_context(SoundStream(self._path, self._asset_id))
            self._place = 0
        wanted = samples if self._round is None else min(samples, self._round - self._place)
        read = self._stream.read(wanted)
        if read.shape[1] < wanted:
            # A file that ends early is continued by silence.
            read = np.pad(read, ((0, 0), (0, wanted - read.shape[1])))
        self._place += wanted
        self._kept = joined((self._kept[:, max(0, wanted - KEPT_SAMPLES) :], read))[:, -KEPT_SAMPLES:]
        return read


def _pieces(container: InputContainer, stream: AudioStream, asset_id: str) -> Generator[Samples]:
    """Decoded pieces at 48 kHz stereo, as long as the decoder likes."""
    with decoding(asset_id, "sound"):
        mono = stream.codec_context.channels == 1
        resampler = av.AudioResampler(format="fltp", layout="mono" if mono else "stereo", rate=SAMPLE_RATE_HZ)
        for frame in container.decode(stream):
            frame.pts = None
            for resampled in resampler.resample(frame):
                yield _samples(resampled)
        for resampled in resampler.resample(None):
            yield _samples(resampled)


def _samples(frame: av.AudioFrame) -> Samples:
    # PyAV copies the planes into the array, so that it stays valid when the frame is gone.
    return folded(frame.to_ndarray().astype(np.float32, copy=False))
