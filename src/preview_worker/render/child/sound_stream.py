"""Sounds as streams of samples: decoded piece by piece, so that an hour of music takes no more memory than a second."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
import numpy.typing as npt

from preview_worker.render.child.media import decoding, opened_sound
from preview_worker.timeline.time import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]
"""float32, shape (2, samples), left and right, 1.0 is full scale, 48 kHz."""

SEAM_SAMPLES = SAMPLE_RATE_HZ // 20
"""A loop's end and its beginning each fade over 50 ms, so that no click is heard at the seam."""
_STEREO = 2


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
        self._rest = np.zeros((_STEREO, 0), np.float32)
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._pieces = self._exit.enter_context(contextlib.closing(_pieces(self._path, self._asset_id)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def read(self, samples: int) -> Samples:
        """The next samples, fewer only at the end."""
        parts, missing = [self._rest], samples - self._rest.shape[1]
        while missing > 0 and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            missing -= piece.shape[1]
        whole = np.concatenate(parts, axis=1) if len(parts) > 1 else self._rest
        self._rest = whole[:, samples:]
        return whole[:, :samples]

    def skip(self, samples: int) -> None:
        """Leave out samples."""
        while samples > 0:
            skipped = self.read(min(samples, SAMPLE_RATE_HZ)).shape[1]
            samples = samples - skipped if skipped else 0


class LoopedStream:
    """A sound played again and again, from sample 0 of the sound track on.

    Args:
        path: The file.
        asset_id: Named in errors.
        length_samples: Its length, at least 1.
    """

    def __init__(self, path: Path, asset_id: str, length_samples: int) -> None:
        self._path = path
        self._asset_id = asset_id
        self._length = length_samples
        self._position = 0
        self._rounds = 0
        self._exit = contextlib.ExitStack()
        self._stream: SoundStream | None = None

    def close(self) -> None:
        """Close the file."""
        self._exit.close()

    def read(self, samples: int) -> Samples:
        """The next samples, as many as asked for."""
        parts: list[Samples] = []
        while samples > 0:
            if self._stream is None or self._position >= self._length:
                self._rewind()
            parts.append(self._faded(self._next(min(samples, self._length - self._position))))
            samples -= parts[-1].shape[1]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts, axis=1) if parts else np.zeros((_STEREO, 0), np.float32)

    def _rewind(self) -> None:
        self._rounds += self._stream is not None
        self._exit.close()
        self._stream = self._exit.enter_context(SoundStream(self._path, self._asset_id))
        self._position = 0

    def _next(self, samples: int) -> Samples:
        """Samples of this round; a file that ends early is continued by silence up to its stated length."""
        read = self._stream.read(samples) if self._stream is not None else np.zeros((_STEREO, 0), np.float32)
        missing = samples - read.shape[1]
        return np.pad(read, ((0, 0), (0, missing))) if missing else read

    def _faded(self, read: Samples) -> Samples:
        seam = min(SEAM_SAMPLES, self._length // 2)
        start, end = self._position, self._position + read.shape[1]
        self._position = end
        first_round = self._rounds == 0
        if not seam or ((start >= seam or first_round) and end <= self._length - seam):
            return read
        places = np.arange(start, end, dtype=np.float32)
        gain = np.minimum(np.float32(1), (self._length - places) / np.float32(seam))
        if not first_round:
            gain = np.minimum(gain, places / np.float32(seam))
        return read * gain


def _pieces(path: Path, asset_id: str) -> Generator[Samples]:
    """Decoded pieces at 48 kHz stereo, as long as the decoder likes."""
    with opened_sound(path, asset_id) as (container, stream), decoding(asset_id, "sound"):
        mono = stream.codec_context.channels == 1
        resampler = av.AudioResampler(format="fltp", layout="mono" if mono else "stereo", rate=SAMPLE_RATE_HZ)
        for frame in container.decode(stream):
            frame.pts = None
            for resampled in resampler.resample(frame):
                yield _stereo(resampled)
        for resampled in resampler.resample(None):
            yield _stereo(resampled)


def _stereo(frame: av.AudioFrame) -> Samples:
    # PyAV copies the planes into the array, so that it stays valid when the frame is gone.
    samples = frame.to_ndarray().astype(np.float32, copy=False)
    return np.broadcast_to(samples, (_STEREO, samples.shape[1]))
