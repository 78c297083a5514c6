"""Pauses of a recording, told by its loudness; and time counted without them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

WINDOW_MS = 100
BELOW_SPEECH_DB10 = 200
"""A tenth of a second this much quieter than speech is a pause: breath and room lie 25–40 dB below a voice."""
QUIETEST_SPEECH_DB10 = -500
SHORTEST_PAUSE_WINDOWS = 2
"""Plosives are silent for up to a tenth of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A silence between two stretches of speech; `voiced_ms` is the time spoken before it, without pauses."""

    start_ms: int
    end_ms: int
    voiced_ms: int

    @property
    def duration_ms(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Voiced:
    """Where a recording speaks: from `start_ms` to `end_ms`, but for its pauses."""

    start_ms: int
    end_ms: int
    pauses: tuple[Pause, ...]

    @property
    def spoken_ms(self) -> int:
        """How long it speaks, without pauses."""
        return self.end_ms - self.start_ms - sum(pause.duration_ms for pause in self.pauses)


class Clock:
    """Turns time spoken into time of the recording."""

    def __init__(self, voiced: Voiced) -> None:
        self._start_ms = voiced.start_ms
        self._marks = [pause.voiced_ms for pause in voiced.pauses]
        self._silent = [0, *accumulate(pause.duration_ms for pause in voiced.pauses)]

    def until(self, spoken_ms: int) -> int:
        """When a word ends: before a pause at that very place."""
        return self._start_ms + spoken_ms + self._silent[bisect_left(self._marks, spoken_ms)]

    def since(self, spoken_ms: int) -> int:
        """When a word begins: after a pause at that very place."""
        return self._start_ms + spoken_ms + self._silent[bisect_right(self._marks, spoken_ms)]


def voiced_of(loudness_db10: Sequence[int], duration_ms: int) -> Voiced:
    """Where a recording speaks.

    Args:
        loudness_db10: Loudness of each tenth of a second, in tenths of LUFS.
        duration_ms: Its length.
    """
    whole = Voiced(start_ms=0, end_ms=duration_ms, pauses=())
    if not loudness_db10:
        return whole
    speech_db10 = sorted(loudness_db10)[len(loudness_db10) * 3 // 4]
    limit_db10 = max(QUIETEST_SPEECH_DB10, speech_db10 - BELOW_SPEECH_DB10)
    loud = [index for index, level in enumerate(loudness_db10) if level > limit_db10]
    if not loud:
        return whole
    start_ms, end_ms = loud[0] * WINDOW_MS, min(duration_ms, (loud[-1] + 1) * WINDOW_MS)
    if end_ms <= start_ms:
        return whole
    pauses: list[Pause] = []
    voiced_ms = 0
    begun_ms = start_ms
    for before, after in pairwise(loud):
        if after - before > SHORTEST_PAUSE_WINDOWS:
            pause_ms = (before + 1) * WINDOW_MS
            voiced_ms += pause_ms - begun_ms
            begun_ms = after * WINDOW_MS
            pauses.append(Pause(start_ms=pause_ms, end_ms=begun_ms, voiced_ms=voiced_ms))
    return Voiced(start_ms=start_ms, end_ms=end_ms, pauses=tuple(pauses))
