"""What a render process keeps from one job to the next: prepared pictures and open fonts."""

from __future__ import annotations

from pathlib import Path

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.studio import PlateCache, Studio
from preview_worker.render.child.preparation import Prepared, fonts_folder
from preview_worker.render.protocol import Work

_Known = tuple[tuple[str, ...], list[Path]]
"""Hashes of the user's font files, and all that stands in their folder."""


class Materials:
    """Gives every job a studio; pictures and fonts that were used before are there at once.

    A process serves one project only, so that nothing is shared between projects.
    """

    def __init__(self) -> None:
        self._plates = PlateCache()
        self._fonts: tuple[_Known, FontSet] | None = None

    def studio(self, prepared: Prepared, work: Work) -> Studio:
        """Where a planned job's pictures are drawn."""
        timeline = prepared.timeline
        return Studio(
            prepared.pictures,
            self._font_set(prepared.profile.fonts, fonts_folder(work)),
            width_px=timeline.width_px,
            height_px=timeline.height_px,
            rate=timeline.rate,
            plates=self._plates,
        )

    def _font_set(self, hashes: tuple[str, ...], folder: Path | None) -> FontSet:
        known = (hashes, sorted(folder.iterdir()) if folder is not None else [])
        if self._fonts is None or self._fonts[0] != known:
            self._fonts = known, FontSet(folder)
        return self._fonts[1]
