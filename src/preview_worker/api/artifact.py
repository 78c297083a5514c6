"""`GET /api/preview/job/{id}/artifact` and the files of a published preview."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from preview_worker.api.files import file_answer
from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service
from preview_worker.api.status import Known, look_up
from preview_worker.assets.library import sha256_of
from preview_worker.contract import Container, PublishedFile, identifier_fault
from preview_worker.contract.finding import visible
from preview_worker.errors import StorageError
from preview_worker.storage.damages import Damages
from preview_worker.storage.history import REPORT, read_report
from preview_worker.storage.places import Places
from preview_worker.storage.publish import MANIFEST, manifest_file, published

_VIDEOS = ("preview.mp4", "preview.webm")


def routes(service: Service) -> APIRouter:
    """The routes that lead to a job's files."""
    router = APIRouter(prefix=PREFIX)
    damages = Damages(service.places)

    @router.head("/job/{job_id}/artifact", include_in_schema=False)
    @router.get("/job/{job_id}/artifact", summary="A job's files")
    async def artifact(
        job_id: str,
        request: Request,
        language: Annotated[
            str | None,
            Query(description="Language whose video is the main file; absent: the job's own."),
        ] = None,
    ) -> Response:
        folder, manifest = await ready(service, job_id)
        expires = await asyncio.to_thread(_expires_at_ms, service, job_id)
        main = await asyncio.to_thread(_main_file, folder, manifest, language)
        if main.media_type.startswith("video/") and "video/" in request.headers.get("accept", ""):
            return await asyncio.to_thread(_file, request, folder, main.path, manifest, damages)
        base = f"{PREFIX}/job/{manifest.job_id}/files"
        damaged = await asyncio.to_thread(damages.of, manifest.job_id)
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
                "damaged": file.path in damaged,
            }
            for file in (*manifest.files, await asyncio.to_thread(manifest_file, folder))
        ]
        content = {"url": f"{base}/{main.path}", "expiresAt": expires, "files": files}
        return JSONResponse(content, headers={"Cache-Control": "no-store", "Vary": "Accept"})

    @router.head("/job/{job_id}/files/{name:path}", include_in_schema=False)
    @router.get("/job/{job_id}/files/{name:path}", summary="One file of a preview")
    async def file(job_id: str, name: str, request: Request) -> Response:
        folder, manifest = await ready(service, job_id)
        return await asyncio.to_thread(_file, request, folder, name, manifest, damages)

    return router


def _expires_at_ms(service: Service, job_id: str) -> int | None:
    """When a job's files go by its record on the disk, None where that can't be told; blocking."""
    try:
        record = service.job_files.read(job_id)
    except StorageError:
        return None
    return record.expires_at_ms if record is not None else None


def _main_file(folder: Path, manifest: Container, language: str | None) -> PublishedFile:
    """The video of an edition, or a plan's report; blocking.

    Raises:
        ProblemRaised: 404, the job has no edition of that language.
    """
    report = read_report(folder)
    own = {} if report is None else {report.language: ""}
    folders = own | {variant.language: variant.folder for variant in (report.variants if report is not None else ())}
    place = "" if language is None else next((folders[tag] for tag in folders if tag.lower() == language.lower()), None)
    if place is None:
        sentence = f"The job isn't in {visible((language or '')[:40])!r}; it is in {', '.join(folders)}."
        raise ProblemRaised(404, "language-not-found", sentence)
    names = [f"{place}/{name}" if place else name for name in (*_VIDEOS, REPORT)]
    return next(file for name in names for file in manifest.files if file.path == name)


async def ready(service: Service, job_id: str) -> tuple[Path, Container]:
    """The folder and manifest of a published job, or the problem that says why there is none."""
    known = await look_up(service, job_id)
    folder = published_folder(service.places, known)
    if folder is not None and MANIFEST in await asyncio.to_thread(Damages(service.places).of, known.job_id):
        raise _damaged(MANIFEST)
    manifest = await asyncio.to_thread(published, folder) if folder is not None else None
    if folder is not None and manifest is not None:
        return folder, manifest
    raise _not_ready(job_id, known)


def published_folder(places: Places, known: Known) -> Path | None:
    """Where a job's files are or will be; None for a job whose ids are no names of ours."""
    if identifier_fault(known.project_id) is not None or identifier_fault(known.job_id) is not None:
        return None  # a foreign producer may write anything
    where = places.plan if known.dry_run else places.preview
    return where(known.project_id, known.job_id)


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


def _damaged(name: str) -> ProblemRaised:
    sentence = f"{name[:128]} isn't what was published any more. Post the same job again, and it is made anew."
    return ProblemRaised(409, "artifact-damaged", sentence)


def _file(request: Request, folder: Path, name: str, manifest: Container, damages: Damages) -> Response:
    """One file by its name in the manifest: nothing else in the folder, nothing outside it; blocking."""
    if name in damages.of(manifest.job_id):
        raise _damaged(name)
    if name == MANIFEST:
        tag = sha256_of(folder / MANIFEST)
        return file_answer(request, folder / MANIFEST, media_type="application/json", etag=f'"sha256-{tag}"')
    listed = next((file for file in manifest.files if file.path == name), None)
    if listed is None:
        raise ProblemRaised(404, "file-not-found", f"The preview has no file {name[:128]!r}.")
    return file_answer(request, folder / name, media_type=listed.media_type, etag=f'"sha256-{listed.sha256}"')
