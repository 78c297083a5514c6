"""Who makes which piece: runs of neighbours, the longest of the last ones first, help for whoever is behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preview_worker.render.child.pieces import SPAN_COST, WorkList, cost_of
from support.pieces import pieces_of


def taken(work, process):
    pieces = []
    while (piece := work.take(process)) is not None:
        pieces.append(piece)
    return pieces


@given(st.lists(st.integers(0, 75), max_size=30), st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_piece_is_taken_once_whoever_asks_in_which_order(frames, processes, random):
    pieces = pieces_of(*frames)
    work = WorkList(pieces, processes)
    found = []
    while (piece := work.take(random.randrange(processes))) is not None:
        found.append(piece)
    assert sorted(piece.key for piece in found) == sorted(piece.key for piece in pieces)


def test_pieces_come_in_their_order_but_the_last_three_longest_first_when_one_process_works():
    pieces = pieces_of(10, 70, 60, 15, 70, 75)
    assert [cost_of(piece) for piece in taken(WorkList(pieces, 1), 0)] == [10, 70, 60, 75, 70, 15]


def test_each_process_has_neighbours_of_about_the_same_cost():
    work = WorkList(pieces_of(*[50] * 8), 2)
    first = [work.take(0) for _ in range(4)]
    second = [work.take(1) for _ in range(4)]
    assert [piece.key for piece in first] == ["s0", "s1", "s2", "s3"]
    assert [piece.key for piece in second] == ["s4", "s5", "s6", "s7"]


def test_sound_of_the_opening_is_made_beside_its_picture():
    work = WorkList(pieces_of(60, 0, 60, 0, 60, 60), 2)
    assert [work.take(process).key for process in (0, 1)] == ["s0", "a1"]
    alone = WorkList(pieces_of(60, 0, 60, 60, 60), 1)
    assert [alone.take(0).key for _ in range(2)] == ["s0", "a1"]


def test_the_longest_piece_of_the_richest_run_is_taken_when_the_own_one_is_done():
    work = WorkList(pieces_of(40, 30, 20, 10, 90), 2)
    assert [work.take(1).key for _ in range(3)] == ["s4", "s3", "s0"]
    assert work.take(0).key == "s1"


@pytest.mark.parametrize(("frames", "cost"), [(70, 70), (0, SPAN_COST)])
def test_cost_is_counted_in_frames(frames, cost):
    assert cost_of(pieces_of(frames)[0]) == cost
