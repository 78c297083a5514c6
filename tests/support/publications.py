"""What a finished job leaves on the disk, for tests of those who read it: a published folder and a record."""

from __future__ import annotations

import hashlib
import time

from preview_worker.contract import Build, PublishedFile
from preview_worker.storage.jobs import JobFile
from preview_worker.storage.publish import manifest_of, new_stage, publish, write_manifest

DIGEST = "d" * 64
VIDEO = bytes(range(256)) * 40
FILES = {"preview.mp4": ("video/mp4", VIDEO), "preview.json": ("application/json", b"{}")}


def publish_preview(places, *, job_id, project="board-games", kind="preview", files=FILES, digest=DIGEST):
    """Publish a folder as a worker does; returns it."""
    stage = new_stage(places.stage, job_id, 1)
    listed = []
    for name, (media_type, content) in files.items():
        (stage / name).parent.mkdir(exist_ok=True)
        (stage / name).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        listed.append(PublishedFile(path=name, media_type=media_type, size_bytes=len(content), sha256=sha256))
    build = Build(version="test")
    write_manifest(
        stage,
        manifest_of(kind=kind, job_id=job_id, project_id=project, digest=digest, build=build, files=tuple(listed)),
    )
    final = (places.plan if kind == "plan" else places.preview)(project, job_id)
    publish(stage, final)
    return final


def job_file(job_id, *, project="board-games", state="completed", expires_in_s=3600.0, **members):
    """A record on disk of a job that just ended."""
    now_ms = round(time.time() * 1000)
    fields = {"digest": DIGEST, "dry_run": False, "finished_at_ms": now_ms}
    fields |= {"expires_at_ms": now_ms + round(expires_in_s * 1000)}
    return JobFile(job_id=job_id, project_id=project, state=state, **(fields | members))
