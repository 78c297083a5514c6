"""Words that carry time: cues and callouts follow them; and the captions of whole tutorials."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from preview_worker.contract import PreviewRequest, complete_request, spoken
from preview_worker.errors import AssetError
from preview_worker.timeline.brief import brief_of
from preview_worker.timeline.build import build_timeline
from preview_worker.timeline.captions import CHARACTERS_PER_SECOND
from preview_worker.timeline.duration import time_step
from preview_worker.timeline.model import TimingFacts
from preview_worker.timeline.speech import speech_of
from preview_worker.timeline.word_breaks import width_of
from support import narrations
from support.effort import calls_of
from support.tutorials import FACTS, sound, tutorial

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/tutorial.json"))
TEXT = "Take two cards. Put one on the table, and keep the other."
NOTE = {"kind": "note", "text": "x", "placement": {"x": 0.1, "y": 0.1, "width": 0.3, "height": 0.2}}
TOLD = TimingFacts(
    sha256="c" * 64,
    texts=("take", "two", "cards", "put", "one", "on", "the table", "and", "keep", "the", "other"),
    starts_ms=(0, 300, 600, 3000, 3300, 3600, 3800, 4400, 4700, 5000, 5200),
    ends_ms=(300, 600, 1000, 3300, 3600, 3800, 4400, 4700, 5000, 5200, 5900),
)


def planned(*callouts, timings=True, recorded=True, **fields):
    step = {"id": "s", "narration": TEXT, "callouts": list(callouts), **fields}
    facts = dict(FACTS)
    if timings:
        step["narrationTimings"] = "times"
        facts["times"] = TOLD
    if recorded:
        step["narrationAssetId"] = "voice"
        facts["voice"] = sound(6000)
    request = tutorial([step], assets=["times", "voice"])
    return build_timeline(request, facts, encoding="t", max_duration_ms=60_000)


def spans(timeline):
    return [(cue.frames.start, cue.frames.end) for cue in timeline.cues]


def shown(timeline):
    return [(callout.shown.start, callout.shown.end) for callout in timeline.clips[0].scene.callouts]


def test_cues_follow_the_file_of_word_times_when_the_step_names_one():
    assert spans(planned()) == [(6, 44), (96, 191)]


@pytest.mark.parametrize(
    ("long", "phrase"),
    [
        ("gesellschaft" * 9, "gesellschaft" * 9),
        ("https://boardgames.example/" + "harbour" * 14 + "/rules", "harbour" * 14),
        ("最初に船を桟橋に置いてください" * 3, "最初に船を桟橋に置いてください" * 3),
    ],
)
def test_callout_comes_and_goes_with_a_phrase_when_captions_break_its_word(long, phrase):
    narration = f"Take two cards. See {long} now, and play on."
    about = {**NOTE, "at": phrase, "until": phrase}
    after = {**NOTE, "at": "now"}
    timeline = planned(about, after, {**NOTE, "until": "play on"}, timings=False, narration=narration)
    (start, end), (following, _), (_, last) = shown(timeline)
    spoken_at = timeline.clips[0].speech
    assert spoken_at.start < start < end <= following < last <= spoken_at.end
    least, most = (width_of(text) / width_of(narration) for text in (phrase, long))
    assert least - 0.05 < (end - start) / len(spoken_at) < most + 0.05


def test_cues_are_stretched_with_the_speech_when_the_recording_is_not_there():
    first, second = planned(recorded=False).cues
    length = planned(recorded=False).clips[0].speech
    assert second.frames.start == length.start + round(len(length) * 3000 / 5900)
    assert first.frames.start == length.start


def test_cues_are_estimated_when_the_file_tells_of_another_text():
    other = TimingFacts(sha256="d" * 64, texts=("hello",), starts_ms=(0,), ends_ms=(100,))
    request = tutorial(
        [{"id": "s", "narration": TEXT, "narrationTimings": "times", "narrationAssetId": "voice"}],
        assets=["times", "voice"],
    )
    timeline = build_timeline(request, {"times": other, "voice": sound(6000)}, encoding="t", max_duration_ms=60_000)
    assert spans(timeline) == spans(planned(timings=False))
    (note,) = [note for note in timeline.notes if note.code == "not-rendered"]
    assert (note.step_id, note.value) == ("s", "times")


def test_callout_comes_and_goes_with_its_phrases_when_words_have_times():
    timeline = planned({**NOTE, "at": "PUT one", "until": "the table"}, {**NOTE, "at": "the other"}, NOTE)
    assert shown(timeline) == [(96, 138), (156, timeline.frames), (0, timeline.frames)]


def test_phrase_is_looked_for_behind_the_first_when_it_is_said_twice():
    timeline = planned({**NOTE, "at": "keep", "until": "the"}, {**NOTE, "until": "the"})
    assert shown(timeline) == [(147, 162), (0, 127)]


def test_callout_stays_long_enough_to_be_seen_when_its_phrase_is_a_short_word():
    assert shown(planned({**NOTE, "at": "on", "until": "on"})) == [(114, 126)]


def effort_of_captions(sentences):
    """Calls that it takes to cut a step of so many times the same words."""
    text = "Each player draws two cards, and keeps the rest hidden. " * sentences
    request = tutorial([{"id": "a", "text": text}])
    brief, (step,) = brief_of(request, {}), request.steps
    timing = time_step(step, None, language="en", rate=brief.rate)
    return calls_of(lambda: speech_of(brief, step, timing).cues(rate=brief.rate, language="en"))


def test_captions_take_twice_the_work_when_the_narration_is_twice_as_long():
    assert effort_of_captions(80) < 2.2 * effort_of_captions(40)


def test_callout_follows_the_estimate_when_there_are_no_word_times():
    (only,) = shown(planned({**NOTE, "at": "Put", "until": "table"}, timings=False, recorded=False))
    again = planned(timings=False, recorded=False)
    assert abs(only[0] - again.cues[1].frames.start) <= 1
    assert only[0] < only[1] < again.clips[0].speech.end


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ({"narrationTimings": "board"}, "Asset board can't be used by step s: it should tell"),
        ({"visuals": ["times"]}, "Asset times can't be used by step s: it should be seen or heard"),
        ({"narrationAssetId": "times"}, "Asset times can't be used by step s: it should be seen or heard"),
    ],
)
def test_file_of_the_wrong_kind_is_refused_when_a_step_uses_it(step, fault):
    request = tutorial([{"id": "s", "text": "x", **step}], assets=["board", "times"])
    with pytest.raises(AssetError, match=fault):
        build_timeline(request, {**FACTS, "times": TOLD}, encoding="t", max_duration_ms=60_000)


def test_music_is_refused_when_it_is_a_file_of_word_times():
    request = tutorial([{"text": "x"}], assets=["times"], audio={"music": {"assetId": "times"}})
    with pytest.raises(AssetError, match="times can't be the music"):
        build_timeline(request, {"times": TOLD}, encoding="t", max_duration_ms=60_000)


def check_captions(request, facts):
    """The law of captions on a whole tutorial; gives the number of cues that must be read too fast."""
    timeline = build_timeline(request, facts, encoding="t", max_duration_ms=10**7)
    reported = {note.step_id for note in timeline.notes if note.code == "caption-fast"}
    too_fast = 0
    for step, clip in zip(request.steps, timeline.clips, strict=True):
        cues = [cue for cue in timeline.cues if cue.step_id == step.id]
        assert " ".join(word for cue in cues for line in cue.lines for word in line.split()) == " ".join(
            spoken(step).split()
        )
        for cue in cues:
            assert 1 <= len(cue.lines) <= 2
            assert all(len(line) <= 42 for line in cue.lines)
            assert clip.frames.start <= cue.frames.start < cue.frames.end <= clip.frames.end
        for first, second in pairwise(cues):
            gap = second.frames.start - first.frames.end
            assert gap == 0 or gap >= 2
        room = len(clip.frames) - clip.speech.start
        if room >= len(cues) * timeline.rate:
            assert all(len(cue.frames) >= timeline.rate for cue in cues)
        fast = [cue for cue in cues if pace(cue, timeline.rate) > CHARACTERS_PER_SECOND]
        assert (step.id in reported) == bool(fast)
        for cue in fast:
            # Broken only where the voice itself is faster, but for the rounding to a frame.
            said_s = said_in_s(request, facts, step, cue) - float(1 / timeline.rate)
            assert said_s * CHARACTERS_PER_SECOND < letters(cue)
        too_fast += len(fast)
    return too_fast


def letters(cue):
    return sum(map(len, cue.lines))


def pace(cue, rate):
    return letters(cue) * rate / len(cue.frames)


def said_in_s(request, facts, step, cue):
    """How long a cue's words take to say, as far as is known."""
    brief = brief_of(request, facts)
    timing = time_step(step, facts.get(step.narration_asset_id), language=request.language, rate=brief.rate)
    speech = speech_of(brief, step, timing)
    runs = " ".join(cue.lines).split(" ")
    texts = [word.text for word in speech.words]
    spans = [
        speech.times[index + len(runs) - 1].end_ms - speech.times[index].start_ms
        for index in range(len(texts) - len(runs) + 1)
        if texts[index : index + len(runs)] == runs
    ]
    return min(spans) / 1000


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_captions_keep_their_rules_when_the_tutorial_is_an_example(path):
    payload = complete_request(json.loads(path.read_text("utf-8"))).payload
    assert check_captions(PreviewRequest.model_validate(payload["previewRequest"]), {}) == 0


@pytest.mark.parametrize("seed", range(50))
def test_captions_keep_their_rules_when_a_tutorial_is_generated(seed):
    request, facts, _ = narrations.tutorial(seed)
    check_captions(request, facts)


@pytest.mark.parametrize("seed", range(50))
def test_no_caption_is_too_fast_when_the_speech_is_not(seed):
    request, facts, _ = narrations.tutorial(1000 + seed, recorded=True, letter_ms=80)
    assert check_captions(request, facts) == 0


@pytest.mark.parametrize("seed", range(4))
def test_fast_captions_are_reported_when_the_speech_is_fast(seed):
    request, facts, _ = narrations.tutorial(seed, recorded=True, letter_ms=35)
    assert check_captions(request, facts) > 0
