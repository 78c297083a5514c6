"""`python -m gallery pages` writes docs/gallery; `python -m gallery golden` regenerates tests/golden."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gallery.golden import SHORT_SIDE_PX, comparisons, stale_files, write_difference, write_golden
from gallery.page import FOLDER, write_gallery
from gallery.painting import Darkroom

PAGE_SHORT_SIDE_PX = 720
SHEETS = Path("out") / "golden"
_ROW = '<tr><td>{name}<br>{measured}</td><td><img src="{name}.png" width="1920"></td></tr>'
_PAGE = """<!doctype html><meta charset=utf-8><title>Golden frames</title>
<p>Old, new, difference (8×)<table>{rows}</table>
"""


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m gallery", description="Pictures of every feature.")
    parser.add_argument("what", choices=("pages", "golden"))
    parser.add_argument("--fonts", type=Path, help="folder with further fonts, as PREVIEW_FONTS_DIR names it")
    arguments = parser.parse_args()
    if arguments.what == "pages":
        _write_pages(arguments.fonts)
    else:
        _write_golden()


def _write_pages(fonts: Path | None) -> None:
    for remark in write_gallery(Darkroom(PAGE_SHORT_SIDE_PX, fonts)):
        sys.stdout.write(f"{remark}\n")
    pictures = list(FOLDER.glob("*.jpg"))
    megabytes = sum(picture.stat().st_size for picture in pictures) / 1e6
    sys.stdout.write(f"{len(pictures)} pictures, {megabytes:.1f} MB, in {FOLDER}\n")


def _write_golden() -> None:
    """Keep today's frames; tell which ones changed, and lay old and new side by side for the eye."""
    rows = []
    for comparison in comparisons(Darkroom(SHORT_SIDE_PX)):
        if comparison.same:
            continue
        measured = str(comparison.likeness) if comparison.likeness is not None else "new"
        sys.stdout.write(f"{comparison.name}: {measured}\n")
        write_difference(comparison, SHEETS)
        rows.append(_ROW.format(name=comparison.name, measured=measured))
        write_golden(comparison)
    for path in stale_files():
        sys.stdout.write(f"{path.stem}: removed\n")
        path.unlink()
    if not rows:
        sys.stdout.write("No golden frame changed.\n")
        return
    sheet = SHEETS / "index.html"
    sheet.write_text(_PAGE.format(rows="".join(rows)), encoding="utf-8")
    sys.stdout.write(f"{len(rows)} changed; look at {sheet} before you commit them.\n")


if __name__ == "__main__":
    main()
