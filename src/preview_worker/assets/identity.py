"""Which assets a request uses, and the identity of a job: its content together with the bytes of its assets."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview_worker.assets.library import AbsentAsset, AssetLibrary, FoundAsset, Reference
from preview_worker.contract import OnMissingAsset, PreviewRequest, digest
from preview_worker.contract.asset_places import asset_places
from preview_worker.errors import AssetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A job's digest and the assets behind it, by id (``path:<path>`` for a visual given by path)."""

    digest: str
    assets: Mapping[str, FoundAsset | AbsentAsset]


def references_of(request: PreviewRequest) -> tuple[Reference, ...]:
    """The assets that steps and music use, each once."""
    by_id, places = {asset.id: asset for asset in request.assets}, asset_places(request)
    used = [
        Reference(
            asset_id=asset_id, place=by_id[asset_id].source, sha256=by_id[asset_id].sha256, pointer=places[asset_id]
        )
        for asset_id in request.referenced_asset_ids()
        if asset_id in by_id
    ]
    paths = dict.fromkeys(visual.path for step in request.steps for visual in step.visuals if visual.path is not None)
    keys = {f"path:{path}": path for path in paths}
    return (
        *used,
        *(Reference(asset_id=key, place=path, sha256=None, pointer=places[key]) for key, path in keys.items()),
    )


def identify(
    raw: dict[str, Any],
    request: PreviewRequest,
    library: AssetLibrary,
    root: Path,
    ended: threading.Event | None = None,
) -> Identified:
    """Find and hash a job's assets and compute its digest; blocking.

    Args:
        raw: The payload as sent.
        request: The same, validated.
        library: Finds and hashes files.
        root: The project's asset folder.
        ended: Set once nobody waits any more.

    Raises:
        AbandonedError: It was set.
        AssetError: A reference is refused or a hash is wrong (permanent).
    """
    assets = library.collect(references_of(request), root=root, ended=ended)
    hashes = {asset_id: found.sha256 for asset_id, found in assets.items() if isinstance(found, FoundAsset)}
    return Identified(digest=digest(raw, hashes), assets=assets)


def refuse_absent(
    request: PreviewRequest,
    identified: Identified,
    *,
    hint: str = 'Supply the file, or set options.onMissingAsset to "placeholder".',
) -> None:
    """Refuse a job whose files aren't all there, where it says that this fails it.

    Args:
        request: What is asked for.
        identified: Its assets.
        hint: What the caller can do.

    Raises:
        AssetError: A file is absent (permanent).
    """
    if request.options.on_missing_asset is not OnMissingAsset.FAIL:
        return
    for asset_id, found in identified.assets.items():
        if isinstance(found, AbsentAsset):
            name = asset_id.removeprefix("path:")
            place = asset_places(request).get(asset_id)
            sentence = f"Asset {name} is missing: {found.reason}."
            raise AssetError(sentence, code="asset-missing", pointer=place, hint=hint)
