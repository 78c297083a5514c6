"""Loudness after Rec. ITU-R BS.1770-5: of sounds as measured, of the mix as planned, and the gain that brings it home.

The mix isn't listened to before its first packet is written: what each sound contributes to each tenth of a second is
known, and so is where it is heard and how loud. Voices and music are taken to have nothing in common, so that their
powers add up; where the limiter will be at work, what it takes away is estimated. The finished sound is measured.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from preview_worker.contract import LoudnessProfile
from preview_worker.timeline.model import AssetFacts, SoundFacts, SoundTrack
from preview_worker.timeline.music_gain import FADE_IN_SAMPLES, FADE_OUT_SAMPLES, Bend, bends
from preview_worker.timeline.time import SAMPLE_RATE_HZ

FINE_HOP_SAMPLES = SAMPLE_RATE_HZ // 30
"""A thirtieth of a second: what spans are measured in, which begin at any sample of the programme."""
HOP_SAMPLES = SAMPLE_RATE_HZ // 10
"""A tenth of a second: gating blocks of 400 ms overlap by three quarters."""
SILENCE_DB10 = -1000
"""What is measured of nothing, in tenths of a decibel."""
HEADROOM_DB = 1.0
"""How far below the true peak's limit the mix is kept: lossy coding raises peaks."""
MOST_GAIN_DB, LEAST_GAIN_DB = 50.0, -50.0
TOLERANCE_LU = 0.5

_BLOCK_HOPS = 4
_OFFSET_LU = -0.691
_ABSOLUTE_GATE, _RELATIVE_GATE = 10 ** ((-70.0 - _OFFSET_LU) / 10), 0.1
"""−70 LUFS as a mean square, and −10 LU as a factor."""
_CLOSE_LU = 0.01
LIMITED_EXPONENT = 1.3
"""A tenth of a second whose peaks are so many times over the ceiling loses this power of it: measured on twenty mixes,
where 1.1 left 0.6 LU too little and 1.4 gave 0.5 LU too much."""
_ROUNDS = 6
"""Each round brings the estimate behind the limiter several times nearer to the aim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudnessAim:
    """What a profile asks for: integrated loudness, and the highest true peak."""

    integrated_lufs: float
    true_peak_dbtp: float


AIMS: Mapping[LoudnessProfile, LoudnessAim] = {
    LoudnessProfile.MOBIUS_16: LoudnessAim(integrated_lufs=-16.0, true_peak_dbtp=-1.2),
    LoudnessProfile.YOUTUBE_14: LoudnessAim(integrated_lufs=-14.0, true_peak_dbtp=-1.0),
}


def integrated_lufs(powers: Sequence[float]) -> float | None:
    """Gated loudness of a programme, from the mean square of each tenth of a second; None where all is gated away.

    A programme of less than 400 ms is one block.
    """
    sums = list(itertools.accumulate(powers, initial=0.0))
    width = min(_BLOCK_HOPS, len(powers))
    if not width:
        return None
    blocks = [(later - earlier) / width for earlier, later in zip(sums, sums[width:], strict=False)]
    loud = [block for block in blocks if block > _ABSOLUTE_GATE]
    if not loud:
        return None
    gate = math.fsum(loud) / len(loud) * _RELATIVE_GATE
    kept = [block for block in loud if block > gate]
    return _OFFSET_LU + 10 * math.log10(math.fsum(kept) / len(kept))


def measured_powers(spans: Iterable[tuple[int, int, Sequence[int]]]) -> list[float]:
    """Mean squares of each tenth of a second of a programme that was measured in spans.

    Args:
        spans: Sample at which each span begins, its length, and the loudness of its own hops of `FINE_HOP_SAMPLES`,
            the last of which may be shorter. What lies before the programme's first sample counts for nothing.
    """
    powers, filled, energy = [], 0, 0.0
    for start, samples, levels in spans:
        at, left = start, samples
        for level in levels:
            hop, power = min(FINE_HOP_SAMPLES, left), _power(level)
            left -= hop
            early = min(hop, max(0, -at))
            at, hop = at + hop, hop - early
            while hop:
                part = min(hop, HOP_SAMPLES - filled)
                energy += power * part
                filled, hop = filled + part, hop - part
                if filled == HOP_SAMPLES:
                    powers.append(energy / HOP_SAMPLES)
                    filled, energy = 0, 0.0
    return powers or ([energy / filled] if filled else [])


def programme_gain_db(track: SoundTrack, facts: Mapping[str, AssetFacts], aim: LoudnessAim) -> float:
    """The gain in whole tenths of a decibel that brings a track to its aim; 0 where there is nothing to hear."""
    powers, peaks = _hops(track, facts)
    unlimited = integrated_lufs(powers)
    if unlimited is None:
        return 0.0
    gain_db = _bounded(aim.integrated_lufs - unlimited)
    ceiling = 10 ** ((aim.true_peak_dbtp - HEADROOM_DB) / 20)
    for _ in range(_ROUNDS):
        most = ceiling / 10 ** (gain_db / 20)
        if max(peaks) <= most:
            break
        kept = [
            power * (most / peak) ** LIMITED_EXPONENT if peak > most else power
            for power, peak in zip(powers, peaks, strict=True)
        ]
        lacking = aim.integrated_lufs - ((integrated_lufs(kept) or unlimited) + gain_db)
        gain_db = _bounded(gain_db + lacking)
        if abs(lacking) < _CLOSE_LU:
            break
    return round(gain_db, 1)


def _bounded(gain_db: float) -> float:
    return max(LEAST_GAIN_DB, min(MOST_GAIN_DB, gain_db))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Where a sound is heard on the track, from which of its samples on, and how loud at a sample of the track."""

    facts: SoundFacts
    start: int
    end: int
    source_start: int
    amplitude: Callable[[int], float]


