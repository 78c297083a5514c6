"""What a process started by root keeps of root's powers (capabilities(7)): reading and writing files of any owner.

Which files that are, Landlock says; assets and folders may belong to another user than the service.
"""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path

from preview_worker.sandbox.system_calls import leave_namespaces, system_call

_VERSION_3 = 0x20080522
_FILES_OF_ANY_OWNER = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
_NEW_NETWORK = 0x40000000


def leave_network() -> None:
    """Move into a network of its own, without any interface that is up.

    Raises:
        OSError: This user may not.
    """
    leave_namespaces(_NEW_NETWORK)


def drop_capabilities() -> None:
    """Keep the two that files need, if they are there.

    Raises:
        OSError: The kernel doesn't tell which there are, or nobody has told us this processor's numbers.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    permitted = next(int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:"))
    kept = permitted & _FILES_OF_ANY_OWNER
    if kept == permitted:
        return
    header = struct.pack("=Ii", _VERSION_3, 0)
    sets = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    system_call("capset", ctypes.c_char_p(header), ctypes.c_char_p(sets))
