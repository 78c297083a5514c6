from __future__ import annotations

import pytest

from preview_worker.queue.bullmq_jobs import (
    DEFAULT_ATTEMPTS,
    allowed_attempts,
    coded_reason,
    json_object,
    place_of,
    queued_job,
    split_reason,
    storable,
    whole_number,
)
from preview_worker.queue.port import JobState


@pytest.mark.parametrize("sentence", ["The disk is full.", "Ratio: 3: 4", "two\nlines", ""])
def test_a_reason_splits_into_the_code_and_sentence_it_was_made_of(sentence):
    assert split_reason(coded_reason("asset-unusable", sentence)) == ("asset-unusable", sentence)


@pytest.mark.parametrize("reason", ["job stalled more than allowable limit", "Error: no", "TypeError: x"])
def test_a_foreign_reason_has_no_code(reason):
    assert split_reason(reason) == (None, reason)


@pytest.mark.parametrize("reason", [None, ""])
def test_an_absent_reason_stays_absent(reason):
    assert split_reason(reason) == (None, None)


@pytest.mark.parametrize("text", [None, "", "[]", "3", "null", "{", "[" * 100_000])
def test_anything_but_a_json_object_is_none(text):
    assert json_object(text) is None


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), (None, 0), ("", 0), ("abc", 0), ("1e400", 0), ("-2", -2), ("4.0", 4), (True, 0)]
)
def test_a_number_is_read_or_zero(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("options", [None, {}, {"attempts": 0}, {"attempts": -3}, {"attempts": "many"}])
def test_the_services_attempts_hold_when_a_job_names_none(options):
    assert allowed_attempts(options) == DEFAULT_ATTEMPTS


def test_a_jobs_own_attempts_hold_when_it_names_some():
    assert allowed_attempts({"attempts": 9}) == 9


@pytest.mark.parametrize("asked", [1001, 1e20, 10**30, "1e300"])
def test_there_is_a_most_of_attempts(asked):
    assert allowed_attempts({"attempts": asked}) == 1000


def test_a_text_is_cut_and_made_storable():
    assert storable("ab\ud800cd", 4) == "ab?c"


NOWHERE = (None, None, None, None, 0, None, None, None)


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        (("1700", *NOWHERE[1:]), (JobState.COMPLETED, None)),
        ((None, "1700", *NOWHERE[2:]), (JobState.FAILED, None)),
        ((None, None, "0", *NOWHERE[3:]), (JobState.DELAYED, None)),
        ((None, None, None, 0, *NOWHERE[4:]), (JobState.ACTIVE, None)),
        ((None, None, None, None, 3, 2, None, None), (JobState.QUEUED, 1)),
        ((None, None, None, None, 3, 0, None, None), (JobState.QUEUED, 3)),
        ((None, None, None, None, 3, None, 4, None), (JobState.QUEUED, 8)),
        ((None, None, None, None, 0, None, None, 0), (JobState.QUEUED, None)),
        (NOWHERE, None),
    ],
)
def test_state_and_position_follow_from_where_the_job_is_found(answers, place):
    assert place_of(answers) == place


def test_a_bare_hash_still_makes_a_job():
    job = queued_job("job", {}, JobState.ACTIVE, None)

    assert (job.payload, job.progress, job.return_value) == ({}, {}, None)
    assert (job.attempts, job.attempts_made, job.priority, job.created_at_ms) == (DEFAULT_ATTEMPTS, 0, 0, 0)
    assert (job.processed_on_ms, job.finished_on_ms, job.failed_code, job.failed_reason) == (None, None, None, None)


def test_every_field_of_a_full_hash_is_read():
    fields = {
        "data": '{"jobId": "job"}',
        "opts": '{"attempts": 7}',
        "timestamp": "1700000000000",
        "priority": "700001",
        "progress": '{"percent": 40}',
        "atm": "2",
        "processedOn": "1700000000001",
        "finishedOn": "1700000000002",
        "failedReason": "storage: The disk is full.",
        "returnvalue": '{"status": "completed"}',
    }
    job = queued_job("job", fields, JobState.QUEUED, 4)

    assert (job.job_id, job.state, job.position) == ("job", JobState.QUEUED, 4)
    assert (job.payload, job.progress, job.return_value) == (
        {"jobId": "job"},
        {"percent": 40},
        {"status": "completed"},
    )
    assert (job.attempts, job.attempts_made, job.priority) == (7, 2, 700_001)
    assert (job.created_at_ms, job.processed_on_ms, job.finished_on_ms) == (
        1_700_000_000_000,
        1_700_000_000_001,
        1_700_000_000_002,
    )
    assert (job.failed_code, job.failed_reason) == ("storage", "The disk is full.")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "[1e999]", "1" * 5000])
def test_an_object_with_a_number_that_json_cannot_say_again_is_none(value):
    assert json_object(f'{{"x": {value}}}') is None


def test_an_object_keeps_its_finite_numbers():
    assert json_object('{"a": 0.1, "b": -1e300, "c": 123456789012345678901}') == {
        "a": 0.1,
        "b": -1e300,
        "c": 123456789012345678901,
    }


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"x":', "}")])
def test_an_object_is_nested_a_hundred_levels_deep_at_most(opened, closed):
    def nested(levels):
        return json_object('{"x":' + opened * (levels - 1) + "1" + closed * (levels - 1) + "}")

    assert nested(100) is not None
    assert nested(101) is None
