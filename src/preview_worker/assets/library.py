"""The assets of one project as local files, each known by the SHA-256 of its bytes."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from preview_worker.assets.apart import unless
from preview_worker.assets.fetch import Fetcher
from preview_worker.assets.paths import find_below
from preview_worker.contract.asset_places import asset_errors_at
from preview_worker.contract.uri import Place, PlaceKind, RefusedUriError, parse_uri
from preview_worker.errors import AssetError, StorageError

LARGEST_FILE_BYTES = 512 * 1024 * 1024
REMEMBERED_HASHES = 10_000
_READ_BYTES = 1 << 20
_SETTLED_NS = 2 * 10**9
"""A file touched less than this ago may change again within one tick of the file system's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One asset as the payload names it.

    Attributes:
        asset_id: Its id.
        place: Where its file is; None means that the payload says nothing usable.
        sha256: What its bytes must be, where that is given.
        pointer: JSON pointer to it, into the job; None for what the payload doesn't name.
    """

    asset_id: str
    place: str | None
    sha256: str | None
    pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAsset:
    """A local file and the SHA-256 of its bytes; `modified_ns` and `inode` as they were then, 0 where nobody looked."""

    path: Path
    sha256: str
    size_bytes: int
    modified_ns: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentAsset:
    """The file isn't there; the reason completes "the asset is missing: …"."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells a changed file from an unchanged one without reading it."""

    path: str
    size_bytes: int
    modified_ns: int
    changed_ns: int
    inode: int


class AssetLibrary:
    """Finds and hashes assets; remembers the hash of files that haven't changed. Threads may share one.

    Args:
        inline_dir: Where the bytes of ``data:`` assets and fetched files are kept, by hash.
        fetcher: Fetches ``https:`` assets from the hosts the operator allows.
    """

    def __init__(self, *, inline_dir: Path, fetcher: Fetcher) -> None:
        self._inline_dir = inline_dir
        self._fetcher = fetcher
        self._hashes: dict[_Stamp, str] = {}
        self._guard = threading.Lock()

    def collect(
        self, references: Iterable[Reference], *, root: Path, ended: threading.Event | None = None
    ) -> Mapping[str, FoundAsset | AbsentAsset]:
        """Find every referenced asset; blocking, for a thread of its own.

        Args:
            references: The assets the payload uses.
            root: The project's asset folder.
            ended: Set once nobody waits any more.

        Raises:
            AbandonedError: It was set.
            AssetError: A reference is refused, or a file's hash isn't the one the payload gives (permanent).
            AssetUnreachableError: An https asset's host doesn't answer (transient).
            StorageError: A file can't be read, or the bytes of an inline one can't be kept (transient).
        """
        return {reference.asset_id: self._translated(reference, root, ended) for reference in references}

    def linked(self, assets: Iterable[FoundAsset | AbsentAsset]) -> None:
        """Note that found files were given further names just now, which is no change of their content; blocking.

        A further name moves the time of a file's last change, and nothing else that tells of its content. Without this
        call each file would be hashed again for the next job.
        """
        for asset in assets:
            if isinstance(asset, AbsentAsset):
                continue
            with suppress(OSError):
                stamp = _stamp(asset.path, asset.path.stat())
                if (stamp.size_bytes, stamp.modified_ns, stamp.inode) == (
                    asset.size_bytes,
                    asset.modified_ns,
                    asset.inode,
                ):
                    self._remember(stamp, asset.sha256, stamp.modified_ns)

    def _translated(self, reference: Reference, root: Path, ended: threading.Event | None) -> FoundAsset | AbsentAsset:
        unless(ended)
        try:
            with asset_errors_at(reference.pointer):
                return self._collect_one(reference, root, ended)
        except FileNotFoundError:  # it went away between being found and being read
            return AbsentAsset(reason="its file was removed just now")
        except OSError as error:
            raise StorageError(
                f"Asset {reference.asset_id} can't be read: {error.strerror or error}.",
                hint="Check the permissions and the free space of DATA_DIR.",
            ) from error

    def _collect_one(self, reference: Reference, root: Path, ended: threading.Event | None) -> FoundAsset | AbsentAsset:
        if reference.place is None:
            return AbsentAsset(reason="the payload names no file for it")
        try:
            place = parse_uri(reference.place)
        except RefusedUriError as error:
            raise AssetError(
                f"Asset {reference.asset_id} {error.sentence}.", code="asset-refused", hint=error.hint
            ) from error
        path = self._locate(place, root, reference.asset_id, ended)
        if path is None:
            return AbsentAsset(reason=f"no file {place.text} in the project's asset folder")
        found = self._hashed(path, reference.asset_id, ended)
        if reference.sha256 is not None and reference.sha256.lower() != found.sha256:
            raise AssetError(
                f"Asset {reference.asset_id} has the SHA-256 {found.sha256}, but the payload gives "
                f"{reference.sha256.lower()}.",
                code="asset-hash-mismatch",
                hint="Upload the intended file, or correct sha256.",
            )
        return found

    def _locate(self, place: Place, root: Path, asset_id: str, ended: threading.Event | None) -> Path | None:
        match place.kind:
            case PlaceKind.PATH:
                return find_below(root, place.text, asset_id=asset_id)
            case PlaceKind.DATA:
                return self._keep(base64.b64decode(place.text.partition(",")[2]))
            case PlaceKind.HTTPS:
                return self._keep(self._fetcher.fetch(place.text, asset_id=asset_id, ended=ended))

    def _keep(self, content: bytes) -> Path:
        """Write bytes that came without a file below their hash, once; whole or not at all."""
        path = self._inline_dir / hashlib.sha256(content).hexdigest()
        if not path.exists():
            self._inline_dir.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{secrets.token_hex(8)}.part")
            try:
                partial.write_bytes(content)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        return path

    def _hashed(self, path: Path, asset_id: str, ended: threading.Event | None) -> FoundAsset:
        status = path.stat()
        if status.st_size > LARGEST_FILE_BYTES:
            raise AssetError(
                f"Asset {asset_id} has {status.st_size} bytes; at most {LARGEST_FILE_BYTES} are allowed.",
                code="asset-too-large",
            )
        stamp = _stamp(path, status)
        with self._guard:
            sha256 = self._hashes.get(stamp)
        if sha256 is None:
            sha256 = sha256_of(path, ended)
            self._remember(stamp, sha256, max(stamp.modified_ns, stamp.changed_ns))
        return FoundAsset(
            path=path,
            sha256=sha256,
            size_bytes=status.st_size,
            modified_ns=status.st_mtime_ns,
            inode=status.st_ino,
        )

    def _remember(self, stamp: _Stamp, sha256: str, touched_ns: int) -> None:
        if time.time_ns() - touched_ns < _SETTLED_NS:
            return
        with self._guard:
            if len(self._hashes) >= REMEMBERED_HASHES:
                del self._hashes[next(iter(self._hashes))]
            self._hashes[stamp] = sha256


def _stamp(path: Path, status: os.stat_result) -> _Stamp:
    return _Stamp(str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def sha256_of(path: Path, ended: threading.Event | None = None) -> str:
    """SHA-256 of a file's bytes in hexadecimal.

    Raises:
        AbandonedError: The event was set meanwhile.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            unless(ended)
            digest.update(chunk)
    return digest.hexdigest()
