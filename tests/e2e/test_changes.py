"""What changed, through the whole service: against the last preview, the approved one, the one asked for."""

from __future__ import annotations

import subprocess
import sys

from support.processes import environment
from support.service import payload
from support.videos import read_json


def tutorial(job_id, *texts, dry_run=False, **options):
    steps = [{"id": f"s{number}", "text": text, "durationMs": 1000} for number, text in enumerate(texts)]
    small = {"resolution": "320x180", "fps": 12, **options}
    return payload(job_id, project="chapters", steps=steps, chapterId="one", dry_run=dry_run, options=small)


def told(folder):
    changes = read_json(folder, "preview.json")["changes"]
    return changes and (changes["against"], changes["basis"], [step["id"] for step in changes["steps"]])


def approve(service, job_id):
    command = [sys.executable, "-m", "preview_worker", "approve", job_id, "--note", "Good"]
    return subprocess.run(
        [*command, "--url", f"http://127.0.0.1:{service.port}"],
        env=environment(service.data_dir),
        capture_output=True,
        text=True,
        check=False,
    )


def test_previews_are_compared_with_the_last_then_the_approved_then_the_one_asked_for(service):
    first = service.completed(tutorial("changes-1", "One", "Two"))
    assert told(first) is None

    second = service.completed(tutorial("changes-2", "One", "Two, changed"))
    assert told(second) == ("changes-1", "last", ["s1"])
    listed = {file["path"] for file in read_json(second, "container.json")["files"]}
    assert "changes.jpg" in listed

    done = approve(service, "changes-1")
    assert (done.returncode, done.stdout) == (0, "approved changes-1\n"), done.stderr
    third = service.completed(tutorial("changes-3", "One, changed", "Two, changed"))
    assert told(third) == ("changes-1", "approved", ["s0", "s1"])

    fourth = service.completed(tutorial("changes-4", "One, changed", "Two, changed", compareTo="changes-2"))
    assert told(fourth) == ("changes-2", "compareTo", ["s0"])

    plan = service.completed(tutorial("changes-5", "One", dry_run=True))
    assert told(plan) == ("changes-1", "approved", ["s1"])

    refused = approve(service, "changes-5")
    assert refused.returncode != 0
    assert "not-ready" in refused.stderr
