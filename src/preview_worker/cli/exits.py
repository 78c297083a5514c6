"""Exit codes, and the one place where our errors become them."""

from __future__ import annotations

from preview_worker import errors

OK = 0
JOB_FAILED = 1
INVALID = 2
UNREADABLE = 3
UNAVAILABLE = 69
CONFIGURATION = 78

_CODES: tuple[tuple[type[errors.PreviewError], int], ...] = (
    (errors.ConfigurationError, CONFIGURATION),
    (errors.QueueUnavailableError, UNAVAILABLE),
    (errors.UnreadablePayloadError, UNREADABLE),
    (errors.InvalidPayloadError, INVALID),
    (errors.UnsupportedVersionError, INVALID),
    (errors.TooLongError, INVALID),
)


def exit_code_of(error: errors.PreviewError) -> int:
    """The exit code that an error of ours ends the command with; a render process tells of its errors by code alone."""
    return next(
        (code for kind, code in _CODES if isinstance(error, kind) or error.code == kind.default_code), JOB_FAILED
    )
