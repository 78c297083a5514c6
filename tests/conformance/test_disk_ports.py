"""One suite for every disk: what holds for a real file system holds for the one that tests pretend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.storage.disk import SystemDisk
from support.disks import MIB, PretendDisk, mount_again, small_disk, unmount


class OnDisk:
    """A real file system, and how it is filled."""

    def __init__(self, folder):
        self.folder = folder
        self.disk = SystemDisk(folder)
        self.disk.claim()

    def write(self, name, size_bytes):
        (self.folder / name).write_bytes(bytes(size_bytes))

    def remove(self, name):
        (self.folder / name).unlink()

    def make_read_only(self):
        mount_again(self.folder, self.folder, read_only=True)


class Pretended:
    def __init__(self):
        self.disk = PretendDisk(16 * MIB, 200)
        self.sizes = {}

    def write(self, name, size_bytes):
        self.sizes[name] = size_bytes
        self.disk.use(size_bytes, 1)

    def remove(self, name):
        self.disk.use(-self.sizes.pop(name), -1)

    def make_read_only(self):
        self.disk.space = replace(self.disk.space, writable=False)


@pytest.fixture(params=["pretended", "tmpfs"])
def rig(request, tmp_path):
    if request.param == "pretended":
        yield Pretended()
        return
    with small_disk(tmp_path / "disk", "size=16m", "nr_inodes=200") as folder:
        yield OnDisk(folder)
        unmount(folder)


def test_what_is_written_is_no_longer_free_until_it_is_removed(rig):
    before = rig.disk.look()
    rig.write("film", 4 * MIB)
    full = rig.disk.look()
    rig.remove("film")
    after = rig.disk.look()
    assert full.free_bytes == before.free_bytes - 4 * MIB
    assert full.free_files == before.free_files - 1
    assert (after.free_bytes, after.free_files) == (before.free_bytes, before.free_files)
    assert before.free_bytes <= before.total_bytes == full.total_bytes == 16 * MIB
    assert (before.writable, before.present, before.total_files) == (True, True, 200)


def test_a_disk_says_so_when_it_can_not_be_written(rig):
    rig.make_read_only()
    assert (rig.disk.look().writable, rig.disk.look().present) == (False, True)


def test_row_26_a_disk_is_not_present_when_another_folder_stands_in_its_place(tmp_path):
    folder = tmp_path / "data"
    disk = SystemDisk(folder)
    disk.claim()
    assert disk.look().present
    folder.rename(tmp_path / "elsewhere")
    assert not disk.look().present
    folder.mkdir()
    assert not disk.look().present
    folder.rmdir()
    (tmp_path / "elsewhere").rename(folder)
    assert disk.look().present


def test_a_disk_is_the_same_when_another_process_claims_it_too(tmp_path):
    first, second = SystemDisk(tmp_path), SystemDisk(tmp_path)
    first.claim()
    second.claim()
    assert first.look().present
    assert second.look().present
