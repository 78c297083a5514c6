from __future__ import annotations

from preview_worker.state.keys import StateKeys


def test_all_keys_of_a_hash_tagged_prefix_lie_in_one_slot():
    keys = StateKeys(queue_name="preview-jobs", prefix="{bull}")
    names = [keys.record("a"), keys.lock("a"), keys.worker("w"), keys.workers]

    assert all(name.startswith("{bull}:preview-jobs:") for name in names)
    assert len(set(names)) == len(names)


def test_a_record_is_found_in_any_case_and_a_lock_in_its_own():
    keys = StateKeys(queue_name="preview-jobs")

    assert keys.record("Job-A") == keys.record("job-a") == "bull:preview-jobs:pvw:job:job-a"
    assert keys.lock("Job-A") == "bull:preview-jobs:Job-A:lock"
