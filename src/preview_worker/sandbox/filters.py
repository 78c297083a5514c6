"""Filters of system calls as the kernel runs them: programs of classic BPF (linux/filter.h, linux/seccomp.h).

A filter sees a call's number and its arguments as integers, never what a pointer points to.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from preview_worker.sandbox.system_calls import NEWEST_NUMBER, NUMBERS, Architecture

INSTRUCTION_BYTES = 8
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_ABOVE = 0x15, 0x25
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_ALL_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Holds when some bits of an argument have a value, or when they don't.

    Attributes:
        argument: Which one, from 0.
        value: What its bits are compared with.
        mask: The bits that count.
        differs: Whether the condition holds when they differ.
        upper: Whether the argument's upper 32 bits are meant.
    """

    argument: int
    value: int
    mask: int = _ALL_BITS
    differs: bool = False
    upper: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A system call that fails without being run.

    Attributes:
        call: Its name.
        code: The error it fails with.
        when: It is let through where this doesn't hold.
    """

    call: str
    code: int = errno.EPERM
    when: Condition | None = None


def program(refusals: Iterable[Refusal], architecture: Architecture) -> bytes:
    """A filter that lets everything through but the refused calls, and those that are newer than we know.

    A call by another architecture's numbers (32-bit code on x86-64) ends the process. The numbers of x86-64's x32 are
    larger than all of ours, and so unknown.

    Returns:
        Instructions of 8 bytes each; calls that this architecture doesn't have are left out.
    """
    lines = [
        _line(_LOAD, _ARCHITECTURE_AT),
        _line(_JUMP_EQUAL, architecture.audit, met=1),
        _line(_RETURN, _KILL_PROCESS),
        _line(_LOAD, _NUMBER_AT),
        _line(_JUMP_ABOVE, NEWEST_NUMBER, unmet=1),
        _line(_RETURN, _ERRNO | errno.ENOSYS),
    ]
    for refusal in refusals:
        number = NUMBERS[refusal.call][architecture.column]
        if number is not None:
            lines += _refusing(refusal, number)
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _refusing(refusal: Refusal, number: int) -> list[bytes]:
    refuse = _line(_RETURN, _ERRNO | refusal.code)
    if (when := refusal.when) is None:
        return [_line(_JUMP_EQUAL, number, unmet=1), refuse]
    place = _ARGUMENTS_AT + 8 * when.argument + (4 if when.upper else 0)
    body = [
        _line(_LOAD, place),
        _line(_AND, when.mask),
        _line(_JUMP_EQUAL, when.value, met=int(when.differs), unmet=int(not when.differs)),
        refuse,
        _line(_LOAD, _NUMBER_AT),
    ]
    return [_line(_JUMP_EQUAL, number, unmet=len(body)), *body]


def _line(code: int, value: int, *, met: int = 0, unmet: int = 0) -> bytes:
    """One instruction: its jumps count the instructions that they skip."""
    return struct.pack("<HBBI", code, met, unmet, value)
