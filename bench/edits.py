"""What an author changes between two previews: each edit of the bench job, made on a copy of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Job = dict[str, Any]
Edit = Callable[[Job], None]

EDITED_STEP = 2


def edited(job: Job, job_id: str, edit: Edit) -> Job:
    """A copy of a job under another id with an edit made."""
    after = copy.deepcopy(job) | {"jobId": job_id}
    edit(after)
    return after


def nothing(_job: Job) -> None:
    """The same again."""


def title(job: Job) -> None:
    """The title of one step, which is seen on it."""
    _step(job)["title"] = "Shuffle, then deal"


def picture(job: Job) -> None:
    """Another picture in one step."""
    _step(job)["visuals"][0]["assetId"] = "photo8"


def narration(job: Job) -> None:
    """The words of one step; where its length follows from them, all later steps shift."""
    _step(job)["narration"] = "Shuffle all the cards well, deal three to everybody, and put the rest beside the board."


def order(job: Job) -> None:
    """Two steps change places."""
    steps = job["previewRequest"]["steps"]
    steps[EDITED_STEP], steps[EDITED_STEP + 1] = steps[EDITED_STEP + 1], steps[EDITED_STEP]


def insertion(job: Job) -> None:
    """A new step between two others."""
    steps = job["previewRequest"]["steps"]
    steps.insert(EDITED_STEP, copy.deepcopy(steps[EDITED_STEP]) | {"id": "new", "narration": "A step between."})


def length_from_words(job: Job) -> None:
    """No recording and no given length: one step lasts as long as its words take."""
    step = _step(job)
    step.pop("durationMs")
    step.pop("narrationAssetId")


def half_held(job: Job) -> None:
    """Every second picture stands still."""
    for step in job["previewRequest"]["steps"][::2]:
        step["visuals"][0]["motion"] = {"type": "hold"}


def _step(job: Job) -> dict[str, Any]:
    step: dict[str, Any] = job["previewRequest"]["steps"][EDITED_STEP]
    return step
