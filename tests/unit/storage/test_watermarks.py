from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.config.setting import watermark
from preview_worker.storage.disk import Space
from preview_worker.storage.watermarks import DiskState, Watermark
from support.disks import MIB, PretendDisk, guard_of


@pytest.mark.parametrize(
    ("text", "share", "size_bytes"),
    [
        ("10%", 0.1, None),
        ("2GiB", None, 2 << 30),
        (" 7.5% , 512MiB", 0.075, 512 << 20),
        ("0", None, 0),
        ("4096", None, 4096),
    ],
)
def test_a_watermark_is_read_as_a_share_a_size_or_both(text, share, size_bytes):
    assert watermark(text) == Watermark(share=share, size_bytes=size_bytes)


@pytest.mark.parametrize("text", ["", "100%", "-1", "2GB", "1%,2%", "1,2", "10 %", "1e3", "%", "10%;2GiB"])
def test_a_watermark_is_refused_when_it_can_not_be_read(text):
    with pytest.raises(ValueError, match="a share such as 10%"):
        watermark(text)


def test_the_smaller_of_share_and_size_counts():
    both = Watermark(share=0.1, size_bytes=20 * MIB)
    small = Space(free_bytes=0, total_bytes=100 * MIB, free_files=0, total_files=100)
    large = replace(small, total_bytes=1000 * MIB, total_files=1000)
    assert (both.bytes_of(small), both.files_of(small)) == (10 * MIB, 10)
    assert (both.bytes_of(large), both.files_of(large)) == (20 * MIB, 20)
    assert both.files_of(replace(large, total_files=0)) == 0


@pytest.mark.parametrize(
    ("free_mib", "state"),
    [
        (30, DiskState.AMPLE),
        (29, DiskState.LOW),
        (20, DiskState.LOW),
        (19, DiskState.REFUSING),
        (10, DiskState.REFUSING),
        (9, DiskState.HOLDING),
    ],
)
def test_a_disk_goes_down_step_by_step(free_mib, state):
    disk = PretendDisk()
    disk.use((100 - free_mib) * MIB)
    assert guard_of(disk).look()[1] is state


def test_what_is_promised_counts_as_used():
    disk = PretendDisk()
    assert guard_of(disk, promised=lambda: 85 * MIB).look()[1] is DiskState.REFUSING
    assert guard_of(disk, promised=lambda: 75 * MIB).excess_bytes() == 5 * MIB
    assert guard_of(disk).excess_bytes() == 0


def test_a_shortage_tells_what_is_free_what_is_needed_and_what_to_do():
    disk = PretendDisk()
    guard = guard_of(disk, promised=lambda: 50 * MIB)
    assert guard.admission(30 * MIB) is None
    shortage = guard.admission(31 * MIB)
    assert (shortage.free_bytes, shortage.needed_bytes) == (50 * MIB, 51 * MIB)
    assert "50 MiB free" in shortage.sentence
    assert "51 MiB are wanted" in shortage.sentence
    assert "preview-worker clean" in shortage.remedy
    assert guard.fetching(31 * MIB) is None


def test_row_25_file_entries_can_run_out_before_bytes():
    disk = PretendDisk(files=100)
    disk.use(files=95)
    guard = guard_of(disk)
    assert guard.look()[1] is DiskState.HOLDING
    assert "5 more files" in guard.fetching().sentence


def test_row_26_a_disk_that_is_read_only_or_gone_holds_however_much_is_free():
    disk = PretendDisk()
    guard = guard_of(disk, cleaning=0, admission=0, fetching=0)
    assert guard.look()[1] is DiskState.AMPLE
    disk.space = replace(disk.space, writable=False)
    assert guard.look()[1] is DiskState.HOLDING
    assert "read-only" in guard.admission(0).sentence
    disk.space = replace(disk.space, present=False)
    assert "is gone" in guard.fetching().sentence
