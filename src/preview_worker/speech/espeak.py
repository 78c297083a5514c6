"""One utterance: ``python -m preview_worker.speech.espeak SANDBOX`` reads it as JSON and writes a WAV file to stdout.

A fresh process each time: what eSpeak NG says depends on what it said before. It alone loads the library.
"""

from __future__ import annotations

import ctypes
import io
import json
import sys
import wave
from collections.abc import Mapping
from typing import cast

import espeakng_loader  # type: ignore[import-not-found,import-untyped,unused-ignore]  # the extra `voice`

from preview_worker.sandbox.confinement import Confinement, confine
from preview_worker.sandbox.levels import WantedSandbox, is_enough, shortfall
from preview_worker.sandbox.resources import Resource

LIMITS: Mapping[Resource, int] = {
    # The longest text of a step, all digits, takes some 160 MB.
    "RLIMIT_AS": 512 * 1024 * 1024,
    "RLIMIT_CPU": 60,
    "RLIMIT_FSIZE": 0,
    "RLIMIT_CORE": 0,
}
_SYNCHRONOUS, _KEEP_RUNNING = 2, 0x8000
_RATE = 1
_BY_CHARACTER, _UTF8 = 1, 1
_OK = 0
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def spoken(text: str, voice: str, words_per_minute: int) -> bytes:
    """A WAV file, mono, 16 bit.

    Raises:
        RuntimeError: The library refuses.
    """
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    pieces: list[bytes] = []

    def take(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if count > 0:
            pieces.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = _CALLBACK(take)
    rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _KEEP_RUNNING)
    if rate_hz <= 0:
        raise RuntimeError("eSpeak NG doesn't start")
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()) != _OK:
        raise RuntimeError(f"eSpeak NG has no voice {voice}")
    library.espeak_SetParameter(_RATE, words_per_minute, 0)
    words = text.encode() + b"\0"
    if library.espeak_Synth(words, ctypes.c_size_t(len(words)), 0, _BY_CHARACTER, 0, _UTF8, None, None) != _OK:
        raise RuntimeError("eSpeak NG doesn't speak")
    library.espeak_Synchronize()
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(b"".join(pieces))
    return file.getvalue()


def shut_in(wanted: WantedSandbox) -> None:
    """Bound what strange words could make the library do; it only reads, and starts nothing."""
    level = confine(Confinement(wanted=wanted, limits=LIMITS))
    if not is_enough(level, wanted):
        sys.exit(shortfall(level, wanted))


def main(wanted: WantedSandbox) -> None:
    """Speak what stdin says."""
    shut_in(wanted)
    order = json.load(sys.stdin)
    sys.stdout.buffer.write(spoken(order["text"], order["voice"], order["words_per_minute"]))


if __name__ == "__main__":
    main(cast("WantedSandbox", sys.argv[1]))
