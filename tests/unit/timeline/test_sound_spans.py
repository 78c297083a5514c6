"""What is heard in a span, written down relative to its window."""

from __future__ import annotations

from preview_worker.timeline.model import MissingFacts, Music
from preview_worker.timeline.sound_spans import CONTEXT_SAMPLES, HeardVoice, sound_spans
from support.media import profile_of, track_of
from support.sounds import UNCUT, any_sound

AAC, OPUS = (profile_of(format=kind).sound.rules for kind in ("mp4", "webm"))
BED = Music(asset_id="m", gain_db=-20, duck_db=-10)


def cut(track, facts, rules=AAC):
    return sound_spans(track, facts, rules, "encoding")


def test_silence_has_one_key_wherever_it_is():
    keys = [span.key for span in cut(track_of(40), {})]
    assert len(keys) == 10
    assert len(set(keys[:-1])) == 1


def test_silence_before_a_voice_knows_nothing_of_it_and_the_next_span_begins_just_before():
    track = track_of(12, voices=[(4.5, 2)])
    first, second, *_ = cut(track, {"v0": any_sound("1", 96_000)})
    assert first.heard.voices == ()
    assert 0 <= 216_000 - second.start_sample < 5 * AAC.packet_samples
    assert second.heard.voices[0].samples == 96_000


def test_voice_is_told_from_where_it_is_heard_on_when_it_began_before():
    track = track_of(20, voices=[(0, 20)])
    spans = cut(track, {"v0": any_sound("1", 960_000)})
    start = 188 * 1024 - 5 * 1024 - CONTEXT_SAMPLES
    heard = spans[1].heard
    assert heard.voices == (
        HeardVoice(asset_id="v0", sha256="1" * 64, at=0, source_sample=start, samples=heard.samples),
    )


def test_key_is_the_same_when_a_sound_has_another_name():
    one, other = track_of(3, voices=[(1, 1)]), track_of(3, voices=[(9, 0), (1, 1)])
    facts = {"v0": any_sound("1", 48_000), "v1": any_sound("1", 48_000)}
    assert cut(one, facts)[0].key == cut(other, facts)[0].key


def test_music_is_told_by_its_place_in_the_round():
    track = track_of(30, music=BED)
    spans = cut(track, {"m": any_sound("a", 100_000)})
    opening, middle, ending = spans[0].heard.music, spans[3].heard.music, spans[-1].heard.music
    assert (opening.place, opening.is_opening, opening.at) == (0, True, 5 * 1024 + CONTEXT_SAMPLES)
    assert (opening.fade_in_from, opening.fade_out_until) == (opening.at, None)
    start = spans[3].start_sample + AAC.priming_samples - 5 * 1024 - CONTEXT_SAMPLES
    assert (middle.place, middle.is_opening, middle.at) == (start % 100_000, False, 0)
    assert (middle.fade_in_from, middle.fade_out_until) == (None, None)
    assert (ending.fade_in_from, ending.fade_out_until) == (None, ending.at + ending.samples)


def test_music_has_the_same_key_when_its_round_fits_the_spans():
    spans = cut(track_of(30, music=BED), {"m": any_sound("a", 188 * 1024)})
    assert spans[1].key == spans[2].key == spans[3].key != spans[0].key


def test_nothing_is_heard_when_the_files_are_missing():
    facts = {"m": MissingFacts(reason="no file"), "v0": MissingFacts(reason="no file")}
    spans = cut(track_of(3, voices=[(1, 1)], music=BED), facts)
    assert all(span.heard.music is None and not span.heard.voices for span in spans)


def test_track_is_one_span_when_packets_cannot_be_joined():
    (span,) = cut(track_of(60), {}, OPUS)
    assert (span.start_sample, span.packets) == (-312, 3001)
    (uncut,) = cut(track_of(60), {}, UNCUT)
    assert uncut.heard.samples == 60 * 48_000 + 2 * CONTEXT_SAMPLES
