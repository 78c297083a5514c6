"""`POST /api/preview/job/{id}/cancel`: a job that waits ends at once, a running one within a second."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from preview_worker.api.problems import ProblemRaised
from preview_worker.api.service import PREFIX, Service, links
from preview_worker.api.status import look_up
from preview_worker.contract import queued_id_fault
from preview_worker.queue.cancelling import CancelVerdict


def routes(service: Service) -> APIRouter:
    """The route that cancels a job."""
    router = APIRouter(prefix=PREFIX)

    @router.post(
        "/job/{job_id}/cancel",
        status_code=202,
        summary="Cancel a job",
        responses={200: {"description": "It had ended already."}},
    )
    async def cancel(job_id: str) -> Response:
        if queued_id_fault(job_id) is not None:
            raise ProblemRaised(404, "job-not-found", f"There is no job {job_id[:128]!r}.")
        answer = await service.producer.cancel(job_id, record_ttl_s=service.gate.record_ttl_s)
        match answer.verdict:
            case CancelVerdict.CANCELLED | CancelVerdict.ASKED:
                return _answer(answer.job_id, answer.state, 202)
            case CancelVerdict.ENDED:
                return _answer(answer.job_id, answer.state, 200)
            case CancelVerdict.TOO_LATE:
                sentence = f"Job {answer.job_id} is being published; it can't be cancelled any more."
                raise ProblemRaised(409, "too-late", sentence)
            case CancelVerdict.UNKNOWN:  # the disk may remember how it ended
                known = await look_up(service, job_id)
                return _answer(known.job_id, known.state, 200)

    return router


def _answer(job_id: str, state: str, status: int) -> JSONResponse:
    return JSONResponse({"jobId": job_id, "status": state, "links": links(job_id)}, status_code=status)
