"""Relative asset paths below a project's folder: nothing outside it is ever opened."""

from __future__ import annotations

import errno
import os
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
        OSError: A folder on the way can't be read.
    """
    real_root = root.resolve()
    found = real_root
    for part in relative.split("/"):
        named = _child(found, part)
        if named is None:
            return None
        found = named.resolve()
        # Asked at every step, so that no link tells whether a file outside exists.
        if not found.is_relative_to(real_root):
            raise AssetError(
                f"Asset {asset_id} ({relative}) leads out of the project's asset folder.", code="asset-refused"
            )
    if not found.exists():  # a link to nothing
        return None
    if not found.is_file():
        raise AssetError(f"Asset {asset_id} ({relative}) is not a file.", code="asset-refused")
    return found


def _child(folder: Path, name: str) -> Path | None:
    """The entry of that name, as spelt or else in another Unicode form; None where there is none."""
    wanted = unicodedata.normalize("NFC", name)
    try:
        direct = folder / name
        if os.path.lexists(direct):
            return direct
        return next((found for found in folder.iterdir() if unicodedata.normalize("NFC", found.name) == wanted), None)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP})
