"""Files of word times: every form that is read, and one clear sentence for those that can't be."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from preview_worker.timeline.timings import LONGEST_FILE_BYTES, TimingsError, parse_timings

WORDS = ("Take", "two", "cards")
TIMES_MS = ((100, 400), (450, 700), (700, 1300))
SPELLED = "Take two cards"
LETTERS_MS = [100, 160, 240, 320, 400, 450, 500, 600, 700, 700, 800, 900, 1000, 1100, 1300]


def parsed(content):
    raw = content if isinstance(content, bytes | str) else json.dumps(content)
    found = parse_timings(raw if isinstance(raw, bytes) else raw.encode())
    return found.texts, tuple(zip(found.starts_ms, found.ends_ms, strict=True))


def words(text, start, end, scale, **more):
    return [
        {text: word, start: scale(begins), end: scale(ends), **more}
        for word, (begins, ends) in zip(WORDS, TIMES_MS, strict=True)
    ]


def seconds(time_ms):
    return time_ms / 1000


def same(time_ms):
    return time_ms


def lengths(text, start, length, scale):
    return [
        {text: word, start: scale(begins), length: scale(ends - begins)}
        for word, (begins, ends) in zip(WORDS, TIMES_MS, strict=True)
    ]


def guessed(*words_of_guesses):
    return {"results": [{"alternatives": [{"words": words} for words in words_of_guesses]}]}


SEGMENT = {"text": SPELLED, "start": 0.1, "end": 1.3, "words": words("word", "start", "end", seconds)}
FORMS = {
    "list-in-s": words("word", "start", "end", seconds),
    "list-in-ms": words("text", "start", "end", same, confidence=0.9),
    "named-ms": words("value", "start_ms", "end_ms", same),
    "named-s": words("word", "start_seconds", "endSeconds", seconds),
    "texts-with-unit": guessed(words("word", "startTime", "endTime", "{}ms".format)),
    "texts-in-s": guessed(words("word", "startTime", "endTime", lambda t: f"{t / 1000}s"), [{"word": "Tape"}]),
    "seconds-and-nanos": words(
        "word", "startOffset", "endOffset", lambda t: {"seconds": str(t // 1000), "nanos": t % 1000 * 1_000_000}
    ),
    "ticks": {"NBest": [{"Words": lengths("Word", "Offset", "Duration", lambda t: t * 10_000), "Display": SPELLED}]},
    "offset-and-duration": lengths("text", "offset", "duration", same),
    "in-segments": {"text": SPELLED, "segments": [SEGMENT], "language": "en"},
    "guesses-in-items": {
        "results": {
            "items": [
                {"start_time": str(a / 1000), "end_time": str(b / 1000), "alternatives": [{"content": word}]}
                for word, (a, b) in zip(WORDS, TIMES_MS, strict=True)
            ]
            + [{"type": "punctuation", "alternatives": [{"content": "."}]}]
        }
    },
    "letters-in-s": {
        "audio": "…",
        "alignment": {
            "characters": list(SPELLED),
            "character_start_times_seconds": [t / 1000 for t in LETTERS_MS[:-1]],
            "character_end_times_seconds": [t / 1000 for t in LETTERS_MS[1:]],
        },
        "normalized_alignment": None,
    },
    "letters-in-ms": {
        "chars": list(SPELLED),
        "charStartTimesMs": LETTERS_MS[:-1],
        "charDurationsMs": [b - a for a, b in pairwise(LETTERS_MS)],
    },
    "words-side-by-side": {
        "words": list(WORDS),
        "start": [a / 1000 for a, _ in TIMES_MS],
        "end": [b / 1000 for _, b in TIMES_MS],
    },
    "vtt-with-times-inside": "WEBVTT\n\n00:00.100 --> 00:01.300 line:0\n<c>Take</c> <00:00.450>two "
    "<00:00:00.700>cards\n",
    "srt": "\ufeff1\r\n00:00:00,100 --> 00:00:00,400\r\nTake\r\n\r\n2\r\n00:00:00,450 --> 00:00:00,700\r\n<i>two</i>"
    "\r\n\r\n3\r\n00:00:00,700 --> 00:00:01,300\r\ncards\r\n",
}
STARTS_OF_FORMS_THAT_TOUCH = {"vtt-with-times-inside": ((100, 450), *TIMES_MS[1:])}


@pytest.mark.parametrize("name", FORMS)
def test_words_have_their_times_when_the_file_is_of_a_known_form(name):
    expected = STARTS_OF_FORMS_THAT_TOUCH.get(name, TIMES_MS)
    assert parsed(FORMS[name]) == (WORDS, expected)


def test_marks_of_words_alone_are_taken_when_the_file_is_speech_marks():
    lines = [
        {"time": 0, "type": "sentence", "start": 0, "end": 9, "value": "Take two."},
        {"time": 6, "type": "word", "start": 0, "end": 4, "value": "Take"},
        {"time": 30, "type": "viseme", "value": "t"},
        {"time": 373, "type": "word", "start": 5, "end": 8, "value": "two"},
    ]
    expected = (("Take", "two"), ((6, 373), (373, 873)))
    assert parsed("\n".join(map(json.dumps, lines)) + "\n") == expected
    assert parsed(lines) == expected


def test_words_without_times_are_passed_over_when_a_service_could_not_find_them():
    entries = [
        {"word": "Take", "start": 0.1, "end": 0.4},
        {"word": "um", "case": "not-found"},
        {"word": "x", "start": None},
    ]
    assert parsed({"words": entries}) == (("Take",), ((100, 400),))


def test_cue_is_one_text_when_no_times_stand_in_it():
    assert parsed("WEBVTT\n\nNOTE 1 --> 2\n\n01:00:00.5 --> 01:00:02.000\nTake two\ncards.\n") == (
        ("Take two cards.",),
        ((3_600_500, 3_602_000),),
    )


def test_text_is_read_when_it_is_utf_16():
    assert parsed("1\n00:00:01,000 --> 00:00:02,000\nÉté\n".encode("utf-16"))[0] == ("Été",)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "neither alignment JSON"),
        (b"Some words.", "neither alignment JSON"),
        (b"\x80\x81", "byte 0 is no UTF-8"),
        (b" " * (LONGEST_FILE_BYTES + 1), "at most 2097152"),
        ('{"a": [1,}', "line 1, column 10 is no JSON"),
        ({"words": []}, "no list of words with times"),
        ("[" * 100_000, "nested too deeply"),
        (words("word", "begin_ms", "end_ms", lambda t: -t), "/0/begin_ms is no time: -100"),
        ({"words": words("word", "start", "end", lambda _: "soon")}, "/words/0/start is no time: 'soon'"),
        ([{"word": "a", "start": "9" * 400 + "s"}], "/0/start is no time"),
        ('[{"word": "a", "start": ' + "9" * 5000 + "}]", "a number in it has 5000 digits; 40 are the most"),
        ([{"word": "a", "start": True}], "/0/start is no time: True"),
        ([{"word": "a", "start": 3, "end": 2}], "/0 ends before it starts"),
        ([{"word": "a", "start": 1e12, "end": 1e12}], "0 to 24 hours"),
        ({"characters": ["a", "b"], "character_start_times_seconds": [0]}, "has 1 entries beside 2 texts"),
        ('{"time": 1, "type": "word", "value": "a"}\nx', "line 2 is no JSON object"),
        ('{"time": 1, "type": "word", "value": 3}', "line 1 lacks the value"),
        ("WEBVTT\n\n00:01 --> 00:02\nHello\n", "line 3: 00:01 is no time"),
        ("1\n00:00:05,000 --> 00:00:04,000\nHello\n", "line 2: the cue ends before it starts"),
        ("WEBVTT\n\n", "no word in it has a time"),
        ([{"word": "a", "start_ms": n, "end_ms": n} for n in range(20_001)], "it times more than 20,000 words"),
    ],
)
def test_fault_is_told_with_its_place_when_a_file_cannot_be_read(content, fault):
    with pytest.raises(TimingsError, match=r".") as refused:
        parsed(content)
    assert fault in str(refused.value)
