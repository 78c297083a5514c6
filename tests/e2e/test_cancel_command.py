"""Cancelling and superseding by the commands."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from support.illustrated import long_to_draw
from support.processes import environment

PROJECT = "commands"


@pytest.fixture
def call(service):
    def run(*arguments):
        command = [sys.executable, "-m", "preview_worker", *arguments, "--url", f"http://127.0.0.1:{service.port}"]
        return subprocess.run(
            command, env=environment(service.data_dir), capture_output=True, text=True, timeout=60, check=True
        )

    return run


def test_a_running_job_is_superseded_by_submit_and_its_heir_cancelled_by_cancel(service, call, tmp_path):
    job = long_to_draw(service.places.assets(PROJECT), "drawn", project=PROJECT, seconds=30)
    file = tmp_path / "drawn.json"
    file.write_text(json.dumps(job))
    old = service.submit(job)
    service.rendering(old)

    submitted = call("submit", str(file), "--supersede", "all")
    new = submitted.stdout.strip()
    assert f"supersedes {old}" in submitted.stderr
    assert service.ended(old)["supersededBy"] == new

    assert call("cancel", new).stdout.strip() in {"is being cancelled", "cancelled"}
    assert service.ended(new)["cancelReason"] == "requested"
    assert call("cancel", new).stdout.strip() == "cancelled"
    assert json.loads(call("cancel", new, "--json").stdout)["status"] == "cancelled"
