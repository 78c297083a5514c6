"""Relative asset paths below a project's folder: nothing outside it is ever opened."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from preview_worker.errors import AssetError


def find_below(root: Path, relative: str, *, asset_id: str) -> Path | None:
    """The file that a relative path names, or None where there is none.

    Names are compared in Unicode NFC, since file systems and authors write accents differently.

    Args:
        root: The project's asset folder.
        relative: Path with ``/`` between its parts, without ``..``.
        asset_id: For the error.

    Raises:
        AssetError: A symbolic link leads out of the folder, or the path names no regular file (permanent).
    """
    found = root
    for part in relative.split("/"):
        named = _child(found, part)
        if named is None:
            return None
        found = named
    real_root, real = root.resolve(), found.resolve()
    if not real.is_relative_to(real_root):
        raise AssetError(
            f"Asset {asset_id} ({relative}) leads out of the project's asset folder.", code="asset-refused"
        )
    if not real.is_file():
        raise AssetError(f"Asset {asset_id} ({relative}) is not a file.", code="asset-refused")
    return real


def _child(folder: Path, name: str) -> Path | None:
    direct = folder / name
    if direct.exists():
        return direct
    wanted = unicodedata.normalize("NFC", name)
    try:
        return next((found for found in folder.iterdir() if unicodedata.normalize("NFC", found.name) == wanted), None)
    except OSError:
        return None
