"""How queue and workers are, and whether jobs are taken: `queue/metrics`, `pause`, `resume`, `worker/health`."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from preview_worker.api.service import PREFIX, Service
from preview_worker.probes.health import examine
from preview_worker.probes.storage import StorageProbe


def routes(service: Service) -> APIRouter:
    """The routes an operator looks at."""
    router = APIRouter(prefix=PREFIX)

    @router.head("/queue/metrics", include_in_schema=False)
    @router.get("/queue/metrics", summary="How many jobs stand where")
    async def queue_metrics() -> JSONResponse:
        counts = await service.producer.counts()
        live = await service.workers.live()
        content: dict[str, Any] = {
            "waiting": counts.waiting,
            "active": counts.active,
            "completed": counts.completed,
            "failed": counts.failed,
            "delayed": counts.delayed,
            "total": counts.total,
            "prioritized": counts.prioritized,
            "capacity": service.gate.queue_max,
            "free": max(0, service.gate.queue_max - counts.backlog),
            "paused": counts.paused,
            "workers": {
                "live": len(live),
                "slots": sum(worker.heartbeat.slots for worker in live),
                "busy": sum(len(worker.heartbeat.jobs) for worker in live),
            },
        }
        return JSONResponse(content, headers={"Cache-Control": "no-store"})

    @router.post("/queue/pause", summary="Let workers take no further job")
    async def pause() -> JSONResponse:
        return await _set_paused(service, paused=True)

    @router.post("/queue/resume", summary="Let workers take jobs again")
    async def resume() -> JSONResponse:
        return await _set_paused(service, paused=False)

    @router.head("/worker/health", include_in_schema=False)
    @router.get("/worker/health", summary="Whether the service can do its work")
    async def health() -> JSONResponse:
        report = await examine(
            producer=service.producer,
            workers=service.workers,
            storage=StorageProbe(service.disk, service.places),
            queue_name=service.queue_name,
            version=service.version,
            stated=service.stated,
            now_ms=round(time.time() * 1000),
        )
        status = 503 if report["status"] == "unhealthy" else 200
        return JSONResponse(report, status_code=status, headers={"Cache-Control": "no-store"})

    return router


async def _set_paused(service: Service, *, paused: bool) -> JSONResponse:
    """What runs is finished, and new jobs are accepted and wait; asked twice, it stays so."""
    await service.producer.set_paused(paused)
    counts = await service.producer.counts()
    content = {"paused": counts.paused, "waiting": counts.backlog, "active": counts.active}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
