"""The gallery page: small JPEG pictures of every shot, and the Markdown that shows them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from gallery.painting import Darkroom, Rgb, strip
from gallery.shot import Chapter, Shape, Shot
from gallery.shots import CHAPTERS

FOLDER = Path(__file__).parent.parent / "docs" / "gallery"
PAGE = "index.md"
LONG_SIDE_PX = 480
JPEG_QUALITY = 80
STRIP_GAP_PX = 4
COLUMNS: tuple[tuple[Shape, str], ...] = (("16x9", "16:9"), ("9x16", "9:16"), ("1x1", "1:1"), ("4x3", "4:3"))
_INTRODUCTION = """# Gallery

Every layout, motion, callout and theme, painted by the code that paints a job's frames, with the pictures of the
example tutorial. `make gallery` writes this page and its pictures; `make golden` keeps some of them, small, as the
frames that a test compares with. The example's whole preview on one sheet: [contact sheet](contact-sheet.jpg); one
frame of it in full size: [full layout with callouts](full-callouts.jpg).
"""
OF_THE_EXAMPLE = frozenset({"contact-sheet.jpg", "full-callouts.jpg"})
"""Taken from the example's own preview; they stay."""


def write_gallery(darkroom: Darkroom, folder: Path = FOLDER) -> list[str]:
    """Paint every shot, write the pictures and the page, and remove pictures that no shot makes any more.

    Args:
        darkroom: Paints.
        folder: Where they go.

    Returns:
        What the plan and the drawing noticed, a line for each picture with remarks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remarks: list[str] = []
    written = {PAGE, *OF_THE_EXAMPLE}
    for shot in (shot for chapter in CHAPTERS for shot in chapter.shots):
        for shape in shot.shapes:
            shown = darkroom.paint(shot, shape, long_side_px=_frame_px(shot, shape))
            name = _file_name(shot, shape)
            (folder / name).write_bytes(_jpeg(strip(shown.frames, STRIP_GAP_PX)))
            written.add(name)
            remarks.extend(f"{name}: {remark}" for remark in shown.remarks)
    (folder / PAGE).write_text("\n".join((_INTRODUCTION, *_sections(CHAPTERS))), encoding="utf-8")
    for stale in (path for path in folder.iterdir() if path.name not in written):
        stale.unlink()
    return remarks


def _frame_px(shot: Shot, shape: Shape) -> int:
    """Longer side of each frame, so that a whole strip is no longer than a single picture's longer side."""
    count = max(1, len(shot.moments))
    width = (LONG_SIDE_PX - STRIP_GAP_PX * (count - 1)) // count
    tall = shape == "9x16"
    return LONG_SIDE_PX if count == 1 else min(LONG_SIDE_PX, width * 16 // 9 if tall else width)


def _file_name(shot: Shot, shape: Shape) -> str:
    return f"{shot.name}-{shape}.jpg"


def _jpeg(picture: Rgb) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _sections(chapters: Iterable[Chapter]) -> Iterable[str]:
    for chapter in chapters:
        yield f"## {chapter.heading}\n\n{chapter.words}\n"
        columns = [(shape, name) for shape, name in COLUMNS if any(shape in shot.shapes for shot in chapter.shots)]
        yield "| | " + " | ".join(name for _, name in columns) + " |"
        yield "|---" * (len(columns) + 1) + "|"
        for shot in chapter.shots:
            yield f"| {shot.words} | " + " | ".join(_cell(shot, shape) for shape, _ in columns) + " |"
        yield ""


def _cell(shot: Shot, shape: Shape) -> str:
    return f"![{shot.words}, {shape}]({_file_name(shot, shape)})" if shape in shot.shapes else ""
