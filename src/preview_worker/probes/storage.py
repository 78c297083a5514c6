"""What health tells of the disk: room, and what housekeeping waits for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from preview_worker.errors import StorageError
from preview_worker.storage.cleaning import last_refusal
from preview_worker.storage.damages import Damages
from preview_worker.storage.places import Places
from preview_worker.storage.watermarks import DiskGuard, DiskState

_FAULTS = {
    DiskState.REFUSING: ["little disk space is left: new jobs are refused"],
    DiskState.HOLDING: ["next to no disk space is left, or DATA_DIR can't be written: no job is started"],
}

_TOLD: Final = 5


def _told(path: Path, error: OSError | StorageError) -> str:
    return error.sentence if isinstance(error, StorageError) else f"Can't look at {path.name}: {error.strerror}."


class StorageProbe:
    """Looks at one DATA_DIR.

    Args:
        guard: Knows its disk.
        places: Folders below it.
    """

    def __init__(self, guard: DiskGuard, places: Places) -> None:
        self._guard = guard
        self._places = places

    def look(self) -> tuple[dict[str, Any], list[str]]:
        """The health document's part, and what degrades it; blocking."""
        space, state = self._guard.look()
        document = {
            "freeBytes": space.free_bytes,
            "totalBytes": space.total_bytes,
            "freeFiles": space.free_files if space.total_files else None,
            "state": state.value,
            "low": state in _FAULTS,
        }
        refusal = last_refusal(self._places)
        faults = [*_FAULTS.get(state, []), *([refusal] if refusal is not None else []), *self._damage()]
        return document, faults

    def _damage(self) -> list[str]:
        faults: list[str] = []
        damaged = Damages(self._places).jobs(lambda path, error: faults.append(_told(path, error)))
        if damaged:
            faults.insert(0, f"files of {len(damaged)} jobs are damaged, of {damaged[0]} first: `preview-worker scrub`")
        return faults[:_TOLD]
