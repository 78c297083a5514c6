from __future__ import annotations

import pytest

from preview_worker.errors import AssetError, TooLongError
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import Transition
from preview_worker.timeline.time import FrameRange
from support.tutorials import FACTS, picture, plan, sound, texts_on_screen, tutorial

VOICES = {"voice": sound(5000), "song": sound(60_000)}


def test_title_card_is_the_only_clip_when_there_are_no_steps():
    timeline = plan(tutorial([], title="Harbour"))
    (clip,) = timeline.clips
    assert (timeline.frames, clip.title, clip.before, timeline.chapters) == (90, "Harbour", None, ())
    assert texts_on_screen(timeline) == ["Harbour"]
    assert [len(segment.frames) for segment in timeline.segments] == [18, 42, 30]


def test_clips_know_the_scene_before_them_when_they_follow_one():
    timeline = plan(tutorial([{"durationMs": 2000}, {"durationMs": 3000}]))
    assert timeline.clips[0].before is None
    assert timeline.clips[1].before is timeline.clips[0].scene
    assert timeline.clips[1].frames == FrameRange(start=60, end=150)
    assert timeline.clips[1].source == FrameRange(start=0, end=90)


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("cut", Transition(kind="cut", frames=0), Transition(kind="cut", frames=0)),
        ("crossfade", Transition(kind="cut", frames=0), Transition(kind="crossfade", frames=15)),
        ("slide", Transition(kind="cut", frames=0), Transition(kind="slide", frames=15)),
        ("fade", Transition(kind="fade", frames=15), Transition(kind="fade", frames=15)),
    ],
)
def test_only_a_fade_leads_into_the_first_step_when_the_kind_is(kind, first, second):
    timeline = plan(tutorial([{"transition": {"type": kind}}] * 2))
    assert [clip.transition for clip in timeline.clips] == [first, second]


def test_transition_is_clamped_when_a_neighbour_is_short():
    raw = [{"durationMs": 700}, {"durationMs": 4000, "transition": {"type": "slide", "durationMs": 2000}}]
    assert plan(tutorial(raw)).clips[1].transition.frames == 10
    raw[1]["transition"]["durationMs"] = 0
    assert plan(tutorial(raw)).clips[1].transition == Transition(kind="cut", frames=0)


def test_voice_begins_after_its_pause_when_the_step_has_a_recording():
    raw = [{"durationMs": 2000}, {"narrationAssetId": "voice", "text": "Words."}]
    (voice,) = plan(tutorial(raw, assets=["voice"]), VOICES).sound.voices
    assert (voice.asset_id, voice.step_id) == ("voice", "step-2")
    assert (voice.start_sample, voice.source_start_sample, voice.duration_samples) == (96_000 + 9600, 0, 240_000)


@pytest.mark.parametrize(("mode", "voices", "frames"), [("auto", 1, 162), ("assets", 1, 162), ("silent", 0, 60)])
def test_recording_is_heard_and_timed_when_the_narration_mode_is(mode, voices, frames):
    raw = [{"narrationAssetId": "voice", "text": "Words."}]
    timeline = plan(tutorial(raw, assets=["voice"], audio={"narration": mode}), VOICES)
    assert (len(timeline.sound.voices), timeline.frames) == (voices, frames)


def test_music_is_played_when_its_file_is_there():
    audio = {"music": {"assetId": "song", "gainDb": -20}, "profile": "youtube-14"}
    track = plan(tutorial([{}], assets=["song"], audio=audio), VOICES).sound
    assert track.music is not None
    assert (track.music.asset_id, track.music.gain_db, track.profile) == ("song", -20, "youtube-14")
    assert plan(tutorial([{}], assets=["song"], audio=audio), {}).sound.music is None


def test_tutorial_is_refused_with_its_length_when_it_is_too_long():
    with pytest.raises(TooLongError, match=r"10\.0 s; at most 9 s"):
        build_timeline(tutorial([{"durationMs": 5000}] * 2), {}, encoding="x", max_duration_ms=9000)


def test_plan_needs_no_facts_when_nothing_was_probed():
    timeline = plan(tutorial([{"visuals": ["board"], "text": "word " * 29, "narrationAssetId": "card"}]), {})
    assert timeline.clips[0].estimated
    assert timeline.clips[0].scene.pictures[0].source.sha256 is None


def test_notes_name_what_was_noticed_in_each_part_of_the_plan_when_there_is_something():
    raw = [
        {"durationMs": 2000, "visuals": ["lost"], "title": "A"},
        {
            "durationMs": 700,
            "text": "A caption far too long for the time that it gets",
            "visuals": [{"assetId": "card", "startMs": 900}],
        },
        {"durationMs": 500, "narrationAssetId": "voice"},
    ]
    request = tutorial(raw, assets=["lost", "card", "voice", "spare"], options={"theme": {"text": "#555555"}})
    notes = plan(request, FACTS | VOICES).notes
    assert {note.code for note in notes} == {
        "asset-missing",
        "asset-unused",
        "caption-fast",
        "contrast-low",
        "narration-missing",
        "step-lengthened",
        "timing-past-end",
    }
    assert next(note.at_ms for note in notes if note.code == "caption-fast") == 2200


def test_rest_frame_lies_behind_transition_and_entrance_when_a_step_is_long_or_short():
    raw = [{"durationMs": 500}, {"durationMs": 3000, "transition": {"type": "fade", "durationMs": 2000}}]
    first, second = plan(tutorial(raw)).clips
    assert (first.rest_frame, second.rest_frame) == (7, 45)
    assert second.transition.frames < second.rest_frame < 90


def test_a_plan_is_refused_when_a_sound_is_to_be_shown():
    facts = {"board": sound(1)}
    with pytest.raises(AssetError, match="board"):
        plan(tutorial([{"visuals": ["board"]}]), facts)
    shown = plan(tutorial([{"visuals": ["board"]}]), {"board": picture("9")}).clips[0].scene.pictures[0]
    assert shown.source.sha256 == "9" * 64


def test_french_tutorial_shows_its_words_as_written_when_they_hold_accents_and_percent():
    raw = [{"kind": "intro", "title": "Bienvenue à l'île"}, {"title": "À 100 % !", "text": "Déjà « prêt » ?"}]
    shown = texts_on_screen(plan(tutorial(raw, language="fr")))
    assert shown == ["Bienvenue à l'île", "1 étape", "À 100 % !", "Déjà « prêt » ?", "Étape 1/1"]
