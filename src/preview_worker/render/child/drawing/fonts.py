"""Fonts: Inter, then Noto Sans, then the user's own; which one has a letter, how wide a word is, how it is drawn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import fontpkg_inter
import fontpkg_noto_sans
from PIL import Image, ImageDraw, ImageFont

from preview_worker.render.child.drawing.charmap import characters_of
from preview_worker.render.child.drawing.clusters import boxed, clings, clusters, tracked_gaps
from preview_worker.timeline.direction import is_leftward, is_strong, reads_leftwards

INTER = "Inter[opsz,wght].ttf"
NOTO_SANS = "NotoSans[wdth,wght].ttf"
FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})
MISSING_ADVANCE_EM = 0.66
RULER_PX = 128
CACHED_WIDTHS = 20_000
CACHED_FONTS = 64
"""Opened fonts kept, one for each size and cut: a job uses a dozen or two, a warm process sees jobs of many sizes."""
KEPT_DRAWINGS = 512
"""Drawn texts kept: those of a contact sheet of 160 steps, some 5 kB each."""
_Drawn = TypeVar("_Drawn")
_MISSING_BOX_EM = (0.06, -0.70, 0.60, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What of a variable font is used.

    Attributes:
        weight: 100–900.
        optical_u: Optical size, in the design's units so that every resolution shows the same letters.
        tracking_em: Added between letters, in em.
    """

    weight: int
    optical_u: float
    tracking_em: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a line in one font; `font` None: no font has these letters."""

    text: str
    font: int | None


class FontSet:
    """The fonts of a render process, in order of preference; for one thread.

    Args:
        extra: Folder with the user's fonts, taken in order of their names; unreadable ones are skipped.
    """

    def __init__(self, extra: Path | None = None) -> None:
        bundled = (fontpkg_inter.ROOT / "files" / INTER, fontpkg_noto_sans.ROOT / "files" / NOTO_SANS)
        files = sorted(path for path in extra.iterdir() if path.is_file()) if extra is not None else []
        own = [path for path in files if path.suffix.lower() in FONT_SUFFIXES]
        self._paths: list[Path] = []
        self._characters: list[frozenset[int]] = []
        for path in (*bundled, *own):
            try:
                characters = characters_of(path)
            except ValueError:
                continue
            self._paths.append(path)
            self._characters.append(characters)
        self._sized: OrderedDict[tuple[int, float, int, float], ImageFont.FreeTypeFont] = OrderedDict()
        self._widths: dict[tuple[str, Cut], float] = {}
        self._drawn: OrderedDict[Hashable, object] = OrderedDict()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The font files in use, in order of preference: part of what decides a picture's bytes."""
        return tuple(self._paths)

    @property
    def open_fonts(self) -> int:
        """How many fonts, at a size and cut each, are held open: at most `CACHED_FONTS`."""
        return len(self._sized)

    def missing(self, text: str) -> str:
        """The letters of a text that no font has, each once, in order."""
        letters = (letter for run in self.runs(text) if run.font is None for letter in boxed(run.text))
        return "".join(dict.fromkeys(letters))

    def runs(self, text: str) -> tuple[Run, ...]:
        """Cut a line into parts of one font each; combining marks and spaces stay with what they follow.

        A space behind a letter that no font has is of the first font: it is no missing letter.
        """
        runs: list[Run] = []
        leaning = self._leaning(text) if any(is_leftward(letter) for letter in text) else {}
        for place, letter in enumerate(text):
            font = leaning[place] if place in leaning else self._font_of(letter, runs[-1].font if runs else 0)
            if runs and runs[-1].font == font:
                runs[-1] = Run(runs[-1].text + letter, font)
            else:
                runs.append(Run(letter, font))
        return tuple(runs)

    def width_em(self, text: str, cut: Cut) -> float:
        """Width of a line in em: its advance, tracking included, and what its first letter reaches to the left."""
        key = (text, cut)
        width = self._widths.get(key)
        if width is None:
            runs = _visual_order(self.runs(text))
            width = self._overhang_em(runs, cut) + sum(self._advance_em(run, cut) for run in runs)
            if len(self._widths) >= CACHED_WIDTHS:
                self._widths.clear()
            self._widths[key] = width
        return width

    def draw(self, image: Image.Image, origin: tuple[float, float], text: str, cut: Cut, size_px: float) -> None:
        """Draw a line on an 8-bit mask, white, its baseline beginning at `origin`; nothing lies left of it."""
        canvas = ImageDraw.Draw(image)
        x, baseline = origin
        runs = _visual_order(self.runs(text))
        x += self._overhang_em(runs, cut) * size_px
        for run in runs:
            if run.font is None:
                for _ in boxed(run.text):
                    _missing_box(canvas, x, baseline, size_px)
                    x += MISSING_ADVANCE_EM * size_px
                continue
            font = self._font(run.font, size_px, cut)
            tracking_px = cut.tracking_em * size_px
            for offset_px, letters in _pieces(font, run.text, tracking_px):
                canvas.text((x + offset_px, baseline), letters, fill=255, font=font, anchor="ls")
            x += font.getlength(run.text) + tracked_gaps(run.text) * tracking_px

    def kept(self, key: Hashable, draw: Callable[[], _Drawn]) -> _Drawn:
        """Something drawn with these fonts, kept until others were used more often lately.

        Args:
            key: All that decides it.
            draw: Called where it isn't there.
        """
        found = self._drawn.pop(key, None)
        self._drawn[key] = drawn = draw() if found is None else cast("_Drawn", found)
        if len(self._drawn) > KEPT_DRAWINGS:
            self._drawn.popitem(last=False)
        return drawn

    def _leaning(self, text: str) -> dict[int, int]:
        """Fonts of digits and signs, by their place, that stand among letters written from right to left.

        They take those letters' font where it has them: within one run the shaper brings brackets and numbers in order.
        """
        fonts: dict[int, int] = {}
        for places in (range(len(text)), range(len(text) - 1, -1, -1)):
            neighbour: int | None = None
            for place in places:
                letter = text[place]
                if is_strong(letter):
                    neighbour = self._font_of(letter, None) if is_leftward(letter) else None
                elif neighbour is not None and ord(letter) in self._characters[neighbour]:
                    fonts.setdefault(place, neighbour)
        return fonts

    def _font_of(self, letter: str, current: int | None) -> int | None:
        if letter.isspace():
            return 0 if current is None else current
        if clings(letter):
            return current
        code = ord(letter)
        return next((index for index, characters in enumerate(self._characters) if code in characters), None)

    def _advance_em(self, run: Run, cut: Cut) -> float:
        if run.font is None:
            return MISSING_ADVANCE_EM * len(boxed(run.text))
        length = float(self._font(run.font, RULER_PX, cut).getlength(run.text)) / RULER_PX
        return length + tracked_gaps(run.text) * cut.tracking_em

    def _overhang_em(self, runs: tuple[Run, ...], cut: Cut) -> float:
        """How far a line's first letter reaches left of where it stands: a j's hook would be cut off."""
        if not runs or runs[0].font is None:
            return 0.0
        left = self._font(runs[0].font, RULER_PX, cut).getbbox(runs[0].text, anchor="ls")[0]
        return max(0.0, -float(left)) / RULER_PX

    def _font(self, index: int, size_px: float, cut: Cut) -> ImageFont.FreeTypeFont:
        key = (index, size_px, cut.weight, cut.optical_u)
        font = self._sized.get(key)
        if font is None:
            font = ImageFont.truetype(self._paths[index], size_px, layout_engine=ImageFont.Layout.RAQM)
            _set_axes(font, cut)
            self._sized[key] = font
            if len(self._sized) > CACHED_FONTS:
                self._sized.popitem(last=False)
        self._sized.move_to_end(key)
        return font


