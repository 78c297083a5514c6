"""Joins segments and sound into the finished file by copying packets: nothing is encoded again."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from preview_worker.contract import Format
from preview_worker.render.child.mp4_file import write_mp4
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.webm_file import write_webm
from preview_worker.render.encoding import EncodingProfile


def write_video(path: Path, programme: Programme, profile: EncodingProfile) -> None:
    """Write the finished video; the same programme always gives the same bytes.

    Raises:
        DamagedSegmentError: A segment file is damaged (retryable).
        OutputCheckError: A segment was encoded by other settings than the rest (permanent).
        StorageError: The disk is full or failing (retryable).
    """
    match profile.format:
        case Format.MP4:
            write_mp4(path, programme, profile)
        case Format.WEBM:
            write_webm(path, programme, profile)
        case _:
            assert_never(profile.format)
