"""The files that a render process reads: further names of the assets, as they were when they were hashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from preview_worker.assets.library import AbsentAsset, AssetLibrary, FoundAsset
from preview_worker.errors import AssetError
from preview_worker.render.process import RenderProcess
from preview_worker.render.protocol import IN_FOLDER, Source
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.publish import link_or_copy
from preview_worker.timeline.voices import file_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a process was given.

    Attributes:
        sources: Where each asset is, by asset id.
        files: The files that were given, with what they were when they were hashed, by asset id.
    """

    sources: dict[str, Source]
    files: Mapping[str, tuple[Path, FoundAsset]]

    def check(self) -> None:
        """Make sure that nobody has written into a file since it was hashed; blocking.

        A name given to a file doesn't keep its bytes: a program that writes over it changes what the process reads, and
        what was made of it must neither be published nor kept under the old content's key.

        Raises:
            AssetError: Somebody has (permanent, ``asset-changed``).
        """
        for asset_id, (file, asset) in self.files.items():
            with storage_errors("look at an asset"):
                status = file.stat()
            if (status.st_size, status.st_mtime_ns) != (asset.size_bytes, asset.modified_ns):
                raise AssetError(
                    f"{file_in_words(asset_id)} was written to while it was in use.",
                    code="asset-changed",
                    hint="Post the job again; a file that is replaced by a rename may change at any time.",
                )


def link_inputs(
    assets: Mapping[str, FoundAsset | AbsentAsset], process: RenderProcess, library: AssetLibrary | None = None
) -> Inputs:
    """Give a process its input files below ``in/``, named by hash; blocking. The library, if any, is told of it.

    What an earlier job of the process had, and this one needs, stays as it is: each new name of a file changes what
    tells that its content is the same, and it would be hashed again.
    """
    sources: dict[str, Source] = {}
    files: dict[str, tuple[Path, FoundAsset]] = {}
    folder = process.folder / IN_FOLDER
    old, given = {path.name for path in folder.iterdir() if path.is_file()}, set[str]()
    for asset_id, asset in assets.items():
        if isinstance(asset, AbsentAsset):
            sources[asset_id] = Source(missing=asset.reason)
            continue
        target = folder / asset.sha256
        if target.name not in given:
            _give(asset.path, target, is_there=target.name in old)
            files[asset_id] = (target, asset)
        given.add(target.name)
        sources[asset_id] = Source(file=target.name, sha256=asset.sha256)
    for name in old - given:
        (folder / name).unlink(missing_ok=True)
    if library is not None:
        library.linked(assets.values())
    return Inputs(sources=sources, files=files)


def _give(path: Path, target: Path, *, is_there: bool) -> None:
    with storage_errors("link an asset"):
        if not is_there or not target.samefile(path):
            link_or_copy(path, target)
