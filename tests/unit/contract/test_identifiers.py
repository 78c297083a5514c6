from __future__ import annotations

import re

import pytest

from preview_worker.contract.identifiers import (
    IDENTIFIER_PATTERN,
    JOB_ID_PATTERN,
    QUEUE_NAMES,
    comparable,
    identifier_fault,
    job_id_fault,
    queued_id_fault,
    request_id_fault,
)

GOOD = ["a", "preview-job-0001", "A.b_c-9", "1a", "console", "com10", "nul-1", "x" * 128]
BAD = ["", "-a", ".a", "a/b", "a\\b", "a..b", "a.", "é", "a b", "a\n", "con", "NUL.txt", "Com1", "lpt9.x.y", "x" * 129]


@pytest.mark.parametrize("text", GOOD)
def test_identifier_is_accepted_when_it_is_safe_as_a_folder(text):
    assert identifier_fault(text) is None
    assert job_id_fault(text) is None
    assert re.search(IDENTIFIER_PATTERN, text)
    assert re.search(JOB_ID_PATTERN, text)


@pytest.mark.parametrize("text", BAD)
def test_identifier_is_refused_when_it_is_unsafe_as_a_folder(text):
    assert identifier_fault(text)
    # Python's "$" also matches before a last line feed, which JSON Schema's doesn't.
    assert text.endswith("\n") or not re.search(IDENTIFIER_PATTERN, text)


def test_job_id_is_refused_when_it_is_digits_alone():
    assert identifier_fault("2025") is None
    assert job_id_fault("2025")
    assert not re.search(JOB_ID_PATTERN, "2025")


@pytest.mark.parametrize("name", [*QUEUE_NAMES, "WAIT", "Stalled-Check"])
def test_job_id_is_refused_when_the_queue_uses_the_name_for_itself(name):
    assert identifier_fault(name) is None
    assert repr(name) in job_id_fault(name)
    assert not re.search(JOB_ID_PATTERN, name)


@pytest.mark.parametrize("name", QUEUE_NAMES)
def test_no_job_is_looked_for_under_a_name_of_the_queues_but_under_one_that_differs_in_case(name):
    assert queued_id_fault(name) == job_id_fault(name)
    assert queued_id_fault(name.title()) is None


@pytest.mark.parametrize("text", ["waiting", "wait-1", "await", "meta.", "2025"])
def test_job_id_is_no_name_of_the_queues_when_it_only_resembles_one(text):
    assert "queue" not in (job_id_fault(text) or "")


def test_an_id_may_be_looked_for_in_the_queue_when_bullmq_counted_it():
    assert queued_id_fault("2025") is None


@pytest.mark.parametrize(("text", "accepted"), [("req 1", True), ("", False), ("é", False), ("a\t", False)])
def test_request_id_takes_printable_ascii_when_it_is_short_enough(text, accepted):
    assert (request_id_fault(text) is None) is accepted


def test_identifiers_compare_equal_when_only_case_differs():
    assert comparable("Proj-A") == comparable("proj-a")
