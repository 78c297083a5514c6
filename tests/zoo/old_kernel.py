"""``old_kernel.py ABSENT[,…] COMMAND…``: becomes a command to which some of the kernel's abilities are missing."""

from __future__ import annotations

import errno
import os
import sys

from preview_worker.sandbox.filters import Refusal
from preview_worker.sandbox.seccomp import refuse, refuse_privileges

LACKS = {
    "landlock": Refusal(call="landlock_create_ruleset", code=errno.ENOSYS),
    "seccomp": Refusal(call="seccomp", code=errno.ENOSYS),
    "namespaces": Refusal(call="unshare"),
}

absent, *command = sys.argv[1:]
refuse_privileges()
# All at once: what refuses seccomp refuses the next filter, too.
refuse([LACKS[name] for name in absent.split(",")])
os.execv(command[0], command)  # noqa: S606 - a filter stays with what a process becomes
