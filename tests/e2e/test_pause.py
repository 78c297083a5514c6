"""`preview-worker pause` and `resume` as an operator types them."""

from __future__ import annotations

from preview_worker.cli.group import run
from support.service import PREFIX, payload


def health(service):
    return service.http.get(f"{PREFIX}/worker/health").json()


def test_a_job_waits_and_health_says_why_until_the_queue_is_resumed(service, capsys):
    url = str(service.http.base_url)
    assert run(["pause", "--url", url]) == 0
    assert capsys.readouterr().out.startswith("paused, ")
    try:
        job_id = service.submit(payload("paused-job", project="pause"))
        assert "the queue is paused" in health(service)["reasons"]
        assert service.status(job_id)["status"] == "queued"
    finally:
        assert run(["resume", "--url", url]) == 0
    assert capsys.readouterr().out.startswith("resumed, ")
    assert "the queue is paused" not in health(service)["reasons"]
    assert service.ended(job_id)["status"] == "completed"
