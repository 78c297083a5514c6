from __future__ import annotations

import pytest

from preview_worker.timeline.colour import MINIMUM_CONTRAST, channels, contrast, mix, readable


def test_channels_are_read_when_a_colour_is_hexadecimal():
    assert channels("#1F7AE0") == (0x1F, 0x7A, 0xE0)


def test_contrast_is_21_when_black_meets_white():
    assert contrast("#000000", "#FFFFFF") == contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


def test_mix_goes_from_one_colour_to_the_other_when_the_share_grows():
    assert [mix("#000000", "#FF8000", share) for share in (0, 0.5, 1)] == ["#000000", "#804000", "#FF8000"]


def test_colour_stays_when_it_is_readable():
    assert readable("#F5D76E", "#151A21") == "#F5D76E"


@pytest.mark.parametrize(("text", "behind"), [("#445566", "#101820"), ("#AABBCC", "#FFFFFF"), ("#FF0000", "#000080")])
def test_colour_is_moved_to_the_minimum_when_it_is_not_readable(text, behind):
    corrected = readable(text, behind)
    assert contrast(text, behind) < MINIMUM_CONTRAST <= contrast(corrected, behind)


def test_colour_becomes_the_better_extreme_when_no_colour_is_readable():
    assert readable("#888888", "#7A7A7A") == "#000000"
