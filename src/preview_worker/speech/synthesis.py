"""Speaking: a process for each utterance, which ends by itself, at its time's end, or with its caller."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import asdict

from preview_worker.errors import TransientError
from preview_worker.speech.voices import Utterance

LONGEST_S = 60.0
"""A minute of speech takes some 0.2 s."""
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
_SAID_OF_FAILURE_CHARACTERS = 200


async def synthesised(utterance: Utterance) -> bytes:
    """A WAV file; cancelling the caller ends the process.

    Raises:
        TransientError: The process failed or took too long (``voice-failed``).
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "preview_worker.speech.espeak",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
    )
    try:
        async with asyncio.timeout(LONGEST_S):
            sound, said = await process.communicate(json.dumps(asdict(utterance)).encode())
    except TimeoutError as error:
        raise TransientError(f"The draft voice spoke for more than {LONGEST_S:g} s.", code="voice-failed") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode or not sound:
        why = said.decode(errors="replace").strip().splitlines()[-1:] or [f"code {process.returncode}"]
        raise TransientError(
            f"The draft voice failed: {why[0][:_SAID_OF_FAILURE_CHARACTERS]}.",
            code="voice-failed",
            hint='Set audio.narration to "assets", or install the extra "voice" again.',
        )
    return sound