def _hops(track: SoundTrack, facts: Mapping[str, AssetFacts]) -> tuple[list[float], list[float]]:
    """The mix before its gain in tenths of a second: mean squares, and largest samples at worst."""
    count = -(-track.duration_samples // HOP_SAMPLES)
    powers, peaks, music_peaks = [0.0] * count, [0.0] * count, [0.0] * count
    for heard in _voices(track, facts):
        for hop, power, peak in _levels(heard):
            powers[hop] += power
            peaks[hop] += peak
    # Rounds follow each other: where two meet in a tenth, their peaks aren't heard at once.
    for heard in _rounds(track, facts):
        for hop, power, peak in _levels(heard):
            powers[hop] += power
            music_peaks[hop] = max(music_peaks[hop], peak)
    return powers, [peak + under for peak, under in zip(peaks, music_peaks, strict=True)]


def _levels(heard: _Heard) -> Iterator[tuple[int, float, float]]:
    """Each tenth of the track that a sound is heard in: its index, the power added to it, and the largest sample."""
    own_powers = [_power(level) for level in heard.facts.loudness_db10]
    own_peaks = [_amplitude(level / 10) for level in heard.facts.peak_db10]
    known = len(own_powers)
    for hop in range(heard.start // HOP_SAMPLES, -(-heard.end // HOP_SAMPLES)):
        first, last = max(heard.start, hop * HOP_SAMPLES), min(heard.end, (hop + 1) * HOP_SAMPLES)
        amplitude = heard.amplitude((first + last) // 2)
        source = heard.source_start + first - heard.start
        index, power, peak = source // HOP_SAMPLES, 0.0, 0.0
        while first < last and index < known:
            samples = min(last - first, (index + 1) * HOP_SAMPLES - source)
            power += own_powers[index] * amplitude * amplitude * samples / HOP_SAMPLES
            peak = max(peak, own_peaks[index])
            first, source, index = first + samples, source + samples, index + 1
        yield hop, power, amplitude * peak


def _voices(track: SoundTrack, facts: Mapping[str, AssetFacts]) -> Iterator[_Heard]:
    for voice in track.voices:
        found = facts.get(voice.asset_id)
        end = min(voice.start_sample + voice.duration_samples, track.duration_samples)
        if isinstance(found, SoundFacts) and voice.start_sample < end:
            yield _Heard(
                facts=found,
                start=voice.start_sample,
                end=end,
                source_start=voice.source_start_sample,
                amplitude=lambda _: 1.0,
            )


def _rounds(track: SoundTrack, facts: Mapping[str, AssetFacts]) -> Iterator[_Heard]:
    """Each round of the music, faded at its ends; those shorter than a tenth of a second as one level."""
    found = facts.get(track.music.asset_id) if track.music is not None else None
    if track.music is None or not isinstance(found, SoundFacts) or not found.duration_samples:
        return
    amplitude = _music_amplitude(bends(track.music, track.voices), track.duration_samples)
    looped = replace(
        found,
        loudness_db10=_between_seams(found.loudness_db10, found.seam_db10),
        peak_db10=_between_seams(found.peak_db10, found.seam_peak_db10),
    )
    samples = max(found.duration_samples, HOP_SAMPLES)
    for start in range(0, track.duration_samples, samples):
        end = min(start + samples, track.duration_samples)
        yield _Heard(facts=looped, start=start, end=end, source_start=0, amplitude=amplitude)


def _between_seams(levels: tuple[int, ...], seams: tuple[int, ...]) -> tuple[int, ...]:
    """Levels of a round: its ends as they fade, and what lies between them as it is."""
    return seams[:1] + levels[1 : len(levels) + 1 - len(seams)] + seams[1:]


def _music_amplitude(found: Sequence[Bend], duration_samples: int) -> Callable[[int], float]:
    """The music's amplitude at a sample of the track, fades included."""
    places = [place for place, _ in found]

    def amplitude(sample: int) -> float:
        behind = bisect.bisect_right(places, sample)
        (start, low), (end, high) = found[max(0, behind - 1)], found[min(behind, len(found) - 1)]
        gain = low if end <= start else low + (high - low) * (sample - start) / (end - start)
        fade_in, fade_out = sample / FADE_IN_SAMPLES, (duration_samples - sample) / FADE_OUT_SAMPLES
        return gain * min(1.0, fade_in, max(0.0, fade_out))

    return amplitude


@cache
def _power(db10: int) -> float:
    """Tenths of LUFS to a mean square; nothing for silence."""
    return 0.0 if db10 <= SILENCE_DB10 else float(10 ** ((db10 / 10 - _OFFSET_LU) / 10))


@cache
def _amplitude(gain_db: float) -> float:
    """Decibels to a factor; levels are whole tenths, so that there are some hundred of them."""
    return float(10 ** (gain_db / 20))
