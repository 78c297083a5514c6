"""The finished sound has its profile's loudness and stays below its true peak, measured by FFmpeg's own meter."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from preview_worker.contract import LoudnessProfile
from preview_worker.render.child.sound_findings import loudness_of
from preview_worker.timeline.loudness import AIMS, TOLERANCE_LU, programme_gain_db
from preview_worker.timeline.model import Music
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.media import profile_of, tone, track_of, wav_file
from support.sounds import decoded_packets, encoded_spans, facts_of, spans_of

MASTERED = 0.25
"""Root mean square of what was mastered loud, 1.0 is full scale."""


def voice(seconds, seed, level, crest=1.0):
    """Like speech: noise of syllables and pauses; a crest above 1 makes its attacks sharper."""
    random = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE_HZ)
    t = np.arange(count) / SAMPLE_RATE_HZ
    pitch = 110 + 20 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    tone = sum(np.sin(n * phase + n) / n for n in range(1, 9))
    breath = np.convolve(random.normal(0, 1, count), np.ones(4) / 4, "same")
    pauses = np.sin(2 * np.pi * 0.23 * t + seed) > -0.6
    syllables = np.maximum(0, np.sin(2 * np.pi * 3.1 * t)) ** (0.6 * crest)
    sound = (tone + 0.3 * breath) * syllables * pauses
    return np.clip(sound / np.sqrt((sound**2).mean()) * level, -1, 1)


def music(seconds, seed, level):
    """Chords with a beat."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = sum(np.sin(2 * np.pi * frequency * t + random.uniform(0, 6)) for frequency in (65, 131, 196, 262, 330, 660))
    sound += 3 * np.sin(2 * np.pi * 55 * t) * np.exp(-8 * (t % 0.5))
    return np.clip(sound / np.sqrt((sound**2).mean()) * level, -1, 1)


def surf(seconds):
    """Noise, a little softer towards the highest frequencies."""
    return np.convolve(np.random.default_rng(1).uniform(-0.3, 0.3, round(seconds * SAMPLE_RATE_HZ)), (0.5, 0.5), "same")


def drum(seconds):
    """One beat, loud where a round comes and gone soon after."""
    sound = tone(seconds, hertz=180, level=0.5)
    return sound * np.exp(-20 * np.arange(sound.size) / SAMPLE_RATE_HZ)


MIXES = {
    # name: (length in s, voices as (start, length, level, crest), music's (level, gain, duck) or None, profile)
    "usual": (12, [(1, 4, 0.05, 1), (7, 4, 0.05, 1)], (0.1, -20, -10), "mobius-16"),
    "voice only": (9, [(1, 7, 0.05, 1)], None, "mobius-16"),
    "music only": (9, [], (0.1, -20, -10), "mobius-16"),
    "quiet voice": (9, [(1, 7, 0.002, 1)], None, "mobius-16"),
    "very quiet voice below music": (9, [(1, 7, 0.001, 1)], (0.1, -30, -20), "mobius-16"),
    "hot voice": (9, [(0.2, 8, MASTERED, 1)], None, "mobius-16"),
    "hot voice over hot music": (9, [(0.2, 8, MASTERED, 1)], (MASTERED, 0, -6), "mobius-16"),
    "sharp voice": (9, [(1, 7, 0.03, 4)], None, "mobius-16"),
    "sharp quiet voice": (9, [(1, 7, 0.003, 6)], (0.05, -30, -10), "mobius-16"),
    "little speech": (15, [(3, 3, 0.05, 1)], None, "mobius-16"),
    "little speech over music": (20, [(3, 3, 0.05, 1)], (0.1, -18, -12), "mobius-16"),
    "three seconds": (3, [(0.2, 2.6, 0.05, 1)], None, "mobius-16"),
    "three seconds of music": (3, [], (0.1, -12, -10), "mobius-16"),
    "unlike voices": (14, [(0.5, 4, 0.01, 1), (5, 4, 0.1, 1), (9.5, 4, 0.03, 2)], None, "mobius-16"),
    "unlike voices over music": (12, [(1, 4, 0.01, 1), (6, 4, 0.1, 1)], (0.1, -20, -10), "mobius-16"),
    "loud music that ducks": (15, [(4, 5, 0.08, 1)], (MASTERED, -3, -25), "mobius-16"),
    "long": (60, [(n * 9 + 0.5, 7.5, 0.04, 1) for n in range(6)], (0.1, -22, -10), "mobius-16"),
    "usual for the platform": (12, [(1, 4, 0.05, 1), (7, 4, 0.05, 1)], (0.1, -20, -10), "youtube-14"),
    "sharp for the platform": (9, [(1, 7, 0.03, 3)], None, "youtube-14"),
    "hot for the platform": (9, [(0.2, 8, MASTERED, 1)], (MASTERED, 0, -6), "youtube-14"),
}

