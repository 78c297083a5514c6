"""Notes on the sound, from the verdicts of all its spans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.contract import LoudnessFacts, LoudnessProfile
from preview_worker.render.child.segment_file import Verdict
from preview_worker.render.child.sound_findings import sound_notes
from preview_worker.timeline.model import Music
from support.media import track_of
from support.sounds import any_sound
from support.tutorials import plan, tutorial

SILENT = Verdict(decoded_frames=192_512, silent=True)
HEARD = Verdict(decoded_frames=192_512, peak=0.5)
BED = Music(asset_id="m", gain_db=-20, duck_db=-10)
SPOKEN = ((1, 2),)


GOOD = LoudnessFacts(profile=LoudnessProfile.MOBIUS_16, integrated_lufs=-16.2, true_peak_dbtp=-1.4, gain_db=3)


def notes_on(verdicts, *, voices=SPOKEN, music=None, facts=None, loudness=GOOD, whole=True):
    """Code, step and value of each note on a track of 10 s."""
    timeline = replace(plan(tutorial([{"title": "A"}])), sound=track_of(10, voices=voices, music=music))
    found = sound_notes(timeline, facts or {}, verdicts, loudness, whole=whole)
    return [(note.code, note.step_id, note.value) for note in found]


def test_silence_is_told_when_every_span_is_silent():
    assert notes_on([SILENT, SILENT]) == [("audio-silent", None, 0)]
    assert notes_on([SILENT, HEARD]) == []


def test_silence_is_not_told_when_nothing_was_to_be_heard():
    assert notes_on([SILENT, SILENT], voices=()) == []
    assert notes_on([SILENT, SILENT], voices=(), music=BED) == [("audio-silent", None, 0)]


def test_limiting_is_told_when_it_takes_a_hundredth_of_all_spans_together():
    limited = replace(HEARD, limited_samples=2500)
    assert notes_on([limited, HEARD]) == []
    assert notes_on([limited, HEARD, limited]) == [("audio-clipped", None, 0.01)]


def test_voice_is_told_when_its_file_reaches_full_scale():
    clipped = replace(any_sound("1", 96_000), peak=1.0, peak_db10=(-30, 0, 0, -2, 0))
    assert notes_on([HEARD], facts={"v0": clipped}) == [("audio-clipped", "step-1", 1.0)]


def test_voice_is_not_told_when_it_touches_full_scale_once():
    normalised = replace(any_sound("1", 96_000), peak=1.0, peak_db10=(-30, 0, -2, -20))
    assert notes_on([HEARD], facts={"v0": normalised}) == []


def test_silent_file_is_told_with_its_step_once():
    silent = replace(any_sound("1", 96_000), peak=0.0)
    assert notes_on([SILENT], facts={"v0": silent}) == [("audio-silent", "step-1", 0.0)]
    assert notes_on([HEARD], facts={"m": silent}, music=BED) == [("audio-silent", None, 0.0)]


@pytest.mark.parametrize(("announced", "told"), [(None, False), (101_000, False), (105_000, False), (106_000, True)])
def test_recording_is_told_when_a_twentieth_and_a_fifth_of_a_second_are_missing(announced, told):
    cut = replace(any_sound("1", 96_000), announced_samples=announced)
    assert notes_on([HEARD], facts={"v0": cut}) == ([("audio-truncated", "step-1", 2000)] if told else [])
    assert notes_on([HEARD], facts={"m": cut}, music=BED) == ([("audio-truncated", None, 2000)] if told else [])


def test_recording_is_not_told_when_a_long_one_misses_less_than_a_twentieth():
    music = replace(any_sound("1", 960_000), announced_samples=1_000_000)
    assert notes_on([HEARD], facts={"m": music}, music=BED) == []


def test_loudness_is_told_when_it_or_the_peak_misses_the_profile():
    quiet = GOOD.model_copy(update={"integrated_lufs": -16.6})
    assert notes_on([HEARD], loudness=quiet) == [("loudness-off", None, -16.6)]
    high = GOOD.model_copy(update={"true_peak_dbtp": -1.1})
    assert notes_on([HEARD], loudness=high) == [("loudness-off", None, -1.1)]
    other = high.model_copy(update={"profile": LoudnessProfile.YOUTUBE_14})
    assert notes_on([HEARD], loudness=other) == [("loudness-off", None, -16.2)]


def test_loudness_is_not_told_when_a_part_was_made_or_nothing_is_heard():
    off = GOOD.model_copy(update={"integrated_lufs": -30.0})
    assert notes_on([HEARD], loudness=off, whole=False) == []
    assert notes_on([SILENT], loudness=LoudnessFacts(profile=LoudnessProfile.MOBIUS_16), voices=()) == []
