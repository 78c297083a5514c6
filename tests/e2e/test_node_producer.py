"""Jobs added by Node.js straight to the queue, without our API and our record."""

from __future__ import annotations

import pytest

from preview_worker.storage.jobs import JobFiles
from support.illustrated import illustrated
from support.node import NodeClient
from support.service import payload
from support.videos import decoded

pytestmark = pytest.mark.needs_node

QUEUE = "preview-jobs"
ADDED = {"attempts": 5, "backoff": {"type": "exponential", "delay": 1000}}


@pytest.fixture
def node(node_bullmq_folder, service):
    client = NodeClient(node_bullmq_folder, service.redis_port)
    return lambda *operations: client.run(QUEUE, *operations)


def test_node_reads_state_progress_and_return_value_when_its_job_is_rendered(node, service):
    job = illustrated(service.places.assets("node"), "from-node", project="node")
    assert node(["add", job, ADDED | {"jobId": "from-node"}]) == ["from-node"]
    assert service.ended("from-node")["status"] == "completed"

    [read] = node(["read", "from-node"])
    assert (read["state"], read["attemptsMade"], read["data"]) == ("completed", 1, job)
    assert read["progress"].keys() >= {"percent", "stage", "framesDone", "framesTotal", "etaMs"}
    assert read["progress"]["percent"] == 100
    assert read["progress"]["framesDone"] == read["progress"]["framesTotal"] == 72
    result = read["result"]
    assert (result["status"], result["jobId"], result["durationMs"]) == ("completed", "from-node", 4800)
    assert decoded(service.data_dir / result["artifactPath"]).frames == 72
    assert (service.data_dir / result["containerPath"]).is_file()


def test_nothing_is_written_outside_the_previews_when_node_gives_a_job_a_path_for_an_id(node, service):
    job = illustrated(service.places.assets("path"), "a-path", project="path")
    node(["add", job, ADDED | {"jobId": "../../escaped"}])
    read = ended(node, service, "../../escaped")
    assert (read["state"], read["attemptsMade"]) == ("failed", 1)
    assert read["failedReason"].startswith("invalid-payload: The job's id in the queue may hold only letters")
    assert list(service.data_dir.rglob("*escaped*")) == []


def test_a_job_keeps_its_word_when_node_adds_its_id_again_in_other_letters(node, service):
    job = illustrated(service.places.assets("case"), "letters", project="case")
    service.completed(job)
    record = JobFiles(service.places.jobs).read("letters")
    node(["add", job, ADDED | {"jobId": "LETTERS"}])
    read = ended(node, service, "LETTERS")
    assert (read["state"], read["attemptsMade"]) == ("failed", 1)
    assert read["failedReason"].startswith("job-id-conflict: ")
    assert service.status("letters")["status"] == "completed"
    assert JobFiles(service.places.jobs).read("letters") == record
    assert [path.name for path in service.places.preview("case", "letters").parent.iterdir()] == ["letters"]


def test_a_job_fails_at_once_with_our_reason_when_node_adds_an_invalid_payload(node, service):
    broken = payload("broken", project="node", steps="none") | {"requestId": ""}
    node(["add", broken, ADDED | {"jobId": "broken"}])
    status = service.ended("broken")
    [read] = node(["read", "broken"])
    assert (read["state"], read["attemptsMade"]) == ("failed", 1)
    assert read["failedReason"].startswith("invalid-payload: ")
    assert "requestId" in read["failedReason"]
    assert (status["status"], status["error"]["code"]) == ("failed", "invalid-payload")


def ended(node, service, job_id):
    """What Node reads of a job once it has ended."""

    def look():
        [read] = node(["read", job_id])
        return read if read["state"] in {"completed", "failed"} else None

    return service.until(look)
