from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from preview_worker.contract import Theme
from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import yuv_of_colour
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.timeline.geometry import Box
from preview_worker.timeline.palette import over_photo, palette_of
from preview_worker.timeline.scene import Background, Palette, Scene, Source, Stack, TextRole
from support.stage import EMPTY, HEIGHT, WIDTH, painted, stored, studio_of, text_of, texture

Stored = tuple[Source, Path]
DARK = Theme()
LIGHT = Theme(background="#FFFFFF", text="#20242A", accent="#8A1C1C")
LEFT = Box(x=16, y=20, width=200, height=130)


@pytest.fixture(scope="module")
def white(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    return stored(tmp_path_factory.mktemp("white"), "white", Image.new("RGB", (640, 360), (255, 255, 255)))


def card(source: Source, theme: Theme, title: str = "Islands", box: Box = LEFT) -> Scene:
    """A title card over a picture, as the timeline describes it."""
    palette: Palette = over_photo(palette_of(theme, None))
    rows = ((TextRole.TITLE, title, palette.text), (TextRole.DESCRIPTION, "2–4 players", palette.muted))
    texts = tuple(replace(text_of(role, text, box), colour=colour) for role, text, colour in rows)
    return replace(
        EMPTY,
        palette=palette,
        background=Background(colour=palette.background, source=source),
        stacks=(Stack(box=box, anchor="middle", gap_px=5, rule=palette.accent, texts=texts),),
    )


def ground(studio: Studio, scene: Scene) -> np.ndarray:
    """Luma of the whole card with its letters: int, shape (height, width)."""
    return painted(studio.painter(scene), 30, (scene.width_px, scene.height_px)).y.astype(int)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=("dark", "light"))
def test_texts_reach_seven_to_one_when_the_picture_behind_them_is_white(
    fonts: FontSet, white: Stored, theme: Theme
) -> None:
    studio, scene = studio_of(fonts, white), card(white[0], theme)
    assert studio.painter(scene).warnings == ()
    luma = ground(studio, scene)
    assert luma[4:176, 4:14].max() < 50
    assert luma[40:150, 16:120].max() > 190


def test_picture_is_light_beside_the_texts_when_it_lies_behind_a_card(fonts: FontSet, white: Stored) -> None:
    row = ground(studio_of(fonts, white), card(white[0], LIGHT))[10]
    assert row[-40:].min() > 170
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() <= 5


@pytest.mark.parametrize("title", ["Islands of the mist", "Io"])
def test_light_is_let_in_above_and_below_when_the_frame_is_upright(fonts: FontSet, white: Stored, title: str) -> None:
    box = Box(x=8, y=120, width=164, height=80)
    upright = replace(card(white[0], DARK, title, box), width_px=HEIGHT, height_px=WIDTH)
    luma = ground(studio_of(fonts, white), upright)
    assert studio_of(fonts, white).painter(upright).warnings == ()
    assert luma[:20].min() > 170
    assert luma[-20:].min() > 170
    assert luma[160, -6:].max() < 50


def test_light_is_let_in_above_and_below_when_the_texts_reach_across_the_frame(fonts: FontSet, white: Stored) -> None:
    box = Box(x=16, y=70, width=290, height=40)
    luma = ground(studio_of(fonts, white), card(white[0], DARK, "Distribute all the victory points, then begin", box))
    assert luma[:8].min() > 170
    assert luma[90, -6:].max() < 50


def test_picture_is_recognisable_when_it_lies_behind_a_card(fonts: FontSet, tmp_path: Path) -> None:
    sharp = texture(640, 360)
    photo = stored(tmp_path, "photo", Image.fromarray(sharp))
    shown = ground(studio_of(fonts, photo), card(photo[0], DARK))[:, 240:]
    small = np.asarray(Image.fromarray(sharp).convert("L").resize((320, 180)))[:, 240:]
    assert np.corrcoef(shown.ravel(), small.ravel())[0, 1] > 0.9


def test_gradient_has_no_bands_when_its_colours_are_a_few_steps_apart(fonts: FontSet) -> None:
    scene = replace(EMPTY, background=Background(colour="#151A21", second_colour="#172F4C"))
    planes = painted(studio_of(fonts).painter(scene), 0)
    for plane in (planes.y, planes.u, planes.v):
        side = 8
        tiles = plane[: plane.shape[0] // side * side].reshape(-1, side, plane.shape[1]).astype(float)
        means = tiles.mean(axis=(1, 2))
        first, last = plane[0].mean(), plane[-1].mean()
        rows = side * np.arange(len(means)) + (side - 1) / 2
        expected = first + (last - first) * rows / (plane.shape[0] - 1)
        assert np.abs(means - expected).max() < 0.25
        assert len(np.unique(plane)) > 5


def test_gradient_ends_in_its_colours_when_it_is_painted(fonts: FontSet) -> None:
    scene = replace(EMPTY, background=Background(colour="#151A21", second_colour="#F6EFE2"))
    planes = painted(studio_of(fonts).painter(scene), 0)
    for row, colour in ((0, "#151A21"), (-1, "#F6EFE2")):
        expected = yuv_of_colour(colour)
        ends = (planes.y[row], planes.u[row], planes.v[row])
        assert all(np.abs(end.astype(int) - value).max() <= 1 for end, value in zip(ends, expected, strict=True))
