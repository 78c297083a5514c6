"""Rendering segments: the same bytes with any number of threads; transitions over the held last picture."""

from __future__ import annotations

import threading

import pytest

from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.pipeline import PainterShelf, SegmentRenderer, run_tasks
from preview_worker.render.child.segment_file import read_segment
from preview_worker.render.child.stills_files import still_of
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


def rendered(folder, timeline, threads, studio=None):
    renderer = SegmentRenderer(timeline, profile_of(), studio or FakeStudio(), folder, threads=threads)
    frames, lock = [], threading.Lock()

    def advance(count):
        with lock:
            frames.append(count)

    tasks = [lambda segment=segment: renderer.render(segment, advance) for segment in timeline.segments]
    run_tasks(tasks, threads)
    return sum(frames), {path.name: path.read_bytes() for path in folder.iterdir()}


def levels(folder, segment):
    still = still_of(read_segment(folder / f"{segment.key}.seg"))
    return float(still.y.mean())


@pytest.mark.parametrize("threads", [2, 3])
def test_segments_have_the_same_bytes_when_made_by_several_threads(tmp_path, threads):
    timeline = timeline_of("cut", "crossfade", "cut", length_ms=4000)
    painters = {id(clip.scene): FakePainter(40 + 50 * index, 90) for index, clip in enumerate(timeline.clips)}

    class Studio:
        def painter(self, scene):
            return painters[id(scene)]

    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    alone = rendered(tmp_path / "one", timeline, 1, Studio())
    assert rendered(tmp_path / "many", timeline, threads, Studio()) == alone
    assert alone[0] == timeline.frames


def test_every_frame_is_counted_once_when_segments_are_still_or_short(tmp_path):
    timeline = timeline_of("cut", "crossfade", length_ms=1500)
    assert rendered(tmp_path, timeline, 1, FakeStudio(until=0))[0] == timeline.frames


def test_transition_starts_near_the_old_picture_and_ends_near_the_new_when_it_crossfades(tmp_path):
    timeline = timeline_of("cut", "crossfade")
    rendered(tmp_path, timeline, 1)
    first, transition, body = timeline.segments
    assert transition.mixes
    held, new = levels(tmp_path, first), 100 + transition.frames.end - transition.frames.start - 1
    share = len(transition.frames) / (len(transition.frames) + 1)
    assert levels(tmp_path, transition) == pytest.approx(held * (1 - share) + new * share, abs=2)
    assert levels(tmp_path, body) > new


def test_held_picture_is_painted_once_when_a_transition_is_made(tmp_path):
    timeline = timeline_of("cut", "crossfade")
    studio = FakeStudio()
    rendered(tmp_path, timeline, 1, studio)
    first = studio.painters[id(timeline.clips[0].scene)]
    assert first.painted.count(timeline.clips[0].scene.frames - 1) == 2


def test_first_step_comes_from_black_when_it_fades(tmp_path):
    timeline = timeline_of("fade")
    assert timeline.segments[0].mixes
    frames = {}

    class Studio:
        def painter(self, _scene):
            return FakePainter(200, 0)

    renderer = SegmentRenderer(timeline, profile_of(), Studio(), tmp_path, threads=1)
    paint = renderer._mixed(timeline.clips[0], timeline.segments[0], FakePainter(200, 0))
    planes = patterned_planes()
    for index in range(len(timeline.segments[0].frames)):
        paint(index, planes)
        frames[index] = float(planes.y.mean())
    ordered = list(frames.values())
    assert ordered == sorted(ordered)
    assert ordered[0] < 16 + 184 / 4
    assert ordered[-1] > 16 + 184 * 3 / 4


def test_no_further_task_begins_when_one_fails():
    begun = []

    def fail():
        raise ValueError("the first")

    with pytest.raises(ValueError, match="the first"):
        run_tasks([fail, *(lambda number=number: begun.append(number) for number in range(20))], 1)
    assert begun == []


def test_painter_is_prepared_once_when_two_threads_ask_at_once():
    made, release = [], threading.Event()

    class Studio:
        def painter(self, _scene):
            made.append(1)
            assert release.wait(5)
            return FakePainter(0, 0)

    shelf = PainterShelf(Studio(), 4)
    scene = timeline_of("cut").clips[0].scene
    found = []
    threads = [threading.Thread(target=lambda: found.append(shelf.painter(scene))) for _ in range(3)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(5)
    assert len(made) == 1
    assert len({id(painter) for painter in found}) == 1


def test_moving_segment_is_checked_against_what_was_to_stand_still(tmp_path):
    timeline = timeline_of("cut", length_ms=2000)
    renderer = SegmentRenderer(timeline, profile_of(), FakeStudio(until=12), tmp_path, threads=1)
    verdict = renderer.render(timeline.segments[0], lambda _: None).verdict
    assert verdict.expected_still_frames == len(timeline.segments[0].frames) - 12
    assert 1 <= verdict.longest_still_frames <= verdict.expected_still_frames + 1


def patterned_planes():
    planes = Planes.allocate(160, 90)
    moving_paint(0, planes)
    return planes
