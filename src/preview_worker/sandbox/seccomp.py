"""Puts a filter of system calls on this process, its threads, and whatever it starts; it can't be taken off."""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterable

from preview_worker.sandbox.filters import INSTRUCTION_BYTES, Refusal, program
from preview_worker.sandbox.system_calls import architecture, process_control, system_call

_SET_MODE_FILTER = 1
_ALL_THREADS, _SPECULATION_AS_BEFORE = 1 << 0, 1 << 2
"""Linux before 5.16 would slow filtered processes down against side channels to code that we don't run: scripts."""
_PR_GET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 21, 38
_FILTERED = 2


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_privileges() -> None:
    """Never gain rights by starting a program: without root, the kernel asks it of whoever filters himself.

    Raises:
        OSError: The kernel can't (Linux before 3.5).
    """
    process_control(_PR_SET_NO_NEW_PRIVS, 1)


def refuse(refusals: Iterable[Refusal]) -> None:
    """Refuse system calls from now on, beside those that are refused already.

    Raises:
        OSError: The kernel has no filters, or nobody has told us this processor's numbers.
    """
    if (ours := architecture()) is None:
        raise OSError(errno.ENOSYS, "no filter for this processor")
    instructions = program(refusals, ours)
    whole = _Program(len(instructions) // INSTRUCTION_BYTES, instructions)
    system_call("seccomp", _SET_MODE_FILTER, _ALL_THREADS | _SPECULATION_AS_BEFORE, ctypes.byref(whole))


def is_filtered() -> bool:
    """Whether this process has a filter."""
    try:
        return process_control(_PR_GET_SECCOMP) == _FILTERED
    except OSError:
        return False
