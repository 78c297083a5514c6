"""A segment file that lost an end or changed a byte is refused, wherever that happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    read_segment,
    write_segment,
)
from support.segments import SEGMENT


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("segments") / "a.seg"
    write_segment(path, SEGMENT)
    return path.read_bytes()


@given(share=st.floats(0, 1, exclude_max=True))
def test_segment_is_refused_when_cut_short_anywhere(written, share, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "a.seg"
    path.write_bytes(written[: int(len(written) * share)])
    with pytest.raises(DamagedSegmentError):
        read_segment(path)


@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_segment_is_refused_when_one_byte_changes(written, share, flip, tmp_path_factory):
    path = tmp_path_factory.mktemp("changed") / "a.seg"
    changed = bytearray(written)
    changed[int(len(written) * share)] ^= flip
    path.write_bytes(changed)
    with pytest.raises(DamagedSegmentError):
        read_segment(path)
