"""What it means when a file can't be written."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from preview_worker.errors import ResourceLimitError, StorageError
from preview_worker.render.child.limits import largest_file_bytes


@contextlib.contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn what the system says of a file that is being written into an error of ours.

    Args:
        what: The file, as its error's sentence begins.

    Raises:
        ResourceLimitError: It would be larger than this process may write (permanent).
        StorageError: The disk is full or failing (retryable).
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise ResourceLimitError(f"{what} is larger than the allowed {largest_file_bytes():,} bytes.") from error
        raise StorageError(f"{what} can't be written: {error.strerror}.") from error
