"""Facts of files survive being written down; such as no file has are refused."""

from __future__ import annotations

import json
import math

import pytest

from preview_worker.render import facts as bounds
from preview_worker.render.child import media, probe
from preview_worker.render.child.drawing import decoding
from preview_worker.render.facts import facts_from_json, facts_to_json, known_facts
from preview_worker.render.protocol import ProtocolError
from preview_worker.timeline.model import PictureFacts, SoundFacts, TimingFacts
from support.tutorials import sound

SHA256 = "f" * 64
PICTURE = PictureFacts(sha256=SHA256, width_px=5000, height_px=5000, has_alpha=True)
SOUND = sound(250)
TIMINGS = TimingFacts(sha256=SHA256, texts=("one", "two"), starts_ms=(0, 5), ends_ms=(5, 9))
LONGEST = SoundFacts(
    sha256=SHA256,
    duration_samples=bounds.LONGEST_SAMPLES,
    channels=8,
    peak=1e4,
    loudness_db10=(-1000,) * 36_000,
    peak_db10=(1000,) * 36_000,
    seam_db10=(0, 0, 0),
    seam_peak_db10=(0, 0, 0),
    announced_samples=2**53 - 1,
)


def sent(facts, **changed):
    return json.loads(json.dumps({**facts_to_json(facts), **changed}))


@pytest.mark.parametrize("facts", [PICTURE, SOUND, TIMINGS, LONGEST], ids=["picture", "sound", "timings", "longest"])
def test_facts_come_back_equal_when_sent(facts):
    assert facts_from_json(SHA256, sent(facts)) == facts


def test_no_file_is_measured_beyond_what_is_believed():
    assert bounds.MOST_PIXELS == decoding.MAX_PIXELS
    assert bounds.LONGEST_SAMPLES == probe.LONGEST_SOUND_S * 48_000
    assert bounds.HIGHEST_SAMPLE == probe.HIGHEST_SAMPLE
    assert bounds.MOST_CHANNELS == media.MOST_CHANNELS


@pytest.mark.parametrize(
    "value",
    [{}, {"kind": "film"}, {"kind": 7}, {"kind": ["picture"]}, {"kind": "picture"}, {"kind": "missing", "reason": "r"}],
)
def test_facts_are_refused_when_of_no_kind_that_is_measured(value):
    with pytest.raises(ProtocolError, match="The render process measured"):
        facts_from_json(SHA256, value)


@pytest.mark.parametrize("facts", [PICTURE, SOUND, TIMINGS], ids=["picture", "sound", "timings"])
def test_facts_are_refused_when_a_member_is_missing_or_unknown(facts):
    for name in facts_to_json(facts):
        value = sent(facts)
        del value[name]
        with pytest.raises(ProtocolError, match="what can't be"):
            facts_from_json(SHA256, value)
    with pytest.raises(ProtocolError, match="what can't be"):
        facts_from_json(SHA256, sent(facts, mood="gay"))


@pytest.mark.parametrize("facts", [PICTURE, SOUND, TIMINGS], ids=["picture", "sound", "timings"])
@pytest.mark.parametrize(
    "wrong", [{}, [], [[]], [None], ["wide", 1], -1.5, "", "1", [True], [1.5], [-(10**30)]], ids=str
)
def test_facts_are_refused_when_a_member_is_of_the_wrong_kind(facts, wrong):
    for name in facts_to_json(facts):
        with pytest.raises(ProtocolError):
            facts_from_json(SHA256, sent(facts, **{name: wrong}))


@pytest.mark.parametrize(
    ("facts", "changed"),
    [
        (PICTURE, {"width_px": 0}),
        (PICTURE, {"width_px": 5001}),
        (PICTURE, {"width_px": True}),
        (PICTURE, {"width_px": 100.0}),
        (PICTURE, {"height_px": -1}),
        (PICTURE, {"height_px": 10**400}),
        (PICTURE, {"has_alpha": 1}),
        (PICTURE, {"has_alpha": None}),
        (SOUND, {"duration_samples": 0}),
        (SOUND, {"duration_samples": SOUND.duration_samples + 4800}),
        (SOUND, {"duration_samples": bounds.LONGEST_SAMPLES + 1}),
        (SOUND, {"channels": -1}),
        (SOUND, {"channels": 9}),
        (SOUND, {"peak": -0.1}),
        (SOUND, {"peak": 10_001}),
        (SOUND, {"peak": math.nan}),
        (SOUND, {"peak": math.inf}),
        (SOUND, {"peak": True}),
        (SOUND, {"loudness_db10": [0, 0]}),
        (SOUND, {"loudness_db10": [0, 0, 1001]}),
        (SOUND, {"peak_db10": [0, 0, 0, 0]}),
        (SOUND, {"peak_db10": [0, 0, -1001]}),
        (SOUND, {"seam_db10": [0]}),
        (SOUND, {"seam_db10": [0, 0, 0, 0], "seam_peak_db10": [0, 0, 0, 0]}),
        (sound(100), {"seam_db10": [0, 0], "seam_peak_db10": [0, 0]}),
        (SOUND, {"seam_peak_db10": [0, 1001]}),
        (SOUND, {"announced_samples": -1}),
        (SOUND, {"announced_samples": 2**53}),
        (LONGEST, {"duration_samples": bounds.LONGEST_SAMPLES + 1}),
        (TIMINGS, {"texts": ["one"]}),
        (TIMINGS, {"texts": ["one", "\ud800"]}),
        (TIMINGS, {"texts": ["one", "a" * 2**21]}),
        (TIMINGS, {"starts_ms": [5, 0]}),
        (TIMINGS, {"starts_ms": [-1, 5]}),
        (TIMINGS, {"ends_ms": [5, 4]}),
        (TIMINGS, {"ends_ms": [5, 25 * 3_600_000]}),
        (TIMINGS, {"texts": [""] * 20_001, "starts_ms": [0] * 20_001, "ends_ms": [0] * 20_001}),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_facts_are_refused_when_no_file_has_them(facts, changed):
    with pytest.raises(ProtocolError, match="what can't be"):
        facts_from_json(SHA256, sent(facts, **changed))


@pytest.mark.parametrize("sha256", ["e" * 64, "f" * 63, "F" * 64, SHA256 + "\n", "../" + "f" * 61])
def test_facts_are_refused_when_they_are_another_files(sha256):
    with pytest.raises(ProtocolError, match=r"another file|what can't be: 'picture\.sha256'"):
        facts_from_json(SHA256, sent(PICTURE, sha256=sha256))


def test_a_refusal_names_the_member_and_not_more_of_it_than_a_line_holds():
    with pytest.raises(ProtocolError, match=r"what can't be: 'picture\.width_px'"):
        facts_from_json(SHA256, sent(PICTURE, width_px="wide"))
    with pytest.raises(ProtocolError) as refused:
        facts_from_json(SHA256, sent(PICTURE, **{"a" * 10_000: 1}))
    assert len(refused.value.sentence) < 200


def test_kept_facts_count_as_unknown_when_no_file_has_them():
    kept = {
        SHA256: facts_to_json(SOUND),
        "b" * 64: {"kind": "picture", "sha256": "b" * 64},
        "c" * 64: {},
        "d" * 64: sent(PICTURE, sha256="d" * 64, width_px="wide"),
        "e" * 64: sent(PICTURE),
    }
    assert known_facts(kept) == {SHA256: SOUND}
