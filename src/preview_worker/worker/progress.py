"""Progress of one run: stages weighted into one percentage that never falls, told at most four times a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from preview_worker.contract import Progress, Stage

REPORTS_PER_S = 4

# Where each stage begins and ends in the whole, in percent: rendering is nearly all of the time.
_SPANS: dict[Stage, tuple[float, float]] = {
    Stage.ASSETS: (0, 3),
    Stage.PLAN: (3, 5),
    Stage.POSTER: (5, 8),
    Stage.RENDER: (8, 92),
    Stage.AUDIO: (92, 93),
    Stage.JOIN: (93, 96),
    Stage.CHECK: (96, 98),
    Stage.PUBLISH: (98, 100),
}


class ProgressTracker:
    """Turns what a run does into `Progress` and passes it on.

    Args:
        report: Stores the progress, best effort.
        clock: Monotonic seconds.
    """

    def __init__(self, report: Callable[[Mapping[str, Any]], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._report = report
        self._clock = clock
        self._told_at_s = float("-inf")
        self._stage_started_s = clock()
        self._durations_s: dict[Stage, float] = {}
        self._current = Progress(percent=0, stage=Stage.ASSETS)

    @property
    def stage(self) -> Stage:
        """The stage the run is at."""
        return self._current.stage

    def stages_ms(self) -> dict[str, int]:
        """Wall time of each stage so far."""
        return {stage.value: round(seconds * 1000) for stage, seconds in self._durations_s.items()}

    async def enter(self, stage: Stage) -> None:
        """The run is at another stage; told at once."""
        now_s = self._clock()
        spent_s = now_s - self._stage_started_s
        self._durations_s[self._current.stage] = self._durations_s.get(self._current.stage, 0) + spent_s
        self._stage_started_s = now_s
        percent = max(self._current.percent, _SPANS[stage][0])
        self._current = self._current.model_copy(update={"stage": stage, "percent": percent, "eta_ms": None})
        await self._tell(now_s)

    async def frames(self, done: int, total: int, step_id: str | None) -> None:
        """So many frames of the video are finished."""
        first, last = _SPANS[Stage.RENDER]
        share = done / total if total else 0
        now_s = self._clock()
        eta_ms = round((now_s - self._stage_started_s) / share * (1 - share) * 1000) if share else None
        percent = max(self._current.percent, round(first + (last - first) * share, 1))
        self._current = self._current.model_copy(
            update={
                "percent": percent,
                "frames_done": done,
                "frames_total": total,
                "eta_ms": eta_ms,
                "step_id": step_id,
            }
        )
        if now_s - self._told_at_s >= 1 / REPORTS_PER_S:
            await self._tell(now_s)

    async def early(self, kind: str, path: str) -> None:
        """Something can be looked at already; told at once when it is new."""
        if self._current.live.get(kind) != path:
            self._current = self._current.model_copy(update={"live": self._current.live | {kind: path}})
            await self._tell(self._clock())

    async def done(self) -> None:
        """The run is over, and everything of it published."""
        self._current = self._current.model_copy(update={"percent": _SPANS[Stage.PUBLISH][1], "eta_ms": None})
        await self._tell(self._clock())

    async def _tell(self, now_s: float) -> None:
        self._told_at_s = now_s
        await self._report(self._current.model_dump(mode="json", by_alias=True))
