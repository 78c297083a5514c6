from __future__ import annotations

import pytest

from preview_worker.queue.fairness import (
    MAXIMUM_PRIORITY,
    MAXIMUM_TAG,
    Band,
    band_of,
    priority_of,
    start_tag,
)


@pytest.mark.parametrize(("band", "first"), [(Band.HIGH, 1), (Band.NORMAL, 700_000), (Band.LOW, 1_400_000)])
def test_a_bands_first_tag_is_its_first_priority(band, first):
    assert priority_of(band, 1) == first


@pytest.mark.parametrize("band", Band)
@pytest.mark.parametrize("tag", [1, 2, MAXIMUM_TAG])
def test_a_priority_lies_in_the_band_it_was_made_for(band, tag):
    assert band_of(priority_of(band, tag)) is band
    assert priority_of(band, tag) <= MAXIMUM_PRIORITY


@pytest.mark.parametrize("priority", [0, 1, 5, 10])
def test_foreign_priorities_lie_in_the_high_band(priority):
    assert band_of(priority) is Band.HIGH


def test_a_new_project_starts_where_the_queue_is():
    assert start_tag(started_tag=41, project_tag=0) == 41


def test_a_projects_jobs_count_upwards():
    assert start_tag(started_tag=3, project_tag=9) == 10


def test_a_project_that_paused_does_not_save_up_turns():
    assert start_tag(started_tag=100, project_tag=7) == 100


def test_the_first_tag_is_one():
    assert start_tag(started_tag=0, project_tag=0) == 1


def test_a_tag_never_leaves_its_band_when_the_queue_was_never_empty():
    assert start_tag(started_tag=MAXIMUM_TAG, project_tag=MAXIMUM_TAG) == MAXIMUM_TAG
