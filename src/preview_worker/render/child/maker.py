"""Makes any piece of a planned job, and puts it on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.painter_shelf import PainterShelf
from preview_worker.render.child.pieces import Made, Piece
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.segment_file import segment_file_name, write_segment
from preview_worker.render.child.segment_renderer import SegmentRenderer
from preview_worker.render.child.sound import encode_span
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import SoundSpan


class Maker:
    """Makes pieces, one at a time.

    Args:
        prepared: The plan.
        studio: Prepares painters.
        mixer: Mixes the sound.
        folder: Where finished pieces go, under their keys.
        shelf: Keeps painters.
    """

    def __init__(self, prepared: Prepared, studio: Studio, mixer: Mixer, folder: Path, shelf: PainterShelf) -> None:
        self._profile = prepared.profile
        self._renderer = SegmentRenderer(prepared.timeline, prepared.profile, studio, folder, shelf)
        self._plates = studio.plates
        self._mixer = mixer
        self._folder = folder

    def make(self, piece: Piece, advance: Callable[[int], None]) -> Made:
        """Make a piece.

        Args:
            piece: The piece.
            advance: Called again and again with the number of frames that were finished since, 0 for other work.

        Raises:
            AssetError: A picture or sound can't be decoded (permanent).
            OutputCheckError: The piece fails its check (permanent).
            StorageError: It can't be written (retryable).
        """
        if isinstance(piece, Segment):
            before = self._plates.prepared
            verdict = self._renderer.render(piece, advance)
            pictures = self._plates.prepared - before
            return Made(key=piece.key, frames=len(piece.frames), verdict=verdict, pictures=pictures)
        return self._span(piece, advance)

    def _span(self, span: SoundSpan, advance: Callable[[int], None]) -> Made:
        encoded = encode_span(span, self._mixer, self._profile.sound, lambda: advance(0))
        write_segment(self._folder / segment_file_name(span.key), encoded)
        return Made(key=span.key, frames=0, verdict=encoded.verdict)
