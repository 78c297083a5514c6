"""Samples are kept in one row while both sides are the same."""

from __future__ import annotations

import numpy as np

from preview_worker.render.child.samples import NOTHING, folded, joined, on_both_sides

ONE = np.array([[1.0, 2.0]], np.float32)
TWO = np.array([[3.0, 4.0], [5.0, 6.0]], np.float32)


def test_parts_of_one_row_join_in_one_row():
    assert joined((ONE, NOTHING, ONE)).tolist() == [[1, 2, 1, 2]]


def test_parts_join_in_two_rows_when_one_of_them_has_two():
    assert joined((ONE, TWO)).tolist() == [[1, 2, 3, 4], [1, 2, 5, 6]]


def test_an_empty_part_does_not_decide_the_rows():
    assert joined((TWO[:, :0], ONE)).tolist() == [[1, 2]]


def test_nothing_joins_to_nothing():
    assert joined((NOTHING, TWO[:, :0])).shape[1] == 0


def test_rows_that_are_the_same_are_folded_and_heard_on_both_sides_again():
    both = np.repeat(ONE, 2, axis=0)
    assert folded(both).tolist() == ONE.tolist()
    assert on_both_sides(folded(both)).tolist() == both.tolist()


def test_rows_stay_two_when_one_sample_differs():
    assert folded(TWO) is TWO
