from __future__ import annotations

from dataclasses import astuple

import pytest

from preview_worker.contract import Theme
from preview_worker.timeline.colour import MINIMUM_CONTRAST, contrast
from preview_worker.timeline.palette import (
    BEHIND_PHOTO,
    HOUSE,
    SHAPE_CONTRAST,
    contrast_notes,
    over_photo,
    palette_of,
    rule_over_photo,
)


def test_palette_is_the_house_palette_when_nothing_is_themed():
    assert palette_of(Theme(), None) == HOUSE
    assert contrast_notes(Theme()) == ()


@pytest.mark.parametrize("background", ["#FFFFFF", "#F0E0D0", "#003366", "#000000"])
def test_texts_are_readable_on_the_panel_when_the_background_is_any_clear_colour(background):
    palette = palette_of(Theme(accent="#20C0A0"), background)
    assert palette.background == background
    assert palette.panel != background
    for colour in (palette.heading, palette.text, palette.muted):
        assert contrast(colour, palette.panel) >= MINIMUM_CONTRAST


def test_texts_are_readable_on_a_dimmed_picture_when_the_theme_is_light():
    over = over_photo(palette_of(Theme(background="#FFFFFF", text="#202020"), None))
    shining_through = "#222327"
    assert all(
        contrast(colour, shining_through) >= MINIMUM_CONTRAST for colour in (over.heading, over.text, over.muted)
    )
    assert contrast(over.text, BEHIND_PHOTO) > contrast(over.muted, BEHIND_PHOTO) + 3


def test_heading_is_bright_on_a_dimmed_picture_when_the_themes_accent_is_dark():
    over = over_photo(palette_of(Theme(background="#F6EFE2", accent="#8A4B12", text="#2B2118"), None))
    assert contrast(over.heading, BEHIND_PHOTO) >= 11.0


def test_rule_is_seen_on_a_dimmed_picture_when_the_accent_is_dark():
    assert contrast(rule_over_photo(palette_of(Theme(accent="#301010"), None)), BEHIND_PHOTO) >= SHAPE_CONTRAST
    assert rule_over_photo(HOUSE) == HOUSE.accent


def test_accent_colours_the_headings_when_the_theme_has_its_own():
    assert palette_of(Theme(accent="#FFB0FF"), None).heading == "#FFB0FF"


def test_note_names_the_corrected_colour_when_the_themes_text_is_too_dark():
    (note,) = contrast_notes(Theme(text="#555555"))
    assert note.code == "contrast-low"
    assert note.limit == MINIMUM_CONTRAST
    assert palette_of(Theme(text="#555555"), None).text in note.message


def test_every_colour_is_of_six_digits_when_mixed():
    palette = palette_of(Theme(background="#0A0B0C"), "#ABCDEF")
    assert all(len(colour) == 7 and colour == colour.upper() for colour in astuple(palette))
