"""Processes that speak: each way to misbehave ends within bounds, and is told."""

from __future__ import annotations

import sys

import pytest

from preview_worker.errors import TooLongError, TransientError
from preview_worker.speech import synthesis
from preview_worker.speech.synthesis import synthesised
from preview_worker.speech.voices import Utterance

pytestmark = pytest.mark.anyio
HELLO = Utterance(text="Hello.", voice="en", words_per_minute=145)


async def said_by(program):
    """What a program in Python says."""
    return await synthesised(HELLO, (sys.executable, "-c", program))


async def test_sound_is_what_the_process_writes_when_it_is_told_the_words():
    assert b'"text": "Hello."' in await said_by("import sys; sys.stdout.write(sys.stdin.read())")


async def test_words_are_too_long_when_the_process_writes_without_end(monkeypatch):
    monkeypatch.setattr(synthesis, "LARGEST_BYTES", 1 << 20)
    with pytest.raises(TooLongError, match="1 MiB"):
        await said_by("import sys\nwhile True: sys.stdout.write('a' * 65536)")


async def test_last_line_is_told_when_the_process_complains_at_length():
    with pytest.raises(TransientError, match="The draft voice failed: no voice") as raised:
        await said_by("import sys; sys.exit('much ' * 100_000 + '\\nno voice')")
    assert raised.value.code == "voice-failed"


async def test_voice_fails_when_the_process_ends_before_it_reads():
    with pytest.raises(TransientError, match="code 3"):
        await said_by("raise SystemExit(3)")


async def test_voice_fails_when_the_process_takes_too_long(monkeypatch):
    monkeypatch.setattr(synthesis, "LONGEST_S", 0.05)
    with pytest.raises(TransientError, match=r"more than 0\.05 s"):
        await said_by("import threading; threading.Event().wait()")


async def test_voice_fails_when_its_process_does_not_start(tmp_path):
    with pytest.raises(TransientError, match="doesn't start: No such file") as raised:
        await synthesised(HELLO, (str(tmp_path / "absent"),))
    assert raised.value.code == "voice-failed"
