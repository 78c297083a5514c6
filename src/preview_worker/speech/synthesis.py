"""Speaking: a process for each utterance, which ends by itself, at its time's end, or with its caller."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from preview_worker.errors import TooLongError, TransientError
from preview_worker.speech.voices import Utterance

PROGRAM = (sys.executable, "-P", "-m", "preview_worker.speech.espeak")
"""It is told which sandbox must keep it in."""
LONGEST_S = 60.0
"""A minute of speech takes some 0.2 s."""
LARGEST_BYTES = 64 * 1024 * 1024
"""25 minutes; the longest text of a step, all digits, takes 19."""
_PIECE_BYTES = 1 << 16
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
_SAID_OF_FAILURE_CHARACTERS = 200


async def synthesised(utterance: Utterance, command: Sequence[str] = (*PROGRAM, "auto")) -> bytes:
    """A WAV file; cancelling the caller ends the process.

    Args:
        utterance: What is said.
        command: Reads it as JSON, writes the file to its output, and ends.

    Raises:
        TooLongError: It is more than `LARGEST_BYTES` (permanent).
        TransientError: The process didn't start, failed or took too long (``voice-failed``).
    """
    process = await _started(command)
    try:
        async with asyncio.timeout(LONGEST_S):
            sound, said = await _answer(process, json.dumps(asdict(utterance)).encode())
    except TimeoutError as error:
        raise TransientError(f"The draft voice spoke for more than {LONGEST_S:g} s.", code="voice-failed") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()  # read to their ends: a full pipe may keep its end from being noticed
    if process.returncode or not sound:
        why = said.decode(errors="replace").strip().splitlines()[-1:] or [f"code {process.returncode}"]
        raise TransientError(
            f"The draft voice failed: {why[0][:_SAID_OF_FAILURE_CHARACTERS]}.",
            code="voice-failed",
            hint='Set audio.narration to "assets", or install the extra "voice" again.',
        )
    return sound


async def _started(command: Sequence[str]) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        )
    except OSError as error:  # no memory, or no more processes: that passes
        raise TransientError(
            f"The draft voice's process doesn't start: {error.strerror or error}.", code="voice-failed"
        ) from error


async def _answer(process: asyncio.subprocess.Process, order: bytes) -> tuple[bytes, bytes]:
    """What a process writes to its two outputs until it ends; of the second the end alone."""
    orders, sounds, complaints = process.stdin, process.stdout, process.stderr
    if orders is None or sounds is None or complaints is None:
        raise TransientError("The draft voice's process has no pipes.", code="voice-failed")
    said = asyncio.create_task(_end_of(complaints), name="draft-voice-complaints")
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early, and its code says why
            orders.write(order)
            await orders.drain()
        orders.close()
        sound = await _all_of(sounds)
        await process.wait()
        return sound, await said
    finally:
        said.cancel()
        await asyncio.wait({said})


async def _all_of(stream: asyncio.StreamReader) -> bytes:
    content = bytearray()
    while piece := await stream.read(_PIECE_BYTES):
        content += piece
        if len(content) > LARGEST_BYTES:
            raise TooLongError(
                f"The draft voice said more than {LARGEST_BYTES // 1024**2} MiB in one step.",
                hint="Shorten the step's narration, or split the step.",
            )
    return bytes(content)


async def _end_of(stream: asyncio.StreamReader) -> bytes:
    end = b""
    while piece := await stream.read(_PIECE_BYTES):
        end = (end + piece)[-_PIECE_BYTES:]
    return end
