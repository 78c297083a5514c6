"""Measured facts of media files, kept by the SHA-256 of their bytes: measured once, known for good."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from preview_worker.storage.atomic import write_json


class FactsCache:
    """JSON objects below one folder, one file a hash; an unreadable one counts as unknown.

    Args:
        folder: Where all facts are.
        revision: Of what is measured: facts of another one count as unknown.
    """

    def __init__(self, folder: Path, revision: int) -> None:
        self._folder = folder / str(revision)

    def known(self, hashes: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Facts of those hashes that were measured before."""
        found = {}
        for sha256 in hashes:
            try:
                content = json.loads(self._path(sha256).read_bytes())
            except (OSError, ValueError):
                continue
            if isinstance(content, dict):
                found[sha256] = content
        return found

    def keep(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember newly measured facts.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        for sha256, content in facts.items():
            write_json(self._path(sha256), dict(content))

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.json"
