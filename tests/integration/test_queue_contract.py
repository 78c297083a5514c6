"""What we rely on in the installed bullmq is still there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from bullmq.job import Job
from bullmq.queue_keys import QueueKeys
from bullmq.redis_connection import SCRIPT_DEFINITIONS, loadScript
from redis import exceptions

from preview_worker.contract import is_queue_name
from preview_worker.queue import bullmq_contract as contract
from preview_worker.queue.bullmq_admission_script import admission_script
from preview_worker.queue.bullmq_connections import QueueAddress, bullmq_backend, connect
from preview_worker.queue.fairness import MAXIMUM_PRIORITY, PRIORITY_SCORE_SHIFT


def test_every_key_we_name_is_one_of_the_librarys():
    assert set(contract.KEYS) <= QueueKeys("bull").getKeys("preview-jobs").keys() | {"paused"}


def test_no_job_can_be_called_as_a_key_of_the_librarys_or_ours():
    address = QueueAddress(url="redis://127.0.0.1", queue_name="preview-jobs")
    ours = address.record_key("moon").removeprefix(address.key("")).split(":")[0]
    names = {*contract.KEYS, *QueueKeys("bull").getKeys("preview-jobs"), ours} - {""}

    assert not [name for name in names if not is_queue_name(name)]


@pytest.mark.parametrize(("script", "keys"), contract.SCRIPTS.items())
def test_every_script_we_run_takes_the_keys_we_give(script, keys):
    assert SCRIPT_DEFINITIONS[script] == f"{script}-{keys}.lua"


def test_the_add_script_documents_its_keys_in_our_order():
    text = loadScript(SCRIPT_DEFINITIONS["addPrioritizedJob"])
    positions = [text.index(f"KEYS[{number}]") for number in range(1, len(contract.ADD_KEYS) + 1)]

    assert positions == sorted(positions)
    for number, name in enumerate(contract.ADD_KEYS, start=1):
        line = text[positions[number - 1] :].splitlines()[0]
        assert name in line


def test_the_add_script_takes_as_many_arguments_as_we_skip():
    text = loadScript(SCRIPT_DEFINITIONS["addPrioritizedJob"])

    assert f"ARGV[{contract.ADD_ARGUMENTS}]" in text
    assert f"ARGV[{contract.ADD_ARGUMENTS + 1}]" not in text


def test_the_add_script_ends_with_its_return_so_that_it_can_be_a_function():
    assert loadScript(SCRIPT_DEFINITIONS["addPrioritizedJob"]).rstrip().endswith("return jobId")
    assert admission_script().count("add_to_bullmq(KEYS, ARGV)") == 2


def test_the_move_to_failed_takes_the_keys_we_give_in_our_order():
    address = QueueAddress(url="redis://127.0.0.1", queue_name="preview-jobs")
    backend = bullmq_backend(connect(address.url, socket_timeout_s=1.0), address)
    job = Job(
        SimpleNamespace(backend=backend, qualifiedName="bull:preview-jobs", opts={}), "render-preview", {}, {}, "id"
    )

    keys, arguments = backend.scripts.moveToFailedArgs(job, "reason", False, "0", False)

    assert keys == [address.key(suffix or "id") for suffix in contract.FAIL_KEYS]
    assert (arguments[0], arguments[2:7]) == ("id", ["failedReason", "reason", "failed", "", "bull:preview-jobs:"])


@pytest.mark.parametrize("script", ["moveToFinished", "moveToDelayed"])
def test_a_move_checks_no_lock_for_the_token_that_we_give_without_one(script):
    text = loadScript(SCRIPT_DEFINITIONS[script])
    assert text[text.index("local function removeLock") :].splitlines()[1].strip() == 'if token ~= "0" then'


def test_the_score_of_a_priority_is_the_one_fairness_reads_back():
    text = loadScript(SCRIPT_DEFINITIONS["addPrioritizedJob"])

    assert f"priority * {PRIORITY_SCORE_SHIFT:#x}" in text.lower()
    assert MAXIMUM_PRIORITY * PRIORITY_SCORE_SHIFT <= 2**53


@pytest.mark.parametrize("field", contract.JOB_FIELDS)
def test_every_job_field_we_read_is_written_by_a_script(field):
    texts = [loadScript(name) for name in SCRIPT_DEFINITIONS.values()]

    assert any(f'"{field}"' in text or f"'{field}'" in text for text in texts)


def test_every_exception_of_the_client_is_translated_but_those_of_parts_we_do_not_use():
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    # Raised by the cluster client and after a fork alone.
    unused = {
        "ChildDeadlockedError",
        "CrossSlotTransactionError",
        "IncorrectPolicyType",
        "InvalidPipelineStack",
        "RedisClusterException",
        "SlotNotCoveredError",
    }

    translated = (exceptions.RedisError, OSError)
    assert {kind.__name__ for kind in kinds if not issubclass(kind, translated)} - {"ValueError"} == unused
