"""A render process that, once it is confined, does all that it must not be able to, and tells how each attempt ended.

``attacks.py OUTSIDE PORT FOLDER PARENT_PID TERMS``: writes a JSON object, "done" or the name of the error by attempt.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import random
import resource
import socket
import sys
import threading
from pathlib import Path

import preview_worker.render.child.main  # noqa: F401 - all that a render process has loaded
from preview_worker.render.child.limits import confine
from preview_worker.render.lifecycle import SandboxTerms
from preview_worker.sandbox.confinement import start_no_processes
from preview_worker.sandbox.landlock import version

OUTSIDE, PORT, FOLDER, PARENT_PID = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
NEW_USER_NAMESPACE, TRACE_ME = 0x10000000, 0
KERNEL_GUARDS_SIGNALS = 6
"""Version of Landlock from which on it does: Linux 6.12."""


def run_in_fork(attempt):
    """What a forked process ends with: an attempt may take the process with it."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        os.write(writing, ended(attempt).encode())
        os._exit(0)
    os.close(writing)
    said = os.read(reading, 100).decode()
    os.close(reading)
    os.waitpid(pid, 0)
    if said != "done":
        code = getattr(errno, said)
        raise OSError(code, said)


def ended(attempt):
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"


def exchange(kind, address, family=socket.AF_INET):
    with socket.socket(family, kind) as line:
        line.settimeout(2)
        line.connect(address)
        line.send(b"canary")


def start_program():
    pid = os.posix_spawn(sys.executable, [sys.executable, "-I", "-S", "-c", ""], {})
    os.waitpid(pid, 0)


def start_program_by_descriptor():
    """Replaces this process where it is let: the exit code, then, is the program's."""
    with open("/bin/true", "rb") as program:  # noqa: PTH123 - its number is what counts
        pid = os.fork()
        if not pid:
            try:
                os.execve(program.fileno(), ["true"], {})  # noqa: S606 - the call itself is tried
            except OSError as error:
                os._exit(error.errno)
        _, status = os.waitpid(pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise OSError(code, os.strerror(code))


def kernel(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def read_through_link(link, target):
    link.symlink_to(target)
    link.read_bytes()


def write_through_hard_link():
    other = FOLDER / "out" / "files" / "again"
    os.link(FOLDER / "in" / "asset", other)
    other.write_bytes(b"spoilt")


def set_limit():
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    except ValueError as error:  # Python's word for EPERM
        raise PermissionError(errno.EPERM, str(error)) from error


def fork():
    if not (pid := os.fork()):
        os._exit(0)
    os.waitpid(pid, 0)


def fork_as_helper():
    start_no_processes()
    fork()


def thread_as_helper():
    start_no_processes()
    thread = threading.Thread(target=sum, args=((1, 2),))
    thread.start()
    thread.join()


def write_result():
    part, whole = FOLDER / "out" / "files" / "a.part", FOLDER / "out" / "files" / "a"
    part.write_bytes(b"result")
    part.replace(whole)
    with whole.open("r+b") as file:
        file.truncate(3)
    whole.unlink()


def take_random_numbers():
    random.SystemRandom().random()
    with Path("/dev/urandom").open("rb") as source:
        source.read(1)


def pass_words():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.send(b"x")
        assert theirs.recv(1) == b"x"


def share_memory():
    identifier = ctypes.CDLL(None, use_errno=True).shmget(0, 4096, 0o600)
    if identifier < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    kernel("shmctl", identifier, 0, None)


MUST_FAIL = {
    "read a file of the system": lambda: Path("/etc/passwd").read_bytes(),
    "read a file of the service": (OUTSIDE / "secret").read_bytes,
    "list a folder of the service": lambda: list(OUTSIDE.iterdir()),
    "list the parent folder": lambda: list(FOLDER.parent.iterdir()),
    "read another process's variables": lambda: Path(f"/proc/{PARENT_PID}/environ").read_bytes(),
    "read through a link that it makes": lambda: read_through_link(FOLDER / "out" / "link", OUTSIDE / "secret"),
    "read through a link among its inputs": (FOLDER / "in" / "link").read_bytes,
    "write beside its folders": lambda: (FOLDER / "new").write_bytes(b"x"),
    "write into an input": lambda: (FOLDER / "in" / "asset").write_bytes(b"spoilt"),
    "write into an input by a name of its own": write_through_hard_link,
    "remove an input": (FOLDER / "in" / "removable").unlink,
    "write a file of the service": lambda: (OUTSIDE / "writable").write_bytes(b"spoilt"),
    "make a temporary file": lambda: (OUTSIDE / "new").write_bytes(b"x"),
    "cut a file of the service": lambda: os.truncate(OUTSIDE / "cut", 0),
    "open a file of the service to all": lambda: (OUTSIDE / "mode").chmod(0o666),
    "change a file's times": lambda: os.utime(OUTSIDE / "times", (1, 1)),
    "give a file away": lambda: os.chown(OUTSIDE / "mode", os.getuid(), os.getgid()),
    "move a file in": lambda: (OUTSIDE / "movable").rename(FOLDER / "out" / "files" / "moved"),
    "make a device": lambda: os.mkfifo(FOLDER / "out" / "pipe"),
    "connect by TCP": lambda: exchange(socket.SOCK_STREAM, ("127.0.0.1", PORT)),
    "send by UDP": lambda: exchange(socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
    "connect to a socket in a folder": lambda: exchange(socket.SOCK_STREAM, str(OUTSIDE / "socket"), socket.AF_UNIX),
    "connect to a socket without a folder": lambda: exchange(socket.SOCK_STREAM, f"\0canary-{PORT}", socket.AF_UNIX),
    "make a pair of sockets that send anywhere": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    "start a program": start_program,
    "start an opened program": start_program_by_descriptor,
    "leave its group": lambda: run_in_fork(os.setsid),
    "share memory with others": share_memory,
    "make a namespace": lambda: run_in_fork(lambda: kernel("unshare", NEW_USER_NAMESPACE)),
    "be traced": lambda: run_in_fork(lambda: kernel("ptrace", TRACE_ME, 0, 0, 0)),
    "set a limit": lambda: run_in_fork(set_limit),
    "fork as a helper": lambda: run_in_fork(fork_as_helper),
}
if version() >= KERNEL_GUARDS_SIGNALS:
    MUST_FAIL["signal its parent"] = lambda: os.kill(PARENT_PID, 0)
MUST_WORK = {
    "read an input": (FOLDER / "in" / "asset").read_bytes,
    "write, move, cut and remove a result": write_result,
    "make a folder for results": (FOLDER / "out" / "folder").mkdir,
    "import what wasn't needed before": lambda: importlib.import_module("sqlite3"),
    "import a module of ours": lambda: importlib.import_module("preview_worker.contract.corpus"),
    "take random numbers": take_random_numbers,
    "see its memory": lambda: Path("/proc/self/statm").read_bytes(),
    "see the clock's zone": lambda: Path("/etc/localtime").exists() and Path("/etc/localtime").read_bytes(),
    "fork": fork,
    "start a thread as a helper": lambda: run_in_fork(thread_as_helper),
    "pass words between processes": pass_words,
    "read a limit": lambda: resource.getrlimit(resource.RLIMIT_NOFILE),
}

level = confine(PARENT_PID, FOLDER, SandboxTerms.of_argument(sys.argv[5]))
outcomes = {name: ended(attempt) for name, attempt in {**MUST_FAIL, **MUST_WORK}.items()}
sys.stdout.write(json.dumps({"level": level, "outcomes": outcomes, "must_fail": list(MUST_FAIL)}))
