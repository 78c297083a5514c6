from __future__ import annotations

import pytest

from preview_worker.errors import InvalidPayloadError
from support.tutorials import plan, sound, tutorial

VOICE = {"voice": sound(3600)}
STEPS = [
    {"id": "a", "title": "A", "durationMs": 4000, "narrationAssetId": "voice", "text": "First words."},
    {"id": "b", "title": "B", "durationMs": 4000, "narrationAssetId": "voice", "text": "Second words."},
    {"id": "c", "title": "C", "durationMs": 4000, "kind": "turn_flow", "visuals": [{"assetId": "lost"}]},
]


def part(**wanted):
    options = {"range": wanted} if wanted else {}
    return plan(tutorial(STEPS, assets=["voice", "lost"], options=options), VOICE)


def badges(timeline):
    return [text.text for clip in timeline.clips for text in clip.scene.texts if text.role.value == "badge"]


def test_part_keeps_numbers_and_starts_at_zero_when_it_begins_at_a_later_step():
    found = part(fromStep="b")
    assert badges(found) == ["Step 2/3", "Step 3/3"]
    assert [(clip.frames.start, clip.step_index) for clip in found.clips] == [(0, 1), (120, 2)]
    assert [segment.clip_index for segment in found.segments] == [0, 0, 0, 1, 1, 1]
    assert found.clips[0].before is not None


def test_part_ends_with_the_last_step_inclusively_when_it_names_one():
    assert [clip.step_id for clip in part(toStep="b").clips] == ["a", "b"]
    assert [clip.step_id for clip in part(fromStep="b", toStep="b").clips] == ["b"]


def test_part_begins_on_a_segments_border_when_its_time_lies_within_one():
    found = part(startMs=3600, endMs=4200)
    assert [clip.step_id for clip in found.clips] == ["a", "b"]
    # Segments of step a end at frames 60 and 120; the transition of b ends at 135.
    assert (found.frames, found.clips[0].source.start, found.clips[0].source.end) == (75, 60, 120)


def test_captions_and_chapters_are_cut_to_the_part_when_they_reach_beyond_it():
    found = part(fromStep="b", toStep="c")
    assert [cue.lines for cue in found.cues] == [("Second words.",)]
    assert found.cues[0].frames.start == 6
    assert [(chapter.title, chapter.frames.start, chapter.frames.end) for chapter in found.chapters] == [
        ("Setup", 0, 120),
        ("C", 120, 240),
    ]


def test_voice_is_heard_from_where_it_has_got_to_when_the_part_begins_within_it():
    whole, found = part(), part(startMs=3500)
    assert [voice.step_id for voice in found.sound.voices] == ["a", "b"]
    first, second = found.sound.voices
    before = 60 * 1600
    begun = before - whole.sound.voices[0].start_sample
    assert (first.start_sample, first.source_start_sample) == (0, begun)
    assert first.duration_samples == whole.sound.voices[0].duration_samples - begun
    assert (second.start_sample, second.source_start_sample) == (whole.sound.voices[1].start_sample - before, 0)


def test_voice_is_left_out_when_it_is_over_before_the_part():
    assert [voice.step_id for voice in part(fromStep="b").sound.voices] == ["b"]


def test_notes_tell_their_time_from_the_parts_start_when_they_have_one():
    fast = {"id": "b", "durationMs": 1000, "text": "A caption that is far too long for the short time that it gets"}
    raw = [STEPS[0], fast]
    options = {"range": {"fromStep": "b"}}
    found = plan(tutorial(raw, assets=["voice"], options=options), VOICE).notes
    assert [(note.code, note.at_ms) for note in found if note.at_ms is not None] == [("caption-fast", 200)]
    assert {note.step_id for note in found} == {"b"}


def test_note_is_left_out_when_its_moment_lies_before_the_part():
    fast = {"id": "a", "durationMs": 9000, "narration": "", "callouts": [{"kind": "box", "target": {"x": 0.1, "y": 0}}]}
    raw = [fast | {"visuals": ["lost"]}]
    whole = plan(tutorial(raw, assets=["lost"]), {})
    assert [note.at_ms for note in whole.notes if note.code == "callout-offscreen"] == [0]
    later = plan(tutorial(raw, assets=["lost"], options={"range": {"startMs": 6000}}), {})
    assert [note for note in later.notes if note.code == "callout-offscreen"] == []


def test_range_is_refused_when_it_lies_behind_the_end():
    with pytest.raises(InvalidPayloadError, match="12000 ms"):
        part(startMs=12_000)


def test_range_is_clamped_when_it_reaches_behind_the_end():
    assert part(startMs=9000, endMs=600_000).clips[-1].frames.end == part(startMs=9000).frames
