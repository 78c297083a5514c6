"""Files of word times that would cost a parser its stack, its memory or its time."""

from __future__ import annotations

_LARGEST_BYTES = 2 * 1024 * 1024


def timing_bombs():
    """Name and content of each; none is larger than what is read, but the one that is about that."""
    words = ",".join('{"word":"a","start":1,"end":2}' for _ in range(60_000))
    return {
        "json-nested.json": b"[" * 1_000_000,
        "json-nested-objects.json": b'{"a":' * 400_000,
        "json-nested-guesses.json": b'[{"alternatives":' * 900 + b"1" + b"}]" * 900,
        "json-long-number.json": b'[{"word":"a","start":' + b"9" * 1_000_000 + b"}]",
        "json-large-exponent.json": b'[{"word":"a","start":1e308,"end":1e999}]',
        "json-60000-words.json": f"[{words}]".encode(),
        "json-million-lists.json": b"[" + b"[]," * 600_000 + b"[]]",
        "json-speech-marks.json": b'{"time":1,"type":"word","value":"a"}\n' * 55_000,
        "json-three-megabytes.json": b'[{"word":"' + b"a" * 3_000_000 + b'","start":1}]',
        "vtt-100000-cues.vtt": b"WEBVTT\n\n" + b"0:00 --> 0:01\na\n\n" * 110_000,
        "vtt-one-line.vtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"<00:00.500>" * 180_000,
        "vtt-open-tags.vtt": b"WEBVTT\n\n00:00.000 --> 00:01.000\n" + b"<" * 2_000_000,
        "srt-digits.srt": b"1" * 2_000_000 + b" --> ",
        "srt-blanks.srt": b"1\n" + b"00:00" + b" " * 2_000_000,
        "srt-blank-lines.srt": b"1\n00:00:00,000 --> 00:00:01,000\n" + b" \n" * 1_000_000,
        "srt-wide-letters.srt": b"\xff\xfe" + b"\x00\xd8" * 1_000_000,
    }
