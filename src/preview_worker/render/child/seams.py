"""Music in rounds: how each of them fades at its ends, and how loud those ends are then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from preview_worker.render.child.levels import LevelMeter
from preview_worker.render.child.samples import NOTHING, Samples, joined
from preview_worker.timeline.loudness import HOP_SAMPLES
from preview_worker.timeline.sound_spans import SEAM_SAMPLES

_KEPT_SAMPLES = HOP_SAMPLES + SEAM_SAMPLES
"""The last hops in which a round fades are at most so long."""
_WHOLE_ROUNDS = 2
"""An even number of samples, as the meter's spectrum wants it."""

_Amplitudes = npt.NDArray[np.float64]


def seam_fades(places: npt.NDArray[np.int64], length_samples: int) -> tuple[_Amplitudes, _Amplitudes]:
    """float64, shape of `places`: the amplitudes by which a round of so many samples comes and goes, 0 to 1."""
    seam = min(SEAM_SAMPLES, length_samples // 2)
    if not seam:
        return np.ones(places.shape), np.ones(places.shape)
    return np.minimum(1.0, places / seam), np.minimum(1.0, (length_samples - places) / seam)


class SeamMeter:
    """Takes a sound in pieces of any length and measures its ends as they are heard where rounds follow each other."""

    def __init__(self) -> None:
        self._samples = 0
        self._head = self._tail = NOTHING

    def add(self, samples: Samples) -> None:
        """Keep what is near the beginning, and near the end so far."""
        self._samples += samples.shape[1]
        missing = HOP_SAMPLES - self._head.shape[1]
        if missing > 0:
            self._head = joined((self._head, samples[:, :missing]))
        own = samples if samples.shape[1] >= _KEPT_SAMPLES else joined((self._tail, samples))
        self._tail = own[:, -_KEPT_SAMPLES:]

    def ends(self) -> LevelMeter:
        """The levels that `SoundFacts` calls `seam_db10` and `seam_peak_db10`; at least one sample was added."""
        if self._samples < HOP_SAMPLES:
            # The spectrum of whole rounds is that of endless ones.
            meter = LevelMeter(_WHOLE_ROUNDS * self._samples)
            meter.add(np.tile(self._faded(self._head, 0), _WHOLE_ROUNDS))
            return meter
        meter = LevelMeter()
        meter.add(self._faded(self._head, 0))
        last = max(1, (self._samples - SEAM_SAMPLES) // HOP_SAMPLES) * HOP_SAMPLES
        meter.add(self._faded(self._tail[:, self._tail.shape[1] - (self._samples - last) :], last))
        meter.finish()
        return meter

    def _faded(self, samples: Samples, first: int) -> Samples:
        rise, fall = seam_fades(np.arange(first, first + samples.shape[1]), self._samples)
        return np.asarray(samples * (rise * fall), np.float32)
