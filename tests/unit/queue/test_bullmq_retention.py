from __future__ import annotations

import pytest

from preview_worker.queue.bullmq_retention import RetentionRules

OURS_COMPLETED = {"age": 3600, "count": 100}
OURS_FAILED = {"age": 86400, "count": 100}


def test_our_rules_hold_when_a_job_has_none():
    assert RetentionRules().for_completed({}) == OURS_COMPLETED
    assert RetentionRules().for_failed({}) == OURS_FAILED


@pytest.mark.parametrize("rule", [True, False, 7, {"count": 3}, {"age": 60, "count": 2, "limit": 5}])
def test_a_jobs_own_rule_holds_when_the_library_understands_it(rule):
    assert RetentionRules().for_completed({"removeOnComplete": rule}) == rule
    assert RetentionRules().for_failed({"removeOnFail": rule}) == rule


@pytest.mark.parametrize("rule", ["yes", {}, {"age": "soon"}, {"years": 3}, [1], 1.5, None])
def test_our_rule_holds_when_a_jobs_own_makes_no_sense(rule):
    assert RetentionRules().for_completed({"removeOnComplete": rule}) == OURS_COMPLETED
