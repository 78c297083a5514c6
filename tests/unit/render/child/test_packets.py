"""Tables of packets are stored, joined, moved and cut like the packets one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from preview_worker.render.child.packets import PACKED_PACKET_BYTES, PacketTable

ROWS = st.integers(0, 12).flatmap(
    lambda count: arrays(np.int64, (count, 5), elements=st.integers(0, 2**31 - 1)).map(_with_keys)
)


def _with_keys(rows):
    rows[:, 3] &= 1
    return rows


@settings(max_examples=20)
@given(ROWS)
def test_table_comes_back_equal_when_packed(rows):
    packed = PacketTable.of_rows(rows).packed()
    assert len(packed) == len(rows) * PACKED_PACKET_BYTES
    assert np.array_equal(PacketTable.unpacked(packed).rows, rows)


@settings(max_examples=20)
@given(ROWS, ROWS, st.integers(-5000, 10**9))
def test_joined_tables_follow_one_another_and_only_times_move(first, second, start):
    joined = PacketTable.joined([PacketTable.of_rows(first), PacketTable.of_rows(second).shifted(start)])
    assert np.array_equal(joined.rows[: len(first)], first)
    assert np.array_equal(joined.rows[len(first) :], second + np.array([start, start, 0, 0, 0]))


def test_last_packet_lasts_until_the_end_when_a_table_is_cut():
    packets = PacketTable.of_rows(np.array([[i * 1024 - 1024, i * 1024 - 1024, 1024, 1, 9] for i in range(5)]))
    cut = packets.until(1500)
    assert cut.pts.tolist() == [-1024, 0, 1024]
    assert cut.durations.tolist() == [1024, 1024, 476]
    assert packets.until(99_999).durations.tolist() == [1024] * 5
    assert packets.until(-2000).pts.size == 0
