"""Looking for published files that aren't what was published any more: hashed again, and marked where they differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.storage.atomic import storage_errors, unlink_if_there, write_json
from preview_worker.storage.damages import Damages, Looked, manifest_sha256_of, refuse_need
from preview_worker.storage.listing import reason_of
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST, UnreadableError, published
from preview_worker.storage.retention import published_folders

_READ_BYTES: Final = 1 << 20
_LOOKS: Final = 3
"""At a folder that is replaced each time."""


class Scrubber:
    """Looks at the published folders of one DATA_DIR in their order. All methods block.

    Args:
        places: Folders below DATA_DIR.
        pace: Called with the number of bytes after each read; waits so that the disk has time for others.
    """

    def __init__(self, places: Places, pace: Callable[[int], None] = lambda _read: None) -> None:
        self._places = places
        self._pace = pace
        self._damages = Damages(places)

    def round(self) -> Iterator[Looked]:
        """Look at each folder once, from where the round before was interrupted.

        What can't be looked at keeps no other from it; in the end it is told of too.

        Raises:
            StorageError: The end can't be noted (transient).
        """
        last, left = self._last(), dict[Path, OSError | StorageError]()
        for folder in published_folders(self._places, left.__setitem__):
            where = folder.relative_to(self._places.root)
            if where.parts > last:
                yield self.look(folder)
                with suppress(StorageError):  # the next round looks at it again
                    write_json(self._cursor, {"last": where.as_posix()}, synced=False)
        for folder, error in left.items():
            yield _not_looked_at(folder, f"Can't look at {folder.name}: {reason_of(error)}.")
        with storage_errors("end a round"):
            unlink_if_there(self._cursor)

    def look(self, folder: Path) -> Looked:
        """Look at one folder, and remember what was found; what can't be remembered is found all the same.

        One that is removed meanwhile is no damage. One that is replaced is looked at again; where that goes on, nothing
        is said of it until the next round.
        """
        try:
            looked = self._looked(folder)
        except StorageError as error:
            return _not_looked_at(folder, error.sentence)
        if looked is None:
            return _not_looked_at(folder, None)
        try:
            self._damages.note(looked)
        except StorageError as error:
            return replace(looked, fault=error.sentence)
        return looked

    def _looked(self, folder: Path) -> Looked | None:
        for _ in range(_LOOKS):
            manifest_sha256 = manifest_sha256_of(folder)
            damaged = tuple(self._damaged(folder))
            if manifest_sha256_of(folder) == manifest_sha256:
                damaged = damaged if _stands(folder) else ()
                return Looked(folder=folder, damaged=damaged, manifest_sha256=manifest_sha256)
        return None

    def _damaged(self, folder: Path) -> Iterator[str]:
        try:
            manifest = published(folder)
        except UnreadableError as error:
            refuse_need(error.__cause__)
            manifest = None
        if manifest is None:
            yield MANIFEST
            return
        for file in manifest.files:
            if self._sha256(folder / file.path) != file.sha256:
                yield file.path

    def _sha256(self, path: Path) -> str | None:
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_READ_BYTES):
                    digest.update(chunk)
                    self._pace(len(chunk))
        except OSError as error:
            refuse_need(error)
            return None
        return digest.hexdigest()

    @property
    def _cursor(self) -> Path:
        return self._places.root / "scrub.json"

    def _last(self) -> tuple[str, ...]:
        with suppress(OSError, ValueError, KeyError, TypeError):
            return Path(str(json.loads(self._cursor.read_bytes())["last"])).parts
        return ()


def _not_looked_at(folder: Path, fault: str | None) -> Looked:
    return Looked(folder=folder, damaged=(), manifest_sha256="", fault=fault)


def _stands(folder: Path) -> bool:
    with storage_errors(f"look at {folder.name}"):
        return folder.is_dir()
