"""`GET /api/preview/job/{id}/live/{name}`: early files of a job at work, as they come."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import APIRouter, Request, Response

from preview_worker.api.files import file_answer
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service
from preview_worker.api.status import ENDED, Known, look_up
from preview_worker.contract import identifier_fault
from preview_worker.storage.live import live_file

_MEDIA_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".jpg": "image/jpeg",
}


def routes(service: Service) -> APIRouter:
    """The route of early files."""
    router = APIRouter(prefix=PREFIX)

    @router.head("/job/{job_id}/live/{name}", include_in_schema=False)
    @router.get("/job/{job_id}/live/{name}", summary="An early file of a job at work")
    async def live(job_id: str, name: str, request: Request) -> Response:
        known = await look_up(service, job_id)
        path = await asyncio.to_thread(_file, service, known, name)
        if path is None:
            raise _absent(job_id, name, known)
        return await asyncio.to_thread(_answer, request, path)

    return router


def _file(service: Service, known: Known, name: str) -> Path | None:
    if known.state == "cancelled":
        return None
    if identifier_fault(known.project_id) is not None or identifier_fault(known.job_id) is not None:
        return None  # a foreign producer may write anything
    return live_file(service.places.live(known.project_id, known.job_id), name)


def _answer(request: Request, path: Path) -> Response:
    try:
        status = path.stat()
    except OSError as error:
        raise ProblemRaised(404, "file-not-found", f"The file {path.name} is gone.") from error
    # A file is replaced, never changed: its number, time and size tell its content apart.
    tag = f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
    media_type = _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    return file_answer(request, path, media_type=media_type, etag=tag, cache_control="no-store")


def _absent(job_id: str, name: str, known: Known) -> ProblemRaised:
    if known.state in ENDED:
        return ProblemRaised(
            410,
            "live-over",
            f"Job {job_id} is {known.state}; its early files are gone.",
        )
    return ProblemRaised(404, "file-not-found", f"Job {job_id} has no early file {name[:128]!r} yet.")
