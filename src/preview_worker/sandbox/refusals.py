"""Which system calls a confined process is refused. All it needs is to compute, to read and write files, and threads.

A list of what is refused, not of what is allowed: which calls the C library makes for the same work differs from one
version to the next. What is newer than this list is refused by its number.
"""

from __future__ import annotations

import errno

from preview_worker.sandbox.filters import Condition, Refusal

_PROGRAMS = ("execve", "execveat", "uselib")
_OTHER_PROCESSES = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd"),
    *("setsid", "setpgid"),  # who left the group would outlive its end
)
_SCHEDULING = (
    # Of this process it is done by now; of others of the same user it is nothing to decide.
    *("setpriority", "ioprio_set", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity"),
)
_NETWORK = ("socket", "connect", "bind", "listen", "accept", "accept4")
_SHARED_WITH_OTHERS = ("shmget", "shmat", "semget", "msgget", "mq_open")
"""Memory and queues that any process of the user may open, and that outlive us."""
_MOUNTS = (
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "move_mount", "fsopen"),
    *("fsconfig", "fsmount", "fspick", "mount_setattr"),
)
_FILES_THAT_LANDLOCK_LEAVES_OPEN = (
    *("truncate", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "mknod", "mknodat"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
    *("utime", "utimes", "futimesat", "utimensat", "open_by_handle_at", "name_to_handle_at", "fanotify_init"),
)
_PRIVILEGES = (
    *("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid"),
    *("setrlimit", "personality", "keyctl", "add_key", "request_key"),
)
_MACHINE = (
    *("bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load", "init_module", "finit_module"),
    *("delete_module", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime"),
    *("sethostname", "setdomainname", "acct", "quotactl", "quotactl_fd", "lookup_dcookie", "syslog", "vhangup"),
    *("iopl", "ioperm", "modify_ldt"),
)
_TRIED_BY_LIBRARIES = ("io_uring_setup", "io_uring_enter", "io_uring_register", "clone3")
"""Refused as if the kernel didn't have them: libraries go on without. The arguments of clone3 can't be looked at."""

_THREAD = 0x00010000
_NAMESPACES = 0x7E020000
"""The flags of clone(2) that make a namespace: CLONE_NEW…"""
_UNIX, _STREAM, _KIND_OF_SOCKET = 1, 1, 0xF
_WITH_CONDITIONS = (
    # Pipes between processes; sockets of other kinds could still send to anybody.
    Refusal(call="socketpair", when=Condition(argument=0, value=_UNIX, differs=True)),
    Refusal(call="socketpair", when=Condition(argument=1, mask=_KIND_OF_SOCKET, value=_STREAM, differs=True)),
    Refusal(call="clone", when=Condition(argument=0, mask=_NAMESPACES, value=0, differs=True)),
    # To read limits is fine, to set them isn't: only a call that sets some passes an address.
    Refusal(call="prlimit64", when=Condition(argument=2, value=0, differs=True)),
    Refusal(call="prlimit64", when=Condition(argument=2, value=0, differs=True, upper=True)),
)

REFUSALS = (
    *(
        Refusal(call=name)
        for name in (
            *_PROGRAMS,
            *_OTHER_PROCESSES,
            *_SCHEDULING,
            *_NETWORK,
            *_SHARED_WITH_OTHERS,
            *_MOUNTS,
            *_FILES_THAT_LANDLOCK_LEAVES_OPEN,
            *_PRIVILEGES,
            *_MACHINE,
        )
    ),
    *(Refusal(call=name, code=errno.ENOSYS) for name in _TRIED_BY_LIBRARIES),
    *_WITH_CONDITIONS,
)
"""For every confined process."""

NO_PROCESSES = (
    Refusal(call="fork"),
    Refusal(call="vfork"),
    Refusal(call="clone3", code=errno.ENOSYS),
    Refusal(call="clone", when=Condition(argument=0, mask=_THREAD, value=0)),
)
"""For those that need no further process, beside the others; threads are no processes."""
