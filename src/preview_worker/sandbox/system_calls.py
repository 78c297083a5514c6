"""System calls that Python has no function for, and the numbers of those that a filter names."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A processor's own way to call the kernel.

    Attributes:
        audit: How the kernel calls it (`AUDIT_ARCH_…` in linux/audit.h).
        column: Its place in `NUMBERS`.
    """

    audit: int
    column: int


_ARCHITECTURES = {
    "x86_64": Architecture(audit=0xC000003E, column=0),
    "aarch64": Architecture(audit=0xC00000B7, column=1),
}

_SHARED_FROM = 424
"""From this number on, calls have the same one on every architecture."""
NEWEST_NUMBER = 451
"""cachestat, Linux 6.5. What came later nobody here needs, and a library that tries it goes on when it isn't there."""

NUMBERS: Mapping[str, tuple[int | None, int | None]] = {
    # name: (x86-64, ARM64), from asm/unistd_64.h and asm-generic/unistd.h
    "execve": (59, 221),
    "execveat": (322, 281),
    "uselib": (134, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "truncate": (76, 45),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setreuid": (113, 145),
    "setregid": (114, 143),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setgroups": (116, 159),
    "setfsuid": (122, 151),
    "setfsgid": (123, 152),
    "setrlimit": (160, 164),
    "prlimit64": (302, 261),
    "personality": (135, 92),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "lookup_dcookie": (212, 18),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    # What we call ourselves:
    "capset": (126, 91),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}


@cache
def architecture() -> Architecture | None:
    """Ours; None where we know no numbers of system calls, or Python runs in another mode than the kernel."""
    is_usual = sys.platform == "linux" and sys.byteorder == "little" and struct.calcsize("P") == 8  # noqa: PLR2004 - bytes
    return _ARCHITECTURES.get(platform.machine()) if is_usual else None


def number_of(name: str) -> int | None:
    """The number of a call in `NUMBERS` here; None where there is none, or nobody has told us."""
    if (ours := architecture()) is not None:
        return NUMBERS[name][ours.column]
    shared = NUMBERS[name][0]
    return shared if sys.platform == "linux" and shared is not None and shared >= _SHARED_FROM else None


def system_call(name: str, *arguments: object) -> int:
    """Call the kernel by a name in `NUMBERS`; integers are passed as 64 bits.

    Raises:
        OSError: It refuses, or has no such call.
    """
    if (number := number_of(name)) is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    call = _library().syscall
    call.restype = ctypes.c_long
    widened = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(call(ctypes.c_long(number), *widened))


def process_control(option: int, *arguments: int) -> int:
    """Call prctl(2).

    Raises:
        OSError: It refuses.
    """
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_library().prctl(ctypes.c_int(option), *padded))


def leave_namespaces(flags: int) -> None:
    """Call unshare(2): `os` has it only since Python 3.12.

    Raises:
        OSError: It refuses.
    """
    _checked(_library().unshare(ctypes.c_int(flags)))


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
