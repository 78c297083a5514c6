"""What every confined process reads beside its own files: Python, the code it runs, and the libraries below them."""

from __future__ import annotations

import sys
from pathlib import Path

import preview_worker

_LIBRARIES = ("lib", "lib64")
_PACKAGE_FOLDERS = frozenset({"site-packages", "dist-packages"})
_SYSTEM = (
    *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache"),
    *("/usr/share/zoneinfo", "/etc/localtime"),
)
_KERNEL = (
    # Of /proc its own folder alone: what it was started with, which holds no secret, and its memory's size.
    *("/proc/self", "/proc/cpuinfo", "/sys/devices/system/cpu"),
    *("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"),
)


def code_paths() -> tuple[Path, ...]:
    """Files and folders; some may not exist. Neither home folders nor the service's data are among them.

    Of the search path of Python those entries count that packages are installed in: a checkout may hold data, too.
    """
    prefixes = {Path(sys.base_prefix), Path(sys.prefix)}
    packages = (Path(entry) for entry in sys.path if entry and _holds_packages(Path(entry)))
    ours = (Path(folder) for folder in preview_worker.__path__)
    python = (prefix / name for prefix in sorted(prefixes) for name in _LIBRARIES)
    return (*python, *packages, *ours, *map(Path, _SYSTEM), *map(Path, _KERNEL))


def _holds_packages(folder: Path) -> bool:
    return folder.name in _PACKAGE_FOLDERS or any(folder.glob("*.dist-info"))
