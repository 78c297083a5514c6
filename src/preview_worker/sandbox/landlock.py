"""Landlock: which files a process may still open, and no others ever after (docs.kernel.org/userspace-api/landlock).

The kernel tells the version of its interface; rights that it doesn't know yet are left out.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from preview_worker.sandbox.system_calls import system_call

_CREATE, _ADD, _RESTRICT = "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"
_ASK_VERSION, _BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_FOLDER, _MAKE_FILE = 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
_READ = _READ_FILE | _READ_FOLDER
_WRITE = _WRITE_FILE | _TRUNCATE | _REMOVE_FILE | _MAKE_FOLDER | _MAKE_FILE
_FOR_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_TCP, _OTHERS = 0b11, 0b11
"""Bind and connect; abstract sockets and signals of processes outside."""
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6


def version() -> int:
    """Of the kernel's interface.

    Raises:
        OSError: It has no Landlock, or it is switched off.
    """
    return system_call(_CREATE, 0, 0, _ASK_VERSION)


def confine_files(*, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """From now on this thread and what it starts open nothing but these files and folders, and run no program.

    In a writable folder, and those below it, files may be made, changed and removed, and folders made; nothing may be
    moved from one folder into another. Paths that don't exist are left out.

    Raises:
        OSError: The kernel has no Landlock.
    """
    known = version()
    handled = _handled(known)
    ruleset = _ruleset(handled, known)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, (_READ | _WRITE) & handled)
        system_call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled(known: int) -> int:
    """Rights that are taken away unless a rule gives them: the first version's thirteen, then those of later ones."""
    later = ((2, _REFER), (3, _TRUNCATE), (5, _DEVICE_CONTROL))
    return (1 << 13) - 1 | sum(right for since, right in later if known >= since)


def _ruleset(handled: int, known: int) -> int:
    attributes = struct.pack("=Q", handled)
    if known >= _NETWORK_SINCE:
        attributes += struct.pack("=Q", _TCP)
    if known >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", _OTHERS)
    return system_call(_CREATE, ctypes.c_char_p(attributes), len(attributes), 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        usable = rights if path.is_dir() else rights & _FOR_FILES
        rule = struct.pack("=Qi", usable, descriptor)
        system_call(_ADD, ruleset, _BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(descriptor)
