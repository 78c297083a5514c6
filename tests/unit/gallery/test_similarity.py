from __future__ import annotations

import numpy as np
import pytest

from gallery.golden import Comparison, compared, write_difference, write_golden
from gallery.similarity import difference_picture, likeness, structural_similarity
from support.stage import texture


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return texture(320, 180)


def test_likeness_is_whole_when_pictures_are_equal(picture):
    found = likeness(picture, picture.copy())
    assert (found.similarity, found.error, found.tile_error) == (pytest.approx(1.0), 0.0, 0.0)
    assert found.alike


def test_pictures_are_alike_when_samples_differ_by_their_rounding(picture):
    rounded = np.clip(picture.astype(int) + np.random.default_rng(1).integers(-1, 2, picture.shape), 0, 255)
    assert likeness(picture, rounded.astype(np.uint8)).alike


def test_pictures_differ_when_one_is_shifted_by_a_pixel(picture):
    assert not likeness(picture, np.roll(picture, 1, axis=1)).alike


def test_pictures_differ_when_something_small_is_lost(picture):
    without = picture.copy()
    without[10:22, 16:50] = 20
    found = likeness(picture, without)
    assert found.tile_error > 8
    assert not found.alike


def test_pictures_differ_when_all_colours_are_a_little_off(picture):
    warmer = np.clip(picture.astype(int) + np.array((4, 0, -4)), 0, 255)
    assert not likeness(picture, warmer.astype(np.uint8)).alike


def test_pictures_differ_when_their_sizes_do(picture):
    assert not likeness(picture, picture[:90]).alike


def test_similarity_follows_the_paper_when_pictures_are_flat():
    first, second = np.full((20, 20), 100.0), np.full((20, 20), 150.0)
    expected = (2 * 100 * 150 + 6.5025) / (100**2 + 150**2 + 6.5025)
    assert structural_similarity(first, second) == pytest.approx(expected)


def test_similarity_is_negative_when_light_and_dark_are_exchanged():
    stripes = np.where(np.arange(32)[None, :] // 2 % 2, 200.0, 50.0) * np.ones((32, 1))
    assert structural_similarity(stripes, 250 - stripes) < 0


def test_difference_is_black_only_where_pictures_are_equal(picture):
    other = picture.copy()
    other[40:50, 60:70] = 255 - other[40:50, 60:70]
    seen = difference_picture(picture, other).max(axis=2) > 0
    assert seen[40:50, 60:70].all()
    assert not seen[:40].any()


def test_golden_frame_is_read_back_whole_when_it_was_kept(picture, tmp_path):
    small = picture[:24, :32].copy()
    write_golden(Comparison(name="sample", golden=None, now=small, likeness=None), tmp_path)
    assert compared("sample", small, tmp_path).same


def test_frame_is_not_alike_when_no_golden_one_is_kept(picture, tmp_path):
    found = compared("sample", picture, tmp_path)
    assert not found.alike
    assert write_difference(found, tmp_path / "failures").exists()
