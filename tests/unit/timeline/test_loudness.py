"""Loudness from tenths of a second: gated as the recommendation says, and the gain that brings a track to its aim."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.contract import LoudnessProfile
from preview_worker.timeline.loudness import (
    AIMS,
    FINE_HOP_SAMPLES,
    HOP_SAMPLES,
    MOST_GAIN_DB,
    integrated_lufs,
    measured_powers,
    programme_gain_db,
)
from preview_worker.timeline.model import Music, SoundFacts
from support.media import track_of
from support.tutorials import plan, sound, tutorial

AIM = AIMS[LoudnessProfile.MOBIUS_16]


def power(lufs):
    return 10 ** ((lufs + 0.691) / 10)


def heard(tenths, lufs, peak_db=-12):
    return SoundFacts(
        sha256="1" * 64,
        duration_samples=tenths * HOP_SAMPLES,
        channels=1,
        peak=0.5,
        loudness_db10=(round(lufs * 10),) * tenths,
        peak_db10=(round(peak_db * 10),) * tenths,
        seam_db10=(round(lufs * 10),) * min(tenths, 2),
        seam_peak_db10=(round(peak_db * 10),) * min(tenths, 2),
    )


def test_loudness_is_that_of_each_tenth_when_all_are_alike():
    assert integrated_lufs([power(-23)] * 30) == pytest.approx(-23)


def test_silence_and_what_is_ten_lower_than_the_mean_count_for_nothing():
    loud = [power(-20)] * 50
    assert integrated_lufs([*loud, *[0.0] * 500]) == pytest.approx(-20, abs=0.15)
    assert integrated_lufs([*loud, *[power(-40)] * 50]) == pytest.approx(-20, abs=0.15)
    assert integrated_lufs([*loud, *[power(-25)] * 50]) == pytest.approx(-21.8, abs=0.2)


@pytest.mark.parametrize("powers", [[], [0.0] * 20, [power(-71)] * 20])
def test_there_is_no_loudness_when_nothing_is_loud_enough(powers):
    assert integrated_lufs(powers) is None


def test_loudness_of_a_short_sound_is_that_of_all_of_it():
    assert integrated_lufs([power(-18)] * 2) == pytest.approx(-18)


def test_spans_are_one_programme_when_their_tenths_begin_anywhere():
    first = (-1000, 2 * HOP_SAMPLES + 1000, (0, *[-200] * 6))
    second = (2 * HOP_SAMPLES, HOP_SAMPLES, (-200, -200, -300))
    powers = measured_powers([first, second])
    assert len(powers) == 3
    assert powers[1:] == pytest.approx([power(-20), (2 * power(-20) + power(-30)) / 3])
    assert powers[0] == pytest.approx((power(0) * (FINE_HOP_SAMPLES - 1000) + power(-20) * 3800) / HOP_SAMPLES, rel=0.1)


def test_gain_is_what_lacks_when_a_voice_speaks_alone():
    track = track_of(10, voices=[(1, 8)])
    assert programme_gain_db(track, {"v0": heard(80, -23.4)}, AIM) == pytest.approx(7.4, abs=0.25)


def test_gain_is_greater_when_the_limiter_takes_some():
    track = track_of(10, voices=[(1, 8)])
    assert programme_gain_db(track, {"v0": heard(80, -26, peak_db=-6)}, AIM) > 11


def test_gain_heeds_the_music_where_it_ducks():
    bed = Music(asset_id="m", gain_db=0, duck_db=-40)
    alone = programme_gain_db(track_of(20, voices=[(2, 16)]), {"v0": heard(160, -20)}, AIM)
    facts = {"v0": heard(160, -20), "m": heard(50, -20)}
    assert programme_gain_db(track_of(20, voices=[(2, 16)], music=bed), facts, AIM) == pytest.approx(alone, abs=0.5)
    assert programme_gain_db(track_of(20, music=bed), facts, AIM) == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("samples", [1, 144, 2400])
def test_gain_is_that_of_faded_rounds_when_they_are_shorter_than_a_tenth(samples):
    bed = Music(asset_id="m", gain_db=0, duck_db=0)
    short = replace(heard(1, -20), duration_samples=samples, seam_db10=(-248,), seam_peak_db10=(-150,))
    assert programme_gain_db(track_of(60, music=bed), {"m": short}, AIM) == pytest.approx(8.8, abs=0.3)


def test_gain_heeds_how_the_first_tenth_and_the_last_ones_of_a_round_fade():
    bed = Music(asset_id="m", gain_db=0, duck_db=0)
    beat = replace(heard(8, -60, peak_db=-40), loudness_db10=(-200, *[-600] * 7), seam_db10=(-230, -600, -600))
    steady = replace(heard(8, -20), seam_db10=(-1000, -1000))
    of_beat, of_steady = (programme_gain_db(track_of(60, music=bed), {"m": facts}, AIM) for facts in (beat, steady))
    assert of_beat == pytest.approx(7 + 6, abs=0.3)
    assert of_steady == pytest.approx(4 + 1.2, abs=0.3)


def test_gain_is_none_when_nothing_is_heard_and_bounded_when_hardly_anything_is():
    assert programme_gain_db(track_of(10), {}, AIM) == 0
    assert programme_gain_db(track_of(10, voices=[(1, 8)]), {}, AIM) == 0
    assert programme_gain_db(track_of(10, voices=[(1, 8)]), {"v0": heard(80, -68, peak_db=-60)}, AIM) == MOST_GAIN_DB


def test_a_part_has_the_gain_of_the_whole():
    steps = [{"id": name, "narrationAssetId": name} for name in ("a", "b")]
    quiet = replace(sound(5000), loudness_db10=(-400,) * 50)
    facts = {"a": sound(5000), "b": quiet}
    whole = plan(tutorial(steps, assets=["a", "b"]), facts)
    part = plan(tutorial(steps, assets=["a", "b"], options={"range": {"fromStep": "b"}}), facts)
    assert part.sound.gain_db == whole.sound.gain_db != 0