def _set_axes(font: ImageFont.FreeTypeFont, cut: Cut) -> None:
    try:
        axes = font.get_variation_axes()
    except OSError:  # a font without axes
        return
    wanted = {b"Optical size": cut.optical_u, b"Optical Size": cut.optical_u, b"Weight": float(cut.weight)}
    values = []
    for axis in axes:
        value = wanted.get(axis.get("name") or b"", float(axis["default"] or 0))
        values.append(min(max(value, float(axis["minimum"] or 0)), float(axis["maximum"] or 0)))
    font.set_variation_by_axes(values)


def _pieces(font: ImageFont.FreeTypeFont, text: str, tracking_px: float) -> Iterator[tuple[float, str]]:
    """The text whole, or with tracking each letter on its own (simple scripts only), kerned by the width so far."""
    parts = clusters(text) if tracking_px else ()
    if not parts:
        yield 0.0, text
        return
    before = ""
    for index, cluster in enumerate(parts):
        before += cluster
        if not cluster.isspace():
            yield font.getlength(before) - font.getlength(cluster) + index * tracking_px, cluster


def _visual_order(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Runs from left to right: reversed when the line's first strong letter is written from right to left."""
    return runs[::-1] if reads_leftwards("".join(run.text for run in runs)) else runs


def _missing_box(canvas: ImageDraw.ImageDraw, x: float, baseline: float, size_px: float) -> None:
    left, top, right, bottom = (share * size_px for share in _MISSING_BOX_EM)
    stroke = max(1, round(size_px * 0.06))
    canvas.rectangle((x + left, baseline + top, x + right, baseline + bottom), outline=255, width=stroke)
