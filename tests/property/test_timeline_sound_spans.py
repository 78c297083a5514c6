"""Laws of spans: they tile the sound, and an edit makes those anew in which it can be heard."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.timeline.model import Music
from preview_worker.timeline.music_gain import ATTACK_SAMPLES, RELEASE_SAMPLES
from preview_worker.timeline.sound_spans import CONTEXT_SAMPLES, sound_spans
from support.any_tutorial import ANY_TUTORIAL
from support.media import profile_of, track_of
from support.sounds import any_sound

AAC, OPUS = (profile_of(format=kind).sound.rules for kind in ("mp4", "webm"))
BED = Music(asset_id="m", gain_db=-20, duck_db=-10)
FACTS = {f"v{index}": any_sound(str(index), 480_000) for index in range(6)} | {"m": any_sound("a", 700_001)}


@st.composite
def tracks(draw, *, music=None, fewest=0, silent_s=0):
    """Up to six voices one after the other; one of them may begin right where the one before ends."""
    at, voices = 0.0, []
    for index in range(draw(st.integers(fewest, 6))):
        at += draw(st.floats(silent_s, 8) if index == 0 else st.sampled_from((0, 0.3, 0.79, 0.81, 2.5, 9)))
        length = draw(st.floats(0.1, 9))
        voices.append((at, length))
        at += length
    bed = draw(st.sampled_from((None, BED))) if music is None else music or None
    return track_of(at + draw(st.floats(0.5, 9)), voices=voices, music=bed)


def cut(track, *, facts=FACTS, rules=AAC, encoding="one"):
    return sound_spans(track, facts, rules, encoding)


def window(span, rules=AAC):
    """The samples of the track that decide a span: from the first to one behind the last."""
    start = span.start_sample + rules.priming_samples - rules.dropped_packets * rules.packet_samples - CONTEXT_SAMPLES
    return start, start + span.heard.samples


def meets(span, start, end):
    first, last = window(span)
    return first < end and start < last


def changed(before, after):
    """Spans of the second track that the first hasn't; cuts of both are the same."""
    assert [span.first_packet for span in before] == [span.first_packet for span in after]
    return [new for old, new in zip(before, after, strict=True) if old.key != new.key]


@ANY_TUTORIAL
@given(tracks(), st.sampled_from((AAC, OPUS)))
def test_spans_tile_the_sound_when_cut_from_any_track(track, rules):
    spans = cut(track, rules=rules)
    assert spans[0].first_packet == 0
    assert spans[0].start_sample == -rules.priming_samples
    for span, following in itertools.pairwise(spans):
        assert following.first_packet == span.first_packet + span.packets
        assert following.start_sample == span.end_sample
    assert all(s.end_sample - s.start_sample == s.packets * rules.packet_samples for s in spans)
    assert 0 <= spans[-1].end_sample - track.duration_samples < rules.packet_samples


@ANY_TUTORIAL
@given(tracks())
def test_spans_last_two_to_six_seconds_when_they_are_not_the_last(track):
    spans = cut(track)
    usual = AAC.span_packets
    assert all(span.packets <= usual * 3 // 2 for span in spans)
    assert all(span.packets >= usual // 2 for span in spans[:-1])


@ANY_TUTORIAL
@given(tracks(fewest=1), st.data())
def test_only_spans_in_which_a_voice_is_heard_are_new_when_it_is_spoken_anew(track, data):
    voice = data.draw(st.sampled_from(track.voices))
    after = cut(track, facts=FACTS | {voice.asset_id: any_sound("b", 480_000)})
    end = voice.start_sample + voice.duration_samples
    new = changed(cut(track), after)
    assert new == [span for span in after if meets(span, voice.start_sample, end)]
    assert new


@ANY_TUTORIAL
@given(tracks(fewest=1), st.data())
def test_only_spans_in_which_a_voice_or_the_music_below_it_is_heard_are_new_when_it_gets_longer(track, data):
    index = data.draw(st.integers(0, len(track.voices) - 1))
    voice = track.voices[index]
    longer = replace(voice, duration_samples=voice.duration_samples + data.draw(st.integers(1, 20_000)))
    voices = (*track.voices[:index], longer, *track.voices[index + 1 :])
    new = changed(cut(track), cut(replace(track, voices=voices)))
    old_end, end = (one.start_sample + one.duration_samples for one in (voice, longer))
    # Until the music is back, and where it no longer comes back before the next voice, until that one begins.
    last = end + (RELEASE_SAMPLES + ATTACK_SAMPLES if track.music is not None else 0)
    assert all(meets(span, old_end, last) for span in new)
    if end <= track.duration_samples:
        assert new


@ANY_TUTORIAL
@given(tracks(music=False, fewest=1, silent_s=3), st.integers(1, 400))
def test_spans_keep_their_keys_when_a_track_without_music_comes_later_by_whole_packets(track, packets):
    later = packets * AAC.packet_samples
    moved = replace(
        track,
        duration_samples=track.duration_samples + later,
        voices=tuple(replace(voice, start_sample=voice.start_sample + later) for voice in track.voices),
    )
    kept = [span.key for span in cut(track) if span.end_sample > track.voices[0].start_sample]
    assert kept == [span.key for span in cut(moved)[-len(kept) :]]


@ANY_TUTORIAL
@given(tracks(music=BED))
def test_spans_are_all_new_when_the_music_is_louder_and_heard_throughout(track):
    louder = replace(track, music=replace(BED, gain_db=-19))
    assert changed(cut(track), cut(louder)) == list(cut(louder))


@ANY_TUTORIAL
@given(tracks(), tracks())
def test_what_is_heard_is_the_same_when_keys_are(first, second):
    heard = {}
    for span in (*cut(first), *cut(second)):
        assert heard.setdefault(span.key, span.heard) == span.heard


@ANY_TUTORIAL
@given(tracks())
def test_every_key_changes_when_the_encoding_does(track):
    assert not {span.key for span in cut(track)} & {span.key for span in cut(track, encoding="two")}
