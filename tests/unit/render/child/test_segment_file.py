"""Segment files come back as they were written, or not at all."""

from __future__ import annotations

import pytest

from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    read_segment,
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
