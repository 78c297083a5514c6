"""Spans: runs of the sound's packets that tile the track, each known by what is heard in it.

A span is mixed and encoded on its own: some packets before it are encoded and dropped, so that the encoder has come to
the state it would be in, and some samples behind it are looked at. All that is heard within that window is written
down relative to its first sample, and both the mixer and the span's key know nothing else: equal keys are equal
samples, and a span that is only moved keeps its key.

Spans begin just before a voice where they can, so that a voice that moves by whole packets is the same span again.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from preview_worker.timeline.loudness import AIMS, HEADROOM_DB
from preview_worker.timeline.model import AssetFacts, SoundFacts, SoundTrack, Voice
from preview_worker.timeline.music_gain import FADE_IN_SAMPLES, FADE_OUT_SAMPLES, Bend, bends, bends_within, gain_of_db
from preview_worker.timeline.segments import content_key
from preview_worker.timeline.time import SAMPLE_RATE_HZ, samples_of_ms

CONTEXT_SAMPLES = samples_of_ms(10)
"""How far before and behind a sample the limiter looks."""
SEAM_SAMPLES = SAMPLE_RATE_HZ // 20
"""A loop's end and its beginning each fade over 50 ms, so that no click is heard at the seam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRules:
    """How an encoder's packets may be made apart and joined.

    Attributes:
        packet_samples: Samples of one packet.
        priming_samples: Samples by which the encoder's first packet begins before the first sample it is given.
        dropped_packets: Packets that are encoded before a span and dropped, the encoder's priming among them.
        ahead_samples: Samples behind a span that decide its last packets.
        span_packets: Length of a usual span; 0 where packets can't be joined and the track is one span.
    """

    packet_samples: int
    priming_samples: int
    dropped_packets: int
    ahead_samples: int
    span_packets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardVoice:
    """A stretch of a voice: from sample `at` of the window on, `samples` of the file from `source_sample` on."""

    asset_id: str
    sha256: str
    at: int
    source_sample: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardMusic:
    """A stretch of the looped music; samples of the window unless said otherwise.

    Attributes:
        asset_id: The sound.
        sha256: Its file's hash.
        length_samples: Length of one round, at least 1.
        at: Where it begins.
        samples: For how many samples it is heard.
        place: Sample of the round that is heard first.
        is_opening: Whether the track's own beginning is heard: there the first round doesn't fade in as others do.
        bends: Its amplitude.
        fade_in_from: The track's first sample, None where the fade is over.
        fade_out_until: The track's end, None where the fade hasn't begun.
    """

    asset_id: str
    sha256: str
    length_samples: int
    at: int
    samples: int
    place: int
    is_opening: bool
    bends: tuple[Bend, ...]
    fade_in_from: int | None
    fade_out_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSound:
    """All that is heard in a window of so many samples; nothing is silence.

    `gain` is put on the whole mix, and `ceiling` is how high its true peaks may be, 1.0 being full scale.
    """

    samples: int
    voices: tuple[HeardVoice, ...]
    music: HeardMusic | None
    gain: float
    ceiling: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSpan:
    """A run of packets of the sound track.

    Attributes:
        key: SHA-256 of all that decides its bytes.
        first_packet: Its first packet, counted from the track's.
        packets: How many there are.
        start_sample: Sample of the track at which it begins; the first begins with the priming, before sample 0.
        end_sample: Where the next one begins; the last one ends at or behind the track's end.
        heard: What is heard in its window: from the first dropped packet's samples to those ahead, with
            `CONTEXT_SAMPLES` more at both sides.
    """

    key: str
    first_packet: int
    packets: int
    start_sample: int
    end_sample: int
    heard: HeardSound


