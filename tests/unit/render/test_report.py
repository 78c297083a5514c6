"""The report tells what was made, step by step, with every warning once."""

from __future__ import annotations

from preview_worker.contract import Report
from preview_worker.render.noted import not_rendered, warnings_of
from preview_worker.render.report import JobNames, Outcome, build_report
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.model import Note
from support.media import profile_of, request_of
from support.tutorials import sound

NAMES = JobNames(job_id="job", project_id="project", request_id="request", digest="d" * 64)
FACTS = {"voice": sound(3000)}
REQUEST = request_of(
    steps=[
        {"id": "intro", "kind": "intro", "title": "A game"},
        {"id": "fixed", "text": "Two words", "durationMs": 3000, "metadata": {"page": 4}},
        {"id": "spoken", "text": "Hear this", "narrationAssetId": "voice"},
        {"id": "guessed", "text": " ".join(["word"] * 30)},
    ],
    assets=[{"id": "voice", "uri": "voice.wav"}],
)


def report_of(outcome=None, kind="preview", request=REQUEST, facts=FACTS):
    timeline = build_timeline(request, facts, encoding="test", max_duration_ms=120_000)
    return timeline, build_report(kind, NAMES, request, facts, timeline, profile_of(), outcome or Outcome())


def test_steps_tile_the_video_when_reported():
    timeline, report = report_of()
    assert [step.id for step in report.steps] == ["intro", "fixed", "spoken", "guessed"]
    assert sum(step.frames for step in report.steps) == report.video.frames == timeline.frames
    ends = [step.start_ms + step.duration_ms for step in report.steps]
    assert [step.start_ms for step in report.steps[1:]] == ends[:-1]
    assert ends[-1] == report.video.duration_ms


def test_length_of_a_step_names_its_source():
    _, report = report_of()
    assert [step.duration_source for step in report.steps] == ["minimum", "payload", "narration", "estimate"]
    assert report.steps[2].narration_ms == 3000


def test_report_survives_its_own_schema_when_written_and_read():
    _, report = report_of(Outcome(size_bytes=5, cached_keys=frozenset()))
    assert Report.model_validate_json(report.model_dump_json(by_alias=True)) == report
    assert report.step_metadata == {"fixed": {"page": 4}}
    assert report.build.libraries["av"]


def test_step_is_cached_when_all_its_segments_were():
    timeline, _ = report_of()
    keys = frozenset(s.key for s in timeline.segments if timeline.clips[s.clip_index].step_id == "fixed")
    _, report = report_of(Outcome(cached_keys=keys))
    assert [step.cached for step in report.steps] == [False, True, False, False]
    assert (report.cache.segments, report.cache.hits) == (len(timeline.segments), len(keys))


def test_plan_has_no_cache_and_no_size_when_nothing_was_rendered():
    _, report = report_of(kind="plan")
    assert (report.kind, report.cache, report.video.size_bytes) == ("plan", None, None)
    assert {step.cached for step in report.steps} == {None}


def test_warning_stands_once_when_noted_by_several_segments():
    note = Note(code="text-small", step_id="fixed", at_ms=None, message="Small.", value="30")
    assert len(warnings_of([note, note])) == 1
    _, report = report_of(Outcome(notes=(note,)))
    assert report.steps[1].warning_count >= 1
    assert "text-small" in {warning.code for warning in report.warnings}


def test_draft_voice_is_reported_as_not_rendered_when_asked_for():
    request = request_of(steps=[{"text": "Say it"}], audio={"narration": "tts"})
    (note,) = not_rendered(request, {})
    assert (note.code, note.value) == ("not-rendered", "en")
    assert [cause for cause in ("off", "not installed", "none speaks this language") if cause not in note.message] == []
    assert [way for way in ('extra "voice"', "PREVIEW_VOICE", "audio.voice") if way not in note.hint] == []
    assert not_rendered(request, {"voice:en:step-1": sound(1000)}) == ()
    assert not_rendered(REQUEST, FACTS) == ()


def test_another_voice_is_reported_when_the_named_one_is_unknown():
    request = request_of(steps=[{"text": "Say it"}], audio={"voice": "robot"})
    assert [note.value for note in not_rendered(request, {"voice:en:step-1": sound(1000)})] == ["robot"]
    assert not_rendered(request, {}) == ()


def test_steps_of_a_draft_voice_are_marked_when_reported():
    _, report = report_of(facts={**FACTS, "voice:en:guessed": sound(2500)})
    marked = {step.id: (step.draft_voice, step.narration_ms) for step in report.steps if step.draft_voice}
    assert (report.draft_voice, marked) == ("en", {"guessed": (True, 2500)})


def test_title_card_is_reported_when_there_are_no_steps():
    _, report = report_of(request=request_of())
    assert [(step.kind.value, step.duration_ms) for step in report.steps] == [("intro", 3000)]
