"""The files that a render process reads: further names of the assets, as they were when they were hashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from preview_worker.assets.library import AbsentAsset, AssetLibrary, FoundAsset
from preview_worker.errors import AssetError
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import IN_FOLDER, Source
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.publish import link_or_copy
from preview_worker.timeline.voices import file_in_words, is_draft_voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a process was given.

    Attributes:
        sources: Where each asset of the payload is, by asset id.
        voices: Where each draft voice's recording is, by asset id; one entry for each edition.
        files: The files that were given, with the id of an asset and what it was when it was hashed.
    """

    sources: dict[str, Source]
    voices: list[dict[str, Source]]
    files: Sequence[tuple[Path, str, FoundAsset]]

    def check(self) -> None:
        """Make sure that nobody has written into a file since it was hashed; blocking.

        A name given to a file doesn't keep its bytes: a program that writes over it changes what the process reads, and
        what was made of it must neither be published nor kept under the old content's key.

        Raises:
            AssetError: Somebody has (permanent, ``asset-changed``).
        """
        for file, asset_id, asset in self.files:
            with storage_errors("look at an asset"):
                status = file.stat()
            if (status.st_size, status.st_mtime_ns) != (asset.size_bytes, asset.modified_ns):
                raise AssetError(
                    f"{file_in_words(asset_id)} was written to while it was in use.",
                    code="asset-changed",
                    hint="Post the job again; a file that is replaced by a rename may change at any time.",
                )


def link_inputs(
    editions: Sequence[Mapping[str, FoundAsset | AbsentAsset]],
    process: RenderProcess,
    library: AssetLibrary | None = None,
) -> Inputs:
    """Give a process its input files below ``in/``, named by hash; blocking. The library, if any, is told of it.

    What an earlier job of the process had, and this one needs, stays as it is: each new name of a file changes what
    tells that its content is the same, and it would be hashed again.

    Args:
        editions: The assets of each edition of a job; they differ in the recordings of draft voices only.
        process: The process.
        library: Knows the hashes of files.
    """
    folder = process.folder / IN_FOLDER
    old = {path.name for path in folder.iterdir() if path.is_file()}
    files: dict[str, tuple[Path, str, FoundAsset]] = {}
    for asset_id, asset in (pair for edition in editions for pair in edition.items()):
        if isinstance(asset, FoundAsset) and asset.sha256 not in files:
            target = folder / asset.sha256
            _give(asset.path, target, is_there=target.name in old)
            files[asset.sha256] = (target, asset_id, asset)
    for name in old - files.keys():
        (folder / name).unlink(missing_ok=True)
    if library is not None:
        library.linked(asset for edition in editions for asset in edition.values())
    sources = [{asset_id: _source(asset) for asset_id, asset in edition.items()} for edition in editions]
    return Inputs(
        sources={asset_id: source for asset_id, source in sources[0].items() if not is_draft_voice(asset_id)},
        voices=[{key: source for key, source in own.items() if is_draft_voice(key)} for own in sources],
        files=list(files.values()),
    )


def _source(asset: FoundAsset | AbsentAsset) -> Source:
    if isinstance(asset, AbsentAsset):
        return Source(missing=asset.reason)
    return Source(file=asset.sha256, sha256=asset.sha256)


def _give(path: Path, target: Path, *, is_there: bool) -> None:
    with storage_errors("link an asset"):
        if not is_there or not target.samefile(path):
            link_or_copy(path, target)
