"""One run of tidying up: what is over goes, unless the clock isn't believed or it would be too much at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from preview_worker.errors import StorageError
from preview_worker.storage.atomic import storage_errors, write_json
from preview_worker.storage.caches import BOUNDS, Bound, CachedFile, beyond, to_trim
from preview_worker.storage.damages import Damages
from preview_worker.storage.janitor import sweep
from preview_worker.storage.listing import Leave, reason_of
from preview_worker.storage.live import sweep_live
from preview_worker.storage.places import Places
from preview_worker.storage.retention import Removal, Retention, count_published, expired, newest_ms
from preview_worker.storage.trash import discard_published, empty_trash, written_ns
from preview_worker.storage.trust import ClockTrust
from preview_worker.storage.watermarks import DiskGuard

LARGEST_SHARE: Final = 0.2
FEW: Final = 20
"""So many may go at once however few there are."""

_Left = dict[Path, OSError | StorageError]
"""What is left as it is, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What a run removed, or would remove; and why it left some of it.

    Attributes:
        removed: What is gone, or would be.
        left: What couldn't be looked at or removed, each folder or file with the reason.
        refused: What is over, and stays until an operator confirms.
        refusal: Why that is so.
    """

    removed: tuple[Removal, ...]
    left: tuple[str, ...] = ()
    refused: tuple[Removal, ...] = ()
    refusal: str | None = None


def last_refusal(places: Places) -> str | None:
    """Why the last run left what it should have removed; None: it didn't."""
    try:
        refusal = json.loads(places.retention.read_bytes())["refusal"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return refusal if isinstance(refusal, str) else None


class Cleaner:
    """Tidies one DATA_DIR up. All methods block; several processes may do it at once.

    Args:
        places: Folders below DATA_DIR.
        retention: How long what is kept.
        trust: Whether the clock may be believed.
        guard: Knows how much room should be free.
        caches_bytes: How large all caches may be together.
        bounds: Of folders that only grow.
    """

    def __init__(
        self,
        places: Places,
        *,
        retention: Retention,
        trust: ClockTrust,
        guard: DiskGuard,
        caches_bytes: int,
        bounds: Sequence[Bound] = BOUNDS,
    ) -> None:
        self._places = places
        self._retention = retention
        self._trust = trust
        self._guard = guard
        self._caches_bytes = caches_bytes
        self._bounds = bounds

    @storage_errors("tidy up")
    def tidy(self, *, dry_run: bool = False) -> Cleaned:
        """Remove what nobody misses: unfinished work of the dead, early files that are over, caches beyond their bound.

        Nothing is touched while DATA_DIR isn't there, or takes no writes.

        Raises:
            StorageError: The disk is failing (transient).
        """
        space = self._guard.look()[0]
        if not (space.present and space.writable):
            return Cleaned(removed=())
        swept = Cleaned(removed=()) if dry_run else self._sweep()
        files = [file for file in self._in_excess() if dry_run or _unlinked(file.path)]
        return Cleaned(removed=(*swept.removed, *files), left=swept.left)

    def _sweep(self) -> Cleaned:
        """Remove what is over, whatever room there is."""
        left: _Left = {}
        leave = left.__setitem__
        empty_trash(self._places, leave)
        removed = []
        for kind, why, names in (
            ("unfinished", "its process is dead", sweep(self._places, leave)),
            ("early-files", "the job ended a while ago", sweep_live(self._places.live_root, leave=leave)),
        ):
            removed += [Removal(kind=kind, path=self._places.root / name, why=why, size_bytes=0) for name in names]
        return Cleaned(removed=tuple(removed), left=self._reasons(left))

    def _in_excess(self) -> Iterator[Removal]:
        """What is beyond the bounds of the caches and of folders that only grow."""
        excess_bytes = self._guard.excess_bytes()
        why = "the disk is low" if excess_bytes else "the caches are beyond PREVIEW_CACHES_BYTES"
        trimmed = to_trim(self._places, limit_bytes=self._caches_bytes, excess_bytes=excess_bytes)
        yield from _listed(trimmed, "cache", why)
        for bound in self._bounds:
            yield from _listed(beyond(self._places, bound), bound.kind, f"{bound.place} is beyond its bound")

    @storage_errors("remove what is over")
    def retain(self, *, dry_run: bool = False, confirmed: bool = False) -> Cleaned:
        """Remove what has been kept for long enough; what can't be looked at or removed keeps no other.

        Args:
            dry_run: Only tell what would go.
            confirmed: An operator has looked: the clock is right, and so much may go.

        Raises:
            StorageError: The disk is read-only or failing (transient).
        """
        if not self._guard.look()[0].present:
            return Cleaned(removed=(), refusal="DATA_DIR isn't the folder that it was")
        if confirmed and not dry_run:
            self._trust.confirm()
        now_ms, doubt = self._trust.look(newest_ms(self._places))
        left: _Left = {}
        over = expired(self._places, self._retention, now_ms, left.__setitem__)
        refusal = None if confirmed or not over else self._refusal(over, doubt)
        if not dry_run:
            write_json(self._places.retention, {"refusal": refusal})
        if refusal is not None:
            return Cleaned(removed=(), left=self._reasons(left), refused=tuple(over), refusal=refusal)
        removed = over if dry_run else [removal for removal in over if self._removed(removal, left.__setitem__)]
        return Cleaned(removed=tuple(removed), left=self._reasons(left))

    def _reasons(self, left: _Left) -> tuple[str, ...]:
        root = self._places.root
        return tuple(f"{path.relative_to(root).as_posix()}: {reason_of(error)}" for path, error in left.items())

    def _refusal(self, over: list[Removal], doubt: str | None) -> str | None:
        how = "look with `preview-worker clean --dry-run`, then `preview-worker clean --confirm`"
        if doubt is not None:
            return f"nothing is removed for its age, because {doubt}; {how}"
        folders, all_of_them = [one for one in over if one.kind != "record"], count_published(self._places)
        if len(folders) > max(FEW, LARGEST_SHARE * all_of_them):
            return f"{len(folders)} of {all_of_them} previews and plans would be removed at once; {how}"
        return None

    def _removed(self, removal: Removal, leave: Leave) -> bool:
        """Remove what hasn't been written anew since it was listed; says whether all of it is gone.

        What can't be removed is told of, and keeps no other.
        """
        try:
            return self._remove_record(removal) if removal.kind == "record" else self._remove_folder(removal, leave)
        except StorageError as error:
            leave(removal.path, error)
            return False

    def _remove_folder(self, removal: Removal, leave: Leave) -> bool:
        rest: _Left = {}
        gone = discard_published(self._places, removal.path, since_ns=removal.written_ns, leave=rest.__setitem__)
        if gone:
            with suppress(StorageError):  # it is about what is gone
                Damages(self._places).forget(removal.path.name)
        for path, error in rest.items():
            leave(path, error)
        return gone and not rest

    @staticmethod
    def _remove_record(removal: Removal) -> bool:
        same = written_ns(removal.path) == removal.written_ns
        if same:
            with storage_errors(f"remove {removal.path.name}"):
                removal.path.unlink(missing_ok=True)
        return same


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _listed(files: Sequence[CachedFile], kind: str, why: str) -> Iterator[Removal]:
    return (Removal(kind=kind, path=Path(file.path), why=why, size_bytes=file.size_bytes) for file in files)
