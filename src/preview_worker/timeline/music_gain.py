"""How loud the music is: at its own gain alone, lower while a voice speaks. Drawn from the plan, never from the signal.

Amplitudes run in straight lines between bends, so that they are the same samples on every processor.
"""

from __future__ import annotations

from collections.abc import Sequence

from preview_worker.timeline.model import Music, Voice
from preview_worker.timeline.time import samples_of_ms

ATTACK_SAMPLES = samples_of_ms(200)
RELEASE_SAMPLES = samples_of_ms(600)
"""The music goes down before a voice begins and comes back slowly after it; shorter gaps stay low."""
FADE_IN_SAMPLES = samples_of_ms(800)
FADE_OUT_SAMPLES = samples_of_ms(1500)
"""The music fades in at the track's beginning and out at its end."""
_DECIMALS = 6

Bend = tuple[int, float]
"""A sample, and the amplitude there; before the first and behind the last bend the amplitude stays."""


def gain_of_db(gain_db: float) -> float:
    """Decibels to an amplitude, rounded so that the last bit of a power doesn't matter."""
    return float(round(10 ** (gain_db / 20), _DECIMALS))


def bends(music: Music, voices: Sequence[Voice]) -> tuple[Bend, ...]:
    """Where the music's amplitude bends, in samples of the track, in order."""
    full, low = gain_of_db(music.gain_db), gain_of_db(music.gain_db + music.duck_db)
    found: list[Bend] = []
    for start, end in _spoken(voices):
        found += [(start - ATTACK_SAMPLES, full), (start, low), (end, low), (end + RELEASE_SAMPLES, full)]
    return tuple(found) or ((0, full),)


def bends_within(found: Sequence[Bend], start: int, end: int) -> tuple[Bend, ...]:
    """The fewest bends that give the same amplitudes from `start` to `end`, counted from `start`.

    A slope is kept with both its ends, also where they lie outside; of a level stretch only the level is left.
    """
    first = max((index for index, (place, _) in enumerate(found) if place <= start), default=0)
    last = min((index for index, (place, _) in enumerate(found) if place >= end), default=len(found) - 1)
    kept = [(place - start, gain) for place, gain in found[first : max(first, last) + 1]]
    while len(kept) > 1 and kept[0][1] == kept[1][1]:
        del kept[0]
    while len(kept) > 1 and kept[-1][1] == kept[-2][1]:
        del kept[-1]
    return tuple(kept) if len(kept) > 1 else ((0, kept[0][1]),)


def _spoken(voices: Sequence[Voice]) -> list[tuple[int, int]]:
    """Stretches of speech in order; those with too short a gap for the music to come back are one."""
    stretches: list[tuple[int, int]] = []
    for voice in sorted(voices, key=lambda voice: voice.start_sample):
        start, end = voice.start_sample, voice.start_sample + voice.duration_samples
        if stretches and start - ATTACK_SAMPLES <= stretches[-1][1] + RELEASE_SAMPLES:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return stretches
