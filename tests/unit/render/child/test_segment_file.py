"""Segment files come back as they were written, or not at all."""

from __future__ import annotations

import pytest

from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    opened_again,
    read_index,
    read_segment,
    read_still,
    segment_file_name,
    write_segment,
)
from support.segments import SEGMENT


def test_segment_comes_back_equal_when_written_and_read(tmp_path):
    path = tmp_path / segment_file_name("k" * 64)
    write_segment(path, SEGMENT)
    assert read_segment(path) == SEGMENT
    assert [piece for _, piece in read_segment(path).pieces()] == [b"first", b"new"]


def test_segment_leaves_no_other_file_when_written(tmp_path):
    write_segment(tmp_path / "a.seg", SEGMENT)
    assert [path.name for path in tmp_path.iterdir()] == ["a.seg"]


def test_segment_is_refused_when_absent(tmp_path):
    with pytest.raises(DamagedSegmentError, match="can't be read"):
        read_segment(tmp_path / "absent.seg")


def test_index_knows_all_but_the_bytes_and_finds_them(tmp_path):
    path = tmp_path / "a.seg"
    write_segment(path, SEGMENT)
    index = read_index(path)
    for name in ("codec_name", "extradata", "time_base", "frames", "verdict", "still_size_px"):
        assert getattr(index, name) == getattr(SEGMENT, name)
    assert index.packets.rows.tolist() == [[0, -1, 1, 1, 5], [1, 0, 1, 0, 3]]
    content = path.read_bytes()
    assert content[index.payload_at_bytes :][: index.payload_bytes] == SEGMENT.payload
    assert read_still(index) == SEGMENT.still
    assert index.file_bytes == len(content)


def test_segment_is_refused_when_any_byte_of_it_changes_or_it_is_cut_anywhere(tmp_path):
    path = tmp_path / "a.seg"
    write_segment(path, SEGMENT)
    content = path.read_bytes()
    index = read_index(path)
    still_at = len(content) - len(SEGMENT.still)
    for at in range(len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        with pytest.raises(DamagedSegmentError):
            read_segment(path)
        with pytest.raises(DamagedSegmentError):
            read_index(path) if at < still_at else read_still(index)
        path.write_bytes(content[:at])
        for read in (read_segment, read_index):
            with pytest.raises(DamagedSegmentError):
                read(path)


def test_segment_is_refused_when_it_has_gone_or_another_size_since_it_was_found_whole(tmp_path):
    path = tmp_path / "a.seg"
    write_segment(path, SEGMENT)
    index = read_index(path)
    opened_again(index).close()
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DamagedSegmentError, match="damaged"):
        opened_again(index)
    path.unlink()
    with pytest.raises(DamagedSegmentError, match="can't be read"):
        opened_again(index)