def sound_spans(
    track: SoundTrack, facts: Mapping[str, AssetFacts], rules: SpanRules, encoding: str
) -> tuple[SoundSpan, ...]:
    """Cut a sound track into spans.

    Args:
        track: What is heard and when.
        facts: Facts by asset id; music that isn't a measured sound is not heard.
        rules: What the encoder asks for.
        encoding: Identity of encoder, rules, mixing code and their versions.
    """
    plan = _Plan(track=track, facts=facts, bends=bends(track.music, track.voices) if track.music is not None else ())
    cuts = _cuts(track, rules)
    return tuple(_span(plan, rules, encoding, first, end) for first, end in itertools.pairwise(cuts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    track: SoundTrack
    facts: Mapping[str, AssetFacts]
    bends: tuple[Bend, ...]


def _span(plan: _Plan, rules: SpanRules, encoding: str, first: int, end: int) -> SoundSpan:
    begins, ends = (packet * rules.packet_samples - rules.priming_samples for packet in (first, end))
    given = begins + rules.priming_samples - rules.dropped_packets * rules.packet_samples
    heard = _heard(plan, given - CONTEXT_SAMPLES, ends + rules.ahead_samples + CONTEXT_SAMPLES)
    return SoundSpan(
        key=content_key({"encoding": encoding, "packets": end - first, "heard": _content(heard)}),
        first_packet=first,
        packets=end - first,
        start_sample=begins,
        end_sample=ends,
        heard=heard,
    )


def _cuts(track: SoundTrack, rules: SpanRules) -> list[int]:
    """Packets at which spans begin, and the number of all packets."""
    count = -(-(track.duration_samples + rules.priming_samples) // rules.packet_samples)
    if not rules.span_packets:
        return [0, count]
    cuts = [0]
    for packet in [*_before_voices(track.voices, rules), count]:
        shortest = rules.span_packets // 2
        if packet != count and not cuts[-1] + shortest <= packet < count:
            continue
        while packet - cuts[-1] > rules.span_packets + shortest:
            cuts.append(cuts[-1] + rules.span_packets)
        cuts.append(packet)
    return cuts


def _before_voices(voices: Sequence[Voice], rules: SpanRules) -> list[int]:
    """For each voice the last packet at which a span may begin so that the span before doesn't hear of it."""
    silent_until = (voice.start_sample - CONTEXT_SAMPLES - rules.ahead_samples for voice in voices)
    return sorted((sample + rules.priming_samples) // rules.packet_samples for sample in silent_until)


def _heard(plan: _Plan, start: int, end: int) -> HeardSound:
    audible_end = min(end, plan.track.duration_samples)
    voices = (_voice(voice, plan.facts, start, audible_end) for voice in plan.track.voices)
    return HeardSound(
        samples=end - start,
        voices=tuple(voice for voice in voices if voice is not None),
        music=_music(plan, start, end),
        gain=gain_of_db(plan.track.gain_db),
        ceiling=gain_of_db(AIMS[plan.track.profile].true_peak_dbtp - HEADROOM_DB),
    )


def _voice(voice: Voice, facts: Mapping[str, AssetFacts], start: int, end: int) -> HeardVoice | None:
    first = max(voice.start_sample, start, 0)
    last = min(voice.start_sample + voice.duration_samples, end)
    if first >= last or not isinstance(found := facts.get(voice.asset_id), SoundFacts):
        return None
    return HeardVoice(
        asset_id=voice.asset_id,
        sha256=found.sha256,
        at=first - start,
        source_sample=voice.source_start_sample + first - voice.start_sample,
        samples=last - first,
    )


def _music(plan: _Plan, start: int, end: int) -> HeardMusic | None:
    music, length = plan.track.music, plan.track.duration_samples
    found = plan.facts.get(music.asset_id) if music is not None else None
    first, last = max(start, 0), min(end, length)
    if music is None or not isinstance(found, SoundFacts) or found.duration_samples < 1 or first >= last:
        return None
    return HeardMusic(
        asset_id=music.asset_id,
        sha256=found.sha256,
        length_samples=found.duration_samples,
        at=first - start,
        samples=last - first,
        place=first % found.duration_samples,
        is_opening=first < min(SEAM_SAMPLES, found.duration_samples),
        bends=bends_within(plan.bends, start, end),
        fade_in_from=-start if first < FADE_IN_SAMPLES else None,
        fade_out_until=length - start if last > length - FADE_OUT_SAMPLES else None,
    )


def _content(heard: HeardSound) -> dict[str, Any]:
    """What decides the samples: a sound is known by its hash, whatever its asset is called."""
    music = _nameless(heard.music) if heard.music is not None else None
    voices = [_nameless(voice) for voice in heard.voices]
    level = [heard.gain, heard.ceiling] if music is not None or voices else None
    return {"samples": heard.samples, "voices": voices, "music": music, "level": level}


def _nameless(heard: HeardVoice | HeardMusic) -> dict[str, Any]:
    return asdict(heard) | {"asset_id": None}
