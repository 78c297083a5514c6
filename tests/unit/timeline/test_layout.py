from __future__ import annotations

import pytest

from preview_worker.timeline.geometry import Box
from preview_worker.timeline.layout import Frame, caption_box, card_stack, grid, progress_box, split

WIDE = Frame(width_px=1280, height_px=720)
TALL = Frame(width_px=720, height_px=1280)


@pytest.mark.parametrize(
    ("width", "height", "unit", "stacked"),
    [
        (1280, 720, 1, False),
        (1920, 1080, 1.5, False),
        (1080, 1920, 1.5, True),
        (720, 720, 1, True),
        (640, 480, 2 / 3, False),
    ],
)
def test_unit_follows_the_shorter_side_when_the_frame_has_any_shape(width, height, unit, stacked):
    frame = Frame(width_px=width, height_px=height)
    assert frame.unit_px == pytest.approx(unit)
    assert frame.stacked is stacked


def test_safe_margins_round_inwards_when_five_per_cent_are_no_even_number():
    assert WIDE.safe == Box(x=64, y=36, width=1152, height=648)
    assert Frame(width_px=854, height_px=480).safe == Box(x=44, y=24, width=766, height=432)


def test_box_is_cut_or_moved_when_it_leaves_the_safe_margins():
    hanging = Box(x=0, y=0, width=200, height=100)
    assert WIDE.inside_safe(hanging) == Box(x=64, y=36, width=136, height=64)
    assert WIDE.moved_inside_safe(hanging) == Box(x=64, y=36, width=200, height=100)
    assert WIDE.moved_inside_safe(WIDE.whole) == WIDE.safe
    outside = Box(x=1240, y=700, width=20, height=10)
    assert WIDE.inside_safe(outside).right <= WIDE.safe.right
    assert WIDE.moved_inside_safe(outside) == Box(x=1196, y=674, width=20, height=10)


def test_pixels_are_even_and_at_least_two_when_the_frame_is_small():
    small = Frame(width_px=160, height_px=90)
    assert [small.px(units) for units in (1, 8, 16, 28)] == [2, 2, 2, 4]


def test_split_puts_the_panel_beside_the_picture_when_the_frame_is_wide():
    left, right = split(WIDE, picture_left=True), split(WIDE, picture_left=False)
    assert left.picture.right < left.panel.x
    assert right.panel.right < right.picture.x
    assert left.picture.width == pytest.approx(0.62 * 1280, abs=2)
    assert (left.panel.width, left.panel.height) == (right.panel.width, right.panel.height)
    assert left.panel.bottom < progress_box(WIDE).y


def test_split_puts_the_panel_below_the_picture_when_the_frame_is_tall():
    areas = split(TALL, picture_left=False)
    assert areas.picture.bottom < areas.panel.y
    assert areas.picture.width == areas.panel.width


@pytest.mark.parametrize(
    ("width", "height"), [(720, 720), (1080, 1080), (160, 160), (720, 1280), (90, 160), (768, 1024)]
)
def test_split_gives_the_panel_enough_height_when_it_stands_below_the_picture(width, height):
    panel = split(Frame(width_px=width, height_px=height), picture_left=True).panel
    assert 0.46 * height <= panel.height <= 0.46 * height + 4


@pytest.mark.parametrize(
    ("count", "rows"), [(1, [1]), (2, [2]), (3, [2, 1]), (4, [2, 2]), (5, [3, 2]), (6, [3, 3]), (9, [3, 3, 3])]
)
def test_grid_has_rows_of_equal_cells_when_the_area_is_wide(count, rows):
    cells = grid(WIDE.whole, count, WIDE, caption_px=0)
    tops = sorted({cell.y for cell in cells})
    assert [sum(cell.y == top for cell in cells) for top in tops] == rows


@pytest.mark.parametrize(
    ("count", "height", "rows"), [(9, 560, [3, 3, 3]), (9, 300, [5, 4]), (8, 560, [4, 4]), (5, 560, [3, 2])]
)
def test_grid_has_full_rows_when_they_cost_little_of_the_size(count, height, rows):
    cells = grid(Box(x=64, y=80, width=1152, height=height), count, WIDE, caption_px=40)
    tops = sorted({cell.y for cell in cells})
    assert [sum(cell.y == top for cell in cells) for top in tops] == rows


def test_grid_centres_its_last_row_when_it_is_not_full():
    cells = grid(Box(x=0, y=0, width=1280, height=720), 5, WIDE, caption_px=0)
    assert cells[3].x + cells[4].right == pytest.approx(1280, abs=2)


def test_grid_leaves_room_below_each_cell_when_captions_are_wanted():
    plain, captioned = (grid(WIDE.whole, 4, WIDE, caption_px=px) for px in (0, 40))
    assert captioned[0].height == plain[0].height - 40
    assert captioned[-1].bottom + 40 <= 720


def test_card_stands_a_little_above_the_middle_when_nothing_is_below_it():
    stack = card_stack(WIDE, captions=False)
    assert stack.y + stack.height / 2 < 360
    assert stack.width == 768
    assert card_stack(TALL, captions=False).width == TALL.safe.width
    narrow = Frame(width_px=1024, height_px=768)
    assert card_stack(narrow, captions=False).width == pytest.approx(0.85 * narrow.safe.width, abs=2)


def test_card_ends_above_the_caption_band_when_captions_are_burned_in():
    for frame in (WIDE, TALL):
        assert card_stack(frame, captions=True).bottom < caption_box(frame.whole, frame).y


def test_caption_band_stands_eight_per_cent_above_the_bottom_when_in_the_whole_frame():
    band = caption_box(WIDE.whole, WIDE)
    assert (band.bottom, band.height, band.x, band.right) == (662, 96, 64, 1216)


def test_grid_cells_have_the_pictures_shape_when_it_is_known():
    area = Box(x=64, y=80, width=1152, height=500)
    cells = grid(area, 4, WIDE, caption_px=40, aspects=[4 / 3] * 4)
    assert {round(cell.width / cell.height, 1) for cell in cells} == {1.3}
    above, below = cells[0].y - area.y, area.bottom - cells[-1].bottom - 40
    assert 0 < above < below


def test_grid_cells_hold_the_widest_and_the_highest_picture_when_shapes_differ():
    cells = grid(Box(x=64, y=80, width=1152, height=500), 2, WIDE, caption_px=0, aspects=[0.7, 1.5])
    assert cells[0].width <= 500 * 1.5 + 2
    assert cells[0].height == 500


@pytest.mark.parametrize(("font_scale", "expected"), [(0.5, 40), (1.0, 40), (1.5, 60), (2.0, 80)])
def test_place_for_text_grows_with_the_font_scale_when_it_is_above_one(font_scale, expected):
    assert Frame(width_px=1280, height_px=720, font_scale=font_scale).line_px(40) == expected
