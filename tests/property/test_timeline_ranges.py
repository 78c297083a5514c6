"""Laws of a part (`options.range`): it is cut out of the whole, so the whole's segments serve it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract import PreviewRequest, Range
from preview_worker.timeline.time import frames_of_ms, ms_of_frames, sample_of_frame
from support.any_tutorial import ANY_TUTORIAL, tutorials
from support.tutorials import plan


def cut(request: PreviewRequest, **part):
    options = request.options.model_copy(update={"range": Range.model_validate(part)})
    return plan(request.model_copy(update={"options": options}))


def assert_part(whole, part, first_segment):
    """Assert that a timeline is a run of another's segments, told from its own first frame."""
    last_segment = first_segment + len(part.segments)
    kept = whole.segments[first_segment:last_segment]
    start = kept[0].frames.start
    assert [segment.key for segment in part.segments] == [segment.key for segment in kept]
    assert [segment.local for segment in part.segments] == [segment.local for segment in kept]
    assert [segment.frames.shift(start) for segment in part.segments] == [segment.frames for segment in kept]
    assert part.segments[0].frames.start == 0
    assert part.frames == part.segments[-1].frames.end == part.clips[-1].frames.end
    assert part.sound.duration_samples == sample_of_frame(part.frames, part.rate)
    for segment in part.segments:
        clip = part.clips[segment.clip_index]
        assert clip.source.start <= segment.local.start < segment.local.end <= clip.source.end
    for clip in part.clips:
        assert clip.scene == whole.clips[clip.step_index].scene
        assert len(clip.frames) == len(clip.source)


@ANY_TUTORIAL
@given(tutorials(fewest=1), st.data())
def test_part_reuses_the_wholes_segments_and_numbers_when_cut_by_steps(request, data):
    first = data.draw(st.integers(0, len(request.steps) - 1))
    last = data.draw(st.integers(first, len(request.steps) - 1))
    whole = plan(request)
    part = cut(request, fromStep=request.steps[first].id, toStep=request.steps[last].id)
    assert [clip.step_index for clip in part.clips] == list(range(first, last + 1))
    assert [clip.source for clip in part.clips] == [clip.source for clip in whole.clips[first : last + 1]]
    border = next(i for i, segment in enumerate(whole.segments) if segment.clip_index == first)
    assert_part(whole, part, border)
    assert part.chapters[0].frames.start == 0
    assert part.chapters[-1].frames.end == part.frames
    shown = {clip.step_id for clip in part.clips}
    assert [cue.lines for cue in part.cues] == [cue.lines for cue in whole.cues if cue.step_id in shown]
    assert all(0 <= note.at_ms <= ms_of_frames(part.frames, part.rate) for note in part.notes if note.at_ms is not None)


@ANY_TUTORIAL
@given(tutorials(), st.data())
def test_part_holds_the_times_asked_for_in_whole_segments_when_cut_by_times(request, data):
    whole = plan(request)
    length_ms = ms_of_frames(whole.frames, whole.rate)
    start_ms = data.draw(st.integers(0, max(0, length_ms - 200)))
    end_ms = data.draw(st.integers(start_ms + 200, length_ms + 5000))
    part = cut(request, startMs=start_ms, endMs=end_ms)
    start, end = frames_of_ms(start_ms, whole.rate), min(whole.frames, frames_of_ms(end_ms, whole.rate))
    border = next(i for i, segment in enumerate(whole.segments) if segment.frames.end > start)
    assert_part(whole, part, border)
    before = whole.segments[border].frames.start
    assert before <= start
    assert before + part.frames >= end
    assert before + part.segments[-1].frames.start < end
