"""The jobs of a run: small real renders and plans, each of its own content."""

from __future__ import annotations

from typing import Any, Final

PROJECTS: Final = 8
"""Jobs are spread over so many projects: a render process stays with one, so they start all the time."""


def payload_of(number: int, *, dry_run: bool, steps: int = 1, name: str = "job") -> dict[str, Any]:
    """A valid job.

    Args:
        number: Makes its id, its project and its words.
        dry_run: Whether it only plans.
        steps: Seconds of video; each is drawn anew.
        name: Begins the job's id.
    """
    job_id = f"{name}-{number:05d}"
    return {
        "jobId": job_id,
        "projectId": f"project-{number % PROJECTS}",
        "requestId": job_id,
        "dryRun": dry_run,
        "previewRequest": {
            "title": f"Game {number}",
            "steps": [
                {"id": f"s{step}", "title": f"Step {step} of game {number}", "durationMs": 1000, "narration": ""}
                for step in range(steps)
            ],
            "assets": [],
            "audio": {"narration": "silent"},
            "options": {"resolution": "160x90", "fps": 12, "quality": "draft", "includeCaptions": False},
        },
    }
