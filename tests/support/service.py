"""The HTTP API in a test: real objects on a real server, called without a socket; payloads and published folders."""

from __future__ import annotations

import hashlib
import time
from contextlib import asynccontextmanager

import httpx2

from preview_worker.api.app import create_app
from preview_worker.bootstrap.api import open_service
from preview_worker.config.settings import load_settings
from preview_worker.contract import Build, PublishedFile
from preview_worker.storage.jobs import JobFile
from preview_worker.storage.publish import manifest_of, new_stage, publish, write_manifest

PREFIX = "/api/preview"
DIGEST = "d" * 64
VIDEO = bytes(range(256)) * 40
FILES = {"preview.mp4": ("video/mp4", VIDEO), "preview.json": ("application/json", b"{}")}


@asynccontextmanager
async def serving(redis_url, data_dir, **settings):
    """Yield (service, client) of an API process's objects."""
    environment = {"REDIS_URL": redis_url, "DATA_DIR": str(data_dir), **settings}
    loaded, _ = load_settings(environment)
    async with open_service(loaded) as service, calling(create_app(service)) as client:
        yield service, client


@asynccontextmanager
async def calling(app):
    """Yield a client of an ASGI application; what escapes it fails the test, as it would reach the server's log."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api") as client:
        yield client


def payload(job_id="moon", *, project="board-games", title="Moon", steps=(), dry_run=False, **request):
    """A whole job with a request of the given members."""
    return {
        "jobId": job_id,
        "projectId": project,
        "requestId": "request-1",
        "dryRun": dry_run,
        "previewRequest": {"title": title, "steps": list(steps), "assets": [], "audio": {}} | request,
    }


def publish_preview(places, *, job_id, project="board-games", kind="preview", files=FILES, digest=DIGEST):
    """Publish a folder as a worker does; returns it."""
    stage = new_stage(places.stage, job_id, 1)
    listed = []
    for name, (media_type, content) in files.items():
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
