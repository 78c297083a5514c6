"""The last touches of a report: the payload's own warnings, and what is true of this run alone (times, host)."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Mapping

from preview_worker.contract import HostFacts, Report, Timings
from preview_worker.contract.warning import warning_of
from preview_worker.worker.intake import Intake
from preview_worker.worker.rendering import Produced


def finished_report(
    produced: Produced,
    intake: Intake,
    stages_ms: Mapping[str, int],
    *,
    started_at_ms: int,
    wall_s: float,
) -> Report:
    """The report as it is published.

    Args:
        produced: What planning or rendering made.
        intake: The job; the warnings of its validation come first.
        stages_ms: Wall time of the worker's own stages; the render process's win.
        started_at_ms: Start of the run in ms since the epoch.
        wall_s: Length of the run so far.
    """
    report, total_ms = produced.report, round(wall_s * 1000)
    measured = produced.finished.stages_ms if produced.finished is not None else {}
    timings = Timings(
        started_at_ms=started_at_ms,
        finished_at_ms=started_at_ms + total_ms,
        total_ms=total_ms,
        stages_ms={**stages_ms, **measured},
        speed_ratio=round(report.video.duration_ms / total_ms, 2) if total_ms else None,
    )
    host = HostFacts(
        name=socket.gethostname(),
        system=platform.platform(terse=True),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        threads=produced.threads,
    )
    step_ids = [step.id for step in intake.job.preview_request.steps]
    found = tuple(warning_of(finding, step_ids) for finding in intake.warnings)
    return report.model_copy(update={"warnings": (*found, *report.warnings), "timings": timings, "host": host})
