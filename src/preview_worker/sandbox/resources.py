"""Limits of resources (getrlimit(2)), as far as a system has them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Literal

Resource = Literal["RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE"]
"""Bytes of address space, bytes of a core dump, seconds of processor time, bytes of one file, open files."""


def limit_resources(limits: Mapping[Resource, int]) -> None:
    """Bound this process and what it starts, for good; limits that are tighter already stay.

    A system may know a limit by name and not keep it (macOS: the address space).
    """
    if sys.platform == "win32":
        return
    import resource

    for name, wanted in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
