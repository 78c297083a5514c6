"""The pieces of a job: which are there, where each stands, and what looking at it has shown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from preview_worker.render.child.pieces import Made
from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    SegmentFile,
    SegmentIndex,
    Verdict,
    read_index,
    read_segment,
    read_still,
    segment_file_name,
    write_segment,
)
from preview_worker.render.protocol import IN_FOLDER, OUT_FOLDER, SEGMENTS_FOLDER, Event, LogLine, SegmentReady


class Stock:
    """Pieces by their keys, for all editions of a job.

    Args:
        folder: The process's own folder.
        tell: Takes events.
    """

    def __init__(self, folder: Path, tell: Callable[[Event], None]) -> None:
        self.folder = folder / OUT_FOLDER / SEGMENTS_FOLDER
        self.paths: dict[str, Path] = {}
        self.hits: frozenset[str] = frozenset()
        self._cache = folder / IN_FOLDER / SEGMENTS_FOLDER
        self._tell = tell
        self._verdicts: dict[str, Verdict] = {}
        self._indexes: dict[str, SegmentIndex] = {}

    def take(self, cached: Collection[str], stills: Collection[str]) -> None:
        """Check what is cached by its hash; what is damaged is made anew.

        Args:
            cached: Keys of what the worker put below ``in/segments/``.
            stills: Keys of segments whose stills are shown.
        """
        for key in cached:
            try:
                index = read_index(self._cache / segment_file_name(key))
                if key in stills:
                    read_still(index)
            except DamagedSegmentError as error:
                self._tell(LogLine(event="segment-damaged", level="warning", values={"key": key, "why": str(error)}))
            else:
                self.paths[key], self._verdicts[key] = index.path, index.verdict
                self._indexes[key] = index
        self.hits = frozenset(self.paths)

    def add(self, made: Made) -> None:
        """Take in a piece that was made just now."""
        file = segment_file_name(made.key)
        self.paths[made.key], self._verdicts[made.key] = self.folder / file, made.verdict
        self._tell(SegmentReady(key=made.key, file=file, frames=made.frames))

    def put_still(self, key: str, still: SegmentFile) -> None:
        """Keep a picture beside the video under its key.

        Raises:
            StorageError: It can't be written (retryable).
        """
        path = self.folder / segment_file_name(key)
        write_segment(path, still)
        self.paths[key] = path
        self._indexes.pop(key, None)
        self._tell(SegmentReady(key=key, file=path.name, frames=0))

    def still(self, key: str) -> SegmentFile:
        """A picture beside the video."""
        return read_segment(self.paths[key])

    def verdict(self, key: str) -> Verdict:
        """What looking at a piece has shown."""
        return self._verdicts[key]

    def index(self, key: str) -> SegmentIndex:
        """What is known of a piece; each file is read and checked once.

        Raises:
            DamagedSegmentError: It is damaged (retryable).
        """
        index = self._indexes.get(key)
        if index is None:
            index = self._indexes[key] = read_index(self.paths[key])
        return index

    def kept_index(self, key: str) -> SegmentIndex | None:
        """What is known of a piece that was cached, None where it wasn't."""
        return self._indexes.get(key)
