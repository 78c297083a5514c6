"""Laws of time: clips, segments and chapters tile the video, and every step is rounded on its own."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given

from preview_worker.timeline.brief import rate_of
from preview_worker.timeline.segments import LONGEST_BODY_FRAMES
from preview_worker.timeline.time import sample_of_frame
from support.any_tutorial import ANY_TUTORIAL, tutorials
from support.tutorials import plan, tutorial


def tiles(ranges, frames):
    """Whether ranges without empty ones follow one another from 0 to the end."""
    starts = [one.start for one in ranges]
    return all(len(one) for one in ranges) and [*starts, frames] == [0, *(one.end for one in ranges)]


@ANY_TUTORIAL
@given(tutorials())
def test_clips_tile_the_video_when_built_from_any_tutorial(request):
    timeline = plan(request)
    assert tiles([clip.frames for clip in timeline.clips], timeline.frames)
    assert all(clip.scene.frames == len(clip.frames) for clip in timeline.clips)


@ANY_TUTORIAL
@given(tutorials())
def test_segments_tile_the_video_inside_their_clips_when_built_from_any_tutorial(request):
    timeline = plan(request)
    assert tiles([segment.frames for segment in timeline.segments], timeline.frames)
    for segment in timeline.segments:
        clip = timeline.clips[segment.clip_index]
        assert clip.frames.start <= segment.frames.start < segment.frames.end <= clip.frames.end
        assert segment.local == segment.frames.shift(-clip.frames.start)
        assert segment.mixes or len(segment.frames) <= LONGEST_BODY_FRAMES


@ANY_TUTORIAL
@given(tutorials(fewest=1))
def test_chapters_tile_the_video_when_it_has_steps(request):
    timeline = plan(request)
    assert tiles([chapter.frames for chapter in timeline.chapters], timeline.frames)
    assert all(chapter.title for chapter in timeline.chapters)


@ANY_TUTORIAL
@given(tutorials(fewest=1))
def test_transition_is_at_most_half_of_the_shorter_neighbour_when_asked_for_longer(request):
    timeline = plan(request)
    lengths = [len(clip.frames) for clip in timeline.clips]
    for index, clip in enumerate(timeline.clips):
        assert 2 * clip.transition.frames <= min(lengths[max(0, index - 1) : index + 1])
        mixed = [segment for segment in timeline.segments if segment.mixes and segment.clip_index == index]
        assert sum(len(segment.frames) for segment in mixed) == clip.transition.frames
    assert timeline.clips[0].transition.kind in ("cut", "fade")


@ANY_TUTORIAL
@given(tutorials(fewest=1))
def test_video_is_as_long_as_its_steps_are_alone_when_they_stand_together(request):
    timeline = plan(request)
    rate = rate_of(request)
    alone = []
    for one in request.steps:
        raw = one.model_dump(by_alias=True, mode="json", exclude_unset=True)
        single = tutorial(
            [raw], language=request.language, options=request.options.model_dump(by_alias=True, mode="json")
        )
        alone.append(plan(single).frames)
        if one.duration_ms is not None:
            assert abs(alone[-1] - Fraction(one.duration_ms) * rate / 1000) <= Fraction(1, 2)
    assert [len(clip.frames) for clip in timeline.clips] == alone
    assert timeline.frames == sum(alone)
    assert timeline.sound.duration_samples == sample_of_frame(timeline.frames, rate)


@ANY_TUTORIAL
@given(tutorials())
def test_timeline_is_the_same_when_built_twice(request):
    assert plan(request) == plan(request)
