"""`GET /api/preview/job/{id}/artifact` and the files of a published preview."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service
from preview_worker.api.status import Known, look_up
from preview_worker.contract import Container
from preview_worker.storage.publish import MANIFEST, published

_VIDEOS = ("preview.mp4", "preview.webm")


def routes(service: Service) -> APIRouter:
    """The routes that lead to a job's files."""
    router = APIRouter(prefix=PREFIX)

    @router.api_route("/job/{job_id}/artifact", methods=["GET", "HEAD"], summary="A job's files")
    async def artifact(job_id: str, request: Request) -> Response:
        folder, manifest = await _ready(service, job_id)
        known = service.job_files.read(job_id)
        video = next((file for file in manifest.files if file.path in _VIDEOS), None)
        if video is not None and "video/" in request.headers.get("accept", ""):
            return _file(folder, video.path, manifest)
        base = f"{PREFIX}/job/{manifest.job_id}/files"
        main = video.path if video is not None else "preview.json"
        files = [
            {
                "name": file.path,
                "mediaType": file.media_type,
                "size": file.size_bytes,
                "sha256": file.sha256,
                "url": f"{base}/{file.path}",
                "width": file.width_px,
                "height": file.height_px,
                "durationMs": file.duration_ms,
            }
            for file in manifest.files
        ]
        expires = known.expires_at_ms if known is not None else None
        return JSONResponse({"url": f"{base}/{main}", "expiresAt": expires, "files": files})

    @router.api_route("/job/{job_id}/files/{name}", methods=["GET", "HEAD"], summary="One file of a preview")
    async def file(job_id: str, name: str) -> Response:
        folder, manifest = await _ready(service, job_id)
        return _file(folder, name, manifest)

    return router


async def _ready(service: Service, job_id: str) -> tuple[Path, Container]:
    """The folder and manifest of a published job, or the problem that says why there is none."""
    known = await look_up(service, job_id)
    places = service.places
    where = places.plan if known.dry_run else places.preview
    project_id = known.project_id
    name = known.file.job_id if known.file is not None else job_id
    folder = where(project_id, name)
    manifest = published(folder) if project_id else None
    if manifest is not None:
        return folder, manifest
    raise _not_ready(job_id, known)


def _not_ready(job_id: str, known: Known) -> ProblemRaised:
    match known.state:
        case "failed" | "cancelled":
            return ProblemRaised(409, "job-failed", f"Job {job_id} ended as {known.state}; it has no files.")
        case "completed":
            return ProblemRaised(410, "job-expired", f"The files of job {job_id} are gone.")
        case state:
            return ProblemRaised(
                409, "not-ready", f"Job {job_id} is {state}; its files come when it completes.", headers=_LATER
            )


_LATER = {"Retry-After": "1"}


def _file(folder: Path, name: str, manifest: Container) -> FileResponse:
    """One file by its name in the manifest: nothing else in the folder, nothing outside it."""
    listed = next((file for file in manifest.files if file.path == name), None)
    if listed is None and name != MANIFEST:
        raise ProblemRaised(404, "file-not-found", f"The preview has no file {name[:128]!r}.")
    media_type = listed.media_type if listed is not None else (mimetypes.guess_type(name)[0] or "application/json")
    headers = {"Cache-Control": "private, max-age=3600"}
    if listed is not None:
        headers["ETag"] = f'"sha256-{listed.sha256}"'
    return FileResponse(folder / name, media_type=media_type, headers=headers)
