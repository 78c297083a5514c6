from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from preview_worker.render.child.drawing.fonts import (
    CACHED_FONTS,
    KEPT_DRAWINGS,
    MISSING_ADVANCE_EM,
    Cut,
    FontSet,
    Run,
)

BODY = Cut(weight=450, optical_u=28)
TITLE = Cut(weight=750, optical_u=32, tracking_em=-0.01)


def ink(fonts: FontSet, text: str, cut: Cut = BODY) -> np.ndarray:
    image = Image.new("L", (400, 60))
    fonts.draw(image, (4, 44), text, cut, 40)
    return np.asarray(image)


def test_runs_use_the_first_font_that_has_the_letter_when_they_are_mixed(fonts: FontSet) -> None:
    assert fonts.runs("Étape \u0915") == (Run("Étape ", 0), Run("\u0915", 1))


def test_missing_names_each_letter_once_when_no_font_has_it(fonts: FontSet) -> None:
    assert fonts.missing("漢字漢 é %") == "漢字"


def test_missing_letter_is_drawn_as_a_hollow_box_when_no_font_has_it(fonts: FontSet) -> None:
    image = ink(fonts, "漢")
    rows, columns = np.nonzero(image)
    assert 20 < rows.max() - rows.min() < 32
    assert image[(rows.max() + rows.min()) // 2, (columns.max() + columns.min()) // 2] == 0


def test_combining_mark_stays_with_its_letter_when_runs_are_cut(fonts: FontSet) -> None:
    assert len(fonts.runs("a\u0301b")) == 1


def test_heavier_cut_lays_more_ink_when_the_text_is_the_same(fonts: FontSet) -> None:
    heavy = ink(fonts, "Board", Cut(weight=800, optical_u=28)).sum()
    assert heavy > 1.2 * ink(fonts, "Board").sum()


def test_pairs_are_kerned_when_they_stand_together(fonts: FontSet) -> None:
    assert fonts.width_em("AV", BODY) < fonts.width_em("A", BODY) + fonts.width_em("V", BODY)


def test_tracking_narrows_the_line_when_it_is_negative(fonts: FontSet) -> None:
    tight = Cut(weight=450, optical_u=28, tracking_em=-0.01)
    difference = fonts.width_em("Aurora", BODY) - fonts.width_em("Aurora", tight)
    assert abs(difference - 0.06) < 1e-6
    drawn = [np.nonzero(ink(fonts, "Aurora", cut))[1].max() for cut in (BODY, tight)]
    assert drawn[1] < drawn[0]


@pytest.mark.parametrize(
    "text",
    ["L’île – l’été", "Aujourd’hui d’avant", "Vorschau… bald…", "Việt Nam", "e\u0301te\u0301 – fini", "Ход", "joué"],
)
def test_ink_lies_inside_the_measured_width_when_the_letters_are_tracked(fonts: FontSet, text: str) -> None:
    image = Image.new("L", (3200, 200))
    fonts.draw(image, (100, 150), text, TITLE, 120)
    columns = np.nonzero(np.asarray(image))[1]
    assert columns.min() >= 100
    assert columns.max() < 100 + math.ceil(fonts.width_em(text, TITLE) * 120)
    untracked = fonts.width_em(text, Cut(weight=750, optical_u=32))
    assert fonts.width_em(text, TITLE) < untracked


@pytest.mark.parametrize(("text", "boxes"), [("漢 twice", 1), ("漢\ufe0f\u200d", 1), ("漢 字", 2)])
def test_only_letters_become_boxes_when_something_follows_a_missing_one(fonts: FontSet, text: str, boxes: int) -> None:
    assert sum(fonts.width_em(run.text, BODY) for run in fonts.runs(text) if run.font is None) == pytest.approx(
        boxes * MISSING_ADVANCE_EM
    )
    assert all(run.font is not None for run in fonts.runs(text) if " " in run.text)
    hollow = ink(fonts, text)[30]  # half-way up: two upright strokes each
    edges = np.count_nonzero(np.diff((hollow[: 4 + round(boxes * 40 * 0.9)] > 0).astype(int)) == 1)
    assert edges >= 2 * boxes


def test_line_ends_after_its_box_when_what_follows_is_invisible(fonts: FontSet) -> None:
    assert (ink(fonts, "漢\ufe0f") == ink(fonts, "漢")).all()
    assert fonts.missing("漢\ufe0f") == "漢"


def test_opened_fonts_stay_few_when_many_sizes_are_drawn(fonts: FontSet) -> None:
    first = ink(fonts, "Board")
    image = Image.new("L", (8, 8))
    for size in range(CACHED_FONTS + 4):
        fonts.draw(image, (0, 8), "i", BODY, 10 + size / 8)
    assert fonts.open_fonts <= CACHED_FONTS
    assert (ink(fonts, "Board") == first).all()


def test_unreadable_font_is_skipped_when_it_lies_in_the_users_folder(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"not a font at all")
    (tmp_path / "readme.txt").write_text("no font")
    assert FontSet(tmp_path).paths == FontSet().paths


def test_users_font_comes_last_when_it_is_readable(tmp_path: Path, fonts: FontSet) -> None:
    (tmp_path / "Own.ttf").write_bytes(fonts.paths[0].read_bytes())
    assert [path.name for path in FontSet(tmp_path).paths][-1] == "Own.ttf"


@pytest.fixture
def hebrew(fonts: FontSet) -> FontSet:
    """Fonts of which the second has Hebrew letters beside its Latin ones, as users supply them."""
    supplied = FontSet()
    supplied._characters = [fonts._characters[0], fonts._characters[1] | frozenset(range(0x5D0, 0x5EB))]
    return supplied


def test_signs_and_numbers_take_the_font_of_the_letters_around_them_when_these_read_leftwards(hebrew: FontSet) -> None:
    assert hebrew.runs("(3 \u05d0\u05d1).") == (Run("(3 \u05d0\u05d1).", 1),)


def test_latin_words_keep_their_font_when_the_line_reads_leftwards(hebrew: FontSet) -> None:
    assert [run.font for run in hebrew.runs("\u05d0\u05d1 Brumelac \u05d2")] == [1, 0, 1]


def test_signs_keep_the_first_font_when_all_letters_read_rightwards(hebrew: FontSet) -> None:
    assert hebrew.runs("(3 lamps).") == (Run("(3 lamps).", 0),)


def test_what_was_drawn_is_kept_until_others_were_used_more_often_lately() -> None:
    fonts, drawn = FontSet(), []

    def take(key: int) -> int:
        return fonts.kept(key, lambda: drawn.append(key) or key)

    for key in range(KEPT_DRAWINGS):
        assert take(key) == take(key) == key
    assert take(0) == 0
    assert len(drawn) == KEPT_DRAWINGS
    take(KEPT_DRAWINGS)
    take(0)
    assert drawn[KEPT_DRAWINGS:] == [KEPT_DRAWINGS]
    take(1)
    assert drawn[-1] == 1
