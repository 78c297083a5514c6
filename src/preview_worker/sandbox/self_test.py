"""What a process finds out about its own confinement by trying what must fail: only what was tried is promised."""

from __future__ import annotations

import errno
import os
import socket
import sys

from preview_worker.sandbox.levels import SandboxLevel
from preview_worker.sandbox.seccomp import is_filtered

_NOBODY = ("127.0.0.1", 9)
_NO_NETWORK = frozenset({errno.EPERM, errno.EACCES, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EAFNOSUPPORT})


def found_level() -> SandboxLevel:
    """The level that holds in this thread; limits of resources are taken as set."""
    if can_connect() or can_start_programs():
        return SandboxLevel.LIMITS
    if is_filtered() and not can_open_foreign_files():
        return SandboxLevel.FULL
    return SandboxLevel.PARTIAL


def can_open_foreign_files() -> bool:
    """Whether the root folder can be read, or something written to that nobody minds."""
    return _opens("/", os.O_RDONLY) or _opens(os.devnull, os.O_WRONLY)


def can_connect() -> bool:
    """Whether a connection is as much as tried; there is nobody to be disturbed by it."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        try:
            with socket.socket(socket.AF_INET, kind) as tried:
                tried.setblocking(False)
                tried.connect(_NOBODY)
        except OSError as error:
            if error.errno in _NO_NETWORK:
                continue
        return True
    return False


def can_start_programs() -> bool:
    """Whether Python can be started anew."""
    try:
        pid = os.posix_spawn(sys.executable, [sys.executable, "-I", "-S", "-c", ""], {})
    except PermissionError:
        return False
    os.waitpid(pid, 0)
    return True


def _opens(path: str, flags: int) -> bool:
    try:
        os.close(os.open(path, flags | os.O_CLOEXEC))
    except PermissionError:
        return False
    return True
