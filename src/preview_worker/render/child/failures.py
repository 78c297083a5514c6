"""Exceptions as messages: at the border of a process, whatever failed becomes an answer."""

from __future__ import annotations

import sys

from preview_worker.errors import PreviewError, ResourceLimitError
from preview_worker.render.protocol import Failed


def failure_of(error: Exception) -> Failed:
    """Any exception as the answer the worker understands; what we didn't foresee may be tried again."""
    if isinstance(error, MemoryError):
        error = ResourceLimitError("The render needed more memory than it is allowed.")
    if isinstance(error, PreviewError):
        return Failed(
            code=error.code,
            sentence=error.sentence,
            retryable=error.retryable,
            pointer=error.pointer,
            step_id=error.step_id,
            hint=error.hint,
        )
    sys.excepthook(type(error), error, error.__traceback__)
    return Failed(code="internal", sentence=f"The render failed unexpectedly: {type(error).__name__}.", retryable=True)
