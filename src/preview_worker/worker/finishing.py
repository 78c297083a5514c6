"""The last touches of a report: the payload's own warnings, and what is true of this run alone (times, host)."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Mapping, Sequence

from preview_worker.contract import EditionFacts, HostFacts, PreviewWarning, Report, Timings
from preview_worker.contract.warning import warning_of
from preview_worker.worker.intake import Intake
from preview_worker.worker.rendering import Produced


def finished_reports(
    produced: Produced,
    editions: Sequence[Intake],
    stages_ms: Mapping[str, int],
    *,
    started_at_ms: int,
    wall_s: float,
) -> tuple[Report, ...]:
    """The reports of a job's editions as they are published; the first one tells of the others.

    Args:
        produced: What planning or rendering made.
        editions: The job in each of its languages; the warnings of its validation come first.
        stages_ms: Wall time of the worker's own stages; the render process's win.
        started_at_ms: Start of the run in ms since the epoch.
        wall_s: Length of the run so far.
    """
    measured = produced.finished.stages_ms if produced.finished is not None else {}
    host, spent = _host(produced.threads), {**stages_ms, **measured}
    reports = [
        report.model_copy(
            update={
                "folder": edition.job.preview_request.language if number else "",
                "warnings": (*_found(edition), *report.warnings),
                "timings": _timings(report, spent, started_at_ms, round(wall_s * 1000)),
                "host": host,
            }
        )
        for number, (edition, report) in enumerate(zip(editions, produced.reports, strict=True))
    ]
    variants = tuple(
        EditionFacts(
            language=report.language,
            folder=report.folder,
            duration_ms=report.video.duration_ms,
            warning_count=len(report.warnings),
        )
        for report in reports[1:]
    )
    return (reports[0].model_copy(update={"variants": variants}), *reports[1:])


def _found(edition: Intake) -> tuple[PreviewWarning, ...]:
    step_ids = [step.id for step in edition.job.preview_request.steps]
    return tuple(warning_of(finding, step_ids) for finding in edition.warnings)


def _timings(report: Report, stages_ms: Mapping[str, int], started_at_ms: int, total_ms: int) -> Timings:
    return Timings(
        started_at_ms=started_at_ms,
        finished_at_ms=started_at_ms + total_ms,
        total_ms=total_ms,
        stages_ms=dict(stages_ms),
        speed_ratio=round(report.video.duration_ms / total_ms, 2) if total_ms else None,
    )


def _host(threads: int) -> HostFacts:
    return HostFacts(
        name=socket.gethostname(),
        system=platform.platform(terse=True),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        threads=threads,
    )
