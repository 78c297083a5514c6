"""Disks for tests: one that is said to be so full, and a real one that is small."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from preview_worker.storage.disk import Space
from preview_worker.storage.watermarks import DiskGuard, Watermark, Watermarks

MIB = 1 << 20


class PretendDisk:
    """A disk of which the test says what is on it."""

    def __init__(self, size_bytes=100 * MIB, files=1000):
        self.space = Space(free_bytes=size_bytes, total_bytes=size_bytes, free_files=files, total_files=files)

    def look(self):
        return self.space

    def use(self, size_bytes=0, files=0):
        """Write so much; negative numbers remove."""
        free_bytes, free_files = self.space.free_bytes - size_bytes, self.space.free_files - files
        self.space = replace(self.space, free_bytes=free_bytes, free_files=free_files)


def mark(size_mib):
    return Watermark(size_bytes=size_mib * MIB)


def guard_of(disk, *, cleaning=30, admission=20, fetching=10, promised=lambda: 0):
    """A guard with watermarks in MiB."""
    marks = Watermarks(cleaning=mark(cleaning), admission=mark(admission), fetching=mark(fetching))
    return DiskGuard(disk, marks, promised)


@contextmanager
def small_disk(folder, *options):
    """A file system of its own at a folder, in memory; skips where nobody may mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    if _run("mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)):
        pytest.skip("needs the right to mount a file system")
    try:
        yield folder
    finally:
        unmount(folder)


def mount_again(disk, folder, *, read_only=False):
    """Give a mounted file system a further place, over whatever stands there."""
    assert not _run("mount", "--bind", str(disk), str(folder))
    assert not read_only or not _run("mount", "-o", "remount,bind,ro", str(folder))


def resize(disk, size_bytes):
    """Give a small disk another size."""
    assert not _run("mount", "-o", f"remount,size={size_bytes}", str(disk))


def unmount(folder):
    """Take a file system away, whoever uses it."""
    _run("umount", "-l", str(folder))


def fill(folder, *, leaving_bytes=0):
    """Write a file that leaves so much room; returns it."""
    path = folder / "filler"
    found = os.statvfs(folder)
    left = found.f_bavail * found.f_frsize - leaving_bytes
    with suppress(OSError), path.open("wb") as file:
        for _ in range(max(0, left) // MIB):
            file.write(bytes(MIB))
        file.write(bytes(max(0, left) % MIB))
    return path


def fill_entries(folder):
    """Make empty files until the file system has room for no more of them; returns them."""
    paths = []
    with suppress(OSError):
        while True:
            path = folder / f"filler-{len(paths)}"
            path.touch(exist_ok=False)
            paths.append(path)
    return paths


def _run(program, *arguments):
    """The exit code of a system's program; 127 where there is none."""
    found = shutil.which(program)
    return subprocess.run([found, *arguments], check=False, capture_output=True).returncode if found else 127
