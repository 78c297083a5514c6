"""Painters that are kept: those in use, for all editions, within a bound that doesn't grow with their number."""

from __future__ import annotations

import pytest

from preview_worker.render.child.painter_shelf import PainterShelf
from preview_worker.timeline.build import build_timeline
from support.media import request_of


class Studio:
    """Counts what it prepares."""

    def __init__(self):
        self.made = []

    def painter(self, scene):
        self.made.append(scene)
        return object()


def scenes_of(count):
    steps = [{"title": f"Step {number}", "transition": {"type": "cut"}} for number in range(count)]
    timeline = build_timeline(request_of(steps=steps), {}, encoding="test", max_duration_ms=60_000)
    return [clip.scene for clip in timeline.clips]


@pytest.fixture
def scenes():
    return scenes_of(3)


def test_a_painter_is_prepared_once_while_it_is_kept(scenes):
    studio, shelf = Studio(), PainterShelf(2)
    first, second, third = scenes
    kept = shelf.painter(first, studio)
    assert shelf.painter(first, studio) is kept
    for scene in (second, third, first):
        shelf.painter(scene, studio)
    assert studio.made == [first, second, third, first]


def test_a_painter_goes_first_when_nothing_begins_over_its_picture(scenes):
    studio, shelf = Studio(), PainterShelf(2)
    first, second, third = scenes
    shelf.painter(first, studio)
    shelf.painter(second, studio)
    shelf.put_behind(second)
    shelf.put_behind(third)
    shelf.painter(third, studio)
    shelf.painter(first, studio)
    assert studio.made == [first, second, third]


def walked(editions, steps, shelf, studios):
    """What is asked for by editions that take turns at each step."""
    for step in range(steps):
        for scenes, studio in zip(editions, studios, strict=True):
            if step:
                shelf.painter(scenes[step - 1], studio)
            shelf.painter(scenes[step], studio)
            if step:
                shelf.put_behind(scenes[step - 1])


@pytest.mark.parametrize(("size_px", "count"), [((1280, 720), 8), ((1920, 1080), 3), ((1920, 1080), 1)])
def test_no_scene_is_prepared_twice_when_editions_take_turns_within_the_bound(size_px, count):
    editions = [scenes_of(4) for _ in range(count)]
    studios = [Studio() for _ in editions]
    walked(editions, 4, PainterShelf.of(count, width_px=size_px[0], height_px=size_px[1]), studios)
    assert [studio.made for studio in studios] == editions


def test_the_bound_does_not_grow_with_the_number_of_editions():
    shelf, studio = PainterShelf.of(9, width_px=1920, height_px=1080), Studio()
    scenes = scenes_of(9)
    for scene in (*scenes, *reversed(scenes)):
        shelf.painter(scene, studio)
    assert len(studio.made) == 9 + 9 - 4
