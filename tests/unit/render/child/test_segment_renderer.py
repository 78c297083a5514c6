"""Rendering segments: transitions over the held last picture, every frame counted, painters kept."""

from __future__ import annotations

import pytest

from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.painter_shelf import PainterShelf
from preview_worker.render.child.segment_file import read_segment
from preview_worker.render.child.segment_renderer import SegmentRenderer
from preview_worker.render.child.stills_files import small_planes
from preview_worker.timeline.build import build_timeline
from support.media import moving_paint, profile_of, request_of


class FakePainter:
    """Paints one level per scene, brighter by one each frame up to a limit."""

    def __init__(self, base, until):
        self.base, self.until = base, until
        self.painted = []
        self.warnings = ()

    def paint(self, frame, out):
        self.painted.append(frame)
        out.y[:], out.u[:], out.v[:] = self.base + min(frame, self.until), 128, 128
        return out

    def is_still(self, frames):
        return len(frames) < 2 or frames.start >= self.until


class FakeStudio:
    """One painter per scene, in the order they are asked for."""

    def __init__(self, until=1000):
        self.painters = {}
        self.until = until

    def painter(self, scene):
        painter = FakePainter(40 + 60 * len(self.painters), self.until)
        self.painters[id(scene)] = painter
        return painter


def timeline_of(*transitions, length_ms=1000):
    steps = [
        {"title": f"Step {index}", "durationMs": length_ms, "transition": {"type": kind, "durationMs": 200}}
        for index, kind in enumerate(transitions)
    ]
    return build_timeline(request_of(steps=steps), {}, encoding="test", max_duration_ms=60_000)


def rendered(folder, timeline, studio=None):
    renderer = SegmentRenderer(timeline, profile_of(), studio or FakeStudio(), folder, PainterShelf())
    frames = []
    for segment in timeline.segments:
        renderer.render(segment, frames.append)
    return sum(frames)


def levels(folder, segment):
    made = read_segment(folder / f"{segment.key}.seg")
    still = small_planes(made.still, made.still_size_px)
    return float(still.y.mean())


def test_every_frame_is_counted_once_when_segments_are_still_or_short(tmp_path):
    timeline = timeline_of("cut", "crossfade", length_ms=1500)
    assert rendered(tmp_path, timeline, FakeStudio(until=0)) == timeline.frames


def test_transition_starts_near_the_old_picture_and_ends_near_the_new_when_it_crossfades(tmp_path):
    timeline = timeline_of("cut", "crossfade")
    rendered(tmp_path, timeline)
    *_, before, transition, body = timeline.segments
    assert transition.mixes
    held, new = levels(tmp_path, before), 100 + transition.frames.end - transition.frames.start - 1
    share = len(transition.frames) / (len(transition.frames) + 1)
    assert levels(tmp_path, transition) == pytest.approx(held * (1 - share) + new * share, abs=2)
    assert levels(tmp_path, body) > new


def test_held_picture_is_painted_once_when_a_transition_is_made(tmp_path):
    timeline = timeline_of("cut", "crossfade")
    studio = FakeStudio()
    rendered(tmp_path, timeline, studio)
    first = studio.painters[id(timeline.clips[0].scene)]
    assert first.painted.count(timeline.clips[0].scene.frames - 1) == 2


def test_first_step_comes_from_black_when_it_fades(tmp_path):
    timeline = timeline_of("fade")
    assert timeline.segments[0].mixes
    frames = {}

    class Studio:
        def painter(self, _scene):
            return FakePainter(200, 0)

    renderer = SegmentRenderer(timeline, profile_of(), Studio(), tmp_path, PainterShelf())
    paint = renderer._mixed(timeline.clips[0], timeline.segments[0], FakePainter(200, 0))
    planes = patterned_planes()
    for index in range(len(timeline.segments[0].frames)):
        paint(index, planes)
        frames[index] = float(planes.y.mean())
    ordered = list(frames.values())
    assert ordered == sorted(ordered)
    assert ordered[0] < 16 + 184 / 4
    assert ordered[-1] > 16 + 184 * 3 / 4


def test_moving_segment_is_checked_against_what_was_to_stand_still(tmp_path):
    timeline = timeline_of("cut", length_ms=2000)
    renderer = SegmentRenderer(timeline, profile_of(), FakeStudio(until=12), tmp_path, PainterShelf())
    verdict = renderer.render(timeline.segments[0], lambda _: None)
    assert verdict.expected_still_frames == len(timeline.segments[0].frames) - 12
    assert 1 <= verdict.longest_still_frames <= verdict.expected_still_frames + 1


def patterned_planes():
    planes = Planes.allocate(160, 90)
    moving_paint(0, planes)
    return planes
