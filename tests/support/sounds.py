"""Sound tracks cut into spans, mixed and encoded; and the same tracks in one piece, to compare with."""

from __future__ import annotations

import hashlib

import av
import numpy as np

from preview_worker.contract import LoudnessProfile
from preview_worker.render.child.limiter import Limiter
from preview_worker.render.child.probe import probe
from preview_worker.render.child.samples import joined
from preview_worker.render.child.sound import encode_span
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.timeline.loudness import AIMS, HEADROOM_DB
from preview_worker.timeline.model import SoundFacts
from preview_worker.timeline.music_gain import gain_of_db
from preview_worker.timeline.sound_spans import CONTEXT_SAMPLES, SpanRules, sound_spans

CEILING = gain_of_db(AIMS[LoudnessProfile.MOBIUS_16].true_peak_dbtp - HEADROOM_DB)
UNCUT = SpanRules(packet_samples=1, priming_samples=0, dropped_packets=0, ahead_samples=0, span_packets=0)
"""The whole track in one piece, from its first sample to its last."""


def facts_of(files):
    """Measured facts of sound files, by asset id."""
    return {
        asset_id: probe(path, asset_id=asset_id, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), expected="sound")
        for asset_id, path in files.items()
    }


def any_sound(digit, samples):
    """Facts of a sound that nobody opens."""
    return SoundFacts(
        sha256=digit * 64,
        duration_samples=samples,
        channels=1,
        peak=0.5,
        loudness_db10=(),
        peak_db10=(),
        seam_db10=(),
        seam_peak_db10=(),
    )


def spans_of(track, files, profile):
    return sound_spans(track, facts_of(files), profile.sound.rules, profile.sound_identity)


def encoded_spans(track, files, profile):
    """Every span as a segment file, in order."""
    with Mixer(files) as mixer:
        return [encode_span(span, mixer, profile.sound) for span in spans_of(track, files, profile)]


def mixed(track, files):
    """The whole track before the limiter: float32, shape (2, samples), or one row where both sides are the same."""
    (uncut,) = sound_spans(track, facts_of(files), UNCUT, "")
    with Mixer(files) as mixer:
        return joined(list(mixer.blocks(uncut.heard)))[:, CONTEXT_SAMPLES:-CONTEXT_SAMPLES]


def limited(samples, block=4800):
    """A limiter that has seen all samples, and what came out, of the same length."""
    padded = np.pad(samples, ((0, 0), (CONTEXT_SAMPLES, CONTEXT_SAMPLES)))
    limiter = Limiter(ceiling=CEILING, start=0, end=samples.shape[1])
    blocks = (padded[:, start : start + block] for start in range(0, padded.shape[1], block))
    return limiter, np.concatenate(list(limiter.limited(blocks)), axis=1)


def decoded_packets(segments, codec="aac"):
    """Samples of packets joined in order, the priming included: float32, shape (2, samples)."""
    decoder = av.CodecContext.create(codec, "r")
    decoder.extradata = segments[0].extradata
    packets = [piece for segment in segments for _, piece in segment.pieces()]
    frames = [frame.to_ndarray() for packet in packets for frame in decoder.decode(av.Packet(packet))]
    return np.concatenate(frames, axis=1)
