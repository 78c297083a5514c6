"""Every error this package raises on purpose.

::

    PreviewError                      code, retryable, pointer, step_id, hint
    ├── PermanentError                the same input fails again: never retried
    │   ├── InvalidPayloadError       the payload breaks the contract (`invalid-payload`)
    │   │   └── UnreadablePayloadError  no JSON or YAML within the limits (`malformed-json`, `not-utf8`, …)
    │   ├── UnsupportedVersionError   a newer payload version (`unsupported-version`)
    │   ├── TooLongError              longer than PREVIEW_MAX_DURATION_S (`too-long`)
    │   ├── AssetError                refused, wrong hash, undecodable, absent under `fail` (`asset-…`)
    │   ├── ResourceLimitError        the render process hit a bound of memory, time or size (`resource-limit`)
    │   ├── OutputCheckError          the finished file fails its self-check (`output-check-failed`)
    │   ├── PoisonError               the render process crashed three times with it (`poison`)
    │   ├── SuspectError              ten workers in a row died with it (`suspect`)
    │   ├── JobConflictError          this job id names another digest (`job-id-conflict`)
    │   ├── QueueFullError            admission refused: the queue is at its limit (`queue-full`)
    │   └── ConfigurationError        a setting is wrong (`configuration`)
    └── TransientError                may pass when tried again
        ├── RenderCrashError          the render process died (`render-crash`)
        ├── RenderStuckError          no progress, or past its deadline (`render-stuck`)
        ├── RenderStartError          the machine gives no render process (`render-start`)
        ├── QueueUnavailableError     Redis can't be reached in time (`queue-unavailable`)
        ├── DeafConsumerError         a worker that looks for no jobs any more (`deaf-consumer`)
        ├── StorageError              disk full, read-only, I/O error (`storage`)
        └── LockLostError             another worker may own the job now (`lock-lost`)

Cancellation is not an error. Foreign exceptions are translated where they enter, with ``from``.
"""

from __future__ import annotations

from typing import ClassVar


class PreviewError(Exception):
    """Base of the tree: one sentence that says which value, what is allowed and what to do.

    Args:
        sentence: The user-visible message.
        pointer: JSON pointer into the payload, where one applies.
        step_id: The tutorial step, where one applies.
        hint: What to do next, when the sentence doesn't say it already.
        code: Overrides the class's stable code with a more specific one.
    """

    default_code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        sentence: str,
        *,
        pointer: str | None = None,
        step_id: str | None = None,
        hint: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.pointer = pointer
        self.step_id = step_id
        self.hint = hint
        self.code = code or self.default_code


class PermanentError(PreviewError):
    """The same input fails again; retrying wastes the operator's time."""


class InvalidPayloadError(PermanentError):
    """The payload breaks the contract."""

    default_code = "invalid-payload"


class UnreadablePayloadError(InvalidPayloadError):
    """The payload's bytes are no JSON or YAML document within the limits."""

    default_code = "malformed-json"


class UnsupportedVersionError(PermanentError):
    """The payload's version is newer than this build understands."""

    default_code = "unsupported-version"


class TooLongError(PermanentError):
    """The tutorial is longer than PREVIEW_MAX_DURATION_S allows."""

    default_code = "too-long"


class AssetError(PermanentError):
    """An asset is refused, has the wrong hash, can't be decoded, or is absent where that fails the job."""

    default_code = "asset-unusable"


class ResourceLimitError(PermanentError):
    """The render process hit a bound of memory, CPU time or file size."""

    default_code = "resource-limit"


class OutputCheckError(PermanentError):
    """The finished file fails its self-check and is not published."""

    default_code = "output-check-failed"


class PoisonError(PermanentError):
    """The render process crashed again and again with this job."""

    default_code = "poison"


class SuspectError(PermanentError):
    """One worker after the other died while it held this job."""

    default_code = "suspect"


class JobConflictError(PermanentError):
    """The job id already names another digest."""

    default_code = "job-id-conflict"


class QueueFullError(PermanentError):
    """Admission refused the job: the queue is at its limit."""

    default_code = "queue-full"


class ConfigurationError(PermanentError):
    """A setting is missing or wrong."""

    default_code = "configuration"


class TransientError(PreviewError):
    """May pass when tried again."""

    retryable = True


class RenderCrashError(TransientError):
    """The render process died of a signal or without an answer."""

    default_code = "render-crash"


class RenderStuckError(TransientError):
    """The render process made no progress in time, or passed its deadline."""

    default_code = "render-stuck"


class RenderStartError(TransientError):
    """No render process could be started: the machine's fault, not the job's."""

    default_code = "render-start"


class QueueUnavailableError(TransientError):
    """Redis can't be reached within the deadline."""

    default_code = "queue-unavailable"


class DeafConsumerError(TransientError):
    """The worker has stopped to look for jobs; its process should be started anew."""

    default_code = "deaf-consumer"


class StorageError(TransientError):
    """The disk is full, read-only or failing."""

    default_code = "storage"


class LockLostError(TransientError):
    """The job's lock ran out: another worker may own the job now."""

    default_code = "lock-lost"
