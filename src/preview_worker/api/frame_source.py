"""The port behind `POST /api/preview/frame`: who takes the pictures."""

from __future__ import annotations

from typing import Protocol

from preview_worker.assets.identity import Identified
from preview_worker.contract import PreviewJob
from preview_worker.render.frame import FramePicture, FrameWish


class FrameSource(Protocol):
    """Takes single pictures of previews."""

    async def take(self, job: PreviewJob, identified: Identified, wish: FrameWish) -> FramePicture:
        """Take one picture of the job's video; several may be taken at once.

        Cancelling the caller ends the work and what it has started.

        Args:
            job: The job.
            identified: Its assets.
            wish: Which picture.

        Raises:
            InvalidPayloadError: There is no such picture; `code` is one of those in `render.frame` (permanent).
            PermanentError: The tutorial can't be drawn.
            TransientError: It can't be drawn now.
        """
        ...