ROUNDS_MS = (3, 50, 100, 200, 400, 600, 1000)
LOOPED = {
    "tone": lambda seconds: tone(seconds, level=0.2),
    "low tone": lambda seconds: tone(seconds, hertz=60, level=0.2),
    "chord": lambda seconds: music(seconds, 3, 0.1),
    "noise": surf,
    "drum": drum,
}


def second_meter(samples):
    """Integrated loudness and true peak in dB by FFmpeg's ebur128."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        format="fltp", sample_rate=SAMPLE_RATE_HZ, layout="stereo", time_base=Fraction(1, SAMPLE_RATE_HZ)
    )
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, 0
    graph.push(frame)
    graph.push(None)
    metadata = {}
    while True:
        try:
            metadata = graph.pull().metadata
        except (av.error.EOFError, av.error.BlockingIOError):
            break
    peak = max(float(metadata[f"lavfi.r128.true_peaks_ch{channel}"]) for channel in (0, 1))
    return float(metadata["lavfi.r128.I"]), 20 * math.log10(peak)


def mix(folder, name):
    length_s, voices, bed, profile = MIXES[name]
    files = {}
    for index, (_, seconds, level, crest) in enumerate(voices):
        files[f"v{index}"] = wav_file(folder / f"v{index}.wav", voice(seconds, index, level, crest))
    if bed is not None:
        files["bed"] = wav_file(folder / "bed.wav", music(8, 3, bed[0]))
    placed = tuple((start, seconds) for start, seconds, _, _ in voices)
    track = track_of(length_s, voices=placed, music=bed and Music(asset_id="bed", gain_db=bed[1], duck_db=bed[2]))
    return brought_home(replace(track, profile=LoudnessProfile(profile)), files), files


def brought_home(track, files):
    return replace(track, gain_db=programme_gain_db(track, facts_of(files), AIMS[track.profile]))


def assert_as_loud_as_its_profile(track, files):
    profile = profile_of()
    segments = encoded_spans(track, files, profile)
    heard = decoded_packets(segments)[:, profile.sound.rules.priming_samples :][:, : track.duration_samples]
    lufs, peak_db = second_meter(heard)
    aim = AIMS[track.profile]
    assert lufs == pytest.approx(aim.integrated_lufs, abs=TOLERANCE_LU)
    assert peak_db <= aim.true_peak_dbtp
    own = loudness_of(track, spans_of(track, files, profile), [segment.verdict for segment in segments])
    assert own.integrated_lufs == pytest.approx(lufs, abs=0.25)
    assert own.true_peak_dbtp == pytest.approx(peak_db, abs=0.4)
    assert own.gain_db == track.gain_db


@pytest.mark.parametrize("name", MIXES)
def test_loudness_is_that_of_the_profile_when_a_second_meter_looks_at_the_decoded_sound(tmp_path, name):
    assert_as_loud_as_its_profile(*mix(tmp_path, name))


@pytest.mark.parametrize("kind", LOOPED)
@pytest.mark.parametrize("round_ms", ROUNDS_MS)
def test_loudness_is_that_of_the_profile_when_music_is_looped_in_short_rounds(tmp_path, kind, round_ms):
    files = {"bed": wav_file(tmp_path / "bed.wav", LOOPED[kind](round_ms / 1000))}
    track = track_of(6, music=Music(asset_id="bed", gain_db=-12, duck_db=-10))
    assert_as_loud_as_its_profile(brought_home(track, files), files)
