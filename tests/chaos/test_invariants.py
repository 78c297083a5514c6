"""The checker's rules, each broken once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from preview_worker.chaos.evidence import Evidence, JobEvidence, Standing
from preview_worker.chaos.invariants import RULES, violations
from preview_worker.queue.port import JobState, QueuedJob
from preview_worker.state.records import JobRecord, RecordState
from preview_worker.storage.jobs import JobFile

QUEUED = QueuedJob(
    job_id="moon",
    state=JobState.COMPLETED,
    payload={},
    attempts_made=1,
    attempts=5,
    priority=1,
    position=None,
    progress={},
    created_at_ms=0,
    processed_on_ms=0,
    finished_on_ms=0,
    failed_code=None,
    failed_reason=None,
    return_value=None,
)
RECORD = JobRecord(
    job_id="moon",
    digest="d",
    project_id="p",
    request_id="r",
    generation=1,
    fence=1,
    state=RecordState.COMPLETED,
    cancel_requested=False,
    failed_code="",
    failed_reason="",
    admitted_at_ms=0,
    finished_at_ms=1,
    superseded_by="",
)
FILE = JobFile(
    job_id="moon", project_id="p", digest="d", dry_run=False, state="completed", finished_at_ms=0, expires_at_ms=1
)
GOOD = JobEvidence(
    job_id="moon",
    queued=QUEUED,
    record=RECORD,
    file=FILE,
    standing=Standing.WHOLE,
    takes=1,
    renames=1,
    replaced=False,
)
FAILED = replace(
    GOOD,
    queued=replace(QUEUED, state=JobState.FAILED, failed_reason="stalled"),
    record=replace(RECORD, state=RecordState.FAILED),
    file=replace(FILE, state="failed"),
    standing=Standing.NOTHING,
    renames=0,
)


def rules_of(*jobs, ours=True, **parts):
    evidence = Evidence(**{"jobs": list(jobs), "phantoms": [], "leftovers": [], "survivors": []} | parts)
    return {violation.rule for violation in violations(evidence, ours=ours)}


def test_nothing_is_wrong_with_a_job_that_was_published_once():
    assert rules_of(GOOD) == set()
    assert rules_of(replace(GOOD, takes=3, file=replace(FILE, state="publishing"))) == set()


@pytest.mark.parametrize(
    ("job", "rules"),
    [
        (replace(GOOD, queued=None), {"lost", "contradictory"}),
        (replace(GOOD, queued=replace(QUEUED, state=JobState.ACTIVE)), {"lost", "contradictory"}),
        (FAILED, {"wrongly failed"}),
        (replace(GOOD, standing=Standing.NOTHING), {"without artifact", "contradictory"}),
        (replace(GOOD, standing=Standing.CORRUPT), {"corrupt"}),
        (replace(GOOD, renames=2), {"published twice"}),
        (replace(GOOD, replaced=True), {"published twice"}),
        (replace(GOOD, record=replace(RECORD, state=RecordState.COMMITTED)), {"contradictory"}),
        (replace(GOOD, record=None), {"contradictory"}),
        (replace(GOOD, file=replace(FILE, state="failed")), {"contradictory"}),
        (replace(FAILED, standing=Standing.WHOLE), {"wrongly failed", "contradictory"}),
        (replace(GOOD, queued=replace(QUEUED, attempts_made=2)), {"attempts burned"}),
    ],
)
def test_a_job_that_breaks_a_rule_is_told(job, rules):
    assert rules_of(job) == rules


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"phantoms": ["x"]}, "phantom"),
        ({"leftovers": ["stage/x"]}, "orphans"),
        ({"survivors": [1]}, "orphans"),
        ({"outlived": ["1"]}, "orphans"),
    ],
)
def test_what_belongs_to_no_job_is_told(parts, rule):
    assert rules_of(GOOD, **parts) == {rule}


def test_the_naive_design_is_not_blamed_for_the_records_it_does_not_keep():
    assert rules_of(replace(GOOD, record=None, file=None), ours=False) == set()


def test_every_rule_can_be_broken():
    broken = rules_of(
        replace(GOOD, queued=None),
        FAILED,
        replace(GOOD, standing=Standing.NOTHING),
        replace(GOOD, standing=Standing.CORRUPT),
        replace(GOOD, renames=2),
        replace(GOOD, queued=replace(QUEUED, attempts_made=2)),
        phantoms=["x"],
        survivors=[1],
    )
    assert broken == set(RULES)
