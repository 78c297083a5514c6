"""Where Redis is: the operator's URL, else the embedded server's socket if one answers there, else the usual port.

Plain sockets only: every command asks this first, and importing a Redis client would cost it 100 ms.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

DEFAULT_URL: Final = "redis://127.0.0.1:6379"

MAXIMUM_SOCKET_PATH_BYTES: Final = 100
"""The kernel takes 107; the rest is for the temporary names a server may append."""

PROBE_TIMEOUT_S: Final = 0.5

READY: Final = b"+PONG"
"""A server's answer to PING once it serves."""


def server_folder(data_dir: Path) -> Path:
    """Return the folder that holds the embedded server's files."""
    return data_dir.absolute() / "valkey"


def socket_path(data_dir: Path) -> Path:
    """Return the embedded server's socket: in the data folder, or in a short one of its own where that is too long.

    The short folder is named after the data folder and the user, so that every command finds the same one.
    """
    path = server_folder(data_dir) / "valkey.sock"
    if len(os.fsencode(path)) <= MAXIMUM_SOCKET_PATH_BYTES:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir()) / f"preview-worker-{user}-{name}" / "valkey.sock"


def socket_url(path: Path) -> str:
    """Return the URL of a unix socket."""
    return f"unix://{quote(os.fspath(path))}"


def probe(path: Path, timeout_s: float = PROBE_TIMEOUT_S) -> bytes:
    """Send PING to a unix socket; returns the raw answer, empty if nobody answers in time. Blocks up to timeout_s."""
    if not hasattr(socket, "AF_UNIX"):
        return b""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(os.fspath(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64)
        except OSError:  # absent, refused, too slow, path too long
            return b""


def server_answers(path: Path) -> bool:
    """Ask whether a server listens on a socket; one that still loads its data or wants a password counts."""
    return probe(path).startswith((READY, b"-LOADING", b"-NOAUTH", b"-BUSY"))


def find_redis_url(configured: str | None, data_dir: Path) -> str:
    """Return the Redis URL a command uses.

    Args:
        configured: REDIS_URL, None or empty where it isn't set.
        data_dir: DATA_DIR.
    """
    if configured:
        return configured
    path = socket_path(data_dir)
    return socket_url(path) if server_answers(path) else DEFAULT_URL
