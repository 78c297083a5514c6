from __future__ import annotations

import numpy as np
import pytest

from preview_worker.render.child.drawing.planes import (
    Planes,
    dim,
    mix,
    planes_of_rgb,
    rgb_of_planes,
    yuv_of_colour,
)
from preview_worker.timeline.geometry import Box


def solid(value: int, width: int = 32, height: int = 16) -> Planes:
    planes = Planes.allocate(width, height)
    planes.fill((value, 100, 150))
    return planes


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("#000000", (16, 128, 128)),
        ("#FFFFFF", (235, 128, 128)),
        ("#FF0000", (63, 102, 240)),
        ("#00FF00", (173, 42, 26)),
        ("#0000FF", (32, 240, 118)),
    ],
)
def test_colour_is_the_known_bt709_code_when_it_is_a_primary(colour: str, expected: tuple[int, int, int]) -> None:
    assert yuv_of_colour(colour) == expected


def test_picture_conversion_equals_the_colour_conversion_when_the_picture_is_of_one_colour() -> None:
    for colour in ("#1F7AE0", "#FFD54F", "#151A21", "#7F7F7F"):
        channels = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
        planes = planes_of_rgb(np.full((4, 6, 3), channels, np.uint8))
        assert (planes.y[1, 1], planes.u[0, 0], planes.v[0, 0]) == yuv_of_colour(colour)


def test_conversion_comes_back_within_two_levels_when_colours_change_slowly() -> None:
    ramp = np.linspace(20, 235, 64).astype(np.uint8)
    rgb = np.stack([np.tile(ramp, (32, 1)), np.tile(ramp[::-1], (32, 1)), np.full((32, 64), 90, np.uint8)], axis=-1)
    assert np.abs(rgb_of_planes(planes_of_rgb(np.ascontiguousarray(rgb))).astype(int) - rgb).max() <= 4


def test_conversion_is_the_same_when_a_picture_is_converted_in_two_halves() -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (78, 20, 3), dtype=np.uint8)
    whole = planes_of_rgb(rgb)
    upper, lower = planes_of_rgb(rgb[:38]), planes_of_rgb(rgb[38:])
    assert (whole.y == np.concatenate((upper.y, lower.y))).all()
    assert (whole.u == np.concatenate((upper.u, lower.u))).all()
    assert (whole.v == np.concatenate((upper.v, lower.v))).all()


def test_dimming_is_the_exact_mean_with_black_when_any_share_of_any_sample_is_kept() -> None:
    samples = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for keep_256 in range(257):
        planes = Planes(samples.copy(), np.stack((samples[:8, :8], samples[8:, 8:])))
        dim(planes, keep_256)
        for plane, before, dark in (
            (planes.y, samples, 16),
            (planes.u, samples[:8, :8], 128),
            (planes.v, samples[8:, 8:], 128),
        ):
            exact = (before.astype(np.int64) * keep_256 + dark * (256 - keep_256)) / 256
            assert (plane == np.rint(exact)).all()


def test_crossfade_is_halfway_when_its_share_is_half() -> None:
    out = solid(0)
    mix("crossfade", 0.5, solid(40), solid(200), out)
    assert (out.y == 120).all()


def test_fade_shows_its_colour_alone_when_it_is_halfway() -> None:
    out = solid(0)
    mix("fade", 0.5, solid(40), solid(200), out, colour="#000000")
    assert (out.y == 16).all()
    assert (out.u == 128).all()


@pytest.mark.parametrize("kind", ["crossfade", "fade", "slide"])
def test_mix_shows_one_frame_alone_when_its_share_is_at_an_end(kind: str) -> None:
    out = solid(0)
    mix(kind, 0.0, solid(40), solid(200), out)
    assert (out.y == 40).all()
    mix(kind, 1.0, solid(40), solid(200), out)
    assert (out.y == 200).all()


def test_slide_shows_old_left_and_new_right_when_it_is_halfway() -> None:
    out = solid(0)
    mix("slide", 0.5, solid(40), solid(200), out)
    assert (out.y[:, :16] == 40).all()
    assert (out.y[:, 16:] == 200).all()


def test_dim_keeps_black_and_colourless_when_it_darkens() -> None:
    planes = Planes.allocate(4, 4)
    planes.fill((216, 128, 128))
    dim(planes, 128)
    assert (planes.y == 116).all()
    assert (planes.u == 128).all()


def test_part_writes_through_when_it_is_filled() -> None:
    planes = solid(16)
    planes.part(Box(x=8, y=4, width=8, height=4)).fill((235, 128, 128))
    assert (planes.y == 235).sum() == 32
    assert (planes.u == 128).sum() == 8
