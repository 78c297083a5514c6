"""What a render process keeps from one job to the next: prepared pictures and open fonts."""

from __future__ import annotations

from pathlib import Path

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.studio import PlateCache, Studio
from preview_worker.render.child.preparation import Prepared, fonts_folder
from preview_worker.render.protocol import Work

_Found = tuple[tuple[str, int, int], ...]
"""Name, size in bytes and time of change in ns of each file."""


class Materials:
    """Gives every job a studio; pictures and fonts that were used before are there at once.

    A process serves one project only, so that nothing is shared between projects.
    """

    def __init__(self) -> None:
        self._plates = PlateCache()
        self._fonts: tuple[Path | None, _Found, FontSet] | None = None

    def studio(self, prepared: Prepared, work: Work) -> Studio:
        """Where a planned job's pictures are drawn."""
        timeline = prepared.timeline
        return Studio(
            prepared.pictures,
            self._font_set(fonts_folder(work)),
            width_px=timeline.width_px,
            height_px=timeline.height_px,
            rate=timeline.rate,
            plates=self._plates,
        )

    def _font_set(self, folder: Path | None) -> FontSet:
        found = _files(folder)
        if self._fonts is None or self._fonts[:2] != (folder, found):
            self._fonts = folder, found, FontSet(folder)
        return self._fonts[2]


def _files(folder: Path | None) -> _Found:
    if folder is None:
        return ()
    entries = ((path, path.stat()) for path in sorted(folder.iterdir()))
    return tuple((path.name, status.st_size, status.st_mtime_ns) for path, status in entries)
