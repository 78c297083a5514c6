"""What only POSIX systems, and some only Linux, can do with processes; elsewhere each function does nothing.

Everything platform-dependent about processes stands here, so that the commands that need no service run on Windows.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dying_with_parent() -> Callable[[], None] | None:
    """What a forked child does before it becomes another program: ask the kernel to be killed with its parent.

    SIGKILL rather than SIGTERM, so that a busy child can't outlive us. The kernel ties this to the *thread* that forks:
    start children from the thread that lives as long as the process. None where the system can't (not Linux).
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def die_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request took effect
            os._exit(1)

    return die_with_parent
