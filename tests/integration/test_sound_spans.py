"""Spans of the sound, made apart: the same samples and the same ear as a track made in one piece."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from preview_worker.render.child.limiter import Limiter
from preview_worker.render.child.sound import encode_span
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.timeline.model import Music
from preview_worker.timeline.sound_spans import sound_spans
from preview_worker.timeline.time import SAMPLE_RATE_HZ
from support.media import click_track, profile_of, sound_file, tone, track_of, wav_file
from support.sounds import decoded_packets, encoded_spans, facts_of, limited, mixed, spans_of

PACKET = 1024
WORST_JOIN_DB = 1.6
UNHEARD_DB = -65
"""Noise this far below the sound is no matter of a join."""
PLACES = np.arange(6 * SAMPLE_RATE_HZ)
SECONDS = PLACES / SAMPLE_RATE_HZ


def noise(seconds, level=0.4, seed=4):
    samples = np.random.default_rng(seed).normal(0, level / 3, round(seconds * SAMPLE_RATE_HZ))
    return samples.clip(-1, 1).astype(np.float32)


def voice_like():
    """Harmonics of a wavering pitch, in syllables."""
    pitch = np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * SECONDS)) * 2 * np.pi / SAMPLE_RATE_HZ
    spoken = sum(np.sin(k * pitch) / k for k in range(1, 25))
    return 0.2 * spoken * np.clip(np.sin(2 * np.pi * 2.3 * SECONDS), 0, 1)


def music_like():
    """Chords that die away."""
    beats = SECONDS % 0.75
    chords = sum(np.sin(2 * np.pi * hertz * (1 + SECONDS // 0.75 % 3 / 4) * beats) for hertz in (220, 277, 330, 660))
    return 0.15 * chords * np.exp(-3 * beats)


def short_spans(profile, packets=24):
    return replace(profile.sound, rules=replace(profile.sound.rules, span_packets=packets))


def encoded(track, files, encoding):
    spans = sound_spans(track, facts_of(files), encoding.rules, "encoding")
    with Mixer(files) as mixer:
        return spans, [encode_span(span, mixer, encoding) for span in spans]


@pytest.fixture
def programme(tmp_path):
    """Loud speech over looped music: the limiter is at work."""
    files = {f"v{index}": wav_file(tmp_path / f"{index}.wav", noise(1.3, 1.2, seed=index)) for index in range(4)}
    files["m"] = sound_file(tmp_path / "m.mp3", noise(2.35, 0.8))
    voices = [(0.2, 1.3), (2.0, 1.3), (3.4, 1.3), (6.96, 1.3)]
    return track_of(8.3, voices=voices, music=Music(asset_id="m", gain_db=-8, duck_db=-9)), files


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_samples_are_those_of_the_whole_track_when_made_span_by_span(programme, kind):
    track, files = programme
    rules = profile_of(format=kind).sound.rules
    spans = spans_of(track, files, profile_of(format=kind))
    whole_limiter, expected = limited(mixed(track, files))
    margin = 20 * PACKET
    expected = np.pad(expected, ((0, 0), (margin, margin)))
    counted = 0
    with Mixer(files) as mixer:
        for span in spans:
            own = rules.dropped_packets * rules.packet_samples - rules.priming_samples
            limiter = Limiter(ceiling=span.heard.ceiling, start=own, end=own + span.packets * rules.packet_samples)
            made = np.concatenate(list(limiter.limited(mixer.blocks(span.heard))), axis=1)
            start = span.start_sample - own + margin
            assert np.array_equal(made, expected[:, start : start + made.shape[1]])
            counted += limiter.limited_samples
    assert counted == whole_limiter.limited_samples > 0


def test_packets_are_the_same_when_made_in_another_order_or_by_threads(programme):
    track, files = programme
    encoding = short_spans(profile_of(), 40)
    spans, in_order = encoded(track, files, encoding)
    assert len(spans) > 5
    with Mixer(files) as mixer:
        backwards = [encode_span(span, mixer, encoding) for span in reversed(spans)]
    assert backwards[::-1] == in_order
    with Mixer(files) as mixer, ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda span: encode_span(span, mixer, encoding), spans)) == in_order


def test_clicks_stay_at_their_sample_when_they_lie_about_the_joins(tmp_path):
    encoding = short_spans(profile_of(), 47)
    silent = track_of(6, voices=[(0, 6)])
    joins = [join * 47 * PACKET - PACKET for join in range(1, 5)]
    # Clicks so far from each other that one doesn't sound where the next is looked for.
    places = [joins[0] - 1500, joins[0] + 5000, joins[1] - 24, joins[2] - 600, joins[2] + 9000, joins[3] + 1000]
    samples = click_track(6, [place / SAMPLE_RATE_HZ for place in places])
    spans, segments = encoded(silent, {"v0": wav_file(tmp_path / "clicks.wav", samples)}, encoding)
    assert [span.start_sample for span in spans[1:5]] == joins
    heard = decoded_packets(segments)[0, PACKET:]
    for place in places:
        around = heard[place - 800 : place + 800]
        alike = np.correlate(around, samples[place - 400 : place + 400], "valid")
        assert int(alike.argmax()) == 400


@pytest.mark.parametrize(
    "samples",
    [
        0.4 * np.sin(2 * np.pi * 440 * SECONDS),
        0.4 * np.sin(2 * np.pi * (200 * SECONDS + 400 * SECONDS**2)),
        voice_like(),
        music_like(),
        noise(6),
    ],
    ids=["sine", "sweep", "voice", "music", "noise"],
)
def test_joins_are_no_noisier_than_one_encode_when_decoded(tmp_path, samples):
    files = {"v0": wav_file(tmp_path / "a.wav", samples.astype(np.float32))}
    track = track_of(6, voices=[(0, 6)])
    source = mixed(track, files)
    spans, joined = encoded(track, files, short_spans(profile_of()))
    _, continuous = encoded(track, files, short_spans(profile_of(), 0))
    assert len(continuous) == 1 < len(spans)

    def errors(segments):
        return decoded_packets(segments)[:, PACKET:][:, : source.shape[1]] - source

    apart, together = errors(joined), errors(continuous)
    for span in spans[1:]:
        around = slice(span.start_sample, span.start_sample + PACKET)
        unheard = np.square(source[:, around]).sum() * 10 ** (UNHEARD_DB / 10) + 1e-6
        noise_db = [10 * np.log10(np.square(error[:, around]).sum() + unheard) for error in (apart, together)]
        assert noise_db[0] - noise_db[1] <= WORST_JOIN_DB


def test_a_voice_in_the_middle_joins_what_comes_from_both_sides(tmp_path):
    """Spans that are the same on both sides are encoded as one channel, the others as two."""
    voice = voice_like().astype(np.float32)
    sides = np.stack((voice, voice))
    sides[0, 3 * SAMPLE_RATE_HZ :] += 0.2 * music_like().astype(np.float32)[3 * SAMPLE_RATE_HZ :]
    files = {"v0": wav_file(tmp_path / "a.wav", sides)}
    track = track_of(6, voices=[(0, 6)])
    source = mixed(track, files)
    spans, joined = encoded(track, files, short_spans(profile_of()))
    _, continuous = encoded(track, files, short_spans(profile_of(), 0))
    apart, together = (decoded_packets(made)[:, PACKET:][:, : source.shape[1]] for made in (joined, continuous))
    places = [span.start_sample for span in spans if span.start_sample < 3 * SAMPLE_RATE_HZ - PACKET]
    assert np.array_equal(apart[0, : places[-1]], apart[1, : places[-1]])
    assert not np.array_equal(together[0, : places[-1]], together[1, : places[-1]])
    for span in spans[1:]:
        around = slice(span.start_sample, span.start_sample + PACKET)
        unheard = np.square(source[:, around]).sum() * 10 ** (UNHEARD_DB / 10) + 1e-6
        noise_db = [
            10 * np.log10(np.square((heard - source)[:, around]).sum() + unheard) for heard in (apart, together)
        ]
        assert noise_db[0] - noise_db[1] <= WORST_JOIN_DB


def test_sine_has_no_step_when_it_goes_through_joins(tmp_path):
    files = {"v0": wav_file(tmp_path / "a.wav", tone(6))}
    track = track_of(6, voices=[(0, 6)])
    source = mixed(track, files)
    spans, segments = encoded(track, files, short_spans(profile_of()))
    heard = decoded_packets(segments)[:, PACKET:]
    for span in spans[1:]:
        around = slice(span.start_sample - PACKET, span.start_sample + 2 * PACKET)
        assert np.abs(heard[:, around] - source[:, around]).max() < 0.005


def test_spans_are_equal_to_the_last_byte_when_both_are_silent():
    track = track_of(20)
    segments = encoded_spans(track, {}, profile_of())
    assert segments[0] == segments[1]
    assert all(segment.verdict.silent for segment in segments)


def test_verdicts_tell_peak_limiting_and_samples_of_each_span(programme):
    track, files = programme
    segments = encoded_spans(track, files, profile_of())
    whole_limiter, _ = limited(mixed(track, files))
    assert sum(segment.verdict.decoded_frames for segment in segments) == sum(s.frames for s in segments)
    assert sum(segment.verdict.limited_samples for segment in segments) == whole_limiter.limited_samples
    assert max(segment.verdict.peak for segment in segments) == round(whole_limiter.peak, 4)
    assert not any(segment.verdict.silent for segment in segments)


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_sound_is_like_its_source_when_of_any_quality(tmp_path, quality):
    files = {"v0": wav_file(tmp_path / "a.wav", voice_like().astype(np.float32))}
    track = track_of(6, voices=[(0, 6)])
    source = mixed(track, files)
    heard = decoded_packets(encoded_spans(track, files, profile_of(quality=quality)))[:, PACKET:][:, : source.shape[1]]
    ratio_db = 10 * np.log10(np.square(source).sum() / np.square(heard - source).sum())
    assert ratio_db > {"draft": 30, "standard": 35, "high": 40}[quality]


def test_spans_are_the_same_to_the_last_byte_when_a_track_comes_later_by_whole_packets(tmp_path):
    profile = profile_of()
    path = wav_file(tmp_path / "a.wav", noise(3))
    first = track_of(8, voices=[(3.1, 3)])
    (voice,) = first.voices
    later = replace(voice, asset_id="other", start_sample=voice.start_sample + 33 * PACKET)
    moved = replace(first, duration_samples=first.duration_samples + 33 * PACKET, voices=(later,))
    before, after = encoded_spans(first, {"v0": path}, profile), encoded_spans(moved, {"other": path}, profile)
    assert spans_of(first, {"v0": path}, profile)[1].key == spans_of(moved, {"other": path}, profile)[1].key
    assert before[1] == after[1]
    assert before[0] != after[0]
